"""A query as its provider would see it, what the check says, what each answer rests on, and why others drop out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.check_explain import explained, visible
from evidence.evaluating import Facts
from schemas.check import CheckDocument, CheckIndicator, QueryDocument, Verdict
from schemas.gaps import QuestionBasis
from schemas.queries import QueryHeld, QueryIssued
from schemas.requests import QueryRequested
from services.query_builder import rendering
from services.query_builder.composer import facts_of
from services.query_builder.in_words import Speaker
from services.query_builder.library import Library
from services.query_builder.template import Template
from services.query_builder.weighing import Candidate, offered
from services.query_builder.why_not import Reason, not_offered, why_not


def previewed(
    request: QueryRequested, result: QueryIssued | QueryHeld, template: Template, library: Library, width: int
) -> Iterator[RenderableType]:
    """Yield what came of a request: the text, the verdict with its findings, and the answers with their evidence."""
    if result.document is not None:
        yield from _text(result.document)
    yield Text("")
    yield _outcome(result)
    if result.document is not None and result.verdict is not None and result.findings:
        verdict = Verdict(id=template.id, verdict=result.verdict, ruleset=result.ruleset, findings=result.findings)
        yield explained(CheckDocument(id=template.id, query=result.document), verdict, width)
    facts = facts_of(request, library)
    yield from _supported(offered(template, request.basis, facts), facts, rendering.zone(request.zone))
    yield from _dropped(tuple(_reasons(template, request.basis, facts, library.speaker)))


def _text(document: QueryDocument) -> Iterator[RenderableType]:
    yield Text(visible(document.title), style="bold")
    yield Text("")
    if document.indicators:
        yield _indicators(document.indicators)
        yield Text("")
    if document.context:
        yield Text(visible(document.context))
        yield Text("")
    yield Text(visible(document.question))
    if document.options:
        yield Text("")
    for option in document.options:
        yield Padding(Text(f"[ ] {visible(option.text)}"), (0, 0, 0, 2), expand=False)
    if document.footer:
        yield Text("")
        yield Text(visible(document.footer), style="dim")


def _indicators(indicators: Iterable[CheckIndicator]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for one in indicators:
        value = f"{one.value} {one.unit}" if one.unit else one.value
        said = f"“{value}”" if one.quoted else value
        prior = ", earlier encounter" if one.prior_encounter else ""
        by = f", {one.author_role.replace('_', ' ')}" if one.author_role else ""
        when = (one.observed_at or "")[:16].replace("T", " ")
        table.add_row(
            Text(visible(one.name)),
            Text(visible(said)),
            Text(visible(f"{one.source}{by}{prior}"), style="dim"),
            Text(when),
        )
    return table


def _outcome(result: QueryIssued | QueryHeld) -> Text:
    if isinstance(result, QueryIssued):
        return Text.assemble(("issued", "bold green"), " by itself; the check passes it")
    return Text.assemble(("held", "bold yellow"), f" ({result.reason}): {visible(result.detail or '')}")


def _supported(candidates: Sequence[Candidate], facts: Facts, where: tzinfo) -> Iterator[RenderableType]:
    """Yield each answer that the record supports, with the values that it rests on, in order of time."""
    if not candidates:
        return
    yield Text("")
    yield Text("Supported by this gap", style="bold")
    for one in candidates:
        yield Padding(Text(visible(one.text)), (0, 0, 0, 2), expand=False)
        found = sorted(
            (facts.indicators[place] for place in one.witnesses), key=lambda indicator: indicator.observed_at
        )
        yield Padding(_indicators(rendering.indicator(each, where) for each in found), (0, 0, 0, 4), expand=False)


def _dropped(reasons: Sequence[tuple[str, Reason]]) -> Iterator[RenderableType]:
    """Yield each answer and each need that the record does not support, with what was seen instead."""
    if not reasons:
        return
    yield Text("")
    yield Text("Not supported by this gap", style="bold")
    for name, reason in reasons:
        yield Padding(Text(visible(name)), (0, 0, 0, 2), expand=False)
        yield from _because(reason, 4)


def _reasons(template: Template, basis: QuestionBasis, facts: Facts, words: Speaker) -> Iterator[tuple[str, Reason]]:
    for need, predicate in template.needs:
        if (reason := why_not(predicate, facts, words)) is not None:
            yield f"needed: {need.that}", reason
    yield from not_offered(template, basis, facts, words)


def _because(reason: Reason, indent: int) -> Iterator[RenderableType]:
    seen = f" - {visible(reason.seen)}" if reason.seen else ""
    yield Padding(Text.assemble((reason.rule, "dim"), seen), (0, 0, 0, indent), expand=False)
    for part in reason.parts:
        yield from _because(part, indent + 2)
