"""Whether indicators support an option: the criteria of the knowledge applied to the evidence that is linked (R-04)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from compliance.entries import Criterion, Evidence
from compliance.indicators import QUIET, SPEAKING, Seen, Shown, Tell
from compliance.knowledge import Knowledge
from schemas.check import CheckIndicator

_ROUNDING = 1e-9
_NORMAL_AGAIN = 1.3
_SHORT_COURSE = 3


class Support(Enum):
    """How well the linked indicators support an option."""

    FULL = "full"
    THIN = "thin"
    NONE = "none"
    UNKNOWN = "unknown"


class _Shows(Enum):
    YES = "yes"
    NO = "no"
    UNTOLD = "untold"
    UNRELATED = "unrelated"
    __hash__ = object.__hash__  # each member is a single object; the hash of an enumeration is worked out in Python


def supporting(criterion: Criterion, indicators: Sequence[CheckIndicator], knowledge: Knowledge) -> tuple[int, ...]:
    """Return the positions of the indicators that support the criterion: what a composer links as evidence."""
    return support_among(criterion, shown_by(indicators, knowledge))


def shown_by(indicators: Iterable[CheckIndicator], knowledge: Knowledge) -> list[Shown]:
    """Return the indicators as read."""
    return [knowledge.reader.read(one.name, one.value, one.unit) for one in indicators]


def speaks_for_less(criterion: Criterion, shown: Sequence[Shown]) -> bool:
    """Tell whether something that is shown speaks for a lesser reading than the criterion's by itself."""
    return any(_shows(one, shown, evidence) is _Shows.YES for evidence in criterion.lower_by for one in shown)


def support_among(criterion: Criterion, shown: Sequence[Shown]) -> tuple[int, ...]:
    """Return the positions of what supports the criterion."""
    return tuple(
        place
        for place, one in enumerate(shown)
        if any(_shows(one, shown, evidence) is _Shows.YES for evidence in criterion.any_of)
    )


def supported_by(criterion: Criterion, indicators: Sequence[CheckIndicator], knowledge: Knowledge) -> tuple[int, ...]:
    """Return the positions of the indicators that support the criterion in full, as its definition asks; else none."""
    shown = shown_by(indicators, knowledge)
    places = support_among(criterion, shown)
    judged = supports_new(criterion, [shown[place] for place in places], shown, frozenset())
    return places if judged is Support.FULL else ()


def supports_new(
    criterion: Criterion, linked: Sequence[Shown], everything: Sequence[Shown], documented: frozenset[str]
) -> Support:
    """Judge a condition that nobody has documented. `documented` are the concepts that stand in the record.

    NONE where the evidence contradicts it or cannot support it; what cannot be told is UNKNOWN.
    """
    if criterion.documented and not documented.intersection(criterion.documented):
        return Support.UNKNOWN
    if _contradicted(criterion, linked, everything):
        return Support.NONE
    met = {
        (evidence.indicator, evidence.change is None)
        for evidence in _related(criterion.any_of, linked)
        if any(_shows(one, linked, evidence) is _Shows.YES for one in linked)
    }
    needed = _needed(criterion, linked, everything)
    if met:
        count = len(met) if criterion.counted else sum(one.tell in SPEAKING for one in linked)
        return Support.FULL if max(count, len(met)) >= criterion.wanted and needed is _Shows.YES else Support.THIN
    if needed is _Shows.NO:
        return Support.NONE
    return Support.NONE if _all_contradict(criterion, linked) else Support.UNKNOWN


def contradicts_documented(criterion: Criterion, linked: Sequence[Shown], everything: Sequence[Shown]) -> bool:
    """Tell whether the evidence contradicts a condition that is documented.

    What a provider wrote needs no proof here; a course or a type that says the opposite still may not be linked to it.
    """
    if _contradicted(criterion, linked, everything):
        return True
    return criterion.soft and _refuted(criterion, linked, everything)


