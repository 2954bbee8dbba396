"""Answers: the first wins, late ones are kept, amending, cosigning, documentation, outcomes."""

from __future__ import annotations

from uuid import UUID

import pytest

from schemas.gaps import Addressee
from schemas.responses import Answer
from services.tracker.decisions import answers, desk
from services.tracker.lifecycle import NotAllowed
from services.tracker.policy import Policy
from tests.tracker.support import OTHERWISE, Ward, at

STRICT = Policy(documentation_required=True)


def texts(ward: Ward, query: UUID) -> list[tuple[str, bool]]:
    return [(item.response_id, item.late) for item in ward.find(query).responses]


def test_the_first_answer_wins_and_a_later_one_is_kept_as_late() -> None:
    ward = Ward()
    query = ward.issue()
    assert ward.answer(query) == "accepted"
    assert ward.answer(query, response_id="r2", answer=OTHERWISE) == "late"
    assert texts(ward, query) == [("r1", False), ("r2", True)]
    current = ward.find(query).response()
    assert current is not None and current.answer.option_id == "o1"


def test_the_same_response_again_is_seen_and_changes_nothing() -> None:
    ward = Ward()
    query = ward.issue()
    ward.answer(query)
    before = ward.chart()
    assert ward.answer(query) == "seen"
    assert ward.chart() == before


def test_the_same_provider_may_amend_until_the_outcome_is_set() -> None:
    ward = Ward()
    query = ward.issue()
    ward.answer(query)
    assert ward.answer(query, response_id="r2", amends="r1", answer=OTHERWISE) == "amended"
    current = ward.find(query).response()
    assert current is not None and current.answer.option_id == "o2"
    ward.outcome(query)
    assert ward.answer(query, response_id="r3", amends="r2") == "late"
    current = ward.find(query).response()
    assert current is not None and current.response_id == "r2"


def test_nobody_amends_the_answer_of_somebody_else() -> None:
    ward = Ward()
    query = ward.issue()
    ward.on_desk(desk.escalate, query, 1, ("dr-okafor",), "notifier")
    ward.answer(query)
    assert ward.answer(query, "dr-okafor", response_id="r2", amends="r1", answer=OTHERWISE) == "late"


def test_an_amendment_of_nothing_is_refused() -> None:
    ward = Ward()
    query = ward.issue()
    with pytest.raises(NotAllowed, match="unknown_response"):
        ward.answer(query, response_id="r2", amends="r1")


def test_an_amendment_from_another_channel_with_the_same_id_is_the_one_that_counts() -> None:
    ward = Ward()
    query = ward.issue()
    ward.answer(query, source="ehr")
    assert ward.answer(query, source="api/dr-ferro", amends="r1", answer=OTHERWISE) == "amended"
    current = ward.find(query).response()
    assert current is not None and current.answer.option_id == "o2"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(code="OPTION_SELECTED", option_id="o9"), "unknown_option"),
        (Answer(code="OTHER_TEXT", option_id="o1", text="x"), "wrong_code"),
        (Answer(code="RULED_OUT"), "option_missing"),
        (Answer(code="FREE_TEXT", text="as I said"), "option_missing"),
    ],
)
def test_an_answer_must_fit_the_question(answer: Answer, problem: str) -> None:
    ward = Ward()
    query = ward.issue()
    with pytest.raises(NotAllowed, match=problem):
        ward.answer(query, answer=answer)
    assert ward.find(query).state == "issued"


def test_declining_and_undetermined_are_answers() -> None:
    for answer in (Answer(code="DECLINED", text="not my patient"), Answer(code="UNABLE_TO_DETERMINE")):
        ward = Ward()
        assert ward.answer(ward.issue(), answer=answer) == "accepted"


def test_only_who_is_asked_may_answer() -> None:
    ward = Ward()
    query = ward.issue()
    with pytest.raises(NotAllowed, match="not_entitled"):
        ward.answer(query, "dr-okafor")
    assert ward.answer(query, "dr-okafor", covers=frozenset({"dr-ferro"})) == "accepted"


def test_what_was_never_issued_cannot_be_answered() -> None:
    ward = Ward()
    with pytest.raises(NotAllowed, match="not_issued"):
        ward.answer(ward.hold())


def test_an_answer_to_a_withdrawn_query_is_kept_as_late() -> None:
    ward = Ward()
    query = ward.issue()
    ward.withdraw()
    assert ward.answer(query) == "late"
    assert ward.gap().state == "withdrawn"
    assert ward.find(query).state == "withdrawn"


def test_a_late_answer_to_a_finalized_chart_is_told() -> None:
    ward = Ward()
    query = ward.issue()
    ward.encounter(ended_at=at(50))
    ward.finalize_unanswered()
    assert ward.answer(query) == "late"
    assert ward.event_types()[-1] == "late_response"
    assert ward.chart().status == "finalized"


