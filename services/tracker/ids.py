"""How things of the tracker are named. All ids are deterministic, opaque, and safe in keys, URLs and logs."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID, uuid5

NAMESPACE = UUID("5c7f1d0e-8f0b-5c1e-9a57-0d6b5a3f7c21")


def chart_id(secret: bytes, facility: str, number: str) -> str:
    """Return the opaque id of a chart: a keyed HMAC of facility and encounter number (32 hexadecimal digits)."""
    message = f"{len(facility)}:{facility}{number}".encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()[:32]


def gap_uid(source: str, gap_id: str) -> UUID:
    """Return the id of a gap: it is (source, gap id)."""
    return uuid5(NAMESPACE, f"gap\n{len(source)}:{source}{gap_id}")


def query_id(gap: UUID, n: int) -> UUID:
    """Return the id of the n-th query of a gap."""
    return uuid5(gap, f"query:{n}")


def request_id(gap: UUID, sequence: int) -> UUID:
    """Return the id of the request that is the chart's change number `sequence`."""
    return uuid5(gap, f"request:{sequence}")


def event_id(chart: str, sequence: int, kind: str) -> str:
    """Return the id of an event of ours: stable, so that a repeated publication is recognised."""
    return str(uuid5(NAMESPACE, f"event\n{chart}\n{sequence}\n{kind}"))
