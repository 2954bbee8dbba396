"""Gaps: revisions, order of arrival, withdrawals, duplicates."""

from __future__ import annotations

from itertools import permutations

import pytest

from schemas.gaps import Addressee, Patient
from services.tracker.decisions import desk
from services.tracker.lifecycle import NotAllowed
from tests.tracker.support import AGREED, MACHINE, PATIENT, Ward, at, content


def test_a_gap_is_asked_at_once_and_holds_its_chart() -> None:
    ward = Ward()
    assert ward.raise_gap() == "accepted"
    assert ward.gap().state == "requested"
    assert ward.chart().status == "holding"
    assert [request.release for request in ward.pending()] == ["automatic"]


def test_the_same_content_again_is_a_duplicate_delivery_and_changes_nothing() -> None:
    ward = Ward()
    ward.issue()
    before = ward.chart()
    assert ward.raise_gap() == "duplicate_delivery"
    assert ward.chart() == before


def test_a_revision_before_issue_replaces_the_request_under_the_same_query_number() -> None:
    ward = Ward()
    ward.raise_gap()
    (first,) = ward.pending()
    assert ward.raise_gap(hours=31, about="Sodium") == "revised"
    (second,) = ward.pending()
    assert second.query_id == first.query_id
    assert second.request_id != first.request_id
    assert second.basis.indicators[0].name == "Sodium"


def test_a_result_for_a_replaced_request_is_stale() -> None:
    from tests.tracker.support import build

    ward = Ward()
    ward.raise_gap()
    (first,) = ward.pending()
    ward.raise_gap(hours=31, about="Sodium")
    assert ward.result(build(first)) == "stale"
    assert ward.gap().state == "requested"
    assert ward.chart().queries == {}


def test_a_revision_after_issue_supersedes_the_query() -> None:
    ward = Ward()
    old = ward.issue()
    ward.raise_gap(hours=31, about="Sodium")
    assert ward.find(old).state == "superseded"
    ward.build()
    assert ward.query().query_id != old
    assert ward.query().state == "issued"
    assert ward.query().n == 2


def test_a_revision_after_an_answer_becomes_a_follow_up_and_leaves_the_answer_alone() -> None:
    ward = Ward()
    old = ward.issue()
    ward.answer(old)
    ward.raise_gap(hours=31, about="Sodium")
    (asked,) = ward.pending()
    assert (asked.asked_before, asked.release) == (True, "second_person")
    ward.build()
    ward.approve(ward.query().query_id)
    ward.build()
    assert ward.find(old).state == "answered"
    assert ward.query().query_id != old
    assert ward.query().state == "issued"
    ward.outcome(old)
    assert ward.gap().state == "queried"
    assert ward.chart().status == "holding"


def test_a_revision_of_an_ended_gap_reopens_it() -> None:
    ward = Ward()
    query = ward.issue()
    ward.answer(query)
    ward.outcome(query)
    ward.encounter(ended_at=at(50))
    assert ward.chart().status == "ready"
    assert ward.raise_gap(hours=55, about="Sodium") == "revised"
    assert ward.gap().state == "requested"
    assert ward.chart().status == "holding"


