"""Codes of code sets in visible text, by dictionary and surroundings (R-18).

A sign sequence that is in a code set is a code only where it can be read as one: B12 is a vitamin, T38.9 a temperature,
D10 a fluid, 99501 perhaps a place. Words beside it, brackets around it and other codes next to it decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from compliance.dates import MONTH_STEMS
from compliance.folding import fold
from compliance.text import Span

_CANDIDATE = re.compile(
    r"(?<![\w.])(?:"
    r"(?P<dotted>[A-Za-z]\d[0-9ABab]\.[0-9A-Za-z]{1,4})"
    r"|(?P<procedure>[0-9BCDFGHXbcdfghx][0-9A-HJ-NP-Za-hj-np-z]{6})"
    r"|(?P<plain>[A-TV-Za-tv-z]\d[0-9A-Za-z]{1,5})"
    r"|(?P<five>\d{5}|\d{4}[FTU])"
    r")(?![\w]|\.\d)"
)
_GROUP = re.compile(
    r"\b(?:(?:MS|APR)[ -]?)?(?:DRGs?|HCCs?)[ ]?(?:v\d\d)?[ #:-]{0,3}\d{1,3}\b(?! ?(?:[cm]m|%)\b)", re.IGNORECASE
)
_SPACED = re.compile(r"\b([A-TV-Z])[ .-]?(\d[0-9AB])[ .-]{1,3}([0-9A-Z]{1,4})\b")
# "T38.9" is a temperature, "D5.45" and "D10.2" a fluid.
_MEASURED = re.compile(r"T(?:3[4-9]|4[0-2])\.\d|D(?:10|50)\.\d+", re.IGNORECASE)
_DATE = re.compile(rf"\d\d(?:{'|'.join(MONTH_STEMS)})\d\d", re.IGNORECASE)
# Without one of these no text of ASCII signs holds a code.
_TRACE = re.compile(
    r"[A-Za-z]\d[0-9A-Za-z]|\d{4}[\dFTUftu]|\d[A-Za-z\d]{6}|(?<![A-Za-z])[A-Za-z][ .-]\d\d|\d{3}\.\d"
    r"|[Dd][Rr][Gg]|[Hh][Cc][Cc]|APC|[Mm]odifier|(?i:snomed|loinc|rxnorm)|POA indicator|(?i:e/?m level)|[Cc]ode"
)
_DIGIT = re.compile(r"\d")
_GROUP_NAME = re.compile(r"[Dd][Rr][Gg]|[Hh][Cc][Cc]|[Mm]odifier|POA indicator")
# Codes of other sets stand behind the name of their set.
_OF_A_SET = re.compile(
    r"\bAPC[ #:-]{1,3}\d{4}\b|\b[Mm]odifiers?[ :#-]{1,3}(?:\d{2}|[A-Z]{2})\b|\bPOA indicator[ :]{1,2}[YNUW1]\b"
    r"|(?i:\bsnomed(?:[ -]?ct)?[ :#]{1,3}\d{6,18}\b|\bloinc[ :#]{1,3}\d{1,5}-\d\b|\brxnorm[ :#]{1,3}\d{2,8}\b)"
    r"|(?i:\be/?m level[ :]{1,2}[1-5]\b)"
    r"|(?i:\b(?:rev(?:enue)?|discharge|disposition|dx|diagnosis|procedure|condition|occurrence) codes?"
    r"[ :#]{1,3}\d{1,5}\b)"
)
_NINTH = re.compile(r"\b(?:icd[- ]?9(?:[- ]?cm)?|codes?)\W{1,3}[EV]?\d{3}\.\d{1,2}\b", re.IGNORECASE)
# Codes that stand behind a name, with the traces of their names in lower case.
_NAMED_FORMS = (
    (_GROUP, ("drg", "hcc")),
    (_NINTH, ("icd", "code")),
    (_OF_A_SET, ("apc", "modifier", "snomed", "loinc", "rxnorm", "indicator", "level", "code")),
)
_REMEMBERED = 8192
_CLOSED = re.compile(r"\s*(?:[)\]]|$)")
_OPENED = re.compile(r"(?:[(\[]|\s[-:=])\s*$")
_LISTED = re.compile(r"\s*(?:,|/|;|and|or|&|\+)?\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class CodeBook:
    """The code sets and the words around codes.

    `diagnoses`: all ICD-10-CM codes without dots. `beside`: words that make a sequence next to them a code (code, ICD,
    CPT). `places`: words that make it something else (room, ext). `units`: words after a number that measures.
    `ambiguous`: codes that mean something else in charts. `ranges`: numbers that are procedure codes; `visits` those
    that are hardly anything else.
    """

    diagnoses: frozenset[str]
    beside: frozenset[str]
    places: frozenset[str]
    units: frozenset[str]
    ambiguous: frozenset[str]
    ranges: tuple[tuple[int, int], ...]
    visits: tuple[tuple[int, int], ...]

    @cached_property
    def whole(self) -> frozenset[str]:
        """Codes of three characters that are complete, and nothing else in a chart."""
        divided = {code[:3] for code in self.diagnoses if len(code) > 3}
        return frozenset(code for code in self.diagnoses if len(code) == 3) - divided - self.ambiguous

    @cached_property
    def remembered(self) -> Callable[[str], tuple[Span, ...]]:
        """Where codes stand in a text. Names, units and options come again and again."""
        return lru_cache(maxsize=_REMEMBERED)(lambda text: tuple(_codes_in(text, self)))

    @cached_property
    def words(self) -> re.Pattern[str]:
        """What finds a word of `beside` shortly before a place."""
        listed = "|".join(sorted(map(re.escape, self.beside)))
        return re.compile(rf"\b(?:{listed})\b\W{{0,4}}(?:[\w.-]{{1,12}}\W{{1,4}}){{0,3}}$", re.IGNORECASE)

    @cached_property
    def words_after(self) -> re.Pattern[str]:
        """What finds a word of `beside` right after a place."""
        listed = "|".join(sorted(map(re.escape, self.beside)))
        return re.compile(rf"\W{{0,4}}(?:{listed})\b", re.IGNORECASE)


def perhaps_coded(text: str) -> bool:
    """Tell whether a text may hold a code; cheap, and never wrong when it says no."""
    if text.isascii() and not _DIGIT.search(text) and not _GROUP_NAME.search(text):  # most texts hold no number at all
        return False
    return not text.isascii() or bool(_TRACE.search(text))


def codes_in(text: str, book: CodeBook) -> Iterator[Span]:
    """Yield the spans of codes in `text`, in order. A1c, B12, D5W, L4, T12 and temperatures are no codes."""
    yield from book.remembered(text)


def _codes_in(text: str, book: CodeBook) -> Iterator[Span]:
    if not perhaps_coded(text):
        return
    folded = fold(text)
    shown = folded.text
    end = -1
    lower = shown.lower()
    spans: set[Span] = set()
    for form, names in _NAMED_FORMS:
        if any(name in lower for name in names):
            spans.update(found.span() for found in form.finditer(shown))
    for found in _CANDIDATE.finditer(shown):
        after_code = end >= 0 and bool(_LISTED.fullmatch(shown, end, found.start()))
        if _is_code(shown, found, book, after_code):
            spans.add(found.span())
            end = found.end()
    spans |= _spaced(shown, book)
    yield from (folded.span(*span) for span in sorted(spans))


def _spaced(shown: str, book: CodeBook) -> set[Span]:
    """Return the places of codes with a blank or hyphen in them, right after a word such as "code"."""
    return {
        found.span()
        for found in _SPACED.finditer(shown)
        if "".join(found.groups()) in book.diagnoses
        and book.words.search(shown, max(0, found.start() - 24), found.start())
    }


def _is_code(shown: str, found: re.Match[str], book: CodeBook, after_code: bool) -> bool:
    code = found.group().replace(".", "").upper()
    named = after_code or _named(shown, found, book)
    set_apart = bool(
        _CLOSED.match(shown, found.end()) and _OPENED.search(shown, max(0, found.start() - 4), found.start())
    )
    if (not named or found["five"]) and _placed(shown, found.start(), book):
        return False
    if not named and not found["dotted"] and _measures(shown, found.end(), book):
        return False
    if found["dotted"]:
        return (code in book.diagnoses or code[:-1] in book.diagnoses) and (
            named or not _MEASURED.fullmatch(found.group())
        )
    if found["five"]:
        return _is_procedure(code, named or set_apart, book)
    return _is_plain(found.group(), code, named, set_apart, book)


def _is_plain(written: str, code: str, named: bool, set_apart: bool, book: CodeBook) -> bool:
    if code in book.diagnoses:
        if len(code) == 3:
            capital = written.isupper()
            return named or (capital and (code in book.whole or (set_apart and code not in book.ambiguous)))
        return named or len(code) > 4 or written.isupper()
    if len(code) == 7:
        return _is_pcs(written, code, named)
    supply = len(code) == 5 and code[1:].isdigit()
    return supply and (named or set_apart or (written.isupper() and code[0] in "GJ"))


def _is_pcs(written: str, code: str, named: bool) -> bool:
    letters = sum(sign.isalpha() for sign in code)
    if letters == len(code) or _DATE.fullmatch(code) or not (code[0].isdigit() or named):
        return False
    return named or (written.isupper() and 2 <= letters <= 5)


def _is_procedure(code: str, named: bool, book: CodeBook) -> bool:
    if not code.isdigit():
        return named
    ranges = book.ranges if named else book.visits
    return any(low <= int(code) <= high for low, high in ranges)


def _named(shown: str, found: re.Match[str], book: CodeBook) -> bool:
    before = book.words.search(shown, max(0, found.start() - 48), found.start())
    return before is not None or book.words_after.match(shown, found.end()) is not None


def _measures(shown: str, end: int, book: CodeBook) -> bool:
    """Tell whether the word after a number is the unit of a measured value."""
    after = shown[end : end + 16].lower().split()
    return bool(after) and after[0].strip("),.;") in book.units


def _placed(shown: str, start: int, book: CodeBook) -> bool:
    """Tell whether the word before makes it a place or a number of something."""
    before = shown[max(0, start - 24) : start].lower().replace("#", " ").replace(":", " ").split()
    return bool(before) and before[-1].strip("(,.") in book.places
