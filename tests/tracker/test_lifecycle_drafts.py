"""Held drafts: revising, approving, rejecting, redirecting; what the builder may and may not do."""

from __future__ import annotations

import pytest

from schemas.gaps import Addressee
from schemas.queries import QueryIssued, document_hash
from services.tracker.decisions import desk
from services.tracker.lifecycle import NotAllowed
from tests.tracker.support import MACHINE, Ward, at, build, document


def test_a_second_person_approves_exactly_this_text() -> None:
    ward = Ward()
    query = ward.hold()
    held = ward.find(query).draft
    ward.approve(query)
    (asked,) = ward.pending()
    assert asked.approval is not None and asked.approval.draft_hash == held.content_hash
    assert [finding.rule for finding in asked.approval.accepted] == ["R-09"]
    assert asked.query_id == query
    assert ward.build("review") == ["issued"]
    issued = ward.find(query)
    assert (issued.state, issued.approved_by, issued.approval_reason) == ("issued", "cdi-bo", "it is fair")
    assert issued.draft.content_hash == held.content_hash


def test_neither_author_nor_last_reviser_approves() -> None:
    ward = Ward()
    query = ward.hold()
    with pytest.raises(NotAllowed, match="second person"):
        ward.approve(query, by="coder-ada")
    ward.revise(query, by="cdi-bo")
    ward.build("review")
    with pytest.raises(NotAllowed, match="second person"):
        ward.approve(query, by="cdi-bo")
    ward.approve(query, by="dr-advisor")


def test_an_approval_needs_a_reason_and_the_text_that_was_read() -> None:
    ward = Ward()
    query = ward.hold()
    for reason in (None, "  "):
        with pytest.raises(NotAllowed, match="reason"):
            ward.approve(query, reason=reason)
    with pytest.raises(NotAllowed, match="changed"):
        ward.approve(query, content_hash="0" * 64)


def test_a_blocked_text_is_never_approved() -> None:
    ward = Ward()
    query = ward.hold("block")
    with pytest.raises(NotAllowed, match="never released"):
        ward.approve(query)


def test_a_text_without_recipient_is_not_approved() -> None:
    ward = Ward()
    ward.raise_gap(addressee=Addressee())
    ward.build()
    with pytest.raises(NotAllowed, match="no text"):
        ward.approve(ward.query().query_id)


def test_a_machine_s_passing_text_is_released_by_any_person_without_a_reason() -> None:
    ward = Ward()
    ward.raise_gap(author=MACHINE)
    assert ward.build() == ["held"]
    query = ward.query(source="nlp").query_id
    ward.approve(query, reason=None)
    assert ward.build() == ["issued"]


def test_a_revised_text_is_checked_again_and_needs_a_second_person() -> None:
    ward = Ward()
    query = ward.hold()
    ward.revise(query)
    (asked,) = ward.pending()
    assert asked.draft is not None and asked.draft.question == "What do these findings mean?"
    assert asked.release == "second_person"
    assert ward.build() == ["held"]
    assert ward.find(query).edited
    ward.approve(query)
    assert ward.build() == ["issued"]


def test_a_finding_that_the_approver_did_not_see_holds_the_text_again_without_an_approver() -> None:
    ward = Ward()
    query = ward.hold()
    ward.approve(query)
    (asked,) = ward.pending()
    again = build(asked.model_copy(update={"approval": None}), "review")
    assert ward.result(again) == "held"
    assert ward.find(query).approved_by is None
    assert ward.find(query).approval_reason is None


def test_a_new_revision_of_the_gap_drops_the_edited_text() -> None:
    ward = Ward()
    query = ward.hold()
    ward.revise(query)
    ward.build()
    ward.raise_gap(hours=31, about="Sodium")
    (asked,) = ward.pending()
    assert asked.draft is None
    assert ward.build() == ["issued"]
    assert (ward.find(query).edited, ward.find(query).revised_by) == (False, None)


