"""Whether a row says of one thing both that it is there and that it is not (R-35), in forms that leave no doubt."""

from __future__ import annotations

import re

from compliance.number_words import NumberWords
from compliance.numbers_of_rows import Told

_DENIED = re.compile(r"\bdenie[sd] ([^;.]{3,120})")
_ASSERTED = re.compile(r"\b(?:endorses|endorsed|reports|reported|admits to|complains of|positive for) ([^;.]{3,120})")
_PARTS = re.compile(r",| and | or |/")
_RESULT = re.compile(
    r"\b([a-z][a-z0-9. -]{2,24}?) (?:was |is |were )?(positive|negative|detected|not detected)(?![\w-])"
)
_BOTH = re.compile(r"\b(?:detected and not detected|positive and negative|negative and positive|present and absent)\b")
_NO_ALLERGY = re.compile(r"\b(?:no known (?:drug )?allergies|nkda|nka)\b[;,.] ?[a-z -]{3,30}: ?[a-z]")
_NEVER_SMOKED = re.compile(
    r"\b(?:never (?:smoker|smoked)|non-?smoker)\b[^.;]{0,30}\b(?:\d+ ?(?:ppd|pack)|packs? (?:a|per) day)"
)
_FULL = r"(?:strong|good|palpable|loud|present|audible|brisk|intact|diffuse|marked|moderate|large|small|visible)"
_MISSING_AND_THERE = re.compile(
    rf"\bno ([a-z]{{4,20}})\b(?! (?:change|since|at|until|when))[^.]{{0,120}}\b{_FULL} \1\b"
)
_OTHER_PLACE_OR_TIME = re.compile(r"\d:\d\d|\d/\d|\b(?:then|after|now|later|left|right|r|l|but)\b")


def denies_and_asserts(told: Told, _words: NumberWords) -> bool:
    """Tell whether a row denies what it asserts."""
    text = told.text[told.begins :]
    return (
        _is_denied_and_told(text)
        or (
            ("negative" in text or "not detected" in text)
            and (bool(_BOTH.search(text)) or _has_two_results(told, text))
        )
        or (" no " in f" {text}" and _is_missing_and_there(text))
        or bool(_NO_ALLERGY.search(text))
        or ("smok" in text and bool(_NEVER_SMOKED.search(text)))
    )


def _is_denied_and_told(text: str) -> bool:
    denied, told = _DENIED.search(text), _ASSERTED.search(text)
    if denied is None or told is None:
        return False
    return not _things(denied.group(1).split(" but ")[0]).isdisjoint(_things(told.group(1)))


def _things(listed: str) -> frozenset[str]:
    listed = _ASSERTED.split(listed)[0]
    return frozenset(one.strip() for one in _PARTS.split(listed) if len(one.strip()) > 3)


def _has_two_results(told: Told, text: str) -> bool:
    """Tell whether one test is both positive and negative, with no other time or specimen beside it."""
    if told.clocks or told.numbers or any(sign in text for sign in ("/", "then", "repeat", "later", "#")):
        return False
    results: dict[str, str] = {}
    for test, result in _RESULT.findall(text):
        name = test.strip()
        positive = result in ("positive", "detected")
        if results.setdefault(name, str(positive)) != str(positive):
            return True
    return False


def _is_missing_and_there(text: str) -> bool:
    """Tell whether what is missing is there, with no other time, side or event between."""
    found = _MISSING_AND_THERE.search(text)
    return found is not None and not _OTHER_PLACE_OR_TIME.search(found.group())
