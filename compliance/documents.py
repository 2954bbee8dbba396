"""What the documents of a record are called: a closed language of kinds of documents and words around them (R-06).

A name of a document ends with its kind ("ICU nursing flowsheet"); behind it may stand of when, of what or in which form
it is ("(scanned)", "of 05/04", "with differential"). Several stand side by side with a semicolon.
"""

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
# Where the name of a kind ends: at a bracket, a date, or a word that says of what, by whom or in which form.
_WORD_BEHIND = r"(?:of|from|with|w/?|by|at|on|in|to|for|per|no\.|dated|signed|scanned|reviewed|read by)"
_BEHIND = re.compile(
    rf"[,(\[]|(?<=[a-z]):| [-–—#+] ?|[ #]\d|(?<=\s){_WORD_BEHIND}(?=\s|$)",
    re.IGNORECASE,
)
_CARE = re.compile(r"\b(?:point|plan)[ -]of[ -]care\b", re.IGNORECASE)
# Which of two it is, or of all that were written in some time, nobody can find; nor what was only remembered.
_ALL = r"(?:the|this|that|his|her|their|last|past|whole|entire)"
_TIME = r"(?:stay|admission|hospitali[sz]ation|day|night|shift|weekend|week|month|course)"
_OPEN = re.compile(
    r"(?<=\w) (?:and/)?or (?=\w)|(?i:\b(?:etc|multiple|various|several|assorted|misc(?:ellaneous)?|somewhere)\b"
    rf"|\b(?:from|by) (?:memory|recall|heart)\b|\b(?:over|of|during|through|throughout|across|{_ALL})(?: {_ALL}){{0,2}}"
    rf" {_TIME}\b(?! (?:\d|note|log|report|summary)))",
)
_SAID = frozenset({"verbal", "verbally", "spoken", "aloud"})


class DocumentNames:
    """Tells names of documents from what only sounds like one. What was asked is remembered, in bounds."""

    def __init__(
        self,
        kinds: frozenset[str],
        around: frozenset[str],
        *,
        measured: frozenset[str],
        foreign: frozenset[str],
        bare: frozenset[str],
        parts: frozenset[str],
        ordinary: frozenset[str],
    ) -> None:
        """`kinds`: words of documents; `around`: words beside them; `measured`: clinical words; `foreign`: of neither.

        `bare`: words of which alone no name consists, since they leave open which document is meant ("old records");
        `parts`: what may stand behind a kind ("report, impression"); `ordinary`: everyday English.
        """
        self._fitting = kinds | measured | frozenset(word for word in around if len(word) >= _TELLING)
        self._kinds = kinds
        self._parts = parts - kinds
        self._no_kind = (around | ordinary) - kinds
        self._foreign = foreign
        self._bare = bare
        self.names = lru_cache(maxsize=_REMEMBERED)(self._names)
        """Whether a source names documents: each by a kind and no everyday word that fits none."""

    def _names(self, source: str) -> bool:
        plain = _CARE.sub("poc", _JOINED.sub(_without_sign, without_writers(source)))
        written = _WORD.findall(plain)
        said = [word.lower() for word in written]
        foreign = (word for word, in_capitals in zip(said, _initials(written), strict=True) if not in_capitals)
        if self._fitting.isdisjoint(said) or not self._foreign.isdisjoint(foreign):
            return False
        if _OPEN.search(plain) or not _SAID.isdisjoint(said):
            return False
        return all(self._is_document(name) for name in plain.split(";"))

    def _is_document(self, name: str) -> bool:
        """Tell whether one of several names ends with a kind of document, or with an abbreviation that may be one."""
        said = [word.lower() for word in _WORD.findall(name)]
        ending = [word.lower() for word in _WORD.findall(_BEHIND.split(name.strip(), maxsplit=1)[0])]
        if len(ending) > 1 and ending[-1] in self._parts and ending[-2] in self._kinds:
            ending.pop()
        return ending[-1] not in self._no_kind and not self._bare.issuperset(said) if ending else not said


def _without_sign(joined: re.Match[str]) -> str:
    return joined.group().replace(joined.group(1), "")


def _initials(written: list[str]) -> list[bool]:
    """Tell of each word whether capitals mark it as initials ("US report", "PERT consult") amid plain words."""
    if all(word.isupper() for word in written):
        return [len(word) <= _INITIALS and len(written) == 1 for word in written]
    return [word.isupper() and len(word) <= _INITIALS for word in written]
