"""Whether linked findings bear an answer, by what labelled sets of findings say (R-04).

Criteria and anchors tell it for the conditions that they name. For all others, and where findings only look like what
they ask for (a prevention, a risk, a finding of the sibling, a denial), this is weighed: words of findings, what they
measure and in which direction, alone and beside each word by which the answer differs from what is documented.
`python -m distilling.evidence` works the weights out ahead of time. They hold and never excuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from compliance.folding import fold
from compliance.indicators import Shown

_REMEMBERED = 4096
_STEM = 6
_WORD = re.compile(r"[a-z][a-z0-9]*|\d[\d.,]*|->|[<>%+]")
_JOINING = frozenset(("a", "an", "and", "as", "at", "by", "due", "for", "from", "in", "is", "of", "on", "or", "the"))
_JOINING |= {"after", "before", "to", "unspecified", "was", "with"}
_NUMBER, _NAMED, _END = "#", "|", "$"
_MARKS = frozenset((_NAMED, _END))
_ANY = ""


class Told(NamedTuple):
    """A finding: its tokens in order, and what it measures in which direction."""

    tokens: tuple[str, ...]
    measured: frozenset[str]


class Linked(NamedTuple):
    """What is documented, an answer to a question about it, and the findings linked to the answer."""

    documented: str
    option: str
    findings: tuple[Told, ...]


@dataclass(frozen=True)
class BearingWeights:
    """What parts of linked findings weigh: below zero where they bear an answer, above where they do not.

    In hundredths. `weights` are ordered by the word of the answer beside which a token stands ("" for any), then by the
    token. `bias` is what all findings weigh, `heavy` the least that those weigh which are held.
    """

    weights: Mapping[str, Mapping[str, int]]
    bias: int
    heavy: int

    def fall_short(self, linked: Linked) -> bool:
        """Tell whether findings look like those that do not bear an answer."""
        return self.weigh(linked) >= self.heavy

    @cached_property
    def weigh(self) -> Callable[[Linked], int]:
        """Return what findings weigh for an answer. Remembered, in bounds."""
        return lru_cache(maxsize=_REMEMBERED)(self._weighed)

    def _weighed(self, linked: Linked) -> int:
        return self.bias + sum(
            of_word.get(token, 0)
            for word, tokens in parts(linked)
            if (of_word := self.weights.get(word)) is not None
            for token in tokens
        )


def told(name: str, value: str, unit: str | None, shown: Shown) -> Told:
    """Return a finding as it is weighed. `shown`: the same as it was read."""
    tokens = (*_words(name), _NAMED, *_words(f"{value} {unit or ''}"), _END)
    return Told(tokens, frozenset([f"{seen.kind}={seen.tell.value}" for seen in shown.seen]))


def parts(linked: Linked) -> Iterator[tuple[str, Collection[str]]]:
    """Yield what weighs: a word of the answer ("" for what weighs beside any), and the tokens beside it."""
    single = _union(one.tokens for one in linked.findings) - _MARKS | _union(one.measured for one in linked.findings)
    pairs = {f"{one} {other}" for finding in linked.findings for one, other in pairwise(finding.tokens)}
    documented, option = frozenset(_words(linked.documented)), frozenset(_words(linked.option)) - {_NUMBER}
    own = option - documented or option
    of_all = {f"asks {word}" for word in option}
    of_all.update(name for name, words in (("own", own), ("documented", documented)) if not single.isdisjoint(words))
    yield _ANY, single | pairs | of_all
    for word in own:
        yield word, single


def _union(sets: Iterable[Iterable[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)


def _words(text: str) -> list[str]:
    found = _WORD.findall(fold(text).text.lower().replace("→", "->"))
    return [_NUMBER if word[0].isdigit() else word[:_STEM] for word in found if word not in _JOINING]
