"""The controlled language: whether a sentence is neutral by its words and by its form, without understanding it.

A sentence that is not shown to be neutral is not leading for that alone; it is unproven, and a second person reads it
(R-03). What a sentence is by itself depends on nothing but its words, so it is read once and remembered; whether its
unknown words stand in the record is asked anew for each document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache

from compliance.phrases import PhraseIndex
from compliance.text import Span, Word, inside, quotations, words


class Form(Enum):
    """What a sentence does."""

    REQUEST = "request"
    WHICH = "which"
    ALTERNATIVE = "alternative"
    STATEMENT = "statement"
    UNPROVEN = "unproven"
    DICTATION = "dictation"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence by itself: its form, and those of its words that need a look.

    `strange` words the language does not know; `clinical` ones it knows only as names of clinical things, of which it
    has never heard of the `unheard` ones; `never`
    ones are not neutral even where the record uses them. `pushing`: where phrases of neutral words push.
    `guarded`: words of a statement that are neutral in a question alone.
    """

    form: Form
    strange: tuple[Word, ...]
    clinical: tuple[Word, ...]
    never: tuple[Word, ...]
    pushing: tuple[Span, ...] = ()
    guarded: tuple[Word, ...] = ()
    unheard: tuple[Word, ...] = ()


_WHICH = frozenset({"what", "which", "when", "where", "how", "whose"})
_BE = frozenset({"is", "are", "was", "were", "be", "been"})
_AUXILIARY = _BE | {"does", "do", "did", "has", "have", "had", "can", "could"}
_MEASURED_HOW = frozenset({"many", "much", "long", "often", "if", "far", "would"})
_ARGUING = frozenset(
    {"how", "why", "given", "since", "because", "considering", "seeing", "knowing", "although", "though"}
)
_PASSIVE_REACH = 8
_POLITE = frozenset({"please", "kindly"})
_REPLYING = frozenset({"answer", "respond", "reply", "address"})
_COURTEOUS = frozenset({"rely", "exercise", "sign", "contact", "redirect"})
_LEADING_IN = frozenset({"for", "in", "on", "at", "to", "from", "with", "by", "of", "during"})
_REACH = 9


