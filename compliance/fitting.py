"""Whether evidence fits what an answer names, where no criterion says it (R-04).

What an answer names are families of conditions, organisms, sides, drugs and stages. Criteria: criteria.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from compliance.affinities import Refutation
from compliance.choices import Choice, parts_of, sides_of
from compliance.criteria import Support, is_said, numbers_of, stands
from compliance.indicators import SPEAKING, Shown
from compliance.knowledge import Knowledge

_LONG_WORD = 5
_STEM = 6
_AGENT_STEM = 5
_OF_ANY_DRUG = frozenset(
    {"exposure", "therapy", "treatment", "infusion", "agent", "agents", "drug", "drugs", "dye", "media", "use"}
)
_ANY_DRUG = frozenset({"medication", "medications", "drug", "drugs", "medicine", "medicines"})
# How long something lasted; "3 minutes ago" and "after 3 minutes" tell when, not how long.
_LASTED = re.compile(
    r"(?<!after )(?<!within )(?<!every )(?<![\d.])(\d{1,3}(?:\.\d)?)[ -]?"
    r"(s|sec|secs|seconds?|min|mins|minutes?|h|hr|hrs|hours?|d|days?|w|wk|weeks?|months?)\b"
    r"(?! (?:ago|later|after|before|apart|prior))"
)
MINUTES = {"s": 1 / 60, "m": 1, "h": 60, "d": 1440, "w": 10080, "mo": 43200}
"""The minutes of a unit of time, by its first letter; of months by two."""


TAKE_OUT = "Take the option out, or link evidence that supports it."
"""What to do with an answer that its evidence does not support."""


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


def systems_of(text: str, knowledge: Knowledge) -> frozenset[str]:
    """Return the body systems of the diagnoses that an option or a term names."""
    hits = knowledge.term_index.find(text, overlapping=False)
    return frozenset(system for hit in hits for system in hit.payload.systems)


def informs(choice: Choice, systems: frozenset[str], one: Shown, knowledge: Knowledge) -> bool:
    """Tell whether an indicator can inform a family of conditions to which an option or a term belongs."""
    affinities = knowledge.affinities
    names = choice.families.union(*(affinities.systems.get(system, ()) for system in systems))
    families = [affinities.families[name] for name in names]
    if any(one.kinds & family.classes for family in families) or _shares_words(choice, one):
        return True
    return any(stands(sign, one) for family in families for sign in family.signs)


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
    if any(stands(alias, one) for alias in names for one in linked):
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
    return any(is_said(alias, one) for alias in names) or any(
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


def shows_denials_alone(choice: Choice, linked: Sequence[Shown], terms: str) -> bool:
    """Tell whether each finding says that something is not there, and none has a word of the condition it is linked to.

    Nobody can list all that rules a condition out ("no dilated loops"). Steps of a scale are told by what is absent.
    """
    if choice.negative or choice.lesser or choice.steps or choice.depths or not choice.affirmed:
        return False
    if any(anchor.denies for anchor in choice.anchors):
        return False
    stems = {word[:_STEM] for word in choice.telling if word[:_AGENT_STEM] not in terms}
    if not stems or not all(one.unsaid for one in linked):
        return False
    return not any(word[:_STEM] in stems for one in linked for word in one.said_words)


def unseen_drugs(choice: Choice, record: str, kinds: frozenset[str], knowledge: Knowledge) -> Iterator[str]:
    """Yield the drugs and devices that an option blames and that stand nowhere in the record (a lower-case text)."""
    for drug in choice.drugs:
        if drug in _ANY_DRUG and any(word[:_STEM] in record for word in choice.telling):
            continue  # "sorbitol-containing medication": what it holds is named
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
        if (
            (not each.needs or each.needs & scope)
            and not each.apart & choice.words
            and not any(name in terms for name in each.names)
        ):
            yield each


def _spoken_for(each: Refutation, shown: Sequence[Shown]) -> bool:
    return any(is_said(word, one) for word in each.unless for one in shown)


def _rules_out(each: Refutation, linked: Sequence[Shown]) -> bool:
    if any(phrase in one.text for phrase in (*each.by, *each.denied) for one in linked):
        return True
    if any(is_said(word, one) for word in each.instead for one in linked):
        return True
    return _ruled_out_by_numbers(each, linked) or _ruled_out_by_times(each, linked)


def _ruled_out_by_numbers(each: Refutation, linked: Sequence[Shown]) -> bool:
    inside = set[str]()
    for kind, low, high in each.measures:
        numbers = numbers_of(linked, kind)
        if any(not low <= number < high for number in numbers):
            return False
        if numbers:
            inside.add(kind)
    return bool(inside) and (not each.alone or all(inside & one.kinds for one in linked))


def _ruled_out_by_times(each: Refutation, linked: Sequence[Shown]) -> bool:
    if each.under is None and each.over is None:
        return False
    about = [one for one in linked if any(is_said(word, one) for word in each.about)]
    times = [time for one in about for time in _minutes(one.said)]
    if not times:
        return False
    return (each.under is not None and max(times) < each.under) or (each.over is not None and min(times) > each.over)


def _minutes(text: str) -> Iterator[float]:
    """Yield the times that a lower-case text says something lasted, in minutes."""
    for found in _LASTED.finditer(text):
        yield (
            float(found.group(1))
            * MINUTES[found.group(2)[:2] if found.group(2).startswith("mo") else found.group(2)[0]]
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
    fitting = contradicting = False
    for name, place in choice.steps:
        scale = knowledge.affinities.scales[name]
        numbers = numbers_of(linked, scale.measure)
        if numbers and scale.needs & scope:
            fits = _lies_in((scale.steps[place].wide,), *numbers)
            fitting, contradicting = fitting or fits, contradicting or not fits
    return contradicting and not fitting  # of two scales one may point to another step


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
        every = [step.strict for step in scale.steps]
        numbers = numbers_of(current, scale.measure)
        if any(_lies_in(every, number) and not _lies_in(bands, number) for number in numbers):
            return True
    return False


def _lies_in(bands: Sequence[tuple[float, float]], *numbers: float) -> bool:
    """Tell whether a number lies in a band."""
    return any(low <= number < high for number in numbers for low, high in bands)
