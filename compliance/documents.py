"""What the documents of a record are called: a closed language of kinds of documents and words around them (R-06)."""

from __future__ import annotations

import re
from functools import lru_cache

from compliance.people import without_writers

_REMEMBERED = 4096
_TELLING = 4  # letters; shorter words around are articles and abbreviations
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
        said = _WORD.findall(without_writers(source).lower())
        return not self._fitting.isdisjoint(said) and self._foreign.isdisjoint(said)
