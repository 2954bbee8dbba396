"""Raise a gap by hand: a form that helps, and beside it what the provider would see and what the check says to it.

The form carries everything that was written: nothing is kept on the server until the gap is raised.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, get_args
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from schemas.events import GAPS
from schemas.gaps import GapRaised, GapWithdrawn
from schemas.preview import Catalogue, Preview
from schemas.vocabulary import Category, IndicatorKind, ResponseType, Sensitivity
from services.foundation.database import Connection
from services.tracker import identity, reading, reading_charts
from services.tracker.api import charts, gaps
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem
from services.tracker.builder import BuilderClient, BuilderUnavailable
from services.tracker.capture.fhir import NotFhir, read_bundle
from services.tracker.capture.form import (
    LISTS,
    MOST_OFFERED,
    Form,
    draft_of,
    drop,
    gap_of,
    read_form,
    take_one,
    take_picked,
    take_rows,
    take_term,
)
from services.tracker.foreseeing import Foresight, foresee
from services.tracker.identity import Actor
from services.tracker.model import Author
from services.tracker.pages import people
from services.tracker.pages.marking import Marked
from services.tracker.pages.rendering import go, page, wants_fragment
from services.tracker.pages.session import may
from services.tracker.pages.words import CATEGORY_HELP, say
from services.tracker.reading import Row

router = APIRouter(include_in_schema=False)
RaisedBy = Annotated[Actor, Depends(may("raise_gap"))]


async def sent_form(request: Request, _: RaisedBy) -> AsyncIterator[FormData]:
    """Return the form that was sent, files included; they are closed at the end."""
    async with request.form() as sent:
        yield sent


Sent = Annotated[FormData, Depends(sent_form)]
TITLE = "Raise a gap"
_DROP = re.compile(r"drop-(indicator|term)-(\d{1,3})")
_FORM_ID = re.compile(r"[0-9a-f]{32}")
PICKS = ("pick_indicator", "pick_term")
DONE = {"accepted": "raised", "duplicate_question": "asked_already"}


@router.get("/gaps/new")
async def blank(request: Request, actor: RaisedBy) -> Response:
    """Show the form: empty, or for a chart that is known already (`?chart=`)."""
    form = Form({"form_id": uuid4().hex})
    if chart_id := request.query_params.get("chart"):
        chart = await charts.read_chart(office_of(request), actor, chart_id)
        form = _of_chart(form, chart)
    return await _form(request, actor, form)


@router.post("/gaps/new")
async def change(request: Request, actor: RaisedBy, sent: Sent) -> Response:
    """Do one thing to the form (look up, add, take out, search), and show it again as it then stands."""
    form = _read(request, sent)
    return await _form(request, actor, await _done(request, actor, form, sent))


@router.post("/gaps/new/preview")
async def preview(request: Request, actor: RaisedBy, sent: Sent) -> Response:
    """Show what the provider would see. Nothing is stored."""
    return await _form(request, actor, _read(request, sent), fragment="preview")


@router.post("/gaps/new/providers")
async def providers(request: Request, actor: RaisedBy, sent: Sent) -> Response:
    """Return the providers that fit what was typed, for the search field's list."""
    typed = str(sent.get("provider_search", ""))[:100].replace("\0", "").strip()
    async with office_of(request).database.transaction(actor.scope()) as conn:
        found = await people.search_providers(conn, typed)
    return page(request, "provider_options.html", TITLE, {"found": found}, fragment="options")


@router.post("/gaps/new/raise")
async def raise_gap(request: Request, actor: RaisedBy, sent: Sent) -> Response:
    """Take the gap, or show the form again with what is wrong beside each field."""
    office = office_of(request)
    form = _read(request, sent)
    content, errors = gap_of(form, form.value("form_id"), office.clock(), _zone(request, form))
    if content is None:
        return await _form(request, actor, form.wrong(**errors), status=422)
    body = content.model_dump(mode="json", exclude_unset=True)
    try:
        taken = await gaps.take_all(body, office, actor, GAPS, (GapRaised, GapWithdrawn), GapRaised)
    except Problem as problem:
        return await _form(request, actor, form.wrong(form=f"{problem.title}: {problem.detail}"), status=problem.status)
    result = taken.results[0]
    if result.status == "rejected" or result.chart_id is None:
        return await _form(request, actor, form.wrong(form=result.error or "The gap was not taken."), status=409)
    if sent.get("then") == "talk" and result.gap_uid is not None:
        return go(f"/gaps/{result.gap_uid}/spoken")
    return go(f"/charts/{result.chart_id}", DONE.get(result.status, "gap_known"))


