"""No text is shown on a claim alone, and no chart is released before its time, or never."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from schemas.queries import QueryIssued, document_hash
from services.foundation.timers import Timer
from services.tracker.expectations import VISIT_END
from services.tracker.office import Office
from services.tracker.store import SYSTEM_SCOPE
from services.tracker.watch import Watch
from tests.tracker.conftest import Clock, Floor, encounter, event, rise
from tests.tracker.support import Ward, at

pytestmark = [pytest.mark.database, pytest.mark.asyncio]
SignIn = Callable[..., Awaitable[httpx.AsyncClient]]
LEADING = "The patient has acute kidney injury. Please document acute kidney injury, it meets the criteria."


async def test_a_forged_result_with_a_leading_text_is_an_anomaly_and_shown_to_nobody(
    floor: Floor, sign_in: SignIn
) -> None:
    await floor.take(event(rise(raised_by="c-17")))
    (honest,) = await floor.results()
    assert isinstance(honest, QueryIssued)
    text = honest.document.model_copy(update={"question": LEADING})
    forged = honest.model_copy(update={"document": text, "content_hash": document_hash(text), "verdict": "pass"})
    await floor.take(event(forged, "cdi-query/query-builder", "forged"))
    ferro = await sign_in("ferro")
    assert (await ferro.get("/api/v1/queries")).json()["items"] == []
    alarms = await floor.rows("SELECT kind FROM alarms WHERE cleared_at IS NULL")
    assert [row["kind"] for row in alarms] == ["result_anomaly"]
    await floor.build()
    (shown,) = (await ferro.get("/api/v1/queries")).json()["items"]
    assert shown["document"]["question"] == honest.document.question


async def test_a_planned_end_of_the_visit_releases_nothing_before_it_has_come(office: Office, floor: Floor) -> None:
    assert isinstance(office.clock, Clock)
    await floor.take(encounter(started_at=at(0), ended_at=at(90)))
    assert (await floor.rows("SELECT status FROM charts"))[0]["status"] == "clear"
    (row,) = await floor.rows("SELECT * FROM timers WHERE kind = %s", VISIT_END)
    assert row["due_at"] == at(90)
    timer = Timer(row["id"], row["kind"], row["subject"], row["due_at"], row["payload"])
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await Watch(office).fire(conn, timer)  # by the database's clock, which is ahead of ours
    assert (await floor.rows("SELECT status FROM charts"))[0]["status"] == "ready"
    assert len(await floor.published("chart.ready")) == 1


async def test_a_planned_end_that_was_put_off_releases_nothing_at_its_first_time(office: Office, floor: Floor) -> None:
    await floor.take(encounter(started_at=at(0), ended_at=at(90)), encounter(hours=58, ended_at=at(120)))
    first = next(row for row in await floor.rows("SELECT * FROM timers ORDER BY due_at") if row["kind"] == VISIT_END)
    assert first["due_at"] == at(90)
    timer = Timer(first["id"], first["kind"], first["subject"], first["due_at"], first["payload"])
    async with office.database.transaction(SYSTEM_SCOPE) as conn:
        await Watch(office).fire(conn, timer)
    assert (await floor.rows("SELECT status FROM charts"))[0]["status"] == "clear"


async def test_nobody_finalizes_a_chart_on_a_planned_end() -> None:
    ward = Ward()
    ward.encounter(started_at=at(0), ended_at=at(200), planned=True)
    assert ward.chart().status == "clear"
    with pytest.raises(Exception, match="visit has not ended"):
        ward.finalize()
    with pytest.raises(Exception, match="visit has not ended"):
        ward.finalize_unanswered()


async def test_what_was_asked_before_is_as_sensitive_as_its_gap_is_now(floor: Floor, sign_in: SignIn) -> None:
    (query,) = await floor.issue(rise(raised_by="c-17"))
    bo, cy, ferro = await sign_in("cdi-bo"), await sign_in("cdi-cy"), await sign_in("ferro")
    answer = {"answer": {"code": "UNABLE_TO_DETERMINE", "option_id": "undetermined"}}
    assert (await ferro.post(f"/api/v1/queries/{query}/response", json=answer)).status_code == 200
    outcome = {"outcome": "UNDETERMINED"}
    assert (await bo.post(f"/api/v1/queries/{query}/outcome", json=outcome)).status_code == 200
    await floor.take(event(rise(hours=59, raised_by="c-17", sensitivity="hiv")))
    assert (await bo.get(f"/api/v1/queries/{query}")).status_code == 404
    assert (await cy.get(f"/api/v1/queries/{query}")).status_code == 200
