"""From the gap's facts to the check document's parts. Values are shown as recorded; times as local to the facility."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from schemas.check import CheckIndicator, CheckTerm
from schemas.gaps import DocumentedTerm, Indicator, ReferenceRange
from services.query_builder.template import Subject


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """Return a facility's time zone; a name that nobody knows gives UTC, so that times stay true."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def local(moment: datetime | None, where: tzinfo) -> str | None:
    """Return a moment as ISO 8601 in the facility's zone, its offset included."""
    return moment.astimezone(where).isoformat(timespec="seconds") if moment is not None else None


def spoken(moment: datetime | None, where: tzinfo) -> str:
    """Return a moment for a sentence, absolute and to the minute ("2026-03-04 14:10"), or "" where there is none."""
    return moment.astimezone(where).isoformat(" ")[:16] if moment is not None else ""


def indicator(one: Indicator, where: tzinfo, confirmed: ReferenceRange | None = None) -> CheckIndicator:
    """Show one indicator: value with its comparator and the laboratory's range, source, time, author role.

    `confirmed` is the range that the hospital's library knows; the record's own goes before it.
    """
    return CheckIndicator(
        name=one.name,
        value=one.value if one.quoted else shown_value(one, confirmed),
        unit=one.unit,
        source=one.source,
        observed_at=local(one.observed_at, where),
        author_role=one.author_role,
        prior_encounter=one.prior_encounter_id is not None,
        quoted=one.quoted,
    )


def shown_value(one: Indicator, confirmed: ReferenceRange | None = None) -> str:
    """Return the value as recorded, its comparator before it and its reference range behind it."""
    mark = one.comparator or ""
    value = one.value if one.value.lstrip().startswith(("<", ">")) else f"{mark}{one.value}"
    return f"{value}{_range(one.reference_range) or _range(confirmed)}"


def term(one: DocumentedTerm, where: tzinfo) -> CheckTerm:
    """Show one documented term, as written."""
    return CheckTerm(
        term=one.term, source=one.source, author_role=one.author_role, recorded_at=local(one.recorded_at, where)
    )


def subject(one: DocumentedTerm | None, where: tzinfo) -> Subject | None:
    """Return the term that a question names, as text on one line."""
    if one is None:
        return None
    return Subject(
        term=one_line(one.term),
        source=one_line(one.source),
        date=spoken(one.recorded_at, where)[:10],
        author_role=one_line((one.author_role or "").replace("_", " ")),
    )


def one_line(text: str) -> str:
    """Return text with every run of white space as one space, so that data cannot lay out a question."""
    return " ".join(text.split())


def _range(limits: ReferenceRange | None) -> str:
    if limits is None or (limits.low is None and limits.high is None):
        return ""
    low, high = _plain(limits.low), _plain(limits.high)
    if low and high:
        return f" (ref {low}-{high})"
    return f" (ref >={low})" if low else f" (ref <={high})"


def _plain(limit: Decimal | None) -> str:
    return format(limit, "f") if limit is not None else ""
