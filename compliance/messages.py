"""Messages about a query lead nowhere (R-01). That they tell nothing of a patient: message_identity.py.

A message passes when each of its sentences is shown to be neutral: approved wording, or words, phrases and names of the
controlled language of messages alone, without a wording or a construction that pushes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from compliance.administrative import Push
from compliance.codes import codes_in
from compliance.entries import Wording
from compliance.findings import block, graded, review
from compliance.folding import fold
from compliance.links import clinical
from compliance.message_groups import MAIL_TAG
from compliance.message_reading import SHOWN_TOGETHER, MessageReading, Pushed
from compliance.message_words import Sense
from compliance.neutrality import LEADING
from compliance.phrases import Hit
from compliance.reading import Passage
from compliance.structure import unfilled
from compliance.text import Span, Word
from compliance.wording import opens_a_slot
from schemas.check import Finding
from schemas.vocabulary import Severity

_MARKUP = re.compile(r"<[a-z/][^<>]{0,60}>|\*\*|!{2,}|👍|👎|[\u2190-\u21ff\u2600-\u27bf\U0001f300-\U0001faff]")
_FOREIGN = re.compile(r"[^\x00-\x7f\W\d_]")
_ENDING = re.compile(r"[?]{2,}|[!?]{3,}")
_REWORDED = "Use an approved message text, or let a second person judge it."
# Rules whose wordings mean the same wherever they stand: payment, scores.
_UNMISTAKABLE = frozenset({"R-18", "R-19"})
# "Documented by you on 04/04": what the subject names.
_HELD = frozenset({"documented", "charted", "recorded", "diagnosed", "named", "listed", "noted"})
_DENIED = frozenset({"as", "is", "was", "only"})
_STATES = re.compile(
    r"(?:documents?|documented|names?|named|lists?|listed|states?|stated|charted|recorded|has|gives) (?:it|this)"
)
_MERGE_FIELD = re.compile(
    r"%%?[A-Za-z_]{2,40}%%?|\$[A-Z_]{3,40}\b|#[A-Z_]{3,40}#|\{[A-Za-z_.]{1,40}\}|<[A-Z_ ]{3,40}>|@@\w{2,40}@@"
)
# A name that belongs to a file, whatever signs divide its words (R-39 reads them).
_FILE_TYPE = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|mp4|png|jpe?g|zip|csv|ics|txt|html?)\b", re.IGNORECASE)
# Where it is told that somebody types something here, nobody is told to: "whether you can type the answer here".
_TOLD_HERE = re.compile(
    r".*\b(?:you|we|they|can|could|may|might|cannot|not|never|just|who|people)(?: just)? (?:enter|type|put) .*"
)
# A code with its dot as one part of a path or a query: an opaque id has no dot.
_DOTTED_CODE = re.compile(r"(?<=[/=])([A-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4})(?=$|[/?&#])")


def pushes_nowhere(reading: MessageReading) -> Iterator[Finding]:
    """R-03, R-11, R-14, R-18 to R-20, R-25, R-28, R-31, R-32, R-35 to R-37, R-40: nothing pushes.

    A faint push counts beside another one of its sentence or beside a plain push anywhere. One push alone may be
    meant otherwise: a person looks; two block.
    """
    plainly = any(not found.theme.faint for found in reading.pushed)
    for found in (found for found in reading.pushed if not found.theme.firm):
        if plainly or any(other.sentence == found.sentence and _apart(found, other) for other in reading.pushed):
            blocks = any(other.theme.severity == "block" and _apart(found, other) for other in reading.pushed)
            agreed = blocks and _blockable(reading, found)
            yield _named(found.theme, found.text, found.span, "block" if agreed else "review")


def told_plainly(reading: MessageReading) -> Iterator[Finding]:
    """R-09, R-15, R-22, R-40 and others: what is told in words that mean one thing in any sentence."""
    for found in reading.pushed:
        if found.theme.firm:
            yield _named(found.theme, found.text, found.span, "review")


def _blockable(reading: MessageReading, found: Pushed) -> bool:
    """Tell whether a push may block: not in a sentence that sounds neutral as a whole."""
    return reading.knowledge.weights.may_be_blocked(found.text.text[slice(*found.sentence)], found.text.field)


def _apart(left: Pushed, right: Pushed) -> bool:
    return left.text is not right.text or left.span[1] <= right.span[0] or right.span[1] <= left.span[0]


def _named(theme: Push, text: Passage, span: Span, most: Severity) -> Finding:
    severity = theme.severity if most == "block" else most
    return graded(severity, theme.rule, text.field, theme.message, theme.suggestion, span)


def lexicons_find_nothing(reading: MessageReading) -> Iterator[Finding]:
    """R-03, R-18 to R-20 and others: no wording of the shared lexicons in subject and body."""
    for text, sense in reading.senses:
        for hit in reading.knowledge.wordings.find(text.text, text.words):
            lexicon = hit.payload.lexicon
            if (
                "messages" not in lexicon.places
                or opens_a_slot(text, hit)
                or reading.is_recorded(text, (hit.start, hit.end))
            ):
                continue
            if not sense.taken(hit.first, hit.last) and not _spoken_freely(sense, hit):
                message, suggestion = lexicon.message, lexicon.suggestion
                severity = hit.payload.severity if lexicon.rule in _UNMISTAKABLE or reading.pushed else "review"
                yield graded(severity, lexicon.rule, text.field, message, suggestion, (hit.start, hit.end))


def _spoken_freely(sense: Sense, hit: Hit[Wording]) -> bool:
    """Tell whether a wording that is only unsure elsewhere is approved here, or of words that every message may use."""
    if hit.payload.severity != "review":
        return False
    return sense.approves(hit.start) or all(sense.known(word.text) for word in sense.words[hit.first : hit.last + 1])


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
        if strange and not reading.is_approved(text, span):
            named = ", ".join(dict.fromkeys(word.text for word in strange[:SHOWN_TOGETHER]))
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
    return not reading.is_approved(text, span)


def _held(reading: MessageReading, text: Passage, sense: Sense, span: Span) -> bool:
    return _sounds_leading(reading, text, span) or any(_unproven(reading, text, sense, span))


def _unproven(reading: MessageReading, text: Passage, sense: Sense, span: Span) -> Iterator[Word]:
    """Yield the words of a sentence that nothing makes neutral, without the one that is passed over."""
    for place, word in reading.strange_words(text, sense, span):
        if (text.field, place) not in reading.passed_over:
            yield word


def unproven_sentences_hint(reading: MessageReading) -> Iterator[Finding]:
    """R-01, R-03 to R-40: what a sentence that is not shown to be neutral hints at in plain speech."""
    for text, sense, span in reading.sentences:
        if not reading.carried and _held(reading, text, sense, span):
            for naming in reading.knowledge.hints(text.text[slice(*span)])[:SHOWN_TOGETHER]:
                theme, place = naming.theme, (span[0] + naming.span[0], span[0] + naming.span[1])
                yield review(theme.rule, text.field, theme.message, theme.suggestion, place)


def documented_alone(reading: MessageReading) -> Iterator[Finding]:
    """R-02, R-03: in the inbox a diagnosis stands only where the message says that the record holds it."""
    if not reading.authenticated:
        return
    anchored: set[str] = set()
    subject_held = any(_holds_the_subject(reading, text, sense, span) for text, sense, span in reading.sentences)
    loose: list[tuple[Passage, Span, frozenset[str]]] = []
    for text, sense, span in reading.sentences:
        held = sense.quotes_the_record(span)
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
        finer = (named - anchored) & reading.knowledge.telling_words
        if (not named & anchored or finer) and not (subject_held and text.field == "subject"):
            rule = "R-02" if text.field == "subject" else "R-03"
            message = "The message names a diagnosis and does not say where it is documented."
            yield review(rule, text.field, message, "Name the topic, or say where and when it is documented.", place)


def _holds_the_subject(reading: MessageReading, text: Passage, sense: Sense, span: Span) -> bool:
    """Tell whether a sentence says that the record holds what the subject names: "Documented by you on 04/04"."""
    places = sense.places(span)
    said = [sense.words[place].text for place in places]
    if (
        text.field != "body"
        or not said
        or (_DENIED | reading.language.classes["soft_negation"] - {"without"}) & {*said}
    ):
        return False
    if said[0] not in _HELD and not any(_STATES.fullmatch(" ".join(pair)) for pair in pairwise(said)):
        return False
    dated = any(sense.kinds[place] == "opaque" for place in places)
    inside = (hit for hit in reading.knowledge.term_index.find(text.text, text.words) if span[0] <= hit.start < span[1])
    return dated and next(inside, None) is None


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


def placeholders_filled(reading: MessageReading) -> Iterator[Finding]:
    """R-26: no merge field is left unfilled."""
    for text in reading.texts:
        tag = MAIL_TAG.match(text.text)
        for fault in unfilled(text):
            start, end = fault.span or (0, 0)
            divides = text.text[start:end] == " | " or _FILE_TYPE.match(text.text, end)
            divides = divides or _TOLD_HERE.match(text.text[max(0, start - 12) : end])
            if not divides and (tag is None or fault.span != tag.span("tag")):
                yield fault
        found = _MERGE_FIELD.search(text.text)
        if found:
            yield block("R-26", text.field, "A placeholder is not filled.", "Fill it in or take it out.", found.span())


def no_codes(reading: MessageReading) -> Iterator[Finding]:
    """R-18: no code of a code set."""
    for text in reading.texts:
        for span in codes_in(text.text, reading.knowledge.codes):
            yield block("R-18", text.field, "A code of a code set is visible.", "Take the code out.", span)
    link = reading.message.link or ""
    for found in _DOTTED_CODE.finditer(link):
        if codes_in(found.group(1), reading.knowledge.codes):
            yield block("R-18", "link", "A code of a code set is visible.", "Take the code out.", found.span(1))


def nothing_signals(reading: MessageReading) -> Iterator[Finding]:
    """R-11: plain text without markup, pictures and runs of signs."""
    for text in reading.texts:
        for expression in (_MARKUP, _ENDING):
            for found in expression.finditer(text.text):
                message = "A sign makes part of the text stand out."
                yield block("R-11", text.field, message, "Write plain text.", found.span())
