"""What goes into the record is what was shown before signing: one function, whoever asks it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schemas.gaps import Addressee
from schemas.responses import Answer
from services.tracker import record
from services.tracker.policy import Policy
from services.tracker.recipients import Directory
from services.tracker.record import Signature
from tests.tracker.support import DIRECTORY, OTHERWISE, Ward, at

NAMED = Directory(
    {key: replace(one, name=f"Dr. {key[3:].title()} Invented") for key, one in DIRECTORY.providers.items()}
)


def written(ward: Ward, query: Any) -> str:
    response = ward.find(query).response()
    assert response is not None and response.record_text is not None
    return response.record_text


def test_the_record_holds_question_answer_own_words_and_signature() -> None:
    ward = Ward(directory=NAMED)
    query = ward.issue()
    ward.answer(query, answer=Answer(code="OTHER_TEXT", option_id="other", text=" neither of them \n"))
    assert written(ward, query).splitlines() == [
        "Question: Please clarify what these findings mean.",
        "Answer: Other",
        "In the provider's words: neither of them",
        f"Signed: Dr. Ferro Invented, {record.spoken_time(ward.find(query).responses[0].signed_at, 'UTC')}",
    ]


def test_what_is_shown_before_signing_differs_from_what_is_stored_in_the_time_alone() -> None:
    ward = Ward(directory=NAMED)
    query = ward.issue()
    text = ward.find(query).draft.document
    shown = record.text(record.lines(text, OTHERWISE, Signature("Dr. Ferro Invented")))
    ward.answer(query, answer=OTHERWISE)
    signed = record.spoken_time(ward.find(query).responses[0].signed_at, "UTC")
    assert written(ward, query) == shown.replace(record.SIGNED_LATER, signed)


def test_a_changed_answer_says_which_one_it_replaces_and_the_first_stays() -> None:
    ward = Ward(directory=NAMED)
    query = ward.issue()
    ward.answer(query)
    first = written(ward, query)
    ward.answer(query, answer=OTHERWISE, response_id="r2", amends="r1")
    assert "Answer: Another thing\nReplaces: the answer signed 2026-03-0" in written(ward, query)
    assert ward.find(query).responses[0].record_text == first


def test_a_cosignature_stands_under_the_signature() -> None:
    ward = Ward(directory=NAMED)
    query = ward.issue(addressee=Addressee(provider_id="dr-lind"))
    ward.answer(query, "dr-lind")
    assert "Cosigned" not in written(ward, query)
    ward.cosign(query)
    *_, signed, cosigned = written(ward, query).splitlines()
    assert signed.startswith("Signed: Dr. Lind Invented, 2026-03-0")
    assert cosigned.startswith("Cosigned: Dr. Ferro Invented, 2026-03-0")


def test_times_are_those_of_the_facility() -> None:
    ward = Ward(Policy(zone="America/New_York"), directory=NAMED)
    query = ward.issue()
    ward.answer(query)
    assert written(ward, query).endswith((" EST", " EDT"))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            Answer(code="FREE_TEXT", text="as I see it"),
            "Answer: As written below\nIn the provider's words: as I",
        ),
        (Answer(code="UNABLE_TO_DETERMINE"), "Answer: Unable to determine\nSigned"),
        (Answer(code="DECLINED", text="not my finding"), "Answer: Declined to answer\nIn the provider's words: not my"),
    ],
)
def test_an_answer_without_an_option_is_told_in_words(answer: Answer, says: str) -> None:
    assert says in record.text(record.lines(None, answer, Signature("Dr. Pell Invented", at(1))))


def test_somebody_whom_the_directory_does_not_name_signs_by_id() -> None:
    assert Directory().name("dr-unknown") == "dr-unknown"
