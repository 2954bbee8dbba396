"""Whether what a row works out follows from its numbers (R-35): known formulas, products, sums, differences, shares.

A formula names what it needs by what numbers measure, in whatever order they stand; where one of them stands twice with
different amounts, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from compliance.amounts import NUMBER, amount_of, close
from compliance.number_words import ORDINAL, REFERENCE, TIME, NumberWords
from compliance.numbers_of_rows import Told


class _Formula(NamedTuple):
    """What is worked out, of what, and whether the result can be that; `result` may have several names."""

    result: tuple[str, ...]
    parts: tuple[str, ...]
    holds: Callable[..., bool]


def _fraction(written: float) -> float:
    return written if written <= 1 else written / 100


def _ratio(share: float, *, factor: float = 1.0) -> Callable[[float, float, float], bool]:
    return lambda told, one, other: other == 0 or close(told, factor * one / other, share=share, amount=0.06)


def _share(told: float, part: float, whole: float) -> bool:
    return whole == 0 or close(100 * _fraction(told), 100 * part / whole, amount=2.5)


def _difference(amount: float) -> Callable[[float, float, float], bool]:
    return lambda told, one, other: close(told, one - other, amount=amount, share=0.02)


_FORMULAS = (
    _Formula(
        ("anion_gap",),
        ("sodium", "chloride", "bicarbonate"),
        lambda gap, na, cl, base: -1.5 <= gap - (na - cl - base) <= 7,
    ),
    _Formula(
        ("pf_ratio",), ("pao2", "fio2"), lambda told, one, of: of == 0 or close(told, one / _fraction(of), share=0.05)
    ),
    _Formula(("saag",), ("albumin", "ascites_albumin"), _difference(0.11)),
    _Formula(("osm_gap",), ("osm_measured", "osm_calculated"), _difference(1.1)),
    _Formula(("delta_pressure",), ("diastolic", "compartment"), _difference(1.1)),
    _Formula(("pulse_pressure",), ("systolic", "diastolic"), _difference(1.1)),
    _Formula(("cpp",), ("map", "icp"), _difference(1.1)),
    _Formula(("driving_pressure",), ("plateau", "peep"), _difference(1.1)),
    _Formula(("tpg",), ("mpap", "pcwp"), _difference(1.1)),
    _Formula(("globulin",), ("total_protein", "albumin"), _difference(0.11)),
    _Formula(("net",), ("intake", "output"), _difference(20)),
    _Formula(("shock_index",), ("heart_rate", "systolic"), _ratio(0.06)),
    _Formula(("abi",), ("ankle_pressure", "brachial_pressure"), _ratio(0.05)),
    _Formula(("cardiac_index",), ("cardiac_output", "bsa"), _ratio(0.08)),
    _Formula(("bun_ratio",), ("bun", "creatinine"), _ratio(0.08)),
    _Formula(("tsat",), ("iron", "tibc"), _share),
    _Formula(("oxygen_saturation", "tsat"), ("iron", "tibc"), _share),
    _Formula(("fev_ratio", "ratio"), ("fev1", "fvc"), _share),
    _Formula(
        ("rsbi",),
        ("respiratory_rate", "tidal_volume"),
        lambda told, rate, volume: close(told, rate / (volume / 1000 if volume > 10 else volume or 1), share=0.1),
    ),
    _Formula(("lvef",), ("edv", "esv"), lambda told, full, rest: full == 0 or _share(told, full - rest, full)),
    _Formula(
        ("pvr",),
        ("mpap", "pcwp", "cardiac_output"),
        lambda told, mean, wedge, flow: flow == 0 or close(told, (mean - wedge) / flow, share=0.12, amount=0.2),
    ),
    _Formula(
        ("corrected_calcium",),
        ("calcium", "albumin"),
        lambda told, measured, albumin: close(told, measured + 0.8 * (4 - albumin), amount=0.45),
    ),
    _Formula(
        ("bmi",),
        ("weight", "height"),
        lambda told, heavy, tall: (
            not (100 < tall < 250 and heavy > 20) or close(told, heavy / (tall / 100) ** 2, share=0.05)
        ),
    ),
    _Formula(("hematocrit",), ("hemoglobin",), lambda told, hemoglobin: 2.2 <= told / (hemoglobin or told / 3) <= 4.2),
    _Formula(("direct_bilirubin",), ("total_bilirubin",), lambda direct, total: direct <= total * 1.02),
    _Formula(("delivered",), ("demands",), lambda delivered, demands: delivered <= demands),
    _Formula(("esv",), ("edv",), lambda rest, full: rest <= full),
    _Formula(("fev1",), ("fvc",), lambda first, whole: first <= whole * 1.03 or first > 10),
    _Formula(
        ("qsofa",),
        ("respiratory_rate", "systolic", "gcs"),
        lambda told, rate, pressure, coma: told == (rate >= 22) + (pressure <= 100) + (coma < 15),
    ),
    _Formula(("ldl",), ("total_cholesterol",), lambda part, whole: part <= whole),
    _Formula(("hdl",), ("total_cholesterol",), lambda part, whole: part <= whole),
    _Formula(
        ("post_weight",), ("pre_weight", "ultrafiltration"), lambda post, pre, removed: removed <= 0 or post <= pre
    ),
)
_BY_RESULT: dict[str, list[_Formula]] = {}
for _one in _FORMULAS:
    for _result in _one.result:
        _BY_RESULT.setdefault(_result, []).append(_one)
_UNIT = r"(?: ?(?:%|[a-zµ]{1,8}(?:/[a-z0-9]{1,6}){0,3}))?"
_PRODUCT = re.compile(rf"{NUMBER}{_UNIT} ?[x×*] ?{NUMBER}{_UNIT}(?: ?[x×*] ?{NUMBER}{_UNIT})? ?= ?{NUMBER}(?![\d/])")
_SUM = re.compile(rf"{NUMBER}{_UNIT}((?: ?\+ ?{NUMBER}{_UNIT}){{1,12}}) ?= ?{NUMBER}(?![\d/])")
_ADDED = re.compile(NUMBER)
_PER_KILOGRAM = re.compile(rf"{NUMBER} ?(units?|u|mg|mcg|g|ml|meq|mmol)/kg(?!/)(?!\w)")
_KILOGRAMS = re.compile(rf"{NUMBER} ?kg(?![\w/])")
_FEEDING = re.compile(
    rf"(?<!\w)(\d\.\d{{1,2}}|\d)(?:,| kcal/ml)? (?:at |@ ?){NUMBER} ?ml/h[a-z]*\b[^;]{{0,25}}?[=,(] ?{NUMBER} ?kcal"
)


def formulas_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether a result of a known formula contradicts what it is worked out of."""
    amounts = _amounts(told)
    for kind in amounts.keys() & _BY_RESULT.keys():
        for formula in _BY_RESULT[kind]:
            needed = [amounts.get(part) for part in formula.parts]
            result = amounts[kind]
            if result is not None and None not in needed and not formula.holds(result, *needed):
                return True
    return False


