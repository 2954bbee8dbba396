"""Indicators: sourced, dated, current, objective; times compared with and without zones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import CREATININE, CREATININE_LATER, FLUIDS, OPEN, judge, rules


def with_indicator(**changes: Any) -> Any:
    return judge(OPEN, indicators=[CREATININE, CREATININE_LATER, {**FLUIDS, **changes}])


@pytest.mark.parametrize(
    "changes",
    [
        {"source": None},
        {"source": " "},
        {"observed_at": None},
        {"observed_at": "yesterday"},
        {"observed_at": "2026-13-45"},
        {"value": ""},
        {"name": ""},
    ],
)
def test_what_nobody_can_find_is_blocked(changes: dict[str, Any]) -> None:
    assert "R-06" in rules(with_indicator(**changes), "block")


@pytest.mark.parametrize("observed", ["2025-05-05T08:00:00", "2025-05-05", "2026-05-02T05:00:00-05:00"])
def test_an_old_finding_without_its_label_is_blocked(observed: str) -> None:
    assert "R-17" in rules(with_indicator(observed_at=observed), "block")
    assert judge(
        OPEN, indicators=[CREATININE, CREATININE_LATER, {**FLUIDS, "observed_at": observed, "prior_encounter": True}]
    ).verdict == ("pass")


@pytest.mark.parametrize(
    "observed", ["2026-05-03T05:00:00", "2026-05-03", "2026-05-03T06:00:00Z", "2026-05-03T23:00:00+14:00"]
)
def test_the_window_begins_a_day_before_the_encounter(observed: str) -> None:
    assert with_indicator(observed_at=observed).verdict == "pass"


def test_times_with_a_zone_are_compared_as_instants() -> None:
    verdict = judge(
        OPEN,
        encounter_started_at="2026-05-04T05:00:00-05:00",
        indicators=[CREATININE, {**CREATININE_LATER, "observed_at": "2026-05-03T10:30:00+00:00"}, FLUIDS],
    )
    assert verdict.verdict == "pass"
    too_old = [CREATININE, {**CREATININE_LATER, "observed_at": "2026-05-03T09:30:00+00:00"}, FLUIDS]
    assert "R-17" in rules(judge(OPEN, encounter_started_at="2026-05-04T05:00:00-05:00", indicators=too_old), "block")


@pytest.mark.parametrize("start", [None, "soon", "9999-99-99"])
def test_an_unknown_start_is_reviewed(start: str | None) -> None:
    assert "R-17" in rules(judge(OPEN, encounter_started_at=start), "review")


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_times_at_the_edge_of_the_calendar_do_not_raise(time: str) -> None:
    assert judge(OPEN, encounter_started_at=time).verdict in ("pass", "review", "block")
    assert with_indicator(observed_at=time).verdict in ("pass", "block")


PRIOR = [{**CREATININE, "prior_encounter": True}, {**CREATININE_LATER, "prior_encounter": True}]


def test_prior_findings_never_stand_alone() -> None:
    assert "R-17" in rules(judge(OPEN, indicators=PRIOR), "block")
    retrospective = judge(OPEN, indicators=PRIOR, setting="outpatient", phase="retrospective")
    assert "R-17" in rules(retrospective, "block")


def test_before_a_visit_prior_findings_are_all_there_is() -> None:
    found = judge(OPEN, indicators=PRIOR, setting="outpatient", phase="prospective")
    assert "R-17" not in rules(found)


def test_a_mention_in_a_note_is_no_current_evaluation() -> None:
    mention = {**FLUIDS, "name": "H&P", "value": "kidney trouble years ago", "source": "H&P", "quoted": True}
    assert "R-17" in rules(judge(OPEN, indicators=[*PRIOR, mention]), "review")


@pytest.mark.parametrize("value", ["Alarming 2.4", "2.4, clearly injured", "2.4 consistent with injury"])
def test_interpretation_in_a_value_is_blocked(value: str) -> None:
    assert "R-07" in rules(with_indicator(value=value), "block")


def test_the_same_words_in_a_quotation_are_the_source_speaking() -> None:
    quoted = with_indicator(
        name="Chest film", value="opacity consistent with atelectasis", source="Radiology report", quoted=True
    )
    assert quoted.verdict == "pass"
    assert with_indicator(value="'consistent with atelectasis'").verdict == "pass"


@pytest.mark.parametrize("value", ["off the charts", "they should look at this", "dreadful"])
def test_words_that_are_no_finding_never_pass(value: str) -> None:
    assert "R-07" in rules(with_indicator(value=value))


@pytest.mark.parametrize(
    "value",
    ["40 mg IV twice daily", "2.3 (ref 0.5-2.0)", "Left heel: open area, no slough", "350 cc", "<0.01", "E. coli"],
)
def test_plain_findings_pass(value: str) -> None:
    assert "R-07" not in rules(with_indicator(value=value), "block")


def test_a_source_outside_the_record_is_reviewed() -> None:
    assert "R-06" in rules(with_indicator(source="CDI worksheet"), "review")


def test_payment_in_an_indicator_is_blocked() -> None:
    assert "R-18" in rules(with_indicator(value="2 L, reimbursement review"), "block")
    assert "R-18" not in rules(with_indicator(value="My insurance ended in March", quoted=True))


def test_documentation_of_another_time_is_reviewed() -> None:
    old = [
        {"term": "Gastroenteritis", "source": "H&P", "author_role": "attending", "recorded_at": "2024-01-01T10:00:00"}
    ]
    assert "R-17" in rules(judge(OPEN, documented=old), "review")


def test_a_finding_of_long_after_the_start_is_reviewed() -> None:
    assert "R-26" in rules(with_indicator(observed_at="2027-05-05T08:00:00"), "review")
    assert "R-26" not in rules(with_indicator(observed_at="2026-07-05T08:00:00"))


@pytest.mark.parametrize(("value", "held"), [("Positive, low titer", False), ("low", True), ("elevated", True)])
def test_a_direction_is_no_measurement_but_a_result_is(value: str, *, held: bool) -> None:
    antibody = {**CREATININE, "name": "GAD65 antibody", "value": value, "unit": None}
    found = judge(OPEN, indicators=[CREATININE, CREATININE_LATER, antibody]).findings
    assert held is any(one.rule == "R-06" and one.field == "indicators[2].value" for one in found)
