"""What the data files hold, one value an entry: wordings, diagnoses, approved texts, criteria, limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Literal

from compliance.text import words
from schemas.vocabulary import Category, ResponseType, Severity

_REMEMBERED = 4096
_SPECIFY = re.compile(r"\s*\((?:please )?(?:specify|describe|free text)[^()]{0,40}\)|\s*;\s*[a-z ]{0,30}\(free text\)")
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_GAP = r" (?:[a-z0-9]+ ){0,3}"  # room for three words
# A stem that does not say so itself is no yes/no question.
_WITHOUT_YES_NO = frozenset({"open_ended", "multiple_choice"})
Place = Literal["title", "context", "footer", "message"]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A list of wordings that break one rule. `unsure` ones only ask for a second person.

    `abbreviation`: a hit is nothing when the record itself uses the abbreviation (HCC the carcinoma).
    `beside_number`: phrases that mean something else next to a number (5 cc, 09 APR).
    `beside`: words beside which these phrases mean something else too (knee ROM).
    `places`: where it is looked for: "text" (all prose), a field of it by its name ("title", "context", "question",
    "footer"), "options", "indicators", "measured" (values of instruments), "quoted" (values and contexts that quote the
    record), "messages".
    `unmistakable`: its wordings mean the same in whatever sentence; another's block none that sounds neutral.
    """

    name: str
    rule: str
    message: str
    suggestion: str
    phrases: tuple[str, ...]
    unsure: tuple[str, ...] = ()
    abbreviation: bool = False
    beside_number: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset({"text", "options", "messages"})
    unmistakable: bool = False

    def wordings(self) -> Iterator[Wording]:
        """Yield each of its phrases with how severe it is."""
        yield from (Wording(self, "block", phrase) for phrase in self.phrases)
        yield from (Wording(self, "review", phrase) for phrase in self.unsure)


@dataclass(frozen=True, slots=True)
class Wording:
    """One entry of the index of lexicons: which lexicon, how severe, and its words."""

    lexicon: Lexicon
    severity: Severity
    phrase: str


@dataclass(frozen=True, slots=True)
class Term:
    """A diagnosis with its names; `broader` are diagnoses that are documented whenever this one is.

    `recorded` are short forms that count only in documented terms: "PE" in a text may be a physical examination.
    `systems` are the body systems that it belongs to, by the chapters of ICD-10-CM.
    """

    concept: str
    names: tuple[str, ...]
    broader: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stem:
    """An approved question. `text` may hold slots `{documented}`, choices `{type|stage}` and optional `[parts]`.

    `categories` limits where it may be used; empty means everywhere. `response_types` empty: open and multiple choice;
    a stem for yes/no names it.
    """

    id: str
    text: str
    categories: frozenset[Category] = frozenset()
    response_types: frozenset[ResponseType] = frozenset()

    def may_ask(self, category: Category, response_type: ResponseType) -> bool:
        """Tell whether it may stand in such a query."""
        fits = not self.categories or category in self.categories
        return fits and response_type in (self.response_types or _WITHOUT_YES_NO)


