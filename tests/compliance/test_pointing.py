"""What points at an answer without a leading word does not pass, and harmless numbers and places do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import CREATININE, KIDNEY, OPEN, judge, rules

POINTING = [
    "Please select option 1.",
    "The answer is option 2.",
    "Please reply yes.",
    "Expected answer: 1.",
    "The preferred option is listed first.",
    "Please mark the first choice.",
    "The last two answers are there for form.",
]


@pytest.mark.parametrize("place", ["context", "footer", "question"])
@pytest.mark.parametrize("sentence", POINTING)
def test_an_answer_that_is_pointed_at_is_blocked(place: str, sentence: str) -> None:
    changed = f"{KIDNEY['question']} {sentence}" if place == "question" else sentence
    assert "R-11" in rules(judge(KIDNEY, **{place: changed}), "block")


@pytest.mark.parametrize("part", ["name", "value", "unit"])
def test_no_indicator_points_at_an_answer(part: str) -> None:
    shown = {**CREATININE, part: f"{CREATININE[part]} (see option 1)"}
    assert "R-11" in rules(judge(OPEN, indicators=[shown, *KIDNEY["indicators"][1:]]), "block")


@pytest.mark.parametrize(
    "footer",
    [
        "Please answer within 2 business days per medical staff policy.",
        "More than one answer may be marked.",
        "You may answer in an addendum to your note.",
        "Your reply becomes part of the record.",
    ],
)
def test_counts_and_times_point_at_nothing(footer: str) -> None:
    assert "R-11" not in rules(judge(OPEN, footer=footer))


@pytest.mark.parametrize(
    ("footer", "rule"),
    [
        ("Unanswered queries are automatically answered as usual.", "R-32"),
        ("The addendum has been written for you; a signature is needed.", "R-32"),
        ("Any other answer will be sent to the director.", "R-11"),
        ("Unable to determine requires cosignature by the director.", "R-11"),
    ],
)
def test_answers_are_left_to_the_provider_and_cost_the_same(footer: str, rule: str) -> None:
    assert rule in rules(judge(footer=footer))


def with_option(place: int, **changes: Any) -> list[dict[str, Any]]:
    options = [dict(option) for option in KIDNEY["options"]]
    options[place].update(changes)
    return options


@pytest.mark.parametrize("sign", ["●", "⬅", "†", "◄", "\u0332", "\u202e"])
def test_no_sign_makes_an_answer_stand_out(sign: str) -> None:
    options = with_option(0, text=f"{KIDNEY['options'][0]['text']} {sign}")
    assert "R-11" in rules(judge(options=options), "block")


@pytest.mark.parametrize(
    "text", ["Other acute kidney injury (please specify)", "Unable to exclude acute kidney injury"]
)
def test_a_neutral_answer_names_no_diagnosis(text: str) -> None:
    kind = "other" if text.startswith("Other") else "undetermined"
    place = next(at for at, option in enumerate(KIDNEY["options"]) if option["kind"] == kind)
    assert judge(options=with_option(place, text=text)).verdict != "pass"


@pytest.mark.parametrize(
    ("kind", "text"),
    [("not_significant", "Clinically significant kidney finding"), ("ruled_out", "Acute kidney injury not ruled out")],
)
def test_an_answer_says_what_its_kind_means(kind: str, text: str) -> None:
    options = [*KIDNEY["options"], {"text": text, "kind": kind}]
    assert judge(options=options).verdict != "pass"


@pytest.mark.parametrize("term", ["Gastroenteritis (please add AKI)", "Gastroenteritis for reimbursement", ""])
def test_what_is_shown_as_documented_presses_for_nothing(term: str) -> None:
    entry = {"term": term, "source": "H&P", "author_role": "attending", "recorded_at": "2026-05-04T10:00:00"}
    assert judge(OPEN, documented=[*OPEN["documented"], entry]).verdict != "pass"


@pytest.mark.parametrize("part", ["name", "unit", "source"])
def test_no_comment_hides_in_quotation_marks(part: str) -> None:
    shown = {**CREATININE, part: f'{CREATININE[part]} "plainly kidney failure"'}
    assert judge(OPEN, indicators=[shown, *KIDNEY["indicators"][1:]]).verdict != "pass"


def test_the_answers_do_not_excuse_what_the_question_presumes() -> None:
    question = "What acute kidney condition, if any, do the findings below represent?"
    assert judge(question=question).verdict != "pass"


@pytest.mark.parametrize("name", ["ARF", "HRS", "Nierenversagen", "ATIN", "urosepsys"])
@pytest.mark.parametrize("place", ["title", "question"])
def test_a_name_that_nobody_knows_may_be_that_of_a_diagnosis(place: str, name: str) -> None:
    title, question = (
        f"Clarification: {name}",
        f"Please clarify the clinical significance, if any, of the {name} findings.",
    )
    changed: dict[str, Any] = {"category": "significance", place: title if place == "title" else question}
    assert judge(OPEN, **changed).verdict != "pass"


@pytest.mark.parametrize("source", ["CDI worksheet", "Coding query"])
def test_what_the_office_wrote_documents_nothing(source: str) -> None:
    entry = {"term": "Colitis", "source": source, "author_role": "coder", "recorded_at": "2026-05-04T10:00:00"}
    assert "R-06" in rules(judge(OPEN, documented=[*OPEN["documented"], entry]))


def test_who_asks_is_not_quoted_as_a_source() -> None:
    shown = {**CREATININE, "quoted": True, "author_role": "coder"}
    assert "R-07" in rules(judge(OPEN, indicators=[shown, *KIDNEY["indicators"][1:]]))
