"""Codes of code sets in visible text: by a short dictionary, and ICD-10-CM by its dotted form with guards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.text import Span

_DOTTED = re.compile(r"\b[A-TV-Z]\d[0-9AB]\.[0-9A-Z]{1,4}\b")
_BARE = re.compile(r"\b(?:[A-Z]\d[0-9A-Z]{1,5}|\d{5})\b(?!\.\w)")
_DRG = re.compile(r"\bDRG\s*#?\s*\d{1,3}\b", re.IGNORECASE)
# "T38.9" is a temperature, "T-score" a density, D5.45 a fluid: letters that stand for a measured quantity.
_MEASURED = re.compile(r"T(?:3[4-9]|4[0-2])\.\d|D(?:5|10|50)\.\d+")


def codes_in(text: str, dictionary: frozenset[str]) -> Iterator[Span]:
    """Yield the spans of codes in `text`. A1c, B12, D5W, L4, T12 and temperatures are no codes."""
    for found in _DOTTED.finditer(text):
        if not _MEASURED.fullmatch(found.group()):
            yield found.span()
    for found in _BARE.finditer(text):
        if found.group() in dictionary:
            yield found.span()
    for found in _DRG.finditer(text):
        yield found.span()
