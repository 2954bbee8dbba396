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
    r"\{\{[^{}]{0,80}\}\}|\{%|<%|\{\s{0,3}\}|<\s{0,3}>",
    r"\{[A-Za-z_][\w .|/-]{0,60}\}|\{\d\}|\$\{[^{}]{0,80}\}",
    r"<<[^<>]{0,80}>>|«[^«»]{0,80}»",
    rf"<(?:[a-z]{{2,20}}[ _-])?(?:{_NAMES})[\w -]{{0,40}}>",
    r"<[A-Z][A-Z _-]{1,40}>|\b[a-z]{2,30}_[a-z_]{2,40}\b|\$[a-z_]{3,40}\b|\^[A-Za-z_]{2,40}\^|\.{4,}|-{3,}",
    r"\[(?!sic\])[A-Za-z][A-Za-z _/',.-]{2,60}\]",
    r"\$[A-Z][A-Z_]{2,40}\b|%\([a-z_]{1,40}\)s|%%\w{1,40}%%|%[A-Z][A-Z_]{2,40}%",
    r"@{1,2}[A-Z][A-Z_]{2,40}@{1,2}|#[A-Z][A-Z_]{2,40}#|\|[A-Z][A-Z_]{2,40}\||\b[A-Z]{2,20}_[A-Z_]{2,40}\b",
    r"(?<=\w) ?\| ?(?=\w)|\*{3,}|_{3,}|\?{2,}/\?{2,}|\(\s{0,4}\)",
    r"\b(?:TBD|TBC|TODO|FIXME|XXX{1,20}|NaN|undefined|lorem ipsum|dummy text|sample text)\b|#(?:N/A|REF!|VALUE!)",
    r"\b(?:XX?/XX?|xx?/xx?)\b|\b(?:MM[/.-]DD|DD[/.-]MM|mm[/.-]dd|dd[/.-]mm)\b|\b(?:YYYY|yyyy)\b|\b(?:HH:MM|hh:mm)\b",
    r"\bXX(?=[-/.])|(?<=[-/.])XX\b|\b00/00\b|\b1900\b|_{1,4}/_{1,4}|(?<!\S)/ ?/|[#@^~](?=[a-z])\w{2,40}[#@^~]",
    rf"\((?:{_NAMES}|author|finding|text|number)s?\)|\[\s{{0,4}}\](?=\s*[/,.])",
    r"\((?:delete|strike|cross out|choose|select|insert|enter|fill in|complete|circle|remove)\b[^()]{2,80}\)",
    r"\b(?:insert|enter|type|fill in|put) (?:the |a )?[a-z]{3,20} here\b",
    r"\b(?:on|of|by|from|at|for|the|a|with) {1,3}(?=[.,;:?)](?:\s|$))|\bDr\.? ?,",
)
_PLACEHOLDER = re.compile("|".join(_FORMS))
# A text without any of these holds none: looked for first, because most texts hold none.
_SIGN = re.compile(r"[{}\[\]@^~|«_]|<[<%>\sA-Za-z]|%[%(A-Z]|\$[$A-Za-z{]|#[A-Za-z/]|\*{3}")
_INSTRUCTION = re.compile(
    rf"\((?:\s{{0,4}}\)|(?:delete|strike|cross|choose|select|insert|enter|fill|complete|circle|remove|{_NAMES}|author|finding|text|num))"
)
_TRACES = (
    *(
        "TBD",
        "TBC",
        "TODO",
        "FIXME",
        "XX",
        "xx",
        "NaN",
        "undefined",
        "ipsum",
        "dummy",
        "sample text",
        "MM",
        "mm/",
        "mm-",
    ),
    *("DD", "dd/", "dd-", "dd.", "YYYY", "yyyy", "HH:", "hh:", " here", "Dr", " .", " ,", " ;", " :", " ?", " )", "??"),
    *("mm.", "/ /", "//", "00/", "1900", "....", "--"),
)
_UNNAMED = re.compile(
    r"\W*(?:option|choice|diagnosis|condition|answer|text|label|item)\s?(?:\d|[A-Da-d])?\W*", re.IGNORECASE
)
_LINE = re.compile(r"_{3,}(?=[\s).;]{0,4}$)")


def perhaps(text: str) -> bool:
    """Tell whether a text may hold a placeholder; cheap, and never wrong when it says no."""
    return bool(_SIGN.search(text) or _INSTRUCTION.search(text)) or any(trace in text for trace in _TRACES)


def placeholders(text: str, *, writing_lines: bool = False) -> Iterator[Span]:
    """Yield the span of each unfilled placeholder. `writing_lines`: a line to write on is none, as in an answer."""
    if writing_lines:
        text = _LINE.sub(lambda line: " " * len(line.group()), text)
        if _UNNAMED.fullmatch(text):
            yield 0, len(text)
    if perhaps(text):
        yield from (found.span() for found in _PLACEHOLDER.finditer(text))
