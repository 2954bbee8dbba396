"""Whether answers run from the most to the least: steps of a scale, numbered steps, measured ranges (R-11)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from compliance.choices import NUMERALS
from compliance.findings import block
from compliance.knowledge import Knowledge
from compliance.reading import Reading
from compliance.text import bag
from schemas.check import CheckOption, Finding

_BETWEEN_READINGS = frozenset({"conflict", "cause_effect", "principal_reason", "laterality"})
# "Confirmed" stands before what else it may have been.
_OF_STANDING = frozenset({"clinical_validation"})
_TOKEN = re.compile(r"[a-z0-9]+")
# What counts the steps of a scale: "3", "3a", "iv", "iva", a letter alone.
_STEP = re.compile(
    r"(?P<head>[fgmn]|p?[tn])?(?P<number>\d{1,2}|(?<![a-z])(?:x|ix|iv|v?i{1,3}|v|[a-e]))(?P<part>[a-dr]?)"
)
_LETTERS = "abcdefghijklmnopqr"
_AND_MORE = re.compile(r"\b(?:with|complicated by|and)\b", re.IGNORECASE)
_WITHOUT = re.compile(r"\b(?:without|no|not|non)\b", re.IGNORECASE)
_RANGE = re.compile(
    r"(?:(?P<under>under|below|less than|fewer than|up to|at most|no more than|<=?)"
    r"|(?P<over>over|above|more than|greater than|longer than|at least|exceeding|>=?))? ?"
    r"(?P<low>\d+(?:\.\d+)?)(?: ?(?:-|–|to|and) ?\d+(?:\.\d+)?)? ?"
    r"(?P<unit>%|percent|min(?:ute)?s?|h(?:ou)?rs?|h|days?|[cm]m|ml|l)\b"
    r"(?: or (?P<tail>less|fewer|more|longer|under|over))?",
    re.IGNORECASE,
)
_FACTORS = {"h": 60.0, "hr": 60.0, "hrs": 60.0, "hour": 60.0, "hours": 60.0, "day": 1440.0, "days": 1440.0}
_FACTORS |= {"cm": 10.0, "l": 1000.0}
_TIME, _LENGTH, _VOLUME, _SHARE = "time", "length", "volume", "share"
_KINDS = {"%": _SHARE, "percent": _SHARE, "cm": _LENGTH, "mm": _LENGTH, "ml": _VOLUME, "l": _VOLUME}
_TUMOR = frozenset({"t"})  # elsewhere it counts vertebrae
# Of these the lower value is the worse one.
_LESS_IS_WORSE = frozenset({"ef", "lvef", "ejection", "egfr", "gcs", "saturation", "spo2", "survival", "intake"})


class _Place(NamedTuple):
    """Where an answer stands on a scale; of two equal steps the one that comes with something is the higher."""

    step: float
    with_more: int


def order_does_not_signal(reading: Reading) -> Iterator[Finding]:
    """R-11: no order from the severest down. Alphabetical order passes, in a conflict the order of the record too."""
    options = [option for _, option in reading.clinical_options]
    texts = [option.text for option in options]
    folded = [text.lower().strip() for text in texts]
    if len(texts) < 2 or folded == sorted(folded) or _order_of_the_record(reading, options):
        return
    if reading.query.category in _OF_STANDING:
        return
    tumors = _TUMOR if reading.query.category == "stage" else frozenset()
    heads = reading.knowledge.words_of("counted_step", "scale_name") | tumors
    name = next(_descending(texts, reading.knowledge, heads), None)
    if name is None and reading.query.category not in _BETWEEN_READINGS and _each_adds_to_the_next(texts):
        name = "implied"
    if name is not None:
        yield block("R-11", "options", f"The {name} scale runs downwards.", "List the options in ascending order.")


def _order_of_the_record(reading: Reading, options: Sequence[CheckOption]) -> bool:
    if reading.query.category != "conflict":
        return False
    firsts = [min(option.evidence, default=0) for option in options]
    return firsts == sorted(set(firsts))


def _descending(texts: Sequence[str], knowledge: Knowledge, heads: frozenset[str]) -> Iterator[str]:
    """Yield the names of the scales that the texts run down; nothing of another kind stands between the steps."""
    for name in knowledge.scales:
        places = [_on_scale(text, name, knowledge) for text in texts]
        on_scale = [place for place in places if place is not None]
        if _stand_together(places) and _runs_down(on_scale):
            yield name
    for name, values in (("numbered", _numbered(texts, heads)), ("measured", _measured(texts))):
        if _runs_down([_Place(value, 0) for value in values]):
            yield name


def _stand_together(places: Sequence[_Place | None]) -> bool:
    found = [at for at, place in enumerate(places) if place is not None]
    return bool(found) and found[-1] - found[0] == len(found) - 1


def _runs_down(places: Sequence[_Place]) -> bool:
    falls = all(left > right for left, right in pairwise(places))
    return len(places) > 1 and falls and places[0].step > places[-1].step


def _on_scale(text: str, name: str, knowledge: Knowledge) -> _Place | None:
    step = knowledge.rank_on(name, bag(text))
    if step is None:
        return None
    return _Place(step, len(_AND_MORE.findall(text)) - len(_WITHOUT.findall(text)))


def _each_adds_to_the_next(texts: Sequence[str]) -> bool:
    """Tell whether each text says what the next one says, and that something comes with it."""
    return all(
        bag(left) > bag(right) and _AND_MORE.search(left) and not _WITHOUT.search(left)
        for left, right in pairwise(texts)
    )


def _numbered(texts: Sequence[str], heads: frozenset[str]) -> list[float]:
    """Return the numbers of steps that are all the texts differ in: "GOLD 3", "Grade II", "Child-Pugh B", "N2"."""
    split = [_TOKEN.findall(text.lower()) for text in texts]
    if len({len(words) for words in split}) != 1:
        return []
    different = [place for place, words in enumerate(zip(*split, strict=True)) if len(set(words)) > 1]
    if len(different) != 1:
        return []
    place = different[0]
    if place and split[0][place - 1] == "type":
        return []
    beside = frozenset(split[0][max(0, place - 2) : place] + split[0][place + 1 : place + 2])
    numbers = [_number(words[place], beside, heads) for words in split]
    found = [number for number in numbers if number is not None]
    return found if len(found) == len(texts) else []


def _number(word: str, beside: frozenset[str], heads: frozenset[str]) -> float | None:
    """Return which step a word counts: its number beside the name of a scale ("stage 3a"), or both in one ("g3a")."""
    found = _STEP.fullmatch(word)
    if found is None or not (heads & beside if not found["head"] else found["head"] in heads):
        return None
    number, part = found["number"], found["part"]
    whole = int(number) if number.isdigit() else NUMERALS.get(number) or _LETTERS.index(number) + 1
    return whole + (_LETTERS.index(part) + 1) / 10 if part else whole


def _measured(texts: Sequence[str]) -> list[float]:
    """Return where the ranges begin that the texts measure, all of one kind: "over 24 hours", "1 to 6 hours"."""
    if any(bag(text) & _LESS_IS_WORSE for text in texts):
        return []
    found = [_RANGE.search(text) for text in texts]
    ranges = [one for one in found if one is not None]
    if len(ranges) != len(texts) or len({_KINDS.get(one["unit"].lower(), _TIME) for one in ranges}) != 1:
        return []
    return [_begin(one) for one in ranges]


def _begin(found: re.Match[str]) -> float:
    """Return where a range begins, in the least unit of its kind: just below what it is under, else its lower end."""
    value = float(found["low"]) * _FACTORS.get(found["unit"].lower(), 1.0)
    under = found["under"] or (found["tail"] or "").lower() in ("less", "fewer", "under")
    over = found["over"] or (found["tail"] or "").lower() in ("more", "longer", "over")
    return -1.0 / (1.0 + value) if under else value + 0.1 if over else value
