"""What a gap wants to know of a documented condition, and whether a template asks that: type, acuity, side, ... Pure.

Gaps and templates say it in their own words; only words of this table decide. An axis in other words decides nothing,
and so does a template that says none ("condition associated with the findings").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from schemas.vocabulary import Category

DECIDES: frozenset[Category] = frozenset(
    {"specificity", "acuity", "stage", "laterality", "cause_effect", "procedure", "status"}
)
"""Categories in which several things can be asked of one condition; in the others the category says it all."""
_WORDS: Mapping[str, str] = {
    "type": "type subtype kind form",
    "acuity": "acuity acute chronic chronicity",
    "degree": "degree severity stage staging grade grading class",
    "cause": "cause causes etiology aetiology origin relationship relation link linkage",
    "organism": "organism organisms pathogen bacterium microorganism",
    "site": "site location region",
    "side": "side laterality",
    "status": "status",
    "depth": "depth",
    "extent": "extent",
    "device": "device",
    "vessel": "vessel vein artery",
    "approach": "approach",
    "technique": "technique",
    "graft": "graft",
    "intent": "intent",
    "purpose": "purpose",
    "control": "control",
    "behavior": "behavior behaviour",
    "deficits": "deficits deficit",
    "duration": "duration",
    "weeks": "weeks gestation",
}
_AXIS_OF: Mapping[str, str] = {word: axis for axis, words in _WORDS.items() for word in words.split()}


@lru_cache(maxsize=1024)
def axes_of(text: str | None) -> frozenset[str]:
    """Return what an axis asks about, in the words of the table: "type_and_acuity" is type and acuity."""
    words = re.findall(r"[^\W_]+", (text or "").casefold())
    return frozenset(_AXIS_OF[word] for word in words if word in _AXIS_OF)


def missed(asked: str | None, category: Category, offered: str | None) -> str | None:
    """Return in words why a template's axis is not the one that a gap asks about, or None where it may be."""
    wanted, own = axes_of(asked), axes_of(offered)
    if category not in DECIDES or not wanted or not own or wanted & own:
        return None
    return f"it asks about {_listed(own)}, not about {_listed(wanted)}"


def covered(asked: str | None, offered: str | None) -> int:
    """Return how many of the things that a gap asks about a template asks."""
    return len(axes_of(asked) & axes_of(offered))


def _listed(axes: frozenset[str]) -> str:
    return " and ".join(sorted(axes))
