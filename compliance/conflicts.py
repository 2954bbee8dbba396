"""Conflicts of which a query tells one side, offers a third one, or which do not go to the attending (R-23)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.asked import stems_of
from compliance.findings import review
from compliance.reading import Passage, Reading
from compliance.recipients import DENYING
from compliance.text import bag, sentence_at
from schemas.check import CheckTerm, Finding

_TOGETHER = frozenset({"both", "bilateral", "mixed", "combined", "neither", "either"})
_SIDES = frozenset({"left", "right"})
# Words of few letters that tell readings apart: type 1, grade IV.
_STEPS = frozenset({*"123456", "i", "ii", "iii", "iv", "v", "1a", "2a", "3a", "3b", "l", "r"})
# How a condition stands may be asked in other words than the statements'.
_ANY_STATUS = frozenset({"active", "ongoing", "resolved", "persistent", "old", "new", "both"})
_LETTERS = 3
_TELLING = frozenset({"title", "context", "question"})
_TWO = 2
_NAME_ALL = "Name both statements with author and date, or none."
_SAYS_CONFLICT = re.compile(
    r"\b(?:conflict(?:s|ing)?|contradict(?:s|ing|ory)?|discrepan(?:t|cy|cies)|disagree(?:s|ing|ment)?"
    r"|differ(?:s|ing)?(?! from)|different (?:sides?|diagnos[ei]s|readings?|statements?|causes?|types?)"
    r"|differently|(?:two|both|following) statements)\b",
    re.IGNORECASE,
)
_BY_OTHER_NAMES = frozenset({"laterality", "specificity", "stage", "acuity", "procedure", "status", "cause_effect"})


def one_side_is_told(reading: Reading) -> Iterator[Finding]:
    """R-23: title, context and question tell each of two readings, or none of them."""
    if reading.query.category != "conflict" or reading.query.response_type == "yes_no":
        return
    terms = _readings(reading)
    apart = _apart(reading, terms)
    if len(apart) < _TWO:
        return
    told = {text.field: _told(reading, text, terms, apart) for text in reading.prose if text.field in _TELLING}
    everywhere = frozenset[int]().union(*told.values())
    for field, places in told.items():
        if len(places) == 1 and (len(everywhere) == 1 or field == "title"):
            message = "One of the readings is told, another is not."
            yield review("R-23", field, message, _NAME_ALL)
            return


def one_statement_is_quoted(reading: Reading) -> Iterator[Finding]:
    """R-23: a context that quotes one of the statements quotes the other one, too."""
    context = reading.context
    if reading.query.category != "conflict" or context is None or len(context.quoted) != 1:
        return
    start, end = sentence_at(context.text, context.quoted[0][0]) or (0, len(context.text))
    said = bag(context.text[start:end])
    if any(entry.source and bag(entry.source) <= said for entry in reading.query.documented):
        message = "The text quotes one of the statements, and not the other."
        yield review("R-23", context.field, message, "Quote each statement with its author and date.")


def _readings(reading: Reading) -> list[CheckTerm]:
    """Return what stands against each other: providers' terms, or all of them where those are fewer than two."""
    roles: frozenset[str] = reading.knowledge.accountable_roles
    terms = [entry for entry in reading.query.documented if entry.author_role in roles]
    return terms if len(terms) >= _TWO else list(reading.query.documented)


def _apart(reading: Reading, terms: list[CheckTerm]) -> list[frozenset[str]]:
    """Return for each reading the stems that no other one has; nothing where one denies what another says."""
    if any(bag(entry.term) & DENYING for entry in terms):
        return []
    plain = reading.knowledge.vocabulary("joining")
    apart = _own([stems_of(" ".join(filter(_tells, bag(entry.term) - plain))) for entry in terms])
    return apart if all(apart) else []


def _tells(word: str) -> bool:
    return len(word) >= _LETTERS or word in _STEPS


def _own(several: list[frozenset[str]]) -> list[frozenset[str]]:
    """Return of each set what no other one holds."""
    return [
        one.difference(*(other for at, other in enumerate(several) if at != place)) for place, one in enumerate(several)
    ]


