"""R-04: what an answer blames was there before what it is blamed for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from compliance.asked import terms_asked
from compliance.choices import Choice
from compliance.findings import block
from compliance.fitting import TAKE_OUT, informs, systems_of
from compliance.indicators import SPEAKING, Shown, Tell
from compliance.reading import Reading
from compliance.rows import Row
from compliance.times import days_named, elapsed
from schemas.check import Finding

_STATED = frozenset({"conflict", "present_on_admission", "laterality", "clinical_validation", "procedure"})
_STEM = 6
_SHORT = 3
_BLAMING = re.compile(
    r"\b(?:due to|from|secondary to|caused by|because of|related to|associated with|after|following|effect of"
    r"|reaction to|complication of)\b",
    re.IGNORECASE,
)
_BLAMED_IN_A_WORD = re.compile(
    r"\b([a-z]{4,})[- ](?:induced|associated|related|acquired)\b|\b(transfusion) reaction", re.IGNORECASE
)
_AFTER_AN_OPERATION = re.compile(r"\bpost-?(?:operative|surgical|procedural|op)\b", re.IGNORECASE)
_OPERATION = frozenset({"surger", "operat", "proced", "incisi"})
_WORD = re.compile(r"[a-z]{4,}")
# Nothing that is placed, given or done on one day.
_LASTING = frozenset(
    {"disease", "condition", "other", "cause", "causes", "acute", "chronic", "known", "specify", "please", "documented"}
)
_BEGUN = re.compile(
    r"\b(?:first|started|placed|inserted|begun|began|initiated|given|implanted|performed|underwent|new|done)\b"
)
_NEVER_BEFORE = re.compile(r"\bfirst (?:placed|given|dose|started|inserted|used)|\b(?:no|none|not) (?:\w+ )?before\b")
_WAS_THERE = re.compile(
    r"\b(?:home|prior|before|previous(?:ly)?|chronic|long-?term|since|ago|years?|months?|weeks|history|already|arrival"
    r"|indwelling|maintenance|continued|resumed|exchanged?|replaced|changed|restarted|increased|again|for \d|x ?\d"
    r"|last|recent(?:ly)?|ongoing|held|stopped|outpatient|takes|taking|over-the-counter|remov(?:ed|al)|out|pulled|days?"
    r"|discontinued|weaned|cultures?|tip|lumen|site|swab|level|trough|changes)\b"
)
_GIVEN_ONCE = frozenset({"transfusion", "nephrotoxin", "thrombolysis", "uterotonic"})
_SOONER = timedelta(hours=6)


class _Begun(NamedTuple):
    """When something began."""

    when: datetime
    of_a_day: bool


def causes_come_first(reading: Reading) -> Iterator[Finding]:
    """R-04: no drug, device or procedure is blamed for what was found before it, and grew no worse after it."""
    if reading.query.category in _STATED or len(reading.rows) < 2:
        return
    generic = reading.knowledge.affinities.generic
    for place, option in reading.clinical_options:
        blamed = _blamed(option.text, generic)
        if not blamed:
            continue
        rows = [place for place, row in enumerate(reading.rows) if not blamed.isdisjoint(row.once(_stems))]
        begun = _beginning(reading, rows) if rows else None
        if begun is not None and _is_all_before(reading, option.text, begun, rows):
            message = "What is blamed here began after what it is blamed for."
            yield block("R-04", f"options[{place}].evidence", message, TAKE_OUT)


@lru_cache(maxsize=4096)
def _blamed(option: str, generic: frozenset[str]) -> frozenset[str]:
    """Return the beginnings of the words for what an option blames."""
    cause = _BLAMING.search(option)
    said = option[cause.end() :].lower() if cause else ""
    words = {word for word in _WORD.findall(said) if word not in _LASTING and word not in generic}
    words.update((found.group(1) or found.group(2)).lower() for found in _BLAMED_IN_A_WORD.finditer(option))
    stems = frozenset(word[:_STEM] for word in words)
    return stems | _OPERATION if _AFTER_AN_OPERATION.search(option) else stems


def _stems(row: Row) -> frozenset[str]:
    """Return the beginnings of the longer words of a row."""
    return frozenset(word[:_STEM] for word in row.shown.words if len(word) > _SHORT)


def _beginning(reading: Reading, rows: Iterable[int]) -> _Begun | None:
    """Return when what rows name began; None where one of them says that it was there before, or none says it."""
    begun: list[_Begun] = []
    drugs = reading.knowledge.indicators.drugs | _GIVEN_ONCE
    for row in rows:
        one = reading.shown[row]
        if reading.rows[row].prior_encounter or (_WAS_THERE.search(one.text) and not _NEVER_BEFORE.search(one.text)):
            return None
        when = _when(reading, row, last=False)
        if when is None:
            return None
        if _BEGUN.search(one.said) or (one.tell is Tell.GIVEN and one.kinds & drugs):
            begun.append(when)
    return min(begun, key=lambda one: one.when.replace(tzinfo=None)) if begun else None


def _when(reading: Reading, row: int, *, last: bool) -> _Begun | None:
    """Return the first day that a row names, or its last; else its time."""
    observed = reading.observed[row]
    if observed is None:
        return None
    days = [(day.year or observed.year, day.month, day.day) for day in days_named(_said(reading, row))]
    if not days:
        return _Begun(observed, of_a_day=False)
    year, month, day = max(days) if last else min(days)
    try:
        return _Begun(observed.replace(year=year, month=month, day=day), of_a_day=True)
    except ValueError:
        return None


def _said(reading: Reading, row: int) -> str:
    return f"{reading.rows[row].name} {reading.rows[row].value}"


def _is_all_before(reading: Reading, option: str, begun: _Begun, causes: list[int]) -> bool:
    """Tell whether the effect was found before a moment, and nothing of it is new or worse since."""
    effect = _effect(reading, option)
    before: list[Shown] = []
    after: list[Shown] = []
    for row, one in enumerate(reading.shown):
        if row in causes or reading.rows[row].prior_encounter or one.tell not in SPEAKING:
            continue
        if not any(informs(choice, systems, one, reading.knowledge) for choice, systems in effect):
            continue
        found = _when(reading, row, last=True)
        if found is None:
            return False
        (before if _is_sooner(found, begun) else after).append(one)
    return bool(before) and not any(_is_worse(one, before) for one in after)


def _is_sooner(found: _Begun, begun: _Begun) -> bool:
    if found.of_a_day or begun.of_a_day:
        return found.when.date() < begun.when.date()
    since = elapsed(found.when, begun.when)
    return since is not None and since >= _SOONER


def _is_worse(one: Shown, before: Iterable[Shown]) -> bool:
    """Tell whether a finding is new beside earlier ones, or further from normal."""
    numbers: dict[str, list[float]] = {}
    for earlier in before:
        for seen in earlier.seen:
            numbers.setdefault(seen.kind, []).extend(seen.numbers)
    for seen in one.seen:
        known = numbers.get(seen.kind)
        if not seen.numbers or not known:
            return True
        if max(seen.numbers) > max(known) if seen.tell is not Tell.LOW else min(seen.numbers) < min(known):
            return True
    return not one.seen


def _shares(term: str, blamed: frozenset[str]) -> bool:
    return any(word[:_STEM] in blamed for word in _WORD.findall(term.lower()))


def _effect(reading: Reading, option: str) -> list[tuple[Choice, frozenset[str]]]:
    """Return the conditions that an option blames something for: those before its cause, or those asked about."""
    knowledge = reading.knowledge
    cause = _BLAMING.search(option)
    head = option[: cause.start()] if cause else option
    blamed = _blamed(option, knowledge.affinities.generic)
    apart = [term for term in reading.provider_terms if not _shares(term, blamed)]
    asked = [term for term in apart if term in terms_asked(reading)] or apart
    found = []
    for text in (head, *asked):
        choice, systems = knowledge.choices.read(text), systems_of(text, knowledge)
        if choice.families or systems or choice.affirmed:
            found.append((choice, systems))
    return found
