"""What a closed question asks about stands in the record with that specificity (R-13, R-14, R-21, R-24).

The words of a yes/no question are those of its grammar and those of what it asks about. Whatever is not grammar must
stand together in one documented term of a provider or in one report: the diagnosis with its type, stage, organism and
cause. Only what a relation, a procedure or a device is asked of may come from the orders and the medication list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import permutations

from compliance.dates import DATE_OR_CLOCK
from compliance.findings import graded
from compliance.reading import Passage, Reading
from compliance.terms import line_of_initials
from compliance.text import Word, bag, sentences, words
from schemas.check import Finding
from schemas.vocabulary import Severity

_CAUSE = re.compile(r"\b(?:due to|from|secondary to|caused by|because of)\b", re.IGNORECASE)
_BARE = 3  # words of an option that names a kind alone
_SHORT_WORD = 3
_DATE_IN_NUMBERS = re.compile(r"\d{1,4}[/-]\d{1,2}(?:[/-]\d{1,4})?")
_IN_PLACE = re.compile(
    r"\bleft in (?:place|situ)\b|\bwith regards? to\b|\bdid (?:it|this|that) (?:begin|start)\b|\bsecondary to\b",
    re.IGNORECASE,
)
_RELATED = frozenset({"cause_effect", "complication", "procedure", "status", "laterality"})
RELATIONS = frozenset({"cause_effect", "complication"})
"""The categories in which it is asked how one thing is related to another."""
# What a question may call a documented thing.
_ALSO_CALLED: Mapping[str, tuple[str, ...]] = {
    "septic": ("infection",),
    "sepsis": ("infection",),
    "pneumonia": ("infection",),
    "uti": ("infection",),
    "cauti": ("infection",),
    "abscess": ("infection",),
    "bacteremia": ("infection",),
    "arthroplasty": ("prosthesis", "implant", "replacement"),
    "replacement": ("prosthesis", "implant"),
    "bka": ("below", "knee", "amputation"),
    "aka": ("above", "knee", "amputation"),
    "hemorrhage": ("bleeding", "bleed"),
    "dvt": ("clot",),
    "thrombosis": ("clot", "thrombus"),
    "thrombus": ("clot", "thrombosis"),
    "foley": ("urinary", "urethral", "bladder", "catheter"),
    "urethral": ("urinary", "bladder"),
    "urinary": ("urethral", "bladder"),
    "picc": ("central", "venous", "line", "catheter"),
    "cvc": ("central", "venous", "line", "catheter"),
    "port": ("central", "venous", "line", "catheter"),
    "cabg": ("bypass", "graft", "coronary"),
    "tavr": ("replacement", "valve"),
    "tka": ("replacement", "arthroplasty"),
    "tha": ("replacement", "arthroplasty"),
    "hemiarthroplasty": ("replacement", "arthroplasty"),
    "prbc": ("transfusion",),
    "prbcs": ("transfusion",),
    "hd": ("dialysis",),
    "hemodialysis": ("dialysis",),
    "lp": ("puncture",),
    "pci": ("stent",),
    "herniorrhaphy": ("repair",),
    "craniotomy": ("brain",),
    "intubated": ("intubation",),
    "extubated": ("intubation",),
    "transfused": ("transfusion",),
    "repaired": ("repair",),
    "sectio": ("cesarean", "delivery"),
    "cesarean": ("delivery", "section"),
    "pacemaker": ("device",),
    "icd": ("device", "defibrillator"),
    "graft": ("implant",),
    "l": ("left",),
    "r": ("right",),
    "left": ("l", "lt"),
    "right": ("r", "rt"),
}
_STATING = re.compile(
    r"\b(?:is|are|was|were) (?:both |all |also )?(?:documented|described|recorded|noted|listed|reported)\b"
    r"|\b(?:appears? in|describes?|documents|lists|mentions?|records|reads)\b"
)
# "We are asking only about timing": it speaks of the query.
_OF_THE_QUERY = re.compile(
    r"\s*(?:we|this (?:query|question|request)|the question)\b[^.?!:;]{0,60}\b(?:asks?|asking|concerns?|is)\b"
    r" ?(?:only )?(?:about )?(?:the )?(?:timing|time|onset|date|status|relation|relationship)\W*$",
    re.IGNORECASE,
)
# The longer before those that they end with.
_ENDINGS = (
    *("ations", "ation", "ities", "ity", "ally", "ies", "ous", "eal", "ial", "ing"),
    *("ian", "al", "ar", "es", "ed", "um", "us", "is", "ic", "s", "e", "y", "a"),
)
_INITIALS = 3
_INSIDE = frozenset(
    {"the", "a", "an", "of", "in", "on", "with", "at", "s", "its", "this", "that", "her", "his", "patient"}
)


def asks_about_the_record(reading: Reading) -> Iterator[Finding]:
    """R-13 (with R-14, R-21, R-24): a yes/no adds no condition, type, stage, organism or cause that nobody wrote."""
    query = reading.query
    if query.category == "clinical_validation":  # whether it may be asked so at all: R-22
        return
    if reading.question is None or (query.response_type != "yes_no" and query.category != "present_on_admission"):
        return
    for words_asked in _asked(reading, reading.question):
        severity = _doubt(reading, words_asked)
        if severity == "block" or (severity is not None and query.response_type == "yes_no"):
            yield from _undocumented(reading, reading.question, words_asked, severity)
            return


def _undocumented(
    reading: Reading, question: Passage, asked: tuple[Word, ...], severity: Severity
) -> Iterator[Finding]:
    span = (asked[0].start, asked[-1].end)
    message = "The question asks about something that no provider and no report has documented in these words."
    suggestion = "Ask only about what is documented, as it is documented; ask openly for more detail."
    category = reading.query.category
    rules = ["R-21"] if category == "present_on_admission" else []
    if reading.query.response_type == "yes_no":
        rules.append("R-13")
    if category in RELATIONS:
        rules.append("R-24")
    if rules and not reading.query.documented:
        rules.append("R-14")
    for rule in rules:
        yield graded(severity, rule, question.field, message, suggestion, span)


def _asked(reading: Reading, question: Passage) -> Iterator[tuple[Word, ...]]:
    """Yield the groups of words, grammar aside, of the sentences that ask."""
    spans = sentences(question.text)
    for span in spans:
        text = question.text[slice(*span)]
        if len(spans) > 1 and "?" not in text and (_STATING.search(text) or _OF_THE_QUERY.match(text)):
            continue  # it only says what stands where; the slots of stems and the terms are compared elsewhere
        for group in _groups(text, reading.knowledge.vocabulary("closed_question")):
            yield tuple(Word(word.text, word.start + span[0], word.end + span[0]) for word in group)


def _groups(text: str, grammar: frozenset[str]) -> Iterator[tuple[Word, ...]]:
    """Yield the runs of words that are no grammar; articles and "of", "in", "with" inside a run do not end it."""
    dates = tuple(
        found.span() for form in (DATE_OR_CLOCK, _DATE_IN_NUMBERS, _IN_PLACE) for found in form.finditer(text)
    )
    run: list[Word] = []
    for word in words(text):
        if any(start <= word.start < end for start, end in dates):
            continue
        if word.text in _INSIDE:
            continue
        if word.text in grammar:
            if run:
                yield tuple(run)
            run = []
        else:
            run.append(word)
    if run:
        yield tuple(run)


def _doubt(reading: Reading, asked: tuple[Word, ...]) -> Severity | None:
    """Return how doubtful it is that the record documents these words, or None when it does."""
    said = {_stem(word.text) for word in asked}
    places = _documents(reading)
    said -= _initials_of_the_record(reading, asked)
    if any(said <= place for place in places) or _same_condition(reading, asked, said, places):
        return None
    if any(said <= name for name in _other_names(reading)):
        return None
    everywhere = frozenset[str]().union(*places)
    new = said - everywhere
    if not new:
        return "review"  # each word stands somewhere, but not together
    if _harmless(reading, asked, new):
        return None
    return "block" if _certainly_new(reading, asked, new, everywhere) else "review"


def _initials_of_the_record(reading: Reading, asked: tuple[Word, ...]) -> set[str]:
    """Return the stems of short forms that stand for words of a documented term (DTPI)."""
    lines = [line_of_initials(term) for term in reading.provider_terms]
    return {
        _stem(word.text)
        for word in asked
        if len(word.text) >= _INITIALS and any(word.text in line for line in lines) and word.text not in _ALSO_CALLED
    }


def _other_names(reading: Reading) -> Iterator[frozenset[str]]:
    """Yield what a documented condition may be called: an infection (of a UTI), and what an abbreviation stands for."""
    shortened = reading.documented_words
    for concept in reading.documented_concepts:
        for name in reading.knowledge.names_of_concept.get(concept, ()):
            yield stems_of(name if line_of_initials(name) in shortened else name.split()[-1])


def _harmless(reading: Reading, asked: tuple[Word, ...], new: set[str]) -> bool:
    """Tell whether all unknown words are neutral ones that name no condition and make none finer."""
    known, finer = reading.knowledge.language.known, _finer(reading)
    unknown = [word.text for word in asked if _stem(word.text) in new]
    return all(word in known and word not in finer and not word.isdigit() for word in unknown)


def _finer(reading: Reading) -> frozenset[str]:
    """Return the words that make a condition finer; not those by which a documented one is called (SBO)."""
    knowledge = reading.knowledge
    return knowledge.words_of("finer", "specificity") | (knowledge.vocabulary("finer_asked") - reading.other_names)


def _certainly_new(reading: Reading, asked: tuple[Word, ...], new: set[str], everywhere: frozenset[str]) -> bool:
    """Tell whether unknown words make a diagnosis finer, number it, or name something that the record does not know."""
    knowledge, finer = reading.knowledge, _finer(reading)
    if any(_stem(word.text) in new and (word.text in finer or word.text.isdigit()) for word in asked):
        return True
    strange = all(_stem(word.text) in new and word.text not in knowledge.language.known for word in asked)
    return strange or any(knowledge.term_index.find(" ".join(word.text for word in asked)))


def _documents(reading: Reading) -> list[frozenset[str]]:
    """Return the words of each documented term, of each report, and of the things that a relation may name."""
    knowledge, query = reading.knowledge, reading.query
    related = query.category in _RELATED
    places = [
        stems_of(f"{entry.term} {entry.source or ''}")
        for entry in query.documented
        if entry.author_role not in knowledge.non_providers or (related and _is_a_thing(reading, entry.term))
    ]
    reports = knowledge.vocabulary("interpreted_report")
    for row in reading.rows:
        if row.source_words & reports:
            places.append(stems_of(f"{row.text} {row.source}"))
        elif related:
            given = row.source_words & knowledge.vocabulary("given_source")
            places.append(stems_of(row.text if given else row.name))
    return places


def _is_a_thing(reading: Reading, term: str) -> bool:
    """Tell whether a nurse's entry names a device or a treatment and no condition: a relation may be asked of it."""
    return not any(reading.knowledge.recorded_index.find(term, words(term), overlapping=False))


