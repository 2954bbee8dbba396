"""The directory of providers from a CSV file or a FHIR R4 bundle: read row by row, compared with what is there. Pure.

A fault of one row never hides the others; nothing is written from here.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import ValidationError

from schemas.vocabulary import RecipientRole
from services.tracker.directory import ProviderRecord

COLUMNS = ("id", "name", "role", "service", "email", "default_for_service", "active")
NEEDED = ("id", "name", "role")
MOST_ROWS = 20_000
SHOWN = ("name", "role", "service", "email", "default_for_service", "active")
FHIR_ROLES: Mapping[str, RecipientRole] = {
    **{role: role for role in get_args(RecipientRole)},
    "doctor": "attending",
    "physician": "attending",
    "attending physician": "attending",
    "consulting physician": "consultant",
    "surgeon": "surgeon",
    "resident physician": "resident",
    "nurse": "nurse",
    "nurse practitioner": "advanced_practice",
    "physician assistant": "advanced_practice",
    "dietitian": "dietitian",
}
"""Codes and words of PractitionerRole.code that name a role here; the house's own may be our role names."""


@dataclass(frozen=True, slots=True)
class Read:
    """One row of the file: where it stands, and the provider, or what is wrong with it."""

    place: str
    record: ProviderRecord | None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """What the import would do with a row; `changes` are field, old and new value."""

    read: Read
    kind: Literal["new", "changed", "same", "fault"]
    changes: tuple[tuple[str, str, str], ...] = ()


class NotReadable(Exception):
    """The file as a whole cannot be read. The text says why."""


def read_file(text: str) -> list[Read]:
    """Return the rows of a CSV file or of a FHIR bundle (JSON). Raises `NotReadable`."""
    text = text.removeprefix("\ufeff")
    rows = _read_fhir(text) if text.lstrip().startswith("{") else _read_csv(text)
    if not rows:
        raise NotReadable("The file names no provider.")
    if len(rows) > MOST_ROWS:
        raise NotReadable(f"The file names more than {MOST_ROWS} providers; divide it.")
    return _without_doubles(rows)


def _read_csv(text: str) -> list[Read]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        columns = reader.fieldnames or []
        if missing := [name for name in NEEDED if name not in columns]:
            raise NotReadable(f"A column is missing: {', '.join(missing)}. Columns are {', '.join(COLUMNS)}.")
        return [_csv_row(f"line {reader.line_num}", row) for row in reader]
    except csv.Error as error:
        raise NotReadable(f"The file is no CSV: {error} in line {reader.line_num}.") from None


def _csv_row(place: str, row: Mapping[str | None, Any]) -> Read:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    faults = [
        f"{name}: yes or no was expected"
        for name in ("default_for_service", "active")
        if cells[name].lower() not in ("", "yes", "no")
    ]
    if None in row:
        faults.append("more cells than columns")
    values: dict[str, Any] = {name: cells[name] or None for name in ("id", "name", "role", "service", "email")}
    values["default_for_service"] = cells["default_for_service"].lower() == "yes"
    values["active"] = cells["active"].lower() != "no"
    return _row(place, values, faults)


def _row(place: str, values: Mapping[str, Any], faults: Sequence[str] = ()) -> Read:
    found = list(faults)
    if values["default_for_service"] and not (values["service"] and values["active"]):
        found.append("default_for_service: the default of a service is active and names the service")
    try:
        record = ProviderRecord.model_validate({**values, "id": values["id"] or "", "name": values["name"] or ""})
    except ValidationError as error:
        # The message without the value: what stands in a cell may be anything.
        found += [f"{'.'.join(map(str, one['loc']))}: {one['msg'].lower()}" for one in error.errors()]
        return Read(place, None, tuple(found))
    return Read(place, None if found else record, tuple(found))


def _read_fhir(text: str) -> list[Read]:
    try:
        bundle = json.loads(text)
        entries = [entry.get("resource", {}) for entry in bundle.get("entry", [])]
        known = bundle.get("resourceType") == "Bundle" and all(isinstance(one, dict) for one in entries)
    except (ValueError, AttributeError, TypeError, RecursionError):
        known = False
    if not known:
        raise NotReadable("The file is no FHIR bundle: a Bundle with Practitioner and PractitionerRole is expected.")
    people = [one for one in entries if one.get("resourceType") == "Practitioner"]
    roles = [one for one in entries if one.get("resourceType") == "PractitionerRole"]
    return [_fhir_row(place, one, roles) for place, one in enumerate(people, start=1)]


