"""Second issues that ride along: with the question, in the same sentence or the next, and in the context (R-30)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from compliance.asked import stems_of
from compliance.findings import review
from compliance.reading import Reading
from compliance.text import bag, sentence_at
from schemas.check import Finding

_ASPECT = (
    r"(?:significance|cause|causes|reason|indication|type|acuity|stage|status|severity|degree|plan|date|day|course|onset"
    r"|meaning|etiology|treatment|diagnosis|need|site|side|extent|organism|outcome|timing|duration)"
)
# ", and the cause of the fever": of something of which nothing was asked before.
_ANOTHER = re.compile(
    rf"\b(?:and|plus|as well as|along with|together with)(?: also| likewise| then)?"
    r" (?:for |on |about )?(?:the|a|an|any) "
    rf"{_ASPECT}(?:,? if (?:any|known),?)? (?:of|for|behind|on which|at which|with|in) (?:the |this |his |her |an? )?"
    r"((?:[a-z-]+ ?){1,4})",
    re.IGNORECASE,
)
_ASPECT_BEFORE = re.compile(rf"\b{_ASPECT} $", re.IGNORECASE)
_ASKED_BEFORE = re.compile(r"\?|\b(?:please|clarify|kindly|indicate|specify|state)\b", re.IGNORECASE)
_OWN_ASPECT = re.compile(
    rf"\b(?:and|also)(?: likewise)?,? (?:for|of|as to|with regard to|regarding|concerning) the ([a-z][^,.;?]{{2,80}}),"
    rf" (?:its|their|the|also) ?(?:own )?{_ASPECT}?",
    re.IGNORECASE,
)
_SAME_ASKED = re.compile(
    r"\bthe same (?:is asked|applies|goes|holds|question|is true|would help|for|is requested|information)\b"
    r"|\band (?:that|those) of (?:the|his|her|an?) (?!order|admission|visit|consult)"
    r"|\bin the same (?:answer|reply|response|breath|go|note)\b"
    r"|\b(?:along|together) with (?:a|an|your) (?:statement|comment|remark|word|note|sentence|line|view)"
    r" (?:about|on|as to)\b"
    r"|(?:^|[.;?] )(?:please |kindly |also |then ){1,2}(?:include|add|mention|comment|cover|touch|address)\b"
    r"|\bfor the [a-z -]{3,60}, (?:please|kindly|also) (?:give|state|name|specify|add)\b"
    r"|\b(?:is|are) (?:open|asked|needed|missing|unclear|of interest|requested) (?:too|also|as well|either)\b",
    re.IGNORECASE,
)
_IN_CONTEXT = re.compile(
    r"\b(?:two|three|several|more|other|second|further) (?:points?|questions?|items?|issues?|matters?) (?:is|are"
    r"|remains?|stand|concerns?|follow|below)\b"
    r"|\b(?:is|are) (?:also |likewise |further )?asked\b(?! (?:below|to|here|in))|\bcomment on\b|\basked about first\b"
    r"|\b(?:also|likewise) (?:open|asked|unclear|unanswered)\b"
    r"|\b(?:the question|that) (?:below )?(?:comes )?second\b|\bbesides? the question\b",
    re.IGNORECASE,
)
_FEW = 12
_NEAR = 24  # signs, more than an aspect
_ONE_A_QUERY = "Ask one question a query."


def second_issue_in_the_question(reading: Reading) -> Iterator[Finding]:
    """R-30: no other issue is added to the one that is asked, in whatever words."""
    question = reading.question
    if question is None or reading.question_is_approved:
        return
    for form in (_ANOTHER, _OWN_ASPECT):
        for found in islice(form.finditer(question.text), _FEW):
            named = {word for word in stems_of(found.group(1)) if len(word) > 2}
            start = (sentence_at(question.text, found.start()) or (0, 0))[0]
            before = stems_of(question.text[: found.start()])
            asks = bag(question.text[start : found.start()])
            # "The type and the acuity of" one thing is one issue.
            joined = _ASPECT_BEFORE.search(question.text, max(0, found.start() - _NEAR), found.start())
            if named and not named & before and asks and not joined and question.authored(found.start()):
                yield review("R-30", "question", "A second issue rides along.", _ONE_A_QUERY, found.span())
                return
    rest = _SAME_ASKED.search(question.text)
    if rest is not None and _ASKED_BEFORE.search(question.text, 0, rest.start()) and question.authored(rest.start()):
        yield review("R-30", "question", "A second issue rides along.", _ONE_A_QUERY, rest.span())


def second_issue_in_the_context(reading: Reading) -> Iterator[Finding]:
    """R-30: the context asks nothing beside the question."""
    context = reading.context
    found = _IN_CONTEXT.search(context.text) if context is not None else None
    if context is not None and found is not None and context.authored(found.start()):
        yield review("R-30", context.field, "The context asks a question of its own.", _ONE_A_QUERY, found.span())
