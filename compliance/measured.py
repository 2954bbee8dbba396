"""What of a text is a measured number, and what says that nothing is there: helpers of the reader of indicators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from compliance.dates import DAY_FIRST, MONTH_FIRST

REFERENCE = re.compile(
    r"\(?\b(?:ref|reference|normal|nl|range)(?: range| interval)?:? ?([<>≤≥])? ?(\d[\d,.]*)"
    r"(?: ?(?:-|to) ?(\d[\d,.]*))?[^()]{0,20}\)?"
)
"""A reference range inside a value."""
# Dates, clock times, durations, counts of doses and places are no measured values.
_NOT_MEASURED = re.compile(
    rf"{DAY_FIRST}|{MONTH_FIRST}|"
    r"\b\d{4}-\d\d-\d\d\b|(?<![\d/])(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])(?:/\d{2,4})?(?![\d/])"
    r"|\b(?:0?[1-9]|1[0-2])/20\d\d\b"
    r"|\b\d{1,2}:\d{2}\b|\b(?:for|over|after|within|past|last|q|every|day|hour|hod|pod) ?\d+(?:\.\d+)?\b"
    r"|\b(?:item|question|scored|grade|stage|class|type|step|visit) ?\d+\b"
    r"|\b(?:in|at) ?\d+(?:\.\d+)? ?(?:h|hr|hours?|d|days?|min|weeks?|months?)\b|\bx ?\d+\b|\^\d+"
)
_BESIDE_DIGITS = re.compile(r"[A-Za-z/:^-]")  # without one of these nothing is cut out
_WITHIN_A_TIME = re.compile(r"\s+/\s+|,\s+(?=\d)")
_PIECES = re.compile(r"\s+/\s+|;\s*|,\s+")
# A value that does nothing but deny: "Not exposed, not palpable". What was not looked for is not denied.
_ONLY_DENIES = re.compile(
    r"(?:(?:no|none|nil|not?|denie[sd]|absent|negative|never|without)\b(?! (?:done|sent|obtained|performed|available"
    r"|tested|ordered|measured|assessed|checked|recorded|known|taken|given|needed|required|started|documented|examined"
    r"|collected|drawn|reported|applicable|change|changed|longer|only)\b)[^,;.]*(?:[,;.] *|$))+"
)
_BUT = re.compile(r"\b(?:but|except|other|only|until|besides|apart|now|change|increase|longer)\b")
_PART_OF_NAME = re.compile(r"\s*(?:[,;/()]|\b(?:and|or|of|in|on|at)\b)\s*")
_LONGEST_DENIAL = 80
Numbers = tuple[float, ...]


def measured_alone(text: str) -> str:
    """Return a text with blanks in the place of dates, clock times and the like."""
    return _NOT_MEASURED.sub(_blank, text) if _BESIDE_DIGITS.search(text) else text


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def rows_of(kinds: tuple[str, ...], value: str) -> list[str]:
    """Return the pieces of a value, one for each class; of several times ("112/70, 96; 118/74, 88") those of each."""
    times = [_WITHIN_A_TIME.split(time.strip()) for time in value.split(";") if time.strip()]
    if len(times) > 1 and all(len(time) == len(kinds) for time in times):
        return [", ".join(pieces) for pieces in zip(*times, strict=True)]
    return _PIECES.split(value)


def is_unit(suffix: str, name: str) -> bool:
    """Tell whether letters after a number are a unit: "37.0 from 09/10 on" is no Fahrenheit."""
    return suffix.startswith(name) if len(name) > 1 else suffix == name


def limits(reference: re.Match[str]) -> tuple[float | None, float | None]:
    sign, first, second = reference.groups()
    number = _plain_number(first)
    if second is not None:
        return number, _plain_number(second)
    return (number, None) if sign in (">", "≥") else (None, number)


def _plain_number(text: str) -> float | None:
    try:
        return float(text.replace(",", "").rstrip("."))
    except ValueError:
        return None


def names_denied(name: str, value: str) -> tuple[str, ...]:
    """Return the things of a lower-case name that its value does nothing but deny: "Bone, tendon", "not exposed"."""
    if len(value) > _LONGEST_DENIAL or not _ONLY_DENIES.fullmatch(value) or _BUT.search(value):
        return ()
    return tuple(part for part in _PART_OF_NAME.split(name) if part)


def number_before(phrases: Iterable[tuple[str, str]]) -> Callable[[str], Iterator[tuple[str, Numbers]]]:
    """Return what finds, in a lower-case text, the numbers that stand before phrases, by the class of the phrase."""
    kinds = dict(phrases)
    longest = sorted(kinds, key=len, reverse=True)
    told = re.compile(
        rf"(?<![\w.,])(\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)(?: ?%)? ?({'|'.join(map(re.escape, longest))})\b"
    )

    def find(text: str) -> Iterator[tuple[str, Numbers]]:
        found: dict[str, Numbers] = {}
        for hit in told.finditer(text) if kinds else ():
            kind = kinds[hit.group(2)]
            found[kind] = (*found.get(kind, ()), float(hit.group(1).replace(",", "")))
        yield from found.items()

    return find
