"""Where findings and documented terms stand: in documents of the patient's record, by what such documents are called.

What only sounds like a document ("AI summary", "payer file", "query system") holds a word that no document is called
by. A hospital adds its own words (`Knowledge.extended`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from compliance.findings import graded, review
from compliance.knowledge import Knowledge
from compliance.reading import Reading
from compliance.text import bag
from schemas.check import Finding
from schemas.vocabulary import Severity

# What somebody said is no document, whatever it is called.
_SPOKEN = frozenset({"verbal", "oral", "spoken"})
_BESIDE_SPOKEN = _SPOKEN | {"report", "reports", "communication", "by", "per"}
_NAME_IT = "Name the document: laboratory, flowsheet, note or report."


def sources_are_documents(reading: Reading) -> Iterator[Finding]:
    """R-06: each source is a document of the record, which an auditor can open; the office's own papers are none."""
    for place, row in enumerate(reading.rows):
        yield from _judged(reading, f"indicators[{place}].source", row.source, "block")
    for place, entry in enumerate(reading.query.documented):
        yield from _judged(reading, f"documented[{place}].source", entry.source, "review")


def _judged(reading: Reading, field: str, source: str | None, vague: Severity) -> Iterator[Finding]:
    """Judge one source; `vague`: how grave it is that it names no document at all. That there is none: evidence.py."""
    said = bag(source or "")
    if source is None or not said:
        return
    if (
        said <= reading.knowledge.vocabulary("vague_source")
        or _only_spoken(said)
        or _is_people(reading.knowledge, said)
    ):
        yield graded(vague, "R-06", field, "The source names no document of the record.", _NAME_IT)
    elif said & reading.knowledge.vocabulary("office_source") - _clinical_here(reading.knowledge, said):
        yield review("R-06", field, "What the office or a reference wrote is no document of the record.", _NAME_IT)
    elif "?" in source or not reading.knowledge.documents.names(source):
        yield review("R-06", field, "Whether the source is a document of the record cannot be told.", _NAME_IT)


def _only_spoken(said: frozenset[str]) -> bool:
    """Tell whether a source is what somebody said ("verbal report")."""
    return bool(said & _SPOKEN) and said <= _BESIDE_SPOKEN


def _is_people(knowledge: Knowledge, said: frozenset[str]) -> bool:
    """Tell whether a source is people ("per trauma team") or their word ("verbal from OR"), and no document."""
    people = said & (_SPOKEN | knowledge.vocabulary("group_of_people"))
    return bool(people) and said.isdisjoint(knowledge.vocabulary("document"))


def _clinical_here(knowledge: Knowledge, said: frozenset[str]) -> frozenset[str]:
    """Return the words of the office that here are part of a document's name ("reference laboratory")."""
    pairs = _pairs(knowledge.vocabulary("office_word_beside"))
    return frozenset([word for word in said if not said.isdisjoint(pairs.get(word, ()))])


@lru_cache(maxsize=8)
def _pairs(listed: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Return for each word of a list of pairs ("reference/laboratory") those beside which it is named."""
    beside: dict[str, frozenset[str]] = {}
    for pair in listed:
        word, _, other = pair.partition("/")
        beside[word] = beside.get(word, frozenset()) | {other}
    return beside