def _read(request: Request, sent: FormData) -> Form:
    """Return the form as it was sent."""
    values = {name: _text(value) for name, value in sent.items() if isinstance(value, str)}
    if not _FORM_ID.fullmatch(values.get("form_id", "")):
        values["form_id"] = uuid4().hex
    lists = {name: [one for one in sent.getlist(name) if isinstance(one, str)] for name in LISTS}
    return read_form(values, lists, _zone_of(request, values.get("facility", "")))


def _text(value: str) -> str:
    """Leading tabs of a pasted table are empty cells, so only line ends and blanks are trimmed."""
    return value.replace("\0", "").strip("\r\n ") if "\t" in value else value.replace("\0", "").strip()


def _zone(request: Request, form: Form) -> ZoneInfo:
    return _zone_of(request, form.value("facility"))


def _zone_of(request: Request, facility: str) -> ZoneInfo:
    return ZoneInfo(office_of(request).policy.zone_of(facility))


async def _done(request: Request, actor: Actor, form: Form, sent: FormData) -> Form:
    """Return the form after the one thing that its button stands for."""
    what = str(sent.get("do", ""))
    if what == "encounter":
        return await _looked_up(request, actor, form)
    if what == "bundle":
        return await _offered(request, form, sent)
    if what == "picked":
        return take_picked(form, *([str(one) for one in sent.getlist(name)] for name in PICKS))
    return _edited(form, what, _zone(request, form))


def _edited(form: Form, what: str, zone: ZoneInfo) -> Form:
    if found := _DROP.fullmatch(what):
        return drop(form, found[1], int(found[2]))
    if what.startswith("use:"):
        return form.having(template_id=what.removeprefix("use:")[:100])
    if what == "rows":
        return take_rows(form)
    if what == "one":
        return take_one(form, zone)
    return take_term(form, zone) if what == "term" else form


async def _looked_up(request: Request, actor: Actor, form: Form) -> Form:
    number = form.value("number")
    if not number:
        return form.wrong(number="Type the encounter number first.")
    async with office_of(request).database.transaction(actor.scope()) as conn:
        found = await reading_charts.of_number(conn, number)
        wanted = [row for row in found if form.value("facility") in ("", row["facility"])]
        if len(wanted) == 1:
            await identity.record_view(conn, actor, wanted[0]["chart_id"], "chart")
            return _of_chart(form, wanted[0])
    if wanted:
        facilities = ", ".join(sorted({row["facility"] for row in wanted}))
        return form.wrong(
            facility=f"Several facilities have this number: {facilities}. Type which one, and look again."
        )
    return form.having(known="").wrong(
        number="Nothing is known of this encounter yet: fill in what you know. The gap makes its chart."
    )


def _of_chart(form: Form, chart: Row) -> Form:
    """Fill in what a known chart says; what was typed already stays, except where the chart knows better."""
    known = {
        "known": chart["chart_id"],
        "number": chart["encounter_number"],
        "facility": chart["facility"],
        "setting": form.value("setting") or chart["encounter_class"] or "",
        "service": form.value("service") or chart["service"] or "",
        "provider_id": form.value("provider_id") or chart["attending_id"] or "",
    }
    return form.having(**known)


async def _offered(request: Request, form: Form, sent: FormData) -> Form:
    """Read the bundle that was pasted or sent as a file. It is read and forgotten: only what it offers is shown."""
    upload = sent.get("bundle_file")
    raw = await upload.read() if isinstance(upload, UploadFile) and upload.size else form.value("bundle").encode()
    emptied = form.without("bundle")
    if not raw:
        return emptied.wrong(bundle="Paste a bundle, or choose a file.")
    try:
        picked = read_bundle(raw, _zone(request, form))
    except NotFhir as error:
        return emptied.wrong(bundle=str(error))
    some = replace(picked, indicators=picked.indicators[:MOST_OFFERED], terms=picked.terms[:MOST_OFFERED])
    return replace(emptied, offered=some)


async def _form(request: Request, actor: Actor, form: Form, *, status: int = 200, fragment: str = "fields") -> Response:
    """Return the form with its preview, or the one part of it that a script asks for."""
    context: dict[str, Any] = {"form": form, "house_zone": _zone(request, form).key, "shown": None}
    if fragment == "preview" or not wants_fragment(request):
        context["shown"] = await _shown(request, actor, form)
    if fragment == "fields" or not wants_fragment(request):
        context |= await _choices(request, actor, form)
    return page(request, "raise.html", TITLE, context, status, fragment=fragment)


