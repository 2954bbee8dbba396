"""Whether a wording is approved for this record: the pattern fits, and each slot holds what the record documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from compliance.knowledge import Knowledge, Stem
from compliance.patterns import compiled
from compliance.text import bag

if TYPE_CHECKING:
    from compliance.reading import Reading


# A stem that does not say so itself is no yes/no question.
_WITHOUT_YES_NO = frozenset({"open_ended", "multiple_choice"})


def approves_question(reading: Reading) -> bool:
    """Tell whether the question has the wording of an approved stem, for this category, filled from this record."""
    question = reading.query.question.strip()
    if not question or len(question) > reading.knowledge.limits.question_characters:
        return False
    return any(_allowed(stem, reading) and _fits(stem.text, question, reading) for stem in reading.knowledge.stems)


def _allowed(stem: Stem, reading: Reading) -> bool:
    query = reading.query
    return (not stem.categories or query.category in stem.categories) and (
        query.response_type in (stem.response_types or _WITHOUT_YES_NO)
    )


def approves_sentence(reading: Reading, place: str, sentence: str) -> bool:
    """Tell whether one sentence of context or footer is approved wording."""
    if len(sentence) > 2 * reading.knowledge.limits.question_characters:
        return False
    return any(entry.place == place and _fits(entry.text, sentence, reading) for entry in reading.knowledge.approved)


def approves_message(sentence: str, knowledge: Knowledge) -> bool:
    """Tell whether one sentence of a message is approved wording. No slot of a message is filled from a record."""
    if len(sentence) > knowledge.limits.question_characters:
        return False
    return any(
        entry.place == "message" and _closed(compiled(entry.text).fillers(sentence), knowledge)
        for entry in knowledge.approved
    )


def _closed(fillers: tuple[tuple[str, str], ...] | None, knowledge: Knowledge) -> bool:
    return fillers is not None and all(
        slot == "office" and bag(content) <= knowledge.vocabulary("office") for slot, content in fillers
    )


def _fits(wording: str, text: str, reading: Reading) -> bool:
    fillers = compiled(wording).fillers(text)
    return fillers is not None and all(_holds(slot, content, reading) for slot, content in fillers)


def _holds(slot: str, content: str, reading: Reading) -> bool:
    verify = _SLOTS.get(slot)
    return verify is not None and verify(reading, content)


def _documented(reading: Reading, content: str) -> bool:
    return reading.documents(content)


def _finding(reading: Reading, content: str) -> bool:
    return reading.neutral(content) or reading.documents(content)


def _treatment(reading: Reading, content: str) -> bool:
    rest = bag(content) - reading.record_words - reading.topic_words
    return all(word.isdigit() for word in rest)


def _procedure(reading: Reading, content: str) -> bool:
    return reading.documents(content) or _treatment(reading, content)


def _only(vocabulary: str) -> Callable[[Reading, str], bool]:
    def verify(reading: Reading, content: str) -> bool:
        return bag(content) <= reading.knowledge.vocabulary(vocabulary) | {"and", "or"}

    return verify


def _source(reading: Reading, content: str) -> bool:
    return bag(content) <= reading.knowledge.vocabulary("source") | {"h", "p"}


def _reported(reading: Reading, content: str) -> bool:
    asked = bag(content)
    return any(asked <= bag(entry.term) and "report" in bag(entry.source or "") for entry in reading.query.documented)


def _reference_name(reading: Reading, content: str) -> bool:
    words = bag(content)
    return any(len(word) == 4 and word.isdigit() for word in words) and not words & reading.knowledge.vocabulary(
        "commentary"
    )


def _month(_reading: Reading, content: str) -> bool:
    parts = content.split("/")
    return len(parts) == 2 and all(part.isdigit() for part in parts)


_SLOTS: Mapping[str, Callable[[Reading, str], bool]] = {
    "documented": _documented,
    "finding": _finding,
    "treatment": _treatment,
    "procedure": _procedure,
    "axis": _only("axis"),
    "credential": _only("credential"),
    "office": _only("office"),
    "source": _source,
    "reported": _reported,
    "reference_name": _reference_name,
    "month": _month,
}
