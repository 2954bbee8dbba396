"""Signs folded to plain ASCII letters, so that no look-alike hides a word. Places in the original are kept.

A letter is folded by what it looks like: compatibility forms and accents by Unicode's own decomposition, variants of
Latin letters by their names, letters of other scripts by a table of shapes. Signs that show nothing vanish.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from compliance.lazy import lazy

# Letters of other scripts that look like Latin ones, in pairs of strings of equal length.
_SHAPES = (
    ("аеорсухіјѕԁһкмтвнгпиьԛԝҽӏүѵꙅꭰ", "aeopcyxijsdhkmtbhrnubqwelyvsd"),
    ("АЕОРСУХІЈЅВНКМТԌԚԜҮЗЬӀѴ", "AEOPCYXIJSBHKMTGQWY3blV"),
    ("αβγδεζηικλμνοπρστυφχωϲϳϱ", "abyoeznikluvonpotuoxwcjp"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺϜ", "ABEZHIKMNOPTYXCMF"),
    ("աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ", "wpqnbqtpdjhlfdlhdnqjjloonpqnuqmgnupqop"),
    ("ՕՍՏԼՈՀԱ", "OUSLNZU"),
    ("ᎠᎡᎢᎥᎪᎫᎬᎳᎷᎻᏀᏃᏆᏎᏏᏒᏔᏙᏚᏞᏟᏢᏤᏦᏧᏴ", "DRTiAJEWMHGZIbbRWVSLCPVKdB"),
    ("ꓐꓑꓒꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓪꓫꓬꓮꓰꓲꓳꓴ", "BPdDTGKJCZFMNLSRVWXYAEIOU"),
    ("ⲁⲃⲉⲏⲓⲕⲙⲛⲟⲣⲥⲧⲩⲭ", "abehikmnopctyx"),
    ("ıȷɑɡɩɪʏɴʀʟʜʙꜱꜰᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢɐəɛɔʌꞮℓℯℴ℮ſ", "ijagiiynrlhbsfacdejkmoptuvwzaeecvIleoes"),
    ("‘’‚‛′ʼ‐‑‒–—−﹘⁃“”„‟″«»", "''''''--------" + '"' * 7),
    ("∨⋃∪⍺⍳⍴ｌ∣ǀ|⁄∕", "vuuaipllll//"),
)
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc\u17b4\u17b5")
_LATIN = re.compile(
    r"(?:LATIN|SQUARED|CIRCLED|REGIONAL|TURNED|NEGATIVE|MODIFIER|BLACK|TORTOISE|PARENTHESIZED|FULLWIDTH|MATHEMATICAL)\b"
    r"[A-Z ]{0,60}\b(CAPITAL|SMALL|SYMBOL) (?:LETTER )?(?:SMALL CAPITAL |DOTLESS |LONG |OPEN |SCRIPT |INSULAR )?([A-Z])"
    r"(?: WITH .*)?"
)


def _table_of_shapes() -> dict[str, str]:
    shapes: dict[str, str] = {}
    for signs, letters in _SHAPES:
        shapes.update((sign, letter) for sign, letter in zip(signs, letters, strict=True) if not sign.isascii())
    return shapes


_LETTERS = _table_of_shapes()


def _folded_sign(sign: str) -> str:
    if sign in _LETTERS:
        return _LETTERS[sign]
    category = unicodedata.category(sign)
    if category in ("Cf", "Mn", "Me") or sign in _UNSEEN:
        return ""
    if category.startswith("Z"):
        return "\n" if category in ("Zl", "Zp") else " "
    decomposed = "".join(_LETTERS.get(part, part) for part in unicodedata.normalize("NFKD", sign))
    plain = "".join(part for part in decomposed if part.isascii())
    if plain:
        return plain
    named = _LATIN.fullmatch(unicodedata.name(sign, ""))
    if named is None:
        return sign
    return named[2].lower() if named[1] == "SMALL" else named[2]


class _Signs(dict[int, str]):
    """What each sign folds to, by code point; worked out when first seen. Plain ASCII stays as it is."""

    def __missing__(self, point: int) -> str:
        sign = chr(point)
        if sign.isascii():
            folded = "" if (point < 32 and sign not in "\t\n\r\x0b\x0c") or point == 127 else sign
        else:
            folded = _folded_sign(sign)
        self[point] = folded
        return folded


_SIGNS = _Signs()
_UNPRINTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(eq=False)
class Folded:
    """Text with look-alikes and invisible signs folded, beside the original that it came from."""

    original: str
    text: str
    moved: tuple[int, ...] | None = None

    @lazy
    def places(self) -> Sequence[int]:
        """The place in the original of each place of the folded text, and of its end."""
        if self.moved is not None:
            return self.moved
        lengths = {sign: len(_SIGNS[ord(sign)]) for sign in set(self.original)}
        if all(length == 1 for length in lengths.values()):
            return range(len(self.original) + 1)
        places = [place for place, sign in enumerate(self.original) for _ in range(lengths[sign])]
        return (*places, len(self.original))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the original of a span that is not empty in the folded text."""
        if self.original is self.text:
            return start, end
        return self.places[start], self.places[end - 1] + 1

    def with_text(self, text: str, places: Sequence[int]) -> Folded:
        """Return another folded text of the same original; `places` holds one place for each sign of `text`."""
        return Folded(self.original, text, (*places, len(self.original)))


def fold(text: str) -> Folded:
    """Return `text` with compatibility forms and look-alike letters folded and invisible signs dropped."""
    if text.isascii() and (text.isprintable() or not _UNPRINTED.search(text)):
        return Folded(text, text)
    return Folded(text, text.translate(_SIGNS))
