"""Merge fields that were never filled, instructions to a template's author, and slots that stayed empty (R-26)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from compliance.text import Span

_NAMES = (
    "name|date|time|value|diagnosis|drug|dose|provider|term|finding|result|unit|side|site|insert|enter|condition|source|"
    "role|procedure|patient|author"
)
_SLOTS = rf"{_NAMES}|option|choice|lab|field|label|slot|variable|organism|text|item|number|code"
# What charts do write in square brackets: flags of the laboratory, an empty field, a day of the stay.
_OF_CHARTS = (
    r"(?!(?:sic|blank|none|empty|unknown|redacted|H{1,2}|L{1,2}|A|C|HI|LO|HIGH|LOW|ABN|CRIT|POD ?\d|HOD ?\d|DAY ?\d)\])"
)
# Every repetition is bounded and none is nested, so that a hostile text costs linear time.
_FORMS = (
    r"\{\{[^{}]{0,80}\}\}|\{%|<%|\{\s{0,3}\}|<\s{0,3}>",
    r"\{[A-Za-z_][\w .|/#-]{0,60}\}|\{\d{1,2}\}|\$\{[^{}]{0,80}\}",
    r"<<[^<>]{0,80}>>|«[^«»]{0,80}»",
    rf"<(?:[a-z]{{2,20}}[ _-])?(?:{_SLOTS})[\w #-]{{0,40}}>|<[a-z]{{2,20}}_\w{{1,40}}>",
    r"<(?!BR>|UL>|LI>|TD>|TR>|EM>|STRONG>|H[1-6]>|DIV>|SPAN>)[A-Z][A-Z0-9 _#-]{1,40}>",
    r"\$[a-z_]{3,40}\b|\^[A-Za-z_]{2,40}\^",
    r"\b[A-Za-z]{2,30}_\w{1,40}|__[A-Za-z]\w{1,40}|\.{4,}|-{3,}|#{2,}",
    rf"\[{_OF_CHARTS}(?:[A-Za-z][A-Za-z _/',.-]{{2,60}}|[A-Z][A-Z0-9_ #-]{{1,40}}|[xX]{{2,4}}|[xX]\.[xX])\]",
    r"\[(?<!\A\[)[xX]\](?!\s*(?:$|[.,;]))",  # else an answer is marked
    rf"\[(?:insert |enter |your )?(?:{_SLOTS})[ _#-]{{0,2}}\d{{0,2}}\]|\[\[[^\[\]]{{0,80}}\]\]|\[_{{1,20}}\]",
    r"\$[A-Z][A-Z0-9_]{2,40}\b|%\([a-z_]{1,40}\)s|%%\w{1,40}%%|%[A-Z][A-Z0-9_]{2,40}%|(?<!\d)%(?:\d\$)?[sd]\b",
    r"@{1,2}[A-Z][A-Z0-9_]{1,40}@{1,2}|#[A-Z][A-Z0-9_]{2,40}#|\|[A-Z][A-Z0-9_]{2,40}\||\*[A-Z][A-Z0-9_]{2,40}\*",
    r"\[[nN]{1,2}\]|\(fill(?:ed)? in\)",
    r"~[A-Za-z]\w{2,40}~|&[A-Z]{3,20};",
    r"(?<=\w) ?\| ?(?=\w)|\*{3,}|_{3,}|_{1,4}\._{1,4}|\?{2,}/\?{2,}|\(\s{0,4}\)",
    r"\b(?:TBD|TBC|TODO|FIXME|XXX{1,20}|xxx{1,20}|NaN|undefined|[Ll]orem ipsum|dummy text|sample text|asdf)\b"
    r"|\btest test\b",
    r"\bto be (?:added|completed|filled(?: in)?|inserted|supplied|entered|provided)"
    r"(?: later| here| by \w+)?(?=[.;)]|$| [A-Z])",
    r"\b(?:[Tt]ext|[Dd]ate|[Nn]ame|[Vv]alue|[Ss]ource|[Aa]uthor|[Dd]etails?) (?:is )?to follow\b|\?{3,}",
    r"(?<!\w):[a-z_]{3,20}:(?!\w)",
    r"^=[A-Z]{2,12}\(|&nbsp;|\b(?:REPLACE|INSERT|DELETE) (?:THIS|HERE|TEXT)\b(?: [A-Z]+)?",
    r"\|[a-z_]{3,20}\|",
    r"\b(?:NAME|CREDENTIALS?|DATE|TIME|VALUE|SOURCE|AUTHOR|EXTENSION|PHONE|DIAGNOSIS|DRUG|SIDE)\b(?=[ ,.;:)]|$)",
    r"^\s*null\s*\.?\s*$",
    r"\b(?:[Ee]xtension|[Ee]xt\.?|[Cc]ontact|[Aa]uthor|[Nn]ame|[Ss]igned|[Pp]hone|[Pp]ager|[Rr]eply by|[Dd]ate"
    r"|[Dd]ue|[Ss]ent by|[Aa]sked by):\s*$",
    rf"\((?:add|fill in|put|give|choose|pick|select) (?:the |a |an )?(?:{_NAMES})s?\)",
    r"#(?:N/A|REF!|VALUE!?|NAME\?)",
    r"\b(?:XX?/XX?|xx?/xx?)\b|\b(?:MM[/.-]DD|DD[/.-]MM|mm[/.-]dd|dd[/.-]mm)\b|\b(?:YYYY|yyyy)\b|\b(?:HH:MM|hh:mm)\b",
    # Two X alone are a slot; after a comma they are a karyotype.
    r"(?<![\w,])(?:XX|xx)(?!\w)|\b20(?:XX|xx)\b|\b(?:XX?\.XX?|xx?\.xx?)\b|\bXX(?=[-/.])|(?<=[-/.])XX\b",
    r"\b00/00\b|\b1900\b|_{1,4}/_{1,4}|(?<!\S)/ ?/|[#@^](?=[a-z])\w{2,40}[#@^]",
    rf"\((?:{_NAMES}|author|finding|text|number)s?\)|\[\s{{0,4}}\](?=\s*[/,.])",
    r"\((?:delete|strike|cross out|insert|enter(?! text)|fill in|circle|remove)\b[^()]{2,80}\)",
    r"\b(?:[Dd]elete|[Ss]trike out|[Cc]ross out|[Rr]emove|[Cc]ircle)"
    r" (?:what|whichever|as|the one|all that)\b[^.]{0,60}",
    r"\b(?:[Dd]elete|[Rr]emove|[Ss]kip) this (?:line|sentence|paragraph|section|text|part)\b[^.]{0,40}",
    r"\b(?:insert|enter|type|fill in|put) (?:the |a )?[a-z]{3,20} here\b",
    r"\b(?:on|of|by|from|at|for|the|a|with) {1,3}(?=[.,;:?)](?:\s|$))|\bDr\.? ?,",
)
_PLACEHOLDER = re.compile("|".join(_FORMS))
# A text without any of these holds none: looked for first, because most texts hold none.
_SIGN = re.compile(r"[{}\[\]@^~|«_]|<[<%>\sA-Za-z]|%[%(A-Zsd\d]|\$[$A-Za-z{]|#[A-Za-z/#]|\*[A-Z*]|&[A-Z]")
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
    *("to be ", " to follow", "REPLACE", "INSERT", "DELETE", "NAME", "CREDENTIAL", "DATE", "TIME"),
    *("VALUE", "SOURCE", "AUTHOR", "EXTENSION", "PHONE", "DIAGNOSIS", "DRUG", "SIDE", "null", "asdf"),
    *("test test", "kip this", "(add", "(put", "(give", "(pick"),
    *("X.X", "x.x", "elete ", "trike out", "ross out", "emove ", "ircle "),
    *("mm.", "/ /", "//", "00/", "1900", "....", "--"),
)
_UNNAMED = re.compile(
    r"\W*(?:(?:option|choice|condition|answer|text|label|item)\s?(?:\d|[A-Da-d])?|diagnosis\s?(?:\d|[A-Da-d]))\W*"
    r"|\s*[\[({<]\s*\d{0,2}\s*[\])}>]\s*|\W*(?:null|nil|none|(?:insert|enter|fill in|type in)(?: \w{2,20}){0,3})\W*"
    # An attribute with nothing but a line after it ("side: ___").
    r"|\W*(?!other|another|else|alternative|alternate|different|write|text|neither|own|yes)(?:the )?"
    r"\w{3,12}\s?:?\s?_{2,40}\W*",
    re.IGNORECASE,
)
_TICKED = re.compile(r"\[[xX]\]")  # an answer that is marked
_EMPTY = re.compile(r"\W*(?:null|insert(?: value| here)?|value|enter|\?{2,})\W*", re.IGNORECASE)
# A line to write on stands at the end of an answer, before brackets, or before a unit; "[free text]" is one too, and a
# box that is ticked is filled in all too well.
_LINE = re.compile(
    r"(?:(?<=\s)|(?<=[:(]))_{2,40}(?=[\s).;]{0,4}(?:$|\()"
    r"| (?:min(?:ute)?s?|h(?:ou)?rs?|h|days?|w(?:ee)?ks?|mo(?:nth)?s?|y(?:ea)?rs?"
    r"|[cm]m|m?l|[km]?g|units?|points?|percent|%)\.?\)?$)"
    r"|\[\s{0,3}[xX]\s{0,3}\]|\[(?:(?:please|pls) )?(?:specify|describe|explain|free[ -]?text|write[ -]in)\]",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def perhaps(text: str) -> bool:
    """Tell whether a text may hold a placeholder; cheap, and never wrong when it says no."""
    if _SIGN.search(text) or ("(" in text and _INSTRUCTION.search(text)):
        return True
    for trace in _TRACES:  # noqa: SIM110 - asked for each text
        if trace in text:
            return True
    return False


@lru_cache(maxsize=4096)
def empty(value: str) -> bool:
    """Tell whether a value is only what stands for one that was never filled in."""
    return bool(_EMPTY.fullmatch(value))


def placeholders(text: str, *, writing_lines: bool = False) -> Iterator[Span]:
    """Yield the span of each unfilled placeholder.

    `writing_lines`: a line to write on and a ticked box are none, as in an answer.
    """
    yield from _unfilled(text, writing_lines)


@lru_cache(maxsize=4096)
def _unfilled(text: str, writing_lines: bool) -> tuple[Span, ...]:
    whole: tuple[Span, ...] = ()
    if writing_lines:
        whole = ((0, len(text)),) if _UNNAMED.fullmatch(text) else ()
        text = _LINE.sub(lambda line: " " * len(line.group()), text)
    if not perhaps(text):
        return whole
    found = [one.span() for one in _PLACEHOLDER.finditer(text)]
    return (*whole, *(span for span in found if not (writing_lines and _TICKED.fullmatch(text, *span))))
