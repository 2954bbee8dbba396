"""Whether a number of a row can be one (R-06): a score of its scale, a share of a whole, a measure of a living body.

The scales with their least and greatest scores, and between what measures can lie, are data
(scores.yaml, numbers.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import review
from compliance.knowledge import Knowledge
from compliance.number_words import ORDINAL, REFERENCE, TIME, NumberWords
from compliance.numbers_of_rows import Number, Pair, Told
from compliance.rows import Row
from schemas.check import Finding

_ALL = 100
_HOURS_OF_DAY = 24
_DIGIT_OR_CLASS = re.compile(r"\d|\bclass [IVX]", re.IGNORECASE)
_MOST_PAIN = 10
_OTHER_FLUID = re.compile(
    r"\b(?:urine|ua|urinalysis|fluid|csf|gastric|sweat|stool|pleural|synovial|spot|dialysate|eye|splash)\b"
)
_GAS = re.compile(r"\b(?:[av]bg|blood gas)[^:]{0,20}: (?:ph )?(\d{1,2}\.\d{1,2}) ?/")
_UNITS_OF_SCORES = frozenset({"", "points", "point", "pts", "pt", "score"})
_BESIDE_SCORES = frozenset({"share", "time"})  # "Karnofsky 60%", "GCS 7 min later"
_COMA = re.compile(r"\bgcs|glasgow|\be ?\d ?,? ?v ?\d|\beye opening|\bverbal response|\bmotor response")
_CUES_OF_COMA = ("gcs", "glasgow", "opening", "verbal", "motor", "e1", "e2", "e3", "e4")
_PART_OF_COMA = re.compile(r"\b([evm]) ?(\d{1,2})\b")
_MOST_OF_COMA = {"e": 4, "v": 5, "m": 6}
_UNIT = r"(?:m?c?g|m[lm]|cm|l|m?eq|mmol|units?|iu|min|hours?|h|am|pm)\b"
_OF = re.compile(
    r"(?:(?<![\w./,:–-])|(?<=\bx))(\d{1,4}) (?:of|out of) (?:the |his |her |their )?(\d{1,4})"
    rf"(?![\d/:.%–-]|,\d| ?[–-] ?\d| ?{_UNIT})"
)
_PORTION = re.compile(r"(?<![\w./,:-])(\d{1,3})/(\d{1,3}) ([a-z]{3,})")
_CLASS = re.compile(r"\bclass (i{1,3}|iv|vi{0,3}|ix|x)\b")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}
_OF_A_DAY = re.compile(
    r"(?<![\d.])(\d{2,3}) ?(?:h|hr|hrs|hours) ?(?:per|/|of each|of every|out of each|each)"
    r" ?(?:24[ -]?(?:h|hours?) ?)?(?:day|d|24[ -]?h)\b"
)
_VERTEBRA = re.compile(r"(?<![\w.])([ctls])(\d{1,3})(?![\w.])")
_NO_TIME = re.compile(r"\b(?:at|from|until|till|by|after) (?:(?:2[5-9]|[3-9]\d):[0-5]\d|[0-2]\d:[6-9]\d)\b(?!:)")


# A drug by the kilogram, more weeks than a pregnancy has, more than ten points a minute after birth.
_NEVER = (
    ("kg ", re.compile(r"(?<![/\d.])\d[\d.]* ?kg (?:iv|po|sc|sq|im|subq|subcut)\b")),
    ("w", re.compile(r"\b(?:4[6-9]|[5-9]\d)w\d\b")),
    ("apgar", re.compile(r"\bapgars?\b[^\d]{0,12}(?:\d{1,2}[,/] ?){0,2}1[1-9]\b")),
)


def numbers_are_possible(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-06: each number of a finding is one that its scale, its whole or a living body can have."""
    if (
        not row.quoted
        and _DIGIT_OR_CLASS.search(row.text)
        and (impossible(row.told, knowledge.numbers) or _has_another_unit(row.told, knowledge))
    ):
        yield review("R-06", "value", "A number of the indicator cannot be one.", "Compare the value with its source.")


def impossible(told: Told, words: NumberWords) -> bool:
    """Tell whether any number of a row cannot be one."""
    return (
        any(_is_no_score(one, words) for one in told.numbers)
        or (any(_exceeds(one, words) for one in told.numbers) and not _OTHER_FLUID.search(told.text, 0, told.begins))
        or _is_no_gas(told, words)
        or any(cue in told.text and form.search(told.text) for cue, form in _NEVER)
        or (bool(told.pairs) and _scores_above_full_marks(told, words))
        or _portion_exceeds_the_whole(told, words)
        or _exceeds_the_day(told)
        or _is_no_part_of_coma(told)
        or _is_no_class(told, words)
        or _is_no_vertebra(told, words)
        or (bool(told.clocks) and bool(_NO_TIME.search(told.text, told.begins)))
    )


