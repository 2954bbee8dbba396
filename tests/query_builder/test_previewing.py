"""A preview shows what would come, and says why: the same text, the same verdict, and advice in plain words."""

from __future__ import annotations

import httpx
import pytest

from compliance import Knowledge
from schemas.gaps import Concept
from schemas.preview import Catalogue, Preview
from schemas.queries import QueryIssued
from services.query_builder.app import Prepared
from services.query_builder.composer import answer
from services.query_builder.library import Library
from services.query_builder.previewing import catalogue, preview
from services.query_builder.web import create_app
from tests.query_builder.support import RISE, RISE_WITH_UREA, basis, lab, request

TOKEN = "a service token of these tests, long enough"
ASKED = request(basis(*RISE_WITH_UREA, concepts=(Concept(term="Creatinine"),)))


def test_the_preview_is_what_the_request_would_become(library: Library, knowledge: Knowledge) -> None:
    shown, real = preview(ASKED, library, knowledge), answer(ASKED, library, knowledge)
    assert isinstance(real, QueryIssued) is shown.issued
    assert (shown.document, shown.verdict, shown.findings) == (real.document, real.verdict, real.findings)
    assert shown.templates[0].chosen
    assert shown.template is not None
    assert shown.templates[0].id == shown.template.id


def test_every_other_template_of_the_kind_says_why_it_does_not_fit(library: Library, knowledge: Knowledge) -> None:
    shown = preview(ASKED, library, knowledge)
    others = [one for one in shown.templates if not one.chosen]
    assert others
    assert all(one.why_not for one in others if not (one.fits and one.about))
    assert any(not one.fits for one in others)


def test_an_answer_that_is_not_offered_says_what_was_seen(library: Library, knowledge: Knowledge) -> None:
    shown = preview(request(basis(*RISE, concepts=(Concept(term="Creatinine"),))), library, knowledge)
    assert shown.document is not None
    offered = {one.text for one in shown.document.options}
    assert shown.not_offered
    for one in shown.not_offered:
        assert one.text not in offered
        assert one.reasons
        assert all(one.reasons)


def test_without_a_template_the_preview_says_so_and_has_no_text(library: Library, knowledge: Knowledge) -> None:
    shown = preview(request(basis(lab("Unheard-of marker", "7", 1, None))), library, knowledge)
    assert (shown.issued, shown.reason, shown.document) == (False, "no_template", None)
    assert shown.known == (None,)


def test_each_indicator_says_as_which_one_it_is_read(library: Library, knowledge: Knowledge) -> None:
    assert set(preview(ASKED, library, knowledge).known) == {"creatinine", "bun"}


def test_concepts_of_the_catalogue_are_recognised_by_their_own_template(library: Library) -> None:
    names = catalogue(library)
    assert "sodium" in names.indicators
    assert len(names.templates) == len(library.templates)
    named = [one for one in names.templates if one.concept]
    assert len(named) > len(names.templates) / 2
    assert all(library.templates[one.id].names_concept(one.concept or "") for one in named)


@pytest.mark.asyncio
async def test_previews_over_http_need_the_service_token(library: Library, knowledge: Knowledge) -> None:
    app = create_app(Prepared(library, knowledge), TOKEN)
    body = ASKED.model_dump_json()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://builder.invalid") as client:
        for headers in ({}, {"Authorization": "Bearer something else"}):
            assert (await client.post("/internal/v1/previews", content=body, headers=headers)).status_code == 401
            assert (await client.get("/internal/v1/catalogue", headers=headers)).status_code == 401
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        asked = await client.post("/internal/v1/previews", content=body, headers={"Content-Type": "application/json"})
        assert Preview.model_validate_json(asked.content) == preview(ASKED, library, knowledge)
        names = await client.get("/internal/v1/catalogue")
        assert Catalogue.model_validate_json(names.content) == catalogue(library)
