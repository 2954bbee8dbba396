"""Whether the form of a query stands in the library and is in force, as far as the query itself says so (R-34)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import review
from compliance.reading import Passage, Reading
from compliance.text import Span, bag, sentences
from schemas.check import Finding

# "Free-form query", "ad hoc wording", "written without a template".
_FREE = re.compile(
    r"\bfree[ -]?form\b|\bfree[ -]?text (?:query|request|question|wording)\b|\bad[ -]hoc\b"
    r"|\b(?:written|worded|composed|drafted) (?:freely|individually|by hand|for this (?:one )?case)\b"
    r"|\bindividual(?:ly)? (?:worded|written|wording|query|text|request)\b"
    r"|\b(?:wording|text|form) (?:is|was) (?:my own|our own|the author's|individual|the sender's|mine|ours)\b"
    r"|\b(?:my|own|author's) (?:own )?(?:wording|text|form|template|version)\b(?<!in my own wording)",
    re.IGNORECASE,
)
_FORMS = r"(?:templates?|librar(?:y|ies)|(?:standard|approved|library|query|existing) forms?)"
_OUTSIDE = re.compile(
    rf"\b(?:no|without|not(?: yet)?|outside|none of|nothing in|never|follows no|lacks|missing from|absent from)\b"
    rf"(?: (?!than\b)[a-z]+){{0,4}}? {_FORMS}\b"
    rf"|\b{_FORMS} (?:has|had|holds|held|knows|offers|covers|contains|did|does)"
    r" (?:nothing|none|not|no form|no template|no wording)\b"
    r"|\b(?:no|not an?) form (?:for|exists?|exist|is available|was available|covers|fits|fitted)\b",
    re.IGNORECASE,
)
_FORM = frozenset({"form", "forms", "template", "templates", "sheet", "worksheet", "macro", "library"})
_NOT = frozenset({"not", "never", "cannot", "nothing"})
_SHORT = re.compile(r"\b(?:form|template|sheet) (?:no\. ?|number |id )?([A-Z]{4,12})-", re.IGNORECASE)


def form_is_in_force(reading: Reading) -> Iterator[Finding]:
    """R-34: a query that says itself that it stands on no form of the library, or on none in force, is reviewed."""
    for text in (text for text in (reading.context, reading.footer) if text is not None):
        for span in sentences(text.text):
            place = _ungoverned(reading, text, span)
            if place is not None:
                message = "The text says that it stands on no form of the library that is in force."
                yield review(
                    "R-34", text.field, message, "Use an approved form, or let a second person read it.", place
                )


def _ungoverned(reading: Reading, text: Passage, span: Span) -> Span | None:
    """Return where a sentence tells of a form that is free, of somebody's own, or out of force."""
    if not text.authored(span[0]):
        return None
    said = bag(text.text[slice(*span)])
    found = _FREE.search(text.text, *span) or (_OUTSIDE.search(text.text, *span) if said & _FORM else None)
    if found is not None:
        return found.span()
    state = said & reading.knowledge.vocabulary("form_state")
    if text.field == "footer" and state and said & _FORM and not said & _NOT:
        return span
    named = _SHORT.search(text.text, *span)
    return named.span(1) if named is not None and reading.knowledge.concepts(named.group(1)) else None
