"""The dashboard's formulas: each figure says what its words say, on queries that are invented one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.tracker.metrics import Fact, Figure, Tally, metrics, quantile, step_of, tally

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
SENT = Fact(
    created_at=NOON, issued_at=NOON, delivered_at=NOON + timedelta(hours=1), answered_at=None, closed_at=None,
    visit_ended_at=None, state="delivered", reason=None, outcome=None, category="specificity", service="medicine",
    provider="ferro", template="t1", author="ada", blocking=True, redirected=False, escalated=False, failed=False,
    overridden=False,
)  # fmt: skip


def answered(hours: float, outcome: str | None = None, **more: object) -> Fact:
    at = NOON + timedelta(hours=hours)
    return replace(SENT, state="closed", answered_at=at, closed_at=at, outcome=outcome, **more)  # type: ignore[arg-type]


def figure(key: str, *facts: Fact, window: int = 72) -> Figure:
    found = tally(facts, DAY, UTC_ZONE).get(("all", ""), Tally())
    return next(metric for metric in metrics(window) if metric.key == key).of(found)


def test_the_response_rate_leaves_out_what_nobody_had_to_answer_any_more() -> None:
    withdrawn = replace(SENT, state="withdrawn")
    facts = (SENT, answered(1), answered(100), withdrawn, replace(SENT, state="auto_resolved"))
    assert figure("response_rate", *facts) == Figure(2 / 3, 3)
    assert figure("in_window", *facts) == Figure(1 / 3, 3)
    assert figure("in_window", *facts, window=100) == Figure(2 / 3, 3)
    assert figure("withdrawn", *facts) == Figure(1 / 5, 5)


def test_a_query_that_was_answered_and_then_withdrawn_counts_as_answered() -> None:
    assert figure("response_rate", replace(answered(1), state="withdrawn")) == Figure(1.0, 1)


def test_turnaround_is_read_from_sending_and_from_the_notice() -> None:
    facts = [answered(hours) for hours in (1, 2, 3, 4, 5, 6, 7, 8, 9, 50)]
    assert figure("median_hours", *facts) == Figure(5, 10)
    assert figure("p90_hours", *facts) == Figure(9, 10)
    assert figure("median_delivered", *facts) == Figure(4, 10)


@pytest.mark.parametrize(
    ("hours", "step"), [(0, 1), (0.2, 1), (1, 1), (1.01, 2), (240, 240), (241, 264), (2160, 2160), (9999, 2184)]
)
def test_hours_are_rounded_up_and_after_ten_days_to_days(hours: float, step: int) -> None:
    assert step_of(NOON, NOON + timedelta(hours=hours)) == step


def test_an_answer_before_the_notice_counts_as_the_shortest_turnaround() -> None:
    assert step_of(NOON, NOON - timedelta(hours=3)) == 1


def test_nothing_is_said_of_a_turnaround_without_answers() -> None:
    assert quantile({}, 0.5) is None
    assert figure("median_hours", SENT) == Figure(None, 0)


def test_agreement_is_told_apart_from_validation_and_is_hidden_for_few_answers() -> None:
    agreed = [answered(1, "AGREED_DOCUMENTED"), answered(1, "AGREED_OTHER"), answered(1, "DISAGREED"), answered(1)]
    validation = [answered(1, "CONFIRMED_VALIDATED", category="clinical_validation")] * 4
    assert figure("agreement", *agreed, *validation) == Figure(None, None, hidden=True)
    assert figure("agreement", *agreed, *validation, answered(1, "UNDETERMINED")) == Figure(2 / 5, 5)
    assert figure("validation", *agreed, *validation) == Figure(None, None, hidden=True)
    assert figure("validation", *validation, *validation) == Figure(1.0, 8)
    assert figure("agreement") == Figure(None, 0)


def test_a_query_holds_its_chart_from_the_end_of_the_visit_to_its_own_end() -> None:
    ended = NOON + timedelta(hours=24)
    held = answered(72, visit_ended_at=ended)
    before = answered(12, visit_ended_at=ended)
    assert figure("hold_days", held, before, replace(held, blocking=False)) == Figure(2.0, 1)
    assert figure("hold_days", answered(72, visit_ended_at=NOON - timedelta(days=9))) == Figure(3.0, 1)


def test_drafts_that_were_never_sent_count_only_for_the_check() -> None:
    held = replace(SENT, state="held", issued_at=None, failed=True, failed_rules=("R-09",))
    passed = replace(SENT, overridden=True, overridden_rules=("R-02",))
    assert figure("failed", held, passed) == Figure(1 / 2, 2)
    assert figure("overridden", held, passed) == Figure(1 / 2, 2)
    assert figure("issued", held, passed) == Figure(1)
    cells = tally([held, passed], DAY, UTC_ZONE)
    assert cells["rule", "R-09"].counts == {"failed": 1}
    assert cells["rule", "R-02"].counts == {"overridden": 1}


def test_a_query_counts_on_the_houses_day_on_which_it_was_written_or_sent() -> None:
    late = datetime(2026, 3, 3, 3, tzinfo=UTC)
    fact = replace(SENT, issued_at=late)
    chicago = ZoneInfo("America/Chicago")
    assert tally([fact], DAY, chicago)["all", ""].counts == {"drafted": 1, "issued": 1}
    assert tally([fact], DAY, UTC_ZONE)["all", ""].counts == {"drafted": 1}
    assert tally([fact], date(2026, 3, 3), UTC_ZONE)["all", ""].counts == {"issued": 1}


def test_every_figure_has_its_formula_in_words() -> None:
    for metric in metrics(72):
        assert len(metric.formula) > 20
        assert metric.formula.endswith(".")
