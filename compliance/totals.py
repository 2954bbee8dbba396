"""Whether a total, a difference, a share or a multiple agrees with the numbers that it is told of (R-35).

A told result is wrong only where no two (or, for a total, no run) of the numbers beside it make it.
"""

from __future__ import annotations

import re
from itertools import combinations

from compliance.amounts import NUMBER, amount_of, close
from compliance.number_words import NumberWords
from compliance.numbers_of_rows import Number, Told

_ALL = 100
_FEWEST = 2
_MOST = 24  # numbers of one series that are compared
_CHANGE = r"(?:difference|diff|drop|fall|rise|loss|gain|increase|decrease|decline|change|swing|discrepancy|reduction)"
_N = rf"(?<![:/]){NUMBER}"
_U = r"(?: ?-?(kg|g|cm|mm|mmhg|ml|l|lbs?|mg/dl|g/dl|points?|pts?|%|ms|h))?"
_BY = r"(?:(?:fell|rose|dropped|larger|smaller|wider|longer|down|up|greater|less) by )"
_KINDS_OF_POINTS = r"(?:(?:point|systolic|diastolic|mmhg|circumference|interocular|side-to-side) ){0,2}"
_DIFFERENCE = re.compile(
    rf"\b(?:{_CHANGE}:? (?:of )?|lost |gained |{_BY}|delta (?:of )?)"
    rf"(?:about )?{_N}{_U}(?!\w| ?(?:to|->|→|x|over)\b)"
    rf"|{_N}{_U} {_KINDS_OF_POINTS}{_CHANGE}\b"
    rf"|\([+−-]{_N}{_U}\)"
)
_CUE_OF_CHANGE = re.compile(rf"\b{_CHANGE}|\blost|\bgained|\bby \d|\bdelta|\([+−-]\d")
_PERCENT = re.compile(
    rf"\b(?:{_CHANGE}|lost|gained|fell|rose|dropped|clearance|by) ?(?:of |by |: )?{_N} ?%"
    rf"|{_N} ?% (?:\w+ )?(?:{_CHANGE}|clearance)\b|\([+−-]{_N} ?%\)"
    rf"|(?:→|->|\bto\b) ?\d[^;()]{{0,30}}\({_N} ?%\)"
)
_MULTIPLES = {
    "doubled": 2, "tripled": 3, "trebled": 3, "quadrupled": 4, "halved": 0.5, "twofold": 2, "threefold": 3,
    "fourfold": 4, "fivefold": 5, "sixfold": 6, "sevenfold": 7, "eightfold": 8, "ninefold": 9, "tenfold": 10,
}  # fmt: skip
_MULTIPLE = re.compile(rf"\b({'|'.join(_MULTIPLES)})\b|\b(\d{{1,3}})[ -]?fold\b")
_OF_TOTAL = r"(ml|l|cc|mg|g|mcg|units?|%|points?)"
_TOTAL = re.compile(
    rf"\b(?:total(?:ing|s)?:? (?:of |[a-z]{{3,10}} )?|sum (?:of )?|altogether |in all ){_N} ?{_OF_TOTAL}?(?![\w/])"
    rf"|{_N} ?{_OF_TOTAL}?,? (?:in )?total\b"
)
_LARGE = {"l": 1000.0, "g": 1000.0}
_SMALL = {"l": "ml", "cc": "ml", "g": "mg", "ml/h": "ml", "ml/hr": "ml", "cc/h": "ml"}
_TIMES = re.compile(r"(?<!\w)x ?(\d{1,2})\b(?! ?(?:mg|ml|h|hr|d|days?|min|weeks?)\b)")
_PART = re.compile(r"[a-z] (\d{1,4})(?=,|$)")
_LABELLED = r"[a-z][a-z .'/0-9-]{0,24} \d{1,4}"
_MADE_OF = re.compile(
    r"((?:\d{1,3}(?:,\d{3})+|\d{1,4})) ?(?:(ml|cc|l|points) )?(?:at [\d:]{4,5} )?"
    rf"\(({_LABELLED}(?:, ?(?:and )?{_LABELLED}){{1,14}})\)"
)
_WHOLE_VOLUME = re.compile(r"\b(?:loss|ebl|qbl|output|intake|fluids?|volume|crystalloids?|total)\b")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d)?) ?% ?([a-z]{3,})|\b([a-z]{3,}) (\d{1,3}(?:\.\d)?) ?%")


