"""The controlled language: whether a sentence is neutral by its words and by its form, without understanding it.

A sentence that is not shown to be neutral is not leading for that alone; it is unproven, and a second person reads it
(R-03). What a sentence is by itself depends on nothing but its words, so it is read once and remembered; whether its
unknown words stand in the record is asked anew for each document.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from compliance.phrases import PhraseIndex
from compliance.text import Span, Word, inside, quotations, words

_WHICH = frozenset({"what", "which", "when", "where", "how", "whose"})
_BE = frozenset({"is", "are", "was", "were", "be", "been"})
_AUXILIARY = _BE | {"does", "do", "did", "has", "have", "had", "can", "could"}
_STANDING = (("it", "stands"), ("it", "stood"), ("this", "stands"))
_MEASURED_HOW = frozenset({"many", "much", "long", "often", "if", "far", "would"})
_ARGUING = frozenset(
    {"how", "why", "given", "since", "because", "considering", "seeing", "knowing", "although", "though"}
)
_REASONING = _ARGUING - {"how", "why", "since"}
_PASSIVE_REACH = 8
_POLITE = frozenset({"please", "kindly"})
_REPLYING = frozenset({"answer", "respond", "reply", "address"})
# Whatever is asked about with one of these, the answer is left open.
_DETAILING = frozenset({"clarify", "specify", "qualify", "define", "elaborate", "expand"})
_ADVERBS = frozenset({"further", "also", "briefly", "again"})
_NAMED_BEFORE = frozenset({"these", "this", "them", "it", "those"})
# With one of these a question begins that no other form explains.
_INVERTED = frozenset({"would", "should", "could", "can", "will", "may", "does", "do", "did"})
_MENTIONING = frozenset({"documented", "listed", "noted", "recorded", "described", "reported", "regard", "reference"})
# What is documented may be made complete by a detail; what the detail is, nobody says.
_RENEWING = frozenset({"update", "complete"})
_FILLING = frozenset({"to", "with", "as", "by", "into"})
_RELATED_TO = frozenset({"due", "caused"})
_ARGUED = frozenset({"as", "with", "given", "that", "not", "because"})
# How the reader judges something may be asked; how somebody else did, or what to do, may not.
_JUDGING = frozenset({"interpret", "classify", "describe", "characterize", "characterise", "grade", "assess", "judge"})
_ADDRESSED = (("do", "you"), ("would", "you"), ("did", "you"), ("can", "you"), ("could", "you"))
# Behind one of these a question says what it asks for.
_NAMING = frozenset({"as", "such", "like", "not", "why", "because"})
_DETAILED = frozenset({"specified", "described", "documented", "given", "stated", "clarified", "provided", "further"})
_REFINED = frozenset({"specified", "further", "clarified", "qualified", "defined"})
_ENABLING = frozenset({"can", "could", "may"})
# What a statement may say to be missing.
_LACKING = frozenset({"without", "no"})
_LACKING_WITH = _LACKING | {"further", "cause", "causes", "other"}
_EXPLAINING = frozenset({"that", "which"})
_LACKED_REACH = 4
_UNDECIDED = frozenset({"a", "an", "any"})
_COURTEOUS = frozenset({"rely", "exercise", "sign", "contact", "redirect"})
_LEADING_IN = frozenset({"for", "in", "on", "at", "to", "from", "with", "by", "of", "during"})
_REACH = 9
_SHORTEST_NAME = 3  # letters
_DIGITS = frozenset("0123456789")
_REMEMBERED = 4096
_NUMBERED = re.compile(r"no\. ?\d", re.IGNORECASE)  # "library no. 22"
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


class Form(Enum):
    """What a sentence does."""

    REQUEST = "request"
    WHICH = "which"
    ALTERNATIVE = "alternative"
    STATEMENT = "statement"
    UNPROVEN = "unproven"
    DICTATION = "dictation"


class Sentence(NamedTuple):
    """A sentence by itself: its form, and those of its words that need a look.

    `strange` words the language does not know; `clinical` ones it knows only as names of clinical things, and `unheard`
    are those of them that no list has; `never` ones are not neutral even where the record uses them. `pushing`: where
    phrases of neutral words push. `guarded`: words of a statement that are neutral in a question alone.
    """

    form: Form
    strange: tuple[Word, ...]
    clinical: tuple[Word, ...]
    never: tuple[Word, ...]
    pushing: tuple[Span, ...] = ()
    guarded: tuple[Word, ...] = ()
    unheard: tuple[Word, ...] = ()


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
    inviting: tuple[str, ...] = ()
    alone: frozenset[str] = frozenset()
    lacked: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    opposites: tuple[frozenset[str], ...] = ()
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
        return PhraseIndex((phrase, phrase) for phrase in (*self.phrases, *self.inviting))

    def settled(self, text: str) -> tuple[Span, ...]:
        """Return where phrases stand that are neutral as a whole."""
        return tuple((hit.start, hit.end) for hit in self.fixed.find(text, overlapping=False))

    @cached_property
    def invitations(self) -> frozenset[str]:
        """Phrases behind which a verb asks: "would you please", "we kindly ask you to"."""
        return frozenset(self.inviting)

    @cached_property
    def read(self) -> Callable[[str], Sentence]:
        """Read one sentence by itself. Remembered, a few thousand sentences."""
        return lru_cache(maxsize=_REMEMBERED)(self._analysed)

    def _analysed(self, text: str) -> Sentence:
        spoken, tokens = _spoken(text)
        taken, invited = self._consumed(text, spoken, tokens)
        looked_at = [
            place
            for place, token in enumerate(tokens)
            if token not in self._settled and place not in taken and not _measured(token)
        ]
        open_words = [spoken[place] for place in looked_at]
        unknown = [word for word in open_words if word.text not in self.known and word.text not in self.never]
        technical = {text for text in {word.text for word in unknown} if self._technical(text)}
        form = self._form(text, spoken, tokens, taken, invited)
        guarded = [place for place in looked_at if tokens[place] in self.guarded] if form is Form.STATEMENT else []
        explained = max((place for place, token in enumerate(tokens) if token in _EXPLAINING), default=-1)
        guarded = [place for place in guarded if not _NUMBERED.match(text, spoken[place].start)]
        return Sentence(
            form,
            strange=tuple(word for word in unknown if word.text not in technical),
            clinical=tuple(word for word in unknown if word.text in technical),
            never=tuple(word for word in open_words if word.text in self.never),
            pushing=tuple(span for span in self.pushes(text) if not _within(span, spoken, taken)),
            guarded=tuple(spoken[place] for place in guarded if not self._only_lacks(tokens, place, explained)),
            unheard=tuple(word for word in unknown if word.text in technical and word.text not in self.clinical),
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
        if word in self.ordinary or word in self.never or not word.isalpha() or len(word) < _SHORTEST_NAME:
            return False
        return not word.endswith(_DISEASES) and not self._misspelt(word)

    def names_thing(self, word: str) -> bool:
        """Tell whether a word names a thing, whichever: a clinical one, a person, a place, a product."""
        if word in self.known or word in self.never:
            return False
        return word in self.clinical or (word not in self.ordinary and len(word) >= _SHORTEST_NAME)

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

    def _only_lacks(self, tokens: Sequence[str], place: int, explained: int) -> bool:
        """Tell whether a word only says that a detail is not given ("without a cause or other specificity").

        Before the place that is `explained` something else is said of what is lacking.
        """
        opened = range(place, max(-1, place - _LACKED_REACH), -1)
        lacking = next((at for at in opened if tokens[at] in _LACKING), None)
        if lacking is None or lacking <= explained or tokens[place] not in _LACKING_WITH:
            return False
        return any(token in self.lacked for token in tokens[lacking + 1 : lacking + 1 + _LACKED_REACH])

    def _consumed(self, text: str, spoken: Sequence[Word], tokens: Sequence[str]) -> tuple[frozenset[int], int | None]:
        """Return the places of the words that phrases hold, and the place behind the first invitation."""
        if " ".join(tokens) in self.alone:
            return frozenset(range(len(tokens))), None
        places: set[int] = set()
        invited: int | None = None
        for hit in self.fixed.find(text, spoken, overlapping=False):
            places.update(range(hit.first, hit.last + 1))
            if invited is None and hit.payload in self.invitations:
                invited = hit.last + 1
                if invited < len(tokens) and tokens[invited] in _ADVERBS:
                    invited += 1
        return frozenset(places), invited

    def _form(
        self, text: str, spoken: Sequence[Word], tokens: Sequence[str], taken: frozenset[int], invited: int | None
    ) -> Form:
        if len(taken) >= len(tokens):
            return Form.REQUEST if tokens else Form.STATEMENT
        if invited is not None and self._adds_a_detail(tokens[invited:]):
            return Form.REQUEST
        if self._says_more(tokens):
            return Form.REQUEST
        start = self._proper(text, spoken, tokens)
        if invited is not None and self.words["ask"].intersection(tokens[invited : invited + 1]):
            start = start if start is not None and start < invited and tokens[start] in self.words["ask"] else invited
        if start is None:
            asks = "?" in text and (invited is not None or _inverted(tokens, taken))
            return Form.STATEMENT if self._states(tokens, taken) and not asks else Form.UNPROVEN
        if self._argues(text, spoken, tokens, start, taken):
            return Form.UNPROVEN
        return self._asking(tokens, start, taken)

    def _asking(self, tokens: Sequence[str], start: int, taken: frozenset[int]) -> Form:
        """Return the form of a sentence whose question proper begins at `start`."""
        head = tokens[start]
        if head in self.words["ask"]:
            return self._request(tokens, start, taken)
        if head in _WHICH:
            return Form.WHICH if self._names_attribute(tokens, start) else Form.UNPROVEN
        opened = self._asks_openly(tokens, start) or self._offers_opposites(tokens, start)
        return Form.WHICH if opened else Form.ALTERNATIVE

    def _offers_opposites(self, tokens: Sequence[str], start: int) -> bool:
        """Tell whether a question offers several values of one kind ("left, right or bilateral?")."""
        offered = frozenset(one for one, after in pairwise((*tokens[start:], "")) if (one, after) != ("as", "of"))
        return (
            "or" in offered
            and _ARGUED.isdisjoint(offered)
            and any(len(offered & values) > 1 for values in self.opposites)
        )

    def _argues(
        self, text: str, spoken: Sequence[Word], tokens: Sequence[str], start: int, taken: frozenset[int]
    ) -> bool:
        """Tell whether a reason for an answer stands before the question proper, or in a clause behind it."""
        if any(tokens[place] in _ARGUING and place not in taken for place in range(start - 1)):
            return True
        behind = (place for place in self._clause_starts(text, spoken) if place > start and place not in taken)
        return any(_gives_reason(tokens, place) for place in behind)

    def _adds_a_detail(self, tokens: Sequence[str]) -> bool:
        """Tell whether it is asked to add a detail that is not named: "add the acuity of ..."."""
        named_before = bool(_NAMED_BEFORE.intersection(tokens[1:2])) and _FILLING.isdisjoint(tokens)
        return tokens[:1] == ("add",) and (named_before or not self.lacked.isdisjoint(tokens[2:4]))

    def _says_more(self, tokens: Sequence[str]) -> bool:
        """Tell whether more is asked about a detail that is not named: "please say more about its type"."""
        start = 1 if tokens[:1] and tokens[0] in _POLITE else 0
        more = tuple(tokens[start : start + 3]) == ("say", "more", "about")
        return more and not self.lacked.isdisjoint(tokens[start + 4 : start + 5]) and _NAMING.isdisjoint(tokens)

    def _asks_openly(self, tokens: Sequence[str], start: int) -> bool:
        """Tell whether "is there a diagnosis ...?" or "can the type be specified?" leaves open what it asks for."""
        asked = tokens[start:]
        if asked[0] not in _AUXILIARY or not _NAMING.isdisjoint(asked):
            return False
        if any(
            asked[at] in self.asked
            and not _UNDECIDED.isdisjoint(asked[max(0, at - 2) : at])
            and "of" not in asked[at + 1 : at + 2]
            for at in range(1, min(_REACH, len(asked)))
        ):
            return True
        detailed = asked[0] in _ENABLING and not self.lacked.isdisjoint(asked[:_REACH])
        return any(
            one == "be" and (following in _REFINED or (detailed and following in _DETAILED))
            for one, following in pairwise(asked)
        )

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
                return self._behind_colon(text, spoken, tokens)
        return self._behind_colon(text, spoken, tokens)

    def _behind_colon(self, text: str, spoken: Sequence[Word], tokens: Sequence[str]) -> int | None:
        """Return the place of a question that follows the naming of something documented and a colon."""
        if ":" not in text:
            return None
        for place in range(1, len(tokens)):
            if ":" in text[spoken[place - 1].end : spoken[place].start] and tokens[place] in _AUXILIARY:
                named = "?" in text and not _MENTIONING.isdisjoint(tokens[:place])
                return place if named else None
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
            return Form.REQUEST if verb == "clarify" and start else Form.UNPROVEN
        if verb == "please" and rest[0] in _COURTEOUS:
            return Form.STATEMENT
        if verb in self.dictating and rest[0] == "that":
            return Form.DICTATION
        if verb in self.entering and self._dictates_as(tokens, start, taken):
            return Form.DICTATION
        return Form.REQUEST if self._leaves_open(tokens, start) else Form.UNPROVEN

    def _leaves_open(self, tokens: Sequence[str], start: int) -> bool:
        """Tell whether a request leaves open what the answer is."""
        verb = tokens[start]
        if verb in _RENEWING:
            return self._names_detail_alone(tokens[start + 1 :])
        if verb in _DETAILING:
            return verb == "clarify" or _RELATED_TO.isdisjoint(tokens[start:])
        return verb in _REPLYING or self._names_attribute(tokens, start + 1)

    def _names_detail_alone(self, rest: Sequence[str]) -> bool:
        """Tell whether a detail of what is documented is asked for, and no word says what it is."""
        return not self.asked.isdisjoint(rest[:_REACH]) and _FILLING.isdisjoint(rest)

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
        if any(one in _BE and next_one == "there" for one, next_one in pairwise(tokens[1:])):
            return False  # "it was there before the order" judges
        stated = self.words["stated"]
        for place, token in enumerate(tokens):
            if token in _BE and place + 1 < len(tokens) and place + 1 not in taken:
                following = tokens[place + 1]
                if not (following in stated or following in self.predicate or following.isdigit() or following in _BE):
                    return False
        return True


def _spoken(text: str) -> tuple[Sequence[Word], Sequence[str]]:
    """Return the words of a text outside quotations, with their places and by themselves."""
    quoted, read = quotations(text), words(text)
    if not quoted:
        return read, read.texts
    spoken = tuple(word for word in read if not inside(word.start, quoted))
    return spoken, tuple(word.text for word in spoken)


def _shortened(word: str) -> Iterator[str]:
    """Yield a word, and the word without one of its letters."""
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]


def _within(span: Span, spoken: Sequence[Word], taken: frozenset[int]) -> bool:
    """Tell whether all words of a span belong to phrases that are neutral as a whole."""
    first, last = (bisect_left(spoken, place, key=lambda word: word.start) for place in span)
    return taken.issuperset(range(first, last))


def _inverted(tokens: Sequence[str], taken: frozenset[int]) -> bool:
    """Tell whether a word with which a question begins stands outside the phrases that are neutral as a whole."""
    return any(token in _INVERTED and place not in taken for place, token in enumerate(tokens))


def _gives_reason(tokens: Sequence[str], place: int) -> bool:
    """Tell whether a clause begins like a reason ("given the drug"), not like a fact ("given on 03/02")."""
    following = tokens[place + 1 : place + 2]
    factual = bool(following) and (following[0] in _LEADING_IN or following[0].isdigit())
    return tokens[place] in _REASONING and not factual


def _asks_how(tokens: Sequence[str], place: int) -> bool:
    """Tell whether "how ..." asks for a number or for what was done, and does not tell what did it."""
    following = tokens[place + 1 : place + 2]
    if tuple(tokens[place + 1 : place + 3]) in _ADDRESSED and not _JUDGING.isdisjoint(tokens[place + 3 : place + 5]):
        return True
    if tuple(tokens[place + 1 : place + 3]) in _STANDING:
        return True
    if (following and following[0] in _MEASURED_HOW) or "relates" in tokens or "relate" in tokens:
        return True
    return not _BE.isdisjoint(tokens[place + 1 : place + 1 + _PASSIVE_REACH])


def _measured(word: str) -> bool:
    """Tell whether a word is a number, alone or with a unit, a dose or a position (40mg, x3, l4, 3b)."""
    return word.isdigit() or (len(word) <= 8 and not _DIGITS.isdisjoint(word))
