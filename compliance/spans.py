"""Whether the clock times of findings span the time for which an answer says that something lasted (R-04)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from compliance.fitting import MINUTES
from compliance.indicators import Shown

_LONGER = re.compile(
    r"(?:\b(?:more than|over|greater than|longer than|at least|exceeding)|>) ?(\d{1,3}) ?"
    r"(m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b")
_OF_DAYS = re.compile(r"\bday|\d/\d|\d-\d\d-\d")


def over_sooner(option: str, linked: Iterable[Shown]) -> bool:
    """Tell whether an option asks for a longer time ("more than 24 hours") than all the clock times shown span."""
    longer = _LONGER.search(option)
    if longer is None:
        return False
    least = int(longer.group(1)) * MINUTES[longer.group(2)[0].lower()]
    spans = [_span_of(one.text) for one in linked]
    return all(span is not None and span < least for span in spans)


def _span_of(text: str) -> int | None:
    """Return the minutes from the first to the last clock time of a text without days; None where not two stand."""
    times = [int(hour) * 60 + int(minute) for hour, minute in _CLOCK.findall(text)]
    return (times[-1] - times[0]) % 1440 if len(times) > 1 and not _OF_DAYS.search(text) else None
