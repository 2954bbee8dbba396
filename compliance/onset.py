"""What a question about presence on admission is measured against, and whether its answers leave it open (R-21)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import block, graded, review
from compliance.reading import Reading
from compliance.text import bag
from schemas.check import Finding

# Another moment than that of the order, against which presence is asked.
_ANOTHER_MOMENT = re.compile(
    r"\b(?:at|on|before|by|upon|during|when|within|until|after|prior to|since)\b[^.?!;]{0,30}?\b(?:discharge|transfer"
    r"|transferred|floor|unit|ward|icu|operation|surgery|procedure|consult|consultation|midnight|rounds|shift|handoff"
    r"|hospital day|day (?:one|two|three|\d)|first day|delivery|dialysis|extubation|intubation|48 hours|24 hours)\b",
    re.IGNORECASE,
)
_OF_AFTER = re.compile(r"\bafter (?:the |inpatient )*admission\b", re.IGNORECASE)


def asked_against_the_order(reading: Reading) -> Iterator[Finding]:
    """R-21: presence is asked against the order for admission, not against a transfer, an operation or a discharge."""
    question = reading.question
    if reading.query.category != "present_on_admission" or question is None:
        return
    said, order = bag(_OF_AFTER.sub(" ", question.text)), reading.knowledge.vocabulary("admission_order")
    found = None if said & order else _ANOTHER_MOMENT.search(question.text)
    answered = any(bag(option.text) & order for option in reading.query.options)
    suggestion = "Ask whether the condition was present when the inpatient order was written."
    if found is not None:
        message = "The question asks about another moment than that of the admission order."
        yield graded("review" if answered else "block", "R-21", "question", message, suggestion, found.span())
    elif not said & order and not answered:
        yield review("R-21", "question", "The question does not ask against the admission order.", suggestion)


def both_sides_of_the_order(reading: Reading) -> Iterator[Finding]:
    """R-21: of the answers about timing one lies before the order, and another one behind it."""
    query = reading.query
    if query.category != "present_on_admission" or query.response_type != "multiple_choice":
        return
    sides = [_side(reading, option.text) for _, option in reading.clinical_options]
    if len(sides) > 1 and len(set(sides)) == 1 and None not in sides:
        message = "All answers lie on one side of the admission order."
        yield block("R-21", "options", message, "Offer before and after the order in the same form.")


def _side(reading: Reading, text: str) -> bool | None:
    """Return whether an answer lies before the order; None where its words tell both sides, or neither."""
    said = bag(text)
    after = bool(said & reading.knowledge.vocabulary("after_the_order"))
    before = bool(said & reading.knowledge.vocabulary("before_the_order"))
    return None if after == before else before
