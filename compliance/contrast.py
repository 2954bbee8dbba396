"""R-04, R-08: what each answer links by itself is set against its siblings: it speaks for it, and of its course."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from compliance.anchors import speaks_for_its_kind
from compliance.choices import Choice, numbered_steps
from compliance.findings import block
from compliance.fitting import TAKE_OUT
from compliance.indicators import QUIET, Shown, Tell
from compliance.reading import Reading
from compliance.text import bag
from schemas.check import CheckOption, Finding

_STATED = frozenset({"conflict", "present_on_admission", "laterality", "procedure", "clinical_validation"})
_TOLD = frozenset({"history", "statement", "baseline_function"})  # whether prose is quiet, single words do not tell
_FALSE = re.compile(r"\bpseudo|\bnon-?(?=[a-z])")
_DOSED = re.compile(
    r"\d ?(?:mg|mcg|g|units?|ml|l|tab|tablets?|puffs?|doses?|weeks|months)\b|\bx ?\d|\bdaily|\bevery|\btwice"
)
_WAS_GIVEN = frozenset({"held", "stopped", "discontinued", "weaned"})  # what was stopped on a day had been given
_DAY = re.compile(r"\b\d{1,2}/\d{1,2}\b")
_FLAT = 1.15  # times


def silent_answers(reading: Reading) -> frozenset[int]:
    """Return the places of answers whose own findings, which a sibling lacks, are all normal, negative or not given."""
    if reading.query.category in _STATED or len(reading.clinical_options) < 2:
        return frozenset()
    linked = _links(reading)
    found = frozenset[int]()
    for place, option in reading.clinical_options:
        apart = _apart(reading, place, linked)
        silent = apart and not _is_open(reading, option) and _are_silent(apart, reading)
        if silent and not speaks_for_its_kind(reading, option.text, [reading.shown[row] for row in linked[place]]):
            found |= {place}
    return found - _least(reading) if found else frozenset()


def _links(reading: Reading) -> Mapping[int, frozenset[int]]:
    """Return the rows that each clinical option links."""
    count = len(reading.rows)
    return {
        place: frozenset(row for row in option.evidence if 0 <= row < count)
        for place, option in reading.clinical_options
    }


def _apart(reading: Reading, place: int, linked: Mapping[int, frozenset[int]]) -> list[Shown]:
    """Return what an option links and a sibling does not, without baselines and other values of what they share."""
    others = [rows for other, rows in linked.items() if other != place]
    shared = linked[place] & frozenset.intersection(*others)
    measured = frozenset[str]().union(*(reading.shown[row].kinds for row in shared))
    own = [row for row in sorted(linked[place] - shared) if not reading.rows[row].prior_encounter]
    return [reading.shown[row] for row in own if not reading.shown[row].kinds & measured]


def _least(reading: Reading) -> frozenset[int]:
    """Return the places of the options that are the lowest steps of their scales: what is normal speaks for them."""
    least = set[int]()
    rank_on = reading.knowledge.rank_on
    for scale in reading.knowledge.scale_ranks:
        ranks = {place: rank_on(scale, bag(option.text)) for place, option in reading.clinical_options}
        ranked = {place: rank for place, rank in ranks.items() if rank is not None}
        if len(ranked) > 1:
            least.add(min(ranked, key=lambda place: ranked[place]))
    return frozenset(least)


def _is_open(reading: Reading, option: CheckOption) -> bool:
    choice: Choice = reading.knowledge.choices.read(option.text)
    affinities = reading.knowledge.affinities
    said = choice.words & (affinities.quiet | affinities.courses.past | reading.knowledge.vocabulary("open_reading"))
    return bool(choice.negative or choice.lesser or said or _FALSE.search(option.text.lower()))


def _are_silent(apart: list[Shown], reading: Reading) -> bool:
    """Tell whether findings are normal and stay so, negative, or drugs that were never given."""
    numbers: dict[str, list[float]] = {}
    for one in apart:
        for seen in one.seen:
            numbers.setdefault(seen.kind, []).extend(seen.numbers)
    steady = all(max(found) <= _FLAT * min(found) for found in numbers.values() if found)
    return steady and all(_is_silent(one, reading) for one in apart)


def _is_silent(one: Shown, reading: Reading) -> bool:
    if one.tell is Tell.HELD:
        given = one.words & _WAS_GIVEN and ("held" in one.words or _DAY.search(one.text))
        return not given and not _DOSED.search(one.text)
    if one.kinds <= _TOLD:
        return False
    if reading.query.category == "status" and one.tell is Tell.NORMAL:
        return not one.kinds & reading.knowledge.indicators.measures.keys()  # what is treated may be normal
    return one.tell in QUIET


def step_is_named(reading: Reading) -> Iterator[Finding]:
    """R-04: where evidence names stages, classes or grades by number, that of the answer is among them."""
    if reading.query.category in _STATED:
        return
    for place, rows in _links(reading).items():
        own = numbered_steps(reading.query.options[place].text)
        if not own:
            continue
        shown = frozenset[tuple[str, int]]().union(*(numbered_steps(reading.shown[row].said) for row in rows))
        named = {step for step in shown if any(step[0] == noun for noun, _ in own)}
        if named and own.isdisjoint(named):
            message = "What is linked to this option names another step."
            yield block("R-04", f"options[{place}].evidence", message, TAKE_OUT)


def course_is_shown(reading: Reading) -> Iterator[Finding]:
    """R-04: what is said to be current is not over by all that is linked, and what is said to be past not at work."""
    if reading.query.category != "status":
        return
    courses = reading.knowledge.affinities.courses
    said = {place: bag(option.text) for place, option in reading.clinical_options}
    linked = _links(reading)
    for place, words in said.items():
        shown = [reading.shown[row] for row in linked[place] if not reading.rows[row].prior_encounter]
        past = bool(words & courses.past)
        if not shown or not (past or _is_current(reading, place, said)):
            continue
        if not past and all(_is_over(reading, one) for one in shown):
            message = "All that is linked to this option says that the condition is over."
            yield block("R-04", f"options[{place}].evidence", message, TAKE_OUT)
        elif past and all(_is_at_work(reading, one) for one in shown):
            message = "All that is linked to this option shows the condition at work."
            yield block("R-04", f"options[{place}].evidence", message, TAKE_OUT)


def _is_current(reading: Reading, place: int, said: Mapping[int, frozenset[str]]) -> bool:
    """Tell whether an option says that a condition is current, in words or by its bare name beside a past one."""
    courses = reading.knowledge.affinities.courses
    if said[place] & courses.current:
        return True
    bare = any(said[place] <= term for term in reading.documented_bags)
    return bare and any(words & courses.past for other, words in said.items() if other != place)


def _is_over(reading: Reading, one: Shown) -> bool:
    if one.tell is Tell.HELD or (one.tell is Tell.NEGATIVE and one.quiet):
        return True
    return _holds(one.text, one.words, reading.knowledge.affinities.courses.over)


def _is_at_work(reading: Reading, one: Shown) -> bool:
    return one.tell not in QUIET and _holds(one.said, one.said_words, reading.knowledge.affinities.courses.at_work)


def _holds(text: str, words: frozenset[str], wanted: frozenset[str]) -> bool:
    return any(word in words if word.isalnum() else word in text for word in wanted)
