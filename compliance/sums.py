"""Whether the numbers of one indicator agree with each other (R-35), and whether it asserts what it denies.

Laws of what numbers measure stand in formulas.py, totals.py, trends.py and clocks.py. Here stand those of one form of
writing ("46 pack-years (2 packs a day for 23 years)"): each names the numbers of its form, and what must hold of them.
Numbers that no law knows are judged by nobody. No law reads further than a few words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from math import isclose
from typing import NamedTuple

from compliance import clocks, formulas, totals, trends
from compliance.findings import review
from compliance.knowledge import Knowledge
from compliance.measured import measured_alone
from compliance.number_words import NumberWords
from compliance.numbers_of_rows import Told
from compliance.opposites import denies_and_asserts
from compliance.rows import Row
from schemas.check import Finding

_N = r"(?<![\d.,])(\d{1,7}(?:,\d{3}){0,2}(?:\.\d{1,4})?)(?!\d|[.,]\d)"
_SIGNED = r"([+−-]? ?\d{1,6}(?:,\d{3}){0,2})"
_NEAR = r"[^;]{0,30}?\b"
_THEN = r"[^;]{0,30}? "
_AMOUNT = r"(mg|g|mcg|ml|l|units?|meq|mmol|tablets?)"
_ALL = 100
_FEWEST = 2  # one number contradicts nothing
_DAY_OF_MINUTES = 24 * 60
_ANY_NUMBER = re.compile(r"\d[\d.,]*")


class _Law(NamedTuple):
    """A form in which numbers are written, and what holds of them where they are true."""

    form: str
    holds: Callable[..., bool]


def _close(one: float, other: float, *, share: float = 0.0, amount: float = 0.0) -> bool:
    return isclose(one, other, rel_tol=share, abs_tol=amount + 1e-9)


def _can_be_mean(mean: float, diastolic: float, pulse: float) -> bool:
    """Tell whether a mean pressure lies where a cuff or a line finds it: about a third above the diastolic one."""
    return diastolic + 0.05 * pulse - 2 <= mean <= diastolic + 0.65 * pulse + 4


_LAWS = (
    _Law(
        rf"{_N} ?x ?{_N} ?x ?{_N} ?[cm]m\b[^;]{{0,12}}\bdepth {_N} ?[cm]m\b",
        lambda *sides: any(_close(side, sides[-1], share=0.11) for side in sides[:-1]),
    ),
    _Law(r"\bred/yellow/black (\d{1,3})/(\d{1,3})/(\d{1,3})\b", lambda *shares: sum(shares) <= _ALL),
    _Law(
        rf"(?<!/){_N}/{_N}(?: mmhg)?,? ?\(?(?:map|mean) {_N}",
        lambda systolic, diastolic, mean: systolic <= diastolic or _can_be_mean(mean, diastolic, systolic - diastolic),
    ),
    _Law(
        rf"{_N} pack-years? ?\(?{_N} (?:packs?|ppd)\b[^\d;]{{0,20}}{_N} (?:years|y)\b",
        lambda told, packs, years: _close(told, packs * years, share=0.1),
    ),
    _Law(
        rf"{_N} ?{_AMOUNT}(?:/h(?:r|our)?)?\b(?!/)[^;()\d]{{0,20}}\bx ?(\d{{1,2}})\b(?: ?[a-z]+)?"
        rf"(?: ?=|,| \() ?(?:(?<==) |total |(?=[\d,.]+ ?\2 total\b)){_N} ?\2\b",
        lambda dose, _unit, times, total: _close(dose * times, total, share=0.02),
    ),
    _Law(
        rf"{_N} ?{_AMOUNT}\b[^;()\d]{{0,20}}\bq(\d{{1,2}})h\b,? ?{_N} ?\2 ?(?:per|/|in) ?(?:24 ?h|day|d)\b",
        lambda dose, _unit, hours, total: _close(dose * 24 / hours, total, share=0.02),
    ),
    _Law(
        rf"{_N}(?: ?[a-z/]{{1,8}}){{0,2}}(?:,| and| to| ->| →) ?(?:[a-z]{{1,9}} )?{_N}(?: ?[a-z/]{{1,8}}){{0,2}},? ?"
        rf"(?:difference|drop|fall|rise|mismatch|change|decrease|increase) (?:of )?{_N}(?! ?%)",
        lambda one, other, between: _close(abs(one - other), between, share=0.03),
    ),
    _Law(
        r"\bat (\d\d):(\d\d),[^;]{0,12}\b(?:recheck|repeat|reassess|retest|redraw)[a-z]*[^;]{0,15} (\d\d):(\d\d)\b",
        lambda hour, minute, later_hour, later_minute: (
            (60 * (later_hour - hour) + later_minute - minute) % _DAY_OF_MINUTES <= _DAY_OF_MINUTES / 2
        ),
    ),
    _Law(
        rf"{_N}% tbsa,? ?(?:partial|superficial)[a-z -]{{0,12}} {_N}%,? ?(?:and )?full[a-z -]{{0,12}} {_N}%",
        lambda whole, partial, full: partial + full <= whole + 1,
    ),
)
_TO = r" ?(?:to|->|→|-->|then) ?"
_UNITS = r"(?: ?(?:mg/dl|g/dl|mmol/l|meq/l|k/ul|kg|mg|mcg|ml|cm|mm|l|%|lb|g))?"
_ON = r"(?: \((?:on )?[\d/ ]{3,10}\))?"
_CLOCK = r"(\d\d):?(\d\d)"
_TRENDS = (
    _Law(
        rf"\b(?:fell|falling|fall|dropped|dropping|down|decreased|decreasing|declined|declining|lowered|weaned|tapered)"
        rf" from {_N}{_UNITS}{_ON}{_TO}{_N}",
        lambda first, last: last <= first,
    ),
    _Law(
        rf"\b(?:rose|rising|rise|climbed|climbing|up|increased|increasing|raised|uptitrated)"
        rf" from {_N}{_UNITS}{_ON}{_TO}{_N}",
        lambda first, last: last >= first,
    ),
    _Law(
        rf"{_N}{_UNITS}{_ON}{_TO}{_N}{_UNITS}{_ON},? ?\(?(?:a )?(?:fall|drop|decrease|decline)\b",
        lambda first, last: last <= first,
    ),
    _Law(
        rf"{_N}{_UNITS}{_ON}{_TO}{_N}{_UNITS}{_ON},? ?\(?(?:an? )?(?:rise|increase|gain)\b",
        lambda first, last: last >= first,
    ),
)
_TWICE_TOLD = (
    _Law(rf"{_N} kg ?[(=/] ?{_N} (?:lb|lbs|pounds)\b", lambda one, other: _close(one * 2.2046, other, share=0.03)),
    _Law(rf"{_N} (?:lb|lbs|pounds) ?[(=/] ?{_N} kg\b", lambda one, other: _close(one, other * 2.2046, share=0.03)),
    _Law(rf"{_N} ?°? ?c ?[(=/] ?{_N} ?°? ?f\b", lambda one, other: _close(one * 1.8 + 32, other, amount=0.4)),
    _Law(rf"{_N} ?°? ?f ?[(=/] ?{_N} ?°? ?c\b", lambda one, other: _close(one, other * 1.8 + 32, amount=0.4)),
    _Law(rf"{_N} cm ?[(=] ?{_N} in\b", lambda one, other: _close(one, other * 2.54, share=0.03)),
    _Law(rf"{_N} l ?[(=] ?{_N} ml\b(?!/)", lambda one, other: _close(one * 1000, other, share=0.03)),
    _Law(rf"{_N} g ?[(=] ?{_N} mg\b(?!/)", lambda one, other: _close(one * 1000, other, share=0.03)),
    _Law(
        rf"{_N}(?: kcal| g| ml)? (?:of|out of) (?:est(?:imated)? |goal |needs )?{_N}[a-z ]{{0,20}}\(?(?:=|,)? ?{_N} ?%",
        lambda part, whole, percent: part > whole or _close(100 * part / (whole or 1), percent, amount=2),
    ),
    _Law(
        rf"\b(?:from )?{_CLOCK} ?(?:to|-|–|until|through) ?{_CLOCK},? ?\(?(?:total |for )?{_N} ?(?:min|minutes)\b",
        lambda hour, minute, later, past, told: _close(
            (60 * (later - hour) + past - minute) % _DAY_OF_MINUTES, told, amount=1
        ),
    ),
    _Law(
        rf"\b(?:from )?{_CLOCK} ?(?:to|-|–|until|through) ?{_CLOCK},? ?\(?(?:total |for )?{_N} ?(?:h|hr|hrs|hours)\b",
        lambda hour, minute, later, past, told: _close(
            (60 * (later - hour) + past - minute) % _DAY_OF_MINUTES, 60 * told, amount=45
        ),
    ),
)
# What a laboratory flags lies outside its own range.
_FLAGS = (
    _Law(
        rf"^[^:]*: {_N} ?\(?(?:H|high)\)?,? ?\(?(?:ref|reference)[a-z: ]{{0,10}}{_N} ?(?:-|–|to) ?{_N}",
        lambda value, _low, high: value >= high,
    ),
    _Law(
        rf"^[^:]*: {_N} ?\(?(?:L|low)\)?,? ?\(?(?:ref|reference)[a-z: ]{{0,10}}{_N} ?(?:-|–|to) ?{_N}",
        lambda value, low, _high: value <= low,
    ),
)
_SCALE_PARTS = r"e ?(\d) ?v ?(\d) ?m ?(\d)"
_OF_COMA = (
    _Law(rf"\b(\d{{1,2}}) ?\(?{_SCALE_PARTS}\b", lambda total, *parts: sum(parts) == total),
    _Law(rf"\b{_SCALE_PARTS} ?(?:=|,? total) ?(\d{{1,2}})\b", lambda *numbers: sum(numbers[:-1]) == numbers[-1]),
)
# Parts of a scale: "gaze 2, face 2, L arm 4". Each is a small whole number behind its name.
_PART = r"[a-z][a-z .'/-]{0,24} \d{1,2}"
_PARTS = rf"({_PART}(?:, ?(?:and )?{_PART}){{2,20}})"
_NUMBER_OF_PART = re.compile(r" (\d{1,2})(?=,|$)")
_TOTAL_FIRST = re.compile(rf"^(\d{{1,3}})(?: at [\d:]{{4,5}})? ?\({_PARTS}\)", re.IGNORECASE)
_TOTAL_LAST = re.compile(rf"^{_PARTS}(?:[,;]? total|,? sum| ?=) (\d{{1,3}})$", re.IGNORECASE)
_WHOLE = re.compile(r"\b(?:rest|others?|remainder|remaining|every other \w+|all other \w+) 0\b", re.IGNORECASE)
_WITHIN = re.compile(
    rf"\ball (?:within|below|under) (?:the )?(?:ref|reference|normal|range|limit)[a-z ]{{0,12}}<? ?{_N}", re.IGNORECASE
)
_NUMBER = re.compile(_N)
# A name that ends with a value of its own: "Bladder scan 300 mL", "CK peak 14,200".
_NAMED_VALUE = re.compile(rf"(?<= )(?!(?:19|20)\d\d$){_N}(?: ?(%|[a-z]{{1,8}}))?$", re.IGNORECASE)
_FIRST_VALUE = re.compile(rf"^(?:[RL] )?{_N}(?: ?(%|[a-z]{{1,8}}))?", re.IGNORECASE)
_TELLING = 100
_SCALES_OF_UNITS = (1, 10, 100, 1000, 0.1, 0.01, 0.001)


def numbers_of_a_row_agree(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-35: the numbers of an indicator do not contradict each other."""
    told = f"{row.name} {row.value}"
    if (
        not row.quoted
        and len(_ANY_NUMBER.findall(told)) >= _FEWEST
        and (_contradicts(row.name, row.value, row.unit or "") or _breaks_a_law(row.told, knowledge.numbers))
    ):
        message = "The numbers of the indicator contradict each other."
        yield review("R-35", "value", message, "Compare the value with its source.")


