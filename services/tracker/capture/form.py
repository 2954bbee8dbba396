"""The form in which a gap is raised: its fields as typed, what they mean, and one sentence beside each that is wrong.

Pure. What a form carries of lists (indicators, documented terms, what a bundle offered) stands in it as JSON of the
contract's own types, so that nothing needs to be kept on the server while somebody writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from schemas.base import Contract
from schemas.gaps import DocumentedTerm, GapRaised, Indicator
from schemas.vocabulary import Category, IndicatorKind, Priority, ResponseType, Sensitivity, Setting
from services.tracker.capture.fhir import Picked
from services.tracker.capture.moments import read_moment
from services.tracker.capture.tables import Defaults, Table, WrongCell, indicator_of, read_table

MOST_OFFERED = 200
MOST_OF_AN_ANSWER = 200
REASON = "raised_by_hand"
LISTS = ("indicator", "documented", "offered_indicator", "offered_term")
ONE = ("one_name", "one_value", "one_unit", "one_when", "one_source", "one_kind")
TERM = ("term", "term_source", "term_when", "term_role")
Item = TypeVar("Item", bound=Contract)

LABELS: Mapping[str, str] = {
    "number": "The encounter number",
    "facility": "The facility",
    "setting": "The kind of stay",
    "category": "What is missing",
    "started_at": "The start",
    "admission_order_at": "The admission order",
    "ended_at": "The end",
    "due_at": "The due date",
    "patient_name": "The patient's name",
    "mrn": "The record number",
    "birth_date": "The date of birth",
    "concept": "What it is about",
    "axis": "What should become clear",
    "template_id": "The template",
    "note": "The note",
    "service": "The service",
    "indicators": "The list of indicators",
    "documented": "The list of documented terms",
    "options": "The list of answers",
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "setting": get_args(Setting),
    "category": get_args(Category),
    "response_type": get_args(ResponseType),
    "sensitivity": get_args(Sensitivity),
    "priority": get_args(Priority),
    "kind": get_args(IndicatorKind),
}
_LENGTHS: Mapping[str, int] = {
    "number": 200, "facility": 200, "concept": 200, "concept_2": 200, "axis": 80, "service": 100, "template_id": 100,
    "patient_name": 200, "mrn": 100, "note": 4_000, "provider_id": 100, "codes": 400,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it stands: `values` by field as typed, the lists, the pasted table as read, and `errors` by field."""

    values: Mapping[str, str]
    indicators: tuple[Indicator, ...] = ()
    terms: tuple[DocumentedTerm, ...] = ()
    offered: Picked = field(default_factory=Picked)
    table: Table = field(default_factory=Table)
    errors: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        return self.values.get(name, "")

    def having(self, **values: str) -> Form:
        """Return the form with other values in some fields."""
        return replace(self, values={**self.values, **values})

    def without(self, *names: str) -> Form:
        """Return the form with some fields emptied."""
        return self.having(**dict.fromkeys(names, ""))

    def wrong(self, **errors: str) -> Form:
        """Return the form with further errors."""
        return replace(self, errors={**self.errors, **errors})


def read_form(values: Mapping[str, str], lists: Mapping[str, Sequence[str]], zone: tzinfo) -> Form:
    """Return the form that was sent. Entries of lists that nobody's browser made are left out."""
    kept = {name: value for name, value in values.items() if name not in LISTS}
    for name, choices in _CHOICES.items():
        if kept.get(name) and kept[name] not in choices:
            kept[name] = ""
    return Form(
        values=kept,
        indicators=tuple(_items(lists.get("indicator", ()), Indicator)),
        terms=tuple(_items(lists.get("documented", ()), DocumentedTerm)),
        offered=Picked(
            indicators=tuple(_items(lists.get("offered_indicator", ())[:MOST_OFFERED], Indicator)),
            terms=tuple(_items(lists.get("offered_term", ())[:MOST_OFFERED], DocumentedTerm)),
        ),
        table=read_table(kept.get("table", ""), defaults(kept, zone)),
    )


def defaults(values: Mapping[str, str], zone: tzinfo) -> Defaults:
    """Return what counts where a pasted table does not say it."""
    kind: Any = values.get("kind") if values.get("kind") in _CHOICES["kind"] else "laboratory"
    return Defaults(zone, kind, values.get("source") or None)


