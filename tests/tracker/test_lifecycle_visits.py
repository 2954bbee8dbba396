"""Encounters: discharge and its cancelling, attending and phase, entries of the record, visit merges, holds."""

from __future__ import annotations

from itertools import permutations

import pytest

from schemas.gaps import Addressee, Patient
from services.tracker.holds import open_blockers
from services.tracker.lifecycle import NotAllowed
from tests.tracker.support import MACHINE, PERSON, Ward, at, chart_id, content

ROLE = {"addressee": Addressee(role="attending")}


def test_a_chart_without_a_gap_is_ready_when_the_visit_has_ended() -> None:
    ward = Ward()
    ward.encounter(started_at=at(0))
    assert ward.chart().status == "clear"
    ward.encounter(ended_at=at(50))
    assert ward.chart().status == "ready"
    assert ward.event_types() == ["ready"]


def test_a_chart_is_ready_at_once_when_its_last_blocker_ends() -> None:
    ward = Ward()
    first, second = ward.issue(), ward.issue(gap_id="g2", about="Sodium")
    ward.encounter(ended_at=at(50))
    assert ward.chart().status == "holding"
    ward.answer(first)
    ward.outcome(first)
    assert ward.chart().status == "holding"
    ward.answer(second)
    ward.outcome(second)
    assert ward.chart().status == "ready"
    assert ward.event_types() == ["hold_placed", "hold_placed", "hold_released", "hold_released", "ready"]


def test_a_cancelled_discharge_takes_ready_back_and_says_why() -> None:
    ward = Ward()
    ward.encounter(ended_at=at(50))
    ward.encounter(hours=51, ended_at=None)
    assert ward.chart().status == "clear"
    last = ward.events()[-1]
    assert (last.type, last.data["reason"]) == ("cdi.chart.hold_placed.v1", "discharge_cancelled")
    ward.encounter(hours=52, ended_at=at(52))
    assert ward.chart().status == "ready"


def test_a_cancelled_discharge_reopens_a_finalized_chart() -> None:
    ward = Ward()
    ward.encounter(ended_at=at(50))
    ward.finalize()
    ward.encounter(hours=51, ended_at=None)
    assert ward.chart().status == "clear"
    assert ward.event_types()[-1] == "reopened"


def test_a_billed_visit_has_ended_whatever_else_is_known() -> None:
    ward = Ward()
    ward.encounter(billed_at=at(50))
    assert ward.chart().status == "ready"


def test_a_new_gap_takes_ready_back_and_reopens_a_finalized_chart() -> None:
    ward = Ward()
    ward.encounter(ended_at=at(50))
    ward.raise_gap()
    assert ward.chart().status == "holding"
    assert ward.event_types() == ["ready", "hold_placed"]
    ward.withdraw()
    ward.finalize()
    ward.raise_gap(gap_id="g2", about="Sodium")
    assert ward.event_types()[-2:] == ["reopened", "hold_placed"]
    assert ward.chart().status == "holding"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_per_field_the_latest_fact_wins_whatever_the_arrival(order: tuple[int, ...]) -> None:
    facts = [(40, {"ended_at": at(40)}), (41, {"ended_at": None}), (42, {"attending_id": "dr-okafor"})]
    ward = Ward()
    for position in order:
        hours, fields = facts[position]
        ward.encounter(hours=hours, **fields)
    assert ward.chart().facts.ended_at is None
    assert ward.chart().facts.attending_id == "dr-okafor"
    assert ward.chart().status == "clear"


@pytest.mark.parametrize("field", ["ended_at", "attending_id"])
def test_a_tie_between_facts_is_not_decided_by_arrival(field: str) -> None:
    values = {"ended_at": (at(50), None), "attending_id": ("dr-okafor", "dr-ferro")}[field]
    known = set()
    for order in permutations(values):
        ward = Ward()
        for value in order:
            ward.encounter(hours=40, **{field: value})
        known.add(getattr(ward.chart().facts, field))
    assert len(known) == 1


def test_a_tie_between_patients_is_not_decided_by_arrival() -> None:
    people = [Patient(reference="pat-1"), Patient(reference="pat-2")]
    known = set()
    for order in permutations(people):
        ward = Ward()
        for person in order:
            ward.encounter(hours=40, patient=person)
        known.add(ward.chart().patient)
    assert len(known) == 1


