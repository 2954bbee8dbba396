"""Whether what is said of a series is true of its numbers (R-35): its direction, its extremes, a limit, a flag.

A direction is compared where the row holds one series, in the order of time; words that say otherwise ("prior 9.2")
leave it alone.
"""

from __future__ import annotations

import re
from itertools import pairwise

from compliance.amounts import NUMBER, amount_of
from compliance.number_words import NumberWords
from compliance.numbers_of_rows import Number, Told

_FEWEST = 2
_MANY = 3
_NOT = re.compile(r"\b(?:not|no longer|without|never|if|until|no)\b(?! change)")
_HIGHEST = re.compile(rf"\b(?:peak(?:ed)?|max(?:imum)?|tmax|highest)(?: at| of| was|:)? {NUMBER}")
_LOWEST = re.compile(rf"\b(?:nadir(?:ed)?|lowest|min(?:imum)?)(?: at| of| was|:)? {NUMBER}(?! ?min)")
_NAMED_LIMIT = re.compile(rf"(?<![\w)])(<|>|≤|≥|below|above|under|over) ?{NUMBER}(?: ?[a-z/%]{{1,8}})?$")
_ALL_WITHIN = re.compile(
    rf"\b(?:all|each|every|none|both|never)(?: [a-z]+){{0,3}}? (below|under|above|over|<|>|at least) {NUMBER}"
)
_UNDER = frozenset({"<", "≤", "below", "under"})
_FLAGGED = re.compile(rf"{NUMBER} ?\(?\b([hl])\b\)?")
_RANGE = re.compile(rf"\b(?:ref|reference|normal|range|nl)[a-z: ]{{0,12}}{NUMBER} ?(?:-|–|to) ?{NUMBER}")
_GOAL = re.compile(
    rf"\b(below|above|within|at|under|over) (?:the )?(?:goal|target|range|parameters?)\b[^;]{{0,24}}?"
    rf"{NUMBER} ?(?:-|–|to) ?{NUMBER}"
)
_CHANGES = frozenset({"gain", "loss", "drop", "fall", "rise", "total", "difference", "delta", "by"})


def direction_fails(told: Told, words: NumberWords) -> bool:
    """Tell whether a word of direction contradicts the only series of a row."""
    if len(told.numbers) + len(told.pairs) < _FEWEST:
        return False
    said = {words.directions[phrase] for phrase in words.direction.findall(told.text)}
    if len(said) != 1 or _NOT.search(told.text, told.begins):
        return False
    kind, numbers = _only_series(told, words)
    if len(numbers) < _FEWEST:
        return False
    way = _way(said.pop(), kind, words)
    steps = [later - before for before, later in pairwise(numbers)]
    if way == "falling":
        return all(step >= 0 for step in steps) and numbers[-1] > numbers[0]
    if way == "rising":
        return numbers[-1] <= numbers[0] and (all(step <= 0 for step in steps) or len(numbers) >= _MANY)
    return False


def _way(said: str, kind: str, words: NumberWords) -> str:
    """Return the direction that a word means for what is measured; "" where that is not certain."""
    if said in ("better", "worse"):
        lower = kind in words.better_when["lower"]
        if not lower and kind not in words.better_when["higher"]:
            return ""
        return "falling" if lower == (said == "better") else "rising"
    return said


def _only_series(told: Told, words: NumberWords) -> tuple[str, list[float]]:
    series = told.series()
    longer = [numbers for numbers in series.values() if len(numbers) > 1]
    if len(longer) == 1 and not told.pairs:
        single = [numbers[0] for numbers in series.values() if len(numbers) == 1]
        if all(not _CHANGES.isdisjoint(one.label) for one in single):
            return longer[0][0].kind, _in_order(longer[0], words)
    pressures = [one for one in told.pairs if 40 <= one.first <= 300 and 15 <= one.second < one.first]
    if (
        len(pressures) >= _FEWEST
        and len(pressures) == len(told.pairs)
        and all(len(one) == 1 for one in series.values())
    ):
        return "systolic", [one.first for one in pressures]
    return "", []


