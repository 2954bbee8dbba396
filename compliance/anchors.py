"""R-04, R-08: for a kind or a cause that an answer names, one of its own findings speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from compliance.affinities import Anchor
from compliance.asked import in_full, terms_asked
from compliance.criteria import any_shows
from compliance.findings import block, review
from compliance.fitting import TAKE_OUT
from compliance.indicators import Shown
from compliance.reading import Reading
from compliance.text import bag
from schemas.check import Finding

_STATED = frozenset({"conflict", "present_on_admission", "laterality", "clinical_validation"})
_FINER = frozenset({"specificity", "cause_effect"})
_STEM = 6
_SAYINGS = 4096
_OR = re.compile(r"\bor\b|/", re.IGNORECASE)
_BLAMES = re.compile(
    r"\b(?:due to|from|secondary to|caused by|because of|related to|unrelated|after|following|with|without|not|no)\b",
    re.IGNORECASE,
)
# All that is said of a thing is that it is not there, or was not done: its name alone speaks for nothing.
_SAYS_NOTHING = re.compile(r"; *(?:not (?:done|given|sent|taken|obtained|performed|tested|available|ordered)\b.*)?$")


def kinds_are_spoken_for(reading: Reading) -> Iterator[Finding]:
    """R-04: a kind or cause is offered on a finding of its own; what all answers share does not tell them apart."""
    if reading.query.category in _STATED:
        return
    for place, option in reading.clinical_options:
        rows = frozenset(row for row in option.evidence if 0 <= row < len(reading.rows))
        if not rows:
            continue
        linked = [reading.shown[row] for row in sorted(rows)]
        meant = _kinds_meant(reading, option.text)
        silent = [one for one in meant if not _speaks(one, linked)]
        if len(silent) < len(meant) and _OR.search(option.text):
            continue
        field = f"options[{place}].evidence"
        shared = any(rows <= frozenset(other.evidence) for at, other in reading.clinical_options if at != place)
        if not silent:
            if shared and not meant and _stands_on_numbers(reading, option.text, linked):
                message = "The numbers that are linked stand beside another option, too, and tell no cause or kind."
                yield review("R-04", field, message, "Link what speaks for it, or let a second person judge.")
        elif shared and not all(_speaks(one, reading.shown) for one in silent):
            message = "What is linked to this option stands beside another one, too, and nothing speaks for this kind."
            yield block("R-04", field, message, TAKE_OUT)
            yield block("R-08", field, message, TAKE_OUT)
        else:
            message = "No linked finding speaks for this kind or cause."
            yield review("R-04", field, message, "Link the finding that speaks for it, or let a second person judge.")


def speaks_for_its_kind(reading: Reading, option: str, linked: Sequence[Shown]) -> bool:
    """Tell whether an option names a kind or a cause, and what is linked to it speaks for each that it names."""
    meant = _kinds_meant(reading, option)
    return bool(meant) and all(_speaks(one, linked) for one in meant)


def _kinds_meant(reading: Reading, option: str) -> list[Anchor]:
    read = reading.knowledge.choices.read
    anchors = (one for text in (_as_asked(reading, option), *in_full(reading, option)) for one in read(text).anchors)
    return [one for one in dict.fromkeys(anchors) if _is_meant(one, option, reading)]


def _as_asked(reading: Reading, option: str) -> str:
    """Return an option as an answer to its question: where a cause is asked for, its bare name is one."""
    blames = reading.query.category == "cause_effect" and not _BLAMES.search(option)
    return f"due to {option}" if blames else option


def _is_meant(anchor: Anchor, option: str, reading: Reading) -> bool:
    """Tell whether an option means this kind, and no provider documented it or what speaks for it."""
    terms = reading.provider_terms
    scope = bag(f"{option} {reading.query.title}").union(*map(bag, terms))
    if (anchor.needs and not anchor.needs & scope) or anchor.unless & scope:
        return False
    said = " | ".join(terms).lower()
    if any(name in said for name in anchor.bare):
        return False
    asked = () if reading.asks_for_new_condition else terms_asked(reading)
    beside = [term.lower() for term in terms if len(asked) > 1 or term not in asked]
    return not any(map(_saying(anchor.says).search, beside))


def _speaks(anchor: Anchor, linked: Sequence[Shown]) -> bool:
    told = [one.said for one in linked if not _SAYS_NOTHING.search(one.said)]
    if any(map(_saying(anchor.says).search, told)) or any_shows(anchor.shows, linked):
        return True
    return bool(anchor.denies) and any(_saying(anchor.denies).search(one.text) for one in linked)


def _stands_on_numbers(reading: Reading, option: str, linked: Sequence[Shown]) -> bool:
    """Tell whether a cause or a kind that no provider named rests on measured numbers alone, which do not tell it."""
    if reading.query.category not in _FINER:
        return False
    knowledge = reading.knowledge
    families, choice = knowledge.indicators.kinds, knowledge.choices.read(option)
    if not all(one.kinds and all(families[kind] == "measures" for kind in one.kinds) for one in linked):
        return False
    if choice.affirmed or choice.negative or choice.lesser or choice.steps or choice.depths or choice.sides:
        return False
    terms = " | ".join(reading.provider_terms).lower()
    stems = {word[:_STEM] for word in choice.telling if word[:_STEM] not in terms}
    ranked = any(knowledge.rank_on(scale, choice.words) is not None for scale in knowledge.scale_ranks)
    return bool(stems) and not ranked and not any(word[:_STEM] in stems for one in linked for word in one.words)


@lru_cache(maxsize=_SAYINGS)
def _saying(beginnings: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{beginnings})")
