"""Values that tell no finding (R-06): a measure without a number, a test without what it found, a reference elsewhere.

A row is judged as a whole: "started 03:00" tells what happened to amiodarone, and nothing of a "new drip". Which words
tell nothing, and which names name nothing, stands in untold.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import review
from compliance.knowledge import Knowledge
from compliance.rows import Row
from compliance.text import bag
from schemas.check import Finding

_SHORT = 200  # signs; a longer value tells something
# Digits that say when or how often, and measure nothing: "low x3", "switched on day 3", "rising since 05/03".
_NO_MEASURE = re.compile(
    r"\b(?:\d{1,2}:\d{2}|x ?\d{1,2}|(?:POD|HD|DOL|day|night|hour|shift) ?#?\d{1,3}"
    r"|(?:on|since|from|by|until|till|before|after|through|to) \d{1,2}/\d{1,2}(?:/\d{2,4})?)(?![\d:/.,]\d|\d)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_OF_TIMES = frozenset({"x", "pod", "hd", "dol", "until", "till"})
_POINTS = re.compile(r"\W*(?:please )?(?:see|refer to|as per|as in|as above|as below)\b", re.IGNORECASE)


def a_finding_is_told(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-06: an unquoted value tells what was measured, seen, given or grown; a number, where it has a unit."""
    if row.quoted or not row.value_words or len(row.value) > _SHORT or row.value[0].isdigit():
        return
    if not row.unit and not _could_be_untold(row, knowledge):
        return
    said = _words_without_times(row.value)
    if not said:
        return
    if row.unit and knowledge.units.measures(row.unit) and _no_number(knowledge, said):
        message, suggestion = "A unit stands beside no number.", "Give the measured value as the source has it."
    elif _tells_nothing(row, knowledge, said):
        message, suggestion = "The value leaves out what was found.", "Give the finding itself, as the source has it."
    else:
        return
    yield review("R-06", "value", message, suggestion)


def _could_be_untold(row: Row, knowledge: Knowledge) -> bool:
    """Tell whether each word of a value may stand in one that tells nothing: most values hold another word."""
    known = knowledge.words_of("untold_beside", "untold", "untold_act", "which_result")
    return all(word in known or word in _OF_TIMES or not word.isalpha() for word in row.value_words)


def _words_without_times(value: str) -> frozenset[str]:
    """Return the words of a value that holds no number but times and multiples; of any other none."""
    if not _DIGIT.search(value):
        return bag(value)
    rest = _NO_MEASURE.sub(" ", value)
    return frozenset() if _DIGIT.search(rest) else bag(rest)


def _no_number(knowledge: Knowledge, said: frozenset[str]) -> bool:
    """Tell whether words hold no number, and no reason why there is none."""
    return said.isdisjoint(knowledge.vocabulary("no_number")) or bool(said & knowledge.vocabulary("no_exact_number"))


def _tells_nothing(row: Row, knowledge: Knowledge, said: frozenset[str]) -> bool:
    """Tell whether a row names nothing, and says no more of it than how it went or where to read it."""
    if not said <= knowledge.words_of("untold_beside", "untold", "untold_act"):
        return said <= knowledge.words_of("which_result", "untold_beside") and _asks_which(row, knowledge, said)
    told = said - knowledge.vocabulary("untold_beside")
    if _names_no_drug(row, knowledge):
        return bool(told)
    if told & knowledge.vocabulary("untold_act"):  # of what is named it tells that it was given
        return False
    return bool(_POINTS.match(row.value)) or (bool(told) and _is_open(row, knowledge))


def _is_open(row: Row, knowledge: Knowledge) -> bool:
    """Tell whether a name is one of measures alone, or of an occasion, an image, a service: of no finding."""
    named = row.name_words - knowledge.vocabulary("nameless")
    left, measures = {word for word in named if not word.isdigit()}, knowledge.indicators.measures
    kinds = knowledge.reader.kinds(row.name) if left else ()
    return not left or any(kind in measures and left <= knowledge.words_of_kind(kind) for kind in kinds)


def _names_no_drug(row: Row, knowledge: Knowledge) -> bool:
    return row.name_words <= knowledge.vocabulary("nameless_drug")


def _asks_which(row: Row, knowledge: Knowledge, said: frozenset[str]) -> bool:
    """Tell whether a test answers what there is, and its result says only that there is something."""
    asking = knowledge.vocabulary("which_test")
    if said.isdisjoint(knowledge.vocabulary("which_result")) or row.name_words.isdisjoint(asking):
        return False
    return row.name_words <= asking | knowledge.vocabulary("of_which_test")