def test_another_patient_reference_changes_only_the_patient() -> None:
    ward = Ward()
    query = ward.issue()
    before = ward.find(query)
    ward.encounter(patient=Patient(reference="pat-new"))
    assert ward.chart().patient == Patient(reference="pat-new")
    assert ward.find(query) == before


def test_queries_to_the_attending_follow_the_attending() -> None:
    ward = Ward()
    ward.encounter(attending_id="dr-ferro")
    query = ward.issue(**ROLE)
    named = ward.issue(gap_id="g2", about="Sodium")
    ward.encounter(hours=45, attending_id="dr-okafor")
    assert ward.find(query).recipient.provider_id == "dr-okafor"  # type: ignore[union-attr]
    assert ward.find(named).recipient.provider_id == "dr-ferro"  # type: ignore[union-attr]


def test_a_redirected_query_no_longer_follows_the_attending() -> None:
    ward = Ward()
    ward.encounter(attending_id="dr-ferro")
    query = ward.issue(**ROLE)
    ward.redirect(query, "dr-stahl")
    ward.encounter(hours=45, attending_id="dr-okafor")
    assert ward.find(query).recipient.provider_id == "dr-stahl"  # type: ignore[union-attr]


def test_a_gap_that_found_nobody_is_asked_again_when_there_is_an_attending() -> None:
    ward = Ward()
    ward.raise_gap(**ROLE)
    assert ward.build() == ["held"]
    ward.encounter(attending_id="dr-okafor")
    assert [asked.recipient_role for asked in ward.pending()] == ["attending"]
    assert ward.build() == ["issued"]


def test_a_request_under_way_is_replaced_when_its_facts_change() -> None:
    ward = Ward()
    ward.raise_gap(**ROLE)
    (old,) = ward.pending()
    ward.encounter(attending_id="dr-okafor", ended_at=at(47), admission_order_at=at(2))
    (asked,) = ward.pending()
    assert asked.request_id != old.request_id
    assert (asked.recipient_role, asked.phase, asked.admission_order_at) == ("attending", "retrospective", at(2))


def test_an_open_query_s_phase_follows_the_encounter() -> None:
    ward = Ward()
    query = ward.issue()
    assert ward.find(query).phase == "concurrent"
    ward.encounter(ended_at=at(47))
    assert ward.find(query).phase == "retrospective"
    ward.encounter(hours=41, ended_at=None)
    assert ward.find(query).phase == "concurrent"
    ward.encounter(billed_at=at(47))
    assert ward.find(query).phase == "post_bill"


def test_a_later_gap_that_knows_of_the_discharge_moves_the_phase_too() -> None:
    ward = Ward()
    query = ward.issue()
    ward.raise_gap(gap_id="g2", about="Sodium", block={"ended_at": at(47)})
    assert ward.find(query).phase == "retrospective"
    assert [asked.phase for asked in ward.pending()] == ["retrospective"]


def test_a_revision_fills_in_what_its_author_knows_by_now() -> None:
    ward = Ward()
    ward.raise_gap()
    ward.raise_gap(hours=31, about="Sodium", block={"admission_order_at": at(3)})
    assert ward.chart().facts.admission_order_at == at(3)
    assert [asked.admission_order_at for asked in ward.pending()] == [at(3)]


def test_a_gap_for_a_merged_number_does_not_end_the_other_visit() -> None:
    ward = merged()
    ward.raise_gap(gap_id="g2", about="Sodium", block={"ended_at": at(47)})
    assert ward.chart("E2").facts.ended_at is None
    assert ward.chart("E2").facts.started_at == at(10)


def test_a_held_draft_is_made_anew_when_the_phase_changes() -> None:
    ward = Ward()
    query = ward.hold()
    ward.encounter(ended_at=at(47))
    (asked,) = ward.pending()
    assert (asked.phase, asked.query_id) == ("retrospective", query)


def test_a_new_entry_resolves_the_gaps_that_it_answers() -> None:
    ward = Ward()
    query = ward.issue()
    ward.encounter(ended_at=at(50))
    assert ward.documentation(answers_gap_ids=("g1",)) == "applied"
    assert (ward.find(query).state, ward.gap().state) == ("auto_resolved", "resolved")
    assert ward.chart().status == "ready"


def test_an_entry_resolves_neither_a_later_gap_nor_an_answered_one() -> None:
    ward = Ward()
    query = ward.issue(hours=30)
    ward.documentation(hours=20, answers_gap_ids=("g1",))
    assert ward.find(query).state == "issued"
    ward.answer(query)
    ward.documentation(hours=50, answers_gap_ids=("g1",))
    assert ward.find(query).state == "answered"
    assert ward.chart().status == "holding"


