"""The field's own words, each in one place. Sources: compliance rules 1.5, the check's document format."""

from __future__ import annotations

from typing import Literal

Setting = Literal["inpatient", "outpatient", "professional"]
Phase = Literal["prospective", "concurrent", "retrospective", "post_bill"]
Category = Literal[
    "missing_diagnosis",
    "treatment_without_diagnosis",
    "specificity",
    "acuity",
    "stage",
    "laterality",
    "significance",
    "cause_effect",
    "complication",
    "conflict",
    "present_on_admission",
    "clinical_validation",
    "procedure",
    "status",
    "uncertain_diagnosis",
    "principal_reason",
]
ResponseType = Literal["open_ended", "multiple_choice", "yes_no"]
RecipientRole = Literal[
    "attending",
    "consultant",
    "surgeon",
    "resident",
    "advanced_practice",
    "dietitian",
    "wound_nurse",
    "physician_advisor",
    "nurse",
    "coder",
]
AskedRole = Literal[
    "author", "attending", "surgeon", "consultant", "resident", "advanced_practice", "dietitian", "wound_nurse"
]
"""Whom a template may ask; `author` is who wrote the statement that the question names."""
OptionKind = Literal["clinical", "yes", "no", "other", "undetermined", "not_significant", "integral", "ruled_out"]
IndicatorKind = Literal[
    "laboratory", "vital_sign", "medication", "procedure", "imaging", "assessment", "note", "order", "other"
]
Priority = Literal["urgent", "soon", "routine"]
Sensitivity = Literal["normal", "substance_use", "hiv", "psychiatry"]
"""`substance_use` is 42 CFR Part 2; everything but `normal` is seen only by explicit right."""

UserRole = Literal["coder", "provider", "cdi_specialist", "physician_advisor", "compliance", "admin", "service"]
Release = Literal["automatic", "any_person", "second_person"]
"""How a checked draft may be released: by itself, by any person, or only by a second one."""

VerdictName = Literal["pass", "review", "block"]
Severity = Literal["block", "review", "warn"]

MessageKind = Literal["notification", "reminder", "escalation", "digest", "reply"]
Channel = Literal["email", "sms", "push", "webhook", "inbox", "chat"]

GapState = Literal["accepted", "requested", "queried", "held", "resolved", "withdrawn", "dismissed", "duplicate"]
QueryState = Literal[
    "held",
    "issued",
    "delivered",
    "opened",
    "answered",
    "awaiting_cosign",
    "awaiting_documentation",
    "under_review",
    "closed",
    "withdrawn",
    "superseded",
    "auto_resolved",
]
Outcome = Literal[
    "AGREED_DOCUMENTED",
    "AGREED_OTHER",
    "DISAGREED",
    "UNDETERMINED",
    "NOT_SIGNIFICANT",
    "INADEQUATE_RESPONSE",
    "CONFIRMED_VALIDATED",
    "NOT_VALIDATED",
    "ESCALATED_RESOLVED",
    "NO_RESPONSE_CLOSED",
]
LateDecision = Literal["recode", "rebill", "no_change"]
"""What an answer that came after its query had ended changes."""
WithdrawReason = Literal["error", "duplicate", "documentation_appeared", "patient_transferred", "not_needed"]
AnswerCode = Literal[
    "OPTION_SELECTED",
    "OTHER_TEXT",
    "UNABLE_TO_DETERMINE",
    "NOT_CLINICALLY_SIGNIFICANT",
    "INTEGRAL_TO",
    "RULED_OUT",
    "FREE_TEXT",
    "DECLINED",
]
