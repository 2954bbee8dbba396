"""Plays the demo on the tracker's pure decisions and the query builder's composer: no broker, no database, no clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cli.demo import DemoScenario, model
from compliance import Knowledge, check
from schemas.base import content_digest
from schemas.check import CheckDocument, QueryDocument, Verdict
from schemas.encounters import DocumentationAppeared, EncounterUpdated
from schemas.gaps import GapRaised
from services.query_builder.composer import answer
from services.query_builder.library import Library
from services.tracker import ids
from services.tracker.decisions import answers, closing, desk, encounters, gaps, requesting, results
from services.tracker.journal import Journal, Situation
from services.tracker.model import Author, Query, Recipient, Response
from services.tracker.policy import Policy
from services.tracker.recipients import Directory, Provider

SECRET = b"demo"


class Play:
    """One visit of the demo, and what its steps do to it. `seen` collects every state that was passed."""

    def __init__(self, scenario: DemoScenario, library: Library, knowledge: Knowledge, as_of: datetime) -> None:
        self._scenario = scenario
        self._library = library
        self._knowledge = knowledge
        situation = Situation(now=as_of, policy=Policy(), directory=self._directory(), judge=self._judge)
        self.journal = Journal({}, situation)
        self.seen: set[tuple[str, str]] = set()
        self._responses = self._looked = 0
        self._machines = {source.name for source in scenario.sources if source.kind == "machine"}

    def _directory(self) -> Directory:
        rows = self._scenario.providers
        known = {row.id: Provider(row.id, row.role, row.service, row.active) for row in rows}
        return Directory(known, {row.service: row.id for row in rows if row.service and row.default_for_service})

    def _judge(self, document: QueryDocument) -> Verdict:
        return check(CheckDocument(id="demo", query=document), self._knowledge)

    def perform(self, step: model.Step) -> None:
        """Perform one step, let the builder answer what was asked, and deliver what was issued."""
        performers: dict[type, Callable[[object], None]] = {
            model.Encounter: self._encounter,
            model.Documentation: self._documentation,
            model.Raise: self._raise,
            model.Answer: self._answer,
            model.Finalize: self._finalize,
        }
        performers.get(type(step), self._on_query)(step)
        self._build()
        for chart_id, query in self._queries():
            if query.state == "issued":
                desk.mark_delivered(self.journal, chart_id, query.query_id, "notifier")
        self._look()

    def _chart(self, number: str) -> str:
        return ids.chart_id(SECRET, self._scenario.facility, number)

    def _queries(self) -> list[tuple[str, Query]]:
        return [(chart.chart_id, query) for chart in self.journal.charts.values() for query in chart.queries.values()]

    def _query(self, gap_id: str) -> tuple[str, Query]:
        for chart in self.journal.charts.values():
            for gap in chart.gaps.values():
                if gap.content.gap_id == gap_id and gap.query_id:
                    return chart.chart_id, chart.queries[gap.query_id]
        raise AssertionError(f"{gap_id} has no query")

    def _build(self) -> None:
        """Answer every open request, as the query builder would."""
        for chart_id in list(self.journal.charts):
            for gap in list(self.journal.charts[chart_id].gaps.values()):
                if gap.request is not None:
                    asked = requesting.wire_request(gap, chart_id)
                    results.apply_result(self.journal, chart_id, answer(asked, self._library, self._knowledge))

    def _look(self) -> None:
        for step in self.journal.steps[self._looked :]:
            after = step.after
            self.seen.add(("chart", after.status))
            self.seen.update(("gap", gap.state) for gap in after.gaps.values())
            self.seen.update(("query", query.state) for query in after.queries.values())
            self.seen.add((step.change.subject, "edge " + step.change.transition))
        self._looked = len(self.journal.steps)

    def _encounter(self, step: object) -> None:
        assert isinstance(step, model.Encounter)
        update = EncounterUpdated.model_validate(step.event.data)
        into = self._chart(update.merged_into_number) if update.merged_into_number else None
        encounters.update_encounter(self.journal, self._chart(update.encounter_number), update, step.by, into)

    def _documentation(self, step: object) -> None:
        assert isinstance(step, model.Documentation)
        entry = DocumentationAppeared.model_validate(step.event.data)
        if step.documents:
            entry = entry.model_copy(update={"query_id": str(self._query(step.documents)[1].query_id)})
        if entry.query_id:
            chart_id, query = self._query(step.documents or "")
            answers.documented(self.journal, chart_id, query.query_id, entry.reference, step.by)
        else:
            chart_id = self._chart(entry.encounter_number)
            encounters.documentation_appeared(self.journal, chart_id, entry, step.event.source, step.by)

    def _raise(self, step: object) -> None:
        assert isinstance(step, model.Raise)
        content = GapRaised.model_validate(step.event.data)
        person = step.event.source not in self._machines
        author = Author(user_id=step.by, source=step.event.source, person=person)
        digest = content_digest(content, without=frozenset({"occurred_at"}))
        gaps.raise_gap(self.journal, self._chart(content.encounter.number), content, digest, author)

    def _answer(self, step: object) -> None:
        assert isinstance(step, model.Answer)
        chart_id, query = self._query(step.gap_id)
        document = query.draft.document
        assert document is not None
        self._responses += 1
        response = Response(
            response_id=f"r-{self._responses}",
            source="demo",
            provider_id=step.by,
            at=self.journal.now,
            signed_at=self.journal.now,
            method="signed in",
            answer=step.answer.to(document),
            amends=query.current if step.amends else None,
        )
        answers.submit(self.journal, chart_id, query.query_id, response)

    def _finalize(self, step: object) -> None:
        assert isinstance(step, model.Finalize)
        (chart_id,) = self.journal.charts
        role = next(user.role for user in self._scenario.users if user.id == step.by)
        if step.unanswered_reason:
            closing.finalize_unanswered(self.journal, chart_id, step.by, role, step.unanswered_reason)
        else:
            closing.finalize(self.journal, chart_id, step.by, role)

    def _on_query(self, step: object) -> None:
        chart_id, query = self._query(getattr(step, "gap_id", ""))
        journal, at = self.journal, (chart_id, query.query_id)
        match step:
            case model.Open(by=by):
                desk.mark_opened(journal, *at, by)
            case model.Defer(by=by, hours=hours):
                desk.defer(journal, *at, journal.now + timedelta(hours=hours), by)
            case model.Redirect(by=by, to=to, reason=reason):
                found = journal.situation.directory.active(to)
                assert found is not None
                desk.redirect(journal, *at, Recipient(provider_id=to, role=found.role), by, reason)
            case model.Cosign(by=by):
                found = journal.situation.directory.active(by)
                assert found is not None
                answers.cosign(journal, *at, by, found.role)
            case model.Review(by=by):
                answers.begin_review(journal, *at, by)
            case _:
                self._by_staff(step, *at)

    def _by_staff(self, step: object, chart_id: str, query_id: UUID) -> None:
        journal, at = self.journal, (chart_id, query_id)
        draft = journal.query(*at).draft
        match step:
            case model.SetOutcome(by=by, outcome=outcome, reason=reason):
                answers.set_outcome(journal, *at, outcome, by, reason)
            case model.Withdraw(by=by, reason=reason):
                desk.withdraw_query(journal, *at, reason, by)
            case model.Approve(by=by, reason=reason):
                desk.approve_draft(journal, *at, draft.content_hash, by, reason)
            case model.Revise(by=by, question=question):
                assert draft.document is not None
                desk.revise_draft(journal, *at, draft.document.model_copy(update={"question": question}), by)
            case model.Reject(by=by, reason=reason):
                desk.reject_draft(journal, *at, by, reason)
            case _:
                raise AssertionError(f"no such step: {step}")


def play(chart: model.DemoChart, scenario: DemoScenario, library: Library, knowledge: Knowledge) -> Play:
    """Perform all the steps of one chart, and return how it stands then."""
    stage = Play(scenario, library, knowledge, datetime(2026, 11, 20, 7, 30, tzinfo=UTC))
    for step in chart.steps:
        stage.perform(step)
    return stage


def state_of(stage: Play, gap_id: str) -> tuple[str, str | None, UUID | None]:
    """Return the state of a gap, of its latest query, and what it duplicates."""
    for chart in stage.journal.charts.values():
        for gap in chart.gaps.values():
            if gap.content.gap_id == gap_id:
                query = chart.queries.get(gap.query_id) if gap.query_id else None
                return gap.state, query.state if query else None, gap.original
    raise AssertionError(f"no gap {gap_id}")
