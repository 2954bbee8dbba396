"""Whether numbers in one form of writing agree (R-35): "46 pack-years (2 packs a day for 23 years)", "70 kg (154 lb)".

Each law names the numbers of its form, and what must hold of them. No law reads further than a few words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from compliance.amounts import NUMBER, close
from compliance.number_words import NumberWords
from compliance.numbers_of_rows import Told

_AMOUNT = r"(mg|g|mcg|ml|l|units?|meq|mmol|tablets?)"
_ALL = 100
_DAY_OF_MINUTES = 24 * 60


class _Law(NamedTuple):
    """A form in which numbers are written, and what holds of them where they are true.

    `cues`: a row that holds none of them, in lower case, does not have the form.
    """

    cues: tuple[str, ...]
    form: str
    holds: Callable[..., bool]


def _can_be_mean(mean: float, diastolic: float, pulse: float) -> bool:
    """Tell whether a mean pressure lies where a cuff or a line finds it: about a third above the diastolic one."""
    return diastolic + 0.05 * pulse - 2 <= mean <= diastolic + 0.65 * pulse + 4


_OF_CHANGE = ("difference", "drop", "fall", "rise", "mismatch", "change", "decrease", "decline", "increase", "gain")
_OF_SCALE = ("e1", "e2", "e3", "e4", "e 1", "e 2", "e 3", "e 4")
_LAWS = (
    _Law(
        ("depth",),
        rf"{NUMBER} ?x ?{NUMBER} ?x ?{NUMBER} ?[cm]m\b[^;]{{0,12}}\bdepth {NUMBER} ?[cm]m\b",
        lambda *sides: any(close(side, sides[-1], share=0.11) for side in sides[:-1]),
    ),
    _Law(("red/",), r"\bred/yellow/black (\d{1,3})/(\d{1,3})/(\d{1,3})\b", lambda *shares: sum(shares) <= _ALL),
    _Law(
        ("map", "mean"),
        rf"(?<!/){NUMBER}/{NUMBER}(?: mmhg)?,? ?\(?(?:map|mean) {NUMBER}",
        lambda systolic, diastolic, mean: systolic <= diastolic or _can_be_mean(mean, diastolic, systolic - diastolic),
    ),
    _Law(
        ("pack",),
        rf"{NUMBER} pack-years? ?\(?{NUMBER} (?:packs?|ppd)\b[^\d;]{{0,20}}{NUMBER} (?:years|y)\b",
        lambda told, packs, years: close(told, packs * years, share=0.1),
    ),
    _Law(
        ("total", "="),
        rf"{NUMBER} ?{_AMOUNT}(?:/h(?:r|our)?)?\b(?!/)[^;()\d]{{0,20}}\bx ?(\d{{1,2}})\b(?: ?[a-z]+)?"
        rf"(?: ?=|,| \() ?(?:(?<==) |total |(?=[\d,.]+ ?\2 total\b)){NUMBER} ?\2\b",
        lambda dose, _unit, times, total: close(dose * times, total, share=0.02),
    ),
    _Law(
        (" q",),
        rf"{NUMBER} ?{_AMOUNT}\b[^;()\d]{{0,20}}\bq(\d{{1,2}})h\b,? ?{NUMBER} ?\2 ?(?:per|/|in) ?(?:24 ?h|day|d)\b",
        lambda dose, _unit, hours, total: close(dose * 24 / hours, total, share=0.02),
    ),
    _Law(
        _OF_CHANGE,
        rf"{NUMBER}(?: ?[a-z/]{{1,8}}){{0,2}}(?:,| and| to| ->| →) ?(?:[a-z]{{1,9}} )?"
        rf"{NUMBER}(?: ?[a-z/]{{1,8}}){{0,2}},? ?"
        rf"(?:difference|drop|fall|rise|mismatch|change|decrease|increase) (?:of )?{NUMBER}(?! ?%)",
        lambda one, other, between: close(abs(one - other), between, share=0.03),
    ),
    _Law(
        ("re",),
        r"\bat (\d\d):(\d\d),[^;]{0,12}"
        r"\b(?:recheck|repeat|reassess|retest|redraw)[a-z]*[^;]{0,15} (\d\d):(\d\d)\b",
        lambda hour, minute, later_hour, later_minute: (
            (60 * (later_hour - hour) + later_minute - minute) % _DAY_OF_MINUTES <= _DAY_OF_MINUTES / 2
        ),
    ),
    _Law(
        ("tbsa",),
        rf"{NUMBER}% tbsa,? ?(?:partial|superficial)[a-z -]{{0,12}} {NUMBER}%,?"
        rf" ?(?:and )?full[a-z -]{{0,12}} {NUMBER}%",
        lambda whole, partial, full: partial + full <= whole + 1,
    ),
)
_TO = r" ?(?:to|->|→|-->|then) ?"
_UNITS = r"(?: ?(?:mg/dl|g/dl|mmol/l|meq/l|k/ul|kg|mg|mcg|ml|cm|mm|l|%|lb|g))?"
_ON = r"(?: \((?:on )?[\d/ ]{3,10}\))?"
_CLOCK = r"(\d\d):?(\d\d)"
_TRENDS = (
    _Law(
        (" from ",),
        rf"\b(?:fell|falling|fall|dropped|dropping|down"
        rf"|decreased|decreasing|declined|declining|lowered|weaned|tapered)"
        rf" from {NUMBER}{_UNITS}{_ON}{_TO}{NUMBER}",
        lambda first, last: last <= first,
    ),
    _Law(
        (" from ",),
        rf"\b(?:rose|rising|rise|climbed|climbing|up|increased|increasing|raised|uptitrated)"
        rf" from {NUMBER}{_UNITS}{_ON}{_TO}{NUMBER}",
        lambda first, last: last >= first,
    ),
    _Law(
        _OF_CHANGE,
        rf"{NUMBER}{_UNITS}{_ON}{_TO}{NUMBER}{_UNITS}{_ON},? ?\(?(?:a )?(?:fall|drop|decrease|decline)\b",
        lambda first, last: last <= first,
    ),
    _Law(
        _OF_CHANGE,
        rf"{NUMBER}{_UNITS}{_ON}{_TO}{NUMBER}{_UNITS}{_ON},? ?\(?(?:an? )?(?:rise|increase|gain)\b",
        lambda first, last: last >= first,
    ),
)
_POUNDS = ("lb", "pounds")
_FAHRENHEIT = (" f", "°f")
_SPAN = rf"\b(?:from )?{_CLOCK} ?(?:to|-|–|until|through) ?{_CLOCK},? ?\(?(?:total |for )?{NUMBER} ?"
_TWICE_TOLD = (
    _Law(
        _POUNDS,
        rf"{NUMBER} kg ?[(=/] ?{NUMBER} (?:lb|lbs|pounds)\b",
        lambda one, other: close(one * 2.2046, other, share=0.03),
    ),
    _Law(
        _POUNDS,
        rf"{NUMBER} (?:lb|lbs|pounds) ?[(=/] ?{NUMBER} kg\b",
        lambda one, other: close(one, other * 2.2046, share=0.03),
    ),
    _Law(
        _FAHRENHEIT,
        rf"{NUMBER} ?°? ?c ?[(=/] ?{NUMBER} ?°? ?f\b",
        lambda one, other: close(one * 1.8 + 32, other, amount=0.4),
    ),
    _Law(
        _FAHRENHEIT,
        rf"{NUMBER} ?°? ?f ?[(=/] ?{NUMBER} ?°? ?c\b",
        lambda one, other: close(one, other * 1.8 + 32, amount=0.4),
    ),
    _Law((" in",), rf"{NUMBER} cm ?[(=] ?{NUMBER} in\b", lambda one, other: close(one, other * 2.54, share=0.03)),
    _Law((" l ",), rf"{NUMBER} l ?[(=] ?{NUMBER} ml\b(?!/)", lambda one, other: close(one * 1000, other, share=0.03)),
    _Law((" g ",), rf"{NUMBER} g ?[(=] ?{NUMBER} mg\b(?!/)", lambda one, other: close(one * 1000, other, share=0.03)),
    _Law(
        (" of ",),
        rf"{NUMBER}(?: kcal| g| ml)? (?:of|out of)"
        rf" (?:est(?:imated)? |goal |needs )?{NUMBER}[a-z ]{{0,20}}\(?(?:=|,)? ?{NUMBER} ?%",
        lambda part, whole, percent: part > whole or close(100 * part / (whole or 1), percent, amount=2),
    ),
    _Law(
        ("min",),
        rf"{_SPAN}(?:min|minutes)\b",
        lambda hour, minute, later, past, told: close(
            (60 * (later - hour) + past - minute) % _DAY_OF_MINUTES, told, amount=1
        ),
    ),
    _Law(
        (" h", "hour", "hr"),
        rf"{_SPAN}(?:h|hr|hrs|hours)\b",
        lambda hour, minute, later, past, told: close(
            (60 * (later - hour) + past - minute) % _DAY_OF_MINUTES, 60 * told, amount=45
        ),
    ),
)
_SCALE_PARTS = r"e ?(\d) ?v ?(\d) ?m ?(\d)"
_OF_COMA = (
    _Law(_OF_SCALE, rf"\b(\d{{1,2}}) ?\(?{_SCALE_PARTS}\b", lambda total, *parts: sum(parts) == total),
    _Law(
        _OF_SCALE,
        rf"\b{_SCALE_PARTS} ?(?:=|,? total) ?(\d{{1,2}})\b",
        lambda *numbers: sum(numbers[:-1]) == numbers[-1],
    ),
)
_FORMS = (*_LAWS, *_OF_COMA, *_TRENDS, *_TWICE_TOLD)


def forms_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether any form of writing holds numbers that contradict each other."""
    return any(_broken(law, told.text) for law in _FORMS)


def _broken(law: _Law, text: str) -> bool:
    if not any(cue in text for cue in law.cues):
        return False
    found = _pattern(law.form).search(text)
    return found is not None and not law.holds(*map(_number, found.groups()))


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """Return a form as it is looked for; most processes check no row with two numbers when they begin."""
    return re.compile(form)


def _number(written: str) -> float | str:
    """Return a number as it is written, and a unit as it is."""
    plain = written.replace(",", "").replace(" ", "").replace("−", "-")
    try:
        return float(plain)
    except ValueError:
        return written
