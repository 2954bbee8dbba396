"""What the demo consists of: people, sources, and for each chart the steps to perform, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cli.providers import ProviderRow
from schemas.check import CheckOption, QueryDocument
from schemas.encounters import EncounterUpdated
from schemas.events import Envelope
from schemas.gaps import GapRaised
from schemas.responses import Answer as Answered
from schemas.vocabulary import AnswerCode, OptionKind, Outcome, UserRole, WithdrawReason


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Somebody who signs in, or a machine with a token (role `service`, no address).

    A provider's user has the provider's id. `sensitive` is the explicit right to see sensitive records.
    """

    id: str
    name: str
    email: str | None
    role: UserRole
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class DemoSource:
    """Where gap and encounter events come from, as compliance would record it; `by` sends for a machine."""

    name: str
    kind: Literal["person", "machine"]
    automatic: bool
    by: str | None


@dataclass(frozen=True, slots=True)
class Answering:
    """What a provider means to answer: an option by its kind and how its text begins, or words of their own."""

    code: AnswerCode
    kind: OptionKind | None = None
    option: str | None = None
    text: str | None = None

    def to(self, document: QueryDocument) -> Answered:
        """Return the answer to a question as it was composed.

        An open-ended question gets the words (the option's, where there are none of their own); so does "Other"
        where the wished option is not offered.
        """
        words = self.text or self.option or "No further specification is possible"
        if not document.options or self.code == "DECLINED":
            return Answered(code="DECLINED" if self.code == "DECLINED" else "FREE_TEXT", text=words)
        chosen = next((option for option in document.options if self._means(option)), None)
        if chosen is not None:
            return Answered(code=self.code, option_id=chosen.id, text=self.text)
        other = next(option for option in document.options if option.kind == "other")
        return Answered(code="OTHER_TEXT", option_id=other.id, text=words)

    def _means(self, option: CheckOption) -> bool:
        begins = option.text.casefold().startswith((self.option or "").casefold())
        return option.kind == self.kind and begins


@dataclass(frozen=True, slots=True)
class Encounter:
    """Send an encounter event: admission, discharge, its cancelling, another attending, a merge."""

    event: Envelope
    by: str


@dataclass(frozen=True, slots=True)
class Documentation:
    """Send a documentation event. With `documents`, the gap whose answered query the entry documents, its data gets
    that query's id first."""

    event: Envelope
    by: str
    documents: str | None = None


@dataclass(frozen=True, slots=True)
class Raise:
    """Raise a gap, or a later revision of it. `by` is the user who does: a person, or a machine's."""

    gap_id: str
    event: Envelope
    by: str


@dataclass(frozen=True, slots=True)
class Open:
    """The provider opens the query."""

    gap_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The provider answers. After the outcome, or a second time without amending, this is a late answer."""

    gap_id: str
    by: str
    answer: Answering
    amends: bool = False


@dataclass(frozen=True, slots=True)
class Defer:
    """The provider asks to be reminded in so many hours."""

    gap_id: str
    by: str
    hours: int


@dataclass(frozen=True, slots=True)
class Redirect:
    """The query goes to another provider."""

    gap_id: str
    by: str
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cosign:
    """Another provider cosigns the answer."""

    gap_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Review:
    """A coder or CDI specialist begins to look at the answer."""

    gap_id: str
    by: str


@dataclass(frozen=True, slots=True)
class SetOutcome:
    """A coder or CDI specialist closes the query."""

    gap_id: str
    by: str
    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The query is taken back."""

    gap_id: str
    by: str
    reason: WithdrawReason


@dataclass(frozen=True, slots=True)
class Approve:
    """A second person approves the held draft."""

    gap_id: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Revise:
    """A person edits the held draft: the question is replaced by this one."""

    gap_id: str
    by: str
    question: str


@dataclass(frozen=True, slots=True)
class Reject:
    """The held draft is rejected, and its gap dismissed."""

    gap_id: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finalize:
    """The chart is finalized; with a reason, although queries are unanswered."""

    by: str
    unanswered_reason: str | None = None


Step = (
    Encounter
    | Documentation
    | Raise
    | Open
    | Answer
    | Defer
    | Redirect
    | Cosign
    | Review
    | SetOutcome
    | Withdraw
    | Approve
    | Revise
    | Reject
    | Finalize
)


@dataclass(frozen=True, slots=True)
class DemoGap:
    """A gap of the demo, its event as first raised, and what the query builder should make of it."""

    gap_id: str
    source: str
    gap: GapRaised
    event: Envelope
    first: Literal["issued", "held"]
    recipient: str | None


@dataclass(frozen=True, slots=True)
class DemoChart:
    """One encounter: how it is admitted, its gaps, and the steps in their order (admission and raising included)."""

    number: str
    patient: str
    story: str
    admission: EncounterUpdated
    gaps: tuple[DemoGap, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class DemoScenario:
    """All of the demo."""

    facility: str
    users: tuple[DemoUser, ...]
    providers: tuple[ProviderRow, ...]
    sources: tuple[DemoSource, ...]
    charts: tuple[DemoChart, ...]

    @property
    def gaps(self) -> tuple[DemoGap, ...]:
        """The gaps of all charts."""
        return tuple(gap for chart in self.charts for gap in chart.gaps)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, chart by chart."""
        return tuple(step for chart in self.charts for step in chart.steps)
