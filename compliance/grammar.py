"""How sentences of the controlled language are built, told by their words alone: see language.py."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from string import ascii_lowercase

from compliance.dates import DAY_FIRST, MONTH_FIRST
from compliance.text import Span, Word, inside, quotations, words

BE = frozenset({"is", "are", "was", "were", "be", "been"})
_STANDING = (("it", "stands"), ("it", "stood"), ("this", "stands"))
_STOOD = frozenset({"stands", "stood"})
_MEASURED_HOW = frozenset({"many", "much", "long", "often", "if", "far", "would"})
ARGUING = frozenset(
    {"how", "why", "given", "since", "because", "considering", "seeing", "knowing", "although", "though"}
)
_REASONING = ARGUING - {"how", "why", "since"}
_PASSIVE_REACH = 8
# With one of these a question begins that no other form explains.
_INVERTED = frozenset({"would", "should", "could", "can", "will", "may", "does", "do", "did"})
# Before one of these a verb that asks is the name of a paper: "record completion", "note of 05/05", "state of".
_OF_PAPER = frozenset({"of", "completion", "dated", "from"})
_SINCE = re.compile(rf"\s*(?:\d{{1,2}}/\d|{DAY_FIRST}|{MONTH_FIRST})", re.IGNORECASE)
# How the reader judges something may be asked; how somebody else did, or what to do, may not.
JUDGING = frozenset({"interpret", "classify", "describe", "characterize", "characterise", "grade", "assess", "judge"})
ADDRESSED = (("do", "you"), ("would", "you"), ("did", "you"), ("can", "you"), ("could", "you"))
LEADING_IN = frozenset({"for", "in", "on", "at", "to", "from", "with", "by", "of", "during"})
REACH = 9
_DIGITS = frozenset("0123456789")


def spoken_words(text: str) -> tuple[Sequence[Word], Sequence[str]]:
    """Return the words of a text outside quotations, with their places and by themselves."""
    quoted, read = quotations(text), words(text)
    if not quoted:
        return read, read.texts
    spoken = tuple(word for word in read if not inside(word.start, quoted))
    return spoken, tuple(word.text for word in spoken)


def shortened(word: str) -> Iterator[str]:
    """Yield a word, and the word without one of its letters."""
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]


def one_letter_apart(word: str) -> Iterator[str]:
    """Yield the words that differ from a lower-case word by one letter: left out, added, changed or exchanged."""
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in ascii_lowercase:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]


def within(span: Span, spoken: Sequence[Word], held: Iterable[range]) -> bool:
    """Tell whether all words of a span belong to one phrase that is neutral as a whole."""
    first, last = (bisect_left(spoken, place, key=lambda word: word.start) for place in span)
    return any(phrase.start <= first and last <= phrase.stop for phrase in held)


def says_since_when(text: str, span: Span) -> bool:
    """Tell whether a phrase that may push only says since when: "followed from 03/06"."""
    return bool(_SINCE.match(text, span[1])) and text[: span[1]].endswith(" from")


def dates_from(text: str, word: Word) -> bool:
    """Tell whether "since" only gives a date: "since 03/06"; behind it a reason needs other words."""
    return word.text == "since" and bool(_SINCE.match(text, word.end))


def names_paper(tokens: Sequence[str], place: int) -> bool:
    """Tell whether a word that may ask is a noun here."""
    return not _OF_PAPER.isdisjoint(tokens[place + 1 : place + 2])


def inverted(tokens: Sequence[str], taken: frozenset[int]) -> bool:
    """Tell whether a word with which a question begins stands outside the phrases that are neutral as a whole."""
    return any(token in _INVERTED and place not in taken for place, token in enumerate(tokens))


def gives_reason(tokens: Sequence[str], place: int) -> bool:
    """Tell whether a clause begins like a reason ("given the drug"), not like a fact ("given on 03/02")."""
    following = tokens[place + 1 : place + 2]
    factual = bool(following) and (following[0] in LEADING_IN or following[0].isdigit())
    return tokens[place] in _REASONING and not factual


def asks_how(tokens: Sequence[str], place: int) -> bool:
    """Tell whether "how ..." asks for a number or for what was done, and does not tell what did it."""
    following = tokens[place + 1 : place + 2]
    if tuple(tokens[place + 1 : place + 3]) in ADDRESSED and not JUDGING.isdisjoint(tokens[place + 3 : place + 5]):
        return True
    if tuple(tokens[place + 1 : place + 3]) in _STANDING or not _STOOD.isdisjoint(tokens[place + 1 : place + REACH]):
        return True
    if (following and following[0] in _MEASURED_HOW) or "relates" in tokens or "relate" in tokens:
        return True
    return not BE.isdisjoint(tokens[place + 1 : place + 1 + _PASSIVE_REACH])


def measured(word: str) -> bool:
    """Tell whether a word is a number, alone or with a unit, a dose or a position (40mg, x3, l4, 3b)."""
    return word.isdigit() or (len(word) <= 8 and not _DIGITS.isdisjoint(word))
