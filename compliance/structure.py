"""What must be there: indicators, a form of answer that fits, filled placeholders (R-05, R-16, R-26)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import block, review, warn
from compliance.knowledge import Knowledge
from compliance.neutrality import AnyOf
from compliance.placeholders import empty, perhaps, placeholders
from compliance.reading import Passage, Reading
from compliance.rows import Row
from compliance.text import bag
from schemas.check import Finding

_NEVER_IN_CHARTS = "{<%$@#«"  # a merge field in a quotation was not filled either; charts hold stars and brackets
# A part of one result is no later value of it (total and direct bilirubin).
_FRACTIONS = frozenset({"direct", "indirect", "conjugated", "unconjugated", "free", "ionized", "ionised"})
# "Besides the croup": what is set aside is not what is asked about.
_SET_ASIDE = re.compile(
    r"\b(?:besides|apart from|aside from|other than|in addition to|beyond|on top of)\b[^,?;.]*", re.IGNORECASE
)
_SMALL = 3  # letters; "on" stands in any record
_SHOWN = frozenset({"below", "above", "shown", "listed", "findings", "following", "these", "attached"})
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ASIDE = re.compile(r"\([^()]*\)")
# Fields in which a record's own labels stand in square brackets, and what is no label there.
_LABELLED = frozenset({"name", "source"})
_SLOT = re.compile(
    r"\b(?:insert|enter|name|date|time|value|source|author|provider|field|slot|text|xx?)\b", re.IGNORECASE
)
# A signature in parts: "A. Moss, CPC | Ambulatory documentation | ext. 30144".
_SIGNED = re.compile(
    r"^[^|]{3,80}\b(?:RN|LPN|CC[ADS]S?|CDIP|C[OPR]C|CDEO|RHI[AT]|MD|DO|NP|PA)"
    r"(?: \| (?=[^|]{0,80}[\w.]+ [\w.]+)[^|]{3,120}){1,4}$"
)
_VALUE_SOURCES = (
    frozenset({"laboratory", "lab", "labs", "gas", "microbiology", "chemistry", "testing"}),
    frozenset({"vital", "vitals", "flowsheet"}),
)


def indicators_shown(reading: Reading) -> Iterator[Finding]:
    """R-05: every query shows the indicators that caused it."""
    if not reading.rows:
        yield block(
            "R-05",
            "indicators",
            "No clinical indicator is shown.",
            "Show at least one finding of this patient with value, source and time.",
        )


def patient_specific(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-05: indicators are about this patient, not about patients in general."""
    said = row.name_words | row.value_words
    general = said & knowledge.vocabulary("general_people") and said & knowledge.vocabulary("general_habit")
    if general and not row.quoted:
        message = "The indicator speaks of patients in general."
        yield block("R-05", "value", message, "Show a finding from this patient's own record.")


def new_condition_was_addressed(reading: Reading) -> Iterator[Finding]:
    """R-05: for a new condition, isolated values of one class alone show no evaluation or treatment."""
    if not reading.asks_for_new_condition or not reading.current:
        return
    if _isolated_values_only(reading):
        yield review(
            "R-05",
            "indicators",
            "Only isolated values of one kind are shown; nothing shows evaluation, monitoring or treatment.",
            "Add the treatment, the work-up or the later values, or do not ask.",
        )


def _isolated_values_only(reading: Reading) -> bool:
    """Tell whether all that is shown are single values of one class, by their sources or by what they measure."""
    current = reading.distinct
    names = [row.name.strip().lower() for row in current]
    shown = [row.shown for row in current]
    kinds = [kind for one in shown for kind in one.kinds]
    whole = [kind for row in current if not row.name_words & _FRACTIONS for kind in row.shown.kinds]
    if len(set(names)) < len(names) or len(set(whole)) < len(whole):
        return False
    series = (len(seen.numbers) > 1 for one in shown for seen in one.seen)
    if any(series) or any(row.once(_is_series) for row in current):
        return False
    table = reading.knowledge.indicators
    if any(table.kinds.get(kind) == "therapies" for kind in kinds):
        return False
    if any(all(row.source_words & kind for row in current) for kind in _VALUE_SOURCES):
        return True
    measured = all(one.kinds and one.kinds <= table.measures.keys() for one in shown)
    return measured and (table.vitals.issuperset(kinds) or not table.vitals.intersection(kinds))


def _is_series(row: Row) -> bool:
    value = _ASIDE.sub("", row.value)
    return len(_NUMBER.findall(value)) > 1 and ("," in value or "then" in value or "->" in value or " to " in value)


def placeholders_filled(reading: Reading) -> Iterator[Finding]:
    """R-26: no merge field is left unfilled. A line to write on in an answer is none."""
    for place, entry in enumerate(reading.query.documented):
        yield from unfilled(Passage(f"documented[{place}].term", entry.term, (), ()))
    for text in reading.prose:
        yield from unfilled(text)
    for text, _ in reading.unproven_options:
        yield from unfilled(text, writing_lines=True)


