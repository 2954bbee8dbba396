"""What must be there: indicators, answer kinds, one question, filled placeholders (R-05, R-16, R-26, R-30)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import block, review, warn
from compliance.reading import Passage, Reading
from compliance.text import bag
from schemas.check import CheckIndicator, Finding

_PLACEHOLDER = re.compile(
    r"\{\{[^{}]{0,80}\}\}|\{%|<<[^<>]{0,80}>>|\$\{[^{}]{0,80}\}|%\([a-z_]+\)s"
    r"|\[[A-Za-z][A-Za-z _/'-]{2,60}\]|_{3,}|\bTBD\b|\bXXX+\b",
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ASIDE = re.compile(r"\([^()]*\)")
_NEW_CONDITION = frozenset({"missing_diagnosis", "treatment_without_diagnosis", "significance"})
_ONE_ISSUE = frozenset(
    {"specificity", "acuity", "stage", "laterality", "significance", "status", "present_on_admission"}
)
_VALUE_SOURCES = (
    frozenset({"laboratory", "lab", "labs", "gas", "microbiology", "chemistry", "testing"}),
    frozenset({"vital", "vitals", "flowsheet"}),
)


def indicators_shown(reading: Reading) -> Iterator[Finding]:
    """R-05: every query shows the indicators that caused it."""
    if not reading.query.indicators:
        yield block(
            "R-05",
            "indicators",
            "No clinical indicator is shown.",
            "Show at least one finding of this patient with value, source and time.",
        )


def patient_specific(reading: Reading) -> Iterator[Finding]:
    """R-05: indicators are about this patient, not about patients in general."""
    habit, people = reading.knowledge.vocabulary("general_habit"), reading.knowledge.vocabulary("general_people")
    for place, indicator in enumerate(reading.query.indicators):
        said = bag(f"{indicator.name} | {indicator.value}")
        if not indicator.quoted and said & habit and said & people:
            yield block(
                "R-05",
                f"indicators[{place}].value",
                "The indicator speaks of patients in general.",
                "Show a finding from this patient's own record.",
            )


def new_condition_was_addressed(reading: Reading) -> Iterator[Finding]:
    """R-05: for a new condition, isolated values of one class alone show no evaluation or treatment."""
    if reading.query.category not in _NEW_CONDITION or not reading.current:
        return
    if _isolated_values_only(reading.current):
        yield review(
            "R-05",
            "indicators",
            "Only isolated values of one kind are shown; nothing shows evaluation, monitoring or treatment.",
            "Add the treatment, the work-up or the later values, or do not ask.",
        )


def _isolated_values_only(indicators: tuple[CheckIndicator, ...]) -> bool:
    names = [indicator.name.strip().lower() for indicator in indicators]
    if len(set(names)) < len(names) or any(_is_series(indicator) for indicator in indicators):
        return False
    return any(all(bag(indicator.source or "") & kind for indicator in indicators) for kind in _VALUE_SOURCES)


def _is_series(indicator: CheckIndicator) -> bool:
    value = _ASIDE.sub("", indicator.value)
    return len(_NUMBER.findall(value)) > 1 and ("," in value or "then" in value or "->" in value or " to " in value)


def placeholders_filled(reading: Reading) -> Iterator[Finding]:
    """R-26: no merge field is left unfilled. The line to write on in "Other" is none."""
    options = (
        text for option, text in zip(reading.query.options, reading.option_texts, strict=True) if option.kind != "other"
    )
    indicators = (
        Passage(f"indicators[{place}].value", indicator.value, (), ())
        for place, indicator in enumerate(reading.query.indicators)
        if not indicator.quoted
    )
    for text in (*reading.prose, *options, *indicators):
        yield from unfilled(text)


def unfilled(text: Passage) -> Iterator[Finding]:
    """Yield one finding for each merge field in a text that has no value."""
    for found in _PLACEHOLDER.finditer(text.text):
        if text.authored(found.start()):
            yield block("R-26", text.field, "A placeholder is not filled.", "Fill it in or take it out.", found.span())


def one_question(reading: Reading) -> Iterator[Finding]:
    """R-30: one clinical question a query, with or without question marks."""
    question = reading.question
    if question is None:
        yield block("R-30", "question", "There is no question.", "Ask one neutral question.")
        return
    if question.text.count("?") > 1:
        yield block("R-30", "question", "More than one question is asked.", "Ask one question a query.")
    elif reading.query.category in _ONE_ISSUE:
        yield from _several_conditions(reading, question)


def _several_conditions(reading: Reading, question: Passage) -> Iterator[Finding]:
    hits = reading.knowledge.term_index.find(question.text, question.words, overlapping=False)
    named = {hit.payload.concept for hit in hits if question.authored(hit.start)}
    distinct = {
        concept
        for concept in named
        if not any(concept in reading.knowledge.broader[other] - {other} for other in named)
    }
    if any(distinct <= concepts for concepts in reading.concepts_by_term):
        return
    message = "The question holds several conditions."
    if len(distinct) > 2:
        yield block("R-30", "question", message, "Ask about one condition a query.")
    elif len(distinct) == 2:
        yield review("R-30", "question", message, "Ask about one condition a query, or say why both belong together.")


def concise(reading: Reading) -> Iterator[Finding]:
    """R-30: a long text gets no answer. Advice only."""
    limits = reading.knowledge.limits
    count = sum(len(text.words) for text in (*reading.prose, *reading.option_texts))
    if count > limits.words:
        yield warn("R-30", "context", f"The text has {count} words.", f"Keep it under {limits.words} words.")
    if len(reading.query.indicators) > limits.indicators:
        yield warn(
            "R-30",
            "indicators",
            f"More than {limits.indicators} indicators are shown.",
            "Show those that explain why clarification is needed.",
        )


def response_type_allowed(reading: Reading) -> Iterator[Finding]:
    """Rules 1.5: which response type each category allows; a new condition is never a yes/no (R-14)."""
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
    """An open question carries no options; the other two forms need them (R-09, R-15, R-16)."""
    query = reading.query
    if query.response_type == "open_ended" and query.options:
        yield block("R-16", "options", "An open question carries answer options.", "Leave the options out.")
    if query.response_type == "multiple_choice" and not query.options:
        yield block(
            "R-09", "options", "A multiple choice query has no options.", "Offer supported options, or ask openly."
        )
