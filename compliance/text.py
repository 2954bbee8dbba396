"""Text as the check reads it: plain lower-case words in one line, with their places, and without disguises.

`plain(text)` is worked out once and holds what the indexes scan: the words between single blanks, `|` where a clause
ends. Places in the original are worked out only where somebody asks for them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import unescape
from sys import maxsize
from typing import Any, NamedTuple, overload

from compliance.folding import Folded, fold
from compliance.lazy import lazy

Span = tuple[int, int]

_SHORT = 400

_QUOTATION = re.compile(r"\"[^\"]{1,4000}\"|“[^“”]{1,4000}”|(?<!\w)'[^'\n]{1,400}'(?!\w)")
# A line that goes on in lower case does not end one either.
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"“(A-Z0-9])|\n[ \t]{0,20}\n\s*|\n(?![ \t]{0,20}[a-z])")
# An initial ("R. Ames", "C. difficile") or a title before a full stop does not end a sentence.
_INITIAL = re.compile(
    r"(?:\b[A-Za-z]|\b(?:Drs?|Mr|Mrs|Ms|Mx|Prof|Attn|St|ext|tel|no|vs|rev|ver|vol|dept|bldg|incl|approx))\.$",
    re.IGNORECASE,
)

CAPITALS = re.compile(r"\b[A-Z]{4,}\b")
"""A word in capitals alone, as it is shouted."""


class Word(NamedTuple):
    """One lower-case word and where it stands in the original text."""

    text: str
    start: int
    end: int


def _word(text: str, span: Span) -> Word:
    return Word(text, *span)


def _table(kept: bytes, changed: dict[bytes, bytes]) -> bytes:
    """Return a table for bytes: letters and digits in lower case, `kept` signs as they are, all others blank."""
    table = bytearray(b" " * 256)
    for sign in range(128):
        if chr(sign).isalnum() or sign in kept:
            table[sign] = ord(chr(sign).lower())
    for signs, to in changed.items():
        for sign in signs:
            table[sign] = to[0]
    return bytes(table)


_BREAKS = b"!;:\n\r|"
_WORDS = _table(b"$%", {_BREAKS: b"|"})
_JOINED = _table(b"", {})
_LEET = {b"0": b"o", b"3": b"e", b"4@": b"a", b"5$": b"s", b"7": b"t", b"8": b"b"}
_LEET_I = _table(b"", {**_LEET, b"1!|": b"i"})
_LEET_L = _table(b"", {**_LEET, b"1!|": b"l"})
_PUNCTUATION = bytes(sign for sign in range(33, 127) if not chr(sign).isalnum())
_NO_LETTER = bytes(sign for sign in _PUNCTUATION if sign not in b"$@!|")
_SHAPE = bytes(
    ord("a" if chr(sign).isalpha() else "0" if chr(sign).isdigit() else " " if chr(sign).isspace() else ".")
    if sign < 128
    else 46
    for sign in range(256)
)
_CASES = bytes(ord("A" if chr(sign).isupper() else "a" if chr(sign).islower() else " ") for sign in range(256))
_TOKEN = re.compile(rb"[a-z0-9]+|[$%]")
_SPAN = re.Match[bytes].span
# A full stop ends a clause, unless it follows an initial, stands in a number, or the text goes on in lower case.
_STOP = re.compile(rb"\.(?<![^A-Za-z0-9][A-Za-z0-9]\.)(?<![^A-Za-z0-9][A-Za-z0-9]{2}\.)(?!\d)(?! {0,3}[a-z])")
_MARKUP = re.compile(
    r"</?[A-Za-z][^<>]{0,200}>|<!--[^<>]{0,200}-->|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8}\d{0,2});"
)
_BLOCK = re.compile(r"</?(?:br|p|div|li|ul|ol|td|tr|table|h\d|hr)\b", re.IGNORECASE)
_HYPHENATED = re.compile(r"(?<=[A-Za-z])-[ \t]{0,20}\r?\n[ \t]{0,20}(?=[A-Za-z])")
# Signs between letters, and digits among letters, in the shape of a text.
_JOINING = re.compile(rb"\.(?<=a\.)\.{0,3}a")
_MIXED = re.compile(rb"0(?<=a0)a|0(?<=aaa0)|0aaa")
_GAP = re.compile(rb"(?<![a-z0-9][a-z0-9])(?<=[a-z0-9]) (?=[a-z0-9](?![a-z0-9]))")
_WIDE_GAP = re.compile(rb"(?<![a-z0-9][a-z0-9])(?<=[a-z0-9]) {1,3}(?=[a-z0-9](?![a-z0-9]))")
_ARTICLE = re.compile(rb"(?:(?<=[a-z0-9]{2} )|(?<=\A ))([ai]) (?=[a-z0-9] {1,3}[a-z0-9] )")
# "Pls" asks as "please" does, and presses as it does.
_SHORTLY = re.compile(r"\b[Pp](?:LS|LZ|ls|lz)\b")
# A line that goes on in lower case was only wrapped.
_WRAPPED = re.compile(rb"(?<=[a-zA-Z,])[ \t]{0,20}\r?\n(?=[ \t]{0,20}[a-z])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z]{2})")
_INNER = re.compile(r"(?<=[A-Za-z0-9])[^\sA-Za-z0-9]+(?=[A-Za-z0-9])")
_OUTER = re.compile(r"[^\sA-Za-z0-9](?=\s)|(?<=\s)[^\sA-Za-z0-9]")


class Plain(Sequence[Word]):
    """The words of a text, which is read when somebody asks for them.

    `disguises` is what the text says when signs inside words are dropped, spelled letters are joined, and digits are
    read as letters. `found` is for the indexes, which note there what they found: it is the same for the same text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.found: dict[object, Any] = {}

    @lazy
    def _read(self) -> tuple[Folded, bytes, bytes]:
        source = _without_markup(fold(self._text))
        if _SHORTLY.search(source.text):
            source = _edited(source, _SHORTLY, "please")
        raw = _bytes(source)
        if b"aAaa" in raw.translate(_CASES):
            source = _edited(source, _CAMEL, " ")
            raw = _bytes(source)
        return source, raw, _marked(raw)

    @property
    def source(self) -> Folded:
        """The text without disguises of its signs and without markup."""
        return self._read[0]

    @lazy
    def line(self) -> str:
        """The words between single blanks, with `|` at the end of each clause."""
        return f" {' '.join(self.tokens)} "

    @lazy
    def disguises(self) -> tuple[Disguise, ...]:
        """Other readings of the text; empty where no sign of one is there."""
        source, raw, _ = self._read
        return _disguises(source, raw, self.line)

    @lazy
    def spans(self) -> tuple[Span, ...]:
        """The places of the words in the original text."""
        source, _, marked = self._read
        return _spans(source, marked)

    @lazy
    def texts(self) -> tuple[str, ...]:
        """The words alone."""
        words = self.tokens
        return tuple([word for word in words if word != "|"] if "|" in words else words)

    @lazy
    def tokens(self) -> list[str]:
        """The words, and `|` where a clause ends."""
        return _parted(self._read[2]).decode("ascii").split()

    @lazy
    def bag(self) -> frozenset[str]:
        """The set of the words."""
        return frozenset(self.texts)

    @overload
    def __getitem__(self, place: int) -> Word: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Word, ...]: ...
    def __getitem__(self, place: int | slice) -> Word | tuple[Word, ...]:
        if isinstance(place, slice):
            return tuple(map(_word, self.texts[place], self.spans[place]))
        return _word(self.texts[place], self.spans[place])

    def __iter__(self) -> Iterator[Word]:
        return map(_word, self.texts, self.spans)

    def __len__(self) -> int:
        return len(self.texts)

    @lazy
    def _ends(self) -> tuple[int, ...]:
        ends: list[int] = []
        count = 0
        for word in self.tokens:
            if word == "|":
                ends.append(count)
            else:
                count += 1
        return (*ends, count)

    def clause(self, place: int) -> tuple[int, int]:
        """Return the positions of the first word of the clause that holds word `place`, and of the word after it."""
        next_end = bisect_right(self._ends, place)
        return self._ends[next_end - 1] if next_end else 0, self._ends[min(next_end, len(self._ends) - 1)]

    def between(self, start: int, end: int) -> tuple[int, int]:
        """Return the positions of the first and the last word that a span of the original touches."""
        first = bisect_right(self.spans, start, key=lambda span: span[1])
        last = bisect_left(self.spans, end, key=lambda span: span[0]) - 1
        top = max(0, len(self.spans) - 1)
        return min(first, top), min(max(first, last), top)


