"""The numbers of a row as they are written: what each measures, its unit, and which of them belong to one series.

A label stands right before its number ("PaO2 62 on FiO2 0.80"); the first number of a value is what the name of its row
measures; numbers with nothing but places and times between them go on ("3 at 08:00, 58 at 14:20"). Dates, clock times
and pairs ("118/76") are told apart from numbers.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from compliance.number_words import ORDINAL, REFERENCE, TIME, Naming, words_of

_N = r"(?:\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.\d{1,6})?"
_TIMES = (
    "msec|sec|seconds?|mins|min|minutes?|hrs?|hours?(?! \\d)|h|days?(?! \\d)|d|wks?|weeks?(?! \\d)"
    "|months?|mo|years?|yrs?|y|nights?|ms|s"
)
_UNITS = (
    "[a-zµ]{1,8}(?:/[a-z0-9.]{1,8}){1,3}|[mkunpµ]?g|gm|mcg|[md]?l|cc|units?|u|m?mol|m?eq|[mc]?m|in(?! [a-z])|kcal|mmhg"
    "|cmh2o|bpm|lbs?|kgs|points?|pts?|pg|fl|oz|ft|mosm|fr|db|deg"
)
_TOKEN = re.compile(
    r"(?=[-+−\d])(?:(?P<date>(?<![\d/.])\d{4}-\d\d-\d\d(?!\d)|(?<![\d/.])\d{1,2}/\d{1,2}/\d{2,4}(?![\d/]))"
    r"|(?P<clock>(?<![\d:.])\d{1,2}:\d\d(?::\d\d)?(?![\d:]))"
    r"|(?P<pair>(?<![\w/.,])\d{1,4}(?:\.\d)?/\d{1,4}(?:\.\d)?(?![\d/]))"
    rf"|(?P<number>(?<![\w.,/:^])(?<![a-z][-–])(?:(?<![\w)%])[+−-])?{_N}(?!\d|[.,]\d))"
    rf" ?(?P<unit>%|°? ?[cf]\b|(?:{_UNITS}|{_TIMES})(?![a-z/]))?)"
)
_TIME = re.compile(_TIMES)
_GOES_ON_AS_WORD = re.compile(
    r"[a-z]|-[a-z]|-?fold\b| (?:times|doses?|tab(?:let)?s?|caps?(?:ules)?|puffs?|episodes?|readings?|checks?"
    r"|patch(?:es)?|spells?|beats?|runs?|feeds?|meals?|bottles?|sets?|sticks?|drops?|sprays?|bags?|attempts?)\b"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_COMMA = re.compile(r",|→|->")
_DATES = re.compile(r"\d{1,2}/\d{1,2}(?:/\d{2,4})?")
_BESIDE = re.compile(r"(?:\b(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01]))(?:/\d{2,4})?,? $")
_AFTER = re.compile(r"(?: on)?,? (?P<month>0?[1-9]|1[0-2])/(?P<day>0?[1-9]|[12]\d|3[01])(?![\d/])")
_READABLE = 800  # signs; laws of numbers look at no row that is longer than a few sentences
_FAR = 40
_FEW_WORDS = 12
_MINUTES = 60
_DAYS = 31


class Number(NamedTuple):
    """A number of a row: what it measures ("" where nothing tells), and the series to which it belongs.

    `label`: the words before it, since the number before; `ranged`: it is one end of a range ("30-35").
    """

    amount: float
    kind: str
    unit: str
    label: tuple[str, ...]
    series: str
    ranged: bool
    start: int
    end: int


class Clock(NamedTuple):
    """A time of day in minutes, with its day where a date stands beside it, and the words before it."""

    minutes: int
    day: int | None
    label: tuple[str, ...]
    start: int
    end: int


class Pair(NamedTuple):
    """Two numbers with a stroke between them, and what they measure."""

    first: float
    second: float
    kind: str
    label: tuple[str, ...]
    start: int
    end: int


class Told(NamedTuple):
    """What a row tells in numbers. `text` is its name and value in lower case, `begins` where the value does."""

    text: str
    begins: int
    kind: str
    unit: str
    numbers: tuple[Number, ...]
    clocks: tuple[Clock, ...]
    pairs: tuple[Pair, ...]

    def of(self, kind: str) -> list[float]:
        """Return the amounts of one kind, in the order of the text, without ranges."""
        return [one.amount for one in self.numbers if one.kind == kind and not one.ranged]

    def series(self) -> dict[str, list[Number]]:
        """Return the measured numbers by their series."""
        found: dict[str, list[Number]] = {}
        for one in self.numbers:
            if one.kind not in (REFERENCE, ORDINAL, TIME):
                found.setdefault(one.series, []).append(one)
        return found


def read_numbers(name: str, value: str, unit: str, naming: Naming) -> Told:
    """Return the numbers of a row."""
    name = name.lower()
    reader = _Reader(f"{name}: {value[:_READABLE].lower()}", naming, naming.of_row(name), unit.lower())
    begins = len(name) + 2
    for found in _TOKEN.finditer(reader.text, begins):
        if not found.group("number") or found.group("unit") or not reader.is_word(found):
            reader.take(found, begins)
    return Told(
        reader.text, begins, reader.kind, reader.unit, tuple(reader.numbers), tuple(reader.clocks), tuple(reader.pairs)
    )


class _Reader:
    """Goes through a row from number to number. `said`: the words since the last number, `near`: since any token."""

    def __init__(self, text: str, naming: Naming, kind: str, unit: str) -> None:
        self.text, self.naming, self.kind, self.unit = text, naming, kind, unit
        self.numbers: list[Number] = []
        self.clocks: list[Clock] = []
        self.pairs: list[Pair] = []
        self._measured: Number | None = None
        self._said: tuple[str, ...] = ()
        self._near: tuple[str, ...] = ()
        self._end = 0

    def is_word(self, found: re.Match[str]) -> bool:
        """Tell whether digits begin a word ("4AT") or count things ("14-beat run")."""
        return _GOES_ON_AS_WORD.match(self.text, found.end("number")) is not None

    def take(self, found: re.Match[str], begins: int) -> None:
        """Read one date, clock time, pair or number."""
        between = words_of(self.text[max(self._end, begins) : found.start()])
        self._said, self._near = (*self._said, *between)[-_FEW_WORDS:], (*self._near, *between)[-_FEW_WORDS:]
        self._end = found.end()
        if found.group("clock"):
            self.clocks.append(_clock(found, self._near, self.text))
            self._near = ()
        elif found.group("pair"):
            first, second = map(float, found.group("pair").split("/"))
            kind = self.naming.named(self._said) or self.kind
            self.pairs.append(Pair(first, second, kind, self._said, found.start(), found.end()))
        elif found.group("number"):
            self._number(found, joined=not between)
            self._near = ()

    def _number(self, found: re.Match[str], *, joined: bool) -> None:
        beside = (found.group("unit") or "").replace(" ", "")
        ranged = bool(self.numbers) and _is_end_of_range(self.text, self.numbers[-1].end, found.start())
        if ranged:
            first = self.numbers[-1]
            self.numbers[-1] = first._replace(
                ranged=True, unit=beside if first.unit == self.unit and beside else first.unit
            )
            kind, series = self.numbers[-1].kind, self.numbers[-1].series
        else:
            kind, series = self._kind_and_series(found, joined=joined)
        if self._said[-1:] == ("x",):
            kind = series = ORDINAL
        elif _TIME.fullmatch(beside) and kind != "qtc":
            kind = series = TIME
        label = self._since_comma(found) if self.numbers else self._said
        amount = float(found.group("number").replace(",", "").replace("−", "-"))
        self.numbers.append(Number(amount, kind, beside or self.unit, label, series, ranged, *found.span()))
        if kind != TIME:
            self._said = ()
        if kind not in (TIME, ORDINAL):
            self._measured = self.numbers[-1]

    def _kind_and_series(self, found: re.Match[str], *, joined: bool) -> tuple[str, str]:
        """Return what a number measures, by its label, as the first of its row, or as the next of a series."""
        if self.kind and self.naming.is_of_row(self._said):
            return self.kind, self.kind
        kind = self.naming.named(self._said) or self.naming.after(self.text[found.end() : found.end() + _FAR])
        if kind:
            return kind, kind
        if not self.numbers or "=" in self._said:
            of_row = self.naming.goes_on(self._said)
            return (self.kind, self.kind or "#") if of_row else ("", self.naming.core(self._said))
        if self.numbers[-1].kind == ORDINAL and joined:
            return ORDINAL, ORDINAL
        if self._measured is not None and self._goes_on(self._measured, found):
            return self._measured.kind, self._measured.series
        return "", self.naming.core(self._said) or f"#{found.start()}"

    def _goes_on(self, before: Number, found: re.Match[str]) -> bool:
        """Tell whether a number has the unit of the last one, no stroke stands between them, and it is no year."""
        beside = (found.group("unit") or "").replace(" ", "")
        alike = beside in ("", self.unit, before.unit) or not before.unit
        if not alike or _YEAR.fullmatch(found.group("number")):
            return False
        if "/" in _DATES.sub("", self.text[self.numbers[-1].end : found.start()]):
            return False
        return self.naming.goes_on(self._since_comma(found))

    def _since_comma(self, found: re.Match[str]) -> tuple[str, ...]:
        """Return the words before a number, without those that stand behind the number before it."""
        return words_of(_COMMA.split(self.text[self.numbers[-1].end : found.start()])[-1])


def _is_end_of_range(text: str, end: int, start: int) -> bool:
    return text[end:start].strip() in ("-", "–") or (text[end:start] == "" and text[start] in "-–")


def _clock(found: re.Match[str], said: tuple[str, ...], text: str) -> Clock:
    hour, minute = map(int, found.group("clock").split(":")[:2])
    before = _BESIDE.search(text, max(0, found.start() - 12), found.start())
    after = None if before else _AFTER.match(text, found.end())
    day = None
    if before is not None:
        month, on = before.group().split("/")[:2]
        day = int(month) * _DAYS + int(re.sub(r"\D.*", "", on))
    elif after is not None:
        day = int(after["month"]) * _DAYS + int(after["day"])
    return Clock(hour * _MINUTES + minute, day, said[-3:], found.start(), found.end())
