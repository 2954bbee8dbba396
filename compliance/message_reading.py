"""One message as its rules read it: its texts, what its words are taken for, what pushes in it (R-01, R-39)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from compliance.administrative import Administrative, Push
from compliance.knowledge import Knowledge
from compliance.links import Carried, clinical, faults_of_payload, payload_of, told_in
from compliance.message_pushes import constructed, pushes
from compliance.message_words import Sense
from compliance.reading import Passage, passage
from compliance.slots import approves_message
from compliance.text import Span, Word, bag, inside, sentences, words
from schemas.check import MessageDocument

# Rules whose wordings may mean something else in a sentence that sounds neutral.
_MEANT_OTHERWISE = frozenset({"R-03", "R-11", "R-20", "R-37"})
_PATIENTS = frozenset({"patient", "patients"})
# One that is treated, and where and how: with a day or a place, these tell of one patient.
_TREATED = frozenset(
    {"patient", "case", "admission", "operation", "surgery", "procedure", "delivery", "theatre", "theater"}
)
SHOWN_TOGETHER = 3
"""So many words or hints of one sentence are shown to its author at once."""
_SHORTEST = 8  # words
_SPOKEN = 2  # letters
# Words that end so name people by what they do; outside the inbox that may be a patient.
_PEOPLE = ("er", "ers", "or", "ors", "ist", "ists", "man", "men", "woman", "women", "ee", "ess")

_NAMED = r"(?-i:[A-Z][\w'’-]+)"
_GREETED = r"(?:all|everyone|colleagues?|doctors?|residents|team)"
_GREETING = re.compile(
    r"(?:(?P<word>dear|hi|hello|hey|good (?:morning|afternoon|evening)|greetings|morning|@)[ ,]*)?"
    rf"(?:(?:(?:dr|prof|dra)\b\.? ?{_NAMED}(?: {_NAMED})?|dear \w+)[,!:;–-]* |{_GREETED}[,!:;–-]+ "
    rf"|(?(word){_GREETED} |(?!))|(?<=[hiyo])[,!] )",
    re.IGNORECASE,
)
_STATEMENT_ENDS = re.compile(r"(?<=[.!?;:]) +(?=[a-z])| / ")
_CLOSING_SIGNS = ".!;:,() "


@dataclass(frozen=True, slots=True)
class Pushed:
    """A wording or a construction that pushes, where it stands and in which sentence."""

    theme: Push
    text: Passage
    span: Span
    sentence: Span


@dataclass(frozen=True)
class MessageReading:
    """A message and what its rules ask of it again and again."""

    message: MessageDocument
    knowledge: Knowledge

    @property
    def authenticated(self) -> bool:
        """Whether only a signed-in reader sees it (R-39: the inbox alone)."""
        return self.message.channel == "inbox"

    @property
    def language(self) -> Administrative:
        """The controlled language of messages."""
        return self.knowledge.messages

    @cached_property
    def payload(self) -> object | None:
        """What the body holds where it is written for a machine."""
        return payload_of(self.message.body)

    @cached_property
    def carried(self) -> tuple[Carried, ...]:
        """What a body for a machine carries besides opaque ids, counts, times and words of the process."""
        return () if self.payload is None else tuple(dict.fromkeys(faults_of_payload(self.payload, self.knowledge)))

    @cached_property
    def texts(self) -> tuple[Passage, ...]:
        """Subject and body, where there are any. A sound payload says only the sentences that it tells people."""
        body = self.message.body
        if self.payload is not None and not self.carried:
            body = told_in(self.payload, body, self.knowledge)
        found = (passage("subject", self.message.subject), passage("body", body))
        return tuple(text for text in found if text is not None)

    @cached_property
    def senses(self) -> tuple[tuple[Passage, Sense], ...]:
        """Each text with what its words are taken for."""
        further = self.knowledge.inbox_words if self.authenticated else frozenset[str]()
        found = tuple(
            (text, Sense(text.text, text.words, self.language, further, self._approved_in(text.text)))
            for text in self.texts
        )
        staff = frozenset[str]().union(*(sense.staff for _, sense in found))
        for _, sense in found if staff else ():
            sense.take_again(staff)
        return found

    def _approved_in(self, text: str) -> tuple[Span, ...]:
        """Return the statements that are approved as a whole: nothing in them is unknown, and nothing pushes."""
        return tuple(found for span in sentences(text) for found in self._approved_of(text, span))

    def _approved_of(self, text: str, span: Span) -> Iterator[Span]:
        """Yield a sentence without its greeting where it is approved, else what of it is."""
        said = _greeted(text, span)
        if self._approves(text, said):
            yield said
        else:
            yield from (stated for stated in _statements(text, said) if self._approves(text, stated))

    def _approves(self, text: str, span: Span) -> bool:
        """Tell whether a statement is approved as a whole; what is written as a name in it is no clinical thing."""
        stated = text[slice(*span)].strip()
        called = (word.text for word in words(stated)[1:] if stated[word.start].isupper())
        if any(map(self.language.sounds_clinical, called)):
            return False
        plainly = stated.rstrip(_CLOSING_SIGNS)
        return any(approves_message(form, self.knowledge) for form in dict.fromkeys((stated, plainly, f"{plainly}.")))

    def is_approved(self, text: Passage, span: Span) -> bool:
        """Tell whether all that a sentence states, besides a greeting, is approved wording."""
        said, approved = _greeted(text.text, span), list(self._approved_of(text.text, span))
        return said[0] < said[1] and approved in ([said], list(_statements(text.text, said)))

    @cached_property
    def pushed(self) -> tuple[Pushed, ...]:
        """What pushes, outside quotations of the record that only a signed-in reader sees."""
        found: list[Pushed] = []
        for text, sense in self.senses:
            hits = [hit for hit in pushes(sense, self.language) if not self.is_recorded(text, hit[1])]
            for span in sentences(text.text):
                held = [hit for hit in hits if span[0] <= hit[1][0] < span[1]]
                held += constructed(sense, span, self.language)
                if held and self.is_excused(text, sense, span):
                    alone = sum(theme.severity == "block" for theme, _ in held) == 1
                    held = [hit for hit in held if self._pushes_still(hit[0], text, span, alone=alone)]
                found += [Pushed(theme, text, place, span) for theme, place in held]
        return tuple(found)

    def _pushes_still(self, theme: Push, text: Passage, span: Span, *, alone: bool) -> bool:
        """Tell whether a wording counts in a sentence that sounds neutral: where it does not sound so all the more.

        `alone`: no second wording of the sentence blocks.
        """
        if theme.firm:
            return True
        sentence, weights = text.text[slice(*span)], self.knowledge.weights
        if theme.severity == "block":
            spared = alone and theme.rule in _MEANT_OTHERWISE
            return not spared or not weights.sounds_surely_neutral(sentence, text.field)
        return not weights.sounds_neutral(sentence, text.field, cued=True)

    @cached_property
    def passed_over(self) -> frozenset[tuple[str, int]]:
        """The one unknown word that a message may hold, if any: everyday English that hints at nothing."""
        for text, sense, span in self.sentences:
            strange = list(self.strange_words(text, sense, span))
            if len(strange) != 1 or len(sense.places(span)) < _SHORTEST or not _harmless(self, sense, strange[0][1]):
                continue
            if sense.delicate(span) or (not self.authenticated and sense.describes(span)):
                continue
            if any(pushed.text is text and pushed.sentence == span for pushed in self.pushed):
                continue
            if _hints(self, text.text[slice(*span)]):
                continue
            return frozenset({(text.field, strange[0][0])})
        return frozenset()

    def is_recorded(self, text: Passage, span: Span) -> bool:
        """Tell whether a wording stands in a quotation of the record that only a signed-in reader sees."""
        return self.authenticated and inside(span[0], text.quoted)

    def strange_words(self, text: Passage, sense: Sense, span: Span) -> Iterator[tuple[int, Word]]:
        """Yield the words of a sentence that nothing makes neutral, with their positions."""
        doubtful = tuple(sense.doubtful_in(span))
        if not doubtful or _closes(sense, span) or self.is_excused(text, sense, span):
            return
        quoted = text.quoted if self.authenticated and sense.quotes_the_record(span) else ()
        anybody: bool | None = None  # whether no day, no number and no place is named; worked out once a sentence
        for place, word in doubtful:
            if inside(word.start, quoted):
                continue
            if word.text in _PATIENTS and not self.authenticated:
                anybody = _names_nothing(sense, span) if anybody is None else anybody
                if anybody and _unspecific(sense, place):
                    continue
            if not (self.authenticated and _shown_value(word.text)):
                yield place, word

    def is_excused(self, text: Passage, sense: Sense, span: Span) -> bool:
        """Tell whether a sentence sounds neutral, and no unknown word of it may name or describe anybody."""
        neutral = self.knowledge.sounds_neutral(text.text[slice(*span)], text.field)
        return neutral and _anonymous(self, sense, span) and (self.authenticated or not _singles_out(sense, span))

    @cached_property
    def sentences(self) -> tuple[tuple[Passage, Sense, Span], ...]:
        """Each sentence with its span."""
        return tuple((text, sense, span) for text, sense in self.senses for span in sentences(text.text))


def _greeted(text: str, span: Span) -> Span:
    """Return a sentence without its greeting."""
    greeting = _GREETING.match(text, *span)
    return (greeting.end() if greeting else span[0], span[1])


def _statements(text: str, span: Span) -> Iterator[Span]:
    """Yield what one sentence states: in chats a new statement begins with a small letter, in others after a slash."""
    start = span[0]
    for found in _STATEMENT_ENDS.finditer(text, *span):
        yield start, found.start()
        start = found.end()
    if start < span[1]:
        yield start, span[1]


def _hints(reading: MessageReading, sentence: str) -> bool:
    """Tell whether a sentence hints plainly at a theme, with a word that not every message may use."""
    known = reading.language.known
    return any(
        naming.certain and not bag(sentence[slice(*naming.span)]) <= known
        for naming in reading.knowledge.hints(sentence)
    )


def _harmless(reading: MessageReading, sense: Sense, word: Word) -> bool:
    """Tell whether an unknown word is everyday English that no list of the check speaks of."""
    knowledge = reading.knowledge
    return (
        word.text in knowledge.language.ordinary
        and len(word.text) > _SPOKEN
        and (reading.authenticated or not word.text.endswith(_PEOPLE))
        and not sense.perhaps_names(word)
        and word.text not in reading.language.restricted
        and word.text not in reading.language.identifying
        and word.text not in knowledge.language.never
        and not clinical(word.text, knowledge)
        and not knowledge.themes.touched(word.text)
    )


def _anonymous(reading: MessageReading, sense: Sense, span: Span) -> bool:
    """Tell whether no unknown word of a sentence may be a name, tell of a body or describe a person."""
    language, knowledge = reading.language, reading.knowledge
    return not any(
        sense.perhaps_names(word)
        or word.text in language.identifying
        or word.text in knowledge.telling_words
        or (not reading.authenticated and clinical(word.text, knowledge))
        or knowledge.language.names_thing(word.text)
        for _, word in sense.doubtful_in(span)
    )


def _closes(sense: Sense, span: Span) -> bool:
    """Tell whether a sentence is nothing but the word before a signature ("Best,")."""
    places = sense.places(span)
    return len(places) == 1 and sense.words[places[0]].text in sense.language.classes["closing"]


def _unspecific(sense: Sense, place: int) -> bool:
    """Tell whether "patient" stands for any patient: no name follows it."""
    following = sense.words[place + 1] if place + 1 < len(sense.words) else None
    company = sense.language.classes["patient_company"]
    if following is None or following.text in company:
        return True
    return not _together(sense.text, sense.words[place], following)


def _singles_out(sense: Sense, span: Span) -> bool:
    """Tell whether a sentence speaks of a patient or a treatment and of a day, a number or a place: that may be one."""
    told = any(
        word.text in _TREATED and sense.after(place) not in sense.language.classes["patient_company"]
        for place, word in sense.doubtful_in(span)
    )
    return told and not _names_nothing(sense, span)


def _names_nothing(sense: Sense, span: Span) -> bool:
    """Tell whether a sentence names no day, no number and no place."""
    return not any(
        sense.kinds[at] == "opaque" or sense.words[at].text in sense.language.classes["specific"]
        for at in sense.places(span)
    )


def _together(text: str, left: Word, right: Word) -> bool:
    return text[left.end : right.start] == " "


def _shown_value(word: str) -> bool:
    """Tell whether a word is a number, perhaps with a unit, as a signed-in reader may see it."""
    return any(sign.isdigit() for sign in word) and len(word) <= 8
