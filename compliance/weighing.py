"""What the words of a sentence weigh together: does it sound like neutral sentences, or like leading ones?

A hint is seldom in one word. "Where does the asthma stand as of this visit?" asks, "where the asthma stands is plain
from the inhaler use" argues, and no word of them tells which. So runs of up to three words, and pairs with others
between them, carry weights: what some thousand labelled sentences say of them. `python -m distilling.weights` works
them out ahead of time, by logistic regression; the table is plain text, and the same table gives the same verdicts.

Weights excuse, hold and soften, they never block. A sentence that could not be proven neutral word by word is excused
if it is light enough, and one that was proven so is held for a second person if it is heavy: a hint can be made of
neutral words alone. What a phrase of plain speech hints at blocks only a sentence that does not sound neutral; in one
that does, the phrase may mean something else, and a person looks. Words that were never heard in neutral sentences add
to the weight. What blocks a text is told by structure, lexicons and themes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from compliance.text import inside, quotations, words
from compliance.themes import stem
from schemas.vocabulary import Severity

_REMEMBERED = 4096
_TELLING = 3  # words: fewer keep no company by which they could be known
_START, _END = "^", "$"
_NUMBER, _THING, _QUOTED = "#", "§", '"'
_MANY_AS_ONE = frozenset({_NUMBER, _THING, _QUOTED})
_SIGNS = frozenset("?:;!,(")
APART = ".."
_REACH = 4  # tokens behind the one with which a part begins
Runs = Mapping[str, tuple[int, Mapping[str, int]]]
Begun = tuple[int, Runs, Mapping[str, int]]
"""What parts of sentences weigh that begin with one token: it alone; with the next one, and with the next two; with one
of those apart."""
Table = Mapping[str, Begun]
"""What parts of sentences weigh, by the token with which they begin."""
ROW, OPTION = "row", "option"
"""The kinds of text that an indicator and an answer are."""
_ANY = ""  # texts of any kind
_NO_RUN: tuple[int, Mapping[str, int]] = (0, {})
_NOTHING: Begun = (0, {}, {})


class Weighed(NamedTuple):
    """What the parts of a sentence weigh as a whole, what its heaviest stretch does, and what unheard words add."""

    whole: int
    heaviest: int
    unheard: int


@dataclass(frozen=True)
class Learnt:
    """What parts of texts weigh: below zero as neutral ones have them, above as leading ones have them.

    All in hundredths. `tables`: of texts of any kind (""), and what parts weigh besides in those of one kind. `bias` is
    what every text weighs. `heard`: the words of neutral texts, by their stems; each other one weighs `unheard`.
    `names_thing` tells a word that names a thing of a record, such as a drug or a person; whatever thing that is, the
    text weighs the same.
    """

    tables: Mapping[str, Table]
    bias: int
    unheard: int
    heard: frozenset[str]
    names_thing: Callable[[str], bool]

    @cached_property
    def weigh(self) -> Callable[[str, str], Weighed]:
        """Return what a sentence of a field (question, context, footer, body ...) weighs. Remembered, in bounds."""
        return lru_cache(maxsize=_REMEMBERED)(self._weighed)

    def _weighed(self, sentence: str, field: str) -> Weighed:
        said, kind = tokens(sentence, self.names_thing), kind_of(field)
        tables = self.tables[_ANY], self.tables.get(kind, {})
        weights = [sum(both) for both in zip(*(begun(said, table) for table in tables), strict=True)]
        unheard = self.unheard * sum([token not in self.heard for token in said])
        alone = sum(table.get(of_kind(kind), _NOTHING)[0] for table in tables)
        return Weighed(self.bias + alone + sum(weights), _heaviest(weights), unheard)


@dataclass(frozen=True)
class WeightsOfOne:
    """What parts of texts of one kind weigh (indicators, options), and how much one weighs that is held (`heavy`)."""

    kind: str
    learnt: Learnt
    heavy: int

    def sounds_leading(self, text: str) -> bool:
        """Tell whether a text sounds as leading ones of its kind do; words that were never heard count, too."""
        weighed = self.learnt.weigh(text, self.kind)
        return weighed.whole + weighed.unheard >= self.heavy


@dataclass(frozen=True)
class Weights:
    """What parts of sentences weigh, and the limits of each field, in hundredths; one not named has no such limit.

    `light`: the most that a sentence may weigh to be excused, `light_cued` the most for one with a plain cue of a
    theme, `light_pushed` for one with a phrase that pushes, `heavy` the least that holds one, `blocking` the least at
    which a cue blocks it. `stretch`: the most that any stretch of an excused sentence may weigh, so that no hint hides
    among neutral words.
    """

    learnt: Learnt
    light: Mapping[str, int]
    light_cued: Mapping[str, int]
    light_pushed: Mapping[str, int]
    heavy: Mapping[str, int]
    blocking: Mapping[str, int]
    stretch: int

    @property
    def weigh(self) -> Callable[[str, str], Weighed]:
        """What a sentence of a field weighs."""
        return self.learnt.weigh

    @property
    def names_thing(self) -> Callable[[str], bool]:
        """What tells a word that names a thing of a record."""
        return self.learnt.names_thing

    def sounds_neutral(self, sentence: str, field: str, *, cued: bool) -> bool:
        """Tell whether a sentence of a field sounds as neutral ones do; where it holds a plain cue, all the more."""
        return self._is_light(sentence, field, (self.light_cued if cued else self.light).get(field))

    def sounds_surely_neutral(self, sentence: str, field: str) -> bool:
        """Tell whether a sentence of a field sounds so neutral that no phrase of it can be meant to push."""
        return self._is_light(sentence, field, self.light_pushed.get(field))

    def _is_light(self, sentence: str, field: str, limit: int | None) -> bool:
        if limit is None or len(words(sentence).texts) < _TELLING:
            return False
        weighed = self.weigh(sentence, field)
        return weighed.whole + weighed.unheard <= limit and weighed.heaviest <= self.stretch

    def sounds_leading(self, sentence: str, field: str) -> bool:
        """Tell whether a sentence of a field sounds as leading ones do, however neutral each of its words is."""
        limit = self.heavy.get(field)
        return limit is not None and self.weigh(sentence, field).whole >= limit

    def softened(self, severity: Severity, sentence: str, field: str) -> Severity:
        """Return how severe a phrase is in a sentence of a field: what it may not block, a second person reads."""
        return severity if self.may_be_blocked(sentence, field) else "review"

    def may_be_blocked(self, sentence: str, field: str) -> bool:
        """Tell whether a phrase may block a sentence of a field: not where the whole of it sounds neutral."""
        limit = self.blocking.get(field)
        if limit is None:
            return True
        weighed = self.weigh(sentence, field)
        return weighed.whole + weighed.unheard >= limit


def begun(said: tuple[str, ...], table: Table) -> list[int]:
    """Return for each token of a sentence what its parts weigh that begin with it, as `parts` tells them."""
    behind = [said[ahead:] + ("",) * ahead for ahead in range(1, 1 + _REACH)]
    found: list[int] = []
    for first, second, third, fourth, fifth in zip(said, *behind, strict=False):
        weight, runs, apart = table.get(first, _NOTHING)
        both, with_third = runs.get(second, _NO_RUN)
        weight += both + with_third.get(third, 0)
        if apart:
            weight += apart.get(third, 0) + apart.get(fourth, 0) + apart.get(fifth, 0)
        found.append(weight)
    return found


def tokens(sentence: str, names_thing: Callable[[str], bool]) -> tuple[str, ...]:
    """Return what weighs in a sentence, in order: words by their stems, signs, and one token for each thing, number and
    quotation, which differ from record to record. The first and the last token mark start and end.
    """
    quoted, read = quotations(sentence), words(sentence)
    said, ends = [_START], 0
    for word, (start, end) in zip(read.texts, read.spans, strict=True):
        said += _signs(sentence[ends:start])
        ends = end
        token = _QUOTED if quoted and inside(start, quoted) else _token(word, names_thing)
        if token != said[-1] or token not in _MANY_AS_ONE:
            said.append(token)
    return (*said, *_signs(sentence[ends:]), _END)


def _signs(between: str) -> Sequence[str]:
    return () if between == " " else [sign for sign in between if sign in _SIGNS]


def _token(word: str, names_thing: Callable[[str], bool]) -> str:
    if not word.isalpha():
        return _NUMBER
    return _THING if names_thing(word) else stem(word)


def parts(said: Sequence[str]) -> Iterator[list[str]]:
    """Yield for each token the parts of a sentence that begin with it: runs of up to three tokens, and pairs apart."""
    for start, first in enumerate(said):
        ahead = said[start + 1 : start + 1 + _REACH]
        runs = [first, " ".join((first, *ahead[:1])), " ".join((first, *ahead[:2]))][: 1 + len(ahead)]
        yield runs + [f"{first} {APART} {other}" for other in ahead[1:]]


def row_text(name: str, value: str, unit: str | None, *, quoted: bool) -> str:
    """Return an indicator as it is weighed: what stands in quotation marks is no part of what its author says."""
    return " ".join((f"{name}:", '"x"' if quoted else value, unit or "")).rstrip()


def kind_of(field: str) -> str:
    """Return what kind of text a field holds: sentences of one kind are weighed alike."""
    return "message" if field in ("body", "subject") else field


def of_kind(kind: str) -> str:
    """Return the part that stands for the kind of a sentence."""
    return f"@{kind}"


def _heaviest(weights: Sequence[int]) -> int:
    """Return what the heaviest stretch weighs."""
    most = stretch = 0
    for weight in weights:
        stretch += weight
        if stretch > most:
            most = stretch
        elif stretch < 0:
            stretch = 0
    return most