def test_an_older_revision_is_kept_and_changes_nothing() -> None:
    ward = Ward()
    ward.raise_gap(hours=31, about="Sodium")
    assert ward.raise_gap(hours=30) == "older"
    assert ward.gap().content.indicators[0].name == "Sodium"
    assert ward.gap().older == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_latest_content_wins_whatever_the_arrival(order: tuple[int, ...]) -> None:
    raises = [content(hours=30), content(hours=31, about="Sodium"), content(hours=32, about="Potassium")]
    ward = Ward()
    for position in order:
        ward.raise_gap(raises[position])
    assert ward.gap().content.indicators[0].name == "Potassium"
    assert [request.basis.indicators[0].name for request in ward.pending()] == ["Potassium"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_tie_is_broken_by_content_not_by_arrival(order: tuple[int, ...]) -> None:
    raises = [content(), content(about="Sodium"), content(about="Potassium")]
    names = set()
    for sequence in (order, (0, 1, 2)):
        ward = Ward()
        for position in sequence:
            ward.raise_gap(raises[position])
        names.add(ward.gap().content.indicators[0].name)
    assert len(names) == 1


def test_a_withdrawal_ends_the_gap_and_takes_its_query_back() -> None:
    ward = Ward()
    query = ward.issue()
    assert ward.withdraw(hours=40) == "withdrawn"
    assert ward.gap().state == "withdrawn"
    assert ward.find(query).state == "withdrawn"
    assert ward.chart().status == "clear"


def test_a_withdrawal_before_its_raise_waits_for_it() -> None:
    ward = Ward()
    assert ward.withdraw(hours=40) == "parked"
    assert ward.raise_gap(hours=30) == "withdrawn"
    assert ward.gap().state == "withdrawn"
    assert ward.pending() == []
    assert ward.chart().status == "clear"


def test_a_withdrawal_covers_only_raises_that_are_not_later() -> None:
    ward = Ward()
    ward.raise_gap(hours=30)
    assert ward.withdraw(hours=20) == "older"
    assert ward.gap().state == "requested"
    other = Ward()
    other.withdraw(hours=20)
    assert other.raise_gap(hours=30) == "accepted"


@pytest.mark.parametrize("order", list(permutations(("first", "withdrawal", "second"))))
@pytest.mark.parametrize("about", ["Creatinine", "Sodium"])
def test_raise_withdraw_raise_ends_open_in_any_order(order: tuple[str, ...], about: str) -> None:
    ward = Ward()
    for event in order:
        if event == "withdrawal":
            ward.withdraw(hours=40)
        else:
            ward.raise_gap(hours=30) if event == "first" else ward.raise_gap(hours=45, about=about)
    assert ward.gap().state == "requested"
    assert ward.chart().status == "holding"


@pytest.mark.parametrize("order", list(permutations(("first", "withdrawal", "second"))))
def test_raise_raise_withdraw_ends_withdrawn_in_any_order(order: tuple[str, ...]) -> None:
    ward = Ward()
    for event in order:
        if event == "withdrawal":
            ward.withdraw(hours=50)
        else:
            ward.raise_gap(hours=30) if event == "first" else ward.raise_gap(hours=45, about="Sodium")
    assert ward.gap().state == "withdrawn"
    assert ward.pending() == []


def test_the_same_question_from_another_source_is_a_duplicate() -> None:
    ward = Ward()
    ward.issue()
    assert ward.raise_gap(author=MACHINE, gap_id="n1") == "duplicate_question"
    assert ward.gap("n1", "nlp").state == "duplicate"
    assert ward.gap("n1", "nlp").original == ward.gap().uid


def test_if_the_original_ends_unanswered_its_oldest_duplicate_takes_its_place() -> None:
    ward = Ward()
    ward.issue()
    ward.raise_gap(author=MACHINE, gap_id="n1")
    ward.raise_gap(author=MACHINE, gap_id="n2")
    ward.withdraw()
    assert ward.gap("n1", "nlp").state == "requested"
    assert ward.gap("n2", "nlp").state == "duplicate"
    assert ward.gap("n2", "nlp").original == ward.gap("n1", "nlp").uid
    assert ward.chart().status == "holding"


def test_an_answered_original_answers_its_duplicates() -> None:
    ward = Ward()
    query = ward.issue()
    ward.raise_gap(author=MACHINE, gap_id="n1")
    ward.answer(query)
    ward.outcome(query)
    assert ward.gap("n1", "nlp").state == "duplicate"
    assert ward.chart().status == "clear"


def test_a_duplicate_that_was_withdrawn_is_not_promoted() -> None:
    ward = Ward()
    ward.issue()
    ward.raise_gap(author=MACHINE, gap_id="n1")
    ward.withdraw("n1", source="nlp")
    ward.withdraw()
    assert ward.gap("n1", "nlp").state == "withdrawn"
    assert ward.chart().status == "clear"


def test_a_revised_duplicate_that_asks_something_else_asks_for_itself() -> None:
    ward = Ward()
    ward.issue()
    ward.raise_gap(author=MACHINE, gap_id="n1")
    ward.raise_gap(author=MACHINE, gap_id="n1", hours=31, about="Sodium")
    assert ward.gap("n1", "nlp").state == "requested"


def test_an_original_that_now_asks_something_else_frees_its_duplicates() -> None:
    ward = Ward()
    ward.issue()
    ward.raise_gap(author=MACHINE, gap_id="n1")
    ward.raise_gap(hours=31, about="Sodium")
    assert ward.gap().state == "requested"
    assert ward.gap("n1", "nlp").state == "requested"


def test_a_revision_into_a_question_that_is_open_becomes_its_duplicate() -> None:
    ward = Ward()
    ward.issue()
    ward.raise_gap(gap_id="g2", about="Sodium")
    ward.raise_gap(gap_id="g2", hours=31)
    assert ward.gap("g2").state == "duplicate"
    assert ward.gap("g2").original == ward.gap().uid


def test_a_machine_s_gap_needs_a_person_and_a_repeated_question_a_second_one() -> None:
    ward = Ward()
    ward.raise_gap(author=MACHINE)
    assert ward.pending()[0].release == "any_person"
    other = Ward()
    query = other.issue()
    other.answer(query, answer=AGREED)
    other.outcome(query)
    other.raise_gap(gap_id="g2")
    (asked,) = other.pending()
    assert (asked.release, asked.asked_before) == ("second_person", True)


def test_an_author_may_only_switch_blocking_on() -> None:
    from services.tracker.policy import Policy

    ward = Ward(Policy(non_blocking_categories=frozenset({"missing_diagnosis"})))
    ward.raise_gap()
    assert ward.chart().status == "clear"
    ward.raise_gap(gap_id="g2", about="Sodium", blocking=True)
    assert ward.chart().status == "holding"
    strict = Ward()
    strict.raise_gap(blocking=False)
    assert strict.chart().status == "holding"


def test_an_unknown_named_provider_is_not_replaced_by_somebody_else() -> None:
    ward = Ward()
    ward.encounter(attending_id="dr-okafor")
    ward.raise_gap(addressee=Addressee(provider_id="dr-nobody"))
    (asked,) = ward.pending()
    assert asked.recipient_role is None
    assert ward.build() == ["held"]
    assert ward.query().draft.held_reason == "no_recipient"


@pytest.mark.parametrize(
    ("facts", "service", "expected"),
    [
        ({"attending_id": "dr-okafor"}, None, "dr-okafor"),
        ({"attending_id": "dr-gone"}, "surgery", "dr-stahl"),
        ({"service": "surgery"}, None, "dr-stahl"),
        ({}, None, None),
    ],
)
def test_a_role_alone_goes_to_the_attending_else_the_service_s_default(
    facts: dict[str, str], service: str | None, expected: str | None
) -> None:
    ward = Ward()
    if facts:
        ward.encounter(**facts)
    ward.raise_gap(addressee=Addressee(role="attending", service=service))
    request = ward.gap().request
    assert request is not None
    assert (request.recipient.provider_id if request.recipient else None) == expected


def test_the_encounter_block_fills_only_what_no_encounter_event_has_set() -> None:
    ward = Ward()
    ward.encounter(started_at=at(-2), patient=Patient(reference="adt-1", name="From Adt"))
    ward.raise_gap(block={"started_at": at(0), "admission_order_at": at(3)}, patient=PATIENT)
    facts = ward.chart().facts
    assert facts.started_at == at(-2)
    assert facts.admission_order_at == at(3)
    assert ward.chart().patient == Patient(reference="adt-1", name="From Adt")


def test_a_person_withdraws_the_query_with_its_gap_once() -> None:
    ward = Ward()
    query = ward.issue()
    ward.on_desk(desk.withdraw_query, query, "not_needed", "coder-ada")
    assert ward.gap().state == "withdrawn"
    with pytest.raises(NotAllowed):
        ward.on_desk(desk.withdraw_query, query, "not_needed", "coder-ada")
