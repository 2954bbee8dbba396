"""The language of evidence: a small, readable, typed notation over indicators. Parsed here, never run as code.

    rise(creatinine) >= 0.3 mg/dL within 48 h or ratio_to_baseline(creatinine) >= 1.5 within 7 d
    any(kind=medication, name~"furosemide|bumetanide", prior=no) and not documented("chronic kidney disease")
    any(kind=imaging, value says "hydronephrosis") and not any(text denies "flank pain")
    latest(phq9) between 10 and 19 and first(bmi) between 25 and below 30 kg/m2
    at_least(2, max(temperature) > 38, max(heart_rate) > 90, kdigo_2012_creatinine)
    sustained(urine_output_rate) < 0.5 mL/kg/h for 6 h
    points(2 if max(lactate) > 4 mmol/L, 1 if max(heart_rate) > 110) >= 2

Words without brackets name a criterion of `criteria/`. `~` searches a regular expression, ignoring case; `=` is
exact; `says` finds words that are not denied, and `denies` words that are (`evidence.denial`). Measures look at this
encounter; `(creatinine, prior)` lets earlier encounters count too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property

from evidence.denial import Finding
from evidence.faults import meant
from evidence.readings import unit_key
from schemas.gaps import Indicator

MEASURES = ("latest", "first", "min", "max", "rise", "drop", "ratio_to_baseline", "ratio_to_prior", "count")
"""What a comparison may look at, besides `quotient`, `sustained` and `points`."""
ADMISSION = ("latest", "first", "min", "max", "count")
"""Measures of single values: they may be limited to the first hours (`max(lactate) > 4 within 24 h of admission`), and
lie `between` two numbers."""
WINDOWED = ("rise", "drop", "ratio_to_baseline", "quotient")
FIELDS = ("name", "value", "text", "source", "kind", "role", "prior", "quoted", "when")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "prior": ("yes", "no", "any"),
    "quoted": ("yes", "no"),
    "when": ("before_order", "after_order"),
}
_CHANGES = ("rise", "drop")
_RATIOS = ("ratio_to_baseline", "ratio_to_prior")
TEXTS = ("name", "value", "text")
"""Fields that can say or deny something."""
RESERVED = (
    *("and", "or", "not", "within", "of", "for", "if", "prior"),
    *("says", "denies", "unless", "between", "below"),
)
"""Words of the language, which no criterion can be called."""
_UNITLESS = ("ratio_to_baseline", "ratio_to_prior", "quotient", "count")
_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)'
    r"|(?P<word>[A-Za-z_%°µ/][\w/%°µ^.\[\]{}*]*)|(?P<sign><=|>=|<|>|~|=|\(|\)|,))"
)
_OTHERWISE = {"says": "denies", "denies": "says"}
_SPANS = {"min": "minutes", "h": "hours", "d": "days"}


CLOSE_BRACKETS = "Close every bracket, and write a backslash before a bracket that is meant as such."
"""How to mend a pattern that is none."""


class ExpressionError(ValueError):
    """A predicate that cannot be read; the message says where and what was expected, `mend` how to mend it."""

    def __init__(self, why: str, mend: str = "") -> None:
        super().__init__(why)
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Comparison:
    """`measure(concepts) operator bound within window`.

    For the measures of `ADMISSION` the window ends so long after admission; for the others it is how far two readings
    may lie apart.
    """

    measure: str
    concepts: tuple[str, ...]
    operator: str
    bound: Decimal
    window: timedelta | None = None
    prior: bool = False


@dataclass(frozen=True, slots=True)
class Sustained:
    """`sustained(concept) operator bound for lasting`: consecutive readings that pass, so far from first to last."""

    concept: str
    operator: str
    bound: Decimal
    lasting: timedelta
    prior: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """`points(2 if P, 1 if Q) >= 2`: the points of the predicates that hold add up to `bound`, or to more for `>`."""

    parts: tuple[tuple[Decimal, Predicate], ...]
    operator: str
    bound: Decimal


@dataclass(frozen=True, slots=True)
class Having:
    """`has(concept)`: at least one number of it stands among the indicators."""

    concept: str
    prior: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """One filter of `any(...)`: a field, `~` or `=`, and what is looked for; with `not` before it, what may not be."""

    field: str
    exact: str = ""
    pattern: re.Pattern[str] | None = None
    barred: bool = False


@dataclass(frozen=True, slots=True)
class Saying:
    """One filter of `any(...)`: `value says "..."`, or with `denied`, `value denies "..."`."""

    field: str
    finding: Finding
    denied: bool = False


@dataclass(frozen=True)
class Existence:
    """`any(...)`: an indicator that passes every filter."""

    matches: tuple[Match | Saying, ...]

    @cached_property
    def everywhere(self) -> bool:
        """True where a filter says which encounters count; else it is this one alone."""
        return any(one.field == "prior" for one in self.matches)


@dataclass(frozen=True, slots=True)
class Documented:
    """`documented("...")`: a provider's note of this encounter names a term that matches."""

    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """What somebody else judges of a gap's indicators: the positions of those that show a condition, or none.

    It is not written but stands where an answer states no rule: the check's own criterion decides then.
    """

    name: str
    positions: Callable[[tuple[Indicator, ...]], frozenset[int]]


