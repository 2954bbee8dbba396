"""A small house for page tests: people, a gap raised over the API, its text as the builder would return it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from compliance import shipped_knowledge
from schemas.check import CheckIndicator, CheckOption, CheckTerm, Finding, QueryDocument, Verdict
from schemas.encounters import EncounterUpdated
from schemas.gaps import Addressee, EncounterBlock, GapRaised, Indicator, Patient
from schemas.queries import QueryHeld, QueryIssued, document_hash
from schemas.requests import QueryRequested
from services.foundation.database import Database
from services.tracker import directory, identity, ids, intake
from services.tracker.audit import Vault
from services.tracker.builder import BuilderClient
from services.tracker.decisions.requesting import wire_request
from services.tracker.decisions.results import apply_result
from services.tracker.identity import UserRecord
from services.tracker.model import Author
from services.tracker.office import Office
from services.tracker.policy import Policy
from services.tracker.web import create_app

BASE = "http://127.0.0.1:8080"
PASSWORD = "a long enough password"
FACILITY = "harbor-test"
START = datetime(2026, 3, 2, 18, tzinfo=UTC)
PATIENT = Patient(reference="pat-9", name="Philippa <Pretend>", mrn="MRN-0815", birth_date=date(1950, 4, 1))
QUESTION = "Please clarify what these findings mean, {{ 7 * 7 }}."
OPTIONS = (
    CheckOption(text="Acute <b>testitis</b>", kind="clinical", id="o1", evidence=(0,)),
    CheckOption(text="Chronic testitis", kind="clinical", id="o2", evidence=(0,)),
    CheckOption(text="Other", kind="other", id="other"),
    CheckOption(text="Unable to determine", kind="undetermined", id="undetermined"),
)
FINDING = Finding(rule="R-09", severity="review", field="question", message="reads oddly", suggestion="write plainly")
# Hashing is slow on purpose; once is enough for all tests.
HASHED = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')

PROVIDERS = (
    ("ferro", "Dr. Ferro Invented", "attending"),
    ("okafor", "Dr. Okafor Invented", "attending"),
    ("lind", "Dr. Lind Invented", "resident"),
)
USERS: tuple[tuple[str, str], ...] = (
    ("ada", "coder"),
    ("bo", "cdi_specialist"),
    ("vera", "cdi_specialist"),
    ("pia", "physician_advisor"),
    ("cleo", "compliance"),
    ("root", "admin"),
)


class Browser:
    """What a person does: opens pages, and sends their forms with the token that the page holds."""

    def __init__(self, app: FastAPI) -> None:
        transport = httpx.ASGITransport(app=app)
        self.client = httpx.AsyncClient(transport=transport, base_url=BASE)

    async def sign_in(self, user: str, password: str = PASSWORD, back: str = "/") -> httpx.Response:
        form = await self.client.get("/sign-in")
        return await self.client.post(
            "/sign-in", data={"csrf": token_in(form), "user": user, "password": password, "next": back}
        )

    async def see(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def send(self, page: str, action: str, **fields: str) -> httpx.Response:
        """Open `page`, then send a form to `action` with the page's token."""
        shown = await self.client.get(page)
        assert shown.status_code == 200, shown.text
        return await self.resend(shown, action, **fields)

    async def resend(self, shown: httpx.Response, action: str, **fields: str) -> httpx.Response:
        """Send a form of a page that was opened before, however long ago."""
        return await self.client.post(action, data={"csrf": token_in(shown), **fields}, headers={"Origin": BASE})


def token_in(response: httpx.Response) -> str:
    found = TOKEN.search(response.text)
    assert found, "the page holds a form"
    return found.group(1)


class _Office(Office):
    """The texts of these tests are odd on purpose, to see how pages show them; no check minds them here."""

    def judge(self, document: QueryDocument) -> Verdict:
        return Verdict(id="pages", verdict="pass", ruleset="test/1")