def _same_condition(reading: Reading, asked: tuple[Word, ...], said: set[str], places: list[frozenset[str]]) -> bool:
    """Tell whether the words are another name of a documented diagnosis (DVT and deep vein thrombosis)."""
    line = " ".join(word.text for word in asked)
    named: set[str] = set()
    for hit in reading.knowledge.recorded_index.find(line, words(line), overlapping=False):
        if hit.payload.concept not in reading.documented_concepts:
            return False
        named |= {_stem(word) for word in bag(line[hit.start : hit.end])}
    return bool(named) and (said <= named or any(said - named <= place for place in places))


def stems_of(text: str) -> frozenset[str]:
    """Return the stems of a text, and those of what its words are also called (an arthroplasty is a prosthesis)."""
    said = bag(text)
    also = {other for word in said for other in _ALSO_CALLED.get(word, ())}
    also |= {"infection"} if any(word.endswith("itis") for word in said) else set()
    return frozenset(_stem(word) for word in said | also)


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    """Return the part of a word that its plural and its adjective share: sacrum and sacral, ulcers and ulcer."""
    for ending in _ENDINGS:
        if len(word) - len(ending) >= 4 and word.endswith(ending):
            return word[: -len(ending)]
    return word


def terms_asked(reading: Reading) -> tuple[str, ...]:
    """Return the documented terms that the title or the question names; where it names none, all of them."""
    asked = bag(f"{reading.query.title} {reading.query.question}")
    named = tuple(term for term in reading.provider_terms if naming_words(reading, term) & asked)
    return named or reading.provider_terms


def in_full(reading: Reading, option: str) -> tuple[str, ...]:
    """Return a bare kind with the term that it is asked of: "Vascular" of a dementia is "vascular dementia"."""
    kind = _CAUSE.split(option)[0].strip(" ,;:(") or option
    if reading.asks_for_new_condition or len(bag(kind)) > _BARE:
        return ()
    return tuple(f"{first} {last}" for term in terms_asked(reading) for first, last in permutations((kind, term)))


def naming_words(reading: Reading, term: str) -> frozenset[str]:
    """Return the words of a documented term that tell it from another one."""
    common = reading.knowledge.words_of("finer", "specificity", "condition")
    return frozenset(word for word in bag(term) - common if len(word) > _SHORT_WORD)
