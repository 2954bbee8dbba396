"""What the documents of a record are called: a closed language of kinds of documents and words around them (R-06)."""

from __future__ import annotations

import re
from functools import lru_cache

_REMEMBERED = 4096
# A name after a title, alone or with initials, names who wrote.
_WRITER = re.compile(r"\b(?:Dr|Mr|Ms|Mrs|Prof)\b\.?(?: [A-Z]\.)*(?: [A-Z][\w'-]{1,30}){1,2}")
_WORD = re.compile(r"[^\W\d_]+")


class DocumentNames:
    """Tells names of documents from what only sounds like one. What was asked is remembered, in bounds."""

    def __init__(self, kinds: frozenset[str], around: frozenset[str], whole: frozenset[str]) -> None:
        """`kinds`: words of documents; `around`: words that may stand beside one; `whole`: names joined by hyphens."""
        self._kinds = kinds
        self._around = around | kinds
        self._whole = whole
        self.names = lru_cache(maxsize=_REMEMBERED)(self._names)
        """Whether a source names a document: it holds a kind of document, and no word that is not known to fit one."""

    def _names(self, source: str) -> bool:
        said = _WORD.findall(_WRITER.sub(" ", source).lower())
        if "-".join(said) in self._whole:
            return True
        return not self._kinds.isdisjoint(said) and self._around.issuperset(said)
