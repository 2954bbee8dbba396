"""The intake holds its promises on 110 real, de-identified encounters."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cli.intake.command import IntakeCounts, gap_lines
from cli.intake.gaps import BILLED, IntakeSettings
from cli.intake.rules import MOST_INDICATORS, matches, shipped_rules
from schemas.events import MAX_INPUT_BYTES, read
from schemas.gaps import GapRaised
from tests.intake.support import AS_OF

pytestmark = pytest.mark.samples


def raised(lines: list[str], open_share: float) -> tuple[list[GapRaised], IntakeCounts]:
    counts = IntakeCounts()
    settings = IntakeSettings(open_share=open_share)
    out = list(gap_lines(lines, as_of=AS_OF, settings=settings, on_problem=pytest.fail, counts=counts))
    assert max(len(text.encode()) for text in out) < MAX_INPUT_BYTES
    events = [read("cdi.gaps.v1", text.encode()).data for text in out]
    return [event for event in events if isinstance(event, GapRaised)], counts


def test_every_encounter_is_read_and_each_of_the_main_findings_yields_gaps(sample_lines: list[str]) -> None:
    gaps, counts = raised(sample_lines, 0.0)
    assert counts.encounters == len(sample_lines) == 110
    assert len({gap.gap_id for gap in gaps}) == len(gaps) == counts.gaps
    main = ("creatinine_rise", "hemoglobin_drop", "sodium_low", "lactate_high_with_leukocytosis", "nt_probnp_high")
    assert all(counts.by_finding.get(code, 0) > 0 for code in main)


@pytest.mark.parametrize("open_share", [0.0, 0.4, 1.0])
def test_everything_shown_lies_between_the_start_and_the_as_of_moment(
    sample_lines: list[str], open_share: float
) -> None:
    gaps, _ = raised(sample_lines, open_share)
    for gap in gaps:
        start = gap.encounter.started_at
        assert start is not None and 1 <= len(gap.indicators) <= MOST_INDICATORS
        assert all(start <= one.observed_at <= AS_OF for one in gap.indicators)
        assert gap.encounter.ended_at is None or gap.encounter.ended_at <= AS_OF
        assert AS_OF - start < timedelta(days=365)


def test_documented_terms_are_billed_and_none_explains_the_finding(sample_lines: list[str]) -> None:
    gaps, _ = raised(sample_lines, 0.0)
    rules = shipped_rules().findings
    for gap in gaps:
        rule = rules[gap.reason_code]
        assert all(term.source == BILLED for term in gap.documented)
        if gap.category != "specificity":
            terms = [term.term for term in gap.documented]
            assert not any(matches(text, rule.explained_by) and not matches(text, rule.unless) for text in terms)


def test_a_stay_that_is_still_open_shows_no_billed_diagnosis(sample_lines: list[str]) -> None:
    gaps, _ = raised(sample_lines, 1.0)
    still_open = [gap for gap in gaps if gap.encounter.ended_at is None]
    assert len(still_open) > 100 and all(gap.documented == () for gap in still_open)
