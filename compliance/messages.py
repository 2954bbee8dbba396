"""Messages about a query: no identity and no clinical word outside the inbox, no leading anywhere (R-01, R-39).

A message passes when each of its sentences is shown to be neutral: approved wording, or words, phrases and names of the
controlled language of messages alone, without a wording or a construction that pushes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from compliance.administrative import Administrative, Push, Sense, constructed, pushes
from compliance.codes import codes_in
from compliance.dates import MONTH
from compliance.findings import block, graded, review
from compliance.folding import fold
from compliance.knowledge import Knowledge, Wording
from compliance.links import Carried, Fault, clinical, faults_of_link, faults_of_payload, payload_of, told_in
from compliance.neutrality import LEADING
from compliance.phrases import Hit
from compliance.reading import Passage, passage
from compliance.slots import approves_message
from compliance.structure import unfilled
from compliance.text import Span, Word, bag, inside, sentences
from schemas.check import Finding, MessageDocument
from schemas.vocabulary import Severity

_ROOM = "a room or bed"
_MONTH_OR_DAY = r"\d{1,2}/\d{1,2}|\d{4}-\d\d-\d\d"
_NAMED_DAY = rf"(?:{MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{MONTH})"
_STAY = r"admissions?|surger(?:y|ies)|operations?|stays?|encounters?|hospitali[sz]ations?|inpatient days"
_IDENTITY = (
    ("a date of birth", re.compile(r"\b(?:dob|date of birth|born(?: on)?)\b", re.IGNORECASE)),
    (
        "a record number",
        re.compile(
            r"\b(?:mrn|csn|fin|har|acct|account|visit|encounter|record|accession|specimen|chart|patient)"
            r"\W{0,3}(?:no|nr|number|id)?\W{0,4}[a-z]{0,3}-?\d{3,}"
            # Numbers written in groups: "chart no. 00 71 44 92", "MRN 48-29-13".
            r"|\b(?:(?:mrn|csn|acct|account|chart)\W{0,4}|"
            r"(?:fin|har|visit|encounter|record|accession|specimen|patient|case|file)\W{0,3}(?:no|nr|num|number|id)\b\W{0,4})"
            r"(?:no|nr|num|number|id)?\b\W{0,4}[a-z]{0,3}[- ]?\d(?:[ .-]?\d){3,}",
            re.IGNORECASE,
        ),
    ),
    ("a social security number", re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),
    (
        _ROOM,
        re.compile(
            r"\b(?<!conference )(?<!meeting )(?:room|rm|bed|bay|pod|ward|unit|cubicle|crib|isolette)"
            r"(?:\s?#?\s?\d{1,4}[a-z]?|\s#?\s?[a-z])\b"
            r"|\b\d{1,2}[NSEW]-?\d{1,3}\b|\b[a-z]?\d{1,3}-?[a-d]\b(?=[^\n]{0,12}\bbed\b)",
            re.IGNORECASE,
        ),
    ),
    ("a patient's name", re.compile(r"\b(?:patient|pt|name): *(?-i:[A-Z][a-z]+)", re.IGNORECASE)),
    ("initials", re.compile(r"\b[A-Z]\.\s?-?[A-Z]\.(?:\s?-?[A-Z]\.)?(?=[\s,:;)]|$)(?! [A-Z][a-z])")),
    (
        "an age or a sex",
        re.compile(
            r"\b\d{1,3}[- ]?(?:yo|y/o|y\.o\.|yr|yrs|year|years|weeker|wk|mo)[- ]?(?:old)?\b(?<!\d year)(?<!\d years)"
            r"|\b\d{1,3}[- ]years?[- ]old\b|\b\d{1,3}[- ]weeker\b"
            r"|\b\d{1,3} ?(?-i:[MF])\b|\b[MF] ?\d{2,3}\b",
            re.IGNORECASE,
        ),
    ),
    (
        "a date of service",
        re.compile(
            rf"\b(?:{_STAY}|admitted|discharged?|procedure|visit|seen|transferred|in-?house"
            r"|(?:visits|procedures|discharges|transfers)(?= ))"
            r"(?:\W{1,3}(?:that )?(?:began|begun|started|ended|ending|starting|beginning|lasting|closed))?"
            rf"\W{{1,3}}(?:of|on|from|dated|date|between|during)?\W{{0,3}}(?:{_MONTH_OR_DAY})"
            rf"|\b(?:{_STAY})\W{{1,3}}(?:of|on|from|dated|between|during|in|that (?:began|ended)(?: on)?)"
            rf"\W{{1,3}}(?:{_NAMED_DAY})"
            rf"|\b(?:{_MONTH_OR_DAY}|{_NAMED_DAY})(?:, \d{{4}})?\W{{1,3}}(?:(?:hospital|inpatient|icu) )?"
            rf"(?:{_STAY}|discharge)\b",
            re.IGNORECASE,
        ),
    ),
)
_LONG_NUMBER = re.compile(r"\d{4,}")
_PERSON = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mister|Baby|Master)\b\.? ?[A-Z]\w*")
_PLACE_OF_CARE = re.compile(r"\b\d{1,2} ?(?:North|South|East|West|Tower)\b", re.IGNORECASE)
_MARKUP = re.compile(r"<[a-z/][^<>]{0,60}>|\*\*|!{2,}|👍|👎|[\u2190-\u21ff\u2600-\u27bf\U0001f300-\U0001faff]")
_FOREIGN = re.compile(r"[^\x00-\x7f\W\d_]")
_ENDING = re.compile(r"[?]{2,}|[!?]{3,}")
_REWORDED = "Use an approved message text, or let a second person judge it."
_UNTRUSTED_LINK = "Link to the authenticated view with an opaque id alone."
_PATIENTS = frozenset({"patient", "patients"})
_SHOWN_TOGETHER = 3
_SHORTEST = 8
_SPOKEN = 2
# Words that end so name people by what they do; outside the inbox that may be a patient.
_PEOPLE = ("er", "ers", "or", "ors", "ist", "ists", "man", "men", "woman", "women", "ee", "ess")
# Rules whose wordings mean the same wherever they stand: payment, scores.
_UNMISTAKABLE = frozenset({"R-18", "R-19"})
_FAULTS: dict[Fault, tuple[str, str]] = {
    "clinical": ("R-39", "names a clinical thing"),
    "code": ("R-18", "shows a code of a code set"),
    "identity": ("R-39", "identifies a patient"),
    "money": ("R-18", "names money, a score or a worklist"),
    "unknown": ("R-39", "carries more than an opaque id"),
    "unreadable": ("R-39", "cannot be read"),
}


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
        return tuple((text, Sense(text.text, text.words, self.language, further)) for text in self.texts)

    @cached_property
    def pushed(self) -> tuple[Pushed, ...]:
        """What pushes, outside quotations of the record that only a signed-in reader sees."""
        found: list[Pushed] = []
        for text, sense in self.senses:
            hits = [hit for hit in pushes(sense, self.language) if not _recorded(self, text, hit[1])]
            for span in sentences(text.text):
                held = [hit for hit in hits if span[0] <= hit[1][0] < span[1]]
                held += constructed(sense, span, self.language)
                if held and self.is_excused(text, sense, span):
                    held = [hit for hit in held if hit[0].severity == "block"]
                found += [Pushed(theme, text, place, span) for theme, place in held]
        return tuple(found)

    @cached_property
    def passed_over(self) -> frozenset[tuple[str, int]]:
        """The one unknown word that a message may hold, if any: everyday English that hints at nothing."""
        for text, sense, span in self.sentences:
            strange = list(_strange(self, text, sense, span))
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

    def is_excused(self, text: Passage, sense: Sense, span: Span) -> bool:
        """Tell whether a sentence sounds neutral, and no unknown word of it may name or describe anybody."""
        return self.knowledge.sounds_neutral(text.text[slice(*span)], text.field) and _anonymous(self, sense, span)

    @cached_property
    def sentences(self) -> tuple[tuple[Passage, Sense, Span], ...]:
        """Each sentence with its span."""
        return tuple((text, sense, span) for text, sense in self.senses for span in sentences(text.text))


def pushes_nowhere(reading: MessageReading) -> Iterator[Finding]:
    """R-03, R-11, R-14, R-18 to R-20, R-25, R-28, R-31, R-32, R-35 to R-37, R-40: nothing pushes.

    A faint push counts beside another one of its sentence or beside a plain push anywhere. One push alone may be
    meant otherwise: a person looks; two block.
    """
    plainly = any(not found.theme.faint for found in reading.pushed)
    for found in reading.pushed:
        others = [other for other in reading.pushed if _apart(found, other)]
        if plainly or any(other.sentence == found.sentence for other in others):
            agreed = any(other.theme.severity == "block" for other in others)
            yield _named(found.theme, found.text, found.span, "block" if agreed else "review")


def _apart(left: Pushed, right: Pushed) -> bool:
    return left.text is not right.text or left.span[1] <= right.span[0] or right.span[1] <= left.span[0]


def _recorded(reading: MessageReading, text: Passage, span: Span) -> bool:
    """Tell whether a wording stands in a quotation of the record that only a signed-in reader sees."""
    return reading.authenticated and inside(span[0], text.quoted)


def _named(theme: Push, text: Passage, span: Span, most: Severity) -> Finding:
    severity = theme.severity if most == "block" else most
    return graded(severity, theme.rule, text.field, theme.message, theme.suggestion, span)


def lexicons_find_nothing(reading: MessageReading) -> Iterator[Finding]:
    """R-03, R-18 to R-20 and others: no wording of the shared lexicons in subject and body."""
    for text, sense in reading.senses:
        for hit in reading.knowledge.wordings.find(text.text, text.words):
            lexicon = hit.payload.lexicon
            if "messages" not in lexicon.places or _recorded(reading, text, (hit.start, hit.end)):
                continue
            if not sense.taken(hit.first, hit.last) and not _spoken_freely(sense, hit):
                message, suggestion = lexicon.message, lexicon.suggestion
                severity = hit.payload.severity if lexicon.rule in _UNMISTAKABLE or reading.pushed else "review"
                yield graded(severity, lexicon.rule, text.field, message, suggestion, (hit.start, hit.end))


def _spoken_freely(sense: Sense, hit: Hit[Wording]) -> bool:
    """Tell whether a wording that is only unsure elsewhere consists of words that every message may use."""
    return hit.payload.severity == "review" and all(
        sense.known(word.text) for word in sense.words[hit.first : hit.last + 1]
    )


def sentences_are_neutral(reading: MessageReading) -> Iterator[Finding]:
    """R-01: every sentence is of neutral words alone or approved wording, or a second person reads it."""
    if reading.carried:
        return
    if reading.payload is None and not any(text.field == "body" and text.words for text in reading.texts):
        yield review("R-01", "body", "The message says nothing.", "Say that a clarification is waiting.")
    for text in reading.texts:
        found = None if text.text.isascii() else _FOREIGN.search(fold(text.text).text)
        if found:
            message = "The text holds signs that are no letters of English."
            yield review("R-01", text.field, message, "Write plain English, or let a second person judge it.")
    for text, sense, span in reading.sentences:
        strange = list(_unproven(reading, text, sense, span))
        spoken = text.text[slice(*span)]
        if strange and not approves_message(spoken, reading.knowledge):
            named = ", ".join(dict.fromkeys(word.text for word in strange[:_SHOWN_TOGETHER]))
            message = f"The sentence is not shown to be neutral: {named}."
            yield review("R-01", text.field, message, _REWORDED, span)
            if not reading.authenticated:
                message = "Words that are not known may tell of a patient."
                yield review("R-39", text.field, message, "Leave them out; show the text after sign-in.", span)


def sentences_sound_neutral(reading: MessageReading) -> Iterator[Finding]:
    """R-01: no sentence of neutral words is put together as leading ones are."""
    for text, _, span in reading.sentences:
        if _sounds_leading(reading, text, span):
            yield review("R-01", text.field, LEADING, _REWORDED, span)


def _sounds_leading(reading: MessageReading, text: Passage, span: Span) -> bool:
    spoken = text.text[slice(*span)]
    if reading.payload is not None or not reading.knowledge.weights.sounds_leading(spoken, text.field):
        return False
    return not approves_message(spoken, reading.knowledge)


def _held(reading: MessageReading, text: Passage, sense: Sense, span: Span) -> bool:
    return _sounds_leading(reading, text, span) or any(_unproven(reading, text, sense, span))


def _unproven(reading: MessageReading, text: Passage, sense: Sense, span: Span) -> Iterator[Word]:
    """Yield the words of a sentence that nothing makes neutral, without the one that is passed over."""
    for place, word in _strange(reading, text, sense, span):
        if (text.field, place) not in reading.passed_over:
            yield word


def unproven_sentences_hint(reading: MessageReading) -> Iterator[Finding]:
    """R-03 to R-40: what a sentence that is not shown to be neutral hints at in plain speech."""
    for text, sense, span in reading.sentences:
        if not reading.carried and _held(reading, text, sense, span):
            for naming in reading.knowledge.hints(text.text[slice(*span)])[:_SHOWN_TOGETHER]:
                theme, place = naming.theme, (span[0] + naming.span[0], span[0] + naming.span[1])
                yield review(theme.rule, text.field, theme.message, theme.suggestion, place)


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
        and not _perhaps_named(sense, word)
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
        _perhaps_named(sense, word)
        or word.text in language.identifying
        or word.text in knowledge.telling_words
        or (not reading.authenticated and clinical(word.text, knowledge))
        or knowledge.language.names_thing(word.text)
        for _, word in sense.doubtful_in(span)
    )


def _strange(reading: MessageReading, text: Passage, sense: Sense, span: Span) -> Iterator[tuple[int, Word]]:
    doubtful = tuple(sense.doubtful_in(span))
    if not doubtful or _closes(sense, span) or reading.is_excused(text, sense, span):
        return
    quoted = text.quoted if reading.authenticated and _quotes(sense, span, reading.language) else ()
    anybody: bool | None = None  # whether no day, no number and no place is named; worked out once a sentence
    for place, word in doubtful:
        if inside(word.start, quoted):
            continue
        if word.text in _PATIENTS and not reading.authenticated:
            anybody = _names_nothing(sense, span) if anybody is None else anybody
            if anybody and _unspecific(sense, place):
                continue
        if not (reading.authenticated and _shown_value(word.text)):
            yield place, word


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


def _names_nothing(sense: Sense, span: Span) -> bool:
    """Tell whether a sentence names no day, no number and no place."""
    return not any(
        sense.kinds[at] == "opaque" or sense.words[at].text in sense.language.classes["specific"]
        for at in sense.places(span)
    )


def _together(text: str, left: Word, right: Word) -> bool:
    return text[left.end : right.start] == " "


def _quotes(sense: Sense, span: Span, language: Administrative) -> bool:
    """Tell whether a sentence says that the record reads so."""
    return any(sense.words[place].text in language.classes["anchor"] for place in sense.places(span))


def _shown_value(word: str) -> bool:
    """Tell whether a word is a number, perhaps with a unit, as a signed-in reader may see it."""
    return any(sign.isdigit() for sign in word) and len(word) <= 8


def documented_alone(reading: MessageReading) -> Iterator[Finding]:
    """R-02, R-03: in the inbox a diagnosis stands only where the message says that the record holds it."""
    if not reading.authenticated:
        return
    anchored: set[str] = set()
    loose: list[tuple[Passage, Span, frozenset[str]]] = []
    for text, sense, span in reading.sentences:
        held = _quotes(sense, span, reading.language)
        for hit in reading.knowledge.term_index.find(text.text, text.words):
            if not span[0] <= hit.start < span[1] or sense.taken(hit.first, hit.last):
                continue
            named = frozenset(word.text for word in text.words[hit.first : hit.last + 1])
            if all(word in reading.language.known for word in named):
                continue
            if held:
                anchored |= named
            else:
                loose.append((text, (hit.start, hit.end), named))
    for text, place, named in loose:
        if not named & anchored:
            rule = "R-02" if text.field == "subject" else "R-03"
            message = "The message names a diagnosis and does not say where it is documented."
            yield review(rule, text.field, message, "Name the topic, or say where and when it is documented.", place)


def findings_are_sourced(reading: MessageReading) -> Iterator[Finding]:
    """R-03: in the inbox a sentence with findings says where they stand, or what is asked; else it argues."""
    if not reading.authenticated:
        return
    sourced = reading.language.classes["sourced"]
    for text, sense, span in reading.sentences:
        spoken = [sense.words[place] for place in sense.places(span) if not sense.kinds[place]]
        told = [word for word in spoken if _tells(reading, word.text)]
        said = {sense.words[place].text for place in sense.places(span)}
        if text.field == "body" and told and said & reading.language.classes["predicating"] and not said & sourced:
            message = "The sentence speaks of findings and says neither where they stand nor what is asked."
            suggestion = "Leave the sentence out; the clarification shows the findings with their sources."
            yield review("R-03", text.field, message, suggestion, span)


def _tells(reading: MessageReading, word: str) -> bool:
    """Tell whether a word may tell a finding: neither one of administration nor everyday English."""
    knowledge, language = reading.knowledge, reading.language
    if word in language.known or word.isdigit():
        return False
    return word not in knowledge.language.ordinary or word in language.inbox or clinical(word, knowledge)


def no_identity(reading: MessageReading) -> Iterator[Finding]:
    """R-39: outside the inbox nothing identifies a patient."""
    if reading.authenticated:
        return
    for text, sense in reading.senses:
        for what, expression in _IDENTITY:
            found = next((hit for hit in expression.finditer(text.text) if not sense.of_a_meeting(hit.span())), None)
            if found:
                message = f"The message carries {what}."
                meeting = what == _ROOM and bool(bag(text.text) & reading.language.classes["gathering"])
                grade = review if meeting else block
                yield grade("R-39", text.field, message, "Leave it out; show it after sign-in.", found.span())
        for _, word in sense.doubtful:
            if word.text in reading.language.identifying:
                message = "The message describes a person."
                yield block("R-39", text.field, message, "Leave it out; show it after sign-in.", (word.start, word.end))
        for hit in reading.language.personal.find(text.text, text.words):
            if not sense.taken(hit.first, hit.last):
                message = "The message points at a patient."
                yield block("R-39", text.field, message, "Leave it out; show it after sign-in.", (hit.start, hit.end))


def perhaps_identity(reading: MessageReading) -> Iterator[Finding]:
    """R-39: a long number, a name or a ward may be the patient's; a person looks."""
    if reading.authenticated:
        return
    for text, sense in reading.senses:
        spans = [
            found.span()
            for expression in (_PERSON, _PLACE_OF_CARE)
            for found in expression.finditer(text.text)
            if not sense.named(found.span())
        ]
        spans += [
            (word.start, word.end)
            for _, word in sense.doubtful
            if _LONG_NUMBER.search(word.text) or _perhaps_named(sense, word)
        ]
        for span in spans[:1]:
            yield review(
                "R-39", text.field, "The message may identify a patient.", "Leave out numbers and names.", span
            )