def test_an_entry_before_its_gap_waits_for_it() -> None:
    ward = Ward()
    assert ward.documentation(hours=50, answers_gap_ids=("g1",)) == "parked"
    assert ward.raise_gap(hours=30) == "resolved"
    assert ward.pending() == []


# merging


def merged() -> Ward:
    ward = Ward()
    ward.issue()
    ward.encounter(number="E2", started_at=at(10))
    ward.merge("E1", "E2")
    return ward


def test_a_merged_visit_s_gaps_hold_the_other_chart_and_nothing_moves() -> None:
    ward = merged()
    assert (ward.chart("E1").status, ward.chart("E1").merged_into) == ("merged", chart_id("E2"))
    assert ward.chart("E2").status == "holding"
    assert ward.chart("E2").holding == (ward.gap().uid,)
    assert ward.gap().uid in ward.chart("E1").gaps
    hold = next(e for e in reversed(ward.events()) if e.type == "cdi.chart.hold_placed.v1")
    assert (hold.subject, hold.data["reason"]) == (chart_id("E2"), "merged_gap")


def test_the_remaining_chart_is_ready_only_when_the_merged_gaps_are_done() -> None:
    ward = merged()
    ward.encounter(hours=61, number="E2", ended_at=at(61))
    assert ward.chart("E2").status == "holding"
    query = ward.query().query_id
    ward.answer(query)
    ward.outcome(query)
    assert ward.chart("E2").status == "ready"
    assert ward.chart("E1").status == "merged"


def test_a_gap_for_the_merged_number_goes_to_the_other_chart() -> None:
    ward = merged()
    ward.raise_gap(gap_id="g2", about="Sodium")
    assert ward.gap("g2").uid in ward.chart("E2").gaps
    assert ward.gap("g2").uid not in ward.chart("E1").gaps


def test_later_events_for_the_merged_number_go_to_the_other_chart() -> None:
    ward = merged()
    ward.encounter(hours=62, number="E1", attending_id="dr-okafor")
    assert ward.chart("E2").facts.attending_id == "dr-okafor"


def test_events_from_before_the_merge_stay_with_the_merged_chart() -> None:
    ward = merged()
    ward.encounter(hours=59, number="E1", ended_at=at(59))
    assert ward.chart("E2").facts.ended_at is None
    assert ward.chart("E1").facts.ended_at == at(59)


def test_merged_gaps_follow_the_facts_of_the_remaining_visit() -> None:
    ward = Ward()
    ward.encounter(number="E1", attending_id="dr-ferro")
    query = ward.issue(**ROLE)
    ward.encounter(number="E2", started_at=at(1), attending_id="dr-okafor")
    ward.merge("E1", "E2")
    assert ward.find(query).recipient.provider_id == "dr-okafor"  # type: ignore[union-attr]
    ward.encounter(hours=61, number="E2", ended_at=at(48))
    assert ward.find(query).phase == "retrospective"


def test_a_chart_merged_into_a_finalized_one_reopens_it() -> None:
    ward = Ward()
    ward.issue()
    ward.encounter(number="E2", ended_at=at(50))
    ward.finalize("E2")
    ward.merge("E1", "E2")
    assert ward.chart("E2").status == "holding"
    assert "reopened" in ward.event_types()


def test_merges_nest() -> None:
    ward = Ward()
    ward.issue()
    ward.merge("E1", "E2")
    ward.merge("E2", "E3", hours=61)
    assert ward.chart("E3").status == "holding"
    assert ward.chart("E2").status == "merged"
    assert ward.chart("E3").holding == (ward.gap().uid,)
    ward.merge("E4", "E1", hours=62)
    assert ward.chart("E4").merged_into == chart_id("E3")
    ward.raise_gap(gap_id="g9", number="E4", about="Sodium")
    assert ward.gap("g9").uid in ward.chart("E3").gaps
    ward.encounter(hours=63, number="E3", ended_at=at(63))
    ward.withdraw()
    ward.withdraw("g9")
    assert ward.chart("E3").status == "ready"


