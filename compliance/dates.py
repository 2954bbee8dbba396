"""Expressions for days as texts write them: 12 March 2026, Mar 12, 10 to 13 March. Which day it is: times.py.

All are of small letters, for texts in small letters and for expressions that ignore case.
"""

from __future__ import annotations

import re

_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MONTH_STEMS = tuple([name[:3] for name in _MONTH_NAMES])
"""The letters that tell one month from another, in the order of the year."""
MONTH = "|".join((*_MONTH_NAMES, "sept", *MONTH_STEMS))
"""The name of a month, in full or else short: alternatives, to be put into brackets."""
# Where an expression may begin is told by one sign first: most places of a text are left at that.
_MONTH = rf"(?=[{''.join(sorted({stem[0] for stem in MONTH_STEMS}))}])(?:{MONTH})\b\.?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_NTH = r"(?:st|nd|rd|th)?"
_TO = r" ?(?:-|–|/|\bto\b|\band\b|\bor\b|\bthrough\b|\buntil\b) ?"
_YEAR = r"(?:19|20)\d\d"
# After a month a number with a unit is a value, not a day: "in March 12 units".
_NO_VALUE = r"(?![\w%]|[.:/]\d| ?(?:%|(?:mg|mcg|ml|l|g|kg|units?|doses?|times|beats|mmol|meq|mm|cm|days?|hours?|h)\b))"
DAY_FIRST = (
    rf"(?=\d)(?<!was )(?<!is )(?<![\w.,/])(?:{_DAY}{_NTH}{_TO}){{0,3}}{_DAY}{_NTH}(?: of)?[ -]{_MONTH}"
    rf"(?:(?:,? |-){_YEAR}\b|-\d\d\b(?!:))?"
)
MONTH_FIRST = (
    rf"\b{_MONTH}[ -]{_DAY}{_NTH}{_NO_VALUE}(?: ?(?:-|–|\bto\b|\band\b|\bthrough\b) ?{_DAY}{_NTH}{_NO_VALUE})?"
    rf"(?:,? {_YEAR}\b)?"
)
"""Days with the name of their month, one or several of them."""
_WHOLE = r"(?<![\d/.])\d{1,2}([./])\d{1,2}\1(?:19|20)\d\d\b"
_CLOCK = (
    r"\b\d{1,2}:\d{2}(?::\d{2})?\b|\b(?:1[0-2]|0?[1-9])(?:[.:]\d\d)? ?(?:[ap]m\b|[ap]\.m\.|o'clock)"
    r"|\b(?:[01]\d|2[0-3])[0-5]\d (?:h|hrs|hours)\b"
)
# A date has a month up to 12 and a day up to 31; 78/40 is a blood pressure.
DATE_OR_CLOCK = re.compile(
    rf"{DAY_FIRST}|{MONTH_FIRST}|(?=\d)(?:\b\d{{4}}-\d{{2}}-\d{{2}}\b|{_WHOLE}"
    r"|\b(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])(?:/(?:\d{4}|\d{2}))?(?![\d/])"
    rf"|\b(?:0?[1-9]|1[0-2])/(?:19|20)\d{{2}}\b|{_CLOCK}"
    r"|\b(?:19|20)\d{2}\b(?!\s*(?:m[Ll]|cc|mg|kcal|units?)))",
    re.IGNORECASE,
)
"""Anything that names a day, a month, a year or a clock time."""