def _perhaps_named(sense: Sense, word: Word) -> bool:
    """Tell whether an unknown word with a capital stands where no sentence begins."""
    before = sense.text[max(0, word.start - 2) : word.start]
    return sense.capital(word) and sense.strange(word) and before[-1:] == " " and before[:1] not in ".!?:"


def no_clinical_word(reading: MessageReading) -> Iterator[Finding]:
    """R-39: outside the inbox no diagnosis, no finding, no body part, no therapy."""
    if reading.authenticated:
        return
    for text, sense in reading.senses:
        known = reading.language.known
        spans = [
            (hit.start, hit.end)
            for hit in reading.knowledge.term_index.find(text.text, text.words)
            if not sense.taken(hit.first, hit.last)
            and not all(word.text in known for word in text.words[hit.first : hit.last + 1])
        ]
        spans += [(word.start, word.end) for _, word in sense.doubtful if clinical(word.text, reading.knowledge)]
        everyday = len(spans) == 1 and text.text[slice(*spans[0])].lower() in reading.language.classes["everyday"]
        for span in sorted(spans)[:_SHOWN_TOGETHER]:
            message = "The message carries a clinical word."
            grade = review if everyday else block
            yield grade("R-39", text.field, message, "Leave it out; show it after sign-in.", span)


