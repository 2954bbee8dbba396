"""Synthetic documents for the tests of the check: one complying query and message, and ways to change them."""

from __future__ import annotations

from typing import Any

from compliance import check, shipped_knowledge
from schemas.check import CheckDocument, MessageDocument, QueryDocument, Verdict

KNOWLEDGE = shipped_knowledge()

CREATININE = {
    "name": "Creatinine",
    "value": "0.9",
    "unit": "mg/dL",
    "source": "Laboratory",
    "observed_at": "2026-05-04T06:10:00",
}
CREATININE_LATER = {**CREATININE, "value": "2.4", "observed_at": "2026-05-05T05:55:00"}
FLUIDS = {
    "name": "Normal saline",
    "value": "2 L",
    "unit": None,
    "source": "MAR",
    "observed_at": "2026-05-05T08:00:00",
    "author_role": "nurse",
}
BUN = {"name": "BUN", "value": "52", "unit": "mg/dL", "source": "Laboratory", "observed_at": "2026-05-05T05:55:00"}
OTHER = {"text": "Other (please specify)", "kind": "other"}
UNDETERMINED = {"text": "Unable to determine", "kind": "undetermined"}

KIDNEY: dict[str, Any] = {
    "title": "Clarification: kidney function results",
    "setting": "inpatient",
    "phase": "concurrent",
    "category": "missing_diagnosis",
    "response_type": "multiple_choice",
    "recipient_role": "attending",
    "encounter_started_at": "2026-05-04T05:00:00",
    "admission_order_at": "2026-05-04T09:00:00",
    "documented": [
        {"term": "Gastroenteritis", "source": "H&P", "author_role": "attending", "recorded_at": "2026-05-04T10:00:00"}
    ],
    "indicators": [CREATININE, CREATININE_LATER, FLUIDS, BUN],
    "question": (
        "Please indicate which of the following, if any, best describes "
        "the condition associated with the findings below."
    ),
    "options": [
        {"text": "Acute kidney injury due to (please specify)", "kind": "clinical", "evidence": [0, 1]},
        {"text": "Prerenal azotemia", "kind": "clinical", "evidence": [2, 3]},
        OTHER,
        UNDETERMINED,
    ],
}

OPEN: dict[str, Any] = {
    **KIDNEY,
    "response_type": "open_ended",
    "question": (
        "Based on your clinical judgment, please document the condition, if any, that the findings below represent."
    ),
    "options": [],
}

PRESENT_ON_ADMISSION: dict[str, Any] = {
    **KIDNEY,
    "title": "Pressure injury: timing",
    "category": "present_on_admission",
    "response_type": "yes_no",
    "documented": [
        {
            "term": "Stage 2 pressure injury, left heel",
            "source": "Progress note",
            "author_role": "attending",
            "recorded_at": "2026-05-06T10:00:00",
        }
    ],
    "indicators": [
        {
            "name": "Skin assessment",
            "value": "Left heel: open area, pink base",
            "unit": None,
            "source": "ED nursing note",
            "observed_at": "2026-05-04T06:00:00",
            "author_role": "nurse",
        }
    ],
    "question": (
        "Stage 2 pressure injury of the left heel is documented on 05/06. "
        "Was it present at the time of the inpatient admission order (05/04/2026 09:00)?"
    ),
    "options": [
        {"text": "Yes", "kind": "yes", "evidence": [0]},
        {"text": "No", "kind": "no"},
        OTHER,
        UNDETERMINED,
    ],
}

CONFLICT: dict[str, Any] = {
    **KIDNEY,
    "title": "Clarification: side",
    "category": "conflict",
    "documented": [
        {
            "term": "Right ankle fracture",
            "source": "H&P",
            "author_role": "resident",
            "recorded_at": "2026-05-04T10:00:00",
        },
        {
            "term": "Left ankle fracture",
            "source": "Operative note",
            "author_role": "surgeon",
            "recorded_at": "2026-05-05T10:00:00",
        },
    ],
    "indicators": [
        {
            "name": "H&P",
            "value": "right ankle fracture",
            "unit": None,
            "source": "H&P",
            "observed_at": "2026-05-04T10:00:00",
            "author_role": "resident",
            "quoted": True,
        },
        {
            "name": "Operative note",
            "value": "left ankle fracture fixed",
            "unit": None,
            "source": "Operative note",
            "observed_at": "2026-05-05T10:00:00",
            "author_role": "surgeon",
            "quoted": True,
        },
    ],
    "question": "The record contains the following statements. Please clarify the side that applies.",
    "options": [
        {"text": "Left", "kind": "clinical", "evidence": [1]},
        {"text": "Right", "kind": "clinical", "evidence": [0]},
        OTHER,
        UNDETERMINED,
    ],
}

BASES = (KIDNEY, OPEN, PRESENT_ON_ADMISSION, CONFLICT)
RANK = {"pass": 0, "review": 1, "block": 2}

HOSTILE = ("a ", "a.\n", "please clarify the ", "[x] ", "1 ", '"a" ')
"""Pieces of which long texts are hard to read."""

MESSAGE: dict[str, Any] = {
    "kind": "notification",
    "channel": "email",
    "subject": "Documentation clarification",
    "body": "You have 2 documentation clarifications waiting for you. Sign in to review them.",
    "link": "https://cdi.example.org/n/7fQ2kLx9",
}


def judge(base: dict[str, Any] = KIDNEY, **changes: Any) -> Verdict:
    """Check a query that differs from `base` in some fields."""
    return check(CheckDocument(id="q", query=QueryDocument.model_validate({**base, **changes})), KNOWLEDGE)


def judge_message(**changes: Any) -> Verdict:
    """Check a message that differs from the complying one in some fields."""
    return check(CheckDocument(id="m", message=MessageDocument.model_validate({**MESSAGE, **changes})), KNOWLEDGE)


def rules(verdict: Verdict, *severities: str) -> set[str]:
    """Return the rules named by a verdict's findings of the given severities (default: block and review)."""
    wanted = severities or ("block", "review")
    return {finding.rule for finding in verdict.findings if finding.severity in wanted}
