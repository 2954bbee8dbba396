"""From a request to an issued or a held query. Pure and deterministic: same request, same bytes and ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo

from compliance import Knowledge
from evidence.evaluating import Facts, gather
from schemas.check import CheckIndicator, CheckOption, QueryDocument
from schemas.gaps import DocumentedTerm
from schemas.queries import HeldReason, QueryHeld, QueryIssued, RecipientRule
from schemas.requests import QueryRequested, TemplateRef
from schemas.vocabulary import OptionKind, RecipientRole, ResponseType
from services.query_builder import earlier, rendering
from services.query_builder.choosing import NotChosen, choose, subject_of
from services.query_builder.library import Library
from services.query_builder.ranges import reference
from services.query_builder.release import held, judge
from services.query_builder.response_types import refusing
from services.query_builder.selecting import select
from services.query_builder.template import Template
from services.query_builder.weighing import Candidate, offered

FOOTER = "Please respond using your independent clinical judgment. No particular response is expected."


@dataclass(frozen=True, slots=True)
class Draft:
    """A composed text that was not checked yet, and whom its template asks.

    `problem`: why it may not be used as it is, if so.
    """

    document: QueryDocument
    template: TemplateRef
    recipients: RecipientRule
    problem: tuple[HeldReason, str] | None = None


def answer(request: QueryRequested, library: Library, knowledge: Knowledge) -> QueryIssued | QueryHeld:
    """Answer one request: choose a template, compose, check, and issue or hold.

    A request that carries a draft (revised or approved by a person) has that very text checked instead. Nothing is
    raised: a fault of ours holds the request with `internal_error`, so that the requests beside it go on.
    """
    try:
        return _answer(request, library, knowledge)
    except Exception as error:  # whatever it is, the gap must not be lost
        detail = f"the query builder failed on this request ({type(error).__name__}); tell its operators"
        return held(request, knowledge.ruleset, "internal_error", detail)


def compose(request: QueryRequested, library: Library) -> Draft | NotChosen:
    """Compose the text that a request asks for, or say why none can be. The request needs a recipient's role."""
    assert request.recipient_role is not None
    facts = facts_of(request, library)
    template = choose(request.basis, facts, library, request.as_of.date())
    if isinstance(template, NotChosen):
        return template
    candidates = offered(template, request.basis, facts)
    form = _form(template, request, len(candidates))
    if isinstance(form, NotChosen):
        return form
    response_type, problem = form
    subject = subject_of(template, facts)
    writer = _Writer(request, request.recipient_role, library, facts, template, subject, rendering.zone(request.zone))
    return Draft(writer.document(response_type, candidates), template.ref, _recipients(template, subject), problem)


def facts_of(request: QueryRequested, library: Library) -> Facts:
    """Read what a request's gap brings into facts."""
    return gather(request.basis, library.concepts, request.admission_order_at, request.encounter_started_at)


def _recipients(template: Template, subject: DocumentedTerm | None) -> RecipientRule:
    """Return whom the template asks; of people, only who wrote the statement that the question names."""
    return RecipientRule(roles=template.front.recipients, author_id=subject.author_id if subject else None)


def _answer(request: QueryRequested, library: Library, knowledge: Knowledge) -> QueryIssued | QueryHeld:
    if request.recipient_role is None:
        return _without_recipient(request, library, knowledge)
    if request.draft is not None:
        return judge(request, request.draft, request.draft_template, knowledge)
    draft = compose(request, library)
    if isinstance(draft, NotChosen):
        return held(request, knowledge.ruleset, draft.reason, draft.detail)
    return judge(request, draft.document, draft.template, knowledge, draft.problem, draft.recipients)


def _without_recipient(request: QueryRequested, library: Library, knowledge: Knowledge) -> QueryHeld:
    """Hold what nobody can be asked yet; the template's rule may name somebody who can be found."""
    detail = "nobody could be found to ask; name a provider, an attending or a default for the service"
    rule = None
    if request.draft is None:
        facts = facts_of(request, library)
        template = choose(request.basis, facts, library, request.as_of.date())
        rule = _recipients(template, subject_of(template, facts)) if isinstance(template, Template) else None
    return held(request, knowledge.ruleset, "no_recipient", detail, request.draft, rule)


def _form(
    template: Template, request: QueryRequested, supported: int
) -> tuple[ResponseType, tuple[HeldReason, str] | None] | NotChosen:
    """Choose how the question is answered. Fewer than two supported answers: in the provider's own words."""
    insisted = request.basis.response_type
    wanted = insisted or template.front.response_types[0]
    if wanted not in template.front.response_types or refusing(wanted, [request.basis.category]):
        detail = f"the template {template.id} may not be answered as {wanted} for {request.basis.category}"
        return NotChosen("response_type_not_allowed", detail)
    if wanted != "multiple_choice" or supported >= 2:
        return wanted, None
    return "open_ended", (_too_few(supported) if insisted else None)


def _too_few(supported: int) -> tuple[HeldReason, str]:
    count = "none of the answers is" if supported == 0 else "only one of the answers is"
    return (
        "no_supported_option",
        f"the gap insists on choices, but {count} supported by its indicators; the open-ended form stands here instead",
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes one document. Data only ever fills variables: it is never read as a template."""

    request: QueryRequested
    role: RecipientRole
    library: Library
    facts: Facts
    template: Template
    subject: DocumentedTerm | None
    where: tzinfo

    def document(self, response_type: ResponseType, candidates: tuple[Candidate, ...]) -> QueryDocument:
        """Fill the document: what is asked, what is shown, and which answers there are."""
        linked = [candidate.witnesses for candidate in candidates]
        front = self.template.front
        visible = earlier.shown_under(front.prior_encounters, self.facts)
        shown, places = select(self.facts, self.library.concepts, front.indicators, linked, visible)
        basis, variables = self.request.basis, self._variables()
        context = self.template.context.filled(variables) if self.template.context else ""
        return QueryDocument(
            title=front.title,
            setting=basis.setting,
            phase=self.request.phase,
            category=basis.category,
            response_type=response_type,
            recipient_role=self.role,
            encounter_started_at=rendering.local(self.request.encounter_started_at, self.where),
            admission_order_at=rendering.local(self.request.admission_order_at, self.where),
            documented=tuple(rendering.term(one, self.where) for one in self.facts.documented),
            indicators=tuple(self._indicator(place) for place in shown),
            context=context or None,
            question=self.template.questions[response_type].filled(variables),
            options=tuple(self._options(response_type, candidates, places)),
            footer=FOOTER,
        )

    def _indicator(self, place: int) -> CheckIndicator:
        confirmed = reference(self.facts, self.library.concepts, place)
        return rendering.indicator(self.facts.indicators[place], self.where, confirmed)

    def _variables(self) -> dict[str, object]:
        return {
            "subject": rendering.subject(self.subject, self.where),
            "admission_order": rendering.spoken(self.request.admission_order_at, self.where),
        }

    def _options(
        self, response_type: ResponseType, candidates: tuple[Candidate, ...], places: dict[int, int]
    ) -> Iterator[CheckOption]:
        if response_type == "open_ended":
            return
        if response_type == "multiple_choice":
            for candidate in candidates:
                evidence = sorted({places[position] for position in candidate.witnesses if position in places})
                yield CheckOption(text=candidate.text, kind="clinical", evidence=tuple(evidence), id=candidate.id)
        kinds: tuple[OptionKind, ...] = ("yes", "no") if response_type == "yes_no" else self.template.front.neutral
        for kind in (*kinds, "other", "undetermined"):
            yield CheckOption(text=self.template.wording(kind), kind=kind, id=kind)
