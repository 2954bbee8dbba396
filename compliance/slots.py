"""Whether a wording is approved for this record: the pattern fits, and each slot holds what the record documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from compliance.knowledge import Knowledge
from compliance.patterns import Fillers
from compliance.text import bag

if TYPE_CHECKING:
    from compliance.reading import Reading


def approves_question(reading: Reading) -> bool:
    """Tell whether the question has the wording of an approved stem, for this category, filled from this record."""
    question = reading.query.question.strip()
    if not question or len(question) > reading.knowledge.limits.question_characters:
        return False
    worded = reading.knowledge.approvals.stems(question, reading.query.category, reading.query.response_type)
    return any(_filled(fillers, reading) for fillers in worded)


def approves_sentence(reading: Reading, place: str, sentence: str) -> bool:
    """Tell whether one sentence of context or footer is approved wording."""
    if len(sentence) > 2 * reading.knowledge.limits.question_characters:
        return False
    return any(_filled(fillers, reading) for fillers in reading.knowledge.approvals.approved(place, sentence))


def approves_message(sentence: str, knowledge: Knowledge) -> bool:
    """Tell whether one sentence of a message is approved wording. No slot of a message is filled from a record."""
    if len(sentence) > knowledge.limits.question_characters:
        return False
    office = knowledge.vocabulary("office")
    return any(
        all(slot == "office" and bag(content) <= office for slot, content in fillers)
        for fillers in knowledge.approvals.approved("message", sentence)
    )


def _filled(fillers: Fillers, reading: Reading) -> bool:
    return all(_holds(slot, content, reading) for slot, content in fillers)


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