def test_merging_in_circles_is_refused() -> None:
    ward = Ward()
    ward.merge("E1", "E2")
    ward.merge("E2", "E3", hours=61)
    before = ward.charts
    for into in ("E1", "E2", "E3"):
        with pytest.raises(NotAllowed):
            ward.merge("E3", into, hours=62)
    assert ward.charts == before
    ward.merge("E1", "E2", hours=63)
    assert ward.chart("E1").merged_into == chart_id("E2")


def test_of_two_identical_questions_the_later_becomes_a_duplicate() -> None:
    ward = Ward()
    first = ward.issue()
    second = ward.issue(gap_id="g2", number="E2")
    ward.merge("E1", "E2")
    assert ward.find(first).state == "issued"
    assert ward.find(second).state == "withdrawn"
    assert (ward.gap("g2").state, ward.gap("g2").original) == ("duplicate", ward.gap().uid)
    ward.withdraw()
    assert ward.gap("g2").state == "requested"


def test_no_duplicate_is_left_behind_when_its_original_is_folded_and_withdrawn() -> None:
    ward = Ward()
    ward.issue()
    ward.issue(gap_id="g2", number="E2")
    ward.raise_gap(content("n3", number="E2"), MACHINE)
    ward.merge("E1", "E2")
    ward.withdraw("g2", number="E2")
    ward.withdraw("g1")
    assert ward.gap("n3", "nlp").state == "requested"
    assert ward.chart("E2").status == "holding"


def test_a_merged_chart_is_never_finalized() -> None:
    ward = merged()
    with pytest.raises(NotAllowed):
        ward.finalize("E1")
    with pytest.raises(NotAllowed):
        ward.finalize_unanswered("E1")


# finalizing


def test_only_a_ready_chart_is_finalized() -> None:
    ward = Ward()
    ward.encounter(started_at=at(0))
    with pytest.raises(NotAllowed, match="not ended"):
        ward.finalize()
    ward.raise_gap()
    with pytest.raises(NotAllowed, match="1 open gap"):
        ward.finalize()
    ward.withdraw()
    ward.encounter(ended_at=at(50))
    ward.finalize()
    assert ward.chart().status == "finalized"
    with pytest.raises(NotAllowed, match="already"):
        ward.finalize()


def test_finalizing_unanswered_closes_every_open_query_at_once() -> None:
    ward = Ward()
    waiting = ward.issue()
    held = ward.hold(gap_id="g2", about="Sodium")
    ward.raise_gap(gap_id="g3", about="Potassium")
    ward.raise_gap(content("n1"), MACHINE)
    ward.encounter(ended_at=at(47))
    ward.build("review")
    ward.raise_gap(gap_id="g4", about="Lactate")
    ward.finalize_unanswered()
    assert (ward.find(waiting).state, ward.find(waiting).outcome) == ("closed", "NO_RESPONSE_CLOSED")
    assert ward.find(held).state == "withdrawn"
    assert [ward.gap(name).state for name in ("g1", "g2", "g3", "g4")] == ["resolved", *["dismissed"] * 3]
    assert ward.gap("n1", "nlp").state == "dismissed"
    assert ward.chart().status == "finalized"
    final = ward.events()[-1]
    assert final.data["unanswered"] == [str(waiting)]
    assert (final.data["by_role"], final.data["reason"]) == ("cdi_specialist", "provider left")


def test_finalizing_unanswered_needs_a_reason_an_ended_visit_and_no_answer_waiting() -> None:
    ward = Ward()
    query = ward.issue()
    with pytest.raises(NotAllowed, match="not ended"):
        ward.finalize_unanswered()
    ward.encounter(ended_at=at(50))
    with pytest.raises(NotAllowed, match="reason"):
        ward.finalize_unanswered(reason=" ")
    ward.answer(query)
    with pytest.raises(NotAllowed, match="outcome"):
        ward.finalize_unanswered()
    assert ward.find(query).state == "answered"
    assert ward.chart().status == "holding"


def test_finalizing_unanswered_reaches_the_merged_visits() -> None:
    ward = merged()
    ward.encounter(hours=61, number="E2", ended_at=at(61))
    ward.finalize_unanswered("E2")
    assert ward.gap().state == "resolved"
    assert open_blockers(list(ward.charts.values())) == ()


def test_a_gap_stays_with_its_chart_when_a_revision_names_another_encounter() -> None:
    ward = Ward()
    ward.raise_gap()
    ward.raise_gap(content(number="E2", hours=31, about="Sodium"), PERSON)
    assert [len(chart.gaps) for chart in ward.charts.values()] == [1, 0]
