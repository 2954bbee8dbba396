"""Whether a text says that findings were left out, or that only the striking ones are shown (R-07)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from compliance.findings import block
from compliance.grammar import BE
from compliance.knowledge import Knowledge
from compliance.reading import Reading
from compliance.rows import Row
from compliance.text import Span, Word, bag, sentences, words
from schemas.check import Finding

_NOT = frozenset({"not", "never", "neither", "nor", "without", "longer"})
# What surgery and omission have in common; one finding or value beside a thing that is excised is not what was removed.
_TAKEN_UP = re.compile(r"\btaken (?:up|over)\b", re.IGNORECASE)  # into a note: it is shown
_EXCISED = frozenset({"removed", "cut", "excluded"})
_BESIDE = 5  # words
_DETAILS = frozenset({"purpose", "reason", "indication"})
_SINGLE = frozenset({"finding", "result", "reading", "value", "check", "test"})
_ANSWERS = frozenset({"answer", "answers", "option", "options", "choice", "choices", "reply", "response", "responses"})


def nothing_left_out(reading: Reading) -> Iterator[Finding]:
    """R-07: no text says that normal or contrary findings were left out, or that only the striking ones are shown."""
    for text in reading.prose:
        for span in sentences(text.text):
            if text.authored(span[0]) and _leaves_out(reading, text.text[slice(*span)]):
                yield _left_out(text.field, span)


def no_row_leaves_out(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-07: no name or value says that others are not shown."""
    for name, shown in row.own:
        if _leaves_out_of_values(knowledge, shown):
            yield _left_out(name, (0, len(shown)))


def _left_out(field: str, span: Span) -> Finding:
    message = "The text says that findings were left out."
    return block("R-07", field, message, "Show the findings that point the other way too.", span)


def _leaves_out(reading: Reading, sentence: str) -> bool:
    """Tell whether a sentence of prose says that findings are not shown; what may be answered is no finding."""
    knowledge = reading.knowledge
    said = bag(sentence)
    if _omits(said, knowledge) and not _takes_out_a_thing(knowledge, sentence):
        return True
    chosen = said & knowledge.vocabulary("only_words") and said & knowledge.vocabulary("selected")
    if chosen and said & knowledge.vocabulary("displaying"):
        return True
    about = said & knowledge.vocabulary("omitted") or said & knowledge.vocabulary("shown_noun")
    return bool(about) and not said & _ANSWERS and _unshown(knowledge, sentence)


def _omits(said: frozenset[str], knowledge: Knowledge) -> bool:
    """Tell whether words speak of omission and of what is omitted; organs, lesions and devices are removed, too."""
    omitting, omitted = said & knowledge.vocabulary("omitting"), said & knowledge.vocabulary("omitted")
    if not omitting or not omitted:
        return False
    return not (omitting <= _EXCISED and omitted <= _SINGLE and said & knowledge.vocabulary("excised"))


def _takes_out_a_thing(knowledge: Knowledge, sentence: str) -> bool:
    """Tell whether things alone are taken out, each beside its verb and no finding near ("the line was removed")."""
    found = [word.text for word in words(sentence)]
    omitting, omitted = knowledge.vocabulary("omitting"), knowledge.vocabulary("omitted")
    things = knowledge.vocabulary("excised")
    return all(
        word in _EXCISED
        and not things.isdisjoint((*found[max(0, place - 2) : place], *found[place + 1 : place + 3]))
        and omitted.isdisjoint(found[max(0, place - _BESIDE) : place + _BESIDE])
        for place, word in enumerate(found)
        if word in omitting
    )


def _leaves_out_of_values(knowledge: Knowledge, text: str) -> bool:
    """Tell whether a name or value says that others are not shown. What was not done or not given is a finding."""
    said = bag(text)
    if said.isdisjoint(knowledge.words_of("contrary", "shown_noun")):
        return False
    contrary, nouns = knowledge.vocabulary("contrary"), knowledge.vocabulary("shown_noun")
    if said & contrary and _unshown(knowledge, text):
        return True
    return bool(said & nouns and said & knowledge.vocabulary("omitting_of_values"))


def _unshown(knowledge: Knowledge, text: str) -> bool:
    """Tell whether a verb of showing stands shortly after a negation."""
    found = words(_TAKEN_UP.sub("", text))
    showing = knowledge.vocabulary("showing")
    places = [
        place for place, word in enumerate(found) if word.text in _NOT and not _lacks_a_detail(knowledge, found[:place])
    ]
    return any(word.text in showing for place in places for word in found[place + 1 : place + 4])


def _lacks_a_detail(knowledge: Knowledge, before: Sequence[Word]) -> bool:
    """Tell whether a detail stands before a negation: a class that is not given is no finding that is left out."""
    subject = next((word.text for word in reversed(before) if word.text not in BE), "")
    return subject in _DETAILS or subject in knowledge.language.lacked
