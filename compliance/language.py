"""The controlled language: whether a sentence is neutral by its words and by its form, without understanding it.

A sentence that is not shown to be neutral is not leading for that alone; it is unproven, and a second person reads it
(R-03). What a sentence is by itself depends on nothing but its words, so it is read once and remembered; whether its
unknown words stand in the record is asked anew for each document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

from compliance.grammar import (
    ADDRESSED,
    ARGUING,
    BE,
    JUDGING,
    LEADING_IN,
    REACH,
    asks_how,
    dates_from,
    gives_reason,
    inverted,
    measured,
    names_paper,
    one_letter_apart,
    says_since_when,
    shortened,
    spoken_words,
    within,
)
from compliance.phrases import PhraseIndex
from compliance.text import Span, Word

_WHICH = frozenset({"what", "which", "when", "where", "how", "whose"})
_AUXILIARY = BE | {"does", "do", "did", "has", "have", "had", "can", "could"}
_SEEKING = frozenset({"diagnosis", "diagnoses", "condition", "conditions"})
# Invitations that end with one of these ask by themselves.
_SAYING_ABOUT = frozenset({"about"})
_TELLING = _SAYING_ABOUT | {"us", "me", "know", "tell", "say"}
# What may stand before the name of what is sought, and what may follow it after a comma.
_SOUGHT = frozenset({"the", "your", "any", "clinical", "final", "chief", "main", "principal", "its", "this", "exact"})
_FREE_CLAUSE = re.compile(
    r"\s*(?:if |in your |as far as |to the best |please\b|(?:associated|related|represented|treated|for|of|with) )",
    re.IGNORECASE,
)
_PLEASE = re.compile(r",? please\W*$", re.IGNORECASE)
_TOLD_BEHIND = frozenset(":;()")
# Verbs that need no object behind the naming of something.
_ASKING_ALONE = frozenset({"clarify", "comment", "specify", "describe", "interpret", "elaborate", "explain"})
_FURTHER = frozenset({"further", "detail", "fully"})
_POLITE = frozenset({"please", "kindly"})
_REPLYING = frozenset({"answer", "respond", "reply", "address"})
# Whatever is asked about with one of these, the answer is left open.
_DETAILING = frozenset({"clarify", "specify", "qualify", "define", "elaborate", "expand"})
_ADVERBS = frozenset({"further", "also", "briefly", "again"})
_NAMED_BEFORE = frozenset({"these", "this", "them", "it", "those"})
_MENTIONING = frozenset({"documented", "listed", "noted", "recorded", "described", "reported", "regard", "reference"})
# What is documented may be made complete by a detail; what the detail is, nobody says.
_RENEWING = frozenset({"update", "complete"})
_FILLING = frozenset({"to", "with", "as", "by", "into"})
_RELATED_TO = frozenset({"due", "caused"})
_ARGUED = frozenset({"as", "with", "given", "that", "not", "because"})
# Behind one of these a question says what it asks for.
_NAMING = frozenset({"as", "such", "like", "not", "why", "because"})
_DETAILED = frozenset({"specified", "described", "documented", "given", "stated", "clarified", "provided", "further"})
_REFINED = frozenset({"specified", "further", "clarified", "qualified", "defined"})
_ESTABLISHED = frozenset({"known", "determined", "established"})
_ENABLING = frozenset({"can", "could", "may"})
# What a statement may say to be missing.
_LACKING = frozenset({"without", "no"})
_LACKING_WITH = _LACKING | {"further", "cause", "causes", "other"}
_EXPLAINING = frozenset({"that", "which"})
_LACKED_REACH = 4
_UNDECIDED = frozenset({"a", "an", "any"})
_COURTEOUS = frozenset({"rely", "exercise", "sign", "contact", "redirect"})
_SHORTEST_NAME = 3  # letters
_SHORTEST_MISSPELT = 6  # letters; shorter names are like many words
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
    phrases of neutral words push. `guarded`: words of a statement that are neutral in a question alone. `free`: the
    words outside all phrases that are neutral as a whole.
    """

    form: Form
    strange: tuple[Word, ...]
    clinical: tuple[Word, ...]
    never: tuple[Word, ...]
    pushing: tuple[Span, ...] = ()
    guarded: tuple[Word, ...] = ()
    unheard: tuple[Word, ...] = ()
    free: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Language:
    """The word lists of the controlled language, read from language.yaml.

    `clinical` words name clinical things, `ordinary` ones are everyday English, `charged` ones carry a theme.
    `own` words are neutral in one field alone, by its name. `topics` are those of the phrases with which charts head
    what they are about.
    `pushes` finds phrases that push although each of their words is neutral (themes.py).
    """

    words: Mapping[str, frozenset[str]]
    phrases: tuple[str, ...]
    topics: tuple[str, ...]
    never: frozenset[str]
    dictating: frozenset[str]
    entering: frozenset[str]
    predicate: frozenset[str]
    opening: frozenset[str]
    neutral_as: frozenset[str]
    guarded: frozenset[str] = frozenset()
    sourced: frozenset[str] = frozenset()
    footing: frozenset[str] = frozenset()
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    procedural: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    inviting: tuple[str, ...] = ()
    alone: Callable[[str], bool] = lambda _sentence: False
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

    @cached_property
    def _headed(self) -> PhraseIndex[str]:
        return PhraseIndex((phrase, phrase) for phrase in self.topics)

    def topical(self, text: str) -> tuple[Span, ...]:
        """Return where topics of charts stand, which say nothing of how a condition is."""
        return tuple((hit.start, hit.end) for hit in self._headed.find(text, overlapping=False))

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
        spoken, tokens = spoken_words(text)
        held, invited = self._consumed(text, spoken, tokens)
        taken = frozenset(chain.from_iterable(held))
        looked_at = [
            place
            for place, token in enumerate(tokens)
            if token not in self._settled and place not in taken and not measured(token)
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
            never=tuple(word for word in open_words if word.text in self.never and not dates_from(text, word)),
            pushing=tuple(
                span for span in self.pushes(text) if not (within(span, spoken, held) or says_since_when(text, span))
            ),
            guarded=tuple(spoken[place] for place in guarded if not self._only_lacks(tokens, place, explained)),
            unheard=tuple(word for word in unknown if word.text in technical and word.text not in self.clinical),
            free=frozenset([token for place, token in enumerate(tokens) if place not in taken]),
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
        return word in self.clinical or self.names_unlisted(word)

    def names_unlisted(self, word: str) -> bool:
        """Tell whether a word that no list holds names a thing: a species, a device, a drug."""
        if word in self.ordinary or word in self.never or not word.isalpha() or len(word) < _SHORTEST_NAME:
            return False
        return not word.endswith(_DISEASES) and not self._misspelt(word)

    def misspelt(self, word: str) -> bool:
        """Tell whether a word that everyday English does not know is an everyday one with a letter wrong."""
        return self._misspells(word)

    @cached_property
    def _misspells(self) -> Callable[[str], bool]:
        def misspells(word: str) -> bool:
            return len(word) >= _SHORTEST_MISSPELT and not self.ordinary.isdisjoint(one_letter_apart(word))

        return lru_cache(maxsize=4096)(misspells)

    def names_thing(self, word: str) -> bool:
        """Tell whether a word names a thing, whichever: a clinical one, a person, a place, a product."""
        if word in self.known or word in self.never:
            return False
        return word in self.clinical or (word not in self.ordinary and len(word) >= _SHORTEST_NAME)

    def _misspelt(self, word: str) -> bool:
        """Tell whether a word differs by one letter from a word that may not be written here."""
        return len(word) <= self._longest_near and any(form in self._near for form in shortened(word))

    @cached_property
    def _longest_near(self) -> int:
        """How many letters a word has at most that differs by one from a word that may not be written here."""
        return max(map(len, self._near), default=0) + 1

    @cached_property
    def _near(self) -> frozenset[str]:
        longer = (word for word in self.charged | self.never if len(word) >= _MISSPELT)
        return frozenset(form for word in longer for form in shortened(word))

    def _only_lacks(self, tokens: Sequence[str], place: int, explained: int) -> bool:
        """Tell whether a word only says that a detail is not given ("without a cause or other specificity").

        Before the place that is `explained` something else is said of what is lacking.
        """
        opened = range(place, max(-1, place - _LACKED_REACH), -1)
        lacking = next((at for at in opened if tokens[at] in _LACKING), None)
        if lacking is None or lacking <= explained or tokens[place] not in _LACKING_WITH:
            return False
        return any(token in self.lacked for token in tokens[lacking + 1 : lacking + 1 + _LACKED_REACH])

    def _consumed(self, text: str, spoken: Sequence[Word], tokens: Sequence[str]) -> tuple[list[range], int | None]:
        """Return the places of the words of each neutral phrase, and the place behind the first invitation."""
        if self.alone(" ".join(tokens)):
            return [range(len(tokens))], None
        held: list[range] = []
        invited: int | None = None
        for hit in self.fixed.find(text, spoken, overlapping=False):
            held.append(range(hit.first, hit.last + 1))
            if invited is None and hit.payload in self.invitations:
                invited = hit.last + 1
                if invited < len(tokens) and tokens[invited] in _ADVERBS:
                    invited += 1
        return held, invited

    def _form(
        self, text: str, spoken: Sequence[Word], tokens: Sequence[str], taken: frozenset[int], invited: int | None
    ) -> Form:
        if len(taken) >= len(tokens):
            return Form.REQUEST if tokens else Form.STATEMENT
        if self._says_more(tokens) or (invited is not None and self._adds_a_detail(tokens[invited:])):
            return Form.REQUEST
        if invited is not None and tokens[invited - 1] in _TELLING:
            return Form.REQUEST if self._is_told(tokens, invited) else Form.UNPROVEN
        start = self._proper(text, spoken, tokens, taken)
        if invited is not None and self.words["ask"].intersection(tokens[invited : invited + 1]):
            asks = start is not None and start < invited and tokens[start] in self.words["ask"] - _POLITE
            start = start if asks else invited
        if start is None:
            return self._without_verb(text, tokens, taken, invited is not None)
        if self._argues(text, spoken, tokens, start, taken):
            return Form.UNPROVEN
        return self._asking(tokens, start, taken)

    def _without_verb(self, text: str, tokens: Sequence[str], taken: frozenset[int], invited: bool) -> Form:
        """Return the form of a sentence in which no question proper begins."""
        if self._names_what_is_sought(text, tokens):
            return Form.WHICH
        asks = "?" in text and (invited or inverted(tokens, taken))
        return Form.STATEMENT if self._states(tokens, taken) and not asks else Form.UNPROVEN

    def _is_told(self, tokens: Sequence[str], place: int) -> bool:
        """Tell whether what one is invited to say is left open: "could you tell us which ..."."""
        if not _NAMING.isdisjoint(tokens[place:]):
            return False
        if tokens[place - 1] in _SAYING_ABOUT:
            return not any(self._is_specified(tokens, at) for at in range(place, len(tokens)))
        return self._names_attribute(tokens, place) and not any(
            self._is_of_a_kind(tokens, at) for at in range(place, len(tokens))
        )

    def _is_of_a_kind(self, tokens: Sequence[str], place: int) -> bool:
        """Tell whether it is said of what organ a diagnosis is ("which kidney diagnosis ...")."""
        plain = (self.words["function"], self.words["attribute"], self.words["free"])
        return tokens[place] in _SEEKING and not any(tokens[place - 1] in words for words in plain)

    def _is_specified(self, tokens: Sequence[str], place: int) -> bool:
        """Tell whether a detail is named with what it is ("its cisplatin cause")."""
        before = tokens[place - 1]
        return tokens[place] in self.lacked and before not in self.lacked and before not in self.words["function"]

    def _names_what_is_sought(self, text: str, tokens: Sequence[str]) -> bool:
        """Tell whether a sentence without a verb names what is sought: "Clinical significance of ..., if any?"."""
        if not (text.endswith("?") or _PLEASE.search(text)) or not _TOLD_BEHIND.isdisjoint(text):
            return False
        named = next((place for place, token in enumerate(tokens) if token not in _SOUGHT), len(tokens))
        asked = named < len(tokens) and tokens[named] in self.words["attribute"]
        return asked and BE.isdisjoint(tokens) and all(map(_FREE_CLAUSE.match, text.split(",")[1:]))

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
        asks_how = tokens[0] == "how" and tuple(tokens[1:3]) in ADDRESSED
        if any(tokens[place] in ARGUING and place not in taken for place in range(int(asks_how), start - 1)):
            return True
        behind = (place for place in self._clause_starts(text, spoken) if place > start and place not in taken)
        return any(gives_reason(tokens, place) for place in behind)

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
            for at in range(1, min(REACH, len(asked)))
        ):
            return True
        if asked[-1] in _ESTABLISHED and not self.lacked.isdisjoint(asked[:REACH]) and asked[0] in BE:
            return True
        detailed = asked[0] in _ENABLING and not self.lacked.isdisjoint(asked[:REACH])
        return any(
            one == "be" and (following in _REFINED or (detailed and following in _DETAILED))
            for one, following in pairwise(asked)
        )

    def _proper(self, text: str, spoken: Sequence[Word], tokens: Sequence[str], taken: frozenset[int]) -> int | None:
        """Return the place of the word with which the question proper begins, or None for a statement."""
        polite = [place for place, token in enumerate(tokens) if token in _POLITE]
        for place in polite:
            if place + 1 < len(tokens) and tokens[place + 1] in self.words["ask"]:
                return place + 1
        for place in self._clause_starts(text, spoken):
            if tokens[place] in LEADING_IN and tokens[place + 1 : place + 2] in (("what",), ("which",), ("whose",)):
                return place + 1
            if tokens[place] in _WHICH or (tokens[place] in self.words["ask"] and not names_paper(tokens, place)):
                return place
            if tokens[place] in _AUXILIARY and "?" in text:
                return place
            if tokens[place] not in self.opening and place not in taken:
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
            return Form.REQUEST if verb in _ASKING_ALONE and start else Form.UNPROVEN
        if verb == "please" and rest[0] in _COURTEOUS:
            return Form.STATEMENT
        if verb in self.dictating and rest[0] == "that":
            return Form.DICTATION
        if verb in self.entering and self._dictates_as(tokens, start, taken):
            return Form.DICTATION
        settled = start in taken and verb not in _POLITE
        return Form.REQUEST if settled or self._leaves_open(tokens, start) else Form.UNPROVEN

    def _leaves_open(self, tokens: Sequence[str], start: int) -> bool:
        """Tell whether a request leaves open what the answer is."""
        verb = tokens[start]
        if verb in _RENEWING:
            return self._names_detail_alone(tokens[start + 1 :])
        if verb in _DETAILING:
            return verb == "clarify" or _RELATED_TO.isdisjoint(tokens[start:])
        if verb in JUDGING and not _FURTHER.isdisjoint(tokens[start:]) and _NAMING.isdisjoint(tokens[start:]):
            return True
        return verb in _REPLYING or self._names_attribute(tokens, start + 1)

    def _names_detail_alone(self, rest: Sequence[str]) -> bool:
        """Tell whether a detail of what is documented is asked for, and no word says what it is."""
        return not self.asked.isdisjoint(rest[:REACH]) and _FILLING.isdisjoint(rest)

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
        for place in range(start, min(start + REACH, len(tokens))):
            word = tokens[place]
            if word == "how":
                return asks_how(tokens, place)
            if word in asked or word in _WHICH or word in ("whether", "if"):
                return word not in _WHICH or place + 1 < len(tokens)
            if word in ("why", "that", "as"):
                return False
        return False

    def _states(self, tokens: Sequence[str], taken: frozenset[int]) -> bool:
        """Tell whether each form of "be" goes on with a past form or a place, not with a judgment."""
        if BE.isdisjoint(tokens):
            return True
        if any(one in BE and next_one == "there" for one, next_one in pairwise(tokens[1:])):
            return False  # "it was there before the order" judges
        stated = self.words["stated"]
        for place, token in enumerate(tokens):
            if token in BE and place + 1 < len(tokens) and place + 1 not in taken:
                following = tokens[place + 1]
                if not (following in stated or following in self.predicate or following.isdigit() or following in BE):
                    return False
        return True
