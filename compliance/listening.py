"""What a short text of an indicator says by itself: its wordings, its prose, its diagnoses. Read once, remembered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from compliance.entries import Term, Wording
from compliance.phrases import Hit, PhraseIndex
from compliance.text import Span, Word, bag, ends_at, inside, quotations, words

_REMEMBERED = 4096
_CLAUSE = 60  # signs in which stands who told what was
_NAME = 16  # signs of a name that may be all capitals
_NUMBERS = re.compile(r"[\d\s.,:/()<>=+-]*")  # without letters and signs that stand for letters nothing is said
# "Held at that rate", "continued on those settings".
_THE_SAME = re.compile(
    r"(?:that|these|those) (?:rate|dose|doses|level|setting|settings|time|point|site)\b", re.IGNORECASE
)
# "Was 5", "while blood was drawn": what was measured or done at the time.
_EARLIER = re.compile(
    r"(?:was|were)(?= (?:[<>]?\d|(?:being )?(?:drawn|given|placed|taken|done|started|stopped|held"
    r"|removed|inserted|turned|moved|changed|cleaned|dressed|fed|found|seen|asked|touched|moving|sitting|standing|lying|eating|walking|asleep|awake)\b))",
    re.IGNORECASE,
)


# "States year is 1987", "eye would not close": what somebody says is, and what would not go.
_AS_TOLD = re.compile(
    r"\b(?:states|stated|says|said|reports|reported|tells|told|answers|answered|believes|insists|thinks)"
    r"(?: \w+){0,4} (?=(?:is|are|was|were)\b)",
    re.IGNORECASE,
)
_WOULD_NOT_GO = re.compile(
    r"(?:would|could)(?: not|n't)? (?:be )?(?:close|open|shut|pass|advance|inflate|deflate|flush|aspirate|reduce|drain"
    r"|seal|fit|thread|latch|suck|feed|eat|drink|swallow|sleep|lie|sit|stand|walk|bear|turn|lift|raise|move|speak|talk|answer|look|hold"
    r"|stop|stay|let|tolerate|visuali[sz]ed|passed|advanced|removed|obtained|reached|palpated|heard|aroused|roused)\b",
    re.IGNORECASE,
)


class Heard(NamedTuple):
    """The wordings and diagnoses that stand in a text outside quotations, and its first word of ordinary prose."""

    wordings: tuple[Hit[Wording], ...]
    diagnoses: tuple[Hit[Term], ...]
    comment: Span | None


NOTHING = Heard((), (), None)
"""What a text says that holds nothing that any record could make a fault."""


class Listener:
    """Reads texts for wordings, diagnoses and prose. Remembers a few thousand texts: names and sources repeat."""

    def __init__(
        self,
        wordings: PhraseIndex[Wording],
        terms: PhraseIndex[Term],
        commentary: frozenset[str],
        naming: PhraseIndex[str],
    ) -> None:
        """`commentary`: words of ordinary prose; `naming`: phrases in which a wording names a thing or an event."""
        self._wordings = wordings
        self._terms = terms
        self._commentary = commentary
        self._naming = naming
        self.hear = lru_cache(maxsize=_REMEMBERED)(self._read)
        """What a text says by itself; remembered."""

    def _read(self, text: str) -> Heard:
        if _NUMBERS.fullmatch(text):
            return NOTHING
        quoted = quotations(text)
        found = words(text)
        wordings = tuple(self._wordings.find(text, found))
        diagnoses = tuple(self._terms.find(text, found, overlapping=False))
        if wordings:
            named = tuple([(hit.start, hit.end) for hit in self._naming.find(text, overlapping=False)])
            wordings = tuple(hit for hit in wordings if not inside(hit.start, named))
        if quoted:
            wordings = tuple(hit for hit in wordings if not inside(hit.start, quoted))
            diagnoses = tuple(hit for hit in diagnoses if not inside(hit.start, quoted))
        comment = next(self.comments(text), None)
        return Heard(wordings, diagnoses, comment) if wordings or diagnoses or comment else NOTHING

    def comments(self, text: str) -> Iterator[Span]:
        """Yield the words of ordinary prose in a text, outside quotations."""
        if bag(text).isdisjoint(self._commentary):
            return
        quoted = quotations(text)
        for word in words(text):
            if word.text in self._commentary and not inside(word.start, quoted) and not _is_no_comment(text, word):
                yield word.start, word.end


def _is_no_comment(text: str, word: Word) -> bool:
    """Tell whether a word of prose is an abbreviation, or says what was before, what stays or what somebody told."""
    if _is_short_form(text, word) or any(form.match(text, word.start) for form in (_EARLIER, _THE_SAME, _WOULD_NOT_GO)):
        return True
    return ends_at(_AS_TOLD, text, word.start, (word.start - _CLAUSE, word.end + 1))


def _is_short_form(text: str, word: Word) -> bool:
    """Tell whether a word in capitals among others that are not is an abbreviation (US, IT)."""
    written = text[word.start : word.end]
    return len(written) > 1 and written.isupper() and (len(text) < _NAME or not text.isupper())
