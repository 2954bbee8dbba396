"""Messages about a query: no identity and no clinical word outside the inbox, no leading anywhere (R-01, R-39)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, unquote, urlsplit

from compliance.codes import codes_in
from compliance.findings import block, graded, review
from compliance.knowledge import Knowledge
from compliance.reading import Passage, passage
from compliance.slots import approves_message
from compliance.structure import unfilled
from compliance.text import Span, Word, bag, sentences
from schemas.check import Finding, MessageDocument

_IDENTITY = (
    ("a date of birth", re.compile(r"\b(?:dob|date of birth|born(?: on)?)\b", re.IGNORECASE)),
    (
        "a record number",
        re.compile(
            r"\b(?:mrn|csn|fin|har|account|visit|encounter|record)\W{0,3}(?:no|nr|number|id)?\W{0,4}\d{4,}",
            re.IGNORECASE,
        ),
    ),
    ("a record number", re.compile(r"\bmrn\b", re.IGNORECASE)),
    ("a social security number", re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),
    (
        "a room or bed",
        re.compile(r"\b(?:room|rm|bed|ward|unit)\s*#?\s*\d{1,4}[A-Z]?\b|\b\d{1,2}[NSEW]-\d{1,3}\b", re.IGNORECASE),
    ),
    ("a patient's name", re.compile(r"\bpatient: *(?-i:[A-Z][a-z]+)|\byour patient in\b", re.IGNORECASE)),
    ("initials", re.compile(r"\b[A-Z]\.[A-Z]\.(?=[\s,:;])(?! [A-Z][a-z])")),
    ("an age", re.compile(r"\b\d{1,3}[- ]?(?:yo|y/o|yr old|year[- ]old)\b", re.IGNORECASE)),
)
_PERHAPS_IDENTITY = re.compile(r"(?<![\w-])\d{6,}(?![\w-])|\b(?:Mr|Mrs|Ms|Miss)\.? [A-Z]\w*")
_MARKUP = re.compile(r"<[a-z/][^<>]{0,60}>|\*\*|!{2,}")
_REACTION = re.compile(
    r"\bthumbs? (?:up|down)\b|\breply (?:with )?[\"']?(?:yes|no|y|n|1|2)\b|👍|👎|\bconfirm\b"
    r"|\b(?:text|send|reply|answer) (?:back )?[\"']?(?:y|n|yes|no)\b[\"']?(?: or| to|/)",
    re.IGNORECASE,
)
_OPAQUE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PAYLOAD_VALUE = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[a-z]{1,3}-\d{1,8}|\d{4}-\d\d-\d\d(?:T[\d:.]{5,15}(?:Z|[+-]\d\d:\d\d)?)?"
    r"|(?:clarification|notification|query|digest|reminder|escalation)[.a-z_]{0,40}"
)
_UNTRUSTED_LINK = "Link to the authenticated view with an opaque id alone."


@dataclass(frozen=True)
class MessageReading:
    """A message and what its rules ask of it again and again."""

    message: MessageDocument
    knowledge: Knowledge

    @cached_property
    def texts(self) -> tuple[Passage, ...]:
        """Subject and body, where there are any. A payload for a machine is read like prose."""
        found = (passage("subject", self.message.subject), passage("body", self.message.body))
        return tuple(text for text in found if text is not None)

    @property
    def authenticated(self) -> bool:
        """Whether only a signed-in reader sees it (R-39: the inbox alone)."""
        return self.message.channel == "inbox"

    @cached_property
    def sentences(self) -> tuple[tuple[Passage, Span, bool], ...]:
        """Each sentence with its span and whether its wording is approved."""
        return tuple(
            (text, span, approves_message(text.text[slice(*span)], self.knowledge))
            for text in self.texts
            for span in sentences(text.text)
        )

    def approved(self, field: str, place: int) -> bool:
        """Tell whether a place lies in an approved sentence."""
        return any(
            text.field == field and span[0] <= place < span[1] for text, span, approved in self.sentences if approved
        )


def sentences_are_approved(reading: MessageReading) -> Iterator[Finding]:
    """R-01: every sentence is approved wording, or a second person reads it."""
    if not reading.message.body.strip():
        yield review("R-01", "body", "The message is empty.", "Say that a clarification is waiting.")
    if reading.message.channel == "webhook" and opaque_payload(reading.message.body, reading.knowledge):
        return
    for text, span, approved in reading.sentences:
        if not approved:
            message = "The sentence is not approved wording."
            suggestion = "Use an approved message text, or let a second person judge it."
            yield review("R-01", text.field, message, suggestion, span)


def opaque_payload(body: str, knowledge: Knowledge) -> bool:
    """Tell whether a body is a flat JSON object of known keys with counts, times and opaque ids alone."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return False
    keys = knowledge.vocabulary("payload_key")
    return isinstance(payload, dict) and all(key in keys and _opaque_value(value) for key, value in payload.items())


def _opaque_value(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and bool(_PAYLOAD_VALUE.fullmatch(value)))


