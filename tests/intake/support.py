"""Small synthetic encounters for the intake tests; the people and numbers are invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)


def observation(concept: str, value: float, at: str, **more: Any) -> dict[str, Any]:
    """Return one laboratory row of a synthetic encounter."""
    row = {"name": concept.capitalize(), "concept": concept, "loinc": None, "value": value, "unit": "mg/dL"}
    return {**row, "reference_range": None, "observed_at": at, "source": "Laboratory", **more}


def encounter(**changes: Any) -> dict[str, Any]:
    """Return a synthetic encounter of 2150 with a rising creatinine that no diagnosis explains."""
    record = {
        "encounter_id": "enc-testa-1",
        "patient_ref": "pat-testa",
        "admitted_at": "2150-03-02T14:00:00",
        "discharged_at": "2150-03-06T11:30:00",
        "service": "MED",
        "diagnoses": ["Chronic kidney disease, unspecified", "Essential hypertension"],
        "observations": [
            observation("creatinine", 0.9, "2150-03-02T11:15:00", loinc="2160-0", comparator="<"),
            observation("bun", 18, "2150-03-02T11:15:00", reference_range={"low": 6, "high": 20}),
            observation("creatinine", 2.4, "2150-03-04T06:00:00", loinc="2160-0"),
            observation("creatinine", 1.1, "2150-03-06T06:00:00", loinc="2160-0"),
        ],
        "medications": [
            {"name": "Furosemide", "dose": "40 mg", "route": "IV", "started_at": "2150-03-02"},
            {"name": "Furosemide", "dose": "20 mg", "route": "PO", "started_at": "2150-03-05T08:00:00"},
            {"name": "Senna", "dose": "1 tab", "route": "PO", "started_at": "2150-03-03"},
        ],
        "procedures": [],
        "findings": [{"code": "creatinine_rise", "first_at": "2150-03-04T06:00:00", "evidence": [0, 2]}],
    }
    return {**record, **changes}


def line(**changes: Any) -> str:
    """Return a synthetic encounter as a line of a file."""
    return json.dumps(encounter(**changes))