def found_by(criterion: Criterion, linked: Sequence[Shown], families: Mapping[str, str]) -> bool:
    """Tell whether what is linked holds a finding, and no therapy alone, that the criterion cannot do without."""
    findings = [evidence for evidence in criterion.needs if families.get(evidence.indicator) != "therapies"]
    return _Shows.YES in _tells(findings, linked)


def any_shows(wanted: Sequence[Evidence], shown: Sequence[Shown]) -> bool:
    """Tell whether an indicator shows some evidence of a list."""
    return _Shows.YES in _tells(wanted, shown)


def refutes_cause(criterion: Criterion, linked: Sequence[Shown], everything: Sequence[Shown]) -> bool:
    """Tell whether a condition that is only named as a cause was looked for and is not there."""
    return _contradicted(criterion, linked, everything) or _refuted(criterion, linked, everything)


def _refuted(criterion: Criterion, linked: Sequence[Shown], everything: Sequence[Shown]) -> bool:
    if not criterion.needs or _Shows.YES in _tells((*criterion.any_of, *criterion.needs), linked):
        return False
    found = _tells(criterion.needs, everything)
    return _Shows.NO in found and not found & {_Shows.YES, _Shows.UNTOLD}


def _contradicted(criterion: Criterion, linked: Sequence[Shown], everything: Sequence[Shown]) -> bool:
    if not criterion.against or _Shows.YES not in _tells(criterion.against, everything):
        return False
    return _Shows.YES not in _tells(criterion.proof, linked)


def _needed(criterion: Criterion, linked: Sequence[Shown], everything: Sequence[Shown]) -> _Shows:
    """Judge `needs`: YES when shown, NO when what is shown contradicts it, UNTOLD when it is not shown."""
    if not criterion.needs or _Shows.YES in _tells(criterion.needs, linked):
        return _Shows.YES
    found = _tells(criterion.needs, everything)
    if _Shows.YES in found:
        return _Shows.YES
    if _Shows.UNTOLD in found:
        return _Shows.UNTOLD
    return _Shows.NO if _Shows.NO in found or criterion.strict else _Shows.UNTOLD


def _tells(wanted: Sequence[Evidence], shown: Sequence[Shown]) -> set[_Shows]:
    return {_shows(one, shown, evidence) for evidence in _related(wanted, shown) for one in shown} - {_Shows.UNRELATED}


def _related(wanted: Sequence[Evidence], shown: Sequence[Shown]) -> list[Evidence]:
    """Return the evidence that speaks of a class which is shown, or of any: all else is unrelated."""
    kinds = frozenset[str]().union(*[one.kinds for one in shown])
    return [evidence for evidence in wanted if evidence.indicator in kinds or evidence.indicator == "*"]


def _all_contradict(criterion: Criterion, linked: Sequence[Shown]) -> bool:
    return bool(linked) and all(_contradicts(criterion, one, linked) for one in linked)


def _contradicts(criterion: Criterion, one: Shown, linked: Sequence[Shown]) -> bool:
    shown = {_shows(one, linked, evidence) for evidence in _related(criterion.any_of, (one,))} - {_Shows.UNRELATED}
    if shown:
        return shown == {_Shows.NO}
    return bool(one.kinds) and (one.kinds <= set(criterion.cannot) or one.tell in QUIET)


def _shows(one: Shown, linked: Sequence[Shown], evidence: Evidence) -> _Shows:
    if evidence.indicator == "*":
        return _worded(one, evidence)
    for seen in one.seen:
        if seen.kind == evidence.indicator:
            worded = _worded(one, evidence)
            return worded if worded is not _Shows.YES else _measured(seen, linked, evidence)
    return _Shows.UNRELATED


def _worded(one: Shown, evidence: Evidence) -> _Shows:
    if evidence.absent_words and any(stands(word, one) for word in evidence.absent_words):
        return _Shows.NO
    if evidence.words and not any(is_said(word, one) for word in evidence.words):
        return _Shows.UNRELATED if evidence.indicator == "*" else _Shows.NO if one.tell in QUIET else _Shows.UNTOLD
    return _Shows.YES


def stands(word: str, one: Shown) -> bool:
    """Tell whether a word or a phrase, in lower case, stands in an indicator, whatever is said of it."""
    return word in one.words if word.isalnum() else word in one.text


