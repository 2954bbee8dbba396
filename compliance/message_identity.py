"""Outside the inbox a message tells nothing of a patient: no identity, no clinical word, opaque links alone (R-39)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.dates import MONTH
from compliance.findings import block, review
from compliance.links import Carried, Fault, clinical, faults_of_link
from compliance.message_reading import SHOWN_TOGETHER, MessageReading
from compliance.text import Span, bag
from schemas.check import Finding

_ROOM = "a room or bed"
_MONTH_OR_DAY = r"\d{1,2}/\d{1,2}|\d{4}-\d\d-\d\d"
_NAMED_DAY = rf"(?:{MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{MONTH})"
# "04/02 stays open" tells no stay.
_REMAINING = r"(?! (?:as|open|with|where|on file|in (?:your|the|its)|the same|valid|until|here|there)\b)"
_STAY = rf"admissions?|surger(?:y|ies)|operations?|stays?{_REMAINING}|encounters?|hospitali[sz]ations?|inpatient days"
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
            r"|\b(?:one|items?|quer(?:y|ies)|clarifications?|requests?|open) (?:is )?(?:in|of|for|from|on|at) suite \w+"
            r"|\bpatient in #?\d{1,4}[a-z]?\b(?! (?:days|hours|weeks|minutes|groups))"
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
            rf"\b(?:{_STAY}|admitted|discharged?|procedure|(?<!commission )(?<!site )(?<!survey )visit"
            r"|seen|transferred|in-?house"
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
_PLACE_OF_CARE = re.compile(
    r"\b\d{1,2} ?(?:North|South|East|West|Tower)\b"
    r"(?! (?:team|group|staff|desk|clerk|crew|hospitalists|nurses|printer|computers?|workstations?|kiosk|reader))",
    re.IGNORECASE,
)
# What a body weighs, makes or is given; a file, a page and a screen are told in other units.
_MEASURED = re.compile(
    r"\b\d+(?:\.\d+)? ?(?:kg|kgs|lbs?|pounds|ounces|mm ?hg|mg|mcg|mls?|ccs?|liters|litres|meq|mmol|g/dl|bpm)\b"
    r"|\b[12]\d\d ?/ ?\d{2,3}\b|\bin \d{1,3}[a-z]? (?=(?:has|is|was|still|waits|who|got|fell|needs)\b)",
    re.IGNORECASE,
)
_UNTRUSTED_LINK = "Link to the authenticated view with an opaque id alone."
_FAULTS: dict[Fault, tuple[str, str]] = {
    "clinical": ("R-39", "names a clinical thing"),
    "code": ("R-18", "shows a code of a code set"),
    "identity": ("R-39", "identifies a patient"),
    "money": ("R-18", "names money, a score or a worklist"),
    "unknown": ("R-39", "carries more than an opaque id"),
    "unreadable": ("R-39", "cannot be read"),
}
_ADDRESS = re.compile(r"https?://[^\s<>\"']{1,500}")


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
            for expression in (_PERSON, _PLACE_OF_CARE, _MEASURED)
            for found in expression.finditer(text.text)
            if not sense.named(found.span())
        ]
        spans += [
            (word.start, word.end)
            for _, word in sense.doubtful
            if _LONG_NUMBER.search(word.text) or sense.perhaps_names(word)
        ]
        for span in spans[:1]:
            yield review(
                "R-39", text.field, "The message may identify a patient.", "Leave out numbers and names.", span
            )


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
        for span in sorted(spans)[:SHOWN_TOGETHER]:
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


def _carried(carried: Carried, field: str, span: Span | None) -> Finding:
    rule, what = _FAULTS[carried.fault]
    grade = review if carried.fault in ("unknown", "unreadable") else block
    where = "link" if field == "link" else "text for a machine" if field == "body" and span else "address"
    return grade(rule, field, f"The {where} {what}: {carried.part[:40]}", _UNTRUSTED_LINK, span)
