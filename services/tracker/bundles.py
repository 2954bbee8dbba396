"""One query's audit bundle: what happened to it, with the proof that nothing was changed since. Pure.

A bundle is JSON. `links` is the chart's chain from its beginning: each link names step, time, actor and ids, the digest
of its payload, and the hash of the link before it. `payloads` holds the plain payloads of this query's links alone; of
other queries on the chart there is nothing but their links, without which no chain can be proven. Whoever has the
bundle can compute every hash anew (`verify_bundle`, or by any tool: docs/pages.md says how).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field, ValidationError

from schemas.base import Contract, Instant
from services.tracker.audit import BrokenChain, Entry, verify
from services.tracker.changes import Change

FORMAT = "cdi-query-audit/1"


class Person(Contract):
    """Who the query is about. Not covered by the proof: the chain of a query does not name the patient."""

    name: str | None = None
    mrn: str | None = None
    birth_date: str | None = None
    facility: str = ""
    encounter_number: str = ""


class Link(Contract):
    """One link of the chain, as it was hashed."""

    chart_id: str
    sequence: int
    subject: str
    transition: str
    at: Instant
    actor: str
    gap_uid: UUID | None = None
    query_id: UUID | None = None
    payload_digest: str
    previous: str
    hash: str

    def entry(self) -> Entry:
        """Return the link as the log keeps it."""
        return Entry(**{name: getattr(self, name) for name in Link.model_fields})


class Bundle(Contract):
    """A query's bundle. `payloads` are plain texts by sequence number; one that was purged is missing."""

    format: str = FORMAT
    query_id: UUID
    chart_id: str
    exported_at: Instant
    exported_by: str
    person: Person
    names: dict[str, str] = Field(default_factory=dict)
    links: tuple[Link, ...]
    payloads: dict[int, str]

    def own(self) -> tuple[Link, ...]:
        """Return the links of this query."""
        return tuple(one for one in self.links if one.query_id == self.query_id and one.subject == "query")


class Proof(Contract):
    """What a verified bundle proves: the chain's length and end, and how much of the query is in it."""

    query_id: UUID
    links: int
    head: str
    own_links: int
    payloads: int
    purged: int


def make_bundle(
    query_id: UUID,
    entries: Sequence[Entry],
    payloads: Mapping[int, str],
    person: Person,
    *,
    at: datetime,
    by: str,
    names: Mapping[str, str],
) -> Bundle:
    """Return the bundle of a query.

    Args:
        entries: the chart's whole chain.
        payloads: plain payloads by sequence number; those of other queries are left out here.
        person: whom the query is about.
        at: when, and `by`: by whom the bundle is made.
        names: of users and providers by id; only those that the bundle mentions go into it.
    """
    links = tuple(Link(**asdict(entry)) for entry in entries)
    own = {one.sequence for one in links if one.query_id == query_id and one.subject == "query"}
    kept = {number: text for number, text in payloads.items() if number in own}
    told = json.dumps([one.actor for one in links if one.sequence in own]) + "".join(kept.values())
    mentioned = {key: name for key, name in names.items() if f'"{key}"' in told.replace("\\", "")}
    return Bundle(
        query_id=query_id,
        chart_id=links[0].chart_id,
        exported_at=at,
        exported_by=by,
        person=person,
        names=mentioned,
        links=links,
        payloads=kept,
    )


def verify_bundle(text: str | bytes) -> Proof:
    """Check a bundle to the last hash.

    Raises:
        BrokenChain: if it is no bundle, a link or a payload was changed, or a payload belongs to something else.
    """
    bundle = read_bundle(text)
    if {one.chart_id for one in bundle.links} != {bundle.chart_id}:
        raise BrokenChain("the links are not those of one chart")
    length = verify(one.entry() for one in bundle.links)
    own = {one.sequence: one for one in bundle.own()}
    if not own:
        raise BrokenChain("the chain does not know this query")
    for number, plain in bundle.payloads.items():
        if number not in own:
            raise BrokenChain(f"payload {number} is none of this query's")
        _must_fit(own[number], plain)
    return Proof(
        query_id=bundle.query_id,
        links=length,
        head=bundle.links[-1].hash,
        own_links=len(own),
        payloads=len(bundle.payloads),
        purged=len(own) - len(bundle.payloads),
    )


def read_bundle(text: str | bytes) -> Bundle:
    """Return a bundle without checking its hashes. Raises `BrokenChain` for what is none."""
    try:
        bundle = Bundle.model_validate_json(text)
    except ValidationError:
        raise BrokenChain("the file is no audit bundle of cdi-query") from None
    if bundle.format != FORMAT or not bundle.links:
        raise BrokenChain("the file is no audit bundle of a format that this version knows")
    return bundle


def _must_fit(link: Link, plain: str) -> None:
    if hashlib.sha256(plain.encode()).hexdigest() != link.payload_digest:
        raise BrokenChain(f"payload {link.sequence} is not the one that was logged")
    change = change_of(plain)
    said = (change.subject, change.transition, change.at, change.actor, change.query_id)
    if said != (link.subject, link.transition, link.at, link.actor, link.query_id):
        raise BrokenChain(f"payload {link.sequence} tells of something else than its link")


def change_of(plain: str) -> Change:
    """Return the change that a plain payload holds."""
    held: dict[str, Any] = json.loads(plain)
    return Change.model_validate_json(held["change"])
