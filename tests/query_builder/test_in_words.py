"""A rule of evidence reads as a person would say it, and a rule that does not hold says what was seen."""

from __future__ import annotations

import pytest

from evidence.evaluating import gather
from evidence.language import parse
from services.query_builder.in_words import Speaker
from services.query_builder.library import Library
from services.query_builder.why_not import Reason, why_not
from tests.query_builder.support import RISE, basis, creatinine, lab, note


def speaker(library: Library) -> Speaker:
    return Speaker(library.concepts.shown_units, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max(sodium) > 145 mmol/L", "a sodium above 145 mmol/L"),
        ("min(albumin) < 3", "an albumin below 3 g/dL"),
        ("max(sodium) < 130", "every sodium below 130 mmol/L"),
        ("latest(lvef, prior) <= 40 %", "the latest lvef (earlier encounters included) at most 40 %"),
        ("count(sodium) >= 2", "at least 2 numbers of sodium"),
        ("rise(creatinine) >= 0.3 mg/dL within 48 h", "a rise of creatinine by at least 0.3 mg/dL within 48 hours"),
        ("drop(hemoglobin) > 2 within 7 d", "a fall of hemoglobin by more than 2 g/dL within 7 days"),
        ("ratio_to_baseline(weight) <= 0.95 within 30 d", "weight at most 0.95 times an earlier one within 30 days"),
        ("quotient(bun, creatinine) > 20 within 90 min", "bun divided by creatinine above 20 within 90 minutes"),
        ("max(lactate) > 4 within 24 h of admission", "a lactate above 4 mmol/L within 24 hours of admission"),
        ("sustained(sodium) < 130 for 6 h", "sodium below 130 mmol/L for 6 hours without a break"),
        ("has(sodium)", "a number of sodium"),
        ('any(kind=medication, name~"furosemide|bumetanide", prior=no)',
         "a medication whose name has “furosemide” or “bumetanide” and of this encounter"),
        ('any(kind=imaging, value says "pneumonia|infiltrat")',
         "an imaging whose value says “pneumonia” or “infiltrat”"),
        ('any(text denies "chest pain|AF\\b", prior=any)',
         "an indicator whose name or value denies “chest pain” or “AF” and of this or an earlier encounter"),
        ('any(value says "heel" unless "intact", not value~"old", not kind=note)',
         "an indicator whose value says “heel”, unless beside “intact” and whose value does not have “old”"
         " and not whose kind is “note”"),
        ("latest(sodium) between 130 and 134 mmol/L", "the latest sodium between 130 and 134 mmol/L"),
        ("not max(sodium, prior) between 130 and below 135 within 24 h of admission",
         "not: the highest sodium (earlier encounters included) between 130 and below 135 mmol/L"
         " within 24 hours of admission"),
        ("latest(sodium) >= 130 and latest(sodium) <= 134", "the latest sodium between 130 and 134 mmol/L"),
        ("latest(sodium) >= 130 and first(sodium) <= 134",
         "the latest sodium at least 130 mmol/L and the first sodium at most 134 mmol/L"),
        ('any(text~"hemoly[sz]ed")', "an indicator whose name or value matches the pattern “hemoly[sz]ed”"),
        ('not documented("dialysis")', "not: a note that documents “dialysis”"),
        ("has(sodium) and (has(bun) or has(lactate))",
         "a number of sodium and (a number of bun or a number of lactate)"),
        ("at_least(2, has(sodium), has(bun), has(lactate))",
         "at least 2 of (a number of sodium; a number of bun; a number of lactate)"),
        ("points(2 if has(sodium), 1 if has(bun)) >= 2",
         "at least 2 points (2 for a number of sodium; 1 for a number of bun)"),
    ],
)  # fmt: skip
def test_a_rule_in_words(library: Library, text: str, said: str) -> None:
    assert speaker(library).says(parse(text, library.vocabulary)) == said


def test_a_named_criterion_is_said_by_its_title_and_explained_by_its_meaning(library: Library) -> None:
    rule = library.vocabulary.criteria["sodium_low"]
    words = Speaker(library.concepts.shown_units, {id(rule): "Low sodium"})
    assert words.says(rule) == "“Low sodium”"
    assert words.meaning(rule) == "a sodium below 135 mmol/L"


def reason(library: Library, text: str) -> Reason | None:
    facts = gather(
        basis(*RISE, lab("Sodium", "hemolyzed", 3, "mmol/L"), note("No melena overnight", 4)), library.concepts
    )
    return why_not(parse(text, library.vocabulary), facts, speaker(library))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("max(creatinine) > 4", "seen: 0.8 mg/dL, 1.7 mg/dL, 1.2 mg/dL"),
        ("max(lactate) > 4", "no lactate among the indicators"),
        ("max(sodium) > 145", "sodium is there, but not as a number in a known unit: hemolyzed mmol/L"),
        ("not has(creatinine)", "it does: 0.8 mg/dL, 1.7 mg/dL, 1.2 mg/dL"),
        ('any(name~"dialysis")', "none of the 5 indicators"),
        ('any(value says "melena")', "denied: No melena overnight"),
        ('documented("x")', "no note of this encounter documents anything"),
        ("has(lactate) or has(bun)", "none of these holds"),
        ("has(creatinine) and has(bun)", "1 of 2 holds, all must"),
        ("points(2 if has(bun), 1 if has(creatinine)) >= 2", "1 points"),
    ],
)
def test_what_was_seen_instead(library: Library, text: str, seen: str) -> None:
    found = reason(library, text)
    assert found is not None and found.seen == seen


def test_only_the_parts_that_fail_are_told_and_nothing_of_a_rule_that_holds(library: Library) -> None:
    found = reason(library, "has(creatinine) and (has(bun) or has(lactate))")
    assert found is not None
    assert [part.rule for part in found.parts] == ["a number of bun or a number of lactate"]
    assert [part.rule for part in found.parts[0].parts] == ["a number of bun", "a number of lactate"]
    assert reason(library, "has(creatinine)") is None


def test_of_a_long_series_the_first_and_the_last_values_are_told(library: Library) -> None:
    facts = gather(basis(*(creatinine(f"1.{hour}", hour) for hour in range(9))), library.concepts)
    found = why_not(parse("max(creatinine) > 4", library.vocabulary), facts, speaker(library))
    assert found is not None
    assert found.seen == "seen: 1.0 mg/dL, 1.1 mg/dL, 1.2 mg/dL, 1.3 mg/dL, …, 1.7 mg/dL, 1.8 mg/dL"
