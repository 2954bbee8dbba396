"""Parts of pages that keep themselves up to date: fragments that keep no session alive and tell no secret."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from starlette.types import Message

from cli.http_server import HttpServer
from services.tracker import identity, signals
from services.tracker.pages import live
from services.tracker.pages.rendering import HTMX_CONFIG
from tests.tracker_pages.house import Browser, House, token_in

pytestmark = [pytest.mark.database, pytest.mark.asyncio]
HTMX = {"HX-Request": "true"}


async def test_the_session_tells_how_long_it_lasts_and_asking_does_not_make_it_longer(house: House) -> None:
    browser = await house.browser("ada")
    house.now += timedelta(minutes=20)
    assert (await browser.see("/session")).json() == {"seconds_left": 600}
    house.now += timedelta(minutes=9)
    assert (await browser.see("/session")).json() == {"seconds_left": 60}
    house.now += timedelta(minutes=2)
    ended = await browser.see("/session")
    assert (ended.status_code, ended.json()) == (401, {"seconds_left": 0})


async def test_a_session_never_lasts_longer_than_its_end(house: House) -> None:
    browser = await house.browser("ada")
    almost = identity.SESSION - timedelta(minutes=1)
    async with house.database.transaction({"app.system": "on"}) as conn:
        await conn.execute("UPDATE sessions SET seen_at = %s", (house.now + almost,))
    house.now += almost
    assert (await browser.see("/session")).json() == {"seconds_left": 60}


async def test_a_part_that_reloads_itself_keeps_no_session_alive_and_a_person_does(house: House) -> None:
    browser = await house.browser("ada")
    house.now += timedelta(minutes=20)
    assert (await browser.see("/work", **{"X-Live": "1", **HTMX})).status_code == 200
    assert (await browser.see("/session")).json() == {"seconds_left": 600}
    token = token_in(await browser.see("/work", **{"X-Live": "1"}))
    stayed = await browser.client.post("/session/stay", data={"csrf": token})
    assert stayed.json() == {"seconds_left": 1800}


async def test_a_script_whose_session_ended_leads_the_whole_window_to_the_sign_in(house: House) -> None:
    browser = Browser(house.app)
    response = await browser.see("/work", **HTMX, **{"HX-Current-URL": "http://127.0.0.1:8080/work?state=held"})
    assert response.status_code == 401
    assert response.headers["hx-redirect"] == "/sign-in?next=/work%3Fstate%3Dheld"
    by_itself = await browser.see("/work", **HTMX, **{"X-Live": "1", "HX-Current-URL": "http://127.0.0.1:8080/work"})
    assert by_itself.headers["hx-redirect"] == "/sign-in?done=idle&next=/work"
    elsewhere = await browser.see("/work", **HTMX, **{"HX-Current-URL": "https://evil.example//evil.example/x"})
    assert elsewhere.headers["hx-redirect"] == "/sign-in?next=/"


async def test_a_refusal_comes_as_words_that_leave_the_form_in_place(house: House) -> None:
    browser = await house.browser("ada")
    response = await browser.client.post("/work/no-such-thing", headers=HTMX)
    assert response.headers["hx-retarget"] == "#faults"
    assert response.text.strip().startswith("<p ")
    assert "<html" not in response.text


async def test_nobody_hears_signals_without_a_session(house: House) -> None:
    response = await Browser(house.app).see("/signals")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text == "retry: 3000\n\nevent: ended\ndata: session\n\n"


async def test_what_changed_is_told_by_name_alone(house: House) -> None:
    looked = asyncio.Event()

    async def look() -> signals.Newest:
        async with house.database.transaction({"app.system": "on"}) as conn:
            found = await signals.newest(conn)
        looked.set()
        return found

    broadcaster = signals.Broadcaster(look, pause=0.01)
    with broadcaster.listening() as listener:
        await looked.wait()
        assert await listener.hear(30) == signals.ALL_NAMES
        await house.raise_gap()
        assert await listener.hear(30) == {"charts", "gaps", "queries"}
        async with house.database.transaction({"app.system": "on"}) as conn:
            await conn.execute("INSERT INTO alarms (kind, subject) VALUES ('undelivered', 'x')")
        assert await listener.hear(30) == {"alarms"}
        broadcaster.close()
        assert listener.closed
    with broadcaster.listening() as late:
        assert late.closed
    assert broadcaster.listeners == 0


async def test_scripts_evaluate_nothing_and_keep_no_page_in_the_browser(house: House) -> None:
    assert '"allowEval": false' in HTMX_CONFIG
    assert '"historyCacheSize": 0' in HTMX_CONFIG
    page = (await (await house.browser("ada")).see("/work")).text
    assert HTMX_CONFIG.replace('"', "&#34;") in page


async def test_files_are_kept_by_browsers_only_under_the_version_that_they_have(house: House) -> None:
    browser = await house.browser("ada")
    page = (await browser.see("/work")).text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in (await browser.see(address)).headers["cache-control"]
    for other in ("/static/style.css", "/static/style.css?v=older"):
        assert (await browser.see(other)).headers["cache-control"] == "no-cache"
    assert (await browser.see("/static/no-such.css?v=1")).status_code == 404


async def test_a_shutdown_sends_the_listening_pages_away_at_once(house: House) -> None:
    secret = (await house.browser("ada")).client.cookies["session"]
    server = HttpServer("127.0.0.1", 0)
    port = server.bind()
    await server.start(house.app)
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", cookies={"session": secret}) as client,
        client.stream("GET", "/signals") as response,
    ):
        lines = response.aiter_lines()
        assert await anext(lines) == "retry: 3000"
        assert house.app.state.signals.listeners == 1
        house.app.state.signals.close()
        assert [line async for line in lines if line] == []
    assert house.app.state.signals.listeners == 0
    await server.stop()


async def test_a_reader_that_takes_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SLOW", 0.05)

    async def look() -> signals.Newest:
        return {}

    async def alive() -> bool:
        return True

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    broadcaster = signals.Broadcaster(look)
    await live.SignalStream(broadcaster, alive)({"type": "http"}, receive, send)
    assert broadcaster.listeners == 0


async def test_a_database_that_is_away_for_a_while_ends_no_signals() -> None:
    answers: list[signals.Newest | None] = [{"alarms": frozenset()}, None, {"alarms": frozenset({1})}]

    async def look() -> signals.Newest:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if found is None:
            raise ConnectionError
        return found

    with signals.Broadcaster(look, pause=0.01).listening() as listener:
        assert await listener.hear(30) == signals.ALL_NAMES
        assert await listener.hear(30) == {"alarms"}


async def test_whoever_begins_to_listen_hears_every_name_once_since_nobody_told_what_came_before() -> None:
    async def look() -> signals.Newest:
        return {"alarms": frozenset({1})}

    broadcaster = signals.Broadcaster(look, pause=0.01)
    with broadcaster.listening() as first:
        assert await first.hear(30) == signals.ALL_NAMES
        with broadcaster.listening() as second:
            assert await second.hear(30) == signals.ALL_NAMES
            assert await second.hear(0.1) == await first.hear(0.1) == frozenset()
