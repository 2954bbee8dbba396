"""A query's bundle as a document for people: the text, the answers, every step, and how to prove them. Pure.

The font holds Latin, Greek and Cyrillic and many more, but no Chinese, Japanese or Korean; what it lacks shows as a
box here and stands in the JSON.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fpdf import FPDF, XPos, YPos

from schemas.check import QueryDocument
from services.tracker.bundles import Bundle, Link, change_of
from services.tracker.changes import Change
from services.tracker.model import Draft, Response

FONTS = Path(__file__).parent / "pages" / "static" / "vendor" / "dejavu"
# It tells of every glyph that a font lacks, and quotes the text.
logging.getLogger("fpdf").setLevel(logging.CRITICAL)
logging.getLogger("fontTools").setLevel(logging.ERROR)


class _Paper(FPDF):
    """Pages with a footer that names the query and the page."""

    def __init__(self, query: str) -> None:
        super().__init__(format="A4")
        self._query = query
        self.add_font("DejaVu", "", FONTS / "DejaVuSans.ttf")
        self.add_font("DejaVu", "B", FONTS / "DejaVuSans-Bold.ttf")
        self.set_auto_page_break(True, margin=20)
        self.set_lang("en")
        self.set_creator("cdi-query")

    def footer(self) -> None:
        """Write the line at the foot of each page."""
        self.set_y(-15)
        self.set_font("DejaVu", size=8)
        self.cell(0, 5, f"Query {self._query}, page {self.page_no()} of {{nb}}", align="C")

    def head(self, text: str, level: int = 0) -> None:
        """Write a heading, which stands in the document's outline too."""
        self.ln(3)
        self.start_section(text, level)
        self.set_font("DejaVu", "B", 13 if level == 0 else 11)
        self.multi_cell(0, 6, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font("DejaVu", size=10)

    def say(self, text: str, size: int = 10) -> None:
        """Write a paragraph."""
        self.set_font("DejaVu", size=size)
        self.multi_cell(0, size * 0.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)


def bundle_pdf(bundle: Bundle, zone: str, steps: Mapping[str, str]) -> bytes:
    """Return the bundle as PDF.

    Args:
        bundle: what was exported.
        zone: in which times are shown.
        steps: words for "query transition".
    """
    paper = _Paper(str(bundle.query_id))
    paper.set_title("Audit of one query")
    paper.set_creation_date(bundle.exported_at)
    paper.add_page()
    paper.head("Audit of one query")
    person = bundle.person
    paper.say(
        f"Query {bundle.query_id}\nPatient: {person.name or 'name not given'}, MRN {person.mrn or '–'}, born "
        f"{person.birth_date or '–'}\nStay: {person.encounter_number}, {person.facility}\n"
        f"Exported {_when(bundle.exported_at, zone)} by {bundle.exported_by}"
    )
    changes = [
        (one, change_of(bundle.payloads[one.sequence])) for one in bundle.own() if one.sequence in bundle.payloads
    ]
    _write_text(paper, [change for _, change in changes])
    _write_answers(paper, [change for _, change in changes], bundle, zone)
    _write_steps(paper, bundle, {link.sequence: change for link, change in changes}, zone, steps)
    _write_proof(paper, bundle)
    return bytes(paper.output())


def _when(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}"


def _last_draft(changes: Iterable[Change]) -> Draft | None:
    drafts = [change.draft for change in changes if change.draft is not None]
    return drafts[-1] if drafts else None


def _write_text(paper: _Paper, changes: list[Change]) -> None:
    paper.head("The text")
    draft = _last_draft(changes)
    document: QueryDocument | None = draft.document if draft else None
    if draft is None or document is None:
        paper.say("The text is not here: it was purged, or nobody wrote one.")
        return
    paper.say(document.title)
    if document.context:
        paper.say(document.context)
    for term in document.documented:
        paper.say(f"Documented: “{term.term}” ({term.source or 'source not given'}, {term.recorded_at or '–'})")
    for one in document.indicators:
        value = f"{one.value} {one.unit}" if one.unit else one.value
        paper.say(f"{one.name}: {value} ({one.source or 'source not given'}, {one.observed_at or '–'})")
    paper.say(document.question)
    for option in document.options:
        paper.say(f"•  {option.text}")
    if document.footer:
        paper.say(document.footer)
    template = f"template {draft.template.id}, version {draft.template.version}" if draft.template else "by hand"
    paper.say(f"Written: {template}. Check: {draft.verdict or 'none'} by ruleset {draft.ruleset}.", 8)
    for finding in draft.findings:
        paper.say(f"Finding {finding.rule} ({finding.severity}) in {finding.field}: {finding.message}", 8)


def _write_answers(paper: _Paper, changes: list[Change], bundle: Bundle, zone: str) -> None:
    given = [change.response for change in changes if change.response is not None]
    paper.head("Answers")
    if not given:
        paper.say("None.")
    for answer in given:
        paper.say(_said(answer, bundle, zone))
        for text in (answer.answer.text, answer.record_text):
            if text:
                paper.say(text)
    outcomes = [change.outcome for change in changes if change.outcome]
    if outcomes:
        paper.say(f"Outcome: {outcomes[-1]}")


def _said(answer: Response, bundle: Bundle, zone: str) -> str:
    who = bundle.names.get(answer.provider_id, answer.provider_id)
    choice = f" ({answer.answer.option_id})" if answer.answer.option_id else ""
    late = ", late" if answer.late else ""
    return f"{who}, {_when(answer.signed_at, zone)}, {answer.method}{late}: {answer.answer.code}{choice}"


def _write_steps(
    paper: _Paper, bundle: Bundle, changes: Mapping[int, Change], zone: str, steps: Mapping[str, str]
) -> None:
    paper.head("Every step")
    for link in bundle.own():
        words = steps.get(f"query {link.transition}", link.transition.replace("_", " "))
        who = bundle.names.get(link.actor, link.actor)
        paper.say(f"{link.sequence}. {_when(link.at, zone)}: {words}, by {who}{_reason(link, changes)}", 9)


def _reason(link: Link, changes: Mapping[int, Change]) -> str:
    change = changes.get(link.sequence)
    if change is None:
        return " (payload purged)"
    return f" ({change.reason})" if change.reason else ""


def _write_proof(paper: _Paper, bundle: Bundle) -> None:
    paper.head("Proof")
    paper.say(
        "The JSON file of the same export holds the chart's hash chain and this query's payloads. Whoever has it can"
        " prove that nothing was changed since: cdi-query audit verify FILE. The chain ends at link"
        f" {bundle.links[-1].sequence} with the hash"
    )
    paper.say(bundle.links[-1].hash, 8)
    paper.say("Ask the hospital for that hash by another way, and compare.")
