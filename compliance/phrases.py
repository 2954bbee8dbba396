"""Many phrases found in one pass over the words of a text: a trie of words, the longest match at each place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from compliance.text import Word, words

Payload = TypeVar("Payload")
_BREAKS = frozenset("!?;:\n|")


@dataclass(slots=True)
class _Node(Generic[Payload]):
    following: dict[str, _Node[Payload]] = field(default_factory=dict)
    payloads: tuple[Payload, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit(Generic[Payload]):
    """A phrase that stands in a text: what it means, its span, and the positions of its first and last word."""

    payload: Payload
    start: int
    end: int
    first: int
    last: int


class PhraseIndex(Generic[Payload]):
    """Phrases with a meaning each. Plural forms of the last word are found too."""

    def __init__(self, phrases: Iterable[tuple[str, Payload]]) -> None:
        self._root: _Node[Payload] = _Node()
        for phrase, payload in phrases:
            for form in _forms(tuple(word.text for word in words(phrase))):
                self._add(form, payload)

    def _add(self, phrase: tuple[str, ...], payload: Payload) -> None:
        node = self._root
        for word in phrase:
            node = node.following.setdefault(word, _Node())
        if payload not in node.payloads:
            node.payloads = (*node.payloads, payload)

    def find(self, text: str, found: Sequence[Word], *, overlapping: bool = True) -> Iterator[Hit[Payload]]:
        """Yield the hits in `text`, whose words are `found`; the longest at each place, one per meaning."""
        position = 0
        while position < len(found):
            last, payloads = self._longest(text, found, position)
            for payload in payloads:
                yield Hit(payload, found[position].start, found[last].end, position, last)
            position = last + 1 if payloads and not overlapping else position + 1

    def _longest(self, text: str, found: Sequence[Word], position: int) -> tuple[int, tuple[Payload, ...]]:
        node = self._root
        best: tuple[int, tuple[Payload, ...]] = (position, ())
        for place in range(position, len(found)):
            following = node.following.get(found[place].text)
            if following is None or (place > position and not _joined(text, found[place - 1], found[place])):
                break
            node = following
            if node.payloads:
                best = (place, node.payloads)
        return best


def _forms(phrase: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not phrase:
        return
    yield phrase
    last = phrase[-1]
    if len(last) > 3 and last.isalpha() and not last.endswith("s"):
        yield (*phrase[:-1], last + "s")


def _joined(text: str, left: Word, right: Word) -> bool:
    gap = text[left.end : right.start]
    if gap == " ":
        return True
    return len(gap) <= 12 and not (_BREAKS & set(gap)) and not ("." in gap and len(left.text) > 2)
