"""Lifecycle and holds under whatever may come in any order: a state machine on the pure core.

`CDI_QUERY_EXAMPLES` sets how many runs are tried (500 unless it says otherwise).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from schemas.check import Verdict
from schemas.events import write
from schemas.gaps import Addressee
from schemas.queries import QueryHeld, QueryIssued
from schemas.requests import QueryRequested
from services.tracker.changes import Change
from services.tracker.decisions import answers, desk, remarks
from services.tracker.journal import Step
from services.tracker.lifecycle import TABLES, NotAllowed, fold
from services.tracker.model import Chart, Query
from services.tracker.policy import Policy
from services.tracker.publishing import events_of
from tests.tracker.support import AGREED, MACHINE, OTHERWISE, PERSON, SECRETS, Ward, at, build, content, document

EXAMPLES = int(os.environ.get("CDI_QUERY_EXAMPLES", "500"))

OPEN = {"accepted", "requested", "queried", "held"}
WAITING = {"issued", "delivered", "opened"}
ANSWERED = {"answered", "awaiting_cosign", "awaiting_documentation", "under_review"}

NUMBERS = st.sampled_from(["E1", "E2", "E3"])
GAPS = st.sampled_from(["g1", "g2", "g3"])
ABOUT = st.sampled_from(["Creatinine", "Sodium"])
HOURS = st.integers(min_value=20, max_value=47)
AUTHORS = st.sampled_from([PERSON, PERSON, PERSON, MACHINE])
PROVIDERS = st.sampled_from(["dr-ferro", "dr-okafor", "dr-lind", "dr-stahl", "nurse-pell"])
TO = st.sampled_from(
    [
        Addressee(provider_id="dr-ferro"),
        Addressee(provider_id="dr-ferro"),
        Addressee(provider_id="dr-lind"),
        Addressee(role="attending"),
        Addressee(role="attending"),
        Addressee(provider_id="nobody"),
    ]
)
BLOCKS = st.sampled_from([{}, {}, {"ended_at": at(46)}, {"admission_order_at": at(5)}])
VERDICTS = st.sampled_from(["pass", "pass", "review", "block"])
PEOPLE = st.sampled_from(["coder-ada", "cdi-bo", "cdi-cy"])
PICK = st.integers(min_value=0, max_value=99)

Rule = TypeVar("Rule", bound=Callable[..., Any])


def may_be_refused(step: Rule) -> Rule:
    """What people try may be refused; what systems send may not, so those rules go without this."""

    @wraps(step)
    def tried(self: Visits, **chosen: Any) -> None:
        before = self.ward.charts
        try:
            step(self, **chosen)
        except NotAllowed:
            assert self.ward.charts is before

    return tried  # type: ignore[return-value]


class Visits(RuleBasedStateMachine):
    """Three visits with up to six gaps, and everything that can happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.ward = Ward(Policy(documentation_required=False))
        self.checked = 0
        self.asked: dict[UUID, QueryRequested] = {}
        self.results: list[QueryIssued | QueryHeld] = []
        self.texts: dict[UUID, bytes] = {}
        self.finalized: set[str] = set()

    @initialize(
        attending=PROVIDERS,
        asked=st.lists(
            st.tuples(GAPS, NUMBERS, ABOUT, AUTHORS, TO), min_size=2, max_size=4, unique_by=lambda one: one[0]
        ),
        verdict=VERDICTS,
        strict=st.booleans(),
    )
    def a_day_begins(self, attending: str, asked: list[Any], verdict: Any, strict: bool) -> None:
        """Most runs begin with queries that are issued or held already."""
        self.ward.policy = Policy(documentation_required=strict)
        for number in ("E1", "E2"):
            self.ward.encounter(1, number, attending_id=attending)
        for gap, number, about, author, to in asked:
            self.ward.raise_gap(content(gap, number, 20, about, addressee=to), author)
        for request in self.ward.pending():
            self.answer_request(request, verdict if request.gap_uid.int % 3 == 0 else "pass")

    def answer_request(self, request: QueryRequested, verdict: Any) -> None:
        result = build(request, verdict)
        self.results.append(result)
        assert self.ward.result(result) == ("issued" if isinstance(result, QueryIssued) else "held")

    # what systems send

    @rule(gap=GAPS, number=NUMBERS, hours=HOURS, about=ABOUT, author=AUTHORS, to=TO, block=BLOCKS)
    def a_gap_is_raised(
        self, gap: str, number: str, hours: int, about: str, author: Any, to: Addressee, block: dict[str, Any]
    ) -> None:
        self.ward.raise_gap(content(gap, number, hours, about, addressee=to, block=block), author)

    @precondition(lambda self: self.gaps())
    @rule(pick=PICK)
    def a_gap_is_delivered_twice(self, pick: int) -> None:
        known = self.gaps()[pick % len(self.gaps())]
        before = self.ward.charts
        assert self.ward.raise_gap(known.content, known.author) == "duplicate_delivery"
        assert self.ward.charts == before

    @rule(gap=GAPS, number=NUMBERS, hours=HOURS, source=st.sampled_from(["coding", "nlp"]))
    def a_gap_is_withdrawn(self, gap: str, number: str, hours: int, source: str) -> None:
        self.ward.withdraw(gap, hours, number, source)

    @rule(number=NUMBERS, hours=HOURS, ended=st.booleans())
    def a_visit_ends_or_its_end_is_cancelled(self, number: str, hours: int, ended: bool) -> None:
        self.ward.encounter(hours, number, ended_at=at(hours) if ended else None)

    @rule(number=NUMBERS, hours=HOURS, provider=PROVIDERS)
    def the_attending_changes(self, number: str, hours: int, provider: str) -> None:
        self.ward.encounter(hours, number, attending_id=provider)

    @rule(number=NUMBERS, hours=HOURS)
    def the_admission_order_moves(self, number: str, hours: int) -> None:
        self.ward.encounter(hours, number, admission_order_at=at(hours - 20))

    @rule(number=NUMBERS, hours=HOURS, gaps=st.lists(GAPS, max_size=2))
    def an_entry_appears(self, number: str, hours: int, gaps: list[str]) -> None:
        self.ward.documentation(hours, number, answers_gap_ids=tuple(gaps))

    @rule(number=NUMBERS, into=NUMBERS, hours=HOURS)
    @may_be_refused
    def a_visit_is_merged(self, number: str, into: str, hours: int) -> None:
        self.ward.merge(number, into, hours)

    # what the builder answers

    @precondition(lambda self: self.ward.pending())
    @rule(pick=PICK, verdict=VERDICTS)
    def the_builder_answers(self, pick: int, verdict: Any) -> None:
        pending = self.ward.pending()
        self.answer_request(pending[pick % len(pending)], verdict)

    @precondition(lambda self: self.ward.pending())
    @rule()
    def the_builder_answers_everything(self) -> None:
        for request in self.ward.pending():
            if request in self.ward.pending():
                self.answer_request(request, "pass")

    @precondition(lambda self: self.ward.pending())
    @rule(pick=PICK)
    def a_request_is_repeated(self, pick: int) -> None:
        pending = self.ward.pending()
        asked = pending[pick % len(pending)]
        with self.ward.deciding() as journal:
            assert desk.repeat_request(journal, asked.chart_id, asked.gap_uid, asked.request_id, "system")
        assert asked in self.ward.pending()

    @precondition(lambda self: self.results)
    @rule(pick=PICK)
    def a_result_comes_again(self, pick: int) -> None:
        before = self.ward.charts
        assert self.ward.result(self.results[pick % len(self.results)]) in ("seen", "stale")
        assert self.ward.charts == before

    @precondition(lambda self: self.asked)
    @rule(pick=PICK, verdict=VERDICTS)
    def another_result_comes_for_an_old_request(self, pick: int, verdict: Any) -> None:
        asked = list(self.asked.values())[pick % len(self.asked)]
        if asked in self.ward.pending():
            return
        before = {chart.chart_id: chart.queries for chart in self.ward.charts.values()}
        free = {"release": "automatic", "recipient_role": "attending"}
        other = build(asked.model_copy(update=free), verdict, document(asked, "Something else."))
        assert self.ward.result(other) in ("stale", "anomaly")
        assert {chart.chart_id: chart.queries for chart in self.ward.charts.values()} == before

    @precondition(lambda self: self.ward.pending())
    @rule(pick=PICK, how=st.sampled_from(["blocked", "review", "other hash"]))
    def the_builder_issues_what_it_may_not(self, pick: int, how: str) -> None:
        pending = self.ward.pending()
        asked = pending[pick % len(pending)]
        free = {"release": "automatic", "draft": None, "approval": None, "recipient_role": "attending"}
        result = build(asked.model_copy(update=free))
        update = {"blocked": {"verdict": "block"}, "review": {"verdict": "review"}, "other hash": {"content_hash": "0"}}
        if how == "review" and asked.approval is not None:
            return
        assert self.ward.result(result.model_copy(update=update[how])) == "anomaly"

    # what providers do

    @precondition(lambda self: self.queries())
    @rule(pick=PICK, provider=PROVIDERS, response=st.sampled_from(["r1", "r2", "r3"]), amends=st.booleans())
    @may_be_refused
    def a_provider_answers(self, pick: int, provider: str, response: str, amends: bool) -> None:
        query = self.pick(pick, ANSWERED if amends else WAITING)
        earlier = query.current if amends else None
        recipient = query.recipient.provider_id if query.recipient and pick % 5 else provider
        said = OTHERWISE if pick % 2 else AGREED
        self.ward.answer(query.query_id, recipient, said, response_id=response, amends=earlier)

    @precondition(lambda self: self.queries(*WAITING))
    @rule(pick=PICK)
    def the_provider_who_is_asked_answers(self, pick: int) -> None:
        query = self.pick(pick, WAITING)
        assert query.recipient is not None
        said = OTHERWISE if pick % 2 else AGREED
        given = f"first-{len(query.responses)}"
        assert self.ward.answer(query.query_id, query.recipient.provider_id, said, response_id=given) == "accepted"

    @precondition(lambda self: self.queries("closed", "withdrawn"))
    @rule(pick=PICK)
    @may_be_refused
    def an_answer_comes_after_the_end(self, pick: int) -> None:
        query = self.pick(pick, {"closed", "withdrawn"})
        provider = query.recipient.provider_id if query.recipient else "dr-ferro"
        assert self.ward.answer(query.query_id, provider, response_id=f"after-{len(query.responses)}") == "late"

    @precondition(lambda self: self.queries(*WAITING))
    @rule(pick=PICK, step=st.sampled_from(["open", "deliver", "defer", "resume", "escalate", "expire"]))
    @may_be_refused
    def time_passes(self, pick: int, step: str) -> None:
        query = self.pick(pick, WAITING).query_id
        steps: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {
            "open": (desk.mark_opened, ("dr-ferro",)),
            "deliver": (desk.mark_delivered, ("notifier",)),
            "defer": (desk.defer, (at(60), "dr-ferro")),
            "resume": (desk.resume, ("system", at(60))),
            "escalate": (desk.escalate, (pick % 4, ("dr-okafor",), "notifier")),
            "expire": (desk.expire, ("notifier",)),
        }
        function, more = steps[step]
        self.ward.on_desk(function, query, *more)

    @precondition(lambda self: self.queries("awaiting_cosign"))
    @rule(pick=PICK, provider=PROVIDERS)
    @may_be_refused
    def an_answer_is_cosigned(self, pick: int, provider: str) -> None:
        self.ward.cosign(
            self.pick(pick, {"awaiting_cosign"}).query_id, provider, self.ward.directory.providers[provider].role
        )

    @precondition(lambda self: self.queries(*WAITING, *ANSWERED))
    @rule(pick=PICK, step=st.sampled_from(["ask", "reply", "send back"]), verdict=VERDICTS)
    @may_be_refused
    def people_talk_about_a_query(self, pick: int, step: str, verdict: Any) -> None:
        before = self.pick(pick, WAITING | ANSWERED)
        judged = Verdict(id="remark", verdict=verdict, ruleset="test")
        if step == "ask":
            self.ward.on_desk(remarks.ask, before.query_id, "Which of the two?", "dr-ferro")
        elif step == "reply":
            self.ward.on_desk(remarks.reply, before.query_id, "The second.", "coder-ada", judged)
        else:
            self.ward.on_desk(remarks.send_back, before.query_id, "Call me.", "dr-ferro", "attending", judged)
        after = self.ward.find(before.query_id)
        assert len(after.remarks) == len(before.remarks) + 1
        assert step == "ask" or verdict == "pass"

    # what coders and CDI specialists do

    @precondition(lambda self: self.queries(*ANSWERED))
    @rule(
        pick=PICK,
        outcome=st.sampled_from(
            ["AGREED_DOCUMENTED", "AGREED_DOCUMENTED", "INADEQUATE_RESPONSE", "NO_RESPONSE_CLOSED"]
        ),
    )
    @may_be_refused
    def an_outcome_is_set(self, pick: int, outcome: str) -> None:
        self.ward.outcome(self.pick(pick, ANSWERED).query_id, outcome)

    @precondition(lambda self: self.queries("answered"))
    @rule(pick=PICK)
    @may_be_refused
    def an_answer_is_looked_at(self, pick: int) -> None:
        self.ward.on_desk(answers.begin_review, self.pick(pick, ANSWERED).query_id, "cdi-bo")

    @precondition(lambda self: self.queries())
    @rule(pick=PICK)
    @may_be_refused
    def an_answer_is_documented(self, pick: int) -> None:
        self.ward.documented(self.pick(pick, {"awaiting_documentation"}).query_id)

    @precondition(lambda self: self.queries())
    @rule(pick=PICK, provider=PROVIDERS, worse=st.sampled_from(["pass", "pass", "review", "block"]))
    @may_be_refused
    def a_query_is_redirected(self, pick: int, provider: str, worse: Any) -> None:
        role = self.ward.directory.providers[provider].role
        self.ward.verdicts = {role: worse}
        try:
            self.ward.redirect(self.pick(pick, WAITING | {"held"}).query_id, provider)
        finally:
            self.ward.verdicts = {}

    @precondition(lambda self: self.queries("held"))
    @rule(pick=PICK, person=PEOPLE, step=st.sampled_from(["approve", "approve", "revise", "reject"]))
    @may_be_refused
    def a_held_draft_is_decided_on(self, pick: int, person: str, step: str) -> None:
        query = self.pick(pick, {"held"})
        if step == "approve":
            self.ward.approve(query.query_id, person)
        elif step == "revise" and query.draft.document is not None:
            self.ward.revise(query.query_id, person)
        elif step == "reject":
            self.ward.on_desk(desk.reject_draft, query.query_id, person, "not a gap")

    @precondition(lambda self: self.queries())
    @rule(pick=PICK)
    @may_be_refused
    def a_query_is_withdrawn(self, pick: int) -> None:
        self.ward.on_desk(desk.withdraw_query, self.pick(pick).query_id, "not_needed", "cdi-bo")

    @precondition(lambda self: self.ward.charts)
    @rule(number=NUMBERS, unanswered=st.booleans())
    @may_be_refused
    def a_chart_is_finalized(self, number: str, unanswered: bool) -> None:
        from tests.tracker.support import chart_id

        if chart_id(number) in self.ward.charts:
            self.ward.finalize_unanswered(number) if unanswered else self.ward.finalize(number)
            self.finalized.add(chart_id(number))

    # what must always be so

    @invariant()
    def a_chart_holds_exactly_while_a_blocking_gap_is_open(self) -> None:
        for chart in self.ward.charts.values():
            assert chart.status == self.due_status(chart), chart.status

    def due_status(self, chart: Chart) -> str:
        if chart.merged_into is not None:
            return "merged"
        members = [other for other in self.ward.charts.values() if self.root(other) == chart.chart_id]
        if any(gap.blocking and gap.state in OPEN for other in members for gap in other.gaps.values()):
            return "holding"
        if chart.facts.ended_at is None and chart.facts.billed_at is None:
            return "clear"
        return "finalized" if chart.status == "finalized" and chart.chart_id in self.finalized else "ready"

    def root(self, chart: Chart) -> str:
        while chart.merged_into is not None:
            chart = self.ward.charts[chart.merged_into]
        return chart.chart_id

    @invariant()
    def every_gap_stands_where_its_queries_say(self) -> None:
        for chart in self.ward.charts.values():
            waiting = Counter(query.gap_uid for query in chart.queries.values() if query.state in WAITING)
            assert all(count == 1 for count in waiting.values())
            for gap in chart.gaps.values():
                asked = chart.queries.get(gap.query_id) if gap.query_id else None
                assert gap.state != "accepted"
                assert (gap.request is not None) == (gap.state == "requested")
                assert not waiting[gap.uid] or gap.state == "queried"
                if gap.state in ("queried", "held"):
                    assert asked is not None
                    assert asked.state in (WAITING | ANSWERED if gap.state == "queried" else {"held"})

    @invariant()
    def no_duplicate_is_left_behind(self) -> None:
        gaps = {gap.uid: gap for gap in self.gaps()}
        for gap in gaps.values():
            if gap.state == "duplicate":
                assert gap.original is not None
                assert gaps[gap.original].state in OPEN | {"resolved"}, gaps[gap.original].state

    @invariant()
    def one_answer_counts(self) -> None:
        for query in self.queries():
            final = [item for item in query.responses if not item.late]
            assert all(item.amends is not None for item in final[1:])
            assert len({item.provider_id for item in final}) <= 1
            assert (query.response() is None) == (not final)

    @invariant()
    def every_new_step_keeps_the_promises(self) -> None:
        for step in self.ward.steps[self.checked :]:
            self.check_step(step)
        self.checked = len(self.ward.steps)
        for request in self.ward.pending():
            self.asked.setdefault(request.request_id, request)

    def check_step(self, step: Step) -> None:
        change = step.change
        published = events_of(step)
        status = [event for event in published if event.type in ("cdi.gap.changed.v1", "cdi.query.changed.v1")]
        assert len(status) == (1 if change.subject in ("gap", "query") else 0)
        for event in status:
            edge = TABLES[change.subject][change.transition]
            before = event.data["state_from"] or "(new)"
            assert before in edge.sources
            assert event.data["state"] == (before if edge.target == "(same)" else edge.target)
        for event in published:
            text = write(event).decode()
            assert not any(secret in text for secret in SECRETS), event.type
        if change.subject == "query" and change.transition == "issued":
            self.check_issue(step)
        self.check_texts(step.after)

    def check_issue(self, step: Step) -> None:
        assert step.change.query_id is not None and step.change.gap_uid is not None
        query, gap = step.after.queries[step.change.query_id], step.after.gaps[step.change.gap_uid]
        assert query.draft.verdict in ("pass", "review")
        assert query.recipient is not None
        if query.draft.verdict == "review" or query.edited:
            assert query.approved_by not in (None, gap.author.user_id, query.revised_by)
            assert query.approval_reason
        elif not gap.author.person:
            assert query.approved_by is not None

    def check_texts(self, chart: Chart) -> None:
        for query in chart.queries.values():
            if query.issued_at is not None:
                assert query.draft.document is not None
                text = query.draft.document.model_dump_json().encode()
                assert self.texts.setdefault(query.query_id, text) == text

    def teardown(self) -> None:
        """At the end of a run, fold every chart anew from the JSON of its changes."""
        logs: dict[str, list[Change]] = {}
        for step in self.ward.steps:
            logged = step.change.model_dump_json(exclude_unset=True)
            logs.setdefault(step.change.chart_id, []).append(Change.model_validate_json(logged))
        for chart_id, changes in logs.items():
            again = fold(changes)
            assert again == self.ward.charts[chart_id]
            assert Chart.model_validate_json(again.model_dump_json(exclude_unset=True)) == again

    # looking

    def gaps(self) -> list[Any]:
        return [gap for chart in self.ward.charts.values() for gap in chart.gaps.values()]

    def queries(self, *states: str) -> list[Query]:
        found = [query for chart in self.ward.charts.values() for query in chart.queries.values()]
        return [query for query in found if not states or query.state in states]

    def pick(self, pick: int, states: set[str] | None = None) -> Query:
        """Return a query, one of these states if there is any."""
        found = self.queries(*(states or ())) or self.queries()
        return found[pick % len(found)]


TestVisits = Visits.TestCase
TestVisits.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
