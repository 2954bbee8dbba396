"""How charts and offices shorten plain words ("can't", "pls", "dx", "w/o"), written out before an answer is judged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_REMEMBERED = 4096


class Shorthand:
    """Writes out what is shortened, from options.yaml. What was written out is remembered, in bounds."""

    def __init__(self, forms: Mapping[str, str]) -> None:
        """`forms`: in lower case, with an ASCII apostrophe, and what each stands for."""
        self._forms = forms
        longest_first = sorted(forms, key=len, reverse=True)
        self._short = re.compile(rf"(?<![\w/])(?:{'|'.join(map(re.escape, longest_first))})(?![\w/])\.?", re.IGNORECASE)
        self.written_out = lru_cache(maxsize=_REMEMBERED)(self._written_out)
        """The text in whole words; a dot that marks an abbreviation goes with it."""

    def _written_out(self, text: str) -> str:
        plain = text.replace("’", "'").replace("‘", "'")
        return self._short.sub(lambda found: self._forms[found.group().rstrip(".").lower()], plain)
