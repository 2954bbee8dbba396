"""What points at an answer without a leading word: by its number or place, by filling it in, by a price on the others.

Such sentences are made of neutral words, so the controlled language proves them; their construction gives them away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from compliance.findings import block, review
from compliance.knowledge import Knowledge
from compliance.reading import Reading
from compliance.rows import Row
from compliance.text import Span, bag, inside, plain, quotations
from schemas.check import Finding

_NOUN = r"(?:options?|answers?|choices?|responses?|repl(?:y|ies)|boxes|box|buttons?)"
_COUNTED = r"(?:questions?|queries|hours?|days?|weeks?|business|working|calendar|minutes?|items?|am|pm|times?)"
_NUMBER = r"(?:one|two|three|four|five|six|[1-9]|[b-f])"
_PLACE = r"(?:first|second|third|fourth|fifth|last|top|upper|uppermost|lower|lowest|middle|bottom|1st|2nd|3rd|4th)"
_POINTED = re.compile(
    rf"(?<!one )(?<!an )(?<!any )(?<!your )(?<!his )(?<!her )\b{_NOUN} (?:\| )?"
    rf"(?:no |number |is |was |as |equals |to be )?{_NUMBER}(?! {_COUNTED})(?!(?<=one) {_NOUN})(?= (?!of\b)|$)"
    rf"|\b{_PLACE} (?:two |three |listed |shown )?{_NOUN}\b(?! (?:to|of|by|from|in|on|stays|remains|is kept)\b)"
    rf"|\b(?:reply|answer|respond|select|mark|choose|pick|tick|write|enter|put) (?:with )?(?:yes|option|box)\b(?! or\b)"
    rf"|\b(?:expected|wanted|preferred|desired|correct|right|best) {_NOUN} (?:is|was|\d)"
)
# Without one of these `_POINTED` matches nowhere: each of its forms ends in a word for an answer, or in "yes".
_ANSWER_WORDS = frozenset(
    {
        *("option", "options", "answer", "answers", "choice", "choices", "response", "responses"),
        *("reply", "replies", "box", "boxes", "button", "buttons", "yes"),
    }
)
_FILLED = re.compile(
    r"\b(?:answer|answers|option|form|box|addendum|reply|response|entry|note)\b[^|]{0,40}\b(?:entered|written|prepared"
    r"|prefilled|completed|filled|marked|saved|signed|recorded|answered|selected|chosen)\b[^|]{0,30}\b(?:for you"
    r"|automatically|by default|on your behalf|in advance|beforehand)\b"
    r"|\bautomatically\b[^|]{0,30}\b(?:answered|saved|entered|recorded|selected|marked|signed)\b"
    r"|\bunanswered\b[^|]{0,50}\b(?:as|saved|counted|recorded)\b"
)
_PRICED = re.compile(
    r"(?:^| )(?:any other answer|other answers|answers? other than|a reply of unable|unable to determine|undetermined"
    r"|unanswered|no reply|no answer)\b[^|]{0,40}\b(?:requires?|needs?|will be|are|is) (?!stored|filed|accepted"
    r"|acceptable|complete|closed|valid|a complete|also|equally|kept|preferred|expected|sought|desired|anticipated"
    r"|implied|included|favou?red|wanted|looked for|hoped for|weighted|steered|singled out|right|wrong)"
)


def no_answer_is_pointed_at(reading: Reading) -> Iterator[Finding]:
    """R-11: nothing tells which answer to give by its number, its place or its word."""
    for text in reading.prose:
        yield from _pointing(text.field, _pointed(text.text))


def no_row_points_at_an_answer(row: Row, _knowledge: Knowledge) -> Iterator[Finding]:
    """R-11: neither does a finding."""
    for name, shown in row.parts:
        if name != "source":
            yield from _pointing(name, _pointed(shown))


def _pointing(field: str, spans: Iterable[Span]) -> Iterator[Finding]:
    for span in spans:
        message = "The text points at an answer."
        suggestion = "Let every answer stand for itself; name none by number or place."
        yield block("R-11", field, message, suggestion, span)


def answers_are_left_to_the_provider(reading: Reading) -> Iterator[Finding]:
    """R-32, R-11: no text says that an answer is given for the provider, or that some answers cost more."""
    for text in reading.prose:
        filled, priced = _settled(text.text)
        for span in filled:
            message = "The text says that an answer is filled in for the provider."
            yield review("R-32", text.field, message, "Leave the answer to the provider.", span)
        for span in priced:
            message = "The text puts a price on some answers."
            yield review("R-11", text.field, message, "Let every answer cost the same.", span)


@lru_cache(maxsize=4096)
def _pointed(text: str) -> tuple[Span, ...]:
    """Return where a text points at an answer: never without a word for one."""
    return () if _ANSWER_WORDS.isdisjoint(bag(text)) else tuple(_spoken(text, _POINTED))


@lru_cache(maxsize=512)
def _settled(text: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return where a text says that answers are filled in, and where that some of them cost more."""
    return tuple(_spoken(text, _FILLED)), tuple(_spoken(text, _PRICED))


def _spoken(text: str, construction: re.Pattern[str]) -> Iterator[Span]:
    """Yield where a construction stands in the author's own voice; patterns read the plain line of words."""
    read = plain(text)
    line = read.line.strip()
    for found in construction.finditer(line):
        first = len(line[: found.start()].replace("|", " ").split())
        last = first + max(1, len(found.group().replace("|", " ").split())) - 1
        start, end = read.spans[min(first, len(read.spans) - 1)][0], read.spans[min(last, len(read.spans) - 1)][1]
        if not inside(start, quotations(text)):
            yield start, end
