"""Answers that carry facts or a colour that their siblings lack (R-12)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.asked import stems_of
from compliance.findings import review
from compliance.reading import Reading
from schemas.check import Finding

# What shows, treats or weighs a condition, told behind its name.
_FACT = re.compile(
    r"\b(?:as (?:shown|seen|evidenced|confirmed|proven)|seen (?:on|in|at)|shown (?:by|on|in)|(?:confirmed"
    r"|proven|supported|evidenced|demonstrated|documented) (?:by|on|in|with)|requiring|needing|in need of"
    r"|treated (?:with|by|on)"
    r"|(?:responding|responsive) to|managed with|improving (?:with|on|under)|improved (?:with|on|after)"
    r"|with (?:the |a |an )?(?:need|high risk|elevated|rising|falling|raised|abnormal|worsening|declining|increased"
    r"|decreased|organ dysfunction)"
    r"|present (?:throughout|since|from|until)|in a (?:patient|person) with)\b",
    re.IGNORECASE,
)
_COLOUR = re.compile(
    r"^(?:[a-z]+ )?(?:life-threatening|serious|grave|dangerous|harmless|trivial|impressive|obvious)\b"
    r"|^(?:mere|merely|just)\b",
    re.IGNORECASE,
)


def one_answer_carries_facts(reading: Reading) -> Iterator[Finding]:
    """R-12: no answer alone holds what shows or treats the condition, or a word that makes it grave or small."""
    count = len(reading.clinical_options)
    if reading.query.response_type != "multiple_choice" or count < 2:
        return
    found = {place: _FACT.search(one.text) or _COLOUR.search(one.text) for place, one in reading.clinical_options}
    carrying = [place for place, hit in found.items() if hit is not None]
    if not carrying or len(carrying) == count:
        return
    terms = [stems_of(term) for term in (entry.term for entry in reading.query.documented)]
    for place in carrying:
        hit, text = found[place], reading.query.options[place].text
        if hit is not None and not any(stems_of(text[hit.start() :]) <= term for term in terms):
            message = "One answer carries facts or a weight that the others lack."
            yield review("R-12", f"options[{place}].text", message, "Give all options the same form.", hit.span())


def no_answer_sounds_leading(reading: Reading) -> Iterator[Finding]:
    """R-12: a clinical answer sounds as names of conditions do: nothing argues for it, ranks it or hangs on it."""
    for place, option in reading.clinical_options:
        if reading.knowledge.option_weights.sounds_leading(option.text):
            message = "The answer as a whole sounds like more than the name of a condition."
            suggestion = "Name the condition alone; show findings as indicators."
            yield review("R-12", f"options[{place}].text", message, suggestion, (0, len(option.text)))
