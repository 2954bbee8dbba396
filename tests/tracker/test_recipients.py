"""Whom a query asks is decided in one place: by the gap's words, else by the template's rule, else the attending."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.gaps import Addressee, Citation, Concept, DocumentedTerm
from schemas.queries import QueryIssued, RecipientRule
from services.tracker.model import EncounterFacts, Recipient
from services.tracker.recipients import Directory, Provider, resolve
from tests.tracker.support import DIRECTORY, Ward, at, build, content

HOUSE = Directory(
    providers={
        **DIRECTORY.providers,
        "dr-kant": Provider("dr-kant", "consultant", "cardiology"),
        "np-roe": Provider("np-roe", "advanced_practice", "medicine"),
        "wn-ives": Provider("wn-ives", "wound_nurse"),
    },
    default_by_service=DIRECTORY.default_by_service,
)
FACTS = EncounterFacts(facility="harbor-general", number="E1", attending_id="dr-okafor", service="medicine")


def wrote(author: str | None, role: str | None = None, hours: float = 10) -> DocumentedTerm:
    return DocumentedTerm(term="abscess", source="Note", author_role=role, author_id=author, recorded_at=at(hours))


def rule(*roles: str, author: str | None = None) -> RecipientRule:
    return RecipientRule.model_validate({"roles": roles, "author_id": author})


def asked(said: RecipientRule | None, *terms: DocumentedTerm, **gap: Any) -> tuple[str, str] | None:
    fields = {"addressee": Addressee(), "category": "specificity", **gap}
    found = resolve(content(documented=terms, **fields), FACTS, HOUSE, said)
    return (found.provider_id, found.role) if found else None


def test_without_a_rule_the_attending_is_asked() -> None:
    assert asked(None, wrote("dr-stahl", "surgeon")) == ("dr-okafor", "attending")


def test_the_first_role_of_the_rule_that_can_be_found_is_asked() -> None:
    said = rule("author", "surgeon", "attending", author="dr-elsewhere")
    assert asked(said, wrote("dr-stahl", "surgeon")) == ("dr-stahl", "surgeon")
    assert asked(said) == ("dr-okafor", "attending")


def test_the_author_of_the_statement_is_asked_in_the_role_of_the_directory() -> None:
    assert asked(rule("author", author="dr-lind")) == ("dr-lind", "resident")
    assert asked(rule("author", author="np-roe")) == ("np-roe", "advanced_practice")


@pytest.mark.parametrize("author", ["dr-gone", "dr-nobody", "nurse-pell", "wn-ives", None])
def test_who_left_is_unknown_or_not_accountable_is_not_asked_as_author(author: str | None) -> None:
    assert asked(rule("author", author=author)) == ("dr-okafor", "attending")


def test_a_role_that_documents_only_how_far_something_goes_is_asked_where_the_rule_names_it() -> None:
    assert asked(rule("author", "wound_nurse", author="wn-ives")) == ("wn-ives", "wound_nurse")
    assert asked(rule("wound_nurse"), wrote("wn-ives", "wound_nurse")) == ("wn-ives", "wound_nurse")


def test_of_several_with_a_role_the_latest_to_write_is_asked() -> None:
    terms = (wrote("dr-kant", hours=5), wrote("dr-ferro", "consultant", hours=9))
    assert asked(rule("consultant"), *terms) == ("dr-ferro", "consultant")
    assert asked(rule("consultant"), *reversed(terms)) == ("dr-ferro", "consultant")


def test_a_resident_who_signs_as_a_consultant_is_no_consultant() -> None:
    assert asked(rule("consultant"), wrote("dr-lind", "consultant")) == ("dr-okafor", "attending")


def test_who_only_stands_in_the_directory_did_not_treat_and_is_not_asked() -> None:
    assert asked(rule("surgeon")) == ("dr-okafor", "attending")


def test_citations_of_the_concept_name_people_too() -> None:
    cited = Citation(source="Operative note", author_role="surgeon", author_id="dr-stahl", recorded_at=at(4))
    found = asked(rule("surgeon"), concepts=(Concept(term="abscess", documented=True, citations=(cited,)),))
    assert found == ("dr-stahl", "surgeon")


def test_what_the_gap_says_goes_before_the_rule() -> None:
    said, surgeon = rule("surgeon"), wrote("dr-stahl", "surgeon")
    assert asked(said, surgeon, addressee=Addressee(role="attending")) == ("dr-okafor", "attending")
    assert asked(said, surgeon, addressee=Addressee(provider_id="dr-lind")) == ("dr-lind", "resident")
    assert asked(said, surgeon, addressee=Addressee(provider_id="dr-gone")) is None
    assert asked(rule("attending"), surgeon, addressee=Addressee(role="surgeon")) == ("dr-stahl", "surgeon")


@pytest.mark.parametrize("role", [None, "surgeon", "consultant"])
def test_a_conflict_in_the_record_goes_to_the_attending_whatever_is_said(role: Any) -> None:
    found = asked(rule("surgeon"), wrote("dr-stahl", "surgeon"), category="conflict", addressee=Addressee(role=role))
    assert found == ("dr-okafor", "attending")


def test_a_nurse_is_found_by_no_role() -> None:
    assert asked(None, wrote("nurse-pell", "nurse"), addressee=Addressee(role="nurse")) == ("dr-okafor", "attending")


# how the tracker follows what the builder says


def answered(ward: Ward, said: RecipientRule | None) -> str:
    (request,) = ward.pending()
    return ward.result(build(request).model_copy(update={"recipients": said}))


SURGERY = rule("surgeon", "attending")


def raised(ward: Ward, **more: Any) -> None:
    ward.encounter(attending_id="dr-okafor")
    ward.raise_gap(addressee=Addressee(), documented=(wrote("dr-stahl", "surgeon"),), **more)


def test_the_text_is_asked_for_again_for_whom_the_rule_names_and_then_issued_to_that_person() -> None:
    ward = Ward()
    raised(ward)
    assert answered(ward, SURGERY) == "asked_again"
    (request,) = ward.pending()
    assert request.recipient_role == "surgeon"
    result = build(request).model_copy(update={"recipients": SURGERY})
    assert isinstance(result, QueryIssued) and ward.result(result) == "issued"
    assert ward.query().recipient == Recipient(provider_id="dr-stahl", role="surgeon", by_role=True)
    assert ward.query().draft.document is not None and ward.query().draft.document.recipient_role == "surgeon"


def test_the_first_answer_counts_for_nothing_once_the_text_was_asked_for_again() -> None:
    ward = Ward()
    raised(ward)
    (request,) = ward.pending()
    first = build(request).model_copy(update={"recipients": SURGERY})
    assert ward.result(first) == "asked_again"
    assert ward.result(first) == "stale"
    assert len(ward.pending()) == 1 and not ward.chart().queries


def test_a_colleague_in_the_same_role_is_asked_without_another_round() -> None:
    ward = Ward()
    raised(ward)
    assert answered(ward, rule("author", author="dr-ferro")) == "issued"
    assert ward.query().recipient == Recipient(provider_id="dr-ferro", role="attending", by_role=True)


def test_where_nobody_was_found_the_rule_may_still_find_somebody() -> None:
    ward = Ward()
    ward.raise_gap(addressee=Addressee(), documented=(wrote("dr-stahl", "surgeon"),))
    (request,) = ward.pending()
    assert request.recipient_role is None
    assert answered(ward, SURGERY) == "asked_again"
    assert answered(ward, SURGERY) == "issued"
    assert ward.query().recipient == Recipient(provider_id="dr-stahl", role="surgeon", by_role=True)


def test_whoever_was_found_by_the_rule_stays_when_the_attending_changes() -> None:
    ward = Ward()
    raised(ward)
    assert [answered(ward, SURGERY), answered(ward, SURGERY)] == ["asked_again", "issued"]
    ward.encounter(hours=45, attending_id="dr-ferro")
    assert ward.query().recipient == Recipient(provider_id="dr-stahl", role="surgeon", by_role=True)
    assert ward.pending() == []


def test_a_request_on_its_way_to_the_surgeon_is_not_turned_back_by_other_news() -> None:
    ward = Ward()
    raised(ward)
    assert answered(ward, SURGERY) == "asked_again"
    before = ward.pending()
    ward.encounter(hours=45, attending_id="dr-ferro")
    assert ward.pending() == before


def test_whom_a_person_chose_stays_whatever_the_rule_says() -> None:
    ward = Ward()
    ward.hold(addressee=Addressee(provider_id="dr-ferro"), documented=(wrote("dr-stahl", "surgeon"),))
    ward.redirect(ward.query().query_id, "dr-okafor")
    assert answered(ward, SURGERY) == "issued"
    assert ward.query().recipient == Recipient(provider_id="dr-okafor", role="attending")


def test_an_edited_text_keeps_the_recipient_that_the_rule_found() -> None:
    ward = Ward()
    raised(ward)
    assert answered(ward, SURGERY) == "asked_again"
    (request,) = ward.pending()
    assert ward.result(build(request, "review").model_copy(update={"recipients": SURGERY})) == "held"
    ward.revise(ward.query().query_id)
    (edited,) = ward.pending()
    assert edited.recipient_role == "surgeon" and edited.draft is not None
    assert ward.result(build(edited)) == "held"
    assert ward.query().recipient == Recipient(provider_id="dr-stahl", role="surgeon", by_role=True)