def presses_nowhere(reading: MessageReading) -> Iterator[Finding]:
    """R-03, R-18 to R-20, R-31, R-32, R-36, R-37: no lexicon wording in subject and body."""
    for text in reading.texts:
        for hit in reading.knowledge.wordings.find(text.text, text.words):
            lexicon = hit.payload.lexicon
            if "messages" not in lexicon.places or not text.authored(hit.start):
                continue
            if hit.payload.severity == "review" and reading.approved(text.field, hit.start):
                continue
            yield graded(
                hit.payload.severity,
                lexicon.rule,
                text.field,
                lexicon.message,
                lexicon.suggestion,
                (hit.start, hit.end),
            )


def no_identity(reading: MessageReading) -> Iterator[Finding]:
    """R-39: outside the inbox nothing identifies a patient."""
    if reading.authenticated:
        return
    for text in reading.texts:
        for what, expression in _IDENTITY:
            found = expression.search(text.text)
            if found:
                yield block(
                    "R-39",
                    text.field,
                    f"The message carries {what}.",
                    "Leave it out; show it after sign-in.",
                    found.span(),
                )


def perhaps_identity(reading: MessageReading) -> Iterator[Finding]:
    """R-39: a long number or a name may be the patient's; a person looks."""
    if reading.authenticated:
        return
    for text in reading.texts:
        found = _PERHAPS_IDENTITY.search(text.text)
        if found:
            message = "The message may identify a patient."
            yield review("R-39", text.field, message, "Leave out numbers and names.", found.span())


def no_clinical_word(reading: MessageReading) -> Iterator[Finding]:
    """R-39: outside the inbox no diagnosis, no finding, no body part, no therapy."""
    if reading.authenticated:
        return
    for text in reading.texts:
        clinical = reading.knowledge.vocabulary("clinical_message")
        hits = [
            (hit.start, hit.end) for hit in reading.knowledge.term_index.find(text.text, text.words, overlapping=False)
        ]
        hits += [
            (word.start, word.end) for word in text.words if word.text in clinical and not _names_a_group(text, word)
        ]
        for span in sorted(hits)[:3]:
            yield block(
                "R-39", text.field, "The message carries a clinical word.", "Leave it out; show it after sign-in.", span
            )


def _names_a_group(text: Passage, word: Word) -> bool:
    """A capital inside a sentence is taken for a name of a group (Heart Center); the sentence is held anyway."""
    return text.text[word.start].isupper() and text.text[max(0, word.start - 1) : word.start] == " " and word.start > 1


def asks_nothing_by_reaction(reading: MessageReading) -> Iterator[Finding]:
    """R-14: no answer by a reaction or a short reply; the form has all choices."""
    for text in reading.texts:
        found = _REACTION.search(text.text)
        if found:
            yield block(
                "R-14",
                text.field,
                "The message asks for an answer by a short reply.",
                "Ask to open the form.",
                found.span(),
            )


def placeholders_filled(reading: MessageReading) -> Iterator[Finding]:
    """R-26: no merge field is left unfilled."""
    for text in reading.texts:
        yield from unfilled(text)


def no_codes(reading: MessageReading) -> Iterator[Finding]:
    """R-18, lexicon J: no code of a code set."""
    for text in reading.texts:
        for span in codes_in(text.text, reading.knowledge.codes):
            yield block("R-18", text.field, "A code of a code set is visible.", "Take the code out.", span)


def nothing_signals(reading: MessageReading) -> Iterator[Finding]:
    """R-11: plain text."""
    for text in reading.texts:
        for found in _MARKUP.finditer(text.text):
            yield block(
                "R-11", text.field, "A sign makes part of the text stand out.", "Write plain text.", found.span()
            )


def link_is_opaque(reading: MessageReading) -> Iterator[Finding]:
    """R-39: the link carries an opaque id and nothing else."""
    link = reading.message.link
    if not link:
        return
    try:
        parts = urlsplit(link)
    except ValueError:
        yield review("R-39", "link", "The link cannot be read.", _UNTRUSTED_LINK)
        return
    asked = parse_qsl(parts.query, keep_blank_values=True)
    carried = bag(" ".join((*_path_words(parts.path), *(f"{key} {value}" for key, value in asked))))
    identity = {key.lower() for key, _ in asked} & reading.knowledge.vocabulary("identity_key")
    if carried & reading.knowledge.clinical_words or identity:
        yield block("R-39", "link", "The link carries a clinical word or an identity.", _UNTRUSTED_LINK)
    elif parts.scheme not in ("https", "http") or parts.query or parts.fragment or not _opaque_path(parts.path):
        yield review("R-39", "link", "The link carries more than an opaque id.", _UNTRUSTED_LINK)


def _path_words(path: str) -> tuple[str, ...]:
    return tuple(unquote(segment) for segment in path.split("/") if not _looks_random(segment))


def _looks_random(segment: str) -> bool:
    return (
        bool(_OPAQUE.fullmatch(segment))
        and any(sign.isdigit() for sign in segment)
        and any(sign.isalpha() for sign in segment)
    )


def _opaque_path(path: str) -> bool:
    return all(not segment or _OPAQUE.fullmatch(segment) for segment in path.split("/"))