def _has_another_unit(told: Told, knowledge: Knowledge) -> bool:
    """Tell whether a number stands in a unit that measures something else: a score in mmol/L, a pressure in mL/h."""
    words, alone = knowledge.numbers, len(told.series()) == 1 and not told.pairs
    for place, one in enumerate(told.numbers):
        wanted = "score" if one.kind in words.scales else words.quantities.get(one.kind)
        labelled = words.naming.named(one.label) == one.kind or (place == 0 and one.kind == told.kind)
        if wanted is None or not labelled or one.unit in _UNITS_OF_SCORES or (one.unit == told.unit and not alone):
            continue
        measured = knowledge.units.measures(one.unit)
        if measured and wanted not in measured and not (wanted == "score" and measured & _BESIDE_SCORES):
            return True
    return False


def _is_no_score(one: Number, words: NumberWords) -> bool:
    scale = words.scales.get(one.kind)
    if scale is None or one.ranged or not (one.unit in _UNITS_OF_SCORES or (one.unit == "%" and scale.most == _ALL)):
        return False
    return not scale.least <= one.amount <= scale.most


def _exceeds(one: Number, words: NumberWords) -> bool:
    """Tell whether a number lies beyond all of a whole, or where no living body has it."""
    if one.kind in (REFERENCE, ORDINAL, TIME):
        return False
    if one.unit == "%" and one.amount > _ALL and not words.at_most_all.isdisjoint(one.label[-2:]):
        return True
    if one.unit in words.units_of_limits and _is_outside(one, words):
        return True
    return any(
        kind == one.kind and unit == one.unit and not least <= one.amount <= most
        for kind, unit, least, most in words.rates
    )


def _is_outside(one: Number, words: NumberWords) -> bool:
    low, high = words.limits.get(one.kind, (one.amount, one.amount))
    never = words.never.get(one.kind)
    return not low <= one.amount <= high or (never is not None and never[0] <= one.amount <= never[1])


def _is_no_gas(told: Told, words: NumberWords) -> bool:
    """Tell whether a blood gas begins with what can be no pH: "9.2 / 58"."""
    found = _GAS.search(told.text) if "bg" in told.text or "gas" in told.text else None
    low, high = words.limits["blood_ph"]
    return found is not None and not low <= float(found.group(1)) <= high


def _scores_above_full_marks(told: Told, words: NumberWords) -> bool:
    """Tell whether a score stands above its full marks ("MoCA 34/30")."""
    for pair in told.pairs:
        scale = words.scales.get(pair.kind)
        marks = scale is not None and scale.most == pair.second
        pain = pair.second == _MOST_PAIN and "pain" in told.text
        if (marks or pain) and pair.first > pair.second and _is_no_date(pair):
            return True
    return False


def _portion_exceeds_the_whole(told: Told, words: NumberWords) -> bool:
    """Tell whether there is more of a thing than the whole: "7 of 5 trials", "19/17 nodes", "fraction 34/30"."""
    if " of " in told.text and any(int(part) > int(whole) for part, whole in _OF.findall(told.text)):
        return True
    if not told.pairs:
        return False
    if any(int(part) > int(whole) and what in words.counted for part, whole, what in _PORTION.findall(told.text)):
        return True
    return any(one.first > one.second and one.label[-1:] in _COUNTING for one in told.pairs)


def _is_no_date(pair: Pair) -> bool:
    return pair.label[-1:] not in (("on",), ("since",), ("from",), ("by",), ("until",), ("dated",))


_COUNTING = (("fraction",), ("fractions",), ("fx",), ("session",), ("cycle",), ("question",))


def _exceeds_the_day(told: Told) -> bool:
    if not any(cue in told.text for cue in ("day", "/d", "24")):
        return False
    return any(int(hours) > _HOURS_OF_DAY for hours in _OF_A_DAY.findall(told.text))


def _is_no_part_of_coma(told: Told) -> bool:
    if not any(cue in told.text for cue in _CUES_OF_COMA) or not _COMA.search(told.text):
        return False
    return any(not 1 <= int(score) <= _MOST_OF_COMA[part] for part, score in _PART_OF_COMA.findall(told.text))


def _is_no_class(told: Told, words: NumberWords) -> bool:
    """Tell whether a class in Roman figures is none of its scale."""
    scale = words.scales.get(told.kind) if told.kind else None
    found = _CLASS.search(told.text, told.begins) if scale is not None else None
    return found is not None and scale is not None and not scale.least <= _ROMAN[found.group(1)] <= scale.most


def _is_no_vertebra(told: Told, words: NumberWords) -> bool:
    found = _VERTEBRA.findall(told.text)
    if not found or not any(word in told.text for word in words.spine):
        return False
    return any(not 1 <= int(number) <= words.vertebrae[part] for part, number in found)
