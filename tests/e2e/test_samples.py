"""Real encounters, de-identified: from their findings to final charts, none unaccounted for.

The data is not part of the project. CDI_QUERY_SAMPLES names its folder (default ../shared/samples).
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.intake.command import gap_lines
from cli.intake.gaps import IntakeSettings
from cli.intake.problems import Problem
from cli.intake.sending import send_to_api
from schemas.events import Envelope
from tests.e2e.house import House, choose, eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.samples, pytest.mark.timeout(480)]

FILE = Path(os.environ.get("CDI_QUERY_SAMPLES", "../shared/samples")) / "encounters.ndjson"
SERVICES = ("MED", "CMED", "SURG", "OMED", "NMED", "CSURG", "TSURG", "NSURG", "TRAUM", "VSURG", "GU")
FACILITY = "sample-e2e"


def _events() -> list[Envelope]:
    problems: list[Problem] = []
    settings = IntakeSettings(facility=FACILITY)
    as_of = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with FILE.open(encoding="utf-8") as lines:
        made = list(gap_lines(lines, as_of=as_of, settings=settings, on_problem=problems.append))
    assert not problems
    return [Envelope.model_validate_json(line) for line in made]


async def _all(house: House, user: str, path: str) -> list[dict[str, Any]]:
    """Return all pages of a list."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        joint = "&" if "?" in path else "?"
        page = await house.call(user, "GET", f"{path}{joint}limit=200" + (f"&cursor={cursor}" if cursor else ""))
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = page["next"]


async def _at_most_four(work: Sequence[Any]) -> None:
    room = asyncio.Semaphore(4)

    async def one(job: Any) -> None:
        async with room:
            await job

    await asyncio.gather(*(one(job) for job in work))


@pytest.mark.skipif(not FILE.exists(), reason=f"no sample encounters at {FILE}; set CDI_QUERY_SAMPLES")
async def test_real_encounters_go_through_to_final_charts_and_none_is_unaccounted_for(
    house: House, record_property: Callable[[str, object], None]
) -> None:
    providers = [
        {
            "id": f"sample-{service.lower()}",
            "name": f"Dr. {service.title()} Sampletest",
            "role": "attending",
            "service": service,
            "email": f"{service.lower()}@example.org",
            "default_for_service": True,
        }
        for service in SERVICES
    ]
    await house.call("admin", "POST", "/api/v1/providers", providers)
    users = [
        {"id": item["id"], "name": item["name"], "roles": ["provider"], "provider_id": item["id"]} for item in providers
    ]
    await house.call("admin", "POST", "/api/v1/users", users)
    for user in users:
        made = await house.call("admin", "POST", "/api/v1/tokens", {"user_id": user["id"], "role": "provider"})
        house.tokens[user["id"]] = made["token"]

    events = _events()
    headers = {"Authorization": f"Bearer {house.tokens['coder']}"}
    async with httpx.AsyncClient(base_url=house.url, headers=headers, timeout=60) as client:
        sent = await send_to_api(events, client, lambda _: None)
    assert sent.total == len(events)
    assert set(sent.by_status) <= {"accepted", "duplicate_question"}, sent.by_status

    async def quiet() -> bool:
        status = await house.call("admin", "GET", "/api/v1/status")
        return bool(status["unaccounted"] == 0)

    await eventually(quiet, "every gap has its result", patience=240)
    charts = [chart for chart in await _all(house, "cdi", "/api/v1/charts") if chart["facility"] == FACILITY]
    queries = [query for query in await _all(house, "cdi", "/api/v1/queries") if query["facility"] == FACILITY]
    reasons = Counter(query["held_reason"] or query["template_id"] for query in queries)
    record_property("queries", dict(reasons))
    assert len(queries) == len(events)
    assert sum(query["issued_at"] is not None for query in queries) > 50
    assert all(query["held_reason"] != "no_recipient" for query in queries)

    await _at_most_four([_finish(house, query) for query in queries])
    charts = [chart for chart in await _all(house, "cdi", "/api/v1/charts") if chart["facility"] == FACILITY]
    assert {chart["status"] for chart in charts} == {"ready"}
    await _at_most_four(
        [house.call("coder", "POST", f"/api/v1/charts/{chart['chart_id']}/finalize", {}) for chart in charts]
    )
    charts = [chart for chart in await _all(house, "cdi", "/api/v1/charts") if chart["facility"] == FACILITY]
    assert {chart["status"] for chart in charts} == {"finalized"}
    assert len(charts) > 90


async def _finish(house: House, query: dict[str, Any]) -> None:
    """Answer what was issued and set its outcome; reject what is held for want of a template."""
    path = f"/api/v1/queries/{query['query_id']}"
    if query["state"] == "held":
        await house.call("cdi", "POST", f"{path}/reject", {"reason": "not asked in this test"})
        return
    answer = {"answer": choose(query["document"], "undetermined")}
    await house.call(query["recipient_id"], "POST", f"{path}/response", answer)
    await house.call("coder", "POST", f"{path}/outcome", {"outcome": "UNDETERMINED"})
