"""The document that the compliance check reads, and the verdict it gives. Format: one document, one verdict."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Contract
from schemas.vocabulary import (
    Category,
    Channel,
    MessageKind,
    OptionKind,
    Phase,
    RecipientRole,
    ResponseType,
    Setting,
    Severity,
    VerdictName,
)


class CheckTerm(Contract):
    """A diagnosis or statement that already stands in this encounter's record."""

    term: str
    source: str | None = None
    author_role: str | None = None
    recorded_at: str | None = None


class CheckIndicator(Contract):
    """One clinical indicator as shown. `quoted`: `value` is verbatim text of the source."""

    name: str
    value: str
    unit: str | None = None
    source: str | None = None
    observed_at: str | None = None
    author_role: str | None = None
    prior_encounter: bool = False
    quoted: bool = False


class CheckOption(Contract):
    """One answer option; `evidence` holds positions in the query's indicators. `id` is stable within the query."""

    text: str
    kind: OptionKind
    evidence: tuple[int, ...] = ()
    id: str | None = None


class QueryDocument(Contract):
    """The whole text and structure that a provider would see. No money, code or severity field exists here."""

    title: str
    setting: Setting
    phase: Phase
    category: Category
    response_type: ResponseType
    recipient_role: RecipientRole
    encounter_started_at: str | None = None
    admission_order_at: str | None = None
    documented: tuple[CheckTerm, ...] = ()
    indicators: tuple[CheckIndicator, ...] = ()
    context: str | None = None
    question: str
    options: tuple[CheckOption, ...] = ()
    footer: str | None = None


class MessageDocument(Contract):
    """Any other text that reaches a provider about a query."""

    kind: MessageKind
    channel: Channel
    subject: str | None = None
    body: str
    link: str | None = None


class CheckDocument(Contract):
    """One line of a check file: a query or a message, with any id."""

    id: str
    query: QueryDocument | None = None
    message: MessageDocument | None = None

    @model_validator(mode="after")
    def _holds_exactly_one(self) -> Self:
        if (self.query is None) == (self.message is None):
            raise ValueError("a document holds either `query` or `message`")
        return self


class Finding(Contract):
    """One thing that the check saw: rule, severity, the field it stands in, the span there, and how to mend it."""

    rule: str = Field(pattern=r"^R-\d\d$")
    severity: Severity
    field: str
    span: tuple[int, int] | None = None
    message: str
    suggestion: str


class Verdict(Contract):
    """The worst of its findings; `ruleset` names the edition of the rules that was applied."""

    id: str
    verdict: VerdictName
    findings: tuple[Finding, ...] = ()
    ruleset: str