def _items(texts: Sequence[str], model: type[Item]) -> list[Item]:
    read = []
    for text in texts:
        try:
            read.append(model.model_validate_json(text))
        except ValidationError:
            continue
    return read


def take_rows(form: Form) -> Form:
    """Move the table's good rows to the list; those that cannot be read stay in the field, with what is wrong."""
    moved = replace(form, indicators=(*form.indicators, *form.table.indicators)).having(table=form.table.left)
    return replace(moved, table=replace(form.table, indicators=()))


def take_one(form: Form, zone: tzinfo) -> Form:
    """Add the indicator that was typed field by field, or say beside which field it is wrong."""
    cells = {name.removeprefix("one_"): form.value(name) for name in ONE}
    try:
        made = indicator_of(cells, defaults(form.values, zone))
    except WrongCell as wrong:
        place = f"one_{wrong.column}" if f"one_{wrong.column}" in ONE else "one_name"
        return form.wrong(**{place: f"This {wrong.text}."})
    return replace(form, indicators=(*form.indicators, made)).without("one_name", "one_value", "one_unit", "one_when")


def take_term(form: Form, zone: tzinfo) -> Form:
    """Add the documented term that was typed, or say beside which field it is wrong."""
    fields: dict[str, Any] = {"term": form.value("term"), "source": form.value("term_source")}
    errors = {
        name: "This is missing." for name, key in (("term", "term"), ("term_source", "source")) if not fields[key]
    }
    try:
        fields["recorded_at"] = read_moment(form.value("term_when"), zone)
    except ValueError as error:
        errors["term_when"] = f"This {error}." if form.value("term_when") else "This is missing."
    if form.value("term_role"):
        fields["author_role"] = form.value("term_role")
    if errors:
        return form.wrong(**errors)
    try:
        made = DocumentedTerm(**fields)
    except ValidationError:
        return form.wrong(term="This is longer than 200 characters.")
    return replace(form, terms=(*form.terms, made)).without(*TERM)


def take_picked(form: Form, indicators: Sequence[str], terms: Sequence[str]) -> Form:
    """Move what was picked of a bundle to the lists; what was not picked is gone with the bundle."""
    picked = [one for place, one in enumerate(form.offered.indicators) if str(place) in indicators]
    named = [one for place, one in enumerate(form.offered.terms) if str(place) in terms]
    return replace(form, indicators=(*form.indicators, *picked), terms=(*form.terms, *named), offered=Picked())


def drop(form: Form, what: str, place: int) -> Form:
    """Return the form without one entry of a list (`indicator` or `term`)."""
    if what == "indicator":
        return replace(form, indicators=tuple(one for at, one in enumerate(form.indicators) if at != place))
    return replace(form, terms=tuple(one for at, one in enumerate(form.terms) if at != place))


def gap_of(form: Form, gap_id: str, now: datetime, zone: tzinfo) -> tuple[GapRaised | None, Mapping[str, str]]:
    """Return the gap that a form raises, or what is wrong by field."""
    fields, errors = _fields(form, zone)
    errors |= {name: f"{LABELS[name]} is missing." for name in ("number", "facility") if not form.value(name)}
    errors |= {name: "Choose one." for name in ("setting", "category") if not form.value(name)}
    if form.table.faults:
        errors["table"] = "Some rows cannot be read; mend them, or take them out."
    if errors:
        return None, errors
    return _gap(fields, gap_id, now)


def draft_of(form: Form, gap_id: str, now: datetime, zone: tzinfo) -> GapRaised | None:
    """Return the gap as far as it can be read already, for a preview; None before there is a kind and a category."""
    if not (form.value("setting") and form.value("category")):
        return None
    fields, _ = _fields(form, zone)
    fields["encounter"]["number"] = form.value("number")[:200] or "not yet"
    fields["facility"] = form.value("facility")[:200] or "not yet"
    made, _ = _gap(fields, gap_id, now)
    return made


def _gap(fields: dict[str, Any], gap_id: str, now: datetime) -> tuple[GapRaised | None, Mapping[str, str]]:
    try:
        return GapRaised(gap_id=gap_id, occurred_at=now, reason_code=REASON, **fields), {}
    except ValidationError as error:
        place = str(error.errors(include_input=False, include_url=False)[0]["loc"][0])
        shown = place if place in LABELS else "category"
        return None, {shown: f"{LABELS[shown]} does not fit, or holds too much."}