def _in_order(numbers: list[Number], words: NumberWords) -> list[float]:
    if any(one.ranged for one in numbers):
        return []
    first, *rest = numbers
    if not words.out_of_order.isdisjoint(first.label[:-1]) or any(
        not words.out_of_order.isdisjoint(one.label) for one in rest
    ):
        return []
    return [one.amount for one in numbers]


def extremes_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether a peak lies below, or a nadir above, another number of its series."""
    return _beyond(told, _HIGHEST, 1) or _beyond(told, _LOWEST, -1)


def _beyond(told: Told, form: re.Pattern[str], way: int) -> bool:
    found = form.search(told.text, told.begins)
    if found is None or len(form.findall(told.text, told.begins)) > 1:
        return False
    extreme = next((one for one in told.numbers if one.start == found.start(1)), None)
    if extreme is None:
        return False
    return any(
        way * one.amount > way * extreme.amount and one.unit == extreme.unit and not one.ranged
        for one in told.series().get(extreme.series, ())
    )


def limits_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether no number is on the side of the limit that the name tells, or one is beyond that of all."""
    named = _NAMED_LIMIT.search(told.text, 0, told.begins - 2)
    if named is not None and _none_is(told, named.group(1), amount_of(named.group(2))):
        return True
    found = _ALL_WITHIN.search(told.text, told.begins)
    if found is None:
        return False
    limit, under = amount_of(found.group(2)), found.group(1) in _UNDER
    if found.group().startswith(("none", "never")):
        under = not under
    before = [one for one in next(iter(told.series().values()), ()) if one.end <= found.start()]
    return any(one.amount > limit if under else one.amount < limit for one in before)


def _none_is(told: Told, side: str, limit: float) -> bool:
    shown = [] if told.pairs else [one.amount for one in _of_first_series(told)]
    beyond = (one <= limit if side == "≤" else one < limit if side in _UNDER else one >= limit for one in shown)
    return bool(shown) and not any(beyond) and _alike(shown, limit)


def _alike(shown: list[float], limit: float) -> bool:
    return all(limit / 4 < one < limit * 4 for one in shown)


def _of_first_series(told: Told) -> list[Number]:
    series = list(told.series().values())
    return series[0] if series and not any(one.ranged for one in series[0]) else []


def flags_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether a flag, or what is said of a goal, contradicts the range that is printed."""
    goal = _GOAL.search(told.text, told.begins)
    if goal is not None:
        shown = [one for one in _of_first_series(told) if one.end <= goal.start()]
        low, high = amount_of(goal.group(2)), amount_of(goal.group(3))
        return len(shown) == 1 and not _lies(goal.group(1), shown[0].amount, low, high)
    found = _RANGE.search(told.text, told.begins)
    if found is None:
        return False
    low, high = amount_of(found.group(1)), amount_of(found.group(2))
    return any(
        (amount_of(number) < high if flag == "h" else amount_of(number) > low)
        for number, flag in _FLAGGED.findall(told.text[told.begins : found.start()])
    )


def _lies(where: str, number: float, low: float, high: float) -> bool:
    if where in ("below", "under"):
        return number < low
    return number > high if where in ("above", "over") else low <= number <= high


_SIDE = re.compile(rf"\b(r|l|right|left)\b[^\d;]{{0,16}}?{NUMBER}")
_LARGER = re.compile(
    r"\b(r|l|right|left) (?:\w+ )?(larger|bigger|greater|wider|higher|smaller|less|lower)\b"
    r"|\b(?:equal|symmetric(?:al)?|identical)(?: bilaterally| sides| on both sides)"
)
_MORE = frozenset({"larger", "bigger", "greater", "wider", "higher"})


def sides_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether one side is said to be larger, or both the same, against the numbers of the two."""
    found = _LARGER.search(told.text, told.begins)
    if found is None:
        return False
    shown = _SIDE.findall(told.text[: found.start()])
    sides: dict[str, float] = {side[0]: amount_of(number) for side, number in shown}
    if len(shown) != _FEWEST or len(sides) != _FEWEST:
        return False
    right, left = sides["r"], sides["l"]
    if found.group(1) is None:
        return not 0.9 <= right / (left or right or 1) <= 1.11
    named, other = (right, left) if found.group(1).startswith("r") else (left, right)
    return named <= other if found.group(2) in _MORE else named >= other