@dataclass(frozen=True)
class Language:
    """The word lists of the controlled language, read from language.yaml.

    `clinical` words name clinical things, `ordinary` ones are everyday English, `charged` ones carry a theme.
    `pushes` finds phrases that push although each of their words is neutral (themes.py).
    """

    words: Mapping[str, frozenset[str]]
    phrases: tuple[str, ...]
    never: frozenset[str]
    dictating: frozenset[str]
    entering: frozenset[str]
    predicate: frozenset[str]
    opening: frozenset[str]
    neutral_as: frozenset[str]
    guarded: frozenset[str] = frozenset()
    sourced: frozenset[str] = frozenset()
    footing: frozenset[str] = frozenset()
    footer: frozenset[str] = frozenset()
    procedural: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    clinical: frozenset[str] = frozenset()
    ordinary: frozenset[str] = frozenset()
    charged: frozenset[str] = frozenset()
    pushes: Callable[[str], Iterable[Span]] = lambda _text: ()

    @cached_property
    def known(self) -> frozenset[str]:
        """All words that carry no push."""
        return frozenset[str]().union(*self.words.values()) - self.never

    @cached_property
    def asking(self) -> frozenset[str]:
        """What a question leans on: a source, or what a footer is about."""
        return self.sourced | self.footing

    @cached_property
    def fixed(self) -> PhraseIndex[str]:
        """Phrases that are neutral as a whole."""
        return PhraseIndex((phrase, phrase) for phrase in self.phrases)

    @cached_property
    def read(self) -> Callable[[str], Sentence]:
        """Read one sentence by itself. Remembered, a few thousand sentences."""
        return lru_cache(maxsize=_REMEMBERED)(self._analysed)

    def _analysed(self, text: str) -> Sentence:
        quoted = quotations(text)
        read = words(text)
        spoken = tuple(word for word in read if not inside(word.start, quoted)) if quoted else read
        tokens = tuple(word.text for word in spoken) if quoted else read.texts
        taken = self._consumed(text, spoken)
        looked_at = [
            place
            for place, token in enumerate(tokens)
            if token not in self._settled and place not in taken and not _measured(token)
        ]
        open_words = [spoken[place] for place in looked_at]
        unknown = [word for word in open_words if word.text not in self.known and word.text not in self.never]
        technical = [word for word in unknown if self._technical(word.text)]
        form = self._form(text, spoken, tokens, taken)
        states = form is Form.STATEMENT
        return Sentence(
            form,
            strange=tuple(word for word in unknown if word not in technical),
            clinical=tuple(technical),
            never=tuple(word for word in open_words if word.text in self.never),
            pushing=tuple(span for span in self.pushes(text) if not _within(span, spoken, taken)),
            guarded=tuple(word for word in open_words if states and word.text in self.guarded),
            unheard=tuple(word for word in technical if word.text not in self.clinical),
        )

    @cached_property
    def _settled(self) -> frozenset[str]:
        """Words that need no look wherever they stand."""
        return self.known - self.guarded

    def _technical(self, word: str) -> bool:
        """Tell whether a word names a clinical thing: a known one, or no ordinary word and not one misspelt.

        Nobody is pushed with a word that is not ordinary. One that is formed like the name of a disease is a diagnosis
        until the record shows it.
        """
        if word in self.clinical:
            return True
        if word in self.ordinary or word in self.never or not word.isalpha() or len(word) < _SPOKEN:
            return False
        return not word.endswith(_DISEASES) and not self._misspelt(word)

    def _misspelt(self, word: str) -> bool:
        """Tell whether a word differs by one letter from a word that may not be written here."""
        return len(word) <= self._longest_near and any(form in self._near for form in _shortened(word))

    @cached_property
    def _longest_near(self) -> int:
        """How many letters a word has at most that differs by one from a word that may not be written here."""
        return max(map(len, self._near), default=0) + 1

    @cached_property
    def _near(self) -> frozenset[str]:
        longer = (word for word in self.charged | self.never if len(word) >= _MISSPELT)
        return frozenset(form for word in longer for form in _shortened(word))

    def _consumed(self, text: str, spoken: Sequence[Word]) -> frozenset[int]:
        places: set[int] = set()
        for hit in self.fixed.find(text, spoken, overlapping=False):
            places.update(range(hit.first, hit.last + 1))
        return frozenset(places)

    def _form(self, text: str, spoken: Sequence[Word], tokens: Sequence[str], taken: frozenset[int]) -> Form:
        if len(taken) >= len(tokens):
            return Form.REQUEST if tokens else Form.STATEMENT
        start = self._proper(text, spoken, tokens)
        if start is None:
            return Form.STATEMENT if self._states(tokens, taken) else Form.UNPROVEN
        if any(tokens[place] in _ARGUING and place not in taken for place in range(start - 1)):
            return Form.UNPROVEN
        head = tokens[start]
        if head in self.words["ask"]:
            return self._request(tokens, start, taken)
        if head in _WHICH:
            return Form.WHICH if self._names_attribute(tokens, start) else Form.UNPROVEN
        return Form.ALTERNATIVE

    def _proper(self, text: str, spoken: Sequence[Word], tokens: Sequence[str]) -> int | None:
        """Return the place of the word with which the question proper begins, or None for a statement."""
        polite = [place for place, token in enumerate(tokens) if token in _POLITE]
        for place in polite:
            if place + 1 < len(tokens) and tokens[place + 1] in self.words["ask"]:
                return place + 1
        for place in self._clause_starts(text, spoken):
            if tokens[place] in _LEADING_IN and tokens[place + 1 : place + 2] in (("what",), ("which",), ("whose",)):
                return place + 1
            if tokens[place] in _WHICH or tokens[place] in self.words["ask"]:
                return place
            if tokens[place] in _AUXILIARY and "?" in text:
                return place
            if tokens[place] not in self.opening:
                return None
        return None

    def _clause_starts(self, text: str, spoken: Sequence[Word]) -> Iterator[int]:
        yield 0
        for place in range(1, len(spoken)):
            gap = text[spoken[place - 1].end : spoken[place].start]
            if "," in gap or ":" in gap or ";" in gap:
                yield place

    def _request(self, tokens: Sequence[str], start: int, taken: frozenset[int]) -> Form:
        verb, rest = tokens[start], tokens[start + 1 :]
        if not rest:
            return Form.UNPROVEN
        if verb == "please" and rest[0] in _COURTEOUS:
            return Form.STATEMENT
        if verb in self.dictating and rest[0] == "that":
            return Form.DICTATION
        if verb in self.entering and self._dictates_as(tokens, start, taken):
            return Form.DICTATION
        if verb == "clarify" or self._names_attribute(tokens, start + 1) or verb in _REPLYING:
            return Form.REQUEST
        return Form.UNPROVEN

    def _dictates_as(self, tokens: Sequence[str], start: int, taken: frozenset[int]) -> bool:
        for place in range(start + 1, len(tokens) - 1):
            if tokens[place] in ("whether", "which", "if"):
                return False
            if tokens[place] == "as" and place not in taken and tokens[place + 1] not in self.neutral_as:
                return True
        return False

    def _names_attribute(self, tokens: Sequence[str], start: int) -> bool:
        """Tell whether the object is an attribute or a question word, not a diagnosis."""
        asked = self.words["attribute"]
        for place in range(start, min(start + _REACH, len(tokens))):
            word = tokens[place]
            if word == "how":
                return _asks_how(tokens, place)
            if word in asked or word in _WHICH or word in ("whether", "if"):
                return word not in _WHICH or place + 1 < len(tokens)
            if word in ("why", "that", "as"):
                return False
        return False

    def _states(self, tokens: Sequence[str], taken: frozenset[int]) -> bool:
        """Tell whether each form of "be" goes on with a past form or a place, not with a judgment."""
        if _BE.isdisjoint(tokens):
            return True
        stated = self.words["stated"]
        for place, token in enumerate(tokens):
            if token in _BE and place + 1 < len(tokens) and place + 1 not in taken:
                following = tokens[place + 1]
                if not (following in stated or following in self.predicate or following.isdigit() or following in _BE):
                    return False
        return True