def test_a_rejected_draft_dismisses_its_gap() -> None:
    ward = Ward()
    query = ward.hold()
    ward.on_desk(desk.reject_draft, query, "cdi-bo", "no gap here")
    assert ward.gap().state == "dismissed"
    assert ward.find(query).state == "withdrawn"
    assert ward.chart().status == "clear"


@pytest.mark.parametrize("step", ["approve", "revise", "reject"])
def test_drafts_that_wait_for_the_builder_cannot_be_touched(step: str) -> None:
    ward = Ward()
    query = ward.hold()
    ward.approve(query)
    with pytest.raises(NotAllowed):
        if step == "reject":
            ward.on_desk(desk.reject_draft, query, "cdi-bo", "no")
        else:
            getattr(ward, step)(query)


def test_a_held_draft_is_made_anew_for_another_recipient() -> None:
    ward = Ward()
    query = ward.hold()
    ward.redirect(query, "dr-stahl")
    (asked,) = ward.pending()
    assert (asked.recipient_role, asked.query_id, asked.draft) == ("surgeon", query, None)
    assert ward.build() == ["issued"]
    assert ward.find(query).recipient is not None
    assert ward.find(query).recipient.provider_id == "dr-stahl"  # type: ignore[union-attr]


def test_an_edited_draft_keeps_its_text_when_redirected() -> None:
    ward = Ward()
    query = ward.hold()
    ward.revise(query)
    ward.build()
    ward.redirect(query, "dr-stahl")
    (asked,) = ward.pending()
    assert asked.draft is not None
    assert (asked.draft.question, asked.draft.recipient_role) == ("What do these findings mean?", "surgeon")
    assert asked.release == "second_person"


def test_redirecting_drops_a_pending_approval() -> None:
    ward = Ward()
    query = ward.hold()
    ward.approve(query)
    ward.redirect(query, "dr-stahl")
    (asked,) = ward.pending()
    assert asked.approval is None
    assert ward.build("review") == ["held"]
    assert ward.find(query).approved_by is None


def test_an_issued_query_is_redirected_and_its_text_stays() -> None:
    ward = Ward()
    query = ward.issue()
    text = ward.find(query).draft.document
    ward.redirect(query, "dr-okafor")
    assert ward.find(query).recipient.provider_id == "dr-okafor"  # type: ignore[union-attr]
    assert ward.find(query).draft.document == text
    with pytest.raises(NotAllowed, match="already"):
        ward.redirect(query, "dr-okafor")
    with pytest.raises(NotAllowed, match="not_entitled"):
        ward.answer(query, "dr-ferro")


def test_a_worse_verdict_for_the_new_role_holds_the_text_again() -> None:
    ward = Ward()
    query = ward.issue()
    text = ward.find(query).draft.document
    ward.verdicts["nurse"] = "block"
    ward.redirect(query, "nurse-pell")
    held = ward.find(query)
    assert (held.state, held.draft.verdict, ward.gap().state) == ("held", "block", "held")
    assert held.draft.document == text
    assert [finding.rule for finding in held.draft.findings] == ["R-28"], "it says why"
    with pytest.raises(NotAllowed):
        ward.approve(query)
    with pytest.raises(NotAllowed, match="never changes"):
        ward.revise(query)


def test_a_text_held_again_is_superseded_by_one_made_for_somebody_else() -> None:
    ward = Ward()
    query = ward.issue()
    ward.verdicts["nurse"] = "review"
    ward.redirect(query, "nurse-pell")
    ward.redirect(query, "dr-okafor")
    assert ward.find(query).state == "superseded"
    assert ward.build() == ["issued"]
    assert ward.query().query_id != query
    assert ward.query().recipient.provider_id == "dr-okafor"  # type: ignore[union-attr]


def test_an_answered_query_is_not_redirected() -> None:
    ward = Ward()
    query = ward.issue()
    ward.answer(query)
    with pytest.raises(NotAllowed):
        ward.redirect(query, "dr-okafor")


