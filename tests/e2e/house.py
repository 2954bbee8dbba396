"""A whole installation as its users see it: HTTP with one token a role, Kafka as a foreign client, and the mails."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiokafka
import httpx

FACILITY = "test-hospital"
PATIENCE = 60.0
Mails = Callable[[], Awaitable[list[dict[str, str]]]]
_numbers = itertools.count(1)

PROVIDERS = [
    {
        "id": "dr-attend",
        "name": "Dr. Attenda Testperson",
        "role": "attending",
        "service": "Medicine",
        "email": "attend@example.org",
        "default_for_service": True,
    },
    {
        "id": "dr-other",
        "name": "Dr. Otherina Testperson",
        "role": "attending",
        "service": "Surgery",
        "email": "other@example.org",
    },
    {
        "id": "dr-resident",
        "name": "Dr. Residia Testperson",
        "role": "resident",
        "service": "Medicine",
        "email": "resident@example.org",
    },
    {"id": "nurse-wound", "name": "Wunda Testperson", "role": "wound_nurse", "email": "wound@example.org"},
]
USERS = {
    "coder": ("coder", None),
    "coder-two": ("coder", None),
    "cdi": ("cdi_specialist", None),
    "compliance": ("compliance", None),
    "machine": ("service", None),
    "adt": ("service", None),
    "dr-attend": ("provider", "dr-attend"),
    "dr-other": ("provider", "dr-other"),
    "dr-resident": ("provider", "dr-resident"),
}


@dataclass
class House:
    """An installation under test. `call` speaks HTTP as a user; `publish` speaks Kafka as a foreign system."""

    url: str
    kafka: str
    admin_token: str
    mails: Mails
    tokens: dict[str, str] = field(default_factory=dict)
    charts: list[dict[str, Any]] = field(default_factory=list)
    client: httpx.AsyncClient = field(init=False)

    async def open(self) -> None:
        """Make providers, users and their tokens."""
        self.client = httpx.AsyncClient(base_url=self.url, timeout=30)
        self.tokens["admin"] = self.admin_token
        await self.call("admin", "POST", "/api/v1/providers", PROVIDERS)
        users = [
            {
                "id": name,
                "name": f"{name} (test)",
                "roles": [role],
                "provider_id": provider,
                "email": f"{name}@example.org",
                "sensitive": name == "cdi",
            }
            for name, (role, provider) in USERS.items()
        ]
        await self.call("admin", "POST", "/api/v1/users", users)
        for name, (role, _) in USERS.items():
            made = await self.call("admin", "POST", "/api/v1/tokens", {"user_id": name, "role": role})
            self.tokens[name] = made["token"]

    async def close(self) -> None:
        """Close the client."""
        await self.client.aclose()

    async def ask(self, user: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Call the API as a user and return the answer, whatever it is."""
        sent = {"Authorization": f"Bearer {self.tokens[user]}", **headers}
        return await self.client.request(method, path, json=body, headers=sent)

    async def call(self, user: str, method: str, path: str, body: Any = None) -> Any:
        """Call the API as a user; the answer must be a success."""
        response = await self.ask(user, method, path, body)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    async def raise_gap(self, gap: dict[str, Any], user: str = "coder") -> str:
        """Raise a gap over HTTP and return its id."""
        taken = (await self.call(user, "POST", "/api/v1/gaps", gap))["results"][0]
        assert taken["status"] != "rejected", taken
        return str(taken["gap_uid"])

    async def settled(self, gap_uid: str) -> dict[str, Any]:
        """Return the gap once it is neither accepted nor requested."""

        async def look() -> dict[str, Any] | None:
            gap = await self.call("coder", "GET", f"/api/v1/gaps/{gap_uid}")
            return gap if gap["state"] not in ("accepted", "requested") else None

        return await eventually(look, f"gap {gap_uid} gets its result")

    async def query_of(self, gap_uid: str) -> dict[str, Any]:
        """Return the query of a gap, as a CDI specialist sees it, once there is one."""
        gap = await self.settled(gap_uid)
        query: dict[str, Any] = await self.call("cdi", "GET", f"/api/v1/queries/{gap['query_id']}")
        return query

    async def chart(self, number: str) -> dict[str, Any]:
        """Return the chart of an encounter number."""
        found = await self.call("coder", "GET", f"/api/v1/charts?encounter_number={number}")
        assert len(found["items"]) == 1, f"one chart for {number}"
        chart: dict[str, Any] = found["items"][0]
        return chart

    async def encounter(self, number: str, **facts: Any) -> None:
        """Send facts of an encounter over HTTP."""
        data = {"occurred_at": _now(), "facility": FACILITY, "encounter_number": number, **facts}
        taken = (await self.call("adt", "POST", "/api/v1/encounters", data))["results"][0]
        assert taken["status"] == "applied", taken

    async def publish(self, topic: str, *values: bytes | dict[str, Any] | None) -> None:
        """Publish records with a Kafka client that knows nothing of us."""
        producer = aiokafka.AIOKafkaProducer(
            bootstrap_servers=self.kafka.split(","), acks="all", max_request_size=1_000_000
        )
        await producer.start()
        try:
            for value in values:
                raw = json.dumps(value).encode() if isinstance(value, dict) else value
                await producer.send_and_wait(topic, raw, key=b"tombstone" if raw is None else None)
        finally:
            await producer.stop()

    @asynccontextmanager
    async def listening(self, topic: str) -> AsyncIterator[Callable[[str, str], Awaitable[dict[str, Any]]]]:
        """Read a topic from its beginning; yields a function that waits for (type, chart id or encounter number)."""
        consumer = aiokafka.AIOKafkaConsumer(
            topic, bootstrap_servers=self.kafka.split(","), auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        seen: list[dict[str, Any]] = []

        async def heard(kind: str, about: str) -> dict[str, Any]:
            async def look() -> dict[str, Any] | None:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    seen.extend(json.loads(record.value) for record in records)
                wanted = (
                    e for e in seen if e["type"] == kind and about in (e["subject"], e["data"].get("encounter_number"))
                )
                return next(wanted, None)

            return await eventually(look, f"{kind} for {about}")

        try:
            yield heard
        finally:
            await consumer.stop()


async def eventually(look: Callable[[], Awaitable[Any]], what: str, patience: float = PATIENCE) -> Any:
    """Return what `look` returns as soon as it is something. Fails with `what` after `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        found = await look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {patience:.0f} s: {what}"
        await asyncio.sleep(0.1)


def _is_about(event: dict[str, Any], about: str) -> bool:
    return about in (event["subject"], event["data"].get("encounter_number"))


def _now() -> str:
    return datetime.now(UTC).isoformat()


def encounter_number() -> str:
    """Return a number that no other test uses."""
    return f"E2E-{next(_numbers):04d}-{uuid4().hex[:6]}"


def creatinine_gap(number: str, **changes: Any) -> dict[str, Any]:
    """Return a gap that the shipped library composes: a creatinine rise with treatment, in a stay that is open."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    values = ((4, "0.9"), (28, "1.6"), (52, "2.1"))
    indicators: Sequence[dict[str, Any]] = [
        {
            "name": "Creatinine",
            "loinc": "2160-0",
            "value": value,
            "unit": "mg/dL",
            "kind": "laboratory",
            "source": "Laboratory",
            "observed_at": (start + timedelta(hours=hours)).isoformat(),
        }
        for hours, value in values
    ] + [
        {
            "name": "0.9 % sodium chloride",
            "value": "1000 mL IV",
            "kind": "medication",
            "source": "MAR",
            "observed_at": (start + timedelta(hours=30)).isoformat(),
        }
    ]
    gap = {
        "gap_id": f"gap-{number}-{next(_numbers)}",
        "occurred_at": _now(),
        "facility": FACILITY,
        "encounter": {
            "number": number,
            "started_at": start.isoformat(),
            "admission_order_at": (start + timedelta(hours=2)).isoformat(),
        },
        "patient": {
            "reference": f"pat-{number}",
            "name": "Paula Probandin-Test",
            "mrn": f"MRN-{number}",
            "birth_date": "1950-02-03",
        },
        "setting": "inpatient",
        "category": "missing_diagnosis",
        "concepts": [{"term": "Creatinine"}],
        "indicators": list(indicators),
        "addressee": {"provider_id": "dr-attend"},
        "reason_code": "creatinine_rise",
        "coder_only": {"suspected_codes": ["N17.9"], "impact": {"drg": "683"}},
    }
    return {**gap, **changes}


def cloud_event(kind: str, data: dict[str, Any], source: str, id: str | None = None) -> dict[str, Any]:
    """Wrap data in a CloudEvent."""
    return {"specversion": "1.0", "id": id or uuid4().hex, "source": source, "type": kind, "time": _now(), "data": data}


def choose(document: dict[str, Any], kind: str = "clinical") -> dict[str, Any]:
    """Return an answer: the first option of a kind, or free text where there are no options."""
    option = next((item for item in document["options"] if item["kind"] == kind), None)
    if option is None:
        return {"code": "FREE_TEXT", "text": "The findings are due to volume depletion, as treated."}
    codes = {"clinical": "OPTION_SELECTED", "undetermined": "UNABLE_TO_DETERMINE", "other": "OTHER_TEXT"}
    text = "specified by the provider" if kind in ("clinical", "other") else None
    return {"code": codes[kind], "option_id": option["id"], "text": text}
