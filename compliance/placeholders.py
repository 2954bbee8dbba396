"""Merge fields that were never filled, instructions to a template's author, and slots that stayed empty (R-26)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.text import Span

_NAMES = (
    "name|date|time|value|diagnosis|drug|dose|provider|term|finding|result|unit|side|site|insert|enter|condition|source|"
    "role|procedure|patient|author"
)
# Every repetition is bounded and none is nested, so that a hostile text costs linear time.
_FORMS = (
    r"\{\{[^{}]{0,80}\}\}|\{%|<%",
    r"\{[A-Za-z_][\w .|/-]{0,60}\}|\{\d\}|\$\{[^{}]{0,80}\}",
    r"<<[^<>]{0,80}>>|«[^«»]{0,80}»",
    rf"<(?:[a-z]{{2,20}}[ _-])?(?:{_NAMES})[\w -]{{0,40}}>",
    r"\[(?!sic\])[A-Za-z][A-Za-z _/',.-]{2,60}\]",
    r"\$[A-Z][A-Z_]{2,40}\b|%\([a-z_]{1,40}\)s|%%\w{1,40}%%|%[A-Z][A-Z_]{2,40}%",
    r"@{1,2}[A-Z][A-Z_]{2,40}@{1,2}|#[A-Z][A-Z_]{2,40}#|\|[A-Z][A-Z_]{2,40}\||\b[A-Z]{2,20}_[A-Z_]{2,40}\b",
    r"\*{3,}|_{3,}|\?{2,}/\?{2,}|\(\s{0,4}\)",
    r"\b(?:TBD|TBC|TODO|FIXME|XXX{1,20}|NaN|undefined|lorem ipsum|dummy text|sample text)\b|#(?:N/A|REF!|VALUE!)",
    r"\b(?:XX?/XX?|xx?/xx?)\b|\b(?:MM/DD|DD/MM)(?:/YY(?:YY)?)?\b|\bYYYY\b|\bHH:MM\b",
    r"\((?:delete|strike|cross out|choose|select|insert|enter|fill in|complete|circle|remove)\b[^()]{2,80}\)",
    r"\b(?:insert|enter|type|fill in|put) (?:the |a )?[a-z]{3,20} here\b",
    r"\b(?:on|of|by|from|at|for|the|a|with) {1,3}(?=[.,;:?)](?:\s|$))|\bDr\.? ?,",
)
_PLACEHOLDER = re.compile("|".join(_FORMS))
_LINE = re.compile(r"_{3,}")


def placeholders(text: str, *, writing_lines: bool = False) -> Iterator[Span]:
    """Yield the span of each unfilled placeholder. `writing_lines`: a line to write on is none, as in an answer."""
    if writing_lines:
        text = _LINE.sub(lambda line: " " * len(line.group()), text)
    yield from (found.span() for found in _PLACEHOLDER.finditer(text))