def payload_is_opaque(reading: MessageReading) -> Iterator[Finding]:
    """R-39, R-18: a body for a machine holds known keys with opaque ids, counts and times alone."""
    for carried in reading.carried:
        place = reading.message.body.find(carried.part)
        yield _carried(carried, "body", (place, place + len(carried.part)) if place >= 0 else None)


def link_is_opaque(reading: MessageReading) -> Iterator[Finding]:
    """R-39, R-18: the link, and each address in the text, carries an opaque id and nothing else."""
    if reading.message.link:
        for carried in dict.fromkeys(faults_of_link(reading.message.link, reading.knowledge)):
            yield _carried(carried, "link", None)
    for text in reading.texts:
        for found in _ADDRESS.finditer(text.text):
            for carried in dict.fromkeys(faults_of_link(found.group().rstrip(".,;:!?)"), reading.knowledge)):
                yield _carried(carried, text.field, found.span())


_ADDRESS = re.compile(r"https?://[^\s<>\"']{1,500}")


def _carried(carried: Carried, field: str, span: Span | None) -> Finding:
    rule, what = _FAULTS[carried.fault]
    grade = review if carried.fault in ("unknown", "unreadable") else block
    where = "link" if field == "link" else "text for a machine" if field == "body" and span else "address"
    return grade(rule, field, f"The {where} {what}: {carried.part[:40]}", _UNTRUSTED_LINK, span)


