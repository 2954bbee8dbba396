"""Comments in a row, told by their form: words that judge, what no chart says, counts of the house (R-07, R-19)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from compliance.findings import block, review
from compliance.knowledge import Knowledge
from compliance.rows import Row
from compliance.text import Span, Word, inside, quotations, words
from compliance.weighing import row_text
from schemas.check import Finding

QUOTE_IT = "Give the value alone, or quote the source word for word and mark it as quoted."
_NEAR = 4  # signs before a word that tell whether a sentence begins with it
# "Our 3rd of the quarter", "limit is 2", "2nd on our unit": cases of the house, not of the patient.
_HOUSE_COUNT = re.compile(
    r"\b(?:\d{1,3}(?:st|nd|rd|th)|first|second|third|fourth|fifth|another)\b[^,;]{0,30}"
    r"\b(?:quarter|fiscal year|reporting period"
    r"|(?:on|for|in|at) (?:our|this) (?:unit|ward|floor|service|hospital|site))\b"
    r"|\b(?:limit is|limit of|quota|benchmark) ?\d|\bper (?:1,?000|10,?000|100) (?:patient|device|line|catheter)\b",
    re.IGNORECASE,
)
# Without one of these no case of the house is counted.
_OF_THE_HOUSE = (
    *("quarter", "fiscal", "reporting", "unit", "ward", "floor", "service", "hospital", "site"),
    *("limit", "quota", "benchmark", "per "),
)
# "Favouring", "minimising", "labelled", "centre", "behaviour".
_BRITISH = tuple(
    (re.compile(british), american)
    for british, american in (
        (r"(?<=[a-z]{2})our(?=(?:s|ed|ing|able|ably|ite|ful|less|al|er|ers|hood)?$)", "or"),
        (r"(?<=[a-z]{3})is(?=(?:e|es|ed|ing|er|ers|ation|ations)$)", "iz"),
        (r"(?<=[a-z]{2}[aeiou])ll(?=(?:ed|ing|er|ers)$)", "l"),
        (r"(?<=[a-z]{2}[tb])re$", "er"),
        (r"(?<=[a-z]{3})yse(?=[srd]?$)", "yze"),
    )
)
# Findings are noted without articles: a comma and "a", "an", "the" begin what the author takes a finding for. Prose
# tells with a verb.
_COMMENTS = (
    (
        re.compile(
            r"[,;] (?:a|an|the) (?!(?:home|same|next|other|first|second|third|last|rest|left|right|highest|lowest"
            r"|longest|largest|smallest|day|night|following)\b)[a-z](?![^,;.]{0,60}\b(?:was|were|had|then)\b)",
            re.IGNORECASE,
        ),
        "Behind the finding stands what it is taken for.",
    ),
    (
        re.compile(
            r"\b(?:no|not|never|nowhere|without|nobody|no one)\b(?:\W{1,3}\w{1,20}){0,3}\W{1,3}(?:notes?"
            r"|charts?|charted|documentation|documented|diagnos\w{1,6}|addressed|mention\w{0,4}|explain\w{0,3}|explanation|provider|physician|doctor|coded"
            r"|considered|acted)\b",
            re.IGNORECASE,
        ),
        "The indicator says what the chart does not.",
    ),
)
# The forms in which English judges: "recklessly", "careless", "pitiful", "unquestioned", "inexcusable", "misjudged".
_JUDGING_FORM = re.compile(
    r"[a-z]{3,}ly|[a-z]{3,}less|[a-z]{3,}ful|mis[a-z]{4,}|over[a-z]{4,}|under[a-z]{4,}"
    r"|un[a-z]{3,}(?:ed|en)|(?:un|in|ir|im)[a-z]{3,}[ai]ble"
)


def spelled_as_american(word: str) -> str:
    """Return a word as American English spells it, which is the English that the list of everyday words has."""
    for british, american in _BRITISH:
        word = british.sub(american, word)
    return word


def no_row_comments_on_itself(row: Row, _knowledge: Knowledge) -> Iterator[Finding]:
    """R-07: behind a finding stands neither what it is taken for nor what the chart does not say of it."""
    if row.quoted:
        return
    quoted = quotations(row.value)
    for form, message in _COMMENTS:
        found = form.search(row.value)
        if found is not None and not inside(found.start(), quoted):
            yield review("R-07", "value", message, QUOTE_IT, found.span())


def no_row_sounds_commenting(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-07: an indicator sounds as findings do, not as what authors say of them (row_weights.json.gz)."""
    if knowledge.row_weights.sounds_leading(row_text(row.name, row.value, row.unit, quoted=row.quoted)):
        field, text = row.own[-1]
        message = "The indicator as a whole sounds like a comment, not like a finding."
        yield review("R-07", field, message, QUOTE_IT, (0, len(text)))


def no_word_judges(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-07: a word of a form in which English judges says where, when or how, or it is the author's."""
    for span in () if row.quoted else _judging(row.value, knowledge):
        message = "The form of the word is one of judgments, and the check does not know it as a finding."
        yield review("R-07", "value", message, QUOTE_IT, span)


def _judging(text: str, knowledge: Knowledge) -> Iterator[Span]:
    quoted = quotations(text)
    for word in words(text):
        if (
            _JUDGING_FORM.fullmatch(word.text)
            and word.text not in knowledge.forms_of_findings
            and spelled_as_american(word.text) in knowledge.language.ordinary
            and not inside(word.start, quoted)
            and not _is_a_name(text, word)
        ):
            yield word.start, word.end


def _is_a_name(text: str, word: Word) -> bool:
    """Tell whether a word with a capital stands within a sentence: somebody's or something's name."""
    before = text[max(0, word.start - _NEAR) : word.start].rstrip()
    return text[word.start].isupper() and bool(before) and before[-1] not in ".:;"


def no_row_counts_for_the_house(row: Row, _knowledge: Knowledge) -> Iterator[Finding]:
    """R-19: no finding is a count of the house."""
    for name, text in row.own:
        for span in _house_counts(text):
            message = "The indicator counts cases of the house."
            yield block("R-19", name, message, "Show the finding of this patient alone.", span)


@lru_cache(maxsize=4096)
def _house_counts(text: str) -> tuple[Span, ...]:
    if not any(word in text.lower() for word in _OF_THE_HOUSE):
        return ()
    return tuple(found.span() for found in _HOUSE_COUNT.finditer(text))