@dataclass(frozen=True, slots=True)
class Approved:
    """Approved wording of a title, context, footer or message sentence, with the same slots as a stem."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one indicator must show: its class, and a number above or below a limit, or one of some words.

    `change`: the highest and the lowest linked value of the class differ by at least this much (a rise or a fall), or
    by this `ratio`. `absent_words` never stand in supporting evidence ("negative" beside an organism). Limits are in
    the unit in which the class is customarily reported. The class "*" stands for any. `tell`: what the value must tell
    (compliance.indicators.Tell), or "speaks": not normal, not negative, not held. `back`: the values came back to
    normal within this factor of the lowest; `flat`: they differ by no more than this factor; `moved`: where there are
    several, they differ by at least this factor. `defined`: the named definition of templates/criteria that it was
    read from (compliance.defining).
    """

    indicator: str
    above: float | None = None
    below: float | None = None
    change: float | None = None
    ratio: float | None = None
    words: tuple[str, ...] = ()
    absent_words: tuple[str, ...] = ()
    tell: str | None = None
    back: float | None = None
    flat: float | None = None
    moved: float | None = None
    defined: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """Which evidence supports an answer option. Source: scenarios catalogue; a hospital's own table may replace it.

    `names`: option texts that mean this. `any_of`: evidence of which at least one must be linked (R-04: else block).
    `wanted`: how many findings the definition asks for (fewer: review); `counted`: different classes of `any_of`.
    `documented`: concepts of which one must be documented for the option to make sense; empty means none.
    `needs`: evidence of which one must be shown (thin without it; `strict`: block without it; `soft`: it contradicts
    even where it is not linked). `against`: evidence that contradicts unless some of `proof` is linked.
    `cannot`: classes that clinically cannot support it alone. `lower`: criteria of lesser readings; one that the shown
    indicators support must be offered beside this one (R-12: else review). `lower_by`: evidence that speaks for the
    lesser reading by itself, whatever is asked. `own`: a library brings it, and answers for what it calls evidence.
    """

    id: str
    names: tuple[str, ...]
    any_of: tuple[Evidence, ...] = ()
    wanted: int = 1
    documented: tuple[str, ...] = ()
    cannot: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()
    needs: tuple[Evidence, ...] = ()
    against: tuple[Evidence, ...] = ()
    proof: tuple[Evidence, ...] = ()
    strict: bool = False
    soft: bool = False
    counted: bool = False
    lower_by: tuple[Evidence, ...] = ()
    own: bool = False

    @property
    def definitions(self) -> frozenset[str]:
        """The named definitions that its evidence comes from."""
        return frozenset(one.defined for part in self._parts() for one in part if one.defined)

    def redefined(self, known: Mapping[str, tuple[Evidence, ...]]) -> Criterion:
        """Return it with the evidence of named definitions taken from `known`, where they stand there."""
        if self.definitions.isdisjoint(known):
            return self
        any_of, needs, against, proof = (
            tuple(dict.fromkeys(new for one in part for new in known.get(one.defined, (one,))))
            for part in self._parts()
        )
        return replace(self, any_of=any_of, needs=needs, against=against, proof=proof)

    def _parts(self) -> tuple[tuple[Evidence, ...], ...]:
        return self.any_of, self.needs, self.against, self.proof


@dataclass(frozen=True, slots=True)
class RoleRule:
    """What a recipient who is not an accountable provider may be asked: categories, and words of the topic."""

    categories: frozenset[Category]
    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers that a compliance reviewer may change. Hours, days, counts of words and counts of indicators.

    What exceeds `text_characters`, `document_bytes` or a `most_...` is refused unread. `remembered`: how many documents
    are remembered with their findings, by a digest and not by their text.
    """

    window_hours: int = 24
    stay_days: int = 180
    indicators: int = 12
    words: int = 250
    option_ratio: int = 4
    question_characters: int = 600
    text_characters: int = 10_000
    document_bytes: int = 20_000
    most_indicators: int = 200
    most_options: int = 60
    most_documented: int = 200
    most_links: int = 400
    most_findings: int = 200
    remembered: int = 4096


@dataclass(frozen=True)
class AnswerLanguage:
    """What is told of one kind of neutral answer that its grammar does not derive, from options.yaml.

    `opposite`: sequences of words that make it something else. `words`: what names no price in it; `named`: clinical
    things and the answers offered name none either.
    """

    opposite: tuple[str, ...]
    words: frozenset[str]
    named: bool = False

    @cached_property
    def denies(self) -> Callable[[str], bool]:
        """Tell whether an answer holds a sequence of `opposite`. Remembered: neutral answers are much the same."""
        return _holding(self.opposite)


def _holding(sequences: Iterable[str]) -> Callable[[str], bool]:
    sought = re.compile("|".join(rf"\b{sequence.replace(' .. ', _GAP)}\b" for sequence in sequences))
    return lru_cache(maxsize=_REMEMBERED)(lambda answer: bool(sought.search(words(answer).line)))


@lru_cache(maxsize=_REMEMBERED)
def bare_option(option: str) -> str:
    """Return an option text without its "(specify)" and signs: what names of criteria are compared with."""
    return _NOT_PLAIN.sub(" ", _SPECIFY.sub("", option.lower())).strip().removesuffix(" due to")
