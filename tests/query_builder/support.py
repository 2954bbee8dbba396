"""Small makers of synthetic gaps. Nobody here is real."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from schemas.gaps import Indicator, QuestionBasis
from schemas.requests import QueryRequested

START = datetime(2026, 3, 2, 18, tzinfo=UTC)
IDS = [UUID(int=number) for number in (1, 2, 3)]


def at(hours: float) -> datetime:
    """A moment so many hours after the encounter began."""
    return START + timedelta(hours=hours)


def lab(name: str, value: str, hours: float, unit: str | None, **more: Any) -> Indicator:
    fields = {"kind": "laboratory", "source": "Laboratory", "observed_at": at(hours), **more}
    return Indicator(name=name, value=value, unit=unit, **fields)


def creatinine(value: str, hours: float, **more: Any) -> Indicator:
    return lab("Creatinine", value, hours, "mg/dL", loinc="2160-0", **more)


def note(text: str, hours: float, name: str = "Progress note", **more: Any) -> Indicator:
    fields = {"kind": "note", "source": name, "observed_at": at(hours), "author_role": "attending", **more}
    return Indicator(name=name, value=text, **fields)


def basis(*indicators: Indicator, **more: Any) -> QuestionBasis:
    fields = {"setting": "inpatient", "category": "missing_diagnosis", **more}
    return QuestionBasis(indicators=indicators, **fields)


def request(asked: QuestionBasis, **more: Any) -> QueryRequested:
    fields = {
        "request_id": IDS[0],
        "query_id": IDS[1],
        "gap_uid": IDS[2],
        "chart_id": "chart-1",
        "as_of": at(72),
        "phase": "concurrent",
        "encounter_started_at": START,
        "recipient_role": "attending",
        "release": "automatic",
        **more,
    }
    return QueryRequested(basis=asked, **fields)


RISE = (creatinine("0.8", 1), creatinine("1.7", 30), creatinine("1.2", 54))
RISE_WITH_UREA = (*RISE, lab("Urea nitrogen", "52", 30, "mg/dL", loinc="3094-0"))
