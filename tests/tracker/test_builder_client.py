"""Asking the query builder: an answer, or one kind of error, whatever stands behind."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from cli.run import builder_for
from compliance import shipped_knowledge
from schemas.gaps import QuestionBasis
from schemas.preview import Catalogue, Preview
from schemas.requests import QueryRequested
from services.query_builder.app import Prepared
from services.query_builder.library import Library
from services.tracker.builder import BuilderUnavailable, HttpBuilder
from services.tracker.settings import TrackerSettings

ASKED = QueryRequested(
    request_id=UUID(int=1),
    query_id=UUID(int=2),
    gap_uid=UUID(int=3),
    chart_id="chart-1",
    as_of=datetime(2026, 11, 22, tzinfo=UTC),
    phase="concurrent",
    recipient_role="attending",
    release="automatic",
    basis=QuestionBasis(setting="inpatient", category="acuity"),
)


def answering(answer: httpx.Response | Exception, seen: list[httpx.Request] | None = None) -> HttpBuilder:
    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return HttpBuilder("http://builder.invalid/", "a token", transport=httpx.MockTransport(handle))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(401), "http_401"),
        (httpx.Response(500, text="secret text"), "http_500"),
        (httpx.Response(200, text="not json"), "unreadable"),
        (httpx.Response(200, json={"issued": "perhaps"}), "unreadable"),
        (httpx.ConnectError("nobody there"), "ConnectError"),
        (httpx.ReadTimeout("too slow"), "ReadTimeout"),
    ],
)
async def test_whatever_goes_wrong_is_one_error_that_quotes_nothing(
    answer: httpx.Response | Exception, code: str
) -> None:
    async with answering(answer) as builder:
        with pytest.raises(BuilderUnavailable) as error:
            await builder.preview(ASKED)
    assert str(error.value) == code


@pytest.mark.asyncio
async def test_the_names_are_asked_for_once_a_minute_with_the_token() -> None:
    seen: list[httpx.Request] = []
    names = Catalogue(indicators=("sodium",))
    async with answering(httpx.Response(200, json=names.model_dump(mode="json")), seen) as builder:
        assert await builder.catalogue() == await builder.catalogue() == names
    (request,) = seen
    assert request.headers["authorization"] == "Bearer a token"
    assert str(request.url) == "http://builder.invalid/internal/v1/catalogue"


@pytest.mark.asyncio
async def test_the_tracker_composes_previews_itself_unless_a_builder_is_named(tmp_path: Path) -> None:
    prepared = Prepared(Library.load(tmp_path, today=date(2026, 11, 22)), shipped_knowledge())
    settings = TrackerSettings(
        chart_secret=SecretStr("a secret that is long enough for charts"),
        payload_key=SecretStr("A" * 43 + "="),
        service_token=SecretStr("a token that is long enough for services"),
    )
    async with builder_for(settings, prepared) as own:
        shown = await own.preview(ASKED)
    assert isinstance(shown, Preview)
    assert shown.reason == "no_template"
    elsewhere = settings.model_copy(update={"builder_url": "http://127.0.0.1:9"})
    async with builder_for(elsewhere, prepared) as other:
        with pytest.raises(BuilderUnavailable):
            await other.preview(ASKED)
