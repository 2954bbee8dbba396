"""One indicator as it stands in its row. Equal rows are one object, which is read once: most come again and again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from compliance.indicators import Shown
from compliance.lazy import lazy
from compliance.listening import NOTHING, Heard
from compliance.memory import written
from compliance.numbers_of_rows import Told, read_numbers
from compliance.text import bag
from schemas.check import CheckIndicator, Finding

if TYPE_CHECKING:
    from compliance.knowledge import Knowledge

Value = TypeVar("Value")
WrittenRow = tuple[str, str, str | None, str | None, str | None, bool, bool]
"""Name, value, unit, source, the author's role, whether it is of a prior encounter, and whether it is quoted."""
_WRITTEN = attrgetter("name", "value", "unit", "source", "author_role", "prior_encounter", "quoted")
_SHORT = 400  # signs
_ALWAYS = frozenset({"name", "value"})
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


class Row:
    """What an indicator shows, without its time and its place, and what follows from that alone.

    A rule of rows gets a row and the knowledge, so what it says follows from nothing else. The fields of its findings
    are parts of the row ("value"); where the row stands in the query is added (checking.py). What these rules say of
    the row is kept in `said`, each finding with the rank of its rule; it is None until they are asked.
    """

    def __init__(self, knowledge: Knowledge, shown: WrittenRow) -> None:
        self.written = shown
        self.name, self.value, self.unit, self.source, self.author_role, self.prior_encounter, self.quoted = shown
        self.knowledge = knowledge
        self.said: tuple[tuple[int, Finding], ...] | None = None
        self._known: dict[object, Any] = {}

    def once(self, work: Callable[[Row], Value]) -> Value:
        """Return what `work` finds in the row, which is asked at most once."""
        try:
            found: Value = self._known[work]
        except KeyError:
            found = self._known[work] = work(self)
        return found

    @lazy
    def parts(self) -> tuple[tuple[str, str], ...]:
        """The texts of the row with the names of their fields."""
        texts = ("name", self.name), ("value", self.value), ("unit", self.unit), ("source", self.source)
        return tuple([(name, text) for name, text in texts if text or (text is not None and name in _ALWAYS)])

    @lazy
    def own(self) -> tuple[tuple[str, str], ...]:
        """The name, and the value where it is in the query author's own words."""
        return self.parts[:1] if self.quoted else self.parts[:2]

    @lazy
    def shown(self) -> Shown:
        """The indicator as read."""
        return self.knowledge.reader.read(self.name, self.value, self.unit)

    @lazy
    def finding(self) -> object:
        """What two rows have in common that show one finding: its class and numbers, or else its words."""
        shown = self.shown
        return tuple([(seen.kind, seen.numbers) for seen in shown.seen if seen.numbers]) or shown.words

    @lazy
    def name_words(self) -> frozenset[str]:
        """The words of its name."""
        return bag(self.name)

    @lazy
    def value_words(self) -> frozenset[str]:
        """The words of its value."""
        return bag(self.value)

    @lazy
    def source_words(self) -> frozenset[str]:
        """The words of its source."""
        return bag(self.source) if self.source else frozenset()

    @lazy
    def words_beside(self) -> frozenset[str]:
        """The words of its name, unit and source."""
        return self.name_words.union(self.source_words, bag(self.unit) if self.unit else ())

    @lazy
    def concepts(self) -> frozenset[str]:
        """The diagnoses that its name and its value name."""
        return self.knowledge.concepts(self.name) | self.knowledge.concepts(self.value)

    @lazy
    def numbers(self) -> frozenset[str]:
        """Its numbers in their plain form."""
        return frozenset(map(plain_number, _NUMBER.findall(f"{self.name} {self.value} {self.source}")))

    @lazy
    def told(self) -> Told:
        """What its name and value tell in numbers."""
        return read_numbers(self.name, self.value, self.unit or "", self.knowledge.numbers.naming)

    @lazy
    def text(self) -> str:
        """Its name and value as they are written."""
        return f"{self.name} {self.value}"

    @lazy
    def heard(self) -> tuple[tuple[str, str, Heard], ...]:
        """Its parts in the query author's own words that say anything a record could make a fault: name and text."""
        hear = self.knowledge.listener.hear
        spoken = [part for part in self.parts if part[0] != "value" or not self.quoted]
        return tuple((name, text, heard) for name, text in spoken if (heard := hear(text)) is not NOTHING)

    @lazy
    def sense(self) -> bytes:
        """What stands for all that a row tells the texts beside it but the words and numbers of its value."""
        told = (self.shown.kinds, self.concepts, self.value_words if self.quoted else ())
        return written((self.written[:1], self.written[2:], *[tuple(sorted(part)) for part in told]))


def numbers_in(text: str) -> Iterable[str]:
    """Return the numbers of a text in their plain form."""
    return map(plain_number, _NUMBER.findall(text))


def plain_number(number: str) -> str:
    """Return a number as it is written without commas and without noughts at its end."""
    plain = number.rstrip(",.").replace(",", "")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def written_rows(indicators: Iterable[CheckIndicator]) -> tuple[WrittenRow, ...]:
    """Return indicators without their times, as rows are remembered by."""
    return tuple(map(_WRITTEN, indicators))


def rows_of(shown: Iterable[WrittenRow], knowledge: Knowledge) -> tuple[Row, ...]:
    """Return the rows as they are remembered; one that is as long as a text is read anew."""
    remembered, known = knowledge.rows.of, partial(Row, knowledge)
    return tuple([remembered(one, partial(known, one)) if _is_short(one) else known(one) for one in shown])


def _is_short(shown: WrittenRow) -> bool:
    return len("".join([part for part in shown[:5] if part])) <= _SHORT
