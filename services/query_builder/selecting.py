"""Which indicators a question shows: at most twelve, a trend by its baseline, most marked and latest value.

What points the other way stays in (rule R-07), and so does what an option links to (R-04). Nothing is interpreted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, zip_longest

from evidence.concepts import Concepts
from evidence.evaluating import Facts
from evidence.readings import Reading
from schemas.gaps import Indicator

MOST_SHOWN = 12
"""Rule R-30: a question shows at most twelve indicators."""


def select(
    facts: Facts,
    concepts: Concepts,
    known: Sequence[str],
    linked: Sequence[frozenset[int]],
    visible: Collection[int],
) -> tuple[list[int], dict[int, int]]:
    """Choose and order the indicators to show.

    In: the facts, the concepts that the template knows in its order, for each option the positions it links to, and the
    positions that may be shown at all.
    Out: positions in the order shown, and for each position of the gap the place where it is shown, if it is.
    """
    same = _duplicates(facts.indicators)
    unique = sorted({first for first in same.values() if first in visible})
    ranked = unique if len(unique) <= MOST_SHOWN else _ranked(facts, concepts, known, linked)
    kept = list(dict.fromkeys(same[place] for place in ranked if same[place] in visible))[:MOST_SHOWN]
    groups = _groups(facts, known)
    kept.sort(key=lambda position: (groups[position], facts.indicators[position].observed_at, position))
    places = {position: place for place, position in enumerate(kept)}
    return kept, {position: places[first] for position, first in same.items() if first in places}


def _duplicates(indicators: Sequence[Indicator]) -> dict[int, int]:
    """For each position the first one that says the same."""
    first: dict[tuple[object, ...], int] = {}
    return {position: first.setdefault(_identity(one), position) for position, one in enumerate(indicators)}


def _identity(one: Indicator) -> tuple[object, ...]:
    return one.name, one.value, one.comparator, one.unit, one.source, one.observed_at, one.prior_encounter_id


def _groups(facts: Facts, known: Sequence[str]) -> dict[int, tuple[int, int]]:
    """Where an indicator's group stands: the template's own first, in its order, then as the gap brings them."""
    order = {name: place for place, name in enumerate(known)}
    arrival: dict[str, int] = {}
    groups: dict[int, tuple[int, int]] = {}
    for position, indicator in enumerate(facts.indicators):
        name = facts.concept_of[position]
        place = arrival.setdefault(name or indicator.name.casefold(), len(arrival))
        groups[position] = (order.get(name, len(order)) if name else len(order), place)
    return groups


def _ranked(facts: Facts, concepts: Concepts, known: Sequence[str], linked: Sequence[frozenset[int]]) -> Iterator[int]:
    own = [name for name in known if name in facts.series]
    others = [name for name in facts.series if name not in known]
    numbers = {reading.position for series in facts.series.values() for reading in series}
    return chain(
        _in_turn([sorted(positions) for positions in linked]),
        _in_turn([list(_landmarks(facts.series[name], concepts.marked(name))) for name in own]),
        _in_turn(_by_name(facts.indicators, numbers)),
        _in_turn([list(_landmarks(facts.series[name], "both")) for name in others]),
        range(len(facts.indicators)),
    )


def _by_name(indicators: Sequence[Indicator], numbers: set[int]) -> list[list[int]]:
    """What no criterion counts (texts, orders, unknown series), by name; of each the earliest and the latest first."""
    groups: dict[str, list[int]] = {}
    for position, indicator in enumerate(indicators):
        if position not in numbers:
            groups.setdefault(indicator.name.casefold(), []).append(position)
    ordered = [sorted(group, key=lambda one: indicators[one].observed_at) for group in groups.values()]
    return [[group[0], group[-1], *group[1:-1]] if len(group) > 1 else group for group in ordered]


def _landmarks(series: Sequence[Reading], marked: str) -> Iterable[int]:
    """The latest, the first (the baseline), the most marked, and the value furthest the other way."""
    highest = max(series, key=lambda reading: reading.value.low)
    lowest = min(series, key=lambda reading: reading.value.high)
    ends = (lowest, highest) if marked == "low" else (highest, lowest)
    return dict.fromkeys(reading.position for reading in (series[-1], series[0], *ends))


def _in_turn(lists: Sequence[Sequence[int]]) -> Iterator[int]:
    """One of each list, then a second of each, so that none is crowded out."""
    for row in zip_longest(*lists):
        yield from (position for position in row if position is not None)
