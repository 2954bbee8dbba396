"""What the rows of a query tell the texts beside them, in whatever order they stand: no rule of texts looks at rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from compliance.rows import Row, numbers_in
from compliance.text import CAPITALS, bag

_MARKUP_SIGN = re.compile(r"[<>&;]")


class Said(NamedTuple):
    """What the texts of a query say that rows may say, too.

    `words`: all of title, context, question, footer and answers, whole and in parts that no markup changes.
    `numbers`: those of context, question and footer, in their plain form. `capitals`: words in capitals, as they are
    written.
    """

    words: frozenset[str]
    numbers: frozenset[str]
    capitals: frozenset[str]


@lru_cache(maxsize=1024)
def said_by(prose: tuple[str, ...], others: tuple[str, ...]) -> Said:
    """Return what prose, whose numbers count, and other texts say. Remembered: they stand beside many values."""
    texts = (*prose, *others)
    parts = [part for text in texts if "<" in text or "&" in text for part in _MARKUP_SIGN.split(text)]
    return Said(
        words=frozenset[str]().union(*map(bag, texts), *map(bag, parts)),
        numbers=frozenset(numbers_in(" | ".join(prose))),
        capitals=frozenset(found for text in texts for found in CAPITALS.findall(text)),
    )


class Told(NamedTuple):
    """What the rows of a query say to the texts beside them, in whatever order they stand.

    Words, numbers and capitals of the values are those that the texts say, too: others mean nothing to them.
    """

    words: frozenset[str]
    numbers: frozenset[str]
    capitals: frozenset[str]
    senses: tuple[bytes, ...]
    """What stands for all that the rows say but these."""

    def written(self) -> tuple[object, ...]:
        """Return it as it is remembered by."""
        return (*[tuple(sorted(part)) for part in self[:3]], self.senses)


def told_by(rows: Iterable[Row], said: Said) -> Told:
    """Return what rows say to texts that say `said`."""
    words, numbers, capitals = said
    return Told(
        words=frozenset[str]().union(*[row.value_words & words for row in rows]),
        numbers=frozenset[str]().union(*[row.numbers & numbers for row in rows]) if numbers else numbers,
        capitals=frozenset(word for word in capitals if any(word in row.text for row in rows)),
        senses=tuple(sorted({row.sense for row in rows})),
    )


class Hearsay(NamedTuple):
    """What the texts hear of the rows.

    `names` are the words of their names, `beside` those of names, units and sources, `given` those of the names of what
    was ordered or given. `values` and `quoted` are the words of values, and of those that are quoted; `kinds` the
    classes of findings of this encounter, `concepts` the diagnoses that a row names.
    """

    names: frozenset[str]
    beside: frozenset[str]
    given: frozenset[str]
    values: frozenset[str]
    quoted: frozenset[str]
    kinds: frozenset[str]
    concepts: frozenset[str]
    numbers: frozenset[str]
    capitals: frozenset[str]


def heard_from(rows: Iterable[Row], told: Told, giving: frozenset[str]) -> Hearsay:
    """Return what rows that tell `told` are heard to say. `giving`: words of sources of what was ordered or given."""
    nothing = frozenset[str]()
    return Hearsay(
        names=nothing.union(*[row.name_words for row in rows]),
        beside=nothing.union(*[row.words_beside for row in rows]),
        given=nothing.union(*[row.name_words for row in rows if row.source_words & giving]),
        values=told.words,
        quoted=nothing.union(*[row.value_words for row in rows if row.quoted]),
        kinds=nothing.union(*[row.shown.kinds for row in rows if not row.prior_encounter]),
        concepts=nothing.union(*[row.concepts for row in rows]),
        numbers=told.numbers,
        capitals=told.capitals,
    )
