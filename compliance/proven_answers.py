"""Which neutral answers of a query are proven, word by word, to say what their kind means and nothing beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.text import bag
from schemas.check import CheckOption

if TYPE_CHECKING:
    from compliance.reading import Reading


def proves(reading: Reading, option: CheckOption) -> bool:
    """Tell whether an option is a neutral answer that the grammar of its kind derives, filled from this record."""
    knowledge = reading.knowledge
    plain = knowledge.shorthand.written_out(option.text)
    return knowledge.answer_grammar.derives(option.kind, plain, lambda word: _names_its_matter(reading, word))


def _names_its_matter(reading: Reading, word: str) -> bool:
    """Tell whether a word is one of the question, of the record, or of a clinical answer that is offered."""
    return (
        word in reading.asked_words
        or word in reading.record_words
        or word in reading.other_names
        or any(word in bag(option.text) for _, option in reading.clinical_options)
        or _calls_the_documented(reading, word)
    )


def _calls_the_documented(reading: Reading, word: str) -> bool:
    """Tell whether a word is how charts call a documented condition ("AF")."""
    hits = reading.knowledge.recorded_index.find(word)
    return any(hit.payload.concept in reading.documented_concepts for hit in hits)
