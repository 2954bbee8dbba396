"""Answers that mean yes or no: where they may stand, what they say, and how they hide (R-14, R-15)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import block, review
from compliance.proven_answers import proves
from compliance.reading import Passage, Reading
from compliance.text import bag
from schemas.check import CheckOption, Finding

_ONE_WORD = re.compile(r"^\W*(?:yes|no|not now|not yet)\s*(?:$|[,.;:(\-])", re.IGNORECASE)
_NOT_DONE = re.compile(r"^\W*(?:(?:do|does|did) not\b(?! (?:resuscitate|intubate))|don'?t\b|doesn'?t\b)", re.IGNORECASE)
_OUT = re.compile(
    r"\b(?:leave|leaves|left|keep|keeps|kept|take|stays?)\b.{1,80}\b(?:out|off|away|as (?:it )?is)\b", re.IGNORECASE
)
_OPINION = re.compile(
    r"^(?:I|We) (?:would )?(?:regard|consider|view|judge|deem|see|call|describe|classify)"
    r"(?: (?:it|this|that|them|these|the \w+))?(?: (?:as|to be|is|was|were|are))?\b",
    re.IGNORECASE,
)
_TWO = 2
_NOT_BY = re.compile(
    r"(?:\w |^)(?:not|non) ?-?(?:due to|caused by|from|related to|secondary to|associated with|because of)\b", re.I
)
_NEGATION = frozenset({"no", "not", "non", "absence", "absent"})
_IS_A_DENIAL = re.compile(
    r"^\W*(?:(?:clinical )?findings? (?:not|without)|no\b|not\b|none\b|other than|absence|does not|without|never|lack)"
    r"|(?:ruled out|excluded|(?:not|never) (?:present|shown|found|there)|absent)\W*$",
    re.IGNORECASE,
)
_OF_NOTHING = ("denying_option", "denying_filling", "of_anything")
_OF_A_DETAIL = frozenset({"specificity", "acuity", "stage", "complication", "principal_reason"})
_PLAIN_KINDS = frozenset({"yes", "no", "other", "undetermined", "not_significant", "integral"})


def no_disguised_yes_no(reading: Reading) -> Iterator[Finding]:
    """R-14: no list that means yes or no, in any wording: assent, orders what to write, bare presence and absence."""
    for place, option in reading.clinical_options:
        if _is_disguised(reading, option, reading.option_texts[place]):
            message = "The option is a yes or no in disguise."
            suggestion = "Name a clinical finding or condition, not what to do with it."
            yield block("R-14", f"options[{place}].text", message, suggestion)
    if len(reading.clinical_options) == _TWO and (_names_something_new(reading) or _is_of_nothing(reading)):
        yield from _mere_negation(reading)


def _names_something_new(reading: Reading) -> bool:
    """Tell whether an answer names what nobody wrote: a new condition, or a cause."""
    return reading.asks_for_new_condition or reading.query.category == "cause_effect"


def _is_of_nothing(reading: Reading) -> bool:
    """Tell whether no answer names anything: "a diagnosis was made" where a type or an acuity is asked."""
    if reading.query.category not in _OF_A_DETAIL:
        return False
    said = frozenset[str]().union(*(bag(option.text) for _, option in reading.clinical_options))
    return said <= reading.knowledge.words_of(*_OF_NOTHING)


def _is_disguised(reading: Reading, option: CheckOption, text: Passage) -> bool:
    said = bag(text.text)
    if not said or _ONE_WORD.match(option.text) or _NOT_DONE.match(option.text) or _OUT.search(option.text):
        return True
    knowledge = reading.knowledge
    opinion = _OPINION.match(option.text)
    if opinion is not None and bag(option.text[opinion.end() :]) - knowledge.words_of("assent", "assent_filling"):
        return False  # "I regard it as current" names a reading
    first = text.words[0].text if text.words else ""
    if first in knowledge.words_of("imperative", "recording"):
        return True
    judged = said & knowledge.vocabulary("assent")
    if not _names_something_new(reading):  # a status or an uncertain diagnosis may be confirmed or absent
        judged -= knowledge.vocabulary("settling")
    return bool(judged) and said <= knowledge.words_of("assent", "assent_filling")


def _mere_negation(reading: Reading) -> Iterator[Finding]:
    (_, first), (place, second) = reading.clinical_options
    # Two readings of one condition, with a cause and without it, are no yes and no.
    both_ways = any(_NOT_BY.search(option.text) for option in (first, second))
    if _denies(reading, first.text, second.text) and not both_ways:
        message = "The two options are one condition and its denial."
        suggestion = "Ask openly, or offer the readings that the findings support."
        yield review("R-14", f"options[{place}].text", message, suggestion)


def _denies(reading: Reading, first: str, second: str) -> bool:
    """Tell whether of two answers one says what the other says, and that it is not so."""
    left, right = bag(first), bag(second)
    apart = left ^ right
    if (apart and apart <= _NEGATION | {"of"}) or apart >= {"positive", "negative"}:
        return True
    denying, filling = map(reading.knowledge.vocabulary, _OF_NOTHING[:2])
    if left | right <= reading.knowledge.words_of(*_OF_NOTHING):
        return bool(apart & denying)
    less, more = sorted((left - filling, right - filling), key=len)
    return bool(less) and less < more and more - less <= denying and any(map(_IS_A_DENIAL.search, (first, second)))


def one_reading_stands_twice(reading: Reading) -> Iterator[Finding]:
    """R-14: two answers that name one condition, once more and once less surely, leave one reading to choose."""
    if reading.query.category in ("uncertain_diagnosis", "clinical_validation", "conflict"):
        return
    same = reading.knowledge.vocabulary("same_still")
    told = [(bag(option.text), place) for place, option in reading.clinical_options]
    if len(told) == _TWO and len({words - same for words, _ in told}) == 1 and told[0][0] != told[1][0]:
        message = "Both options name one reading."
        yield review("R-14", f"options[{told[1][1]}].text", message, "Offer the readings that the findings support.")


def yes_and_no_stay_apart(reading: Reading) -> Iterator[Finding]:
    """R-14, R-15: yes/no answers belong to yes/no queries only, and say yes and no."""
    closed = reading.query.response_type == "yes_no"
    seen: set[str] = set()
    for place, option in enumerate(reading.query.options):
        field = f"options[{place}].text"
        if option.kind in ("yes", "no") and not closed:
            message = "A yes/no stands in another form of query."
            yield block("R-14", field, message, "Ask openly or offer balanced choices.")
        elif closed and option.kind not in _PLAIN_KINDS:
            message = "A yes/no query offers a clinical choice."
            yield block("R-15", field, message, "Offer it as a multiple choice query.")
        elif option.kind in ("yes", "no") and option.kind in seen:
            yield block("R-15", field, f"The answer {option.kind} stands there twice.", "Offer one Yes and one No.")
        elif option.kind in ("yes", "no") and not proves(reading, option):
            yield from _plainly(reading, field, option, reading.option_texts[place])
        seen.add(option.kind)


def _plainly(reading: Reading, field: str, option: CheckOption, text: Passage) -> Iterator[Finding]:
    """R-15: yes says yes and no says no, without a condition or a diagnosis of their own."""
    first = text.words[0].text if text.words else ""
    if first != option.kind:
        agrees = bag(option.text) & reading.knowledge.vocabulary("assent")
        found = review if agrees else block
        yield found("R-15", field, "The answer does not say yes or no.", "Write Yes or No.")
    else:
        yield review("R-15", field, "The answer does not read as a plain yes or no.", "Write Yes or No.")
