"""What a quotation beside the question holds: nothing that the record lacks, no word of money (R-35, R-18, R-19)."""

from __future__ import annotations

from collections.abc import Iterator

from compliance.dates import DATE_OR_CLOCK
from compliance.entries import Wording
from compliance.findings import review
from compliance.phrases import Hit
from compliance.reading import Passage, Reading
from compliance.text import bag, sentence_at
from compliance.wording import harmless, part_of_a_neutral_phrase
from schemas.check import Finding

# How a record says that somebody says something, and who.
_SAYING = frozenset({"claim", "claims", "denial"})
_SPEAKERS = frozenset(
    {
        *("pt", "patient", "he", "she", "mother", "father", "wife", "husband", "son", "daughter", "family", "spouse"),
        *("parent", "parents", "partner", "sister", "brother", "caregiver", "driver", "roommate", "friend", "who"),
    }
)
_NEAR = 8


def quotations_hold_nothing_new(reading: Reading) -> Iterator[Finding]:
    """R-35: what a quotation beside the question names stands in the record too, and speaks of no money or score."""
    for text in (reading.context, reading.footer):
        if text is not None and text.quoted:
            yield from _quoted_anew(reading, text)


def _quoted_anew(reading: Reading, text: Passage) -> Iterator[Finding]:
    for hit in reading.knowledge.term_index.find(text.text, text.words, overlapping=False):
        known = hit.payload.concept in reading.documented_concepts
        if not (text.authored(hit.start) or known or _is_cited(reading, text, hit.start)):
            message = "The quotation names a diagnosis that is not among the documented terms."
            yield review("R-35", text.field, message, "Check the quotation against its source.", (hit.start, hit.end))
    for said in reading.knowledge.quoted_wordings.find(text.text, text.words):
        if not text.authored(said.start):
            lexicon = said.payload.lexicon
            yield review(lexicon.rule, text.field, lexicon.message, lexicon.suggestion, (said.start, said.end))
    for wording in reading.knowledge.wordings.find(text.text, text.words):
        if text.authored(wording.start) or harmless(reading, text, wording) or _of_the_ward(reading, text, wording):
            continue
        if wording.payload.lexicon.rule in ("R-18", "R-19"):
            lexicon = wording.payload.lexicon
            yield review(lexicon.rule, text.field, lexicon.message, lexicon.suggestion, (wording.start, wording.end))


def _is_cited(reading: Reading, text: Passage, place: int) -> bool:
    """Tell whether a quotation of a dated document stands where no new condition is sought: the record speaks."""
    around = sentence_at(text.text, place)
    if reading.asks_for_new_condition or around is None:
        return False
    said = text.text[slice(*around)]
    return bool(DATE_OR_CLOCK.search(said)) and not bag(said).isdisjoint(reading.knowledge.vocabulary("source"))


def _of_the_ward(reading: Reading, text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether a quoted word means no money: a charge nurse, and what a patient claims or is said to deny."""
    if part_of_a_neutral_phrase(reading, text, hit):
        return True
    before = text.words[max(0, hit.first - _NEAR) : hit.first]
    return hit.payload.phrase in _SAYING and any(word.text in _SPEAKERS for word in before)