class Disguise:
    """Another reading of a text: its signs changed by `table`, without some of them."""

    def __init__(self, source: Folded, raw: bytes, table: bytes, dropped: bytes) -> None:
        self.source = source
        self._raw = raw
        self._table = table
        self._dropped = dropped
        self.tokens = _parted(raw.translate(table, dropped)).decode("ascii").split()

    def _kept(self) -> tuple[bytes, Sequence[int]]:
        """Return what is left, and the place of each of its signs before."""
        kept = [place for place, sign in enumerate(self._raw) if sign not in self._dropped]
        return self._raw.translate(self._table, self._dropped), kept

    @lazy
    def spans(self) -> tuple[Span, ...]:
        """The places of the words of this reading in the original text."""
        left, kept = self._kept()
        found = map(_SPAN, _TOKEN.finditer(left))
        return tuple([self.source.span(kept[start], kept[end - 1] + 1) for start, end in found])

    def hidden(self, words: Span) -> Span | None:
        """Return the place in the original of words from the first to the last; None where they are not hidden."""
        span = self.spans[words[0]][0], self.spans[words[1]][1]
        shown = _HYPHENATED.sub("-", fold(self.source.original[slice(*span)]).text)
        return span if self._hides(shown) else None

    def _hides(self, shown: str) -> bool:
        if _OUTER.search(shown):
            return False
        if self._table is _JOINED:
            return bool(_INNER.search(shown) or _MARKUP.search(shown))
        mixed = (word for word in shown.split() if len(word) > 3 and not word.isalpha())
        return any(sum(sign.isalpha() for sign in word) > 1 for word in mixed)


