"""From the demo's files to the demo's data: events, gaps and typed steps for one as-of moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cli.demo import model
from cli.demo.script import (
    Cast,
    ChartPart,
    GapPart,
    ProviderPart,
    StepPart,
    UserPart,
    read_cast,
    read_charts,
    read_indicators,
)
from cli.providers import ProviderRow
from schemas.base import content_digest
from schemas.encounters import DocumentationAppeared, EncounterUpdated
from schemas.events import Envelope, make
from schemas.gaps import GapRaised, Patient
from schemas.vocabulary import UserRole

ADT = "demo/adt"
ADT_USER = "adt"


def demo_scenario(as_of: datetime) -> model.DemoScenario:
    """Return the demo as it stands at `as_of` (a moment with a zone). Everything in it lies before that day."""
    cast = read_cast()
    midnight = as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    charts = tuple(_Chart(part, cast, midnight).build() for part in read_charts())
    return model.DemoScenario(
        facility=cast.facility,
        users=_users(cast),
        providers=tuple(_provider(part.model_dump()) for part in cast.providers),
        sources=tuple(model.DemoSource(part.name, part.kind, part.automatic, part.by) for part in cast.sources),
        charts=charts,
    )


def _users(cast: Cast) -> tuple[model.DemoUser, ...]:
    staff = [_user(part, part.role) for part in cast.users]
    asked = [_user(part, "provider") for part in cast.providers if part.active]
    return (*staff, *asked)


def _user(part: UserPart | ProviderPart, role: UserRole) -> model.DemoUser:
    email = None if role == "service" else _email(part.id)
    return model.DemoUser(part.id, part.name, email, role, part.sensitive)


def _provider(part: dict[str, Any]) -> ProviderRow:
    default = part.pop("default")
    part.pop("sensitive")
    return ProviderRow(**part, email=_email(part["id"]), default_for_service=default)


def _email(user: str) -> str:
    return f"{user}@example.org"


@cache
def _indicators() -> dict[str, dict[str, Any]]:
    return read_indicators()


@dataclass(frozen=True, slots=True)
class _Chart:
    """Builds one chart. `midnight` is the start of the as-of day, from which all moments count."""

    part: ChartPart
    cast: Cast
    midnight: datetime

    def build(self) -> model.DemoChart:
        gaps = {key: self._gap(key, gap) for key, gap in self.part.gaps.items()}
        admission = self._admission()
        steps = [self._step(number, step, gaps) for number, step in enumerate(self.part.steps)]
        return model.DemoChart(
            number=self.part.number,
            patient=self.part.patient,
            story=self.part.story,
            admission=admission,
            gaps=tuple(gaps.values()),
            steps=(model.Encounter(self._adt("admission", admission), ADT_USER), *steps),
        )

    def at(self, moment: str) -> datetime:
        days, clock = moment.split()
        hours, minutes = clock.split(":")
        return self.midnight + timedelta(days=int(days), hours=int(hours), minutes=int(minutes))

    def _admission(self) -> EncounterUpdated:
        return EncounterUpdated(
            occurred_at=self.at(self.part.admitted),
            facility=self.cast.facility,
            encounter_number=self.part.number,
            encounter_class="inpatient",
            started_at=self.at(self.part.started),
            admission_order_at=self.at(self.part.admitted),
            attending_id=self.part.attending,
            service=self.part.service,
            patient=self._patient(),
        )

    def _patient(self) -> Patient:
        reference = self.part.reference or f"person-{self.part.number.lower()}"
        fields = {"reference": reference, "name": self.part.patient, "birth_date": self.part.born}
        return Patient.model_validate({**fields, "mrn": f"MRN-{self.part.number.removeprefix('DEMO-')}"})

    def _adt(self, what: str, data: EncounterUpdated | DocumentationAppeared) -> Envelope:
        return make(data, id=f"{self.part.number}-{what}", source=ADT, time=data.occurred_at)

    def _gap(self, key: str, gap: GapPart) -> model.DemoGap:
        data = self._raised(key, gap, gap.at, gap.shown)
        return model.DemoGap(data.gap_id, gap.source, data, _wrap(data, gap.source), gap.first, self._recipient(gap))

    def _recipient(self, gap: GapPart) -> str | None:
        return gap.to or (self.part.attending or None)

    def _raised(self, key: str, gap: GapPart, at: str, shown: Mapping[str, Mapping[str, Any]]) -> GapRaised:
        question = self.cast.questions[gap.ask]
        documented = [self._term(term.model_dump()) for term in gap.documented]
        citations = [{name: term[name] for name in _CITED if name in term} for term in documented[:1]]
        concept = {"term": question.concept, "documented": question.documented or None, "citations": citations or None}
        fields: dict[str, Any] = {
            "gap_id": f"{self.part.number}-{key}",
            "occurred_at": self.at(at),
            "facility": self.cast.facility,
            "encounter": {"number": self.part.number},
            "setting": "inpatient",
            "category": question.category,
            "response_type": gap.response_type,
            "axis": question.axis,
            "concepts": [_known(concept)],
            "indicators": self._shown(shown) + [self._prior(one.model_dump()) for one in gap.prior],
            "documented": documented or None,
            "template_id": gap.template,
            "addressee": _known(
                {"provider_id": gap.to, "role": gap.to_role or _role(gap), "service": self.part.service}
            ),
            "reason_code": question.reason,
            "sensitivity": gap.sensitivity,
            "raised_by": gap.author,
        }
        return GapRaised.model_validate(_known(fields))

    def _term(self, term: dict[str, Any]) -> dict[str, Any]:
        moment = self.at(term["at"]).isoformat()
        return _known(
            {
                "term": term["term"],
                "source": term["source"],
                "author_role": term["role"],
                "author_id": term["by"],
                "recorded_at": moment,
            }
        )

    def _shown(self, shown: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
        rows = [
            {**_indicators()[name], "name": name, **_value(value), "observed_at": self.at(moment)}
            for name, series in shown.items()
            for moment, value in series.items()
        ]
        return [{**row, "observed_at": row["observed_at"].isoformat()} for row in rows]

    def _prior(self, one: dict[str, Any]) -> dict[str, Any]:
        moment = self.at(one["at"]).isoformat()
        known = _indicators()[one["name"]]
        value = {**_value(one["value"]), "observed_at": moment, "prior_encounter_id": one["encounter"]}
        return {**known, "name": one["name"], **value}

    def _step(self, number: int, step: StepPart, gaps: Mapping[str, model.DemoGap]) -> model.Step:
        if step.do in ("discharge", "cancel_discharge", "attending", "merge"):
            return model.Encounter(self._adt(f"{step.do}-{number}", self._change(step)), ADT_USER)
        if step.do == "documented":
            return self._documented(number, step, gaps)
        if step.do == "finalize":
            return model.Finalize(step.by or "coder1", step.text)
        if step.do in ("raise", "raise_again"):
            return self._raise(step, gaps[step.gap])
        return _on_query(step, gaps[step.gap], self.part.gaps[step.gap])

    def _change(self, step: StepPart) -> EncounterUpdated:
        changes: dict[str, dict[str, Any]] = {
            "discharge": {"ended_at": self.at(step.at or "-1 11:30")},
            "cancel_discharge": {"ended_at": None},
            "attending": {"attending_id": step.to},
            "merge": {"merged_into_number": step.to},
        }
        shared = {"facility": self.cast.facility, "encounter_number": self.part.number}
        # A later step counts as later: per field of an encounter the latest time wins.
        later = timedelta(minutes=30) if step.do == "cancel_discharge" else timedelta(0)
        return EncounterUpdated(occurred_at=self.at(step.at or "-1 11:30") + later, **shared, **changes[step.do])

    def _documented(self, number: int, step: StepPart, gaps: Mapping[str, model.DemoGap]) -> model.Documentation:
        gap = gaps[step.gap]
        documents = gap.gap_id if step.text == "answer" else None
        entry = DocumentationAppeared(
            occurred_at=self.at(step.at or "-1 20:00"),
            facility=self.cast.facility,
            encounter_number=self.part.number,
            reference=f"note-{self.part.number}-{number}",
            kind="addendum" if documents else "progress_note",
            answers_gap_ids=() if documents else (gap.gap_id,),
        )
        # Gap ids count within their source: an entry that answers gaps comes by the source that raised them.
        event = make(entry, id=f"{self.part.number}-documented-{number}", source=gap.source, time=entry.occurred_at)
        return model.Documentation(event, ADT_USER, documents)

    def _raise(self, step: StepPart, gap: model.DemoGap) -> model.Raise:
        part = self.part.gaps[step.gap]
        machine = next((source.by for source in self.cast.sources if source.name == part.source), None)
        by = machine or part.author
        if step.do == "raise":
            return model.Raise(gap.gap_id, gap.event, by)
        shown = {
            name: {**part.shown.get(name, {}), **step.shown.get(name, {})} for name in {**part.shown, **step.shown}
        }
        later = self._raised(step.gap, part, step.at or "-1 21:00", shown)
        return model.Raise(gap.gap_id, _wrap(later, gap.source), by)


_CITED = ("source", "author_role", "author_id", "recorded_at")


def _role(gap: GapPart) -> str | None:
    return None if gap.to else "attending"


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _value(value: str | int | float) -> dict[str, str]:
    """Split "<0.5" into comparator and value; text stays text."""
    text = str(value)
    return {"comparator": text[0], "value": text[1:]} if text[:1] in "<>" and text[1:2].isdigit() else {"value": text}


def _wrap(gap: GapRaised, source: str) -> Envelope:
    return make(gap, id=f"{gap.gap_id}-{content_digest(gap)[:12]}", source=source, time=gap.occurred_at)


def _on_query(step: StepPart, gap: model.DemoGap, part: GapPart) -> model.Step:
    """Return the typed step; without `by` it is done by whoever is asked, or by the gap's author."""
    asked = step.by or gap.recipient or ""
    author = step.by or part.author
    text = step.text or ""
    steps: dict[str, model.Step] = {
        "open": model.Open(gap.gap_id, asked),
        "defer": model.Defer(gap.gap_id, asked, step.hours),
        "cosign": model.Cosign(gap.gap_id, asked),
        "redirect": model.Redirect(gap.gap_id, author, step.to or "", text),
        "review": model.Review(gap.gap_id, author),
        "approve": model.Approve(gap.gap_id, author, text),
        "revise": model.Revise(gap.gap_id, author, text),
        "reject": model.Reject(gap.gap_id, author, text),
    }
    if step.outcome:
        return model.SetOutcome(gap.gap_id, author, step.outcome, step.text)
    if step.withdraw:
        return model.Withdraw(gap.gap_id, author, step.withdraw)
    if step.code:
        answering = model.Answering(step.code, step.kind, step.option, step.text)
        return model.Answer(gap.gap_id, asked, answering, amends=step.do == "amend")
    return steps[step.do]