async def _choices(request: Request, actor: Actor, form: Form) -> dict[str, Any]:
    """Return what the fields offer, and what is known of the stay."""
    office = office_of(request)
    async with office.database.transaction(actor.scope()) as conn:
        found = await people.search_providers(conn, form.value("provider_search")[:100], limit=50)
        chosen = await people.provider(conn, form.value("provider_id")) if form.value("provider_id") else None
        chart = await _known(conn, form)
    if chosen is not None and all(row["id"] != chosen["id"] for row in found):
        found = [chosen, *found]
    return {
        "chart": chart,
        "found": found,
        "facilities": sorted(office.policy.zones),
        "categories": [(one, f"{say(one)}: {CATEGORY_HELP[one]}") for one in get_args(Category)],
        "response_types": [(one, say(one)) for one in get_args(ResponseType)],
        "sensitivities": [(one, say(one)) for one in get_args(Sensitivity)],
        "kinds": [(one, say(one)) for one in get_args(IndicatorKind)],
        "holds": bool(form.value("category")) and office.policy.blocks(form.value("category"), False),  # type: ignore[arg-type]
        "most_offered": MOST_OFFERED,
        **_helpers(await _catalogue(request), form),
    }


async def _known(conn: Connection, form: Form) -> Row | None:
    return await reading.chart(conn, form.value("known")) if form.value("known") else None


async def _catalogue(request: Request) -> Catalogue:
    """Return the names that help; without a query builder the form works without them."""
    builder: BuilderClient | None = request.app.state.builder
    if builder is None:
        return Catalogue()
    try:
        return await builder.catalogue()
    except BuilderUnavailable:
        return Catalogue()


def _helpers(names: Catalogue, form: Form) -> dict[str, Any]:
    """Return what the lists of suggestions hold: of the chosen category and kind of stay, or all of it."""
    fitting = [
        one
        for one in names.templates
        if form.value("category") in ("", *one.categories) and form.value("setting") in ("", *one.settings)
    ]
    return {
        "templates": [(one.id, f"{one.id.replace('-', ' ')} ({one.title})") for one in fitting],
        "concepts": sorted({one.concept for one in fitting if one.concept}),
        "axes": sorted({one.axis for one in fitting if one.axis}),
        "indicator_names": names.indicators,
    }


@dataclass(frozen=True, slots=True)
class Shown:
    """The preview as the page shows it. `said`: what would happen, in one sentence; `tone`: how the note looks."""

    said: str
    tone: str = ""
    foresight: Foresight | None = None
    preview: Preview | None = None
    marked: Marked | None = None


async def _shown(request: Request, actor: Actor, form: Form) -> Shown:
    office = office_of(request)
    content = draft_of(form, form.value("form_id"), office.clock(), _zone(request, form))
    if content is None:
        return Shown("Choose the kind of stay and what is missing; then the question appears here.")
    builder: BuilderClient | None = request.app.state.builder
    author = Author(user_id=actor.user_id, source=f"api/{actor.user_id}", person=True)
    foresight = await foresee(office, content, author)
    if foresight.request is None:
        return Shown(
            "This question is open on the chart already; a second gap would wait behind it.", "warn", foresight
        )
    if builder is None:
        return Shown("There is no preview here: no query builder is connected.", "warn", foresight)
    try:
        preview = await builder.preview(foresight.request)
        if preview.recipients is not None:
            known = await foresee(office, content, author, preview.recipients)
            if known.request is not None and known.request.recipient_role != foresight.request.recipient_role:
                preview = await builder.preview(known.request)
            foresight = known
    except BuilderUnavailable:
        return Shown("There is no preview just now; what you wrote is kept. Try again in a moment.", "warn", foresight)
    marked = Marked(preview.document, preview.findings) if preview.document else None
    said, tone = _said(preview, foresight)
    return Shown(said, tone, foresight, preview, marked)


def _said(preview: Preview, foresight: Foresight) -> tuple[str, str]:
    """Say what would happen to the gap as it stands."""
    if preview.verdict == "block":
        return "The check would block this text: it could not be sent as it is.", "wrong"
    if preview.document is None:
        return f"No question can be composed yet: {preview.detail}.", "warn"
    if foresight.recipient is None:
        return "Nobody would be asked: choose a provider, or a service that has a default.", "warn"
    if not preview.issued:
        return f"Would wait for a person before it is sent: {preview.detail}.", "warn"
    return "Would be sent at once.", "good"
