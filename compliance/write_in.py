"""What is joined to an answer, and which of it only asks to write the answer in ("(please specify)", ": ____")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from compliance.text import Span, bag

# What is joined to an answer: in brackets, behind a dash, a colon or a semicolon, or as a clause of its own.
_BRACKETS = re.compile(r"[(\[][^()\[\]]*[)\]]")
_CLAUSES = re.compile(r"(?: [-–—]|[:;,]) (?:(?! [-–—] )[^:;,])*")
_LINE = re.compile(r"[:;,]?\s*_{2,}")


def joined(text: str) -> Iterator[Span]:
    """Yield what is joined to an answer: each pair of brackets, and what follows a dash, a semicolon or a comma."""
    yield from (found.span() for found in _BRACKETS.finditer(text))
    bare = _BRACKETS.sub(lambda found: " " * len(found.group()), text)
    yield from (found.span() for found in _CLAUSES.finditer(bare))


def write_ins(text: str, asking: frozenset[str]) -> tuple[Span, ...]:
    """Return what is joined to an answer and asks for nothing but what it is; `asking`: the words of which it is made.

    "How it is related" is no price: whoever gives such an answer says it anyway.
    """
    return tuple(span for span in joined(text) if bag(text[slice(*span)]) <= asking)


@lru_cache(maxsize=4096)
def without_write_ins(text: str, asking: frozenset[str]) -> str:
    """Return an answer without what only asks to write it in, and without lines to write on."""
    for start, end in sorted(write_ins(text, asking), reverse=True):
        text = f"{text[:start]} {text[end:]}"
    return _LINE.sub(" ", text).strip()
