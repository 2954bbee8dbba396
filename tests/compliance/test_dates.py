"""Days are read in every form in which hospitals write them, and numbers beside them stay numbers (R-26, R-35)."""

from __future__ import annotations

import pytest

from compliance.dates import DATE_OR_CLOCK
from tests.compliance.samples import BUN, CREATININE, CREATININE_LATER, FLUIDS, KIDNEY, OPEN, judge, rules


@pytest.mark.parametrize(
    "text",
    [
        "4 May",
        "4th of May, 2026",
        "May 4, 2026",
        "Sept 12",
        "04-May-26",
        "11-Feb-2026",
        "10 to 13 March",
        "Dec 5-8, 2025",
    ],
)
def test_days_are_found_as_hospitals_write_them(text: str) -> None:
    assert DATE_OR_CLOCK.fullmatch(text)


@pytest.mark.parametrize("text", ["March 12 units", "78/40", "may 5 mg be given", "The dose was 12 March on"])
def test_values_are_no_days(text: str) -> None:
    assert not DATE_OR_CLOCK.search(text)


@pytest.mark.parametrize("text", ["26.03.2026", "26/03/2026", "8 am", "6 p.m.", "1410 hours", "05:55", "06/2025"])
def test_clock_times_and_whole_dates_are_no_values(text: str) -> None:
    assert DATE_OR_CLOCK.fullmatch(text)


@pytest.mark.parametrize("day", ["5 May", "May 5", "5 May 2026", "the 5th of May", "5-May-2026"])
def test_a_day_is_no_value(day: str) -> None:
    assert "R-35" not in rules(judge(OPEN, context=f"Creatinine of {day} was 2.4 mg/dL."))


@pytest.mark.parametrize("text", ["Creatinine of 5 May was 5.4 mg/dL.", "Creatinine was 54 on May 5."])
def test_a_wrong_value_beside_a_day_is_blocked(text: str) -> None:
    assert "R-35" in rules(judge(OPEN, context=text), "block")


@pytest.mark.parametrize("day", ["12 January", "Jan 12", "12-Jan-2026", "12 January 2025"])
def test_a_day_of_another_encounter_is_held_in_any_form(day: str) -> None:
    assert "R-26" in rules(judge(KIDNEY, context=f"Creatinine of {day} is listed."))


@pytest.mark.parametrize("form", ["{} to {}", "{} - {}", "{} through {}"])
def test_a_span_may_end_on_a_day_without_a_finding_but_not_begin_before_the_stay(form: str) -> None:
    later = {**CREATININE_LATER, "observed_at": "2026-05-07T05:55:00"}
    stay = {**KIDNEY, "indicators": [CREATININE, later, FLUIDS, BUN]}
    assert "R-26" not in rules(judge(stay, title="Kidney function " + form.format("05/04", "05/06")))
    assert "R-26" in rules(judge(stay, title="Kidney function of 05/06"))
    assert "R-26" in rules(judge(stay, title="Kidney function " + form.format("04/28", "05/06")))


def test_a_value_at_the_end_of_a_sentence_is_no_day() -> None:
    assert "R-26" not in rules(judge(OPEN, context="Creatinine rose to 2.4. Saline was given."))
