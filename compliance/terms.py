"""Diagnoses in texts: all their names in one index, denied or recalled, and whether a documented term covers them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from compliance.entries import Term
from compliance.phrases import Hit, PhraseIndex
from compliance.text import Plain, Word, bag, plain, words

_CLAUSE = re.compile(r"[;:/()]| and | with | without | due to | secondary to | from | in setting of ")
# Words that make a diagnosis finer only together with the very words beside them.
_ACUITY = frozenset({"acute", "chronic", "subacute", "severe", "moderate", "mild", "stage", "type", "grade", "class"})
# Words of one degree, which a lay name and a finding exchange.
_DEGREES = (
    frozenset({"high", "elevated", "raised", "increased"}),
    frozenset({"low", "decreased", "reduced"}),
)
_ORGANS = {"kidney": "renal", "renal": "kidney", "liver": "hepatic", "hepatic": "liver"}
_ORGAN = re.compile(r"\b(?:kidney|renal|liver|hepatic)\b")
# "Negative" as the name of a kind, which denies nothing: Gram-negative sepsis, culture-negative endocarditis.
_NEGATIVE_KIND = re.compile(
    r"\b(?:gram|culture|smear|coagulase|triple|receptor|her2|rh|anca)[ -]negative\b", re.IGNORECASE
)


def without_negative_kinds(term: str) -> str:
    """Return a documented term without the names of kinds that have "negative" in them."""
    return _NEGATIVE_KIND.sub(" ", term)


@dataclass(frozen=True)
class Speech:
    """How charts deny, recall and spell diagnoses, from speech.yaml."""

    denies: tuple[str, ...] = ()
    denies_after: tuple[str, ...] = ()
    asserts: tuple[str, ...] = ()
    recalls: tuple[str, ...] = ()
    recalls_after: tuple[str, ...] = ()
    stops: frozenset[str] = frozenset()
    reach: int = 6
    reach_after: int = 4
    spelling: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    persons: frozenset[str] = frozenset()
    parts: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def _patterns(self) -> Mapping[str, re.Pattern[str]]:
        lists = ("denies", "denies_after", "asserts", "recalls", "recalls_after")
        return {name: _any_of(getattr(self, name)) for name in lists}

    @cached_property
    def cues(self) -> frozenset[str]:
        """The first word of each cue: without one of them nothing is denied or recalled."""
        cues = (*self.denies, *self.denies_after, *self.recalls, *self.recalls_after)
        return frozenset(cue.split()[0] for cue in cues)

    def around(self, read: Plain, first: int, last: int) -> tuple[bool, bool]:
        """Return whether the words from `first` to `last` are denied, and whether they are only recalled or feared."""
        low, high = read.clause(first)
        words_before = read.texts[max(low, first - self.reach) : first]
        words_after = read.texts[last + 1 : min(high, last + 1 + self.reach_after)]
        if self.cues.isdisjoint(words_before) and self.cues.isdisjoint(words_after):
            return False, False
        before, after = self._near(words_before), _line(words_after)
        found = self._patterns
        sure = bool(found["asserts"].search(before) or found["asserts"].search(after))
        denied = not sure and bool(found["denies"].search(before) or found["denies_after"].search(after))
        return denied, bool(found["recalls"].search(before) or found["recalls_after"].search(after))

    def _near(self, before: Sequence[str]) -> str:
        places = [place for place, word in enumerate(before) if word in self.stops]
        return _line(before[places[-1] + 1 :] if places else before)

    def within(self, text: str) -> frozenset[str]:
        """Return the words of a documented term, and the larger parts of the body in which its parts lie."""
        said = self.normal(text)
        return said.union(*(larger for word in said if (larger := self.parts.get(word))))

    def normal(self, text: str) -> frozenset[str]:
        """Return the words of a name in one spelling, one form and one choice of synonyms."""
        said = plain(text).texts
        letter = {"a"} if len(said) > 1 and said[-1] == "a" else set()  # hepatitis A is more than hepatitis
        return frozenset(word for one in said if (word := self._normal_word(one))) | letter

    def _normal_word(self, word: str) -> str:
        word = self._british.sub(lambda found: self.spelling[found.group()], word)
        if word not in self.same and len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "is", "us")):
            word = word[:-1]
        return self.same.get(word, word)

    def spellings(self, name: str) -> Iterator[str]:
        """Yield a name and the other ways to spell it."""
        yield name
        american, longer = self._american
        if american.search(name):
            yield american.sub(lambda found: longer[found.group()], name)
        if _ORGAN.search(name):
            yield _ORGAN.sub(lambda found: _ORGANS[found.group()], name)

    @cached_property
    def _british(self) -> re.Pattern[str]:
        return re.compile("|".join(sorted(self.spelling, key=len, reverse=True)) or r"(?!)")

    @cached_property
    def _american(self) -> tuple[re.Pattern[str], Mapping[str, str]]:
        longer: dict[str, str] = {}
        for written, usual in self.spelling.items():
            longer.setdefault(usual, written)
        return re.compile("|".join(sorted(longer, key=len, reverse=True)) or r"(?!)"), longer


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    listed = "|".join(re.escape(phrase) for phrase in phrases)
    return re.compile(f" (?:{listed}) " if listed else r"(?!)")


def _line(found: Sequence[str]) -> str:
    return f" {' '.join(found)} "


class TermIndex(PhraseIndex[Term]):
    """Names of diagnoses. Each hit tells whether it is denied, and whether it is only recalled or feared."""

    def __init__(self, terms: Iterable[tuple[str, Term]], speech: Speech) -> None:
        super().__init__((spelled, term) for name, term in terms for spelled in speech.spellings(name))
        self._speech = speech

    def _searched(self, read: Plain, found: Sequence[Word] | None, *, overlapping: bool) -> Iterator[Hit[Term]]:
        hits = super()._searched(read, found, overlapping=overlapping)
        if self._speech.cues.isdisjoint(read.bag):
            return hits
        return (self._judged(hit, read, found is None) for hit in hits)

    def _judged(self, hit: Hit[Term], read: Plain, placed: bool) -> Hit[Term]:
        first, last = (hit.first, hit.last) if placed else read.between(hit.start, hit.end)
        negated, historical = self._speech.around(read, first, last)
        return hit._replace(negated=negated, historical=historical) if negated or historical else hit


def covers(documented: str, name: str, speech: Speech) -> bool:
    """Tell whether a documented term says what `name` says, or more: each word of `name` is in it.

    A word of acuity or degree must stand in the same clause of the term as the others: "acute pancreatitis with
    chronic kidney disease" covers no acute kidney disease.
    """
    asked = speech.normal(name) - speech.persons
    if not asked:
        return False
    if asked & _ACUITY:
        return any(asked <= speech.within(clause) for clause in _CLAUSE.split(f" {documented.lower()} "))
    return asked <= speech.within(documented)


class RecordedIndex(TermIndex):
    """The names of an index of diagnoses, and beside them the short forms that only records use."""

    def __init__(self, named: PhraseIndex[Term], recorded: Iterable[tuple[str, Term]], speech: Speech) -> None:
        super().__init__(recorded, speech)
        self._named = named

    def find(self, text: str, found: Sequence[Word] | None = None, *, overlapping: bool = True) -> Iterator[Hit[Term]]:
        """Return the hits of both; the longest at each place."""
        hits = [*self._named.find(text, found), *super().find(text, found)]
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        return _longest(hits, overlapping)


def _longest(hits: Iterable[Hit[Term]], overlapping: bool) -> Iterator[Hit[Term]]:
    start, end = -1, -1
    for hit in hits:
        shorter = hit.start == start and hit.end < end
        if shorter or (hit.start < end and (hit.start, hit.end) != (start, end) and not overlapping):
            continue
        start, end = hit.start, hit.end
        yield hit


@lru_cache(maxsize=4096)
def line_of_initials(term: str) -> str:
    """Return the first letters of a term's words as one line: what stands in a row there may abbreviate it."""
    return "".join(word.text[0] for word in words(term))


def measures_alike(name: str, terms: Iterable[frozenset[str]]) -> bool:
    """Tell whether a name says of a measure what the words of a term say ("high" and "elevated blood pressure")."""
    said = bag(name)
    for degree in _DEGREES:
        if said & degree:
            return any(term & degree and said - degree <= term for term in terms)
    return False
