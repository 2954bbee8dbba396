"""Plain closed questions: "Is the ulcer due to the diabetes, in your judgment?" (R-13).

Whether what they name is documented is judged elsewhere (asked.py); they ask nothing else, and argue nowhere.
"""

from __future__ import annotations

import re

from compliance.dates import DATE_OR_CLOCK
from compliance.text import words

_JUDGED = r"(?:in|based on|by|from) your (?:own )?(?:independent )?(?:clinical |medical |professional )?"
_JUDGMENT = rf"{_JUDGED}(?:judge?ment|opinion|view|assessment|evaluation)"
_FORM = re.compile(rf"(?:{_JUDGMENT}, )?(?:is|are|was|were|does|do|did|has|have) [^?]+\?$", re.IGNORECASE)
# What follows a comma says who judged or wrote it; "is it not" and "correct" ask for a yes.
_WROTE = r"(?:written|documented|recorded|stated|reported|described|reports|states|describes|documents)"
_BEHIND_A_COMMA = re.compile(rf",(?! (?:{_JUDGMENT}|as (?:(?:the )?[a-z&-]{{2,20}} )?{_WROTE}\b))", re.IGNORECASE)


def is_plainly_closed(sentence: str, grammar: frozenset[str], own: frozenset[str]) -> bool:
    """Tell whether a sentence asks in plain words whether something is so; `own`: the words of this record."""
    plain = sentence.strip()
    found = _FORM.match(plain)
    if found is None:
        return False
    opened = re.match(rf"{_JUDGMENT}, ", plain, re.IGNORECASE)
    rest = plain[opened.end() :] if opened else plain
    if _BEHIND_A_COMMA.search(rest):
        return False
    undated = DATE_OR_CLOCK.sub(" ", rest)
    return all(word.text in grammar or word.text in own or word.text.isdigit() for word in words(undated))
