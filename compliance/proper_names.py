"""Names that stand for a disease by themselves, and names that nobody knows: neither comes from the author (R-03).

"Please clarify the Addison findings" presumes a disease with a word that is in no list of diagnoses. So eponyms are
listed, and any other word that is written as a name must be known, or stand in this record.
"""

from __future__ import annotations

from collections.abc import Iterator

from compliance.findings import review
from compliance.people import named_by_form, people
from compliance.reading import Passage, Reading
from compliance.text import Word, bag, inside, sentences
from schemas.check import Finding

_LEAST = 3  # letters; shorter capitals are units and sides
_RULES = {"title": "R-02"}


def names_stand_in_the_record(reading: Reading) -> Iterator[Finding]:
    """R-03, R-02: title, context and question hold no eponym and no unknown name that is not the record's own."""
    eponyms = reading.knowledge.vocabulary("eponym")
    for text in reading.prose:
        for word in _named(reading, text):
            if reading.approved(text.field, word.start) or reading.cites(text.field, word.start):
                continue
            if word.text in eponyms or text.field != "footer":
                message = "The text holds a name that neither the record nor a list of neutral names has."
                suggestion = "Name what is documented, as it is documented, or describe the findings."
                yield review(_RULES.get(text.field, "R-03"), text.field, message, suggestion, (word.start, word.end))


def _named(reading: Reading, text: Passage) -> Iterator[Word]:
    """Yield the eponyms of a text, and its words that are written as names and known to nobody."""
    eponyms = bag(text.text) & reading.knowledge.vocabulary("eponym")
    if (not eponyms and text.text[1:].islower()) or (text.field == "question" and reading.question_is_approved):
        return
    everyday = reading.knowledge.language.ordinary
    begins = {span[0] for span in sentences(text.text)}
    persons, places = people(text.text), named_by_form(text.text)
    for word in text.words:
        written = text.text[word.start : word.end]
        as_a_name = word.start not in begins and written[0].isupper()
        eponym = word.text in eponyms and (as_a_name or word.text not in everyday)
        if not eponym and not (as_a_name and _unknown(reading, written)):
            continue
        own = word.text in reading.shown_words or not text.authored(word.start)
        if not (own or inside(word.start, persons) or inside(word.start, places)):
            yield word


def _unknown(reading: Reading, written: str) -> bool:
    """Tell whether no list knows a name: neither a neutral nor a clinical word, nor a plain name."""
    word = written.lower()
    if len(word) < _LEAST or not written.isalpha():
        return False
    knowledge = reading.knowledge
    listed = knowledge.words_of("named_measure", "plain_name", "allowed_capitals", "credential")
    known = (knowledge.language.known, knowledge.language.ordinary, knowledge.language.clinical, listed)
    return not any(word in words for words in known)
