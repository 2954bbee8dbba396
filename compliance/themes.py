"""What an unproven sentence hints at: its themes name the rules that it breaks (R-03, R-07, R-09, R-11, R-18 to R-40).

A theme is a rule with cues of plain speech. Cues are compared by the stems of words, with the words that carry no
meaning passed over, so that one cue stands for its inflections. Nothing here decides whether a sentence is neutral:
only a sentence that the controlled language could not prove is read for its themes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from compliance.text import Span, covered, inside, quotations, words
from schemas.vocabulary import Severity

_REMEMBERED = 4096
_STRONG = 2
_PAIR = 2
_CLAUSE_ENDS = re.compile(r"[,;?!()] ")
_PLAIN = re.compile(r"[a-z]{2,40}(?: [a-z]{2,40}){0,11}")
_Stems = tuple[str, ...]
_ENDINGS = (
    ("sses", "ss"),
    ("xes", "x"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("ies", "y"),
    ("ied", "y"),
    ("ing", ""),
    ("ed", "e"),
    ("ss", "ss"),
    ("us", "us"),
    ("is", "is"),
    ("s", ""),
)


@dataclass(frozen=True, slots=True)
class SpokenTheme:
    """A rule and how people hint at what it forbids. One `strong` cue blocks, two different `weak` ones do.

    `weight` is added for a theme of few and telling cues, so that it is named before the broad ones.
    """

    name: str
    rule: str
    message: str
    suggestion: str
    strong: tuple[str, ...]
    weak: tuple[str, ...]
    weight: int = 0


class Cue(NamedTuple):
    """A cue that stands in a sentence: its stems, its span and whether it is a strong one."""

    stems: _Stems
    strong: bool
    span: Span

    @property
    def weight(self) -> int:
        """A strong cue counts more than a weak one, a phrase more than a word."""
        return len(self.stems) + (_STRONG if self.strong else 0)


class Naming(NamedTuple):
    """A theme that a sentence touches: how severe, how clearly, and where its weightiest cue stands.

    `certain`: it is touched by a strong cue, not by weak ones alone.
    """

    theme: SpokenTheme
    severity: Severity
    certain: bool
    weight: int
    span: Span


@dataclass(frozen=True)
class Themes:
    """All themes, most specific first, with words that count as one (`same`) and words without meaning (`silent`).

    `faint` words are cues that neutral sentences hold as often: they ask for a second person, and agree with none.
    """

    themes: tuple[SpokenTheme, ...]
    same: Mapping[str, str]
    silent: frozenset[str]
    faint: frozenset[str] = frozenset()

    @cached_property
    def index(self) -> Mapping[_Stems, tuple[tuple[int, bool], ...]]:
        """For the stems of each cue, the places of its themes and whether it is a strong cue there."""
        meanings: dict[_Stems, dict[int, bool]] = {}
        for place, theme in enumerate(self.themes):
            for strong, phrases in ((False, theme.weak), (True, theme.strong)):
                for phrase in phrases:
                    meanings.setdefault(self._stems_of_cue(phrase), {})[place] = strong
        return {stems: tuple(found.items()) for stems, found in meanings.items() if stems}

    def _stems_of_cue(self, phrase: str) -> _Stems:
        """Return what `stems` does. Most cues are written as they are compared, which makes loading quick."""
        if not _PLAIN.fullmatch(phrase):
            return self.stems(phrase)
        return tuple([stem(self.same.get(word, word)) for word in phrase.split() if word not in self.silent])

    def touched(self, word: str) -> bool:
        """Tell whether a word alone is a cue of some theme."""
        return len(word) > 1 and self.stems(word) in self.index

    @cached_property
    def lengths(self) -> Mapping[str, tuple[int, ...]]:
        """For each stem with which a cue begins, the lengths of those cues, longest first."""
        found: dict[str, set[int]] = {}
        for stems in self.index:
            found.setdefault(stems[0], set()).add(len(stems))
        return {first: tuple(sorted(sizes, reverse=True)) for first, sizes in found.items()}

    @cached_property
    def _pushing(self) -> frozenset[str]:
        """The stems with which strong cues of several words begin."""
        return frozenset(
            stems[0] for stems, found in self.index.items() if len(stems) > 1 and any(strong for _, strong in found)
        )

    def stems(self, phrase: str) -> _Stems:
        """Return the stems of a phrase, without its silent words."""
        return self._spoken(phrase)[0]

    def named(self, text: str, settled: tuple[Span, ...] = ()) -> tuple[Naming, ...]:
        """Return the themes of an unproven sentence, the best first; spans are within the sentence.

        `settled`: where phrases stand that are neutral as a whole; no cue is looked for there.
        """
        return self._remembered(text, settled)

    @cached_property
    def _remembered(self) -> Callable[[str, tuple[Span, ...]], tuple[Naming, ...]]:
        return lru_cache(maxsize=_REMEMBERED)(self._named)

    @cached_property
    def _faint(self) -> frozenset[_Stems]:
        return frozenset(self.stems(word) for word in self.faint)

    def phrases(self, text: str) -> Iterator[Span]:
        """Yield where strong cues of several words stand, which push whatever the words by themselves are."""
        stems, spans = self._spoken(text)
        for _, cue in self._cues(text, stems, spans) if not self._pushing.isdisjoint(stems) else ():
            if cue.strong and len(cue.stems) > 1:
                yield cue.span

    def _spoken(self, text: str) -> tuple[_Stems, Sequence[Span]]:
        """Return the stems of a text in the author's own voice, and where they stand."""
        quoted = quotations(text)
        found = words(text)
        same, silent = self.same, self.silent
        kept = [(word, span) for word, span in zip(found.texts, found.spans, strict=True) if word not in silent]
        if quoted:
            kept = [(word, span) for word, span in kept if not inside(span[0], quoted)]
        return tuple([stem(same.get(word, word)) for word, _ in kept]), [span for _, span in kept]

    def _named(self, text: str, settled: tuple[Span, ...]) -> tuple[Naming, ...]:
        cues: dict[int, dict[_Stems, Cue]] = {}
        for place, cue in self._cues(text, *self._spoken(text)):
            if not covered(cue.span, settled):
                cues.setdefault(place, {}).setdefault(cue.stems, cue)
        found = [_weighed(self.themes[place], tuple(cues[place].values()), self._faint) for place in sorted(cues)]
        return tuple(sorted(found, key=lambda naming: (naming.severity != "block", -naming.weight)))

    def _cues(self, text: str, spoken: _Stems, spans: Sequence[Span]) -> Iterator[tuple[int, Cue]]:
        """Yield the cues with the places of their themes; within a theme the longest first, without overlaps.

        Two words with the end of a clause between them are no cue ("about the form, call 4471").
        """
        taken: dict[int, int] = {}
        for start, first in enumerate(spoken):
            for size in self.lengths.get(first, ()):
                end = start + size
                stems = spoken[start:end]
                if len(stems) == _PAIR == size and stems in self.index and _parted(text, *spans[start:end]):
                    continue
                for place, strong in self.index.get(stems, ()) if len(stems) == size else ():
                    if taken.get(place, 0) <= start:
                        taken[place] = end
                        yield place, Cue(stems, strong, (spans[start][0], spans[end - 1][1]))


def _parted(text: str, first: Span, second: Span) -> bool:
    """Tell whether a clause ends between two words."""
    return bool(_CLAUSE_ENDS.search(text, first[1], second[0]))


def _weighed(theme: SpokenTheme, cues: Sequence[Cue], faint: frozenset[_Stems]) -> Naming:
    best = max(cues, key=lambda cue: (cue.weight, -cue.span[0]))
    certain = any(cue.strong for cue in cues)
    phrased = any(cue.strong and len(cue.stems) > 1 for cue in cues)
    agreed = phrased or (len(cues) > 1 and any(cue.stems not in faint for cue in cues))
    severity: Severity = "block" if agreed else "review"
    return Naming(theme, severity, certain, theme.weight + sum(cue.weight for cue in cues), best.span)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return a word without the endings of inflection. A stem need be no word, only the same for all forms of one."""
    if len(word) < 4 or not word.isalpha():
        return word
    for ending, kept in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: len(word) - len(ending)] + kept
            break
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word
