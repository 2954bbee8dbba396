"""Which rule a sentence sounds like breaking, so that its writer hears it by name.

Asked only of sentences that are stopped anyway: a name makes nothing better or worse. Their tokens (weighing.py),
alone and by twos, and the themes that they touch (themes.py) weigh for each rule what some seven thousand leading
sentences, each labelled with the rule that fits it best, say of them. `python -m distilling.sounds` works the table out
ahead of time; it is read when the first sentence is stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from math import exp
from typing import Any, NamedTuple

from compliance.themes import Naming
from compliance.weighing import kind_of, of_kind, tokens

_REMEMBERED = 4096


class Sound(NamedTuple):
    """A rule that a sentence sounds like breaking, and how surely, in hundredths: those of all rules make a hundred."""

    rule: str
    share: int


@dataclass(frozen=True)
class Told:
    """How a writer is told what his sentence sounds like, and the share with which it is, in hundredths."""

    message: str
    suggestion: str
    least: int


@dataclass(frozen=True)
class Sounds:
    """What names the rule of a stopped sentence.

    `read` returns the table: the names of the rules, what each weighs at first, and by part the weights of rules, in
    hundredths, as text ("place:weight place:weight"). `told` says how a writer is told; a rule that it does not hold
    is never named, for wording alone cannot break it. `sure`: the share with which a rule is named before what a
    phrase already blocks for.
    """

    read: Callable[[], Mapping[str, Any]]
    told: Mapping[str, Told]
    sure: int
    names_thing: Callable[[str], bool]
    hints: Callable[[str], Sequence[Naming]]

    @cached_property
    def _table(self) -> Mapping[str, Any]:
        return self.read()

    @cached_property
    def _weights_of(self) -> Callable[[str], tuple[tuple[int, int], ...]]:
        """Return which rules a part weighs for, by their places, and how much. Remembered: words come again."""
        parts = self._table["parts"]

        @lru_cache(maxsize=_REMEMBERED)
        def read(part: str) -> tuple[tuple[int, int], ...]:
            found = [entry.split(":") for entry in parts.get(part, "").split()]
            return tuple([(int(place), int(weight)) for place, weight in found])

        return read

    @cached_property
    def of(self) -> Callable[[str, str], Sound | None]:
        """Return what a sentence of a field sounds like most, if anything surely enough. Remembered, in bounds."""
        return lru_cache(maxsize=_REMEMBERED)(self._of)

    def _of(self, sentence: str, field: str) -> Sound | None:
        rules, weights = self._table["rules"], list(self._table["first"])
        for part in marks(tokens(sentence, self.names_thing), field, self.hints(sentence)):
            for place, weight in self._weights_of(part):
                weights[place] += weight
        most = max(weights)
        shares = [exp((weight - most) / 100) for weight in weights]
        best = max(range(len(rules)), key=lambda place: weights[place])
        sound = Sound(rules[best], round(100 / sum(shares)))
        told = self.told.get(sound.rule)
        return sound if told is not None and sound.share >= told.least else None


def marks(said: Sequence[str], field: str, hints: Sequence[Naming]) -> Iterator[str]:
    """Yield once each what names a sentence: its field, its tokens, alone and by twos, and the themes it touches."""
    yield of_kind(kind_of(field))
    yield from dict.fromkeys(said)
    yield from dict.fromkeys(map(" ".join, pairwise(said)))
    for place, hint in enumerate(hints):
        yield f"~{hint.theme.name}"
        if hint.severity == "block":
            yield f"~~{hint.theme.name}"
        if place == 0:
            yield f"~1{hint.theme.name}"
