"""Names of people and of places that a text may hold because of how they are written: after a title, before a hospital.

"Dr. Colm Abara", "Lakefront Hospital", "Saginaw, MI": such names say nothing of a disease, whatever they are, as long
as no list of the check speaks of their words. Reading them is one regular expression, so that every part of the check
means the same by it.
"""

from __future__ import annotations

import re

from compliance.text import Span

_NAME = r"\b[A-Z][\w'’-]{1,30}"
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
_PERSON = re.compile(rf"(?:\b(?:Dr|Mr|Ms|Mrs|Mx|Miss|Prof)\b\.?|\b[A-Z]\.)(?: [A-Z]\.)*(?: {_NAME}){{0,2}}")
_WRITER = re.compile(rf"\b(?:Dr|Mr|Ms|Mrs|Mx|Miss|Prof)\b\.?(?: [A-Z]\.)*(?: {_NAME}){{1,2}}")
# Who wrote a note, in brackets behind it: "H&P (Averill, 05/04)".
_WROTE = re.compile(rf"(?<=\(){_NAME}(?=,? \d{{1,2}}[/ ])")
# The number of a policy or a form: "policy SURG-7".
_NUMBERED = re.compile(r"\b[A-Z]{2,6}-\d{1,4}[a-z]?\b")
_SIGNATORY = re.compile(
    rf"\b[A-Z]\.(?: ?[A-Z]\.)* ({_NAME})(?=,? (?:RN|RHI[AT]|CC[ADS]S?|CDIP|CPC|CRC|MD|DO|NP|PA|BSN|MSN"
    rf"|(?:clinical |lead |senior )?cod(?:er|ing)|CDI|HIM|(?:clinical )?documentation|health information)\b)"
)
_PLACE = re.compile(
    rf"{_NAME}(?: {_NAME})? (?:Hospital|Infirmary|Medical (?:Center|Centre|Group)"
    r"|Health(?: Center| Centre| System|care)?|Clinics?|Children's|Institute|Hospice|Pavilion|Campus"
    r"|Surgery Cent(?:er|re)|Rehabilitation|Physicians"
    r"|Infusion Cent(?:er|re))\b"
    rf"|{_NAME}(?: {_NAME})?, (?:{_STATES})\b"
)


def people(text: str) -> tuple[Span, ...]:
    """Return where people are named, after a title or by initials; the title belongs to the name."""
    return tuple(found.span() for found in _PERSON.finditer(text))


def named_by_form(text: str) -> tuple[Span, ...]:
    """Return where a person after a title or before a credential, a hospital, or a town with its state is named."""
    named = (found.span() for form in (_WRITER, _PLACE, _WROTE, _NUMBERED) for found in form.finditer(text))
    return tuple(sorted((*named, *signatories(text))))


def signatories(text: str) -> tuple[Span, ...]:
    """Return where a surname stands between its initials and what its bearer does: "T. Whitlow, clinical coder"."""
    return tuple(found.span(1) for found in _SIGNATORY.finditer(text))


def without_writers(text: str) -> str:
    """Return a text without the names of those who wrote: "Progress note (Dr. Abara)" is a progress note."""
    return _WRITER.sub(" ", text)