def _fields(form: Form, zone: tzinfo) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the contract's fields, without those that are wrong, and what is wrong by field of the form."""
    errors = {
        name: f"{LABELS.get(name, 'This')} is longer than {most} characters."
        for name, most in _LENGTHS.items()
        if len(form.value(name)) > most
    }
    sound = {name: value for name, value in form.values.items() if value and name not in errors}
    times = {}
    for name in ("started_at", "admission_order_at", "ended_at", "due_at"):
        if name in sound:
            try:
                times[name] = read_moment(sound[name], zone)
            except ValueError as error:
                errors[name] = f"{LABELS[name]} {error}."
    due = times.pop("due_at", None)
    indicators = (*form.indicators, *form.table.indicators)
    fields: dict[str, Any] = {
        "facility": sound.get("facility", ""),
        "encounter": {"number": sound.get("number", ""), **times},
        "setting": sound.get("setting"),
        "category": sound.get("category"),
        "addressee": _addressee(sound),
        "concepts": _concepts(sound),
        "indicators": indicators,
        "options": _options(sound, indicators, errors),
        "documented": form.terms,
        "sensitivity": sound.get("sensitivity", "normal"),
        "blocking": sound.get("blocking") == "on",
        "coder_only": _coder_only(sound),
        "due_at": due,
        "patient": _patient(sound, errors),
        **{name: sound[name] for name in ("axis", "template_id", "response_type", "priority") if name in sound},
    }
    return {name: value for name, value in fields.items() if value is not None}, errors


def _addressee(sound: Mapping[str, str]) -> dict[str, str]:
    if "provider_id" in sound:
        return {"provider_id": sound["provider_id"]}
    return {"role": "attending", **({"service": sound["service"]} if "service" in sound else {})}


def _concepts(sound: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"term": sound[name]} for name in ("concept", "concept_2") if name in sound]


def _options(sound: Mapping[str, str], indicators: Sequence[Indicator], errors: dict[str, str]) -> list[dict[str, Any]]:
    """Return the author's own answers, each with the indicators in whose words it stands."""
    options = []
    for text in filter(None, map(str.strip, sound.get("options", "").splitlines())):
        places = [place for place, one in enumerate(indicators) if _words(text) in _words(f"{one.name} : {one.value}")]
        if places and len(text) <= MOST_OF_AN_ANSWER:
            options.append({"text": text, "evidence": places})
        else:
            why = "stands in none of the indicators" if not places else f"is longer than {MOST_OF_AN_ANSWER} characters"
            errors.setdefault("options", f"An answer {why}: “{text[:60]}”.")
    return options


def _words(text: str) -> str:
    """Return the words of a text between single blanks, so that one text can be looked for in another."""
    words = re.findall(r"\w+|:", text.casefold())
    return f" {' '.join(words)} "


def _coder_only(sound: Mapping[str, str]) -> dict[str, Any] | None:
    codes = tuple(code for code in sound.get("codes", "").replace(",", " ").split() if code)
    if not codes and "note" not in sound:
        return None
    return {"suspected_codes": codes, **({"note": sound["note"]} if "note" in sound else {})}


def _patient(sound: Mapping[str, str], errors: dict[str, str]) -> dict[str, str] | None:
    """Return what was typed of the person; who has neither name nor record number is nobody."""
    given = {"name": sound.get("patient_name"), "mrn": sound.get("mrn"), "birth_date": sound.get("birth_date")}
    patient = {name: value for name, value in given.items() if value}
    if "birth_date" in patient:
        try:
            datetime.strptime(patient["birth_date"], "%Y-%m-%d")  # noqa: DTZ007 - a day has no zone
        except ValueError:
            errors["birth_date"] = "The date of birth is no date; write it like 1950-01-31."
            del patient["birth_date"]
    if not patient:
        return None
    if not ("mrn" in patient or "name" in patient):
        errors["mrn"] = "A date of birth alone names nobody; add the record number."
        return None
    return {"reference": patient.get("mrn") or patient["name"], **patient}
