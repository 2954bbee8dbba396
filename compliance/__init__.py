"""Deterministic checks of every text that reaches a provider. Pure functions; knowledge is an argument."""

from __future__ import annotations

from compliance.checking import check
from compliance.clinical_data import criterion_from
from compliance.criteria import supported_by, supporting
from compliance.defining import definitions, evidence_of
from compliance.entries import Approved, Criterion, Evidence, Stem
from compliance.files import RULESET
from compliance.knowledge import Knowledge
from compliance.language_data import stem_from
from compliance.loading import shipped_knowledge

__all__ = [
    "RULESET",
    "Approved",
    "Criterion",
    "Evidence",
    "Knowledge",
    "Stem",
    "check",
    "criterion_from",
    "definitions",
    "evidence_of",
    "shipped_knowledge",
    "stem_from",
    "supported_by",
    "supporting",
]
