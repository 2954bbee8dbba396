"""Nothing is issued that the check did not pass, or that a second person did not approve exactly as it is."""

from __future__ import annotations

from typing import Any
from uuid import uuid5

import pytest

from compliance import Knowledge
from schemas.check import Finding, QueryDocument
from schemas.queries import QueryHeld, QueryIssued, document_hash
from schemas.requests import Approval, QueryRequested
from services.query_builder.composer import answer
from services.query_builder.library import Library
from tests.query_builder.support import IDS, RISE, RISE_WITH_UREA, basis, request

POST_BILL = {"phase": "post_bill"}


def outcome(result: QueryIssued | QueryHeld) -> str:
    return result.reason if isinstance(result, QueryHeld) else "issued"


@pytest.fixture
def draft(library: Library, knowledge: Knowledge) -> QueryDocument:
    result = answer(request(basis(*RISE_WITH_UREA)), library, knowledge)
    assert isinstance(result, QueryIssued)
    return result.document


def approval(draft: QueryDocument, knowledge: Knowledge, *accepted: Finding, **more: str) -> Approval:
    fields: dict[str, Any] = {"draft_hash": document_hash(draft), "ruleset": knowledge.ruleset, **more}
    return Approval(accepted=accepted, **fields)


def drafted(draft: QueryDocument, **more: Any) -> QueryRequested:
    return request(basis(*RISE_WITH_UREA), draft=draft, **more)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "issued"),
        ({"release": "any_person"}, "needs_a_person"),
        ({"release": "second_person"}, "needs_second_person"),
        ({"asked_before": True}, "needs_second_person"),
        ({"recipient_role": None}, "no_recipient"),
        ({"recipient_role": "nurse"}, "blocked"),
        (POST_BILL, "needs_second_person"),
        ({**POST_BILL, "release": "any_person"}, "needs_second_person"),
    ],
)
def test_a_composed_text_is_released_by_itself_only_when_all_is_well(
    library: Library, knowledge: Knowledge, more: dict[str, Any], expected: str
) -> None:
    assert outcome(answer(request(basis(*RISE_WITH_UREA), **more), library, knowledge)) == expected


def test_a_held_text_carries_what_a_person_needs_to_judge_it(library: Library, knowledge: Knowledge) -> None:
    result = answer(request(basis(*RISE), **POST_BILL), library, knowledge)
    assert isinstance(result, QueryHeld) and result.document is not None
    assert (result.verdict, [one.rule for one in result.findings]) == ("review", ["R-40"])
    assert result.template is not None and result.template.hash == library.templates["creatinine-rise"].ref.hash
    assert "R-40" in result.detail


@pytest.mark.parametrize("release", ["automatic", "any_person", "second_person"])
def test_a_valid_approval_issues_exactly_the_draft(
    library: Library, knowledge: Knowledge, draft: QueryDocument, release: str
) -> None:
    result = answer(drafted(draft, release=release, approval=approval(draft, knowledge)), library, knowledge)
    assert isinstance(result, QueryIssued)
    assert result.document == draft and result.content_hash == document_hash(draft)


@pytest.mark.parametrize("release", ["automatic", "second_person"])
def test_a_draft_by_hand_is_never_released_by_itself(
    library: Library, knowledge: Knowledge, draft: QueryDocument, release: str
) -> None:
    assert outcome(answer(drafted(draft, release=release), library, knowledge)) == "needs_second_person"


@pytest.mark.parametrize("wrong", [{"draft_hash": "0" * 64}, {"ruleset": "another/1999"}])
def test_an_approval_of_another_text_or_under_another_ruleset_counts_for_nothing(
    library: Library, knowledge: Knowledge, draft: QueryDocument, wrong: dict[str, str]
) -> None:
    asked = drafted(draft, release="second_person", approval=approval(draft, knowledge, **wrong))
    assert outcome(answer(asked, library, knowledge)) == "needs_second_person"


def test_an_approval_does_not_cover_a_text_changed_afterwards(
    library: Library, knowledge: Knowledge, draft: QueryDocument
) -> None:
    changed = draft.model_copy(update={"footer": None})
    asked = drafted(changed, release="second_person", approval=approval(draft, knowledge))
    assert outcome(answer(asked, library, knowledge)) == "needs_second_person"


def test_a_finding_must_have_been_accepted_as_it_is(library: Library, knowledge: Knowledge) -> None:
    held = answer(request(basis(*RISE), **POST_BILL), library, knowledge)
    assert isinstance(held, QueryHeld) and held.document is not None
    (finding,) = held.findings

    def approved(*accepted: Finding) -> str:
        agreed = approval(held.document, knowledge, *accepted) if held.document else None
        asked = request(basis(*RISE), draft=held.document, approval=agreed, release="second_person", **POST_BILL)
        return outcome(answer(asked, library, knowledge))

    assert approved(finding) == "issued"
    assert approved() == "new_findings"
    assert approved(finding.model_copy(update={"field": "question"})) == "new_findings"
    assert approved(finding.model_copy(update={"message": "something else"})) == "new_findings"
    assert approved(finding.model_copy(update={"suggestion": "worded anew"})) == "issued"


def test_block_is_never_released_whoever_approved(library: Library, knowledge: Knowledge, draft: QueryDocument) -> None:
    leading = draft.model_copy(update={"question": "You must document acute kidney injury, correct?"})
    first = answer(drafted(leading), library, knowledge)
    assert isinstance(first, QueryHeld) and first.reason == "blocked"
    asked = drafted(leading, approval=approval(leading, knowledge, *first.findings), release="second_person")
    assert outcome(answer(asked, library, knowledge)) == "blocked"


def test_an_approved_question_may_be_asked_again(library: Library, knowledge: Knowledge, draft: QueryDocument) -> None:
    asked = drafted(draft, asked_before=True, release="second_person", approval=approval(draft, knowledge))
    assert outcome(answer(asked, library, knowledge)) == "issued"


def test_the_result_is_named_by_request_and_content(library: Library, knowledge: Knowledge) -> None:
    issued = answer(request(basis(*RISE_WITH_UREA)), library, knowledge)
    assert issued.result_id == uuid5(IDS[0], issued.content_hash)
    assert (issued.request_id, issued.query_id, issued.gap_uid) == tuple(IDS)
    held = answer(request(basis(), template_id=None), library, knowledge)
    assert (held.content_hash, held.result_id) == ("", uuid5(IDS[0], ""))


def test_a_fault_of_ours_holds_the_request_and_tells_no_content(knowledge: Knowledge) -> None:
    broken: Any = None
    result = answer(request(basis(*RISE)), broken, knowledge)
    assert isinstance(result, QueryHeld)
    assert (result.reason, result.document) == ("internal_error", None)
    assert "Creatinine" not in result.detail and "AttributeError" in result.detail