_REMEMBERED = 4096
_SPOKEN = 3
_MISSPELT = 6
_DISEASES = (
    "itis",
    "osis",
    "emia",
    "aemia",
    "opathy",
    "oma",
    "plegia",
    "paresis",
    "penia",
    "sepsis",
    "rrhage",
    "pathies",
)


def _shortened(word: str) -> Iterator[str]:
    """Yield a word, and the word without one of its letters."""
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]


def _within(span: Span, spoken: Sequence[Word], taken: frozenset[int]) -> bool:
    """Tell whether all words of a span belong to phrases that are neutral as a whole."""
    return all(place in taken for place, word in enumerate(spoken) if span[0] <= word.start < span[1])


def _asks_how(tokens: Sequence[str], place: int) -> bool:
    """Tell whether "how ..." asks for a number or for what was done, and does not tell what did it."""
    following = tokens[place + 1 : place + 2]
    if (following and following[0] in _MEASURED_HOW) or "relates" in tokens or "relate" in tokens:
        return True
    return not _BE.isdisjoint(tokens[place + 1 : place + 1 + _PASSIVE_REACH])


def _measured(word: str) -> bool:
    """Tell whether a word is a number, alone or with a unit, a dose or a position (40mg, x3, l4, 3b)."""
    return word.isdigit() or (len(word) <= 8 and any(sign.isdigit() for sign in word))