def totals_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether a told total is none of the numbers that are listed before it."""
    if "total" not in told.text and "sum" not in told.text and "in all" not in told.text:
        return False
    found = list(_TOTAL.finditer(told.text, told.begins))
    if len(found) != 1:
        return False
    amount, unit = _small(
        amount_of(found[0].group(1) or found[0].group(3)), found[0].group(2) or found[0].group(4) or told.unit
    )
    amounts = _listed_before(told, found[0].start(), unit)
    if len(amounts) == 1:
        times = _TIMES.findall(told.text[told.begins :])
        return len(times) == 1 and not close(amounts[0] * float(times[0]), amount, share=0.03) and amounts[0] != amount
    return len(amounts) >= _FEWEST and not any(
        close(sum(amounts[first:last]), amount, share=0.03)
        for first in range(len(amounts))
        for last in range(first + 1, len(amounts) + 1)
    )


def _listed_before(told: Told, start: int, unit: str) -> list[float]:
    """Return the amounts that stand before a total without one of another unit between; none where all is a range."""
    amounts: list[float] = []
    for one in reversed([one for one in told.numbers if one.end <= start and one.kind not in ("time", "ordinal")]):
        amount, beside = _small(one.amount, one.unit)
        if one.ranged or beside not in (unit, "") or len(amounts) == _MOST:
            break
        amounts.append(amount)
    return amounts


def parts_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether a volume differs from the parts that stand in brackets behind it."""
    found = _MADE_OF.match(told.text, told.begins)
    if found is None:
        return False
    parts = [amount_of(part) for part in _PART.findall(found.group(3))]
    if (found.group(2) or told.unit) not in ("ml", "cc", "l") or not _WHOLE_VOLUME.search(told.text, 0, told.begins):
        return False
    return not close(sum(parts), amount_of(found.group(1)), share=0.03)


def _small(amount: float, unit: str) -> tuple[float, str]:
    return amount * _LARGE.get(unit, 1), _SMALL.get(unit, unit)


def differences_fail(told: Told, words: NumberWords) -> bool:
    """Tell whether a told difference lies between no two numbers of one series before it."""
    if not _CUE_OF_CHANGE.search(told.text, told.begins):
        return False
    return any(_no_difference(found, told) for found in _DIFFERENCE.finditer(told.text, told.begins))


def _no_difference(found: re.Match[str], told: Told) -> bool:
    groups = found.groups()
    amount, unit = next(
        (amount_of(groups[place]), groups[place + 1] or "") for place in (0, 2, 4) if groups[place] is not None
    )
    if unit == "%":
        return False
    candidates = _series_before(told, found.start(), found.end(), unit)
    pairs = [one for one in told.pairs if one.end <= found.start()]
    if len(pairs) >= _FEWEST and not candidates:
        candidates = [[one.first for one in pairs], [one.second for one in pairs]]
        return not any(_any_between(one, amount, 0.5) for one in candidates) and _is_pressure(pairs[0].first)
    return bool(candidates) and not any(_any_between(one, amount, 0.06 * _step(one)) for one in candidates)


def _is_pressure(number: float) -> bool:
    return 40 <= number <= 300


def _step(numbers: list[float]) -> float:
    return 1.0 if any(number % 1 for number in numbers) else 10.0


def _any_between(numbers: list[float], amount: float, margin: float) -> bool:
    return any(
        close(abs(one - other), amount, share=0.03, amount=margin) for one, other in combinations(numbers[:_MOST], 2)
    )


def _series_before(told: Told, start: int, end: int, unit: str) -> list[list[float]]:
    """Return the amounts of each series of two or more beside a told difference, in its unit."""
    found = []
    for series in told.series().values():
        numbers = [
            one.amount
            for one in series
            if (one.end <= start or one.start >= end)
            and not one.ranged
            and _fits(one, unit)
            and told.text.find(";", one.end, start) < 0
        ]
        if len(numbers) >= _FEWEST:
            found.append(numbers)
    return found


def _fits(one: Number, unit: str) -> bool:
    return one.unit != "%" and (unit in ("", "point", "points", "pts", "pt") or one.unit in ("", unit))


def percents_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether a change told in percent lies between no two numbers of one series."""
    if "%" not in told.text:
        return False
    for found in _PERCENT.finditer(told.text):
        percent = amount_of(next(filter(None, found.groups())))
        series = _series_before(told, found.start() if found.start() > told.begins else len(told.text), found.end(), "")
        if series and not any(_any_change(one, percent) for one in series):
            return True
    return False


def _any_change(numbers: list[float], percent: float) -> bool:
    return any(
        of and close(_ALL * abs(one - other) / of, percent, share=0.06, amount=1)
        for one, other in combinations(numbers[:_MOST], 2)
        for of in (one, other)
    )


def multiples_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether a told multiple stands between no two numbers of one series."""
    found = _MULTIPLE.search(told.text, told.begins)
    if found is None:
        return False
    factor = _MULTIPLES[found.group(1)] if found.group(1) else float(found.group(2))
    series = [[one.amount for one in numbers if one.amount] for numbers in told.series().values()]
    series = [numbers for numbers in series if len(numbers) >= _FEWEST]
    return bool(series) and factor > 0 and not any(_any_multiple(one, max(factor, 1 / factor)) for one in series)


def _any_multiple(numbers: list[float], factor: float) -> bool:
    return any(
        0.75 * factor <= max(one, other) / min(one, other) <= 1.4 * factor
        for one, other in combinations(numbers[:_MOST], 2)
        if min(one, other) > 0
    )


def shares_fail(told: Told, words: NumberWords) -> bool:
    """Tell whether the shares of one whole make more than all of it."""
    if told.text.count("%") < _FEWEST:
        return False
    shares: dict[str, float] = {}
    for number, after, before, second in _SHARE.findall(told.text):
        what = after or before
        if what in shares:
            return False
        shares[what] = float(number or second)
    return any(
        sum(shares[part] for part in whole & shares.keys()) > _ALL + 3 and len(whole & shares.keys()) >= _FEWEST
        for whole in words.wholes
    )