def _fhir_row(place: int, person: Mapping[str, Any], roles: Iterable[Mapping[str, Any]]) -> Read:
    name = f"Practitioner {place}"
    try:
        identity = str(person.get("id") or "")
        own = [one for one in roles if _refers(one, identity)]
        found = dict.fromkeys(role for one in own for role in _roles_of(one))
        faults = [] if len(found) == 1 else [_role_fault(found)]
        values = {
            "id": identity,
            "name": _name(person),
            "role": next(iter(found), "attending"),
            "service": next((text for one in own for text in _words(one.get("specialty", []))), None),
            "email": _email(person, own),
            "default_for_service": False,
            "active": bool(person.get("active", True)) and any(one.get("active", True) for one in own or [{}]),
        }
        return _row(name, values, faults)
    except (AttributeError, TypeError, KeyError, IndexError):
        return Read(name, None, ("the resource is not built as FHIR R4 says",))


def _role_fault(found: Iterable[str]) -> str:
    names = ", ".join(found)
    wanted = ", ".join(get_args(RecipientRole))
    return f"role: {names} contradict each other" if names else f"role: no PractitionerRole with one of: {wanted}"


def _refers(role: Mapping[str, Any], identity: str) -> bool:
    reference = str(role.get("practitioner", {}).get("reference", ""))
    return bool(identity) and reference.rpartition("/")[2].removeprefix("urn:uuid:") == identity


def _roles_of(role: Mapping[str, Any]) -> list[str]:
    return [FHIR_ROLES[text.lower()] for text in _all_words(role.get("code", [])) if text.lower() in FHIR_ROLES]


def _all_words(concepts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return texts, displays and codes of codeable concepts, the most readable first."""
    found: list[str] = []
    for concept in concepts:
        codings = concept.get("coding", [])
        found += [
            concept.get("text", ""),
            *(c.get("display", "") for c in codings),
            *(c.get("code", "") for c in codings),
        ]
    return [text for text in found if text]


def _words(concepts: Iterable[Mapping[str, Any]]) -> list[str]:
    return _all_words(concepts)[:1]


def _name(person: Mapping[str, Any]) -> str:
    names = person.get("name", [])
    chosen = next((one for one in names if one.get("use") == "official"), names[0] if names else {})
    parts = (*chosen.get("prefix", []), *chosen.get("given", []), chosen.get("family", ""))
    return str(chosen.get("text") or " ".join(part for part in parts if part))


def _email(person: Mapping[str, Any], roles: Iterable[Mapping[str, Any]]) -> str | None:
    contacts = [one for of in (*roles, person) for one in of.get("telecom", [])]
    return next((str(one.get("value")) for one in contacts if one.get("system") == "email"), None)


def _without_doubles(rows: Sequence[Read]) -> list[Read]:
    """Mark rows that give an id, or a default of a service, once more."""
    ids: set[str] = set()
    defaults: set[str] = set()
    checked = []
    for row in rows:
        record, faults = row.record, list(row.faults)
        if record is not None:
            if record.id in ids:
                faults.append("id: it stands in the file twice")
            ids.add(record.id)
            if record.default_for_service and record.service:
                if record.service in defaults:
                    faults.append("default_for_service: the service has another default in the file")
                defaults.add(record.service)
        checked.append(Read(row.place, None if faults else record, tuple(faults)))
    return checked


def plan(rows: Iterable[Read], known: Mapping[str, ProviderRecord]) -> list[Planned]:
    """Return what an import would change. Providers that the file does not name stay as they are."""
    return [_planned(row, known) for row in rows]


def _planned(row: Read, known: Mapping[str, ProviderRecord]) -> Planned:
    if row.record is None:
        return Planned(row, "fault")
    there = known.get(row.record.id)
    if there is None:
        return Planned(row, "new")
    values = [(name, _shown(getattr(there, name)), _shown(getattr(row.record, name))) for name in SHOWN]
    changes = tuple((name, old, new) for name, old, new in values if old != new)
    return Planned(row, "changed" if changes else "same", changes)


def _shown(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value or "–")
