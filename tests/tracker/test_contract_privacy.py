"""Promises 5 and 6, by types: what leaves the tracker cannot carry a person, a code or an impact.

The graph of each contract is walked through every field, container and union; a type that is open (`Any`, a plain
dictionary) would let anything through, so it is refused too.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel

from schemas import charts, notifications, responses, status
from schemas.base import Contract
from schemas.check import MessageDocument, QueryDocument
from schemas.encounters import EncounterUpdated
from schemas.events import CHARTS, NOTIFICATIONS, QUERIES, QUERY_REQUESTS, QUERY_STATUS, TYPES
from schemas.gaps import CoderOnly, GapRaised, Patient
from schemas.internal import DeliveryAnswer
from schemas.queries import QueryHeld, QueryIssued
from schemas.requests import QueryRequested
from services.tracker.api.views import GapView, PatientView, ProviderQuery, ResponseView, StaffQuery

OURS = (QUERY_REQUESTS, QUERIES, QUERY_STATUS, CHARTS, NOTIFICATIONS)
PUBLISHED = [model for topic, model in TYPES.values() if topic in OURS]
PROVIDER_FACING = [ProviderQuery, QueryDocument, MessageDocument, DeliveryAnswer, ResponseView]
FORBIDDEN_TYPES = (Patient, CoderOnly, GapRaised, EncounterUpdated)
FORBIDDEN_FIELDS = {
    "coder_only", "impact", "suspected_codes", "codes", "code_set", "drg", "hcc", "payment", "severity_level", "mcc",
    "patient", "patient_name", "name_of_patient", "mrn", "birth_date", "patient_reference",
}  # fmt: skip
PLAIN = (str, int, float, bool, bytes, date, datetime, AwareDatetime, Decimal, UUID, type(None))

Place = tuple[str, object]


def parts(annotation: object) -> Iterator[object]:
    """Yield the types that an annotation is made of; an open one is yielded as it is."""
    if isinstance(annotation, typing.TypeAliasType if hasattr(typing, "TypeAliasType") else ()):  # type: ignore[arg-type]
        annotation = annotation.__value__  # type: ignore[attr-defined]
    origin = typing.get_origin(annotation)
    if origin is None:
        yield annotation
    elif origin is typing.Literal:
        return
    elif origin is typing.Annotated:
        yield from parts(typing.get_args(annotation)[0])
    elif origin in (typing.Union, types.UnionType, tuple, list, frozenset, set):
        for argument in typing.get_args(annotation):
            if argument is not Ellipsis:
                yield from parts(argument)
    else:
        yield annotation


def walk(model: type[BaseModel], path: str = "", seen: frozenset[object] = frozenset()) -> Iterator[Place]:
    """Yield every field of a contract, however deep, as (path, type)."""
    for name, field in model.model_fields.items():
        here = f"{path}.{name}" if path else name
        for part in parts(field.annotation):
            yield here, part
            if isinstance(part, type) and issubclass(part, BaseModel) and part not in seen:
                yield from walk(part, here, seen | {part})


def is_closed(part: object) -> bool:
    return isinstance(part, type) and issubclass(part, (*PLAIN, BaseModel, Enum))


def leaks(model: type[BaseModel], allowed: frozenset[str] = frozenset()) -> list[str]:
    """Return the paths in a contract that could carry what must not leave."""
    return [
        path
        for path, part in walk(model)
        if path not in allowed
        and (part in FORBIDDEN_TYPES or path.rpartition(".")[2] in FORBIDDEN_FIELDS or not is_closed(part))
    ]


@pytest.mark.parametrize("model", PUBLISHED, ids=lambda model: model.__name__)
def test_nothing_that_we_publish_can_carry_a_person_a_code_or_an_impact(model: type[Contract]) -> None:
    assert leaks(model) == []


@pytest.mark.parametrize("model", PROVIDER_FACING, ids=lambda model: model.__name__)
def test_nothing_that_a_provider_reads_can_carry_a_code_or_an_impact(model: type[Contract]) -> None:
    shown = frozenset({"patient", "patient.mrn", "patient.birth_date"}) if model is ProviderQuery else frozenset()
    assert leaks(model, shown) == []


def test_a_provider_sees_of_the_patient_only_who_it_is() -> None:
    assert [part for path, part in walk(ProviderQuery) if path == "patient"] == [PatientView]
    assert set(PatientView.model_fields) == {"name", "mrn", "birth_date"}


def test_a_provider_s_view_has_no_finding_verdict_gap_or_author() -> None:
    staff_only = set(StaffQuery.model_fields) - set(ProviderQuery.model_fields)
    assert {"findings", "verdict", "gap_uid", "author_id", "outcome", "category"} <= staff_only


def test_the_walk_finds_what_it_looks_for() -> None:
    assert "coder_only" in leaks(GapRaised)
    assert "coder_only.impact" in leaks(GapRaised)
    assert "patient.mrn" in leaks(GapRaised)
    assert "content" in leaks(GapView)
    assert {"basis.indicators.reference_range.low", "basis.concepts.citations.source", "draft.options.text"} <= {
        path for path, _ in walk(QueryRequested)
    }


def test_every_published_type_is_looked_at() -> None:
    looked_at = {model.__name__ for model in PUBLISHED}
    everything = {
        name
        for module in (charts, notifications, status)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Contract) and kind.__module__ == module.__name__
    }
    bases = {"ChartChanged", "PlannedStep"}
    assert everything - bases <= looked_at
    assert {QueryRequested, QueryIssued, QueryHeld} <= set(PUBLISHED)
    assert responses.ResponseSubmitted not in PUBLISHED
