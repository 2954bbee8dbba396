"""What the documents of a record are called: a closed language of kinds of documents and words around them (R-06)."""

from __future__ import annotations

import re
from functools import lru_cache

from compliance.people import without_writers

_REMEMBERED = 4096
_TELLING = 4  # letters; shorter words around are articles and abbreviations
_INITIALS = 5  # letters at most; longer words in capitals are shouted
# Letters joined by a stroke or "&" are one abbreviation: I&O, C/S, D/C, PM&R.
_JOINED = re.compile(r"(?<![A-Za-z])[A-Za-z]{1,2}([&/])[A-Za-z](?![A-Za-z])")
_WORD = re.compile(r"[^\W\d_]+")


class DocumentNames:
    """Tells names of documents from what only sounds like one. What was asked is remembered, in bounds."""

    def __init__(self, kinds: frozenset[str], around: frozenset[str], foreign: frozenset[str]) -> None:
        """`kinds`: words of documents and measurements; `around`: words beside them; `foreign`: of no document."""
        self._fitting = kinds | frozenset(word for word in around if len(word) >= _TELLING)
        self._foreign = foreign
        self.names = lru_cache(maxsize=_REMEMBERED)(self._names)
        """Whether a source names a document: it has a word of documents, and no everyday word that fits none."""

    def _names(self, source: str) -> bool:
        written = _WORD.findall(
            _JOINED.sub(lambda found: found.group().replace(found.group(1), ""), without_writers(source))
        )
        said = [word.lower() for word in written]
        initials = _initials(written)
        foreign = (word for word, in_capitals in zip(said, initials, strict=True) if not in_capitals)
        return not self._fitting.isdisjoint(said) and self._foreign.isdisjoint(foreign)


def _initials(written: list[str]) -> list[bool]:
    """Tell of each word whether capitals mark it as initials ("US report", "PERT consult") amid plain words."""
    if all(word.isupper() for word in written):
        return [len(word) <= _INITIALS and len(written) == 1 for word in written]
    return [word.isupper() and len(word) <= _INITIALS for word in written]
