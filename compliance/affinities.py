"""Which evidence belongs to which answers where no criterion says it, as affinities.yaml tells it (R-04)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compliance.entries import Evidence


@dataclass(frozen=True, slots=True)
class Family:
    """Conditions that belong together: words of options, classes of indicators that inform them, signs in free text."""

    names: tuple[str, ...]
    classes: frozenset[str]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Organism:
    """An organism or a group of them. `also` are further names that its evidence may carry.

    `wide`: a whole kind of organisms, for which other findings than its name may speak.
    """

    names: tuple[str, ...]
    also: tuple[str, ...] = ()
    group: str | None = None
    tests: frozenset[str] = frozenset()
    drugs: tuple[str, ...] = ()
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a numeric scale: the band of its definition, and the band that still is no contradiction."""

    names: tuple[str, ...]
    strict: tuple[float, float]
    wide: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """Stages that follow from one measure. `needs`: words of which one says that this scale is meant."""

    measure: str
    needs: frozenset[str]
    steps: tuple[Step, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class WordedStep:
    """One step of a scale that an examination shows: its names, and the words of findings that belong to it."""

    names: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordedScale:
    """Stages or depths that follow from the words of an examination."""

    needs: frozenset[str]
    steps: tuple[WordedStep, ...]


@dataclass(frozen=True, slots=True)
class Refutation:
    """What rules conditions out: one of the phrases `by` in a finding, while no finding holds one of `unless`.

    The rest is looked for in what is linked alone: `denied` are phrases that deny it, `instead` words that say
    something else, `measures` bands of a class in which all its numbers lie (`alone`: no other finding is linked),
    `under` and `over` minutes that all times of a finding about one of `about` stay below or above. `needs`: words of
    which one, in the option or in what is documented, says that a name ("permanent") is meant so; `apart`: words of an
    option which say that it means something else.
    """

    names: tuple[str, ...]
    by: tuple[str, ...]
    unless: tuple[str, ...]
    needs: frozenset[str] = frozenset()
    denied: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    measures: tuple[tuple[str, float, float], ...] = ()
    alone: bool = False
    under: float | None = None
    over: float | None = None
    about: tuple[str, ...] = ()
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Anchor:
    """What must speak for a kind or a cause that an answer names; `bare` are its names without words of blame.

    `says` are beginnings of words of what is there, `denies` those of what is not, joined by bars. `needs`: words of
    which one, in the option or in what is documented, says that a name is meant so; `unless`: of which none may.
    """

    names: tuple[str, ...]
    bare: tuple[str, ...]
    says: str
    denies: str
    shows: tuple[Evidence, ...]
    needs: frozenset[str]
    unless: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lowest:
    """A condition whose lowest kind is one of its own. `needs`: words of which one is documented.

    `higher` and `lowest` are words of answers; what `says` something of the lowest kind, or denies one of `denied`,
    speaks for it.
    """

    needs: frozenset[str]
    higher: frozenset[str]
    lowest: frozenset[str]
    says: frozenset[str]
    denied: frozenset[str]


@dataclass(frozen=True, slots=True)
class Courses:
    """Words of options that say that a condition is there now or is past, and of findings that say the same.

    `over` and `at_work` are of findings: words, and phrases of several.
    """

    current: frozenset[str]
    past: frozenset[str]
    over: frozenset[str]
    at_work: frozenset[str]


@dataclass(frozen=True)
class Affinities:
    """Which evidence belongs to which options, where no criterion says it."""

    families: Mapping[str, Family]
    organisms: Mapping[str, Organism]
    drug_groups: Mapping[str, frozenset[str]]
    scales: Mapping[str, Scale]
    worded: Mapping[str, WordedScale]
    agents: Mapping[str, tuple[str, ...]]
    refutations: tuple[Refutation, ...]
    anchors: tuple[Anchor, ...]
    courses: Courses
    lowest: tuple[Lowest, ...]
    telling: frozenset[str]
    generic: frozenset[str]
    quiet: frozenset[str]
    systems: Mapping[str, tuple[str, ...]]
