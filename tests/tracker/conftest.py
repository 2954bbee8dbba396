"""The tracker's office on a real database, with invented people in it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from compliance import Knowledge, shipped_knowledge
from schemas.base import Contract
from schemas.encounters import EncounterUpdated
from schemas.events import Event, make
from schemas.gaps import Addressee, DocumentedTerm, GapRaised, Indicator
from schemas.queries import QueryHeld, QueryIssued
from schemas.requests import QueryRequested
from schemas.responses import Answer, ResponseSubmitted, SignatureEvidence
from services.foundation.database import Database
from services.query_builder.composer import answer as compose
from services.query_builder.library import Library, shipped_folder
from services.tracker import identity
from services.tracker.audit import Vault
from services.tracker.consumers import Inlet
from services.tracker.directory import ProviderRecord, Source, import_providers, set_source
from services.tracker.identity import UserRecord
from services.tracker.office import Office
from services.tracker.policy import Policy
from services.tracker.store import SYSTEM_SCOPE
from services.tracker.web import create_app
from tests.tracker.support import FACILITY, PATIENT, SECRET, at

PROVIDERS = (
    ProviderRecord(id="dr-ferro", name="Ada Ferro", role="attending", service="medicine", email="ferro@harbor.example"),
    ProviderRecord(id="dr-okafor", name="Ben Okafor", role="attending", service="medicine"),
    ProviderRecord(id="dr-lind", name="Cleo Lind", role="resident", service="medicine"),
    ProviderRecord(id="nurse-pell", name="Dan Pell", role="nurse", service="medicine"),
)
USERS = (
    UserRecord(id="coder-ada", name="Ada", roles=("coder",)),
    UserRecord(id="cdi-bo", name="Bo", roles=("cdi_specialist",)),
    UserRecord(id="cdi-cy", name="Cy", roles=("cdi_specialist",), sensitive=True),
    UserRecord(id="advisor-di", name="Di", roles=("physician_advisor",)),
    UserRecord(id="officer-ed", name="Ed", roles=("compliance",)),
    UserRecord(id="admin-fay", name="Fay", roles=("admin",)),
    UserRecord(id="machine-nlp", name="NLP", roles=("service",)),
    UserRecord(id="ferro", name="Ada Ferro", roles=("provider",), provider_id="dr-ferro"),
    UserRecord(id="okafor", name="Ben Okafor", roles=("provider",), provider_id="dr-okafor"),
    UserRecord(id=identity.OWN_SERVICES, name="Services of this installation", roles=("service",)),
    UserRecord(id="lind", name="Cleo Lind", roles=("provider",), provider_id="dr-lind"),
)
SOURCES = (
    Source(source="coding", kind="person", authors={"c-17": "coder-ada"}),
    Source(source="robot", kind="machine", automatic=True),
    Source(source="ehr", kind="machine", may_answer=True, authors={"x-ferro": "ferro", "x-okafor": "okafor"}),
)
TERM = DocumentedTerm(term="Pneumonia", source="Progress note", author_role="attending", recorded_at=at(6))


@dataclass
class Clock:
    """A clock that tests turn."""

    now: datetime = field(default_factory=lambda: at(60))

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return shipped_knowledge()


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load(shipped_folder(), today=date(2026, 3, 4))


@pytest.fixture
def policy() -> Policy:
    return Policy()


@pytest_asyncio.fixture
async def office(tracker_database: Database, knowledge: Knowledge, policy: Policy) -> Office:
    async with tracker_database.transaction(SYSTEM_SCOPE) as conn:
        await import_providers(conn, PROVIDERS)
        await identity.put_users(conn, USERS)
        for source in SOURCES:
            await set_source(conn, source, "officer-ed")
    return Office(
        database=tracker_database,
        vault=Vault(secrets.token_bytes(32)),
        secret=SECRET,
        policy=policy,
        knowledge=knowledge,
        clock=Clock(),
    )


def rise(gap_id: str = "g1", number: str = "E1", hours: float = 56, **more: Any) -> GapRaised:
    """A rise of creatinine that no diagnosis explains: the shipped template asks about it, with choices."""
    values = (("Creatinine", "0.8", 1.0), ("Creatinine", "1.7", 30.0), ("Urea nitrogen", "52", 30.0))
    codes = {"Creatinine": "2160-0", "Urea nitrogen": "3094-0"}
    fields: dict[str, Any] = {
        "setting": "inpatient",
        "category": "missing_diagnosis",
        "addressee": Addressee(provider_id="dr-ferro"),
        "patient": PATIENT,
        "encounter": {"number": number, "started_at": at(0)},
        "indicators": tuple(
            Indicator(
                name=name,
                loinc=codes[name],
                value=value,
                unit="mg/dL",
                kind="laboratory",
                source="Laboratory",
                observed_at=at(when),
            )
            for name, value, when in values
        ),
        **more,
    }
    return GapRaised(gap_id=gap_id, occurred_at=at(hours), facility=FACILITY, reason_code="LAB-RISE", **fields)


def encounter(number: str = "E1", hours: float = 57, **fields: Any) -> EncounterUpdated:
    return EncounterUpdated(occurred_at=at(hours), facility=FACILITY, encounter_number=number, **fields)


def event(data: Contract, source: str = "coding", id: str | None = None) -> Event:
    """An event as a system outside would send it, read back from the wire."""
    envelope = make(data, id=id or str(uuid4()), source=source, time=at(60))
    return Event(envelope, data)


def response(query_id: UUID, response_id: str = "r1", option: str | None = "o1", **more: Any) -> ResponseSubmitted:
    code: Any = "OPTION_SELECTED" if option else "UNABLE_TO_DETERMINE"
    words = "due to volume depletion (invented)" if option == "o1" else None
    fields: dict[str, Any] = {"answer": Answer(code=code, option_id=option or "undetermined", text=words), **more}
    signer = fields.pop("signer", "x-ferro")
    return ResponseSubmitted(
        response_id=response_id,
        query_id=query_id,
        occurred_at=at(61),
        signature=SignatureEvidence(external_user_id=signer, signed_at=at(61), method="EHR sign-in"),
        **fields,
    )


class Floor:
    """The tracker's books as the outside world writes and reads them."""

    def __init__(self, office: Office, library: Library) -> None:
        self.office = office
        self.library = library
        self.inlet = Inlet(office)

    async def take(self, *events: Event | Contract) -> None:
        """Apply events as one batch."""
        batch = [item if isinstance(item, Event) else event(item) for item in events]
        async with self.office.database.transaction(SYSTEM_SCOPE) as conn:
            await self.inlet.apply(conn, batch)

    async def rows(self, statement: str, *values: Any, scope: dict[str, str] | None = None) -> list[dict[str, Any]]:
        async with self.office.database.transaction(SYSTEM_SCOPE if scope is None else scope) as conn:
            return await (await conn.execute(statement.encode(), values or None)).fetchall()

    async def published(self, name: str) -> list[dict[str, Any]]:
        """The data of the events of a type that stand in the outbox, in order."""
        rows = await self.rows(
            "SELECT convert_from(payload, 'UTF8')::jsonb -> 'data' AS data FROM outbox WHERE type = %s ORDER BY id",
            f"cdi.{name}.v1",
        )
        return [row["data"] for row in rows]

    async def requests(self) -> list[QueryRequested]:
        return [QueryRequested.model_validate(data) for data in await self.published("query.requested")]

    async def results(self) -> list[QueryIssued | QueryHeld]:
        """What the query builder says to every request so far."""
        knowledge = self.library.knowledge(self.office.knowledge)
        return [compose(request, self.library, knowledge) for request in await self.requests()]

    async def build(self) -> None:
        """Let the query builder answer everything that was asked."""
        await self.take(
            *[event(result, "cdi-query/query-builder", str(result.result_id)) for result in await self.results()]
        )

    async def issue(self, *gaps: GapRaised) -> list[UUID]:
        """Raise gaps and have their queries issued."""
        await self.take(*[event(gap) for gap in gaps or (rise(raised_by="c-17"),)])
        await self.build()
        rows = await self.rows("SELECT query_id FROM queries WHERE state = 'issued' ORDER BY created_at, query_id")
        return [row["query_id"] for row in rows]

    async def state(self, query_id: UUID) -> str:
        (row,) = await self.rows("SELECT state FROM queries WHERE query_id = %s", query_id)
        state: str = row["state"]
        return state


@pytest_asyncio.fixture
async def floor(office: Office, library: Library) -> Floor:
    return Floor(office, library)


SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest_asyncio.fixture
async def sign_in(office: Office) -> AsyncIterator[SignIn]:
    """Return a client that is signed in as a user, in that user's role (or as nobody)."""
    app = create_app(office)
    clients: list[httpx.AsyncClient] = []

    async def client(user: str | None = None) -> httpx.AsyncClient:
        headers = {}
        if user is not None:
            role = next(one for one in USERS if one.id == user).roles[0]
            async with office.database.transaction(SYSTEM_SCOPE) as conn:
                headers["Authorization"] = f"Bearer {await identity.create_token(conn, user, role, None)}"
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://tracker", headers=headers))
        return clients[-1]

    yield client
    for one in clients:
        await one.aclose()


def as_json(*contracts: Contract) -> Sequence[dict[str, Any]]:
    return [one.model_dump(mode="json", exclude_unset=True) for one in contracts]
