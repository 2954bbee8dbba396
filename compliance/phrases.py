"""Many phrases found in one pass over the words of a text: the longest match at each place.

The words that begin a phrase are few, so that most words of a text cost one look into a table, however many phrases
there are: tens of thousands of names fit no cache of a processor, and an automaton would miss it at each sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, product
from typing import Generic, NamedTuple, TypeVar

from compliance.text import Disguise, Plain, Word, plain

_PLURAL_FROM = 4
_ALTERNATIVES = re.compile(r"\(([^()]*)\)(\?)?")
_PLAIN = re.compile(r"[a-z0-9 ]*")
Payload = TypeVar("Payload")
Payloads = TypeVar("Payloads")
_Found = tuple[int, int, tuple[Payload, ...]]
_Placed = tuple[int, int, int, int, tuple[Payload, ...]]
Sizes = dict[str, tuple[int, ...]]
"""How many words phrases have that begin alike, most first, by their second word; "" where none of these follows."""


class Hit(NamedTuple, Generic[Payload]):
    """A phrase that stands in a text: what it means, its span, and the positions of its first and last word.

    An index of diagnoses also tells whether it is `negated`, or `historical`: only recalled or feared.
    """

    payload: Payload
    start: int
    end: int
    first: int
    last: int
    negated: bool = False
    historical: bool = False


class PhraseIndex(Generic[Payload]):
    """Phrases with a meaning each. Plural forms of the last word are found too.

    Phrases are compared word by word with the plain line of a text, in which `|` ends a clause: so a phrase is never
    found inside a word, and never across the end of a clause.
    """

    def __init__(self, phrases: Iterable[tuple[str, Payload]], *, patterns: bool = False) -> None:
        """`patterns`: each phrase stands for many, as `variants` tells."""
        waiting: dict[str, list[tuple[str, Payload]]] = {}
        for phrase, payload in phrases:
            for begun in _begun(phrase) if patterns else (phrase,):
                for word, line in _beginnings(begun, open_ended=patterns and "(" in begun):
                    waiting.setdefault(word, []).append((line, payload))
        self._waiting = waiting
        self._meanings: dict[str, tuple[Payload, ...]] = {}
        self._sizes: dict[str, Sizes] = {}

    def _open(self, word: str) -> None:
        """Take in the phrases that begin with a word: most never stand in any text, and so are never taken in."""
        meanings: dict[str, tuple[Payload, ...]] = {}
        for line, payload in self._waiting.get(word, ()):
            for form in _spelled(line, word):
                known = meanings.get(form, ())
                meanings[form] = known if payload in known else (*known, payload)
        self._meanings.update(meanings)
        self._sizes.update(sizes_by_beginning(meanings))
        self._waiting.pop(word, None)

    def find(
        self, text: str, found: Sequence[Word] | None = None, *, overlapping: bool = True
    ) -> Iterator[Hit[Payload]]:
        """Return the hits in `text`, whose words are `found`; the longest at each place, one per meaning."""
        if not self._meanings and not self._waiting:
            return iter(())
        read = found if isinstance(found, Plain) else plain(text)
        if found is None or found is read:
            noted: tuple[Hit[Payload], ...] | None = read.found.get((self, overlapping))
            if noted is None:
                noted = tuple(self._searched(read, None, overlapping=overlapping))
                read.found[self, overlapping] = noted
            return iter(noted)
        return self._searched(read, found, overlapping=overlapping)

    def _searched(self, read: Plain, found: Sequence[Word] | None, *, overlapping: bool) -> Iterator[Hit[Payload]]:
        hits = read.found.get(self)
        if hits is None:
            hits = read.found[self] = self._longest(read.tokens)
        hidden = [hit for other in read.disguises for hit in self._hidden(read, other)] if read.disguises else []
        if not hidden and found is None:
            return _in_order(read, hits, overlapping) if hits else iter(())
        placed = [*_placed(read, hits), *hidden]
        if found is not None:
            placed = list(_among(found, placed))
        return _separate(placed, overlapping)

    def _longest(self, tokens: Sequence[str]) -> list[_Found[Payload]]:
        """Return the longest phrase at each place, by the positions of its first and last word in the text."""
        if not self._waiting.keys().isdisjoint(tokens):
            for word in self._waiting.keys() & set(tokens):
                self._open(word)
        hits = longest(tokens, self._meanings, self._sizes)
        if hits and "|" in tokens:
            bars = list(accumulate(word == "|" for word in tokens))
            return [(first - bars[first], last - bars[last], payloads) for first, last, payloads in hits]
        return hits

    def _hidden(self, read: Plain, other: Disguise) -> Iterator[_Placed[Payload]]:
        for first, last, payloads in self._longest(other.tokens):
            span = other.hidden((first, last))
            if span is not None:
                yield *span, *read.between(*span), payloads


def variants(phrase: str) -> Iterator[str]:
    """Yield each phrase that a pattern stands for: `(a|b)` is one of its parts, `(a|b)?` may be missing.

    Parts may hold parts: the innermost are chosen first.
    """
    innermost = tuple(_ALTERNATIVES.finditer(phrase)) if "(" in phrase else ()
    if not innermost:
        yield " ".join(phrase.split())
        return
    parts: list[Sequence[str]] = []
    start = 0
    for found in innermost:
        parts += [phrase[start : found.start()]], _alternatives(found)
        start = found.end()
    for chosen in product(*parts, [phrase[start:]]):
        yield from variants("".join(chosen))


def _alternatives(found: re.Match[str]) -> list[str]:
    choices = found.group(1).split("|")
    return [*choices, ""] if found.group(2) else choices


def _begun(phrase: str) -> Iterator[str]:
    """Yield the patterns that a pattern stands for, each with a plain first word: the rest is chosen when it is met."""
    phrase = phrase.lstrip()
    first = phrase.partition(" ")[0]
    found = _ALTERNATIVES.search(phrase) if "(" in first else None
    if found is None:
        yield phrase
        return
    for choice in _alternatives(found):
        yield from _begun(phrase[: found.start()] + choice + phrase[found.end() :])


def _beginnings(phrase: str, *, open_ended: bool) -> Iterator[tuple[str, str]]:
    """Yield the words with which a phrase begins, and what is to be taken in when a text holds them.

    The plural of a single word begins with itself. What is `open_ended` may turn out to be a single word.
    """
    line = _line(phrase.partition(" ")[0] if open_ended else phrase)
    first = line.partition(" ")[0]
    for word in _forms(first) if open_ended or first == line else (first,):
        yield word, phrase if open_ended else word if first == line else line


def _spelled(line: str, word: str) -> Iterable[str]:
    """Return the forms of a phrase or pattern that begin with a word."""
    if "(" not in line:
        return _forms(line) if " " in line else (line,)
    forms = (form for variant in variants(line) for form in _forms(_line(variant)))
    return [form for form in forms if form.partition(" ")[0] == word]


def sizes_by_beginning(phrases: Iterable[str]) -> dict[str, Sizes]:
    """Return for each word that begins a phrase how many words such phrases have."""
    found: dict[str, dict[str, set[int]]] = {}
    for phrase in phrases:
        first, _, rest = phrase.partition(" ")
        found.setdefault(first, {"": set()}).setdefault(rest.partition(" ")[0], set()).add(phrase.count(" ") + 1)
    return {
        first: {second: tuple(sorted(counts | seconds[""], reverse=True)) for second, counts in seconds.items()}
        for first, seconds in found.items()
    }


def longest(
    tokens: Sequence[str], meanings: Mapping[str, Payloads], sizes: Mapping[str, Sizes]
) -> list[tuple[int, int, Payloads]]:
    """Return the longest phrase at each place of `tokens`: the positions of its first and last token, its meanings."""
    begun = [*map(sizes.get, tokens)]  # of the large tables hardly anything is in a processor's cache: look once
    if not any(begun):
        return []
    found: list[tuple[int, int, Payloads]] = []
    count = len(tokens)
    for first, seconds in enumerate(begun, 1):
        if seconds is None:
            continue
        for size in (seconds.get(tokens[first]) if first < count else None) or seconds[""]:
            end = first + size - 1
            payloads = meanings.get(" ".join(tokens[first - 1 : end])) if end <= count else None
            if payloads is not None:
                found.append((first - 1, end - 1, payloads))
                break
    return found


def _in_order(read: Plain, hits: Iterable[_Found[Payload]], overlapping: bool) -> Iterator[Hit[Payload]]:
    """Yield what `_separate` would, for hits of the plain line alone: they stand in order, one at each place."""
    spans = read.spans
    free = 0
    for first, last, payloads in hits:
        if overlapping or first >= free:
            free = last + 1
            for payload in payloads:
                yield Hit(payload, spans[first][0], spans[last][1], first, last)


def _placed(read: Plain, hits: Iterable[_Found[Payload]]) -> Iterator[_Placed[Payload]]:
    for first, last, payloads in hits:
        yield read.spans[first][0], read.spans[last][1], first, last, payloads


def _among(found: Sequence[Word], hits: Iterable[_Placed[Payload]]) -> Iterator[_Placed[Payload]]:
    """Yield the hits all of whose words are in `found`, which leaves some words of the text out, by places there."""
    starts = {word.start: place for place, word in enumerate(found)}
    ends = {word.end: place for place, word in enumerate(found)}
    for start, end, first, last, payloads in hits:
        begin, close = starts.get(start), ends.get(end)
        if begin is not None and close is not None and close - begin == last - first:
            yield start, end, begin, close, payloads


def _separate(hits: list[_Placed[Payload]], overlapping: bool) -> Iterator[Hit[Payload]]:
    """Yield one hit for each place, the longest, and each meaning; without overlaps where none are wanted."""
    hits.sort(key=lambda hit: (hit[0], -hit[1]))
    end = start = -1
    for hit in hits:
        if hit[0] == start or (hit[0] < end and not overlapping):
            continue
        start, end = hit[0], hit[1]
        for payload in hit[4]:
            yield Hit(payload, *hit[:4])


def _line(phrase: str) -> str:
    """Return a phrase as its words stand in a plain line."""
    return " ".join(phrase.split() if _PLAIN.fullmatch(phrase) else plain(phrase).texts)


def _forms(line: str) -> Sequence[str]:
    """Return a phrase, and with the plural of its last word."""
    last = line[line.rfind(" ") + 1 :]
    if len(last) < _PLURAL_FROM:
        return (line,) if line else ()
    forms = [line]
    if last[-1] != "s" and last.isalpha():
        forms.append(f"{line}s")
        if last[-1] == "y":
            forms.append(f"{line[:-1]}ies")
    if len(last) == _PLURAL_FROM:
        return forms
    if last.endswith("is"):
        forms.append(f"{line[:-2]}es")
    elif last.endswith(("ss", "x", "ch", "sh", "us")):
        forms.append(f"{line}es")
    return forms
