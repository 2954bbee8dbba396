"""What single categories ask for: order time, validation, relations, phase (R-13, R-21, R-22, R-24, R-38, R-40)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from compliance.findings import block, review, warn
from compliance.reading import Reading
from compliance.text import bag, sentences
from compliance.times import moment
from schemas.check import CheckOption, Finding

_DATE_AND_TIME = re.compile(r"\b\d{1,4}[/-]\d{1,2}(?:[/-]\d{1,4})?[ T,]+(?:at )?\d{1,2}:\d{2}\b")
_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_ORDERING = frozenset({"order", "orders", "ordered", "admission", "admitted"})
_RULED_OUT = re.compile(
    r"\b(?:ruled out|not (?:present|confirmed|supported)|without|no longer|excluded|removed|absent)\b", re.IGNORECASE
)
_CONFIRMING = frozenset({"confirmed", "confirm", "confirms"})
_NOT_DUE = re.compile(
    r"\bnot (?:related|due|caused|a complication|attributable|the)\b"
    r"|\b(?:other|another|different) (?:cause|condition)\b",
    re.IGNORECASE,
)
_EXPECTED = frozenset({"expected", "inherent", "integral", "routine", "unavoidable", "incidental", "usual", "normal"})
_UNRELATED = frozenset({"unrelated", "independent", "preexisting", "coincidental"})
# With one of these an option denies, adds a second cause, or names another use of a drug.
_TWO_SIDED = _UNRELATED | {"and", "both", "with", "without", "no", "other", "poisoning", "underdosing", "overdose"}
# Where a cause lies: "gallstones in the common duct" beside "gallstones".
_PLACED = re.compile(
    r"\b(?:in|at|within|inside|near|on|of|from|along) (?:the|a|an|his|her|both|left|right)\b", re.IGNORECASE
)
# What follows a cause after a sign is an aside, unless it blames something of its own.
_ASIDE = re.compile(r"[,;:(]| [-–—] ")
_BLAMING = re.compile(r"\b(?:due|from|caused|because|after|with|and|plus|or|related|following|not)\b", re.IGNORECASE)
_WITH = re.compile(r"\b(?:with or without|without|with no|with)\b", re.IGNORECASE)
_SIDES = frozenset({"left", "right", "bilateral", "both"})
_RELATED_BY = re.compile(
    r"\b(?:due to|secondary to|caused|causing|because of|brought on by|led to|leading to|gave rise to|arose from"
    r"|arising from|(?:resulted|resulting|results) (?:from|in)"
    r"|(?:follow|follows|followed|came|comes|stems|stemmed|stemming) from)\b",
    re.IGNORECASE,
)
_ASKING = frozenset({"please", "clarify", "whether", "indicate", "what", "which"})
_FINER_ASKED = frozenset({"stage", "laterality", "specificity", "acuity"})
_ABOUT_A_DOCUMENTED_ONE = frozenset(
    {"acuity", "stage", "cause_effect", "complication", "uncertain_diagnosis", "conflict"}
)
_STEPS = frozenset({"stage", "grade", "class", "degree"})
_ROMAN = frozenset({"i", "ii", "iii", "iv", "v", "first", "second", "third", "fourth"})


def documented_first(reading: Reading) -> Iterator[Finding]:
    """R-13, R-21, R-22: these queries ask about something that stands in the record."""
    query, others = reading.query, reading.knowledge.non_providers
    if any(entry.author_role not in others for entry in query.documented):
        return
    if query.response_type == "yes_no" and not query.documented:
        yield block("R-13", "documented", "A yes/no query about nothing that is documented.", "Ask openly.")
    if query.category == "present_on_admission":
        yield block("R-21", "documented", "No provider documented the condition.", "Ask about timing once one has.")
    if query.category == "clinical_validation":
        yield block("R-22", "documented", "No provider has documented a diagnosis.", "Name the documented diagnosis.")
    elif query.phase != "prospective" and (
        query.category in _ABOUT_A_DOCUMENTED_ONE or "documented" in bag(query.question)
    ):
        for rule in ("R-04", "R-03"):
            message = "The query asks about a condition that no documented term names."
            yield block(rule, "documented", message, "Name what is documented, or ask what the findings represent.")


def timed_condition_is_documented(reading: Reading) -> Iterator[Finding]:
    """R-21: the condition whose onset is asked is one that a provider documented, not one that only the text names."""
    query = reading.query
    if query.category != "present_on_admission" or not query.documented or reading.question is None:
        return
    for hit in reading.new_diagnoses(reading.question):
        message = "The onset of a condition is asked that nobody has documented."
        span = (hit.start, hit.end)
        yield block("R-21", "question", message, "Ask about timing once it is documented.", span)


def order_time_shown(reading: Reading) -> Iterator[Finding]:
    """R-21: present on admission is measured against the time of the admission order."""
    query = reading.query
    if query.category != "present_on_admission":
        return
    order = moment(query.admission_order_at)
    said = _DATE_AND_TIME.findall(query.question) if bag(query.question) & _ORDERING else []
    if order is None and not said:
        yield block(
            "R-21",
            "admission_order_at",
            "The time of the admission order is neither in the question nor in the document.",
            "Give the date and time of the inpatient admission order.",
        )
    elif order is not None and said and not _gives_clock(query.question, order):
        message = "The question gives another time for the admission order than the document."
        yield review("R-21", "question", message, "Give the time of the inpatient admission order as it is recorded.")


def _gives_clock(text: str, order: datetime) -> bool:
    """Tell whether a text gives the wall-clock time of the order, or one that only another zone sets apart."""
    return any(
        int(minute) == order.minute and (int(hour) == order.hour or order.tzinfo is not None)
        for hour, minute in _CLOCK.findall(text)
    )


def timing_is_open(reading: Reading) -> Iterator[Finding]:
    """R-21: a list about timing offers both sides of the order."""
    query = reading.query
    if query.category != "present_on_admission" or query.response_type != "multiple_choice" or not query.options:
        return
    if len(reading.clinical_options) < 2:
        message = "Only one side of the admission order can be answered."
        yield block("R-21", "options", message, "Offer before and after the order in the same form.")


def validation_is_reviewed(reading: Reading) -> Iterator[Finding]:
    """R-22: a clinical validation needs a second clinical opinion; its answers confirm, rule out, name another."""
    query = reading.query
    if query.category != "clinical_validation":
        return
    if query.response_type == "yes_no":
        message = "The validation only asks whether the diagnosis stands, without room for its clinical basis."
        yield block("R-22", "response_type", message, "Ask openly for the status and the clinical basis.")
    elif query.response_type == "multiple_choice":
        if not any(_rules_out(option) for option in query.options):
            message = "The answer that the diagnosis is ruled out is missing."
            yield block("R-22", "options", message, "Add that it is ruled out.")
        if not any(_confirms(reading, option) for _, option in reading.clinical_options):
            message = "The documented diagnosis cannot be confirmed."
            yield block("R-22", "options", message, "Offer the documented diagnosis, with room for its clinical basis.")
    yield review(
        "R-22",
        "category",
        "A clinical validation needs a second clinical opinion before it is sent.",
        "Let a physician advisor or manager approve it.",
    )


def _rules_out(option: CheckOption) -> bool:
    return option.kind == "ruled_out" or bool(_RULED_OUT.search(option.text))


def _confirms(reading: Reading, option: CheckOption) -> bool:
    """Tell whether an option names the documented diagnosis as documented, or says that it is confirmed."""
    if _RULED_OUT.search(option.text):
        return False
    said = bag(option.text)
    if said & _CONFIRMING:
        return True
    passing = reading.knowledge.words_of("joining", "qualifier")
    return any(term - passing <= said for term in reading.documented_bags) or any(
        hit.payload.concept in reading.documented_concepts and not _finer(reading, said)
        for hit in reading.knowledge.recorded_index.find(option.text, overlapping=False)
    )


def _finer(reading: Reading, said: frozenset[str]) -> bool:
    """Tell whether an option changes the severity, type or stage of every documented term."""
    degrees = said & reading.knowledge.vocabulary("finer")
    return bool(degrees) and not any(degrees <= term for term in reading.documented_bags)


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
    if query.category == "complication":
        yield from _complication_is_open(reading)


def relation_is_not_stated(reading: Reading) -> Iterator[Finding]:
    """R-24, R-03: where a relation is asked, no sentence states it, unless a documented term does."""
    if reading.query.category not in ("cause_effect", "complication"):
        return
    if any(_RELATED_BY.search(entry.term) for entry in reading.query.documented):
        return
    for text in (reading.context, reading.question):
        for low, high in sentences(text.text) if text is not None else ():
            sentence = text.text[low:high] if text is not None else ""
            found = _RELATED_BY.search(sentence)
            asks = "?" in sentence or bag(sentence) & _ASKING
            if text is not None and found and not asks and text.authored(low + found.start()):
                message = "The text states the relation that it asks about."
                suggestion = "Say what is documented of each, and ask for the relationship, if any."
                span = (low + found.start(), low + found.end())
                for rule in ("R-24", "R-03"):
                    yield block(rule, text.field, message, suggestion, span)


def _complication_is_open(reading: Reading) -> Iterator[Finding]:
    expected = any(option.kind == "integral" or bag(option.text) & _EXPECTED for option in reading.query.options)
    unrelated = any(bag(option.text) & _UNRELATED or _NOT_DUE.search(option.text) for option in reading.query.options)
    message = "That the condition is {} cannot be answered."
    suggestion = "Offer a complication of, expected with, and not related to the procedure."
    if not expected and not unrelated:
        yield block("R-24", "options", message.format("expected or not related"), suggestion)
    elif not expected or not unrelated:
        missing = "not related to the procedure" if expected else "expected with the procedure"
        yield review("R-24", "options", message.format(missing), suggestion)


def _directions(reading: Reading) -> int:
    """Return how many causes or directions are offered; one cause in other words or degrees counts once."""
    count = sum(option.kind in ("clinical", "integral", "ruled_out") for option in reading.query.options)
    same = len(reading.clinical_options) if _all_the_same(reading) else 0
    return count - same + 1 if same else count


def _all_the_same(reading: Reading) -> bool:
    """Tell whether all clinical options blame one thing, and differ in degree, course or wording alone."""
    texts = [option.text for _, option in reading.clinical_options]
    if len(texts) < 2:
        return False
    if _one_cause_with_or_without(texts):
        return True
    if any(bag(text) & _TWO_SIDED or _NOT_DUE.search(text) for text in texts):
        return False
    plain = reading.knowledge.words_of("joining", "finer", "qualifier", "one_direction")
    parts = [_ASIDE.split(text, maxsplit=1) for text in texts]
    heads = {bag(part[0]) - plain for part in parts}
    if len(heads) == 1 and all(heads) and not any(_BLAMING.search(part[-1]) for part in parts if len(part) > 1):
        return True
    placed = [bag(_PLACED.split(text, maxsplit=1)[0]) - plain for text in texts]
    if all(placed) and len(set(placed)) == 1 and any(placed[0] == bag(text) - plain for text in texts):
        return True
    told = [bag(text) - plain for text in texts]
    common = frozenset.intersection(*told)
    apart = frozenset[str]().union(*told) - common
    return bool(common) and (not apart or any(apart <= term for term in reading.documented_bags))


def _one_cause_with_or_without(texts: Sequence[str]) -> bool:
    """Tell whether answers differ only in what the one cause comes with: "due to the stent, with fever", "without"."""
    told, *others = {_WITH.sub("with", text.lower()) for text in texts}
    return not others and "with" in told.split() and len(set(texts)) > 1


def perhaps_needless(reading: Reading) -> Iterator[Finding]:
    """R-38: what the documented term already says needs no question. Advice only: a document is not the record."""
    query = reading.query
    if query.category not in _FINER_ASKED or len(query.documented) != 1:
        return
    if _holds_the_step(reading) or any(_answered(reading, option) for _, option in reading.clinical_options):
        message = "The documented term seems to hold the answer."
        yield warn("R-38", "documented[0].term", message, "Look whether the question is still needed.")


def _holds_the_step(reading: Reading) -> bool:
    """Tell whether the term names the side, or the stage with its number, where just that is asked."""
    category, term = reading.query.category, reading.documented_bags[0]
    if category == "laterality":
        return bool(term & _SIDES)
    return category == "stage" and bool(term & _STEPS) and any(word.isdigit() or word in _ROMAN for word in term)


def _answered(reading: Reading, option: CheckOption) -> bool:
    """Tell whether the term says all that an option says, with the word that makes it finer."""
    finer = bag(option.text) & reading.knowledge.vocabulary("finer")
    return bool(finer) and finer <= reading.documented_bags[0] and reading.covered(option.text)


def after_the_bill(reading: Reading) -> Iterator[Finding]:
    """R-40: after the final bill only under a policy, approved by a second person."""
    if reading.query.phase == "post_bill":
        yield review(
            "R-40",
            "phase",
            "The query is asked after the final bill.",
            "Let a second person approve it with the policy's reason.",
        )
