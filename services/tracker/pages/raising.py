"""Raise a gap by hand: its JSON is pasted, checked against the contract, and taken as the API takes it."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from schemas.events import GAPS
from schemas.gaps import GapRaised, GapWithdrawn
from services.tracker.api import gaps
from services.tracker.api.access import office_of
from services.tracker.api.problems import Problem
from services.tracker.identity import Actor
from services.tracker.pages.rendering import page
from services.tracker.pages.session import Fields, may

router = APIRouter(include_in_schema=False)
Author = Annotated[Actor, Depends(may("raise_gap"))]

EXAMPLE = {
    "gap_id": "G-0001",
    "occurred_at": "2026-11-21T08:00:00Z",
    "facility": "example-hospital",
    "encounter": {"number": "E-0001", "started_at": "2026-11-20T06:00:00Z"},
    "patient": {"reference": "P-0001", "name": "Example Person", "mrn": "M-0001", "birth_date": "1950-01-01"},
    "setting": "inpatient",
    "category": "missing_diagnosis",
    "addressee": {"role": "attending", "service": "Medicine"},
    "reason_code": "example",
    "indicators": [
        {
            "name": "Sodium",
            "loinc": "2951-2",
            "value": "128",
            "unit": "mmol/L",
            "kind": "laboratory",
            "source": "Laboratory",
            "observed_at": "2026-11-20T07:00:00Z",
        },
        {
            "name": "Sodium",
            "loinc": "2951-2",
            "value": "131",
            "unit": "mmol/L",
            "kind": "laboratory",
            "source": "Laboratory",
            "observed_at": "2026-11-21T06:00:00Z",
        },
        {
            "name": "Fluid restriction",
            "value": "1000 mL per day",
            "kind": "order",
            "source": "Orders",
            "observed_at": "2026-11-20T09:00:00Z",
        },
    ],
}


@router.get("/gaps/new")
async def form(request: Request, _: Author) -> Response:
    """Show the form with an example."""
    return _form(request)


def _form(request: Request, typed: str = "", error: str | None = None, taken: gaps.TakenAll | None = None) -> Response:
    context = {"typed": typed, "error": error, "taken": taken, "example": json.dumps(EXAMPLE, indent=2)}
    return page(request, "gap.html", "Raise a gap", context, 422 if error else 200)


@router.post("/gaps/new/raise")
async def raise_gap(request: Request, actor: Author, fields: Fields) -> Response:
    """Take the gap, or show the form again with what is wrong."""
    typed = fields.get("gap", "")
    try:
        body = json.loads(typed)
    except ValueError as error:
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        return _form(request, typed, f"This is not JSON{place}.")
    try:
        taken = await gaps.take_all(body, office_of(request), actor, GAPS, (GapRaised, GapWithdrawn), GapRaised)
    except Problem as problem:
        return _form(request, typed, f"{problem.title}: {problem.detail}")
    return _form(request, taken=taken)