@dataclass
class House:
    """The tracker with its pages on a real database; `now` is the clock."""

    database: Database
    policy: Policy = field(default_factory=Policy)
    builder: BuilderClient | None = None
    now: datetime = START + timedelta(hours=48)

    def __post_init__(self) -> None:
        self.office = _Office(
            database=self.database,
            vault=Vault(bytes(32)),
            secret=b"a secret for the ids of charts in tests",
            policy=self.policy,
            knowledge=shipped_knowledge(),
            clock=lambda: self.now,
        )
        self.app = create_app(self.office, builder=self.builder)

    async def people(self) -> None:
        """Let the invented staff and providers move in."""
        records = [
            directory.ProviderRecord(id=one, name=name, role=role)  # type: ignore[arg-type]
            for one, name, role in PROVIDERS
        ]
        users = [
            UserRecord(id=user, name=f"{user.title()} Staffsample", roles=(role,))  # type: ignore[arg-type]
            for user, role in USERS
        ]
        users += [
            UserRecord(id=f"u-{one}", name=name, roles=("provider",), provider_id=one) for one, name, _ in PROVIDERS
        ]
        async with self.database.transaction({"app.system": "on"}) as conn:
            await directory.import_providers(conn, records)
            await identity.put_users(conn, users)
            await conn.execute("UPDATE users SET password_hash = %s", (HASHED,))
        self.office.directory.forget()

    async def browser(self, user: str) -> Browser:
        made = Browser(self.app)
        assert (await made.sign_in(user)).status_code == 303
        return made

    async def raise_gap(
        self, gap_id: str = "g1", *, to: str = "ferro", by: str = "ada", number: str = "E1", **more: Any
    ) -> str:
        """Raise a gap and return its chart."""
        content = GapRaised(
            gap_id=gap_id,
            occurred_at=more.pop("occurred_at", START + timedelta(hours=30)),
            facility=FACILITY,
            encounter=EncounterBlock(number=number, started_at=START),
            patient=PATIENT,
            addressee=Addressee(provider_id=to),
            reason_code="LAB",
            setting="inpatient",
            category="missing_diagnosis",
            indicators=(Indicator(name=f"Marker {gap_id}", value="7", source="Laboratory", observed_at=START),),
            **more,
        )
        chart_id = self.office.chart_id(FACILITY, number)
        async with self.office.deciding([chart_id], create=True) as (books, _):
            author = Author(user_id=by, source="coding", person=True)
            assert intake.take_gap(self.office, books, content, author) in ("accepted", "revised")
        return chart_id

    async def built(self, chart_id: str, gap_id: str = "g1", *, verdict: Any = "pass") -> UUID:
        """Let the builder answer the gap's current request, and return the query."""
        uid = ids.gap_uid("coding", gap_id)
        async with self.office.deciding([chart_id]) as (books, _):
            request = wire_request(books.journal.charts[chart_id].gaps[uid], chart_id)
            apply_result(books.journal, chart_id, answer_of(request, verdict))
        return request.query_id

    async def issued(self, gap_id: str = "g1", **more: Any) -> UUID:
        return await self.built(await self.raise_gap(gap_id, **more), gap_id)

    async def held(self, gap_id: str = "g1", **more: Any) -> UUID:
        return await self.built(await self.raise_gap(gap_id, **more), gap_id, verdict="review")

    async def discharge(self, chart_id: str) -> None:
        await self.encounter(chart_id, ended_at=self.now - timedelta(hours=1))

    async def encounter(self, chart_id: str, **facts: Any) -> None:
        """Let the encounter's facts change."""
        update = EncounterUpdated(occurred_at=self.now, facility=FACILITY, encounter_number="E1", **facts)
        async with self.office.deciding([chart_id]) as (books, _):
            intake.take_encounter(self.office, books, update, "adt")

    async def row(self, query_id: UUID) -> dict[str, Any]:
        async with self.database.transaction({"app.system": "on"}) as conn:
            found = await (await conn.execute("SELECT * FROM queries WHERE query_id = %s", (query_id,))).fetchone()
        assert found is not None
        return found

    async def rows(self, statement: str) -> Sequence[dict[str, Any]]:
        async with self.database.transaction({"app.system": "on"}) as conn:
            return await (await conn.execute(statement.encode())).fetchall()


def text_for(request: QueryRequested) -> QueryDocument:
    return QueryDocument(
        title="Clarification of findings",
        setting="inpatient",
        phase=request.phase,
        category=request.basis.category,
        response_type="multiple_choice",
        recipient_role=request.recipient_role or "attending",
        documented=(CheckTerm(term="swollen test", source="Progress note", recorded_at="2026-03-02 19:00"),),
        indicators=(
            CheckIndicator(
                name="Marker", value="<0.01", unit="mg", source="Laboratory", observed_at="2026-03-03T06:00:00+00:00"
            ),
        ),
        question=QUESTION,
        options=OPTIONS,
        footer="Please use your independent clinical judgment.",
    )


def answer_of(request: QueryRequested, verdict: Any) -> QueryIssued | QueryHeld:
    """Answer a request as the builder would, for a verdict of the check."""
    text = request.draft or text_for(request)
    shared: dict[str, Any] = {
        "result_id": uuid5(request.request_id, document_hash(text)),
        "request_id": request.request_id,
        "query_id": request.query_id,
        "gap_uid": request.gap_uid,
        "chart_id": request.chart_id,
        "as_of": request.as_of,
        "release": request.release,
        "ruleset": "test/1",
        "verdict": verdict,
        "findings": (FINDING,) if verdict == "review" else (),
        "content_hash": document_hash(text),
        "document": text,
    }
    if request.approval or (verdict == "pass" and request.release == "automatic"):
        return QueryIssued(**shared)
    return QueryHeld(reason="needs_second_person", detail="look at it", **shared)
