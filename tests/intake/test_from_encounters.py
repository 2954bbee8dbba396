"""Encounters become gap events: one for each unexplained finding, dated, sourced, and never from the future."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cli.intake.command import IntakeCounts, gap_lines
from cli.intake.gaps import BILLED, IntakeSettings, gaps_of
from cli.intake.indicators import balanced
from cli.intake.problems import Problem
from cli.intake.records import EncounterRecord
from cli.intake.rules import MOST_INDICATORS, read_rules, shipped_rules
from cli.intake.timeline import timeline_of
from schemas.events import read
from schemas.gaps import GapRaised
from tests.intake.support import AS_OF, encounter, line, observation

NEW_YORK = ZoneInfo("America/New_York")


def gaps(as_of: datetime = AS_OF, settings: IntakeSettings | None = None, **changes: Any) -> list[GapRaised]:
    record = EncounterRecord.model_validate(encounter(**changes))
    return [
        GapRaised.model_validate(e.data) for e in gaps_of(record, as_of=as_of, settings=settings or IntakeSettings())
    ]


def shown(gap: GapRaised, name: str) -> list[str]:
    return [one.value for one in gap.indicators if one.name == name]


def test_an_unexplained_finding_becomes_one_gap_with_its_series_and_orders() -> None:
    (gap,) = gaps()
    assert gap.category == "missing_diagnosis" and gap.reason_code == "creatinine_rise"
    assert shown(gap, "Creatinine") == ["0.9", "2.4", "1.1"], "the fall afterwards is shown too"
    assert shown(gap, "Furosemide") == ["40 mg IV", "20 mg PO"]
    assert shown(gap, "Senna") == []
    first = next(one for one in gap.indicators if one.name == "Creatinine")
    assert (first.comparator, first.loinc, first.unit, first.kind, first.source) == (
        "<", "2160-0", "mg/dL", "laboratory", "Laboratory",
    )  # fmt: skip
    urea = next(one for one in gap.indicators if one.name == "Bun")
    assert urea.reference_range is not None and urea.reference_range.high == 20


@pytest.mark.parametrize("text", ["Acute kidney failure, unspecified", "ACUTE KIDNEY FAILURE WITH TUBULAR NECROSIS"])
def test_a_coded_diagnosis_that_explains_the_finding_leaves_no_gap(text: str) -> None:
    assert gaps(diagnoses=[text]) == []


def test_documented_terms_are_only_those_the_question_needs_and_are_called_billed() -> None:
    (gap,) = gaps()
    assert [(term.term, term.source) for term in gap.documented] == [("Chronic kidney disease, unspecified", BILLED)]
    assert not any(one.quoted for one in gap.indicators)


def test_an_unspecific_heart_failure_is_asked_for_type_and_acuity_as_documented() -> None:
    (gap,) = gaps(**heart_failure(["Congestive heart failure, unspecified"]))
    assert (gap.category, gap.axis) == ("specificity", "type_and_acuity")
    assert gap.concepts[0].documented and gap.concepts[0].citations[0].source == BILLED
    assert [term.term for term in gap.documented] == ["Congestive heart failure, unspecified"]


def test_a_specified_heart_failure_leaves_nothing_to_ask() -> None:
    assert gaps(**heart_failure(["Congestive heart failure, unspecified", "Acute systolic heart failure"])) == []


def heart_failure(diagnoses: list[str]) -> dict[str, Any]:
    return {
        "diagnoses": diagnoses,
        "observations": [observation("nt_probnp", 4210, "2150-03-02T11:15:00")],
        "findings": [{"code": "nt_probnp_high", "first_at": "2150-03-02T11:15:00", "evidence": [0]}],
    }


def test_an_old_event_in_the_diagnoses_explains_nothing_new() -> None:
    rows = [observation("troponin_t", value, f"2150-03-0{day}T06:00:00") for day, value in ((3, 0.02), (4, 0.4))]
    found = [{"code": "troponin_rise", "first_at": "2150-03-04T06:00:00", "evidence": [0, 1]}]
    (gap,) = gaps(diagnoses=["Old myocardial infarction"], observations=rows, findings=found)
    assert gap.category == "significance"


def test_a_finding_without_a_rule_becomes_a_generic_gap_of_its_own_evidence() -> None:
    found = [{"code": "calcium_low", "first_at": "2150-03-04T06:00:00", "evidence": [0]}]
    (gap,) = gaps(observations=[observation("calcium", 6.1, "2150-03-04T06:00:00")], findings=found)
    assert (gap.category, gap.concepts[0].term, shown(gap, "Calcium")) == ("significance", "Calcium low", ["6.1"])


def test_an_encounter_of_the_future_ends_some_days_before_the_as_of_day_and_keeps_its_intervals() -> None:
    (gap,) = gaps()
    block = gap.encounter
    assert block.started_at and block.admission_order_at and block.ended_at
    assert timedelta(0) < AS_OF - block.ended_at < timedelta(days=15)
    assert block.admission_order_at - block.started_at == timedelta(hours=2, minutes=45), "emergency department first"
    assert (block.ended_at.hour, block.ended_at.minute) == (11, 30)
    times = [one.observed_at for one in gap.indicators if one.name == "Creatinine"]
    assert times[1] - times[0] == timedelta(days=1, hours=18, minutes=45)


def test_an_encounter_that_began_before_the_as_of_moment_is_not_moved() -> None:
    as_of = datetime(2150, 3, 4, 12, tzinfo=UTC)
    (gap,) = gaps(as_of)
    assert gap.encounter.started_at == datetime(2150, 3, 2, 11, 15, tzinfo=UTC)
    assert gap.encounter.ended_at is None and shown(gap, "Creatinine") == ["0.9", "2.4"]
    assert gap.documented == (), "nothing is billed before the discharge"
    assert gaps(datetime(2150, 3, 4, 5, tzinfo=UTC)) == [], "the finding has not happened yet"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Auckland"])
def test_an_open_stay_shows_nothing_later_than_the_as_of_moment(zone: str) -> None:
    settings = IntakeSettings(zone=ZoneInfo(zone), open_share=1.0)
    (gap,) = gaps(settings=settings)
    assert gap.encounter.ended_at is None and gap.encounter.started_at and gap.encounter.started_at < AS_OF
    assert all(gap.encounter.started_at <= one.observed_at <= AS_OF for one in gap.indicators)


def test_a_day_without_a_time_counts_from_its_start_but_not_before_the_encounter() -> None:
    (gap,) = gaps()
    order = next(one for one in gap.indicators if one.name == "Furosemide")
    assert order.observed_at == gap.encounter.started_at
    assert order.source == "Medication order, time not recorded"


def test_wall_clock_times_are_those_of_the_facility() -> None:
    record = EncounterRecord.model_validate(encounter())
    as_of = datetime(2026, 7, 1, 12, tzinfo=UTC)
    timeline = timeline_of(record, as_of=as_of, zone=NEW_YORK, open_share=0.0)
    ended = timeline.at(record.last_known_at)
    assert ended.astimezone(NEW_YORK).strftime("%H:%M") == "11:30" and ended.utcoffset() == timedelta(hours=-4)


def test_the_gap_id_is_opaque_and_carries_the_as_of_day() -> None:
    ids = {gap.gap_id for hours in (0, 3, 24) for gap in gaps(AS_OF + timedelta(hours=hours))}
    assert len(ids) == 2 and {one.rsplit("-", 1)[1] for one in ids} == {"20261120", "20261121"}
    assert not any("testa" in one or "creatinine" in one for one in ids)


def test_another_moment_or_content_of_the_same_day_is_another_event_of_the_same_gap() -> None:
    record, changed = (EncounterRecord.model_validate(encounter(**more)) for more in ({}, {"medications": []}))
    (first,) = gaps_of(record, as_of=AS_OF, settings=IntakeSettings())
    (again,) = gaps_of(record, as_of=AS_OF + timedelta(minutes=5), settings=IntakeSettings())
    (other,) = gaps_of(changed, as_of=AS_OF, settings=IntakeSettings())
    assert len({first.id, again.id, other.id}) == 3, "an event id never stands for two contents"
    assert {first.subject, again.subject, other.subject} == {first.subject}


def test_a_mapped_service_names_its_provider_and_another_the_attending() -> None:
    (gap,) = gaps(settings=IntakeSettings(recipients={"MED": "prov-1"}))
    assert (gap.addressee.provider_id, gap.addressee.role, gap.addressee.service) == ("prov-1", "attending", "MED")
    (gap,) = gaps(service="SURG", settings=IntakeSettings(recipients={"MED": "prov-1"}))
    assert (gap.addressee.provider_id, gap.addressee.role) == (None, "attending")


def test_patients_are_plainly_invented() -> None:
    (gap,) = gaps()
    assert gap.patient and gap.patient.name == "Sample Patient pat-testa" and gap.patient.birth_date is None


def test_a_long_series_is_thinned_without_losing_evidence_or_extremes() -> None:
    values = [1.0 + 0.01 * number for number in range(60)] + [0.2, 9.0] + [1.0] * 40
    rows = EncounterRecord.model_validate(
        encounter(observations=[observation("creatinine", value, "2150-03-04T06:00:00") for value in values])
    ).observations
    kept = balanced([(number == 33, row) for number, row in enumerate(rows)], 12)
    assert len(kept) == 12
    assert {rows[33], rows[0], rows[-1], rows[60], rows[61]} <= set(kept)
    assert len([row for row in kept if row.value < 2]) >= 9, "values that point the other way stay"


def test_a_line_that_cannot_be_read_is_named_and_the_others_go_on() -> None:
    bad = encounter(encounter_id="enc-2")
    bad["observations"][2]["value"] = "lots"
    zoned = encounter(encounter_id="enc-3", admitted_at="2150-03-02T14:00:00Z")
    past = encounter(findings=[{"code": "x", "first_at": "2150-03-04T06:00:00", "evidence": [9]}])
    lines = [line(), "", json.dumps(bad), "{", "[]", json.dumps(zoned), json.dumps(past), line(encounter_id="enc-9")]
    problems: list[Problem] = []
    out = list(gap_lines(lines, as_of=AS_OF, settings=IntakeSettings(), on_problem=problems.append))
    assert len(out) == 2
    assert [(one.line, one.field) for one in problems] == [
        (3, "observations.2.value"), (4, ""), (5, ""), (6, "admitted_at"), (7, ""),
    ]  # fmt: skip
    assert "without a zone" in str(problems[3])


def test_two_runs_give_the_same_bytes_and_every_line_is_a_valid_event() -> None:
    settings = IntakeSettings(open_share=0.5)
    lines = [line(encounter_id=f"enc-{number}") for number in range(8)]
    counts = IntakeCounts()
    out = list(gap_lines(lines, as_of=AS_OF, settings=settings, on_problem=pytest.fail, counts=counts))
    assert out == list(gap_lines(lines, as_of=AS_OF, settings=settings, on_problem=pytest.fail))
    assert counts.encounters == 8 and counts.gaps == len(out) == counts.by_finding["creatinine_rise"]
    assert all(isinstance(read("cdi.gaps.v1", text.encode()).data, GapRaised) for text in out)


def test_the_shipped_rules_never_show_more_than_is_allowed() -> None:
    assert all(rule.most <= MOST_INDICATORS for rule in shipped_rules().findings.values())
    rule = "{category: stage, concept: X, explained_by: [], series: {y: 41}}"
    wrong = f"{{concepts: {{}}, medication_groups: {{}}, findings: {{x: {rule}}}}}"
    with pytest.raises(ValueError, match=r"x: unknown concept y; x: could show 41 indicators"):
        read_rules(wrong)
