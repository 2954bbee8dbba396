"""Grammars of neutral answers: what "other", "unable to determine" and their siblings are made of, word for word.

A rule is written as alternatives between `|`: words stand for themselves, `[ ]` holds what may be missing, `{ }` what
is one part, `*` behind a part or a name repeats it, `<name>` is another rule, and `<own>` is one word of the record at
hand. No rule begins with itself. Each text is read in every way at once, so that no order of alternatives matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

_REMEMBERED = 4096
_NOTATION = re.compile(r"<[a-z_]+>|[\[\]{}|*]|[^\s\[\]{}|*<>]+")
_TOKEN = re.compile(r"[a-z0-9]+|_{2,}|\S")
_APOSTROPHE = re.compile(r"(?<=\w)['’‘](?=\w)")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_PLURAL = re.compile(r"(?<=[a-z])\((?:s|es)\)")
_OPENS, _CLOSES = {"[", "("}, {"]", ")"}
_COMMAS = frozenset(",;:.-–—")
_LINE, _COMMA = "_", ","
OWN = "own"
"""The name that stands for one word of the record."""

Places = frozenset[int]


@lru_cache(maxsize=_REMEMBERED)
def tokens(text: str) -> tuple[str, ...]:
    """Return the words and signs of an answer as grammars know them.

    Each pause is a comma, each pair of brackets a round one, each line to write on `_`; what stands at the end ends no
    clause. Any other sign stands for itself, and no grammar has it.
    """
    plain = _HYPHEN.sub(" ", _APOSTROPHE.sub("", _PLURAL.sub("s", text.lower())))
    said: list[str] = []
    for token in map(_sign, _TOKEN.findall(plain)):
        if said and said[-1] == _COMMA and token in (_COMMA, _LINE, "(", ")"):
            said.pop()
        if token != _COMMA or (said and said[-1] != "("):
            said.append(token)
    if said and said[-1] == _COMMA:
        said.pop()
    return tuple(said)


def _sign(token: str) -> str:
    if token[0] == "_":
        return _LINE
    return "(" if token in _OPENS else ")" if token in _CLOSES else _COMMA if token in _COMMAS else token


class Part(Protocol):
    """A part of a rule."""

    def ends(self, at: int, reader: Reader) -> Places:
        """Return the places at which the part may end that begins at a place."""
        ...


@dataclass(frozen=True)
class _OneOf:
    """One word of several."""

    words: frozenset[str]

    def ends(self, at: int, reader: Reader) -> Places:
        return frozenset((at + 1,)) if at < len(reader.said) and reader.said[at] in self.words else frozenset()


@dataclass(frozen=True)
class _Named:
    """What another rule derives, or a word of the record."""

    name: str

    def ends(self, at: int, reader: Reader) -> Places:
        return reader.ends(self.name, at)


@dataclass(frozen=True)
class _Choice:
    """Any of several sequences of parts; those that begin with a word are looked up by it."""

    by_word: Mapping[str, tuple[tuple[Part, ...], ...]]
    others: tuple[tuple[Part, ...], ...]

    def ends(self, at: int, reader: Reader) -> Places:
        found: set[int] = set()
        if at < len(reader.said):
            for rest in self.by_word.get(reader.said[at], ()):
                found |= _ends_of(rest, at + 1, reader)
        for sequence in self.others:
            found |= _ends_of(sequence, at, reader)
        return frozenset(found)


@dataclass(frozen=True)
class _Optional:
    """A part that may be missing."""

    part: Part

    def ends(self, at: int, reader: Reader) -> Places:
        return self.part.ends(at, reader) | {at}


@dataclass(frozen=True)
class _Many:
    """A part that stands there as often as it likes, or not at all."""

    part: Part

    def ends(self, at: int, reader: Reader) -> Places:
        found, ahead = {at}, [at]
        while ahead:
            new = self.part.ends(ahead.pop(), reader) - found
            found |= new
            ahead += new
        return frozenset(found)


def _ends_of(sequence: Sequence[Part], at: int, reader: Reader) -> set[int]:
    places = {at}
    for part in sequence:
        places = {end for place in places for end in part.ends(place, reader)}
        if not places:
            break
    return places


class Reader:
    """Reads one answer: its tokens, those of them that are the record's own, and what each rule was seen to derive."""

    def __init__(self, rules: Mapping[str, Part], said: tuple[str, ...], own: frozenset[str]) -> None:
        self.said = said
        self._rules = rules
        self._own = own
        self._seen: dict[tuple[str, int], Places] = {}

    def ends(self, name: str, at: int) -> Places:
        """Return the places at which what a rule derives may end that begins at a place."""
        if name == OWN:
            return frozenset((at + 1,)) if at < len(self.said) and self.said[at] in self._own else frozenset()
        key = (name, at)
        if key not in self._seen:
            self._seen[key] = self._rules[name].ends(at, self)
        return self._seen[key]


@dataclass(frozen=True)
class AnswerGrammar:
    """The rules of answers.yaml by their names; the rule of a kind of answer has its name.

    `apart`: words that are never the record's own in an answer, whatever the record says: they turn an answer round.
    """

    written: Mapping[str, str]
    apart: frozenset[str]

    @cached_property
    def _rules(self) -> dict[str, Part]:
        return {name: _parsed(text) for name, text in self.written.items()}

    def derives(self, kind: str, text: str, is_own: Callable[[str], bool]) -> bool:
        """Tell whether an answer is made of what answers of its kind are; `is_own` tells a word of the record."""
        if kind not in self.written:
            return False
        said = tokens(text)
        return self._derived(
            kind, said, frozenset(word for word in set(said) - self.apart if word.isalpha() and is_own(word))
        )

    @cached_property
    def _derived(self) -> _Derives:
        def derived(kind: str, said: tuple[str, ...], own: frozenset[str]) -> bool:
            return len(said) in Reader(self._rules, said, own).ends(kind, 0)

        return lru_cache(maxsize=_REMEMBERED)(derived)


class _Derives(Protocol):
    def __call__(self, kind: str, said: tuple[str, ...], own: frozenset[str]) -> bool: ...


def _parsed(text: str) -> Part:
    notation = iter(_NOTATION.findall(text))
    return _alternatives(notation, "")


def _alternatives(notation: Iterator[str], closing: str) -> Part:
    """Return what stands up to a closing sign, or to the end."""
    sequences: list[list[Part]] = [[]]
    for sign in notation:
        if sign == closing:
            break
        if sign == "|":
            sequences.append([])
        elif sign == "*":
            sequences[-1].append(_Many(sequences[-1].pop()))
        else:
            sequences[-1].append(_part(sign, notation))
    return _choice(sequences)


def _part(sign: str, notation: Iterator[str]) -> Part:
    if sign == "[":
        return _Optional(_alternatives(notation, "]"))
    if sign == "{":
        return _alternatives(notation, "}")
    return _Named(sign[1:-1]) if sign.startswith("<") else _OneOf(frozenset((sign,)))


def _choice(sequences: Sequence[Sequence[Part]]) -> Part:
    """Return the alternatives as one part; single words among them become one set."""
    by_word: dict[str, list[tuple[Part, ...]]] = {}
    others: list[tuple[Part, ...]] = []
    for sequence in map(tuple, sequences):
        first = sequence[0]
        if isinstance(first, _OneOf):
            for word in first.words:
                by_word.setdefault(word, []).append(sequence[1:])
        else:
            others.append(sequence)
    if not others and all(rests == [()] for rests in by_word.values()):
        return _OneOf(frozenset(by_word))
    return _Choice({word: tuple(rests) for word, rests in by_word.items()}, tuple(others))
