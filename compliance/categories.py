"""What single categories ask for: documented terms, order time, validation, relations (R-13, R-21 to R-24, R-40)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import block, review
from compliance.reading import Reading
from compliance.text import bag
from compliance.times import moment
from schemas.check import CheckOption, Finding

_DATE_AND_TIME = re.compile(r"\b\d{1,4}[/-]\d{1,2}(?:[/-]\d{1,4})?[ T,]+\d{1,2}:\d{2}\b")
_RULED_OUT = re.compile(r"\b(?:ruled out|not (?:present|confirmed)|without|no longer)\b", re.IGNORECASE)
_NOT_DUE = re.compile(r"\bnot (?:related|due|caused)\b|\b(?:other|another) cause\b", re.IGNORECASE)
_UNRELATED = frozenset({"unrelated", "expected", "inherent", "integral", "independent"})


def documented_first(reading: Reading) -> Iterator[Finding]:
    """R-13, R-21, R-22: these queries ask about something that stands in the record."""
    query = reading.query
    if query.documented:
        return
    if query.response_type == "yes_no":
        yield block("R-13", "documented", "A yes/no query about nothing that is documented.", "Ask openly.")
    if query.category == "present_on_admission":
        yield block("R-21", "documented", "The condition is not documented.", "Ask about timing once it is documented.")
    if query.category == "clinical_validation":
        yield block("R-22", "documented", "No diagnosis is documented.", "Name the documented diagnosis.")


def order_time_shown(reading: Reading) -> Iterator[Finding]:
    """R-21: present on admission is measured against the time of the admission order."""
    query = reading.query
    if query.category != "present_on_admission" or _DATE_AND_TIME.search(query.question):
        return
    if query.admission_order_at is None or moment(query.admission_order_at) is None:
        yield block(
            "R-21",
            "admission_order_at",
            "The time of the admission order is neither in the question nor in the document.",
            "Give the date and time of the inpatient admission order.",
        )


def validation_is_reviewed(reading: Reading) -> Iterator[Finding]:
    """R-22: a clinical validation needs a second clinical opinion, and its list must let the diagnosis be ruled out."""
    query = reading.query
    if query.category != "clinical_validation":
        return
    yield review(
        "R-22",
        "category",
        "A clinical validation needs a second clinical opinion before it is sent.",
        "Let a physician advisor or manager approve it.",
    )
    if query.response_type == "multiple_choice" and not any(_rules_out(option) for option in query.options):
        yield block(
            "R-22", "options", "The answer that the diagnosis is ruled out is missing.", "Add that it is ruled out."
        )


def _rules_out(option: CheckOption) -> bool:
    return option.kind == "ruled_out" or bool(_RULED_OUT.search(option.text))


def relation_is_open(reading: Reading) -> Iterator[Finding]:
    """R-24: causes and directions are offered on both sides; complications may be expected or unrelated."""
    query = reading.query
    if query.response_type != "multiple_choice" or not query.options:
        return
    if query.category == "cause_effect" and _directions(reading) < 2:
        yield block(
            "R-24",
            "options",
            "Only one cause or direction is offered.",
            "Offer each supported cause, and that there is none.",
        )
    if query.category == "complication" and not _unrelated_offered(reading):
        yield block(
            "R-24",
            "options",
            "That the condition is expected or not related cannot be answered.",
            "Add expected with the procedure, and not related.",
        )


def _directions(reading: Reading) -> int:
    return sum(option.kind in ("clinical", "integral", "ruled_out") for option in reading.query.options)


def _unrelated_offered(reading: Reading) -> bool:
    return any(
        option.kind == "integral" or bool(bag(option.text) & _UNRELATED or _NOT_DUE.search(option.text))
        for option in reading.query.options
    )


def after_the_bill(reading: Reading) -> Iterator[Finding]:
    """R-40: after the final bill only under a policy, approved by a second person."""
    if reading.query.phase == "post_bill":
        yield review(
            "R-40",
            "phase",
            "The query is asked after the final bill.",
            "Let a second person approve it with the policy's reason.",
        )
