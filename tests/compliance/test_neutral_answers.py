"""Neutral answers in the words of many houses: each says what its kind means, and costs nothing (R-09, R-11)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import KIDNEY, OTHER, UNDETERMINED, judge, rules
from tests.compliance.test_answers import answer, finding, term

RHYTHM: dict[str, Any] = {
    **KIDNEY,
    "title": "Atrial fibrillation: type",
    "category": "specificity",
    "documented": [term("Atrial fibrillation")],
    "question": (
        "Atrial fibrillation is documented on 05/05. Please provide further specificity for its type, if known."
    ),
    "indicators": [
        finding("ECG", "Atrial fibrillation, rate 122", "ECG report"),
        finding("Telemetry", "Sinus rhythm from 06:00 on", "Telemetry report"),
    ],
    "options": [answer("Paroxysmal", 0, 1), answer("Persistent", 0), OTHER, UNDETERMINED],
}


def with_answer(kind: str, text: str, base: dict[str, Any] = RHYTHM) -> dict[str, Any]:
    """Return a sound query whose answer of one kind reads so."""
    others = [one for one in base["options"] if one["kind"] != kind]
    return {**base, "options": [*others, {"text": text, "kind": kind}]}


@pytest.mark.parametrize(
    "text",
    [
        *("AF, other (specify)", "Other AF type: ____", "Other feature: ____", "Other process (give details)"),
        *("Other conditions, list: ____", "Other (please add your own words)", "Another answer fits (please add it)"),
        *("Neither / other: ____", "Neither of the two; please state", "None of these fits: ____"),
        *("More than one of these (please specify)", "Not on this list (please specify)", "Write your own: ____"),
    ],
)
def test_other_is_written_in_as_houses_do(text: str) -> None:
    assert judge(with_answer("other", text)).verdict == "pass"


@pytest.mark.parametrize(
    "text",
    [
        *("Cannot be said", "Can't recall", "I do not remember", "AF, type undetermined", "Too early to say"),
        *("No further detail possible", "Not enough to go on", "Awaiting results", "Work-up still pending"),
        *("Cannot be confirmed or excluded", "Cannot distinguish between them", "I'm unable to say"),
    ],
)
def test_undetermined_is_said_as_houses_do(text: str) -> None:
    assert judge(with_answer("undetermined", text)).verdict == "pass"


@pytest.mark.parametrize(
    "text",
    [
        "Held to be excluded",
        "Considered to be ruled out",
        "Judged excluded",
        "AF was refuted",
        "Has since been ruled out",
    ],
)
def test_ruled_out_is_said_as_houses_do(text: str) -> None:
    assert judge(with_answer("ruled_out", text)).verdict == "pass"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Not of clinical relevance",
            "No clinical bearing",
            "Without clinical meaning",
            "Lab value without a diagnosis",
        ),
        *(
            "Clinically unimportant",
            "Not a separate condition",
            "Did not affect care",
            "Finding not clinically important",
        ),
    ],
)
def test_no_significance_is_said_as_houses_do(text: str) -> None:
    assert judge(with_answer("not_significant", text, KIDNEY)).verdict == "pass"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *(("other", "Another statement fits (please add the chief's name)"), ("other", "Other (please add 50 words)")),
        *(("other", "Other features, list with proof: ____"), ("other", "Other, only from the list")),
        *(("other", "Neither, although the telemetry shows it"), ("other", "Other: permanent")),
        *(("undetermined", "Cannot be said to be absent"), ("undetermined", "Cannot be excluded")),
        *(("undetermined", "Can't recall, ask the consultant"), ("undetermined", "Too early to give up")),
        *(("undetermined", "Cannot say they are unrelated"), ("undetermined", "AF, type plain")),
        *(("ruled_out", "To be ruled out"), ("ruled_out", "Wrongly held to be excluded")),
        *(("ruled_out", "Held to be excluded without reason"), ("ruled_out", "Remains to be excluded")),
        *(("not_significant", "Did not affect care, despite the saline"), ("not_significant", "No effect on pay")),
    ],
)
def test_neutral_answers_push_and_price_nothing(kind: str, text: str) -> None:
    found = judge(with_answer(kind, text, KIDNEY if kind == "not_significant" else RHYTHM))
    assert rules(found) & {"R-09", "R-11", "R-03", "R-20"}
