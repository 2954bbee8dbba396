"""Answers without a rule of their own: they rest on the criterion that the check has for the condition they name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from compliance import Knowledge, definitions, shipped_knowledge, supported_by
from evidence.language import Judged
from evidence.tables import Tables
from schemas.gaps import Indicator
from services.query_builder import rendering


class Conditions:
    """The check's criteria under a library's own definitions, which are read when somebody first asks for them."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._defined: tuple[Knowledge, Knowledge] | None = None

    def defined(self, base: Knowledge) -> Knowledge:
        """Return what the check knows, with the definitions of these tables in place of the shipped ones."""
        if self._defined is None or self._defined[0] is not base:
            own = definitions(self._tables, base.definitions, base.reader)
            self._defined = base, base.extended(definitions=own)
        return self._defined[1]

    def rule(self, text: str) -> Judged | None:
        """Return the rule of the condition that an answer's text names; None for one that the check does not know."""
        return _condition(text, self.defined(shipped_knowledge()))


def _condition(text: str, knowledge: Knowledge) -> Judged | None:
    """A criterion that also asks what is documented is none of indicators alone, and decides nothing here."""
    criterion = knowledge.criterion_of(text)
    if criterion is None or criterion.documented:
        return None

    def positions(indicators: Sequence[Indicator]) -> frozenset[int]:
        current = [place for place, one in enumerate(indicators) if one.prior_encounter_id is None]
        shown = [rendering.indicator(indicators[place], UTC) for place in current]
        return frozenset(current[place] for place in supported_by(criterion, shown, knowledge))

    return Judged(text, positions)
