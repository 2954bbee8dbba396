"""Units as people write them. Display only: what was issued, checked and exported keeps the unit as it was recorded.

UCUM writes `10*3/uL` and `mm[Hg]`; a chart says `10³/µL` and `mmHg`. What is no UCUM comes out as it went in.
Sources: UCUM (ucum.org); ISMP's list of error-prone abbreviations (mcg, for `ug` is read as mg); customary clinical
spellings (own knowledge).
"""

from __future__ import annotations

import re
from functools import lru_cache

_WHOLE = {
    "1": "",
    "Cel": "°C",
    "[degF]": "°F",
    "[pH]": "",
    "{score}": "points",
    "{INR}": "",
    "{ratio}": "",
    "[lb_av]": "lb",
    "[oz_av]": "oz",
    "[in_i]": "in",
    "[ft_i]": "ft",
    "{beats}/min": "beats/min",
    "{breaths}/min": "breaths/min",
    "a": "years",
    "mo": "months",
    "wk": "weeks",
}
"""Whole units that no rule below would spell well."""

_PARTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"mm\[Hg\]"), "mmHg"),
    (re.compile(r"cm\[H2O\]"), "cmH₂O"),
    (re.compile(r"m\[IU\]"), "mIU"),
    (re.compile(r"u\[IU\]"), "µIU"),
    (re.compile(r"\[IU\]"), "IU"),
    (re.compile(r"(?<![A-Za-z])[uµ]g\b"), "mcg"),
    (re.compile(r"(?<![A-Za-z])u(?=(?:L|l|mol|U|m|s)\b)"), "µ"),
    (re.compile(r"\bmosm(?:ol)?\b"), "mOsm"),
    (re.compile(r"\bmeq\b"), "mEq"),
    (re.compile(r"\bueq\b"), "µEq"),
    (re.compile(r"[{\[]1\.73_?m2[}\]]"), "1.73 m²"),
    (re.compile(r"1\.73m2\b"), "1.73 m²"),
    (re.compile(r"(?<![A-Za-z0-9])([ckm]?m)([23])\b"), r"\1^\2"),
    (re.compile(r"\b24\.h\b"), "24 h"),
    (re.compile(r"\((24 h)\)"), r"\1"),
    (re.compile(r"\{([A-Za-z0-9 _%.]+)\}"), r" \1"),
)
_POWER = re.compile(r"10[*^](-?\d{1,2})|\^(\d)")
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@lru_cache(maxsize=1024)
def in_words(unit: str | None) -> str:
    """Return a unit as people write it; an empty text where a value needs none."""
    if unit is None or unit in _WHOLE:
        return _WHOLE.get(unit or "1", "")
    spoken = unit
    for pattern, replacement in _PARTS:
        spoken = pattern.sub(replacement, spoken)
    return _POWER.sub(_raise, spoken).strip()


def _raise(match: re.Match[str]) -> str:
    ten, small = match.group(1), match.group(2)
    return ("10" + ten.translate(_RAISED)) if ten else small.translate(_RAISED)
