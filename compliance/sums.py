"""Whether the numbers of one indicator agree with each other (R-35), and whether it asserts what it denies.

Laws of what numbers measure stand in formulas.py, totals.py, trends.py and clocks.py, those of one form of writing in
forms.py. Numbers that no law knows are judged by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from compliance import clocks, forms, formulas, totals, trends
from compliance.amounts import NUMBER, amount_of, close
from compliance.findings import review
from compliance.knowledge import Knowledge
from compliance.measured import measured_alone
from compliance.number_words import NumberWords
from compliance.numbers_of_rows import Told
from compliance.opposites import denies_and_asserts
from compliance.rows import Row
from schemas.check import Finding

_FEWEST = 2  # one number contradicts nothing
_ANY_NUMBER = re.compile(r"\d[\d.,]*")


# Parts of a scale: "gaze 2, face 2, L arm 4". Each is a small whole number behind its name.
_PART = r"[a-z][a-z .'/-]{0,24} \d{1,2}"
_PARTS = rf"({_PART}(?:, ?(?:and )?{_PART}){{2,20}})"
_NUMBER_OF_PART = re.compile(r" (\d{1,2})(?=,|$)")
_TOTAL_FIRST = re.compile(rf"^(\d{{1,3}})(?: at [\d:]{{4,5}})? ?\({_PARTS}\)", re.IGNORECASE)
_TOTAL_LAST = re.compile(rf"^{_PARTS}(?:[,;]? total|,? sum| ?=) (\d{{1,3}})$", re.IGNORECASE)
_WHOLE = re.compile(r"\b(?:rest|others?|remainder|remaining|every other \w+|all other \w+) 0\b", re.IGNORECASE)
_WITHIN = re.compile(
    rf"\ball (?:within|below|under) (?:the )?(?:ref|reference|normal|range|limit)[a-z ]{{0,12}}<? ?{NUMBER}",
    re.IGNORECASE,
)
_ANY_AMOUNT = re.compile(NUMBER)
# A name that ends with a value of its own: "Bladder scan 300 mL", "CK peak 14,200".
_NAMED_VALUE = re.compile(rf"(?<= )(?!(?:19|20)\d\d$){NUMBER}(?: ?(%|[a-z]{{1,8}}))?$", re.IGNORECASE)
_FIRST_VALUE = re.compile(rf"^(?:[RL] )?{NUMBER}(?: ?(%|[a-z]{{1,8}}))?", re.IGNORECASE)
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
    forms.forms_fail,
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


def _contradicts(name: str, value: str, unit: str) -> bool:
    return _lies_outside(value) or _is_named_otherwise(name, value, unit)


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
    limit = amount_of(found.group(1))
    shown = _ANY_AMOUNT.findall(measured_alone(value[: found.start()]))
    return any(amount_of(number) > limit for number in shown)


def _is_named_otherwise(name: str, value: str, unit: str) -> bool:
    """Tell whether a name tells a value, and the value another one of the same unit."""
    named, first = _NAMED_VALUE.search(measured_alone(name)), _FIRST_VALUE.match(value)
    if named is None or first is None:
        return False
    told, of_name, of_value = amount_of(named[1]), (named[2] or "").lower(), (first[2] or unit).lower()
    if of_name != of_value if of_name else told < _TELLING and "." not in named[1]:
        return False
    shown = [amount_of(number) for number in _ANY_AMOUNT.findall(measured_alone(value))]
    scales = (1,) if of_name else _SCALES_OF_UNITS
    return not any(close(told * scale, number, share=0.01) for scale in scales for number in shown)
