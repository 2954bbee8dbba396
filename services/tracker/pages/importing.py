"""Importing providers: a file is shown with all it would change and all that is wrong in it, and then applied."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from services.tracker.api import admin
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem
from services.tracker.identity import Actor
from services.tracker.importing import NotReadable, Planned, plan, read_file
from services.tracker.pages.rendering import go, page
from services.tracker.pages.session import Admin

router = APIRouter(include_in_schema=False)
SHOWN = 500


@router.get("/providers/import")
async def form(request: Request, _: Admin) -> Response:
    """Show the form for a file."""
    return page(
        request, "import.html", "Import providers", {"planned": None, "counts": Counter(), "text": "", "shown": SHOWN}
    )


@router.post("/providers/import")
async def preview(request: Request, actor: Admin) -> Response:
    """Show what the file would change. With `apply`, change it, if no row is wrong."""
    text = await _text(request)
    planned = await _plan(request, actor, text)
    counts = Counter(one.kind for one in planned)
    form = await request.form()
    if form.get("apply") != "yes" or counts["fault"]:
        context = {"planned": planned, "counts": counts, "text": text, "shown": SHOWN}
        return page(request, "import.html", "Import providers", context)
    records = [one.read.record for one in planned if one.read.record and one.kind != "same"]
    await admin.import_providers(records, office_of(request), actor)
    return go("/providers", "imported")


async def _text(request: Request) -> str:
    sent = await request.form()
    file = sent.get("file")
    if isinstance(file, UploadFile) and not file.filename:
        await file.close()
    elif isinstance(file, UploadFile):
        try:
            return (await file.read()).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Problem(422, "The file cannot be read", "It is not UTF-8. Save it as CSV in UTF-8.") from None
        finally:
            await file.close()
    return str(sent.get("text", ""))


async def _plan(request: Request, actor: Actor, text: str) -> list[Planned]:
    known = {one.id: one for one in await admin.list_providers(office_of(request), actor)}
    try:
        return plan(read_file(text), known)
    except NotReadable as error:
        raise Problem(422, "The file cannot be read", str(error)) from None