_GENERAL: tuple[Callable[[Told, NumberWords], bool], ...] = (
    formulas.formulas_fail,
    formulas.products_fail,
    formulas.doses_fail,
    totals.totals_fail,
    totals.parts_fail,
    totals.differences_fail,
    totals.percents_fail,
    totals.multiples_fail,
    totals.shares_fail,
    trends.direction_fails,
    trends.extremes_fail,
    trends.limits_fail,
    trends.flags_fail,
    trends.sides_fail,
    clocks.clocks_fail,
)


def _breaks_a_law(told: Told, words: NumberWords) -> bool:
    return any(law(told, words) for law in _GENERAL) or _parts_make_another_total(told, words)


def nothing_is_denied_and_told(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-35: an indicator does not deny what it asserts."""
    if not row.quoted and denies_and_asserts(row.told, knowledge.numbers):
        message = "The indicator says of one thing that it is there and that it is not."
        yield review("R-35", "value", message, "Compare the value with its source.")


@lru_cache(maxsize=4096)
def _contradicts(name: str, value: str, unit: str) -> bool:
    whole = f"{name}: {value}"
    return (
        any(_broken(law, whole) for law in (*_LAWS, *_OF_COMA, *_TRENDS, *_TWICE_TOLD, *_FLAGS))
        or _lies_outside(value)
        or _is_named_otherwise(name, value, unit)
    )


def _broken(law: _Law, text: str) -> bool:
    found = _pattern(law.form).search(text)
    return found is not None and not law.holds(*map(_number, found.groups()))


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """Return a form as it is looked for; most processes check no row with two numbers when they begin."""
    return re.compile(form, re.IGNORECASE)


def _number(written: str) -> float | str:
    """Return a number as it is written, and a unit as it is."""
    plain = written.replace(",", "").replace(" ", "").replace("−", "-")
    try:
        return float(plain)
    except ValueError:
        return written


def _parts_make_another_total(told: Told, words: NumberWords) -> bool:
    """Tell whether the parts of a scale exceed their total, or miss it where all of them are told."""
    value, scale = told.text[told.begins :], words.scales.get(told.kind)
    first, last = _TOTAL_FIRST.match(value), _TOTAL_LAST.match(value)
    if first is None and last is None:
        return False
    total, listed = first.groups() if first is not None else reversed(last.groups() if last is not None else ())
    parts = [int(number) for number in _NUMBER_OF_PART.findall(listed)]
    if scale is not None and max(parts) > scale.most:
        return False  # "qSOFA 2 (RR 26, SBP 88)" lists measures
    complete = last is not None or bool(_WHOLE.search(listed)) or (scale is not None and scale.parts == len(parts))
    return sum(parts) > int(total) or (complete and sum(parts) != int(total))


def _lies_outside(value: str) -> bool:
    """Tell whether a value of which all is said to lie within a limit exceeds it."""
    found = _WITHIN.search(value)
    if found is None:
        return False
    limit = float(found.group(1).replace(",", ""))
    shown = _NUMBER.findall(measured_alone(value[: found.start()]))
    return any(float(number.replace(",", "")) > limit for number in shown)


def _is_named_otherwise(name: str, value: str, unit: str) -> bool:
    """Tell whether a name tells a value, and the value another one of the same unit."""
    named, first = _NAMED_VALUE.search(measured_alone(name)), _FIRST_VALUE.match(value)
    if named is None or first is None:
        return False
    told, of_name, of_value = float(named[1].replace(",", "")), (named[2] or "").lower(), (first[2] or unit).lower()
    if of_name != of_value if of_name else told < _TELLING and "." not in named[1]:
        return False
    shown = [float(number.replace(",", "")) for number in _NUMBER.findall(measured_alone(value))]
    scales = (1,) if of_name else _SCALES_OF_UNITS
    return not any(_close(told * scale, number, share=0.01) for scale in scales for number in shown)
