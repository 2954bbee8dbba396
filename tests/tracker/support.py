"""A small visit to make decisions about, without database or broker. Nobody here is real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from schemas.base import content_digest
from schemas.check import CheckIndicator, CheckOption, Finding, QueryDocument, Verdict
from schemas.encounters import DocumentationAppeared, EncounterUpdated
from schemas.events import Envelope
from schemas.gaps import Addressee, CoderOnly, EncounterBlock, GapRaised, Indicator, Patient
from schemas.queries import QueryHeld, QueryIssued, document_hash
from schemas.requests import QueryRequested
from schemas.responses import Answer
from schemas.vocabulary import VerdictName
from services.tracker import ids
from services.tracker.decisions import answers, closing, desk, encounters, gaps
from services.tracker.decisions import results as result_decisions
from services.tracker.decisions.requesting import wire_request
from services.tracker.journal import Journal, Situation, Step
from services.tracker.model import Author, Chart, Gap, Query, Recipient, Response
from services.tracker.policy import Policy
from services.tracker.publishing import events_of
from services.tracker.recipients import Directory, Provider

START = datetime(2026, 3, 2, 18, tzinfo=UTC)
FACILITY = "harbor-general"
SECRET = b"a secret that keys the ids of charts in tests"

DIRECTORY = Directory(
    providers={
        "dr-ferro": Provider("dr-ferro", "attending", "medicine"),
        "dr-okafor": Provider("dr-okafor", "attending", "medicine"),
        "dr-lind": Provider("dr-lind", "resident", "medicine"),
        "dr-stahl": Provider("dr-stahl", "surgeon", "surgery"),
        "nurse-pell": Provider("nurse-pell", "nurse", "medicine"),
        "dr-gone": Provider("dr-gone", "attending", "medicine", active=False),
    },
    default_by_service={"surgery": "dr-stahl"},
)
PERSON = Author(user_id="coder-ada", source="coding", person=True)
MACHINE = Author(user_id=None, source="nlp")
AGREED = Answer(code="OPTION_SELECTED", option_id="o1")
OTHERWISE = Answer(code="OPTION_SELECTED", option_id="o2")
PATIENT = Patient(reference="pat-77", name="Wilhelmina Testperson", mrn="MRN-424242", birth_date=date(1951, 7, 9))
SECRETS = ("Wilhelmina", "MRN-424242", "1951-07-09", "pat-77", "N17.9-suspected", "weight-of-impact")
"""What no event may carry."""


def at(hours: float) -> datetime:
    """A moment so many hours after the encounter began."""
    return START + timedelta(hours=hours)


def chart_id(number: str = "E1") -> str:
    return ids.chart_id(SECRET, FACILITY, number)


def content(
    gap_id: str = "g1", number: str = "E1", hours: float = 30, about: str = "Creatinine", **more: Any
) -> GapRaised:
    """A gap as a coding system raises it; `about` makes it another question."""
    block = {"number": number, "started_at": START, **more.pop("block", {})}
    fields: dict[str, Any] = {
        "setting": "inpatient",
        "category": "missing_diagnosis",
        "indicators": (
            Indicator(
                name=about, value="1.7", unit="mg/dL", source="Laboratory", kind="laboratory", observed_at=at(20)
            ),
        ),
        "patient": PATIENT,
        "addressee": Addressee(provider_id="dr-ferro"),
        "coder_only": CoderOnly(suspected_codes=("N17.9-suspected",), impact={"drg": "weight-of-impact"}),
        **more,
    }
    return GapRaised(
        gap_id=gap_id,
        occurred_at=at(hours),
        facility=FACILITY,
        encounter=EncounterBlock(**block),
        reason_code="LAB",
        **fields,
    )


def digest_of(gap: GapRaised) -> str:
    return content_digest(gap, without=frozenset({"occurred_at"}))


def document(request: QueryRequested, question: str = "Please clarify what these findings mean.") -> QueryDocument:
    return QueryDocument(
        title="Clarification",
        setting=request.basis.setting,
        phase=request.phase,
        category=request.basis.category,
        response_type="multiple_choice",
        recipient_role=request.recipient_role or "attending",
        indicators=(CheckIndicator(name="Creatinine", value="1.7"),),
        question=question,
        options=(
            CheckOption(text="One thing", kind="clinical", id="o1", evidence=(0,)),
            CheckOption(text="Another thing", kind="clinical", id="o2", evidence=(0,)),
            CheckOption(text="Other", kind="other", id="other"),
            CheckOption(text="Unable to determine", kind="undetermined", id="undetermined"),
        ),
    )


FINDING = Finding(rule="R-09", severity="review", field="question", message="reads oddly", suggestion="write plainly")


def build(
    request: QueryRequested, verdict: VerdictName = "pass", text: QueryDocument | None = None
) -> QueryIssued | QueryHeld:
    """Answer a request by the rules of release alone; `verdict` is what the check would say."""
    if request.recipient_role is None:
        return _held(request, None, None, "no_recipient")
    text = text or request.draft or document(request)
    if verdict == "block":
        return _held(request, text, verdict, "blocked")
    approved = request.approval is not None and request.approval.draft_hash == document_hash(text)
    if approved or (verdict == "pass" and request.release == "automatic" and request.draft is None):
        return QueryIssued(document=text, **_shared(request, text, verdict))
    return _held(request, text, verdict, "needs_second_person")


def _held(request: QueryRequested, text: QueryDocument | None, verdict: VerdictName | None, reason: Any) -> QueryHeld:
    return QueryHeld(document=text, reason=reason, detail="look at it", **_shared(request, text, verdict))


def _shared(request: QueryRequested, text: QueryDocument | None, verdict: VerdictName | None) -> dict[str, Any]:
    content_hash = document_hash(text)
    return {
        "result_id": uuid5(request.request_id, content_hash),
        "request_id": request.request_id,
        "query_id": request.query_id,
        "gap_uid": request.gap_uid,
        "chart_id": request.chart_id,
        "as_of": request.as_of,
        "release": request.release,
        "ruleset": "test/1",
        "verdict": verdict,
        "findings": (FINDING,) if verdict == "review" else (),
        "content_hash": content_hash,
    }


class Ward:
    """Charts in memory, decided upon one step at a time; every step is kept, with the events that it publishes."""

    def __init__(self, policy: Policy | None = None, directory: Directory = DIRECTORY) -> None:
        self.policy = policy or Policy()
        self.directory = directory
        self.now = at(48)
        self.charts: dict[str, Chart] = {}
        self.steps: list[Step] = []
        self.verdicts: dict[str, VerdictName] = {}

    @contextmanager
    def deciding(self) -> Iterator[Journal]:
        """Decide; a refusal changes nothing."""
        self.now += timedelta(minutes=1)
        situation = Situation(now=self.now, policy=self.policy, directory=self.directory, judge=self._judge)
        journal = Journal(self.charts, situation)
        yield journal
        self.charts = journal.charts
        self.steps += journal.steps

    def _judge(self, text: QueryDocument) -> Verdict:
        """A check that minds nothing but the role; what it minds, it says by one finding."""
        name = self.verdicts.get(text.recipient_role, "pass")
        role = {"rule": "R-28", "field": "recipient_role", "message": "not this role", "suggestion": "ask another"}
        findings = () if name == "pass" else (Finding.model_validate({**role, "severity": name}),)
        return Verdict(id="fake", verdict=name, findings=findings, ruleset="test")

    def events(self) -> list[Envelope]:
        return [event for step in self.steps for event in events_of(step)]

    def event_types(self, prefix: str = "cdi.chart.") -> list[str]:
        """The short names of the chart events so far: `hold_placed`, `ready`, ..."""
        return [e.type.removeprefix(prefix).removesuffix(".v1") for e in self.events() if e.type.startswith(prefix)]

    # gaps and encounters
    def raise_gap(self, gap: GapRaised | None = None, author: Author = PERSON, **fields: Any) -> str:
        gap = gap or content(**fields)
        with self.deciding() as journal:
            return gaps.raise_gap(journal, chart_id(gap.encounter.number), gap, digest_of(gap), author)

    def withdraw(self, gap_id: str = "g1", hours: float = 40, number: str = "E1", source: str = "coding") -> str:
        with self.deciding() as journal:
            gaps.ensure_chart(journal, chart_id(number), FACILITY, number, source)
            uid = ids.gap_uid(source, gap_id)
            return gaps.withdraw_gap(journal, chart_id(number), uid, at(hours), source, "a mistake")

    def encounter(self, hours: float = 40, number: str = "E1", *, planned: bool = False, **fields: Any) -> None:
        update = EncounterUpdated(occurred_at=at(hours), facility=FACILITY, encounter_number=number, **fields)
        if not planned:  # what ended is told afterwards
            self.now = max([self.now, *(end for end in (update.ended_at, update.billed_at) if end)])
        into = chart_id(update.merged_into_number) if update.merged_into_number else None
        with self.deciding() as journal:
            encounters.update_encounter(journal, chart_id(number), update, "adt", into)

    def merge(self, number: str, into: str, hours: float = 60) -> None:
        self.encounter(hours, number, merged_into_number=into)

    def documentation(self, hours: float = 50, number: str = "E1", **fields: Any) -> str:
        entry = DocumentationAppeared(
            occurred_at=at(hours), facility=FACILITY, encounter_number=number, reference="note-9", **fields
        )
        with self.deciding() as journal:
            return encounters.documentation_appeared(journal, chart_id(number), entry, "coding", "adt")

    # the query builder
    def pending(self) -> list[QueryRequested]:
        return [
            wire_request(gap, chart.chart_id)
            for chart in self.charts.values()
            for gap in chart.gaps.values()
            if gap.request is not None
        ]

    def result(self, result: QueryIssued | QueryHeld) -> str:
        with self.deciding() as journal:
            return result_decisions.apply_result(journal, result.chart_id, result)

    def build(self, verdict: VerdictName = "pass") -> list[str]:
        """Answer every pending request."""
        return [self.result(build(request, verdict)) for request in self.pending()]

    def issue(self, **fields: Any) -> UUID:
        """Raise a gap and have its query issued."""
        assert self.raise_gap(**fields) == "accepted"
        assert self.build() == ["issued"]
        return self.query(fields.get("gap_id", "g1"), fields.get("number", "E1")).query_id

    def hold(self, verdict: VerdictName = "review", **fields: Any) -> UUID:
        """Raise a gap and have its query held."""
        assert self.raise_gap(**fields) == "accepted"
        assert self.build(verdict) == ["held"]
        return self.query(fields.get("gap_id", "g1"), fields.get("number", "E1")).query_id

    # people
    def answer(self, query_id: UUID, provider: str = "dr-ferro", answer: Answer = AGREED, **more: Any) -> str:
        fields: dict[str, Any] = {"response_id": "r1", "source": "ehr", "method": "signed in", **more}
        covers = fields.pop("covers", frozenset())
        response = Response(provider_id=provider, at=self.now, signed_at=self.now, answer=answer, **fields)
        with self.deciding() as journal:
            return answers.submit(journal, self.home(query_id), query_id, response, covers)

    def outcome(self, query_id: UUID, outcome: Any = "AGREED_DOCUMENTED") -> None:
        with self.deciding() as journal:
            answers.set_outcome(journal, self.home(query_id), query_id, outcome, "cdi-bo", None)

    def cosign(self, query_id: UUID, provider: str = "dr-ferro", role: Any = "attending") -> None:
        with self.deciding() as journal:
            answers.cosign(journal, self.home(query_id), query_id, provider, role)

    def documented(self, query_id: UUID, reference: str = "note-7") -> None:
        with self.deciding() as journal:
            assert answers.documented(journal, self.home(query_id), query_id, reference, "coder-ada")

    def redirect(self, query_id: UUID, provider: str, role: Any = None) -> None:
        recipient = Recipient(provider_id=provider, role=role or self.directory.providers[provider].role)
        with self.deciding() as journal:
            desk.redirect(journal, self.home(query_id), query_id, recipient, "cdi-bo", "not hers")

    def approve(self, query_id: UUID, by: str = "cdi-bo", reason: str | None = "it is fair", **more: Any) -> None:
        content_hash = more.get("content_hash", self.find(query_id).draft.content_hash)
        with self.deciding() as journal:
            desk.approve_draft(journal, self.home(query_id), query_id, content_hash, by, reason)

    def revise(self, query_id: UUID, by: str = "coder-ada", question: str = "What do these findings mean?") -> None:
        held = self.find(query_id).draft.document
        assert held is not None
        with self.deciding() as journal:
            text = held.model_copy(update={"question": question})
            desk.revise_draft(journal, self.home(query_id), query_id, text, by)

    def on_desk(self, step: Callable[..., None], query_id: UUID, *more: Any) -> None:
        """Take one of the steps of `desk` whose arguments are chart, query, and more."""
        with self.deciding() as journal:
            step(journal, self.home(query_id), query_id, *more)

    def finalize(self, number: str = "E1") -> None:
        with self.deciding() as journal:
            closing.finalize(journal, chart_id(number), "coder-ada", "coder")

    def finalize_unanswered(self, number: str = "E1", reason: str = "provider left") -> None:
        with self.deciding() as journal:
            closing.finalize_unanswered(journal, chart_id(number), "cdi-bo", "cdi_specialist", reason)

    # looking
    def chart(self, number: str = "E1") -> Chart:
        return self.charts[chart_id(number)]

    def gap(self, gap_id: str = "g1", source: str = "coding") -> Gap:
        uid = ids.gap_uid(source, gap_id)
        return next(chart.gaps[uid] for chart in self.charts.values() if uid in chart.gaps)

    def query(self, gap_id: str = "g1", number: str = "E1", source: str = "coding") -> Query:
        gap = self.gap(gap_id, source)
        assert gap.query_id is not None
        return self.find(gap.query_id)

    def find(self, query_id: UUID) -> Query:
        return self.charts[self.home(query_id)].queries[query_id]

    def home(self, query_id: UUID) -> str:
        return next(chart.chart_id for chart in self.charts.values() if query_id in chart.queries)
