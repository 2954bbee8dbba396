"""What a message tells of its query as a whole: its form, its questions, who is asked (R-09, R-28, R-30, R-37)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import review
from compliance.links import clinical
from compliance.message_reading import MessageReading
from compliance.message_words import Sense
from compliance.text import Span, bag
from schemas.check import Finding

_ANSWERED_WITHIN = 6  # words
_REASONED_WITHIN = 3  # words
# Where choices are told, and what parts them.
_CHOICES_TOLD = re.compile(
    r"\b(?:choose|pick|select|tick|mark)\b(?: (?:one of|from|between|among|either|one))?"
    r"|\b(?:choices|options|answers|buttons|boxes|readings)\b(?: (?:are|offered|shown|on the form|here|open))*"
    r"|\b(?:offers?|offered|lets you (?:say|choose|pick))\b",
    re.IGNORECASE,
)
_PARTED = re.compile(r"\s*(?:/|,|;|\bor\b|\band\b|:)\s*")
_OTHER = re.compile(
    r"\b(?:other|others|another|else|own words|own wording|free text|text box|specify|write[- ]in|neither|fill in)\b",
    re.IGNORECASE,
)
_UNDETERMINED = re.compile(
    r"\b(?:undetermin\w+|unable|uncertain|unknown|unclear|not (?:be )?(?:known|determined|determinable)"
    r"|(?:can'?t|cannot|can ?not|couldn'?t)\b(?: be)? (?:tell|told|say|said|determined?|know|known|decided?))\b",
    re.IGNORECASE,
)
_NO_CONDITION = re.compile(
    r"\b(?:significant|integral|expected|ruled out|other|undetermined|unable|yes|no|not)\b", re.IGNORECASE
)
_TIMING = re.compile(r"\b(?:timing|present|present on admission|poa|order)\b", re.IGNORECASE)
# What is asked for, of what: two attributes of one condition are one issue.
_ASKED_FOR = re.compile(
    r"\b(?:type|stage|acuity|cause|reason|side|severity|depth) (?:of|for) (?:the |your |his |her |a )?(\w+(?: \w+)?)"
    r"|\bwhether (?:the |his |her |a )?(\w+(?: \w+)?)"
    r"|\b(?:what|which) (?:type|stage|side|kind|hip|knee|leg|arm) (?:is |was |of )?(?:the )?(\w+(?: \w+)?)",
    re.IGNORECASE,
)
_EACH_BY_ITSELF = re.compile(
    r"\b(?:each|separate|separately|one by one|clarifications|forms|queries|another|first|second)\b", re.IGNORECASE
)
_NOBODY_WROTE = re.compile(
    r"\b(?:nobody|no one|no (?:provider|physician|doctor|note|diagnosis))\b[^.]{0,30}"
    r"\b(?:named?|documented|written|wrote|put|mentioned|given|made)\b|\bnot (?:yet )?(?:been )?documented\b",
    re.IGNORECASE,
)
_NO_PROVIDER = r"\bas (?:the |a |our |his |her )?(?:[a-z]+ ){0,2}(?:nurse|dietitian|pharmacist|therapist|coder)\b"
_WHAT_IT_IS = r"\b(?:diagnosis|(?:which|what) (?:\w+ )?condition|(?:which|what) (?:\w+ )?cause|what it is)\b"
_ASKED_OF_NO_PROVIDER = re.compile(
    rf"{_NO_PROVIDER}[^.!]{{0,120}}{_WHAT_IT_IS}|{_WHAT_IT_IS}[^.!]{{0,80}}[?.!]? {_NO_PROVIDER}", re.IGNORECASE
)
_LONGEST_CHOICE = 7  # words
_FEWEST_CHOICES = 2
_YES_NO = frozenset({"yes", "no"})


def choices_are_complete(reading: MessageReading) -> Iterator[Finding]:
    """R-09, R-10, R-15: where a message tells the choices of a form, Other and Unable to determine are among them."""
    body = next((text for text in reading.texts if text.field == "body"), None)
    if body is None or not reading.authenticated or _CHOICES_TOLD.search(body.text) is None:
        return
    timing = any(_TIMING.search(text.text) for text in reading.texts)
    for text, _, span in reading.sentences:
        spoken = text.text[slice(*span)]
        told = _CHOICES_TOLD.search(spoken) if text is body else None
        choices = _choices(reading, spoken[told.end() :]) if told else []
        free = bool(_OTHER.search(spoken) and _UNDETERMINED.search(spoken))
        if free and sum(not _NO_CONDITION.search(choice) for choice in choices) == 1:
            message, suggestion = "One clinical choice alone is told.", "Let a second person approve the form."
            yield review("R-10", text.field, message, suggestion, span)
        if len(choices) < _FEWEST_CHOICES:
            continue
        yes_no = {choice.lower() for choice in choices} >= _YES_NO
        if not _UNDETERMINED.search(body.text) or not (_OTHER.search(body.text) or (yes_no and timing)):
            message = "The choices that are told lack Other or Unable to determine."
            suggestion = "Tell none of the choices, or all of them with Other and Unable to determine."
            yield review("R-15" if yes_no else "R-09", text.field, message, suggestion, span)


def _choices(reading: MessageReading, told: str) -> list[str]:
    """Return the parts of a list that may be answers: each is short, and holds a word of findings or a yes or no."""
    parts = [part.strip(" .'\"“”‘’()") for part in _PARTED.split(told)]
    return [part for part in parts if len(part.split()) <= _LONGEST_CHOICE and _may_answer(reading, part)]


def _may_answer(reading: MessageReading, part: str) -> bool:
    said = bag(part)
    if said <= _YES_NO:
        return bool(said)
    language = reading.language
    return any(
        word in language.classes["acuity"] or word in language.inbox or clinical(word, reading.knowledge)
        for word in said - language.known
    )


def subject_is_documented(reading: MessageReading) -> Iterator[Finding]:
    """R-02: a subject asks for no diagnosis, and names none that the body says nobody has documented."""
    subject = next((text for text in reading.texts if text.field == "subject"), None)
    if subject is None or not reading.authenticated:
        return
    for hit in reading.knowledge.term_index.find(subject.text, subject.words):
        asks = subject.text[hit.end :].lstrip().startswith("?")
        if asks or any(_NOBODY_WROTE.search(text.text) for text in reading.texts):
            message = "The subject names a diagnosis that nobody has documented."
            yield review("R-02", "subject", message, "Name the topic alone.", (hit.start, hit.end))


def one_issue_is_asked(reading: MessageReading) -> Iterator[Finding]:
    """R-30: a sentence that a signed-in reader sees asks about one condition."""
    for text, _, span in reading.sentences if reading.authenticated else ():
        spoken = text.text[slice(*span)]
        asked = {next(filter(None, found.groups())).lower() for found in _ASKED_FOR.finditer(spoken)}
        if len(asked) > 1 and _EACH_BY_ITSELF.search(spoken) is None:
            message, suggestion = "Several questions are put as one.", "Ask each question by itself."
            yield review("R-30", text.field, message, suggestion, span)


def providers_are_asked(reading: MessageReading) -> Iterator[Finding]:
    """R-28: nobody who may not answer is asked for a diagnosis."""
    for text in reading.texts:
        found = _ASKED_OF_NO_PROVIDER.search(text.text)
        if found:
            message = "A diagnosis is asked of somebody who may not give it."
            yield review("R-28", text.field, message, "Address a provider who treated the patient.", found.span())


def asked_after_an_answer(reading: MessageReading) -> Iterator[Finding]:
    """R-37: what somebody has answered is put to nobody else, but where it moved for another reason."""
    classes = reading.language.classes
    said = frozenset(word.text for _, sense in reading.senses for word in sense.words)
    if said.isdisjoint(classes["has_answered"]) or not said.isdisjoint(classes["moved"]):
        return
    answered = False
    for text, sense, span in reading.sentences:
        answered = answered or _somebody_answered(sense, span)
        if answered:
            for hit in reading.language.asking_anew.find(text.text, text.words):
                if span[0] <= hit.start < span[1]:
                    message = "What somebody has answered is asked of somebody else."
                    suggestion = "Accept the answer; ask again only with new findings, or take the escalation path."
                    yield review("R-37", text.field, message, suggestion, (hit.start, hit.end))
                    return


def _somebody_answered(sense: Sense, span: Span) -> bool:
    """Tell whether a sentence says that somebody other than its reader has answered."""
    classes, places = sense.language.classes, sense.places(span)
    for place in places:
        who = "<person>" if sense.kinds[place] == "name" else sense.words[place].text
        if who in classes["answerer"]:
            following = [sense.words[at].text for at in places if place < at <= place + _ANSWERED_WITHIN]
            has = next((at for at, word in enumerate(following) if word in classes["has_answered"]), None)
            if has is not None and classes["soft_negation"].isdisjoint(following[max(0, has - _REASONED_WITHIN) : has]):
                return True
    return False
