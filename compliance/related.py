"""What a relation is asked of stands in the record (R-24)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.asked import RELATIONS, stems_of
from compliance.findings import review
from compliance.reading import Passage, Reading
from compliance.text import words
from schemas.check import Finding

# What follows names the other thing of the relation, up to the end of the phrase.
_OTHER_THING = re.compile(
    r"\b(?:complications? of|expected (?:with|after|from|in)|inherent (?:to|in)|integral to|unrelated to|related to"
    r"|relates?,? (?:if at all,? )?to|relationship,? (?:if any,? )?(?:of .{3,80}? )?(?:to|with)|adverse effect of)"
    r" ((?:[a-z0-9'/-]+ ?){1,8})",
    re.IGNORECASE,
)
_BOTH_DOCUMENTED = re.compile(
    r"\band (?:an? |the )?((?:[a-z'-]+ ){1,5})(?:\([^()]{1,20}\) )?(?:are|were) (?:both |all )?"
    r"(?:documented|recorded)\b",
    re.IGNORECASE,
)
_LONG = 4
_OPERATION = re.compile(r"(?:ectomy|oscopy|otomy|ostomy|plasty|centesis)$")


def related_things_are_shown(reading: Reading) -> Iterator[Finding]:
    """R-24: no relation is asked to an operation, a drug or a condition that nothing shown names."""
    if reading.query.category not in RELATIONS or reading.query.response_type == "yes_no":
        return
    texts = [text for text in (reading.question,) if text is not None]
    texts += [reading.option_texts[place] for place, _ in reading.clinical_options]
    known: frozenset[str] | None = None
    for text in texts:
        for start, end in _strange(reading, text):
            if known is None:
                known = _known(reading)
            if not stems_of(text.text[start:end]) & known:
                message = "The relation is asked to something that nothing shown names."
                suggestion = "Show where it is documented, with source and date, or leave it out."
                yield review("R-24", text.field, message, suggestion, (start, end))
                return


def _strange(reading: Reading, text: Passage) -> Iterator[tuple[int, int]]:
    """Yield the words of the other thing that everyday English does not know."""
    things, ordinary = reading.knowledge.vocabulary("related_thing"), reading.knowledge.language.ordinary
    for found in (*_OTHER_THING.finditer(text.text), *_BOTH_DOCUMENTED.finditer(text.text)):
        for word in words(found.group(1)):
            named = word.text in things or word.text not in ordinary or _OPERATION.search(word.text)
            if named and len(word.text) >= _LONG:
                yield found.start(1) + word.start, found.start(1) + word.end


def _known(reading: Reading) -> frozenset[str]:
    terms = (f"{entry.term} {entry.source or ''}" for entry in reading.query.documented)
    rows = (f"{row.text} {row.source or ''}" for row in reading.rows)
    names = reading.knowledge.words_of_concept
    called = (" ".join(names.get(concept, ())) for concept in (*reading.documented_concepts, *reading.shown_concepts))
    of_kinds = (kind.replace("_", " ") for row in reading.rows for kind in row.shown.kinds)
    return stems_of(" ".join((*terms, *rows, *called, *of_kinds, *reading.short_forms)))
