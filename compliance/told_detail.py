"""Details that a yes/no tells of a documented condition: each stands in the record (R-13, R-21).

A closed question asks about a thing as it is documented. What stands beside its name, in the sentence that asks or in
the one that says what stands where, is as documented as the name: its activity, its side, its number, its degree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from compliance.asked import stems_of
from compliance.findings import block, graded
from compliance.reading import Passage, Reading
from compliance.text import Span, Word, bag
from schemas.check import Finding
from schemas.vocabulary import Severity

_SHORT = 3
_NEAR = 24  # signs, more than such a beginning
_PARTS = r"(?:sides|eyes|legs|feet|lungs|kidneys|hips|knees|arms|hands|ears|breasts|ovaries|shoulders|heels|lobes)"
_PLACES = (
    r"(?:levels?|vessels?|segments?|lobes?|ribs?|nodes?|arteries|grafts?|joints?|sites?|quadrants?|episodes?|places?)"
)
_MANY = r"(?:one|two|three|four|five|six|several|multiple|\d{1,2})"
# What is told behind a name; the group is what the record would have to say.
_BEHIND = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"\b(?:in|with|without|during) (?:(?:an?|the|its|partial|full|complete|early|sustained|clinical|acute|active)"
        r" ){0,3}(remission|exacerbation|relapse|flare|recurrence|crisis|decompensation|disease|complications?)\b",
        r"\bin (?:an?|the|its) ((?:sub)?acute|active|chronic|inactive|latent|quiescent|late|early|advanced)"
        r" (?:phase|form|state|stage)\b",
        r"\b(?:as (?:an?|the)|an?|the) (?:first|second|third|single|recurrent|new|initial|repeated|another)"
        r" (episode|event|attack)\b",
        rf"\b(?:on|of|in|for) (both) {_PARTS}\b",
        rf"\b(?:at|in|of|on|over|across) ({_MANY}) (?:\w{{3,12}} )?{_PLACES}\b",
        r"\b(?:of|with) (?:an? )?(unknown|unclear|uncertain|sudden|gradual|acute|chronic|viral|bacterial|traumatic)"
        r" (?:cause|origin|onset|etiology|course)\b",
        r"\b(?:involving|reaching|extending (?:to|into)|invading|exposing) (?:the )?(\w{3,20})\b",
        rf"\b({_MANY})-(?:vessel|level|segment|lobe|stage|part|column)\b",
    )
)
_HISTORY = re.compile(r"\b(history|episode|bout|attack|recurrence|relapse) of (?:an? |the )?$", re.IGNORECASE)
_ACTIVITY = frozenset({"active", "inactive", "ongoing", "resolved", "resolving", "persistent", "persisting"})


def details_are_documented(reading: Reading) -> Iterator[Finding]:
    """R-13, R-21: a yes/no tells nothing of a condition that neither a term nor a finding says of it."""
    query, question = reading.query, reading.question
    if query.response_type != "yes_no" or query.category == "clinical_validation" or question is None:
        return
    known = stems_of(" ".join((*(entry.term for entry in query.documented), *(_shown(reading)))))
    for span, severity in (*_before_a_name(reading, question, known), *_behind_a_name(question, known)):
        message = "The question tells a detail of the condition that the record does not hold."
        suggestion = "Ask about what is documented, as it is documented; ask openly for more detail."
        timing = query.category == "present_on_admission"
        for rule in ("R-21", "R-13") if timing else ("R-13",):
            yield graded(severity, rule, question.field, message, suggestion, span)
        return


def something_documented_is_named(reading: Reading) -> Iterator[Finding]:
    """R-14: a yes/no about a finding names it, as a provider or a report documents it; else it asks for a condition."""
    query, question = reading.query, reading.question
    if query.response_type != "yes_no" or query.category != "significance" or question is None:
        return
    named = stems_of(" ".join(entry.term for entry in query.documented))
    reports = reading.knowledge.vocabulary("interpreted_report") | reading.knowledge.vocabulary("report")
    if not stems_of(question.text) & named and not bag(question.text) & reports:
        message = "The question names nothing that is documented: it asks for a condition."
        yield block("R-14", "question", message, "Ask openly, or offer balanced choices.")


def _shown(reading: Reading) -> Iterator[str]:
    for row in reading.rows:
        yield f"{row.text} {row.source or ''}"


def _before_a_name(reading: Reading, question: Passage, known: frozenset[str]) -> Iterator[tuple[Span, Severity]]:
    """Yield the details that stand right before a word of a documented term, with how grave they are."""
    knowledge = reading.knowledge
    finer = knowledge.words_of("finer", "specificity", "finer_asked")
    details = finer | knowledge.vocabulary("told_detail")
    if reading.query.category == "status":
        details -= _ACTIVITY
    called = reading.other_names
    named = stems_of(" ".join(word for term in reading.provider_terms for word in bag(term) if len(word) >= _SHORT))
    for place, word in enumerate(question.words):
        if word.text not in details or word.text in called or stems_of(word.text) <= known:
            continue
        if _names_next(question.words[place + 1 :], details, named):
            yield (word.start, word.end), "block" if word.text in finer else "review"
    for word in question.words:
        before = _HISTORY.search(question.text, max(0, word.start - _NEAR), word.start)
        if before is not None and stems_of(word.text) & named and not stems_of(before.group(1)) <= known:
            yield (before.start(), word.end), "review"


def _names_next(following: Sequence[Word], details: frozenset[str], named: frozenset[str]) -> bool:
    """Tell whether the next word that is no further detail and no number is one of a documented term."""
    for word in following:
        if word.text in details or word.text.isdigit():
            continue
        return len(word.text) >= _SHORT and bool(stems_of(word.text) & named)
    return False


def _behind_a_name(question: Passage, known: frozenset[str]) -> Iterator[tuple[Span, Severity]]:
    """Yield what is told behind a name: its course, its sides, its number."""
    for form in _BEHIND:
        for found in form.finditer(question.text):
            if not stems_of(found.group(1)) <= known and question.authored(found.start()):
                yield found.span(), "review"