def a_resident_s_answer(policy: Policy | None = None) -> tuple[Ward, UUID]:
    ward = Ward(policy)
    ward.encounter(attending_id="dr-okafor")
    query = ward.issue(addressee=Addressee(provider_id="dr-lind"))
    ward.answer(query, "dr-lind")
    return ward, query


def test_a_resident_s_answer_waits_for_the_attending() -> None:
    ward, query = a_resident_s_answer()
    assert ward.find(query).state == "awaiting_cosign"
    assert ward.find(query).copied == ("dr-okafor",)
    with pytest.raises(NotAllowed):
        ward.outcome(query)
    ward.cosign(query, "dr-okafor")
    assert ward.find(query).state == "under_review"
    current = ward.find(query).response()
    assert current is not None and current.cosigned_by == "dr-okafor"
    ward.outcome(query)
    assert ward.chart().status == "clear"


def test_nobody_cosigns_an_own_answer_or_without_the_role() -> None:
    ward, query = a_resident_s_answer()
    with pytest.raises(NotAllowed, match="own"):
        ward.cosign(query, "dr-lind")
    with pytest.raises(NotAllowed, match="role"):
        ward.cosign(query, "nurse-pell", "nurse")


def test_an_amended_answer_needs_its_cosigner_again() -> None:
    ward, query = a_resident_s_answer()
    ward.cosign(query, "dr-okafor")
    ward.answer(query, "dr-lind", response_id="r2", amends="r1", answer=OTHERWISE)
    assert ward.find(query).state == "awaiting_cosign"
    current = ward.find(query).response()
    assert current is not None and current.cosigned_by is None


def test_policy_may_want_the_entry_before_the_outcome() -> None:
    ward = Ward(STRICT)
    query = ward.issue()
    ward.answer(query)
    assert ward.find(query).state == "awaiting_documentation"
    with pytest.raises(NotAllowed):
        ward.outcome(query)
    ward.documented(query)
    assert ward.find(query).state == "under_review"
    assert ward.find(query).documentation_ref == "note-7"
    ward.outcome(query)
    assert ward.gap().state == "resolved"


def test_an_entry_named_by_the_answer_or_there_before_it_is_enough() -> None:
    ward = Ward(STRICT)
    query = ward.issue()
    ward.answer(query, answer=Answer(code="OPTION_SELECTED", option_id="o1", documentation_ref="note-3"))
    assert ward.find(query).state == "answered"
    other = Ward(STRICT)
    query = other.issue()
    other.documented(query)
    other.answer(query)
    assert other.find(query).state == "answered"


def test_cosign_and_entry_are_both_waited_for() -> None:
    ward, query = a_resident_s_answer(STRICT)
    ward.cosign(query, "dr-okafor")
    assert ward.find(query).state == "awaiting_documentation"
    ward.documentation(query_id=query)
    assert ward.find(query).state == "under_review"
    current = ward.find(query).response()
    assert current is not None and current.cosigned_by == "dr-okafor"


def test_the_outcome_resolves_the_gap() -> None:
    ward = Ward()
    query = ward.issue()
    ward.answer(query)
    ward.on_desk(answers.begin_review, query, "cdi-bo")
    ward.outcome(query)
    assert (ward.find(query).state, ward.find(query).outcome) == ("closed", "AGREED_DOCUMENTED")
    assert ward.gap().state == "resolved"


def test_an_outcome_that_needs_a_follow_up_leaves_the_gap_open_and_asks_again() -> None:
    ward = Ward()
    query = ward.issue()
    ward.answer(query)
    ward.outcome(query, "INADEQUATE_RESPONSE")
    assert ward.find(query).state == "closed"
    assert ward.gap().state == "requested"
    assert ward.chart().status == "holding"
    (asked,) = ward.pending()
    assert asked.query_id != query
    assert asked.release == "second_person"


@pytest.mark.parametrize("outcome", ["AGREED_DOCUMENTED", "NO_RESPONSE_CLOSED"])
def test_no_outcome_without_an_answer(outcome: str) -> None:
    ward = Ward()
    query = ward.issue()
    with pytest.raises(NotAllowed):
        ward.outcome(query, outcome)


def test_no_response_closed_is_not_for_answers_and_an_outcome_is_set_once() -> None:
    ward = Ward()
    query = ward.issue()
    ward.answer(query)
    with pytest.raises(NotAllowed):
        ward.outcome(query, "NO_RESPONSE_CLOSED")
    ward.outcome(query)
    with pytest.raises(NotAllowed):
        ward.outcome(query)
