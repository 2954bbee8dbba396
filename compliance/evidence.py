"""The indicators themselves: sourced, dated, current, objective (R-06, R-07, R-17)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from compliance.findings import block, graded, review
from compliance.reading import Passage, Reading
from compliance.text import bag, inside, quotations, words
from compliance.times import elapsed, moment
from schemas.check import CheckIndicator, Finding
from schemas.vocabulary import Severity

_DATE_ONLY = 10
_REPORTS = frozenset({"report", "radiology", "pathology", "echocardiogram"})


def sourced_and_dated(reading: Reading) -> Iterator[Finding]:
    """R-06: each indicator has a name, a value, a source and a time that can be read."""
    for place, indicator in enumerate(reading.query.indicators):
        field = f"indicators[{place}]"
        for name, text in (("name", indicator.name), ("value", indicator.value), ("source", indicator.source)):
            if not (text or "").strip():
                yield block("R-06", f"{field}.{name}", f"The indicator has no {name}.", f"Give its {name}.")
        yield from _dated(f"{field}.observed_at", indicator)


def _dated(field: str, indicator: CheckIndicator) -> Iterator[Finding]:
    if not (indicator.observed_at or "").strip():
        yield block("R-06", field, "The indicator has no date.", "Give the date and time of the finding.")
    elif moment(indicator.observed_at) is None:
        yield block("R-06", field, "The time cannot be read.", "Write an ISO 8601 date and time.")


def inside_the_encounter(reading: Reading) -> Iterator[Finding]:
    """R-17: what is older than this encounter carries the label of its prior encounter."""
    query = reading.query
    if not query.indicators:
        return
    start = moment(query.encounter_started_at)
    if start is None:
        yield review(
            "R-17",
            "encounter_started_at",
            "The start of the encounter is not known, so nobody can tell which findings are current.",
            "Give the start of the encounter.",
        )
        return
    for place, indicator in enumerate(query.indicators):
        if not indicator.prior_encounter and _older(reading, start, indicator.observed_at):
            message = "The finding is older than this encounter and is not labelled so."
            suggestion = "Label it with its encounter and date, or take it out."
            yield block("R-17", f"indicators[{place}].observed_at", message, suggestion)


def _older(reading: Reading, start: datetime, time: str | None) -> bool:
    observed = moment(time)
    if observed is None:
        return False
    gap = elapsed(observed, start)
    allowed = timedelta(hours=reading.knowledge.limits.window_hours)
    if len((time or "").strip()) <= _DATE_ONLY:  # a date alone may be any hour of its day
        allowed += timedelta(days=1)
    return gap is not None and gap > allowed


def current_evidence(reading: Reading) -> Iterator[Finding]:
    """R-17: prior findings never stand alone; a condition nobody evaluated now goes to a second person."""
    query = reading.query
    prior = [indicator for indicator in query.indicators if indicator.prior_encounter]
    if not prior:
        return
    if not reading.current:
        if query.setting == "inpatient" or query.phase != "prospective":
            yield block(
                "R-17",
                "indicators",
                "Every finding comes from an earlier encounter.",
                "Show what was evaluated or treated now, or do not ask.",
            )
        else:
            yield review(
                "R-17", "indicators", "Every finding comes from an earlier encounter.", "Let a second person approve."
            )
    elif all(_only_mentions(indicator) for indicator in reading.current):
        yield review(
            "R-17",
            "indicators",
            "Nothing shows that the condition was evaluated or treated in this encounter.",
            "Show the current evaluation or treatment, or do not ask.",
        )


def _only_mentions(indicator: CheckIndicator) -> bool:
    return indicator.quoted and bool(bag(indicator.source or "") & {"h", "note", "summary", "consult", "history"})


def stands_in_this_record(reading: Reading) -> Iterator[Finding]:
    """R-06, R-17: a source is a document of the record, and what is documented was written in this encounter."""
    office = reading.knowledge.vocabulary("office_source")
    for place, indicator in enumerate(reading.query.indicators):
        if bag(indicator.source or "") & office:
            message = "The source is no document of the patient's record."
            yield review("R-06", f"indicators[{place}].source", message, "Name the document of the record.")
    start = moment(reading.query.encounter_started_at)
    for place, entry in enumerate(reading.query.documented):
        if start is not None and _older(reading, start, entry.recorded_at):
            message = "The documentation is older than this encounter."
            yield review(
                "R-17", f"documented[{place}].recorded_at", message, "Name what is documented in this encounter."
            )


def objective(reading: Reading) -> Iterator[Finding]:
    """R-07 and the other lexicons: an indicator states facts, without the author's adjectives or conclusions."""
    for place, indicator in enumerate(reading.query.indicators):
        for name, text, spoken in (
            ("name", indicator.name, True),
            ("value", indicator.value, not indicator.quoted),
            ("unit", indicator.unit or "", True),
            ("source", indicator.source or "", True),
        ):
            if text and spoken:
                shown = Passage(f"indicators[{place}].{name}", text, words(text), quotations(text))
                yield from _interpreted(reading, shown, indicator)
                yield from _new_diagnosis(reading, shown, indicator)
                yield from _commented(reading, shown)


def _interpreted(reading: Reading, text: Passage, indicator: CheckIndicator) -> Iterator[Finding]:
    from_report = bool(bag(indicator.source or "") & _REPORTS)
    for hit in reading.knowledge.wordings.find(text.text, text.words):
        lexicon = hit.payload.lexicon
        if "indicators" not in lexicon.places or not text.authored(hit.start):
            continue
        severity: Severity = "review" if from_report and lexicon.rule == "R-07" else hit.payload.severity
        if lexicon.rule == "R-07" or hit.payload.severity == "block":
            yield graded(severity, lexicon.rule, text.field, lexicon.message, lexicon.suggestion, (hit.start, hit.end))


def _new_diagnosis(reading: Reading, text: Passage, indicator: CheckIndicator) -> Iterator[Finding]:
    if indicator.prior_encounter:
        return
    for hit in reading.new_diagnoses(text):
        message = "The indicator names a diagnosis that nobody has documented."
        suggestion = "Give the finding alone, or quote the source and mark it as quoted."
        yield review("R-07", text.field, message, suggestion, (hit.start, hit.end))


def _commented(reading: Reading, text: Passage) -> Iterator[Finding]:
    comment = reading.knowledge.vocabulary("commentary")
    for word in text.words:
        if word.text in comment and text.authored(word.start):
            yield review(
                "R-07",
                text.field,
                "The indicator reads as a comment, not as a finding.",
                "Give the value alone, or quote the source and mark it as quoted.",
                (word.start, word.end),
            )
            return


def values_are_measured(reading: Reading) -> Iterator[Finding]:
    """R-07: unquoted words of a value are words of measurement, of examination or of therapy; others a person reads."""
    known = reading.knowledge.vocabulary("objective") | reading.topic_words
    known = known.union(*reading.documented_bags)
    for place, indicator in enumerate(reading.query.indicators):
        quoted = quotations(indicator.value)
        if indicator.quoted:
            continue
        strange = [
            word
            for word in words(indicator.value)
            if word.text.isalpha() and len(word.text) > 2 and word.text not in known and not inside(word.start, quoted)
        ]
        if strange:
            yield review(
                "R-07",
                f"indicators[{place}].value",
                "The value holds words that the check does not know as a finding.",
                "Give the value alone, or quote the source and mark it as quoted.",
                (strange[0].start, strange[-1].end),
            )
