"""Where decisions meet the books: one transaction, the charts locked, the situation of the moment.

Kafka consumers, HTTP and timers all come through here, so that every effect is written in one way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from compliance import Knowledge, check
from schemas.check import CheckDocument, MessageDocument, QueryDocument, Verdict
from services.foundation.database import Connection, Database
from services.tracker import ids
from services.tracker.audit import Vault
from services.tracker.directory import DirectoryCache
from services.tracker.journal import Situation
from services.tracker.policy import Policy
from services.tracker.shelf import Shelf
from services.tracker.status import TemplateCount
from services.tracker.store import SYSTEM_SCOPE, Books, Clock


@dataclass(frozen=True)
class Office:
    """What the tracker works with. `secret` is the key of the chart ids; it must never change."""

    database: Database
    vault: Vault
    secret: bytes
    policy: Policy
    knowledge: Knowledge
    clock: Clock
    templates: TemplateCount = field(default_factory=TemplateCount)
    shelf: Shelf = field(default_factory=Shelf)
    directory: DirectoryCache = field(default_factory=DirectoryCache)

    def chart_id(self, facility: str, number: str) -> str:
        """Return the opaque id of an encounter's chart."""
        return ids.chart_id(self.secret, facility, number)

    def judge(self, document: QueryDocument) -> Verdict:
        """Return the verdict on a text."""
        return check(CheckDocument(id="redirect", query=document), self.knowledge)

    def judge_remark(self, text: str) -> Verdict:
        """Return the verdict on what somebody writes to a provider inside the pages."""
        message = MessageDocument(kind="notification", channel="inbox", body=text)
        return check(CheckDocument(id="remark", message=message), self.knowledge)

    async def books(self, conn: Connection) -> Books:
        """Return empty books for a transaction whose scope is the system's: it sees and writes everything."""
        return Books(conn, self.vault, await self.situation(conn))

    async def situation(self, conn: Connection) -> Situation:
        """Return what decisions depend on at this moment."""
        directory = await self.directory.get(conn)
        return Situation(now=self.clock(), policy=self.policy, directory=directory, judge=self.judge)

    @asynccontextmanager
    async def deciding(
        self, chart_ids: Iterable[str], *, create: bool = False
    ) -> AsyncIterator[tuple[Books, Connection]]:
        """Open a transaction with these charts locked; what is decided inside is written down at its end."""
        async with self.database.transaction(SYSTEM_SCOPE) as conn:
            books = await self.books(conn)
            await books.open(chart_ids, create=create)
            yield books, conn
            await books.close()