class Spelled(Disguise):
    """A reading in which letters that are spelled one by one are joined; `gap` is what stands between two of them."""

    def __init__(self, source: Folded, marked: bytes, gap: re.Pattern[bytes]) -> None:
        self.source = source
        self._marked = marked
        self._gap = gap
        self.tokens = _parted(gap.sub(b"", marked)).decode("ascii").split()

    def _kept(self) -> tuple[bytes, Sequence[int]]:
        kept: list[int] = []
        start = 0
        for found in self._gap.finditer(self._marked):
            kept.extend(range(start, found.start()))
            start = found.end()
        kept.extend(range(start, len(self._marked)))
        return self._gap.sub(b"", self._marked), kept

    def hidden(self, words: Span) -> Span | None:
        """Return the place in the original of words from the first to the last; None where none was spelled."""
        span = self.spans[words[0]][0], self.spans[words[1]][1]
        return span if self._gap.search(b" " + self._marked[slice(*span)].strip() + b" ") else None


def _spans(source: Folded, marked: bytes) -> tuple[Span, ...]:
    spans = map(_SPAN, _TOKEN.finditer(marked))
    return tuple(spans) if source.original is source.text else tuple([source.span(*span) for span in spans])


def _bytes(source: Folded) -> bytes:
    """Return one byte for each sign; question marks, which also stand for unknown signs, only where none was asked."""
    raw = source.text.replace("?", "!").encode("ascii", "replace")
    return _WRAPPED.sub(lambda found: b" " * len(found[0]), raw) if b"\n" in raw else raw


def _marked(raw: bytes) -> bytes:
    if b"." in raw:
        raw = _STOP.sub(b"|", b" " + raw)[1:]
    return raw.translate(_WORDS)


def _parted(marked: bytes) -> bytes:
    """Return marked text with blanks around each sign that stands for itself."""
    for sign in (b"|", b"%", b"$"):
        if sign in marked:
            marked = marked.replace(sign, b" " + sign + b" ")
    return marked


def _without_markup(folded: Folded) -> Folded:
    if "<" not in folded.text and "&" not in folded.text:
        return folded
    pieces: list[str] = []
    places: list[int] = []
    start = 0
    for found in _MARKUP.finditer(folded.text):
        _keep(folded, start, found.start(), pieces, places)
        shown = _shown(found.group())
        pieces.append(shown)
        last = max(found.start(), found.end() - 1)
        places.extend(folded.places[min(found.start() + sign, last)] for sign in range(len(shown)))
        start = found.end()
    if not start:
        return folded
    _keep(folded, start, len(folded.text), pieces, places)
    return folded.with_text("".join(pieces), places)


def _shown(markup: str) -> str:
    if markup.startswith("<"):
        return " " if _BLOCK.match(markup) else ""
    return fold(unescape(markup)).text


def _edited(folded: Folded, pattern: re.Pattern[str], shown: str) -> Folded:
    pieces: list[str] = []
    places: list[int] = []
    start = 0
    for found in pattern.finditer(folded.text):
        _keep(folded, start, found.start(), pieces, places)
        pieces.append(shown)
        places.extend([folded.places[found.start()]] * len(shown))
        start = found.end()
    _keep(folded, start, len(folded.text), pieces, places)
    return folded.with_text("".join(pieces), places)