def rows_are_filled(row: Row, _knowledge: Knowledge) -> Iterator[Finding]:
    """R-26: no merge field is left unfilled in what is shown of a finding."""
    if empty(row.value):
        yield block("R-26", "value", "A placeholder is not filled.", "Fill it in or take it out.")
    for name, part in row.parts:
        if not perhaps(part):
            continue
        whole = ((0, len(part)),) if name == "value" and row.quoted else ()
        for finding in unfilled(Passage(name, part, (), whole)):
            if name not in _LABELLED or not _is_a_label(part, finding.span):
                yield finding


def _is_a_label(text: str, span: tuple[int, int] | None) -> bool:
    """Tell whether brackets after a name hold the record's own label ("[Mass/volume]", "NBP [Systolic]")."""
    inner = text[span[0] + 1 : span[1] - 1] if span and text[span[0]] == "[" else ""
    return bool(span and inner and text[: span[0]].strip()) and "_" not in inner and not _SLOT.search(inner)


def unfilled(text: Passage, *, writing_lines: bool = False) -> Iterator[Finding]:
    """Yield one finding for each merge field in a text that has no value."""
    for span in placeholders(text.text, writing_lines=writing_lines):
        if text.field == "footer" and text.text[slice(*span)] == " | " and _SIGNED.search(text.text):
            continue
        if text.authored(span[0]) or text.text[span[0]] in _NEVER_IN_CHARTS:
            yield block("R-26", text.field, "A placeholder is not filled.", "Fill it in or take it out.", span)


def findings_stand_once(reading: Reading) -> Iterator[Finding]:
    """R-05: the same finding in several rows is one finding. Advice only: elsewhere it counts once."""
    for place, first in enumerate(reading.first_rows):
        if first != place:
            message = "This finding stands in an earlier row already."
            yield warn("R-05", f"indicators[{place}]", message, "Show each finding once.")


def open_question_has_an_object(reading: Reading) -> Iterator[Finding]:
    """R-16: an open question says what it asks about; one that could be asked of anybody is too vague to answer."""
    question = reading.question
    if question is None or reading.query.response_type != "open_ended":
        return
    said = bag(question.text)
    aimless = _SET_ASIDE.search(question.text) and not _aims(reading, _SET_ASIDE.sub(" ", question.text))
    if aimless or said <= reading.knowledge.vocabulary("vague_question"):
        message = "The question does not say what it asks about."
        yield block(
            "R-16", "question", message, "Name the findings, the treatment or the documented term, with its date."
        )
    elif not reading.question_is_approved and said.isdisjoint(reading.anchor_words) and said.isdisjoint(_SHOWN):
        message = "The question names no finding, treatment or documented term."
        yield warn("R-16", "question", message, "Say what the question refers to, with its date.")


def _aims(reading: Reading, text: str) -> bool:
    """Tell whether a text names a finding, a treatment or a documented term, or points at what is shown."""
    said = frozenset(word for word in bag(text) if len(word) > _SMALL)
    return not (said.isdisjoint(reading.anchor_words) and said.isdisjoint(_SHOWN))


def nothing_taken_as_settled(reading: Reading) -> Iterator[Finding]:
    """R-16: no question sets aside, as settled, a condition that the record does not hold ("apart from the ...")."""
    question = reading.question
    if question is None:
        return
    for hit in reading.knowledge.listener.hear(question.text).wordings:
        if hit.payload.lexicon.name != "vague-request":
            continue
        known = AnyOf(reading.anchor_words, reading.knowledge.language.known, reading.topic_words)
        following = [word for word in question.words[hit.last + 1 : hit.last + 6] if word.text not in known]
        if following and _sets_aside(reading, question.text[hit.end : following[-1].end]):
            new = any(hit.start < term.start for term in reading.new_diagnoses(question))
            lexicon, span = hit.payload.lexicon, (hit.start, following[-1].end)
            found = block if new else review
            yield found("R-16", "question", lexicon.message, lexicon.suggestion, span)


def _sets_aside(reading: Reading, said: str) -> bool:
    """Tell whether words that follow name a condition that is not documented."""
    if bag(said) & reading.knowledge.vocabulary("condition") - reading.documented_words:
        return True
    concepts = {hit.payload.concept for hit in reading.knowledge.term_index.find(said)}
    return bool(concepts - reading.documented_concepts)


def response_type_allowed(reading: Reading) -> Iterator[Finding]:
    """R-14, R-16: a category allows the response types of policy.yaml; a new condition is never a yes/no."""
    query = reading.query
    if query.response_type in reading.knowledge.response_types.get(query.category, frozenset()):
        return
    rule = "R-14" if query.response_type == "yes_no" else "R-16"
    yield block(
        rule,
        "response_type",
        f"A {query.category} query may not be answered by {query.response_type}.",
        "Ask openly, or offer supported choices.",
    )


def options_fit_response_type(reading: Reading) -> Iterator[Finding]:
    """R-09, R-16: an open question carries no options; a choice needs them."""
    query = reading.query
    if query.response_type == "open_ended" and query.options:
        yield block("R-16", "options", "An open question carries answer options.", "Leave the options out.")
    if query.response_type == "multiple_choice" and not query.options:
        yield block(
            "R-09", "options", "A multiple choice query has no options.", "Offer supported options, or ask openly."
        )
