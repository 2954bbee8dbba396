"""A template says whom to ask; the result carries the rule, and of people only who wrote what the question names."""

from __future__ import annotations

import pytest

from compliance import Knowledge
from schemas.gaps import DocumentedTerm
from schemas.queries import QueryHeld, QueryIssued, RecipientRule
from services.query_builder.composer import answer
from services.query_builder.library import Library
from services.query_builder.template import FrontMatter, contradictions
from tests.query_builder.support import RISE_WITH_UREA, at, basis, note, request


def documented(term: str, author: str | None, hours: float = 5) -> DocumentedTerm:
    fields = {"source": "Operative note", "author_role": "surgeon", "recorded_at": at(hours)}
    return DocumentedTerm(term=term, author_id=author, **fields)


def result_for_dressing(library: Library, knowledge: Knowledge, **more: object) -> QueryIssued | QueryHeld:
    asked = basis(
        note("excisional debridement of the heel with scalpel, down to fascia", 5, name="Operative note"),
        category="procedure",
        concepts=[{"term": "debridement depth"}],
        documented=[documented("debridement of the heel", "dr-early", 4), documented("debridement", "dr-late", 9)],
    )
    return answer(request(asked, **more), library, knowledge)


def test_the_rule_names_the_author_of_the_statement_that_the_question_names(
    library: Library, knowledge: Knowledge
) -> None:
    result = result_for_dressing(library, knowledge)
    assert result.template is not None and result.template.id.startswith("debridement")
    assert result.recipients == RecipientRule(roles=("author", "surgeon", "attending"), author_id="dr-early")


def test_where_nobody_could_be_found_the_rule_is_said_all_the_same(library: Library, knowledge: Knowledge) -> None:
    result = result_for_dressing(library, knowledge, recipient_role=None)
    assert isinstance(result, QueryHeld) and result.reason == "no_recipient"
    assert result.recipients is not None and result.recipients.author_id == "dr-early"


def test_a_template_that_says_nothing_asks_the_attending_and_names_nobody(
    library: Library, knowledge: Knowledge
) -> None:
    result = answer(request(basis(*RISE_WITH_UREA)), library, knowledge)
    assert result.recipients == RecipientRule(roles=("attending",))


def test_a_text_that_came_with_the_request_brings_no_rule(library: Library, knowledge: Knowledge) -> None:
    composed = result_for_dressing(library, knowledge)
    again = result_for_dressing(library, knowledge, draft=composed.document, draft_template=composed.template)
    assert again.recipients is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"categories": ["conflict"], "recipients": ["surgeon", "attending"]}, "R-23"),
        ({"recipients": ["author", "attending"], "subject": None}, "subject"),
        ({"categories": ["missing_diagnosis"], "recipients": ["attending", "dietitian"]}, "R-28"),
    ],
)
def test_a_rule_that_asks_the_wrong_person_is_refused(library: Library, changes: dict[str, object], why: str) -> None:
    front = library.templates["debridement-depth"].front.model_dump(mode="json")
    sound = FrontMatter.model_validate(front)
    faulty = FrontMatter.model_validate({**front, **changes})
    new = [str(one) for one in contradictions(faulty) if one.steps == ("recipients",)]
    assert len(new) == 1 and why in new[0]
    assert not [one for one in contradictions(sound) if one.steps == ("recipients",)]


@pytest.mark.parametrize("role", ["nurse", "coder", "physician_advisor"])
def test_a_role_that_may_not_answer_is_no_recipient(library: Library, role: str) -> None:
    front = library.templates["debridement-depth"].front.model_dump(mode="json")
    with pytest.raises(ValueError, match="recipients"):
        FrontMatter.model_validate({**front, "recipients": [role]})
