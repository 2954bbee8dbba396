"""Validations that are asked under another name: whether a documented diagnosis holds, or on what it rests (R-22)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import review
from compliance.reading import Reading
from compliance.text import bag
from schemas.check import Finding

_OPEN_CATEGORIES = frozenset({"clinical_validation", "uncertain_diagnosis", "conflict", "present_on_admission"})
_OF_ITS_BASIS = re.compile(
    r"\b(?:clinical )?(?:basis|grounds|foundation) (?:of|for|on which|behind) (?:the |this |your |that )"
    r"|\b(?:which|what) (?:clinical )?(?:findings|evidence|criteria|signs|values|indicators) (?:supports?|supported"
    r"|led to|underlie|underlay|justify|justified|back|were used|are the basis)\b"
    r"|\b(?:findings|criteria|evidence|signs|values|indicators) (?:on|upon|from) which (?:the|this|your|that)\b"
    r"|\b(?:findings|criteria|evidence|signs|indicators) (?:that|which) (?:support|supported|led to|underlie|justify"
    r"|were used)"
    r"|\bthe clinical basis\b|\bdo you base\b|\b(?:led|brought|caused) you to\b"
    r"|\bexplain (?:the|this|your) diagnosis of\b"
    r"|\bhow (?:was|is|were) (?:the|this|your) [^?]{3,80} (?:established|made|diagnosed|arrived at"
    r"|reached|supported)\b",
    re.IGNORECASE,
)
_WHETHER_IT_HOLDS = re.compile(
    r"\b(?:diagnosis|term|condition|it|finding)\b[^.?!]{0,40}\b(?<!being )(?:supported(?! (?:with|on)\b)|valid"
    r"|justified|warranted|substantiated|borne out|well founded|upheld|tenable)\b"
    r"|\b(?:does|do|whether) (?:the|this|your) (?:diagnosis|term|condition) (?:still )?(?:stand|stands|hold|holds)\b"
    r"|\bbears? out (?:the|this|your)\b|\bvalid diagnosis\b|\bstill (?:apply|applies|stands?|holds?)\b"
    r"|\b(?:accurate|correct|right) (?:as (?:documented|written|recorded|stated)|diagnosis)\b"
    r"|\bfindings\b[^.?!]{0,30}\b(?:do|does) not (?:mention|show|support|contain|reflect)\b",
    re.IGNORECASE,
)
_SETTLED = frozenset({"confirmed", "established", "verified", "upheld", "valid"})
_STRUCK = re.compile(
    r"\b(?:ruled out|excluded|not (?:present|confirmed|supported|established)|removed|withdrawn)\b", re.IGNORECASE
)
_APPROVE = "Ask it as a clinical validation, and let a second clinician approve it."


def validated_by_another_name(reading: Reading) -> Iterator[Finding]:
    """R-22: whether a documented diagnosis holds, and on what it rests, is a clinical validation in any category."""
    question = reading.question
    if question is None or reading.query.category in _OPEN_CATEGORIES or not reading.query.documented:
        return
    found = _OF_ITS_BASIS.search(question.text) or _WHETHER_IT_HOLDS.search(question.text)
    if found is not None and question.authored(found.start()):
        message = "The question asks whether a documented diagnosis holds, or on what it rests."
        yield review("R-22", "question", message, _APPROVE, found.span())


def confirmed_or_struck(reading: Reading) -> Iterator[Finding]:
    """R-22: that a diagnosis without any doubt is confirmed, or ruled out, is a clinical validation."""
    query = reading.query
    if query.category in _OPEN_CATEGORIES or query.response_type != "multiple_choice":
        return
    doubting = reading.knowledge.vocabulary("doubting")
    if any(term & doubting for term in reading.documented_bags):
        return
    struck = [
        option.text
        for option in query.options
        if option.kind in ("clinical", "ruled_out") and _STRUCK.search(option.text)
    ]
    settled = [
        option.text
        for _, option in reading.clinical_options
        if bag(option.text) & _SETTLED and not _STRUCK.search(option.text)
    ]
    if struck and settled and any(reading.covered(_plain(text)) for text in (*settled, *struck)):
        message = "The answers say whether a documented diagnosis holds."
        yield review("R-22", "options", message, _APPROVE)


def _plain(text: str) -> str:
    """Return an answer without the words that settle or strike it."""
    return " ".join(word for word in _STRUCK.sub(" ", text).split() if word.lower() not in _SETTLED)
