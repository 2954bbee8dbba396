"""Faults in the fields that are not prose: names, values, sources, documented terms (R-07, R-18, R-19, R-26, R-27)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import CREATININE, CREATININE_LATER, FLUIDS, OPEN, judge, rules


def shown(**changed: Any) -> dict[str, Any]:
    """Return the indicators of a sound query, the second one changed."""
    return {"indicators": [CREATININE, {**CREATININE_LATER, **changed}, FLUIDS]}


@pytest.mark.parametrize(
    "code", ["(maps to N17.9)", "N17.9", "[R65.20]", "code 584.9", "DRG 683", "Dx N17.9", "E87.1 per list"]
)
def test_a_code_is_seen_in_every_visible_field(code: str) -> None:
    for changed in ({"name": f"Creatinine {code}"}, {"value": f"2.4 {code}"}, {"source": f"Laboratory {code}"}):
        assert "R-18" in rules(judge(OPEN, **shown(**changed)), "block")
    assert "R-18" in rules(judge(OPEN, **shown(value=f'"{code}"', quoted=True, source="Progress note")), "block")
    term = {**OPEN["documented"][0], "term": f"Gastroenteritis {code}"}
    assert "R-18" in rules(judge(OPEN, documented=[term]), "block")


@pytest.mark.parametrize(
    "value", ["B12 212 pg/mL", "T38.9 C", "D5W 500 mL", "C5-C6", "G2P1", "CD4 220", "H1N1 negative", "V5 lead"]
)
def test_what_only_looks_like_a_code_passes(value: str) -> None:
    assert "R-18" not in rules(judge(OPEN, **shown(value=value, quoted=True, source="Progress note")))


def test_an_extension_of_five_digits_is_no_code() -> None:
    assert "R-18" not in rules(judge(OPEN, footer="Contact: inpatient coding, ext. 30122."), "block")


@pytest.mark.parametrize(
    "slot", ["[VALUE_1]", "{{value}}", "<VALUE>", "%%V%%", "${v}", "XX", "___", "[x.x]", "null", "VALUE_2"]
)
def test_a_slot_of_any_form_is_seen_in_a_value(slot: str) -> None:
    assert "R-26" in rules(judge(OPEN, **shown(value=slot)), "block")


@pytest.mark.parametrize("name", ["Creatinine [VALUE_1]", "{{name}}", "Creatinine XX", "<LAB_NAME>"])
def test_a_slot_is_seen_in_a_name(name: str) -> None:
    assert "R-26" in rules(judge(OPEN, **shown(name=name)), "block")


@pytest.mark.parametrize("name", ["Creatinine [Mass/volume] in Blood", "Feeling down [PHQ-9]"])
def test_brackets_in_the_name_of_a_test_are_no_slot(name: str) -> None:
    assert "R-26" not in rules(judge(OPEN, **shown(name=name)))


@pytest.mark.parametrize("value", ["2.4 [H]", "[blank]", "46,XX", "1.2 x 1.1 cm", "A & O x 3"])
def test_signs_of_charts_are_no_slots(value: str) -> None:
    assert "R-26" not in rules(judge(OPEN, **shown(value=value)))


@pytest.mark.parametrize(
    "name", ["Charcot triad item 2", "Duke major criterion", "Jones criteria major 1", "Sepsis criteria 3"]
)
def test_a_name_makes_no_finding_part_of_a_definition(name: str) -> None:
    assert {"R-03", "R-27"} <= rules(judge(OPEN, **shown(name=name)), "block")


@pytest.mark.parametrize("name", ["KDIGO stage 2 creatinine", "Renal decline"])
def test_a_name_passes_no_verdict(name: str) -> None:
    assert rules(judge(OPEN, **shown(name=name)), "review")


@pytest.mark.parametrize("name", ["Glasgow Coma Scale", "SOFA score", "Murphy sign", "Light chains", "Stroke volume"])
def test_scores_and_signs_may_bear_their_names(name: str) -> None:
    assert not rules(judge(OPEN, **shown(name=name)), "review") & {"R-03", "R-07", "R-27"}


def test_cases_of_the_house_are_not_counted() -> None:
    assert "R-19" in rules(judge(OPEN, **shown(name="Fall report (3rd of the quarter, limit is 2)")), "block")


@pytest.mark.parametrize(
    "value",
    [
        "2.4 (later normal values not repeated)",
        "2.4; lower values skipped",
        "2.4, others not listed",
        "2.4 (selected from 5)",
    ],
)
def test_a_value_does_not_say_that_others_are_not_shown(value: str) -> None:
    assert "R-07" in rules(judge(OPEN, **shown(value=value)), "block")


@pytest.mark.parametrize(
    "value", ["Not repeated", "Culture not obtained", "Appendix not seen", "Lactate not repeated after 05/04"]
)
def test_what_was_not_done_is_a_finding(value: str) -> None:
    assert "R-07" not in rules(judge(OPEN, **shown(value=value, source="Nursing flowsheet")))


@pytest.mark.parametrize(
    "text", ["Normal cultures are not listed below.", "Readings after 09:00 were calmer and are not carried over."]
)
def test_prose_does_not_say_that_others_are_not_shown(text: str) -> None:
    assert "R-07" in rules(judge(OPEN, context=text), "block")
    assert "R-07" not in rules(judge(OPEN, footer="Any other answer, not listed above, may be written."), "block")


@pytest.mark.parametrize(
    "value",
    [
        "Mother O positive, infant A positive",
        "3,410 g, exclusively breastfed",
        "4% TBSA, brisk refill",
        "7/10, worse with movement",
    ],
)
def test_telegraphic_findings_pass(value: str) -> None:
    assert "R-07" not in rules(judge(OPEN, **shown(value=value, source="Nursing flowsheet")))


@pytest.mark.parametrize("value", ["2.4, which says enough", "2.4 seals it", "2.4 because the kidneys gave up"])
def test_comments_do_not(value: str) -> None:
    assert "R-07" in rules(judge(OPEN, **shown(value=value)))