def test_a_result_counts_once_and_a_different_one_is_an_anomaly() -> None:
    ward = Ward()
    ward.raise_gap()
    (asked,) = ward.pending()
    first = build(asked)
    assert ward.result(first) == "issued"
    assert ward.result(first) == "seen"
    before = ward.query()
    other = build(asked, text=document(asked, "Another text."))
    assert ward.result(other) == "anomaly"
    assert ward.query() == before


@pytest.mark.parametrize("case", ["machine", "blocked", "review", "other_text", "no_recipient", "wrong_hash"])
def test_a_text_issued_although_it_may_not_be_is_an_anomaly_and_shown_to_nobody(case: str) -> None:
    ward = Ward()
    if case == "no_recipient":
        ward.raise_gap(addressee=Addressee())
    else:
        ward.raise_gap(author=MACHINE if case == "machine" else ward_author())
    if case == "other_text":
        ward.build("review")
        ward.approve(ward.query().query_id)
    (asked,) = ward.pending()
    issued = build(asked.model_copy(update={"release": "automatic", "recipient_role": "attending", "draft": None}))
    assert isinstance(issued, QueryIssued)
    update: dict[str, object] = {"release": asked.release}
    if case in ("blocked", "review"):
        update["verdict"] = "block" if case == "blocked" else "review"
    if case == "other_text":
        text = document(asked, "Another text.")
        update |= {"document": text, "content_hash": document_hash(text)}
    if case == "wrong_hash":
        update["document"] = document(asked, "Another text.")
    before = ward.chart().queries
    assert ward.result(issued.model_copy(update=update)) == "anomaly"
    assert ward.chart().queries == before
    assert len(ward.pending()) == 1


def ward_author() -> object:
    from tests.tracker.support import PERSON

    return PERSON


def test_a_request_is_repeated_with_the_same_id_until_it_has_its_result() -> None:
    ward = Ward()
    ward.raise_gap()
    (asked,) = ward.pending()
    with ward.deciding() as journal:
        assert desk.repeat_request(journal, asked.chart_id, asked.gap_uid, asked.request_id, "system")
    assert ward.pending() == [asked]
    assert ward.gap().attempts == 2
    ward.build()
    with ward.deciding() as journal:
        assert not desk.repeat_request(journal, asked.chart_id, asked.gap_uid, asked.request_id, "system")


def test_deferral_is_an_event_on_the_query_and_ends_by_itself() -> None:
    ward = Ward()
    query = ward.issue()
    with pytest.raises(NotAllowed, match="ahead"):
        ward.on_desk(desk.defer, query, ward.now, "dr-ferro")
    ward.on_desk(desk.defer, query, at(72), "dr-ferro")
    assert (ward.find(query).state, ward.find(query).deferred_until) == ("issued", at(72))
    ward.on_desk(desk.resume, query, "system", at(71))
    assert ward.find(query).deferred_until == at(72)
    ward.now = at(72)
    ward.on_desk(desk.resume, query, "system", at(72))
    assert ward.find(query).deferred_until is None


def test_no_timer_ends_a_query() -> None:
    ward = Ward()
    query = ward.issue()
    ward.on_desk(desk.mark_delivered, query, "notifier")
    ward.on_desk(desk.escalate, query, 2, ("dr-okafor",), "notifier")
    ward.on_desk(desk.escalate, query, 1, (), "notifier")
    ward.on_desk(desk.expire, query, "notifier")
    expired = ward.find(query)
    assert (expired.state, expired.expired, expired.level, expired.copied) == ("delivered", True, 2, ("dr-okafor",))
    assert ward.answer(query, "dr-okafor") == "accepted"


def test_opening_and_delivering_never_go_back() -> None:
    ward = Ward()
    query = ward.issue()
    ward.on_desk(desk.mark_opened, query, "dr-ferro")
    ward.on_desk(desk.mark_delivered, query, "notifier")
    assert ward.find(query).state == "opened"
    ward.answer(query)
    ward.on_desk(desk.mark_opened, query, "dr-ferro")
    assert ward.find(query).state == "answered"