def is_said(word: str, one: Shown) -> bool:
    """Tell whether an indicator says a word or a phrase, in lower case, of something that is there."""
    return word in one.said_words if word.isalnum() else word in one.spoken


def _measured(seen: Seen, linked: Sequence[Shown], evidence: Evidence) -> _Shows:
    told = _Shows.YES if evidence.tell is None else _told(seen.tell, evidence.tell)
    if told is not _Shows.YES:
        return told
    if evidence.change is not None:
        return _changes(linked, evidence)
    if evidence.back is not None or evidence.flat is not None:
        return _course(linked, evidence)
    if evidence.moved is not None:
        return _moved(numbers_of(linked, evidence.indicator), evidence.moved)
    if evidence.above is None and evidence.below is None:
        return _Shows.YES
    return _by_number(seen, evidence) if seen.numbers else _without_numbers(seen.tell, evidence)


def _by_number(seen: Seen, evidence: Evidence) -> _Shows:
    if any(_inside(number, evidence) for number in seen.numbers):
        return _Shows.YES
    # Abnormal on the same side, short of the limit: thin, but no contradiction.
    near = Tell.HIGH if evidence.above is not None else Tell.LOW
    return _Shows.UNTOLD if seen.tell in (near, Tell.MIXED) else _Shows.NO


def _without_numbers(tell: Tell, evidence: Evidence) -> _Shows:
    if tell is Tell.MIXED or tell is (Tell.HIGH if evidence.above is not None else Tell.LOW):
        return _Shows.YES
    return _Shows.NO if tell in QUIET else _Shows.UNTOLD


def _told(tell: Tell, wanted: str) -> _Shows:
    if tell is Tell.UNKNOWN:
        return _Shows.UNTOLD
    if wanted == "speaks":
        return _Shows.YES if tell in SPEAKING else _Shows.NO
    return _Shows.YES if tell.value == wanted or (tell is Tell.MIXED and wanted in ("high", "low")) else _Shows.NO


def numbers_of(linked: Sequence[Shown], kind: str) -> list[float]:
    """Return all numbers of a class of indicators, in their customary unit."""
    return [number for one in linked for seen in one.seen if seen.kind == kind for number in seen.numbers]


def _changes(linked: Sequence[Shown], evidence: Evidence) -> _Shows:
    """Judge the span between the lowest and the highest value of one class over all linked indicators."""
    numbers = numbers_of(linked, evidence.indicator)
    if len(numbers) < 2 or evidence.change is None:
        return _Shows.UNTOLD
    low, high = min(numbers), max(numbers)
    enough = high - low >= evidence.change - _ROUNDING or (evidence.ratio is not None and high >= evidence.ratio * low)
    return _Shows.YES if enough else _Shows.NO


def _course(linked: Sequence[Shown], evidence: Evidence) -> _Shows:
    """Judge a short course: `back` to the lowest value and to normal at its end, or `flat` from the first on."""
    numbers = numbers_of(linked, evidence.indicator)
    if len(numbers) < 2:
        return _Shows.UNTOLD
    low, high = min(numbers), max(numbers)
    if evidence.flat is not None:
        return _Shows.YES if high <= evidence.flat * low else _Shows.NO
    back = len(numbers) <= _SHORT_COURSE and numbers[-1] < high and numbers[-1] <= _NORMAL_AGAIN
    return _Shows.YES if back and numbers[-1] <= (evidence.back or 1.0) * low else _Shows.NO


def _moved(numbers: Sequence[float], factor: float) -> _Shows:
    """Judge a weight and the like: one value alone tells of no loss, and denies none."""
    return _Shows.YES if len(numbers) < 2 or max(numbers) >= factor * min(numbers) else _Shows.UNTOLD


def _inside(number: float, evidence: Evidence) -> bool:
    if evidence.above is not None and number <= evidence.above:
        return False
    return evidence.below is None or number < evidence.below


# Where no criterion names the condition: families, organisms, sides, drugs and stages.