def _told(reading: Reading, text: Passage, terms: list[CheckTerm], apart: list[frozenset[str]]) -> frozenset[int]:
    """Return which readings a text tells: by all the words that set them apart, or by the condition of them alone.

    One that quotes several statements tells them all.
    """
    if len(text.quoted) >= _TWO:
        return frozenset(range(len(terms)))
    said, named = stems_of(text.text), reading.knowledge.concepts(text.text)
    if any(own & _SIDES for own in apart):
        return frozenset(place for place, own in enumerate(apart) if own & _SIDES & bag(text.text))
    own = _own([reading.knowledge.concepts(entry.term) for entry in terms])
    return frozenset(place for place in range(len(terms)) if apart[place] <= said or own[place] & named)


def third_reading(reading: Reading) -> Iterator[Finding]:
    """R-23, R-04: an answer says no more of the condition than one of the statements, or a finding, does."""
    if reading.query.category != "conflict" or reading.query.response_type != "multiple_choice":
        return
    if not any(reading.knowledge.concepts(entry.term) for entry in reading.query.documented):
        return  # where somebody lives is told in many words
    told = (*(entry.term for entry in reading.query.documented), *(row.text for row in reading.rows))
    known = stems_of(" ".join((*told, *_names_of(reading))))
    for place, option in reading.clinical_options:
        another = _makes_finer(reading, option.text, known) or _names_another(reading, option.text, known)
        if another or _shares_no_word(reading, option.text, known):
            message = "The answer is a reading that no statement and no finding gives."
            suggestion = "Offer each documented reading as it is documented, and Other for the rest."
            for rule in ("R-23", "R-04"):
                yield review(rule, f"options[{place}].text", message, suggestion)


def _names_of(reading: Reading) -> Iterator[str]:
    """Yield the words by which the conditions of the statements are called as well."""
    names = reading.knowledge.words_of_concept
    for entry in reading.query.documented:
        for concept in reading.knowledge.concepts(entry.term):
            yield " ".join(names.get(concept, ()))


def _makes_finer(reading: Reading, text: str, known: frozenset[str]) -> bool:
    """Tell whether an answer holds a degree, type or course that nobody wrote."""
    said = bag(text)
    if said & _TOGETHER:
        return False
    finer = reading.knowledge.words_of("finer", "specificity", "finer_asked", "told_detail")
    plain = reading.knowledge.words_of("everyday_detail", "stepped") | _ANY_STATUS
    return any(not stems_of(word) <= known for word in said & finer - plain)


def _names_another(reading: Reading, text: str, known: frozenset[str]) -> bool:
    """Tell whether an answer names a condition that neither a statement nor a finding names, or one above it."""
    knowledge = reading.knowledge
    shown = frozenset[str]().union(*(knowledge.concepts(entry.term) for entry in reading.query.documented))
    shown |= reading.shown_concepts
    hits = knowledge.recorded_index.find(text, overlapping=False)
    named = {hit.payload.concept for hit in hits if not hit.negated} - shown
    if not named or any(knowledge.broader[one] & shown for one in named):
        return False
    return not stems_of(" ".join(bag(text) - knowledge.vocabulary("joining") - _TOGETHER)) <= known


def _shares_no_word(reading: Reading, text: str, known: frozenset[str]) -> bool:
    """Tell whether an answer of clinical words has none with what is shown in common: "drug reaction"."""
    said = frozenset(word for word in bag(text) - reading.knowledge.vocabulary("joining") if len(word) > _LETTERS)
    clinical = said & reading.knowledge.words_of("condition", "finer", "course_of_condition", "clinical")
    return bool(clinical) and not said & _TOGETHER and not stems_of(" ".join(said)) & known


def conflict_by_another_name(reading: Reading) -> Iterator[Finding]:
    """R-23: what the text calls differing statements of several authors goes to the attending in any category."""
    query = reading.query
    if query.category not in _BY_OTHER_NAMES or query.recipient_role == "attending":
        return
    authors = {(entry.author_role, entry.source) for entry in query.documented}
    own = [bag(entry.term) for entry in query.documented if entry.author_role == query.recipient_role]
    leaves_it_open = any(one < other for one in own for other in reading.documented_bags)
    if len(authors) < _TWO or len(own) == len(query.documented) or leaves_it_open:
        return
    for text in (reading.title, reading.context, reading.question):
        found = _SAYS_CONFLICT.search(text.text) if text is not None else None
        if text is not None and found is not None and text.authored(found.start()):
            message = "Statements of several authors differ, and the attending is not asked."
            yield review("R-23", "recipient_role", message, "Address the attending; the authors may get a copy.")
            return
