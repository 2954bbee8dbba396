"""Whether indicators support an option: the criteria of the knowledge applied to the evidence that is linked (R-04)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

from compliance.affinities import Choice, Refutation, parts_of, sides_of
from compliance.indicators import QUIET, SPEAKING, Seen, Shown, Tell
from compliance.knowledge import Criterion, Evidence, Knowledge
from schemas.check import CheckIndicator

_ROUNDING = 1e-9
_NORMAL_AGAIN = 1.3
_SHORT_COURSE = 3
_LONG_WORD = 5
_STEM = 6
_AGENT_STEM = 5
_OF_ANY_DRUG = frozenset(
    {"exposure", "therapy", "treatment", "infusion", "agent", "agents", "drug", "drugs", "dye", "media", "use"}
)


# How long something lasted; "3 minutes ago" and "after 3 minutes" tell when, not how long.
_LASTED = re.compile(
    r"(?<!after )(?<!within )(?<!every )(?<![\d.])(\d{1,3}(?:\.\d)?)[ -]?"
    r"(s|sec|secs|seconds?|min|mins|minutes?|h|hr|hrs|hours?|d|days?|w|wk|weeks?|months?)\b"
    r"(?! (?:ago|later|after|before|apart|prior))"
)
_MINUTES = {"s": 1 / 60, "m": 1, "h": 60, "d": 1440, "w": 10080, "mo": 43200}


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
    if evidence.absent_words and any(_stands(word, one) for word in evidence.absent_words):
        return _Shows.NO
    if evidence.words and not any(_is_said(word, one) for word in evidence.words):
        return _Shows.UNRELATED if evidence.indicator == "*" else _Shows.NO if one.tell in QUIET else _Shows.UNTOLD
    return _Shows.YES


def _stands(word: str, one: Shown) -> bool:
    return word in one.words if word.isalnum() else word in one.text


def _is_said(word: str, one: Shown) -> bool:
    return word in one.said_words if word.isalnum() else word in one.said


def _measured(seen: Seen, linked: Sequence[Shown], evidence: Evidence) -> _Shows:
    told = _Shows.YES if evidence.tell is None else _told(seen.tell, evidence.tell)
    if told is not _Shows.YES:
        return told
    if evidence.change is not None:
        return _changes(linked, evidence)
    if evidence.back is not None or evidence.flat is not None:
        return _course(linked, evidence)
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


def _numbers(linked: Sequence[Shown], kind: str) -> list[float]:
    return [number for one in linked for seen in one.seen if seen.kind == kind for number in seen.numbers]


def _changes(linked: Sequence[Shown], evidence: Evidence) -> _Shows:
    """Judge the span between the lowest and the highest value of one class over all linked indicators."""
    numbers = _numbers(linked, evidence.indicator)
    if len(numbers) < 2 or evidence.change is None:
        return _Shows.UNTOLD
    low, high = min(numbers), max(numbers)
    enough = high - low >= evidence.change - _ROUNDING or (evidence.ratio is not None and high >= evidence.ratio * low)
    return _Shows.YES if enough else _Shows.NO


def _course(linked: Sequence[Shown], evidence: Evidence) -> _Shows:
    """Judge a short course: `back` to the lowest value and to normal at its end, or `flat` from the first on."""
    numbers = _numbers(linked, evidence.indicator)
    if len(numbers) < 2:
        return _Shows.UNTOLD
    low, high = min(numbers), max(numbers)
    if evidence.flat is not None:
        return _Shows.YES if high <= evidence.flat * low else _Shows.NO
    back = len(numbers) <= _SHORT_COURSE and numbers[-1] < high and numbers[-1] <= _NORMAL_AGAIN
    return _Shows.YES if back and numbers[-1] <= (evidence.back or 1.0) * low else _Shows.NO


def _inside(number: float, evidence: Evidence) -> bool:
    if evidence.above is not None and number <= evidence.above:
        return False
    return evidence.below is None or number < evidence.below


# Where no criterion names the condition: families, organisms, sides, drugs and stages.


def fits_family(choice: Choice, systems: frozenset[str], linked: Sequence[Shown], knowledge: Knowledge) -> Support:
    """Judge by what can inform the option's families of conditions. `systems`: the body systems of its diagnoses.

    NONE where everything that is linked is normal or negative.
    """
    affinities = knowledge.affinities
    fitting = [one for one in linked if informs(choice, systems, one, knowledge)]
    if any(one.tell in SPEAKING for one in fitting):
        return Support.FULL
    if linked and all(one.quiet for one in linked):
        return Support.FULL if choice.words & affinities.quiet else Support.NONE
    return Support.UNKNOWN


def informs(choice: Choice, systems: frozenset[str], one: Shown, knowledge: Knowledge) -> bool:
    """Tell whether an indicator can inform a family of conditions to which an option or a term belongs."""
    affinities = knowledge.affinities
    names = choice.families.union(*(affinities.systems.get(system, ()) for system in systems))
    families = [affinities.families[name] for name in names]
    if any(one.kinds & family.classes for family in families) or _shares_words(choice, one):
        return True
    return any(_stands(sign, one) for family in families for sign in family.signs)


def _shares_words(choice: Choice, one: Shown) -> bool:
    stems = {word[:_STEM] for word in choice.words if len(word) >= _LONG_WORD}
    return any(word[:_STEM] in stems for word in one.words if len(word) >= _LONG_WORD)


def organism_support(name: str, linked: Sequence[Shown], documented: str, knowledge: Knowledge) -> Support:
    """Judge an organism: it, or a test of it, stands in the linked evidence. A negative test of it contradicts.

    `documented`: the documented terms in lower case. Drugs aimed at a group of organisms support the group only.
    """
    organism = knowledge.affinities.organisms[name]
    names = {*organism.names, *organism.also}
    for member in knowledge.affinities.organisms.values():
        if member.group == name:
            names.update(member.names)
    if any(_grew(one, organism.tests, names) for one in linked) or any(alias in documented for alias in names):
        return Support.FULL
    if any(_stands(alias, one) for alias in names for one in linked):
        return Support.NONE
    if any(drug in one.text for drug in organism.drugs for one in linked):
        return Support.FULL
    return Support.UNKNOWN if organism.wide else Support.NONE


def grown_in(name: str, linked: Sequence[Shown], knowledge: Knowledge) -> tuple[Shown, ...]:
    """Return the indicators that show an organism: it grew there, or a test of it is positive."""
    organism = knowledge.affinities.organisms[name]
    return tuple(one for one in linked if _grew(one, organism.tests, {*organism.names, *organism.also}))


def _grew(one: Shown, tests: frozenset[str], names: set[str]) -> bool:
    if one.tell not in SPEAKING:
        return False
    return any(_is_said(alias, one) for alias in names) or any(
        seen.kind in tests and seen.tell in SPEAKING for seen in one.seen
    )


def other_side_only(choice: Choice, linked: Sequence[Shown], *, asked: bool) -> bool:
    """Tell whether an option names one side and its evidence the other side alone.

    `asked`: the query asks for the side. Elsewhere the same part of the body on the other side counts only: a stroke on
    the right shows on the left.
    """
    if len(choice.sides) != 1 or "both" in choice.sides:
        return False
    if asked:
        found = frozenset[str]().union(*(sides_of(one.said) for one in linked))
        return bool(found) and not found & (choice.sides | {"both"})
    parts = frozenset[tuple[str, str]]().union(*(parts_of(one.text) for one in linked))
    return any(
        (side, part) not in parts and ("right" if side == "left" else "left", part) in parts
        for side, part in choice.parts
    )


def denies(choice: Choice, one: Shown, everything: Sequence[Shown], terms: str) -> bool:
    """Tell whether an indicator denies a finding that an option names and that nothing else shows or documents."""
    if not one.unsaid:
        return False
    unsaid = {word[:_STEM] for word in one.unsaid}
    stems = (word[:_STEM] for word in choice.telling)
    return any(
        stem in unsaid and stem[:_AGENT_STEM] not in terms and not any(stem in other.said for other in everything)
        for stem in stems
    )


def unseen_drugs(choice: Choice, record: str, kinds: frozenset[str], knowledge: Knowledge) -> Iterator[str]:
    """Yield the drugs and devices that an option blames and that stand nowhere in the record (a lower-case text)."""
    for drug in choice.drugs:
        group = knowledge.affinities.drug_groups.get(drug, frozenset())
        others = knowledge.affinities.agents.get(drug, ())
        if not _named_in(drug, record) and not group & kinds and not any(other in record for other in others):
            yield drug


def _named_in(drug: str, record: str) -> bool:
    """Tell whether a record names a drug by all of its words that tell: contrast in "contrast exposure"."""
    told = [word for word in drug.split() if word not in _OF_ANY_DRUG]
    return drug in record or (bool(told) and all(word in record for word in told))


def unseen_agents(choice: Choice, record: str, kinds: frozenset[str], knowledge: Knowledge) -> Iterator[str]:
    """Yield what an option blames in one word ("heparin-induced") and what stands nowhere in the record."""
    for agent in choice.agents:
        group = knowledge.affinities.drug_groups.get(agent, frozenset())
        others = knowledge.affinities.agents.get(agent, ())
        if agent[:_AGENT_STEM] not in record and not group & kinds and not any(other in record for other in others):
            yield agent


def refuted(choice: Choice, scope: frozenset[str], shown: Sequence[Shown], terms: str) -> bool:
    """Tell whether a finding rules out what an option names, no finding speaks for it, and no provider wrote it.

    `scope`: words of the option and of the documented terms; `terms`: the latter in lower case.
    """
    return any(
        any(phrase in one.text for phrase in each.by for one in shown) and not _spoken_for(each, shown)
        for each in _refutable(choice, scope, terms)
    )


def refuted_by_linked(choice: Choice, scope: frozenset[str], linked: Sequence[Shown], terms: str) -> bool:
    """Tell whether the very findings that are linked to an option rule it out. For the rest see `refuted`."""
    return any(_rules_out(each, linked) and not _spoken_for(each, linked) for each in _refutable(choice, scope, terms))


def _refutable(choice: Choice, scope: frozenset[str], terms: str) -> Iterator[Refutation]:
    for each in choice.refutable:
        if (not each.needs or each.needs & scope) and not any(name in terms for name in each.names):
            yield each


def _spoken_for(each: Refutation, shown: Sequence[Shown]) -> bool:
    return any(_is_said(word, one) for word in each.unless for one in shown)


def _rules_out(each: Refutation, linked: Sequence[Shown]) -> bool:
    if any(phrase in one.text for phrase in each.by for one in linked):
        return True
    if any(_is_said(word, one) for word in each.instead for one in linked):
        return True
    return _ruled_out_by_numbers(each, linked) or _ruled_out_by_times(each, linked)


def _ruled_out_by_numbers(each: Refutation, linked: Sequence[Shown]) -> bool:
    inside = set[str]()
    for kind, low, high in each.measures:
        numbers = _numbers(linked, kind)
        if any(not low <= number < high for number in numbers):
            return False
        if numbers:
            inside.add(kind)
    return bool(inside) and (not each.alone or all(inside & one.kinds for one in linked))


def _ruled_out_by_times(each: Refutation, linked: Sequence[Shown]) -> bool:
    if each.under is None and each.over is None:
        return False
    about = [one for one in linked if any(_is_said(word, one) for word in each.about)]
    times = [time for one in about for time in _minutes(one.said)]
    if not times:
        return False
    return (each.under is not None and max(times) < each.under) or (each.over is not None and min(times) > each.over)


def _minutes(text: str) -> Iterator[float]:
    """Yield the times that a lower-case text says something lasted, in minutes."""
    for found in _LASTED.finditer(text):
        yield (
            float(found.group(1))
            * _MINUTES[found.group(2)[:2] if found.group(2).startswith("mo") else found.group(2)[0]]
        )


def word_contradicted(choice: Choice, scope: frozenset[str], linked: Sequence[Shown], knowledge: Knowledge) -> bool:
    """Tell whether an examination speaks of other steps of a scale only, two or more away from the one named."""
    for name, place in choice.depths:
        scale = knowledge.affinities.worded[name]
        if not scale.needs & scope:
            continue
        said = {
            step
            for step, entry in enumerate(scale.steps)
            if any(word in one.said for word in entry.words for one in linked)
            or any(alias in one.text for alias in entry.names for one in linked)
        }
        if said and (all(abs(step - place) > 1 for step in said) or max(said) < place == len(scale.steps) - 1):
            return True  # the last step is named by what lies open
    return False


def step_contradicted(choice: Choice, scope: frozenset[str], linked: Sequence[Shown], knowledge: Knowledge) -> bool:
    """Tell whether the numbers shown contradict the stage, class or degree that an option names.

    `scope`: words of the option and of the documented terms, which tell the scale that is meant.
    """
    for name, place in choice.steps:
        scale = knowledge.affinities.scales[name]
        if scale.needs & scope:
            numbers = _numbers(linked, scale.measure)
            low, high = scale.steps[place].wide
            if numbers and not any(low <= number < high for number in numbers):
                return True
    return False


def steps_missing(
    choices: Sequence[Choice], scope: frozenset[str], current: Sequence[Shown], knowledge: Knowledge
) -> bool:
    """Tell whether a number that is shown belongs to a step of a scale that is not offered beside its neighbours."""
    offered = {step for choice in choices for step in choice.steps}
    for name in {name for name, _ in offered}:
        scale = knowledge.affinities.scales[name]
        if not scale.complete or not scale.needs & scope:
            continue
        bands = [scale.steps[place].strict for key, place in offered if key == name]
        if any(not any(low <= number < high for low, high in bands) for number in _numbers(current, scale.measure)):
            return True
    return False