@dataclass(frozen=True, slots=True)
class Not:
    """The inner predicate does not hold."""

    inner: Predicate


@dataclass(frozen=True, slots=True)
class AtLeast:
    """`count` of the inner predicates hold. `and` and `or` are this with all and with one."""

    count: int
    inner: tuple[Predicate, ...]


Predicate = Comparison | Sustained | Points | Having | Existence | Documented | Judged | Not | AtLeast


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What expressions may name: each concept's unit spellings, and the criteria that are already read.

    `condition` finds the rule of an answer that states none, by the condition that it names.
    """

    units: Mapping[str, frozenset[str]]
    criteria: Mapping[str, Predicate]
    condition: Callable[[str], Predicate | None] = lambda _: None


def parse(text: str, vocabulary: Vocabulary) -> Predicate:
    """Read one expression.

    Raises:
        ExpressionError: with what was expected, and where; unknown concepts, criteria and units included.
    """
    return _Parser(text, vocabulary).whole()


def unknown_indicator(name: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """Return what is wrong with the name of an indicator that nobody knows, and how to mend it."""
    mend = meant(name, vocabulary.units, "There is no indicator like it; indicators/ lists them.")
    return f"no indicator is named {name!r} in indicators/", mend


def criteria_named(text: str) -> Iterator[str]:
    """Yield the words of an expression that could name a criterion (to read criteria in the order they need)."""
    yield from (token.group("word") for token in _TOKEN.finditer(text) if token.group("word"))


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self._text, self._vocabulary = text, vocabulary
        self._tokens = list(self._split(text))
        self._next = 0

    def whole(self) -> Predicate:
        found = self._or()
        if self._peek() is not None:
            raise self._wrong("`and`, `or` or the end")
        return found

    def _split(self, text: str) -> Iterator[tuple[str, str, int]]:
        place, end = 0, len(text.rstrip())
        while place < end:
            token = _TOKEN.match(text, place)
            if token is None:
                raise ExpressionError(f"column {place + 1}: {text[place : place + 10]!r} is not part of the language")
            kind = str(token.lastgroup)
            yield kind, token.group(kind), token.start(kind)
            place = token.end()

    def _peek(self) -> str | None:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else None

    def _kind(self) -> str | None:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else None

    def _take(self, expected: str | None = None) -> str:
        value = self._peek()
        if value is None or (expected is not None and value != expected):
            raise self._wrong(f"`{expected}`" if expected else "more")
        self._next += 1
        return value

    def _take_kind(self, kind: str, expected: str) -> str:
        if self._kind() != kind:
            raise self._wrong(expected)
        return self._take()

    def _accept(self, value: str) -> bool:
        if self._peek() != value:
            return False
        self._next += 1
        return True

    def _wrong(self, expected: str) -> ExpressionError:
        if self._next < len(self._tokens):
            _, value, place = self._tokens[self._next]
            return ExpressionError(f"column {place + 1}: expected {expected}, found {value!r}")
        return ExpressionError(f"at the end: expected {expected}")

    def _or(self) -> Predicate:
        return self._chain("or", self._and, lambda parts: 1)

    def _and(self) -> Predicate:
        return self._chain("and", self._not, len)

    def _chain(self, word: str, part: Callable[[], Predicate], count: Callable[[list[Predicate]], int]) -> Predicate:
        parts = [part()]
        while self._accept(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else AtLeast(count(parts), tuple(parts))

    def _not(self) -> Predicate:
        return Not(self._not()) if self._accept("not") else self._single()

    def _single(self) -> Predicate:
        if self._accept("("):
            inner = self._or()
            self._take(")")
            return inner
        word = self._take_kind("word", "a measure, any(...), documented(...), has(...) or a criterion")
        if self._peek() != "(":
            return self._criterion(word)
        self._take("(")
        return self._call(word)

    def _criterion(self, word: str) -> Predicate:
        found = self._vocabulary.criteria.get(word)
        if found is None:
            mend = meant(word, self._vocabulary.criteria, "There is no criterion like it; criteria/ defines them.")
            raise ExpressionError(f"no criterion is named {word!r}", mend)
        return found

    def _call(self, word: str) -> Predicate:
        forms: Mapping[str, Callable[[], Predicate]] = {
            "any": self._any,
            "documented": self._documented,
            "has": self._has,
            "at_least": self._at_least,
            "points": self._points,
            "sustained": self._sustained,
        }
        if word in forms:
            return forms[word]()
        if word in MEASURES or word == "quotient":
            return self._comparison(word)
        known = ", ".join((*MEASURES, "quotient", *forms))
        raise ExpressionError(f"{word!r} is no measure; there are {known}")

    def _concept(self) -> str:
        concept = self._take_kind("word", "an indicator's name")
        if concept not in self._vocabulary.units:
            raise ExpressionError(*unknown_indicator(concept, self._vocabulary))
        return concept

    def _prior(self) -> bool:
        if not self._accept(","):
            return False
        self._take("prior")
        return True

    def _has(self) -> Predicate:
        concept, prior = self._concept(), self._prior()
        self._take(")")
        return Having(concept, prior)

    def _at_least(self) -> Predicate:
        count = int(self._take_kind("number", "how many"))
        parts: list[Predicate] = []
        while self._accept(","):
            parts.append(self._or())
        self._take(")")
        if not 1 <= count <= len(parts):
            raise ExpressionError(f"at_least({count}, ...) has {len(parts)} predicates")
        return AtLeast(count, tuple(parts))

    def _documented(self) -> Predicate:
        pattern = self._pattern()
        self._take(")")
        return Documented(pattern)

    def _pattern(self) -> re.Pattern[str]:
        text = self._take_kind("text", "text in double quotes")[1:-1]
        try:
            return re.compile(text, re.IGNORECASE)
        except re.error as error:
            raise ExpressionError(f"{text!r} is no regular expression: {error.msg}", CLOSE_BRACKETS) from None

    def _any(self) -> Predicate:
        matches = [self._match()]
        while self._accept(","):
            matches.append(self._match())
        self._take(")")
        return Existence(tuple(matches))

    def _match(self) -> Match | Saying:
        barred = self._accept("not")
        name = self._take_kind("word", f"one of {', '.join(FIELDS)}")
        if name not in FIELDS:
            raise ExpressionError(f"{name!r} is no field of an indicator; there are {', '.join(FIELDS)}")
        if self._peek() in ("says", "denies"):
            return self._saying(name, barred)
        if self._accept("~"):
            return Match(name, pattern=self._pattern(), barred=barred)
        if not self._accept("="):
            raise self._wrong("~, =, says or denies")
        wanted = self._take().strip('"')
        if name in CHOICES and wanted not in CHOICES[name]:
            raise ExpressionError(f"{name} is one of {', '.join(CHOICES[name])}")
        return Match(name, exact=wanted.casefold(), barred=barred)

    def _saying(self, field: str, barred: bool) -> Saying:
        word = self._take()
        if field not in TEXTS:
            raise ExpressionError(f"{field} {word} nothing; {word} looks at {', '.join(TEXTS)}")
        if barred:
            raise ExpressionError(f"write `not any({field} {word} ...)`, or what the {field} {_OTHERWISE[word]}")
        words = self._pattern().pattern
        unless = self._pattern().pattern if self._accept("unless") else None
        return Saying(field, Finding(words, unless), denied=word == "denies")

    def _comparison(self, measure: str) -> Predicate:
        concepts = [self._concept()]
        if measure == "quotient":
            self._take(",")
            concepts.append(self._concept())
        prior = self._prior()
        self._take(")")
        if self._accept("between"):
            return self._between(measure, concepts[0], prior)
        operator = self._operator(measure)
        bound = self._bound(measure, operator)
        self._unit(measure, concepts[0])
        return Comparison(measure, tuple(concepts), operator, bound, self._window(measure), prior)

    def _between(self, measure: str, concept: str, prior: bool) -> Predicate:
        """Read `between 10 and 19`, both included, or `between 25 and below 30`, as the two comparisons that it is."""
        if measure not in ADMISSION:
            raise ExpressionError(f"{measure} takes no `between`, which is for {', '.join(ADMISSION)}")
        low = self._number()
        self._unit(measure, concept)
        self._take("and")
        below = self._accept("below")
        high = self._number()
        self._unit(measure, concept)
        if low > high or (below and low == high):
            raise ExpressionError(f"no number lies between {low} and {'below ' if below else ''}{high}")
        window = self._window(measure)
        ends = ((">=", low), ("<" if below else "<=", high))
        return AtLeast(2, tuple(Comparison(measure, (concept,), sign, end, window, prior) for sign, end in ends))

    def _sustained(self) -> Predicate:
        concept, prior = self._concept(), self._prior()
        self._take(")")
        operator, bound = self._operator("sustained"), self._number()
        self._unit("sustained", concept)
        if not self._accept("for"):
            raise self._wrong("`for` and a time, such as `for 6 h`")
        return Sustained(concept, operator, bound, self._duration(), prior)

    def _points(self) -> Predicate:
        parts = [self._part()]
        while self._accept(","):
            parts.append(self._part())
        self._take(")")
        if self._peek() not in (">", ">="):
            raise self._wrong("> or >= (what is not recorded counts nothing, so a low sum says nothing)")
        operator, bound = self._take(), self._number()
        most = sum(points for points, _ in parts)
        if bound > most or (bound == most and operator == ">"):
            raise ExpressionError(f"points(...) {operator} {bound} cannot be reached; all together are {most}")
        return Points(tuple(parts), operator, bound)

    def _part(self) -> tuple[Decimal, Predicate]:
        points = Decimal(self._take_kind("number", "points such as `2 if max(lactate) > 4`"))
        if points <= 0:
            raise ExpressionError(f"points are above zero, not {points}")
        self._take("if")
        return points, self._or()

    def _number(self) -> Decimal:
        return Decimal(self._take_kind("number", "a number"))

    def _bound(self, measure: str, operator: str) -> Decimal:
        bound = self._number()
        if measure in _RATIOS and operator in ("<", "<=") and bound >= 1:
            raise ExpressionError(f"{measure} {operator} {bound} would hold without a fall; the bound lies below 1")
        return bound

    def _operator(self, measure: str) -> str:
        if self._peek() not in ("<", "<=", ">", ">="):
            raise self._wrong("<, <=, >, >= or between" if measure in ADMISSION else "<, <=, > or >=")
        if measure in _CHANGES and self._peek() in ("<", "<="):
            raise self._wrong(f"> or >= ({measure} looks for a change; write `not {measure}(...) >= ...`)")
        return self._take()

    def _unit(self, measure: str, concept: str) -> None:
        called = self._tokens[self._next + 1 : self._next + 2]
        if self._kind() != "word" or self._peek() in RESERVED or (called and called[0][1] == "("):
            return
        unit = self._take()
        if measure in _UNITLESS:
            raise ExpressionError(f"{measure} has no unit, found {unit!r}")
        if unit_key(unit) not in self._vocabulary.units[concept]:
            raise ExpressionError(f"numbers of {concept!r} are compared in its own unit, not in {unit!r}")

    def _window(self, measure: str) -> timedelta | None:
        if not self._accept("within"):
            if measure in WINDOWED:
                raise ExpressionError(f"{measure} needs `within` and a time, such as `within 48 h`")
            return None
        window = self._duration()
        if measure in ADMISSION:
            if not (self._accept("of") and self._accept("admission")):
                raise ExpressionError(f"{measure} takes `within` only as `within 24 h of admission`")
        elif measure not in WINDOWED:
            raise ExpressionError(f"{measure} takes no `within`")
        return window

    def _duration(self) -> timedelta:
        amount = Decimal(self._take_kind("number", "a time such as 48 h"))
        span = self._take_kind("word", "min, h or d")
        if span not in _SPANS:
            raise ExpressionError(f"a time is counted in min, h or d, not in {span!r}")
        if amount <= 0:
            raise ExpressionError("a time is longer than nothing")
        return timedelta(**{_SPANS[span]: float(amount)})
