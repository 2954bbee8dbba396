"""What a clinical indicator shows: its classes, its numbers in customary units, and whether it is abnormal (R-04).

Names and values are read as records write them: lists and trends ("2.3, 1.9, 1.5 (01/24, 01/25)"), pairs
("Heart rate / respiratory rate": "124 / 24"), labels inside a value ("pH 7.14, PaCO2 74"), reference ranges, flags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from compliance.folding import fold
from compliance.measured import REFERENCE, is_unit, limits, measured_alone, names_denied, number_before, rows_of
from compliance.names import NameIndex, american, line_of

_NAME = 200
_READABLE = 2000
_REMEMBERED = 4096
_NUMBER = re.compile(r"(?<![\w.^])([<>≤≥]=? ?)?(-(?=\d))?(\d{1,3}(?:,\d{3})+(?!\d|,\d)|\d+)(\.\d+)?")
_PAIR = re.compile(r"(?<![\d/])(\d{2,3})/(\d{2,3})(?![\d/])")
_SCORE = re.compile(r"(?<![\d/])(\d{1,2}) ?(?:/|of|out of) ?(?:30|15|27|21|10|11|4|67|48|42)(?![\d/])")
_AFTER_NUMBER = re.compile(r" ?([a-zµ%]+(?:/[a-z]+)?)(/)?")
_LABELLED = re.compile(r"\s*(?:of|was|is|:|=|~|at)?\s*[<>≤≥]?\s*-?\d")
_WORD = re.compile(r"[a-z]+")
_NAMED_NUMBER = re.compile(r"[^\W\d_].*\d", re.DOTALL)  # a label stands before its number
_BETWEEN_NUMBERS = frozenset(["then", "to", "and", "at", "on", "after", "later", "from", "mmhg", "nadir", "peak", "h"])
_SEVERAL = re.compile(r"[/;&+]|\band\b")  # names of several things, each with its value
_FLAG = re.compile(r"(?<=\d) ?\(?\b(HH?|LL?)\b\)?(?=\s*(?:$|[,;(]))")
_ON_OXYGEN = re.compile(r"\bon ?\d+$")
_MARKED = re.compile(r"\^([hl])")
_CLAUSE = re.compile(r";|(?<=\w\w)\.(?:\s|$)|,(?!\d{3}\b)|\s/\s|\bbut\b|\bthen\b")
_STAINED = re.compile(r"\b(?:gram|coagulase|lactose)[- ]negative\b")  # a kind of bacteria, and no result
# A test whose result is told by the least that it can find: "<31 pg/mL".
_BELOW = re.compile(r"\W{0,2}< ?\d")
_PER_FIELD = re.compile(r"(\d{1,4})(?:-(\d{1,4}))? ?/ ?[hl]pf")
_FEW_CELLS = 5
_TOKEN = re.compile(r"[a-z0-9]+|[$%]")
_OF_BLOOD: Mapping[str, str] = {}
_JOINING = frozenset({"or", "nor"})
_BUT = frozenset({"but", "except", "only", "other"})  # "no bleeding except at the site"
_PAUSED = frozenset({"off", "none", "weaned"})  # "started 04:00, off 11:30", "nightly, none by day"
_CORRECTED = re.compile(r",? \(?(?:corrected for albumin|(?:albumin|glucose)[- ](?:corrected|adjusted))\)?")
_UNIT_WORD = re.compile(r"[a-zµ%]+(?:/[a-z]+)?")


class Tell(Enum):
    """What a value tells about its class."""

    HIGH = "high"
    LOW = "low"
    MIXED = "mixed"
    NORMAL = "normal"
    POSITIVE = "positive"
    NEGATIVE = "negative"
    GIVEN = "given"
    HELD = "held"
    FINDING = "finding"
    UNKNOWN = "unknown"
    __hash__ = object.__hash__  # each member is a single object; the hash of an enumeration is worked out in Python


SPEAKING = frozenset({Tell.HIGH, Tell.LOW, Tell.MIXED, Tell.POSITIVE, Tell.GIVEN, Tell.FINDING})
"""Tells of something that is there: not normal, not negative, not held."""
QUIET = frozenset({Tell.NORMAL, Tell.NEGATIVE})
"""Tells of a finding that was looked for and is not there."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How the numbers of a class are read: reference range, plausible values, other units.

    `after`: what follows a number and tells that it is of this class ("12% of body surface").
    """

    low: float | None = None
    high: float | None = None
    between: tuple[float, float] | None = None
    units: tuple[tuple[str, float, float], ...] = ()
    over: tuple[float, float, float] | None = None
    per_kg: tuple[float, float] | None = None
    pair: bool = False
    score: bool = False
    percent: bool = False
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class IndicatorTable:
    """The classes of indicators. `kinds`: measures, tests, reports or therapies; `vocabulary`: words of the tells.

    `drugs` are therapies that an option may blame, `vitals` measures taken at the bedside.
    """

    names: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, str]
    measures: Mapping[str, Measure]
    vocabulary: Mapping[str, tuple[str, ...]]
    specimens: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    drugs: frozenset[str] = frozenset()
    vitals: frozenset[str] = frozenset()


class Seen(NamedTuple):
    """One class that an indicator shows, with its numbers in the order of the text."""

    kind: str
    numbers: tuple[float, ...]
    tell: Tell


class Shown(NamedTuple):
    """An indicator as read. `text` is its name and value in lower case, `words` their words.

    `said` is the text without the clauses that say that something is not there, `unsaid` are those clauses, and
    `spoken` what is said without a sign between name and value ("uric acid 9.8").
    """

    seen: tuple[Seen, ...]
    kinds: frozenset[str]
    tell: Tell
    text: str
    words: frozenset[str]
    said: str
    said_words: frozenset[str]
    unsaid: frozenset[str]
    spoken: str

    @property
    def quiet(self) -> bool:
        """Whether everything it shows is normal or negative."""
        return bool(self.seen) and all(one.tell in QUIET for one in self.seen)


class IndicatorReader:
    """Reads indicators by a table. What was read is remembered, in bounds."""

    def __init__(self, table: IndicatorTable) -> None:
        self._table = table
        self._index = NameIndex((name, kind) for kind, names in table.names.items() for name in names)
        self._unread = frozenset(table.vocabulary.get("unread_units", ()))
        self._labels = NameIndex(
            (name, kind) for kind in table.measures for name in table.names[kind] if name not in self._unread
        )
        self._after = number_before((words, kind) for kind, one in table.measures.items() for words in one.after)
        self._tells = {
            name: (frozenset(word for word in words if word.isalnum()), tuple(w for w in words if not w.isalnum()))
            for name, words in table.vocabulary.items()
        }
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._read)
        self.kinds = lru_cache(maxsize=_REMEMBERED)(self._kinds_of)
        """The classes that an indicator's name stands for, in its order."""

    def read(self, name: str, value: str, unit: str | None = None) -> Shown:
        """Return what an indicator shows."""
        return self._remembered(name[:_NAME], value[:_READABLE], unit or "")

    def finds_nothing(self, value: str) -> bool:
        """Tell whether each clause of a value says that something is normal or not there."""
        return self._found(american(fold(value).text.lower())) is Tell.NORMAL

    def _read(self, name: str, value: str, unit: str) -> Shown:
        if "H" in value or "L" in value:
            value = _FLAG.sub(_marked, value)
        kinds = self._of_one_number(name, self.kinds(name), value)
        name, value = american(fold(name).text.lower()), american(fold(value).text.lower())
        unit = fold(unit).text.lower() if unit else ""
        seen = tuple(self._seen(kinds, value, unit, self._specimen(name)))
        seen = (*seen, *self._oxygenation(name, seen))
        text, denied_names = f"{name} {value}", names_denied(name, value)
        if denied_names:
            text = " ; no ".join((text, *denied_names))
        clauses = [(clause, words, self._denies(clause, words)) for clause, words in self._clauses(value)]
        said = " ; ".join([clause for clause, _, denied in clauses if not denied])
        unsaid = _words(" ".join(denied_names)).union(*[words for _, words, denied in clauses if denied])
        tell = _whole(seen)
        named = tell not in QUIET and not denied_names
        said, spoken = (f"{name} ; {said}", f"{name} {said}") if named else (said, said)
        kinds_seen = frozenset(one.kind for one in seen)
        return Shown(seen, kinds_seen, tell, text, _words(text), said, _words(said), unsaid, spoken)

    def _of_one_number(self, name: str, kinds: tuple[str, ...], value: str) -> tuple[str, ...]:
        """Return the one class to which a single number belongs: "eGFR, creatinine" is worked out of creatinine."""
        if len(kinds) < 2 or not self._table.measures.keys() >= set(kinds[:2]) or _SEVERAL.search(name):
            return kinds
        return kinds[:1] if len(_NUMBER.findall(value)) == 1 else kinds

    def _denies(self, clause: str, words: frozenset[str]) -> bool:
        if not self._has("negative", clause, words) or self._has("possible", clause, words):
            return False
        return not self._lacks(clause)

    def _oxygenation(self, name: str, seen: tuple[Seen, ...]) -> Iterator[Seen]:
        """Yield the ratio of oxygen pressure to oxygen fraction where both stand in one indicator."""
        if not any(one.kind == "pao2" for one in seen):
            return
        fractions = [number for one in (*seen, *self._labels_of(name)) if one.kind == "fio2" for number in one.numbers]
        pressures = [number for one in seen if one.kind == "pao2" for number in one.numbers]
        if fractions and pressures and fractions[0] > 0:
            fraction = fractions[0] / 100 if fractions[0] > 1 else fractions[0]
            ratio = round(pressures[0] / fraction)
            yield Seen("pf_ratio", (ratio,), _judged((ratio,), self._table.measures["pf_ratio"].low, None))

    def _kinds_of(self, name: str) -> tuple[str, ...]:
        name = _CORRECTED.sub("", american(fold(name[:_NAME]).text.lower()))
        hits = [(hit.start, hit.payload) for hit in self._index.find(line_of(name))]
        specimen = self._specimen(name)
        found = (specimen.get(kind, kind) if start else kind for start, kind in hits)
        return tuple(dict.fromkeys(kind for kind in found if kind))

    def _specimen(self, name: str) -> Mapping[str, str]:
        """Return the classes that those of blood stand for in the specimen that a name begins with."""
        return self._table.specimens.get(name.split(" ", 1)[0], {})

    def _seen(self, kinds: tuple[str, ...], value: str, unit: str, specimen: Mapping[str, str]) -> Iterator[Seen]:
        measured = [kind for kind in kinds if kind in self._table.measures]
        pieces = rows_of(kinds, value) if len(kinds) > 1 else []
        if len(kinds) > 1 and len(pieces) != len(kinds) and len(measured) == len(kinds):
            pieces = value.split("/")
        if len(kinds) > 1 and len(pieces) == len(kinds):
            for kind, piece in zip(kinds, pieces, strict=True):
                yield self._one(kind, piece, "" if len(kinds) > 1 and "/" not in unit else unit)
            return
        tested = any(self._table.kinds[kind] == "tests" for kind in kinds)
        labelled = [] if tested else list(self._labels_of(value, specimen))
        named = {one.kind for one in labelled}
        yield from labelled
        for kind in kinds:
            if kind in named:
                continue
            if kind in self._table.measures and (len(measured) > 1 or (labelled and measured)):
                yield Seen(kind, (), self._by_words(value))
            else:
                yield self._one(kind, value, unit)

    def _labels_of(self, value: str, specimen: Mapping[str, str] = _OF_BLOOD) -> Iterator[Seen]:
        """Yield the measures that a value names itself ("LVEF 35%")."""
        if not _NAMED_NUMBER.search(value):
            return
        for hit in self._labels.find(line_of(value)):
            kind = specimen.get(hit.payload, hit.payload)
            if kind in self._table.measures and _LABELLED.match(value, hit.end):
                measure = self._table.measures[kind]
                rest = value[hit.end : hit.end + 120]
                numbers = tuple(self._following(measure, rest))
                if numbers:
                    yield Seen(kind, numbers, _judged(numbers, measure.low, measure.high))
        for kind, numbers in self._after(value):
            yield Seen(kind, numbers, _judged(numbers, self._table.measures[kind].low, self._table.measures[kind].high))

    def _following(self, measure: Measure, rest: str) -> Iterator[float]:
        """Yield the numbers directly after a label, up to the next word."""
        rest = measured_alone(rest)
        place = None
        for found in _NUMBER.finditer(rest):
            if place is not None and not _BETWEEN_NUMBERS.issuperset(_WORD.findall(rest, place, found.start())):
                return
            number = self._customary(measure, found, rest, "")
            place = found.end()
            if number is not None:
                yield number
            elif found.start() > 12:
                return

    def _one(self, kind: str, value: str, unit: str) -> Seen:
        family = self._table.kinds[kind]
        if family == "measures":
            return self._measured(kind, value, unit)
        if family == "tests":
            return Seen(kind, (), self._tested(value))
        if family == "therapies":
            return Seen(kind, (), self._treated(value))
        return Seen(kind, (), self._found(value))

    def _measured(self, kind: str, value: str, unit: str) -> Seen:
        measure = self._table.measures[kind]
        reference = REFERENCE.search(value)
        text = value if reference is None else value[: reference.start()] + " " + value[reference.end() :]
        low, high = (measure.low, measure.high) if reference is None else limits(reference)
        if measure.per_kg is not None and "/kg" in value + unit and reference is None:
            low, high = measure.per_kg
        numbers = tuple(self._numbers(measure, text, unit))
        if not numbers:
            return Seen(kind, (), self._by_words(text))
        if reference is not None:
            # The source's own range stands in its own unit, as its values do.
            raw = tuple(
                self._numbers(Measure(pair=measure.pair, score=measure.score, percent=measure.percent), text, "")
            )
            return Seen(kind, numbers, _flagged(kind, text, _judged(raw, low, high)))
        tell = _judged(numbers, low, high) if low is not None or high is not None else Tell.FINDING
        return Seen(kind, numbers, _flagged(kind, text, tell))

    def _numbers(self, measure: Measure, text: str, unit: str) -> Iterator[float]:
        if measure.pair and (pairs := _PAIR.findall(text)):
            yield from (float(first) for first, _ in pairs if float(first) >= 30)
            return
        if measure.score and (scores := _SCORE.findall(text)):
            yield from map(float, scores)
            return
        text = measured_alone(text)
        for found in _NUMBER.finditer(text):
            number = self._customary(measure, found, text, unit)
            if number is not None:
                yield number

    def _customary(self, measure: Measure, found: re.Match[str], text: str, unit: str) -> float | None:
        """Return a number in the customary unit of its class, or None when it is a number of something else."""
        number = float(found.group(3).replace(",", "") + (found.group(4) or ""))
        if found.group(2):
            number = -number
        after = _AFTER_NUMBER.match(text, found.end())
        suffix, slash = (after.group(1), after.group(2)) if after else ("", None)
        for name, factor, addend in measure.units:
            if is_unit(suffix, name) or (not suffix and any(w.startswith(name) for w in _UNIT_WORD.findall(unit))):
                return number * factor + addend
        if not slash and suffix in self._unread:
            return None
        if suffix == "%" and not measure.percent:
            return None
        if measure.over is not None and number > measure.over[0]:
            number = number * measure.over[1] + measure.over[2]
        sign = (found.group(1) or "").strip()
        number += {"<": -1e-6, ">": 1e-6}.get(sign, 0.0)
        if measure.between is not None and not measure.between[0] <= number <= measure.between[1]:
            return None
        return number

    def _has(self, name: str, clause: str, words: frozenset[str]) -> bool:
        single, phrases = self._tells[name]
        if not single.isdisjoint(words):
            return True
        for phrase in phrases:  # noqa: SIM110 - asked a dozen times an indicator
            if phrase in clause:
                return True
        return False

    def _clauses(self, value: str) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield the clauses of a value. "No fat, muscle or bone" denies all three."""
        denying = False
        for piece in _CLAUSE.split(value):
            clause = (piece or "").strip(" \"'()")
            if clause:
                words = _words(_STAINED.sub("", clause))
                also_denied = denying and bool(words & _JOINING)
                denying = clause.startswith(("no ", "without "))
                yield (f"no {clause}", words | {"no"}) if also_denied else (clause, words)

    def _by_words(self, value: str) -> Tell:
        words = _words(value)
        if self._has("pending", value, words):
            return Tell.UNKNOWN
        for name, tell in (
            ("normal", Tell.NORMAL),
            ("high", Tell.HIGH),
            ("low", Tell.LOW),
            ("negative", Tell.NEGATIVE),
        ):
            if self._has(name, value, words):
                return tell
        return Tell.POSITIVE if self._has("positive", value, words) else Tell.UNKNOWN

    def _tested(self, value: str) -> Tell:
        """Judge a test clause by clause: one positive clause makes it positive."""
        tells = {self._clause_of_test(clause, words) for clause, words in self._clauses(value)}
        return next((tell for tell in (Tell.POSITIVE, Tell.NEGATIVE) if tell in tells), Tell.UNKNOWN)

    def _clause_of_test(self, clause: str, words: frozenset[str]) -> Tell:
        if self._has("pending", clause, words):
            return Tell.UNKNOWN
        if self._has("negative", clause, words) or _BELOW.match(clause):
            return Tell.NEGATIVE
        counted = _PER_FIELD.search(clause)
        if counted and int(counted.group(2) or counted.group(1)) <= _FEW_CELLS and ">" not in clause:
            return Tell.NEGATIVE
        letters = {word for word in words if word.isalpha() and len(word) > 1}
        if self._has("positive", clause, words) or letters - self._tells["neutral"][0] or ">" in clause:
            return Tell.POSITIVE
        return Tell.UNKNOWN

    def _found(self, value: str) -> Tell:
        """Judge an examination or a report: normal only when every clause is."""
        clauses = list(self._clauses(value))
        if not clauses:
            return Tell.UNKNOWN
        if all(self._has("pending", clause, words) for clause, words in clauses):
            return Tell.UNKNOWN
        return Tell.NORMAL if all(self._is_normal(clause, words) for clause, words in clauses) else Tell.FINDING

    def _is_normal(self, clause: str, words: frozenset[str]) -> bool:
        if self._has("abnormal", clause, words) and not self._denies_all(clause, words):
            return False
        letters = {word for word in words if word.isalpha() and len(word) > 1}
        if not letters or letters <= self._tells["sizes"][0]:
            return True
        labelled = list(self._labels_of(clause)) if any(map(str.isdigit, clause)) else []
        if labelled:
            return all(one.tell in QUIET for one in labelled)
        return self._has("normal", clause, words) or clause.split(" ", 1)[0] in (
            "no",
            "without",
            "denies",
            "denied",
            "not",
            "never",
            "none",
        )

    def _denies_all(self, clause: str, words: frozenset[str]) -> bool:
        """Tell whether a clause says that nothing is there: "no thrombus", but not "no bowel sounds"."""
        if not clause.startswith(("no ", "without ", "denies ")) or words & _BUT:
            return False
        return not self._lacks(clause)

    def _lacks(self, clause: str) -> bool:
        """Tell whether a clause says that something is missing which should be there: "no flow", "no bowel sounds"."""
        return any(phrase in clause for phrase in self._tells["abnormal"][1] if phrase.startswith(("no ", "not ")))

    def _treated(self, value: str) -> Tell:
        """Judge a therapy by its last clause that tells: a drug given and stopped is no running treatment."""
        tell = Tell.GIVEN
        was_given = False
        for clause, words in self._clauses(value):
            if self._has("held", clause, words):
                tell = tell if was_given and words & _PAUSED else Tell.HELD
            elif self._has("given", clause, words):
                tell, was_given = Tell.GIVEN, True
        return tell


def _judged(numbers: tuple[float, ...], low: float | None, high: float | None) -> Tell:
    above = high is not None and max(numbers, default=high) > high
    below = low is not None and min(numbers, default=low) < low
    if above and below:
        return Tell.MIXED
    return Tell.HIGH if above else Tell.LOW if below else Tell.NORMAL


def _marked(flag: re.Match[str]) -> str:
    """Mark a flag of the laboratory before its case is folded. After "on 2" an L is a litre of oxygen."""
    litres = flag.group(1) == "L" and _ON_OXYGEN.search(flag.string, 0, flag.start())
    return flag.group() if litres else f" ^{flag.group(1)[0].lower()}"


def _flagged(kind: str, text: str, tell: Tell) -> Tell:
    """A flag of the laboratory beside a number wins over the table; volumes carry litres, not flags."""
    if kind.endswith(("output", "loss", "balance")):
        return tell
    flags = {found.group(1) for found in _MARKED.finditer(text)}
    if len(flags) > 1:
        return Tell.MIXED
    return {"h": Tell.HIGH, "l": Tell.LOW}[flags.pop()] if flags else tell


def _whole(seen: tuple[Seen, ...]) -> Tell:
    """Return the tell of an indicator as a whole: what speaks wins, then what is quiet."""
    for one in seen:
        if one.tell in SPEAKING:
            return one.tell
    return seen[0].tell if seen else Tell.FINDING


def _words(text: str) -> frozenset[str]:
    """Return the words of a folded lower-case text."""
    return frozenset(_TOKEN.findall(text))