def _keep(folded: Folded, start: int, end: int, pieces: list[str], places: list[int]) -> None:
    pieces.append(folded.text[start:end])
    places.extend(folded.places[start:end])


def _disguises(source: Folded, raw: bytes, line: str) -> tuple[Disguise, ...]:
    shape = raw.translate(_SHAPE)
    letters = line.encode("ascii").translate(_SHAPE)
    found: list[Disguise] = []
    if b"." in shape and _JOINING.search(shape):
        found.append(Disguise(source, raw, _JOINED, _PUNCTUATION))
    if (b"0" in shape and _MIXED.search(shape)) or b"@" in raw or b"$" in raw or b"|" in raw:
        found.append(Disguise(source, raw, _LEET_I, _NO_LETTER))
        if b"1" in raw or b"|" in raw:
            found.append(Disguise(source, raw, _LEET_L, _NO_LETTER))
    if "\n" in source.text and _HYPHENATED.search(source.text):
        whole = _edited(source, _HYPHENATED, "")
        found.append(Disguise(whole, _bytes(whole), _JOINED, _PUNCTUATION))
    if b" a a a " in letters or b" a . a . a " in letters:
        found.extend(_spelled(source, raw.translate(_JOINED)))
    return tuple(found)


def _spelled(source: Folded, marked: bytes) -> Iterator[Disguise]:
    """Yield the readings with spelled letters joined, also with an article or a pronoun before them left alone."""
    padded = b" " + marked + b" "
    for start in dict.fromkeys((marked, _ARTICLE.sub(rb"\1|", padded)[1:-1])):
        narrow, wide = Spelled(source, start, _GAP), Spelled(source, start, _WIDE_GAP)
        yield narrow
        if wide.tokens != narrow.tokens:
            yield wide


def plain(text: str) -> Plain:
    """Return the words of `text` as the indexes scan them. Short texts are remembered: they come again and again."""
    return _remembered(text) if len(text) <= _SHORT else _remembered_long(text)


_remembered = lru_cache(maxsize=4096)(Plain)
_remembered_long = lru_cache(maxsize=64)(Plain)


words = plain
"""The words of a text, lower case, with their spans in the original."""


def bag(text: str) -> frozenset[str]:
    """Return the set of lower-case words of `text`."""
    return (_remembered(text) if len(text) <= _SHORT else _remembered_long(text)).bag


def quotations(text: str) -> tuple[Span, ...]:
    """Return the spans of text between quotation marks."""
    if '"' not in text and "'" not in text and "“" not in text:
        return ()
    return tuple(found.span() for found in _QUOTATION.finditer(text))


def inside(place: int, spans: tuple[Span, ...]) -> bool:
    """Tell whether a place lies in one of the spans, which stand in order."""
    nearest = bisect_right(spans, (place, maxsize)) - 1
    return nearest >= 0 and place < spans[nearest][1]


def covered(span: Span, spans: tuple[Span, ...]) -> bool:
    """Tell whether all of a span lies in one of the spans."""
    return any(start <= span[0] and span[1] <= end for start, end in spans)


def ends_at(pattern: re.Pattern[str], text: str, place: int, near: Span) -> bool:
    """Tell whether what a pattern finds `near` a place ends there; the text beyond is not read, however long it is."""
    return any(found.end() == place for found in pattern.finditer(text, max(0, near[0]), near[1]))


def sentences(text: str) -> tuple[Span, ...]:
    """Return the spans of the sentences of `text`, without surrounding blanks; quotations are not cut."""
    return _sentences_remembered(text)


def sentence_at(text: str, place: int) -> Span | None:
    """Return the span of the sentence of `text` in which a place lies; None between sentences."""
    return next(((start, end) for start, end in sentences(text) if start <= place < end), None)


def _sentences(text: str) -> tuple[Span, ...]:
    quoted = quotations(text)
    spans: list[Span] = []
    start = 0
    for found in _SENTENCE_END.finditer(text):
        if quoted and inside(found.start(), quoted):
            continue
        if text[found.start() - 1] == "." and _INITIAL.search(text[max(0, found.start() - 6) : found.start()]):
            continue
        spans.append((start, found.start()))
        start = found.end()
    spans.append((start, len(text)))
    return tuple(trimmed for span in spans if (trimmed := _trim(text, span)) is not None)


_sentences_remembered = lru_cache(maxsize=512)(_sentences)


def _trim(text: str, span: Span) -> Span | None:
    piece = text[span[0] : span[1]]
    if not piece.strip():
        return None
    start = span[0] + len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())