def _amounts(told: Told) -> dict[str, float | None]:
    """Return the amount of each kind; None where a kind has several."""
    found: dict[str, float | None] = {}
    for one in told.numbers:
        if one.kind and one.kind not in (REFERENCE, ORDINAL, TIME):
            known = None if one.ranged else one.amount
            found[one.kind] = known if one.kind not in found or found[one.kind] == known else None
    if "bmi" in found:
        for one in told.numbers:
            if not one.kind and one.unit in _OF_BODY:
                found.setdefault(_OF_BODY[one.unit], one.amount)
    for pair in told.pairs:
        if pair.kind in _PRESSURES and pair.first > pair.second:
            found.setdefault("systolic", pair.first)
            found.setdefault("diastolic", pair.second)
    return found


_OF_BODY = {"kg": "weight", "cm": "height"}
_PRESSURES = frozenset({"systolic", "map", "pulse_pressure", "shock_index", "blood_pressure"})


def products_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether a product or a sum that is written out makes another number."""
    text = told.text
    if "=" not in text and "kcal" not in text:
        return False
    return (
        any(_product_fails(*found) for found in _PRODUCT.findall(text))
        or any(
            not close(
                amount_of(first) + sum(map(amount_of, _ADDED.findall(rest))), amount_of(told), share=0.02, amount=0.5
            )
            for first, rest, _, told in _SUM.findall(text)
        )
        or any(
            not close(amount_of(density) * amount_of(rate) * 24, amount_of(energy), share=0.06)
            for density, rate, energy in _FEEDING.findall(text)
        )
    )


def _product_fails(one: str, other: str, third: str, told: str) -> bool:
    return not close(
        amount_of(one) * amount_of(other) * (amount_of(third) if third else 1), amount_of(told), share=0.03
    )


def doses_fail(told: Told, _words: NumberWords) -> bool:
    """Tell whether a dose by weight, the weight, and the dose that was given contradict each other."""
    text = told.text
    if "/kg" not in text:
        return False
    dose, weights = _PER_KILOGRAM.search(text), _KILOGRAMS.findall(text)
    if dose is None or len(weights) != 1 or len(_PER_KILOGRAM.findall(text)) != 1:
        return False
    unit = dose.group(2)
    given = [amount_of(one) for one in re.findall(rf"{NUMBER} ?{unit}(?![\w/])", text)]
    wanted = amount_of(dose.group(1)) * amount_of(weights[0])
    return bool(given) and not any(close(one, wanted, share=0.15) for one in (*given, sum(given)))
