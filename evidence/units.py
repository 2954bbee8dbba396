"""Units that no table states: converted by what they measure (`pint`), when a gap first brings one.

What a table states needs no library, and no table can state what a hospital writes tomorrow. Only plain units of mass,
amount, volume, length, pressure and time are taken, written as UCUM writes them: a capital letter too many would be
another unit ("ML" is a million litres). Temperatures, counts and anything with a note in braces stay with the tables.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from evidence.readings import Conversion

if TYPE_CHECKING:
    from pint import Quantity, UnitRegistry

_PART = re.compile(r"%|lb|oz|in|min|h|d|mm\[Hg\]|mcg|[fpnumcdk]?(?:g|mol|L|l|m|s|Pa)")
_AS_PINT = {"%": "percent", "mm[Hg]": "mmHg", "in": "inch", "mcg": "microgram", "d": "day", "h": "hour", "l": "liter"}
_EXACT_ENOUGH = Context(prec=15)


@lru_cache(maxsize=1024)
def conversion(unit: str, own: str) -> Conversion | None:
    """Return how a number in `unit` becomes one in `own`, or None where that is not sure.

    In: two units as written, case included. None for a unit that is not known, and for two that measure different
    things: nothing here knows how heavy a mole is.
    """
    parts, own_parts = _parts(unit), _parts(own)
    if parts is None or own_parts is None:
        return None
    one = _one(parts)
    if not one.is_compatible_with(_one(own_parts)):
        return None
    factor = one.to(_one(own_parts).units).magnitude
    return Conversion(times=_EXACT_ENOUGH.create_decimal(factor).normalize())


def _parts(unit: str) -> list[str] | None:
    parts = unit.strip().replace("µ", "u").replace("μ", "u").split("/")
    return parts if len(parts) <= 3 and all(_PART.fullmatch(part) for part in parts) else None


def _one(parts: list[str]) -> Quantity[Decimal]:
    first, *others = (_registry().Quantity(Decimal(1), _AS_PINT.get(part, part)) for part in parts)
    for other in others:
        first = first / other
    return first


@cache
def _registry() -> UnitRegistry[Decimal]:
    """Half a second of loading, which a gap in known units never pays."""
    from pint import UnitRegistry  # noqa: PLC0415

    return UnitRegistry(non_int_type=Decimal)
