"""Whether the times of a row agree (R-35).

What ends does not end before it begins, an interval is that of its clock times, and as many are listed as are counted.
"""

from __future__ import annotations

import re

from compliance.number_words import NumberWords
from compliance.numbers_of_rows import Clock, Told

_DAY = 24 * 60
_BACKWARDS = 20 * 60
_FEWEST = 2
_SAME_DAY = re.compile(r"\bsame (?:day|date|morning|afternoon|evening|shift)\b")
_INTERVAL = re.compile(
    r"(?<![\d.,])(\d{1,3}(?:\.\d)?) ?(min|mins|minutes|h|hr|hrs|hours)\b(?: ?(\d{1,2}) ?min(?:utes)?\b)?"
    r"(?=$|[;,.)]| (?:of (?:cpr|downtime|compressions|ischemia)|total|apart|later|elapsed|duration|interval|door))"
)
_BEFORE_INTERVAL = re.compile(r"(?:^|[,;(=:]|\b(?:for|ran|lasted|total|total of|duration|in|after|interval)) ?$")
_COUNTED = r"(?:doses?|episodes?|boluses|runs|shocks|events|times|sets|checks|pushes)"
_COUNT = rf"(?:\bx ?(\d{{1,2}})|\b(\d{{1,2}}|two|three|four|five|six) (?:[a-z]+ ){{0,2}}{_COUNTED})"
_LISTED = re.compile(rf"{_COUNT}(?: [a-z]+){{0,2}} ?\(([^()]{{3,80}})\)")
_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_ONLY_TIMES = re.compile(r"\d{1,2}:?\d\d(?:(?:, ?(?:and )?| and )\d{1,2}:?\d\d)+")
_ONLY_NUMBERS = re.compile(r"\d{1,4}(?: ?ml)?(?:(?:, ?(?:and )?| and )\d{1,4}(?: ?ml)?)+")
_PARTED = re.compile(r", ?(?:and )?| and ")


def clocks_fail(told: Told, words: NumberWords) -> bool:
    """Tell whether the times of a row contradict each other."""
    if len(told.clocks) >= _FEWEST and (_ends_before_it_begins(told, words) or _interval_is_another(told)):
        return True
    return "(" in told.text and any(_are_not_as_many(*found) for found in _LISTED.findall(told.text))


def _ends_before_it_begins(told: Told, words: NumberWords) -> bool:
    same_day = bool(_SAME_DAY.search(told.text, told.begins))
    for place, begun in enumerate(told.clocks):
        if words.begins.isdisjoint(begun.label):
            continue
        for ended in told.clocks[place + 1 :]:
            if not words.ends.isdisjoint(ended.label):
                return _is_before(ended, begun, same_day=same_day)
    return False


def _is_before(ended: Clock, begun: Clock, *, same_day: bool) -> bool:
    if begun.day is not None and ended.day is not None:
        return (ended.day, ended.minutes) < (begun.day, begun.minutes) and abs(ended.day - begun.day) < _DAY / 10
    if same_day:
        return ended.minutes < begun.minutes
    return begun.day is None and ended.day is None and (ended.minutes - begun.minutes) % _DAY > _BACKWARDS


def _interval_is_another(told: Told) -> bool:
    """Tell whether the only interval of a row is not that between its only two clock times."""
    if len(told.clocks) != _FEWEST:
        return False
    found = list(_INTERVAL.finditer(told.text, told.begins))
    if len(found) != 1:
        return False
    apart = told.text.startswith(" apart", found[0].end())
    if not apart and not _BEFORE_INTERVAL.search(told.text, told.begins, found[0].start()):
        return False
    first, last = told.clocks
    if told.text.find(";", min(first.end, found[0].end()), max(last.start, found[0].start())) >= 0:
        return False
    hours = found[0].group(2).startswith("h")
    told_minutes = float(found[0].group(1)) * (60 if hours else 1) + float(found[0].group(3) or 0)
    passed = last.minutes - first.minutes
    if first.day is not None and last.day is not None:
        if last.day - first.day not in (0, 1):
            return False
        passed += (last.day - first.day) * _DAY
    passed %= 2 * _DAY if first.day is not None and last.day is not None else _DAY
    return abs(told_minutes - passed) > max(45 if hours and not found[0].group(3) else 3, 0.2 * passed) and passed > 0


def _are_not_as_many(times: str, count: str, listed: str) -> bool:
    wanted = int(times) if times else _WORDS.get(count) or int(count)
    if not (_ONLY_TIMES.fullmatch(listed) or _ONLY_NUMBERS.fullmatch(listed)):
        return False
    return len(_PARTED.split(listed)) != wanted
