"""Answers without a rule of their own: they rest on the criterion that the check has for the condition they name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC
from functools import cache

from compliance import Knowledge, definitions, shipped_knowledge, supported_by
from compliance.knowledge import plain
from evidence.language import Judged
from evidence.tables import Tables
from schemas.gaps import Indicator
from services.query_builder import rendering


def conditions(tables: Tables) -> Callable[[str], Judged | None]:
    """Return what finds the rule of a condition by an answer's text; None for one that the check does not know.

    The check's criteria are read when the first answer asks for one: most libraries state all their rules.
    """

    @cache
    def knowledge() -> Knowledge:
        base = shipped_knowledge()
        return base.extended(definitions=definitions(tables, base.definitions, base.reader))

    return lambda text: _condition(text, knowledge())


def _condition(text: str, knowledge: Knowledge) -> Judged | None:
    """A criterion that also asks what is documented is none of indicators alone, and decides nothing here."""
    criterion = knowledge.criteria_by_name.get(plain(text))
    if criterion is None or criterion.documented:
        return None

    def positions(indicators: Sequence[Indicator]) -> frozenset[int]:
        current = [place for place, one in enumerate(indicators) if one.prior_encounter_id is None]
        shown = [rendering.indicator(indicators[place], UTC) for place in current]
        return frozenset(current[place] for place in supported_by(criterion, shown, knowledge))

    return Judged(text, positions)