def placeholders_filled(reading: MessageReading) -> Iterator[Finding]:
    """R-26: no merge field is left unfilled."""
    for text in reading.texts:
        yield from unfilled(text)
        found = _MERGE_FIELD.search(text.text)
        if found:
            yield block("R-26", text.field, "A placeholder is not filled.", "Fill it in or take it out.", found.span())


_MERGE_FIELD = re.compile(
    r"%%?[A-Za-z_]{2,40}%%?|\$[A-Z_]{3,40}\b|#[A-Z_]{3,40}#|\{[A-Za-z_.]{1,40}\}|<[A-Z_ ]{3,40}>|@@\w{2,40}@@"
)


def no_codes(reading: MessageReading) -> Iterator[Finding]:
    """R-18, lexicon J: no code of a code set."""
    for text in reading.texts:
        for span in codes_in(text.text, reading.knowledge.codes):
            yield block("R-18", text.field, "A code of a code set is visible.", "Take the code out.", span)


def nothing_signals(reading: MessageReading) -> Iterator[Finding]:
    """R-11: plain text without markup, pictures and runs of signs."""
    for text in reading.texts:
        for expression in (_MARKUP, _ENDING):
            for found in expression.finditer(text.text):
                message = "A sign makes part of the text stand out."
                yield block("R-11", text.field, message, "Write plain text.", found.span())
