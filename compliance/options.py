"""The answer options: which must be there, their evidence, their form and their order (R-04, R-08 to R-15)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from compliance.criteria import Support, support, supporting
from compliance.findings import block, graded, review, warn
from compliance.knowledge import Criterion, plain
from compliance.reading import Reading
from compliance.text import bag
from schemas.check import CheckOption, Finding
from schemas.vocabulary import Severity

_ASIDE = re.compile(r"\(([^()]*)\)")
_DISGUISED = re.compile(
    r"^\W*(?:(?:do|does) not\b(?! (?:resuscitate|intubate))|don'?t\b|(?:yes|no|not now|not yet)\s*(?:$|[,.;:(\-]))",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\b(?:and|both|with)\b", re.IGNORECASE)


def choices_are_free(reading: Reading) -> Iterator[Finding]:
    """R-09 and R-15: "Other" and "Unable to determine" are always there; yes/no has yes and no too."""
    query = reading.query
    if query.response_type == "open_ended" or not (query.options or query.response_type == "yes_no"):
        return
    rule = "R-15" if query.response_type == "yes_no" else "R-09"
    kinds = {option.kind for option in query.options}
    for kind, words in _required(reading):
        if kind not in kinds:
            yield block(
                rule, "options", f"The answer {words} is missing.", f"Add {words} in the same form as the others."
            )


def _required(reading: Reading) -> Iterator[tuple[str, str]]:
    yes_no = reading.query.response_type == "yes_no"
    if yes_no:
        yield "yes", "Yes"
        yield "no", "No"
    if not (yes_no and reading.query.category == "present_on_admission"):
        yield "other", "Other (please specify)"
    yield "undetermined", "Unable to determine"


def yes_and_no_stay_apart(reading: Reading) -> Iterator[Finding]:
    """R-14, R-15: yes/no answers belong to yes/no queries only, and say yes and no."""
    for place, option in enumerate(reading.query.options):
        field = f"options[{place}].text"
        if option.kind in ("yes", "no") and reading.query.response_type != "yes_no":
            yield block(
                "R-14", field, "A yes/no stands in another form of query.", "Ask openly or offer balanced choices."
            )
        elif option.kind == "clinical" and reading.query.response_type == "yes_no":
            yield block(
                "R-15", field, "A yes/no query offers a clinical choice.", "Offer it as a multiple choice query."
            )
        elif option.kind in ("yes", "no") and not _says(option.text, option.kind):
            yield review("R-15", field, "The answer does not read as a plain yes or no.", "Write Yes or No.")


def _says(text: str, kind: str) -> bool:
    return re.sub(r"\s*\((?:please )?specify[^()]{0,40}\)", "", text).strip().lower() == kind


def no_disguised_yes_no(reading: Reading) -> Iterator[Finding]:
    """R-14: two-option lists that mean yes/no, and options that order what to write."""
    verbs = reading.knowledge.vocabulary("imperative")
    for place, option in reading.clinical_options:
        first = option.text.strip().split(" ", 1)[0].lower().strip(".,:;[]()")
        if first in verbs or _DISGUISED.match(option.text):
            yield block(
                "R-14",
                f"options[{place}].text",
                "The option is a yes or no in disguise.",
                "Name a clinical finding or condition, not what to do with it.",
            )


def evidence_is_linked(reading: Reading) -> Iterator[Finding]:
    """R-04: every clinical option is supported by indicators that are shown."""
    count = len(reading.query.indicators)
    bare = [place for place, option in reading.clinical_options if not _within(option, count)]
    if len(bare) > 1:
        for place in bare:
            message = "The option is padding: several have no evidence."
            yield block("R-08", f"options[{place}].evidence", message, "Take out what the template left over.")
    for place in bare:
        yield block(
            "R-04",
            f"options[{place}].evidence",
            "No indicator supports this option.",
            "Link the indicators that support it, or take the option out.",
        )
    for place, option in enumerate(reading.query.options):
        if any(not 0 <= position < count for position in option.evidence):
            yield block(
                "R-04",
                f"options[{place}].evidence",
                "The evidence points to an indicator that is not shown.",
                "Link indicators of this query only.",
            )


def _within(option: CheckOption, count: int) -> list[int]:
    return [position for position in option.evidence if 0 <= position < count]


def evidence_supports(reading: Reading) -> Iterator[Finding]:
    """R-04 and R-08: the linked indicators can clinically support the option."""
    for place, option in reading.clinical_options:
        criterion = reading.knowledge.criteria_by_name.get(plain(option.text))
        if criterion is not None and option.evidence:
            yield from _judged(reading, f"options[{place}]", option, criterion)


def options_are_known(reading: Reading) -> Iterator[Finding]:
    """R-04: an option for which no criterion is known goes to a second person."""
    for place, option in reading.clinical_options:
        if plain(option.text) not in reading.knowledge.criteria_by_name:
            yield review(
                "R-04",
                f"options[{place}].text",
                "The check knows no criterion for this option.",
                "Use an option of an approved template, or let a second person judge the evidence.",
            )


def _judged(reading: Reading, field: str, option: CheckOption, criterion: Criterion) -> Iterator[Finding]:
    linked = [
        reading.query.indicators[place] for place in option.evidence if 0 <= place < len(reading.query.indicators)
    ]
    judged = support(criterion, linked, reading.documented_concepts, reading.knowledge)
    if judged is Support.NONE:
        message = "The linked indicators cannot support this option."
        suggestion = "Take the option out, or link evidence that supports it."
        yield block("R-04", f"{field}.evidence", message, suggestion)
        yield block("R-08", f"{field}.evidence", message, suggestion)
    elif judged is Support.UNKNOWN:
        yield review(
            "R-04", f"{field}.evidence", "Whether the evidence supports this option cannot be told.", "Check it."
        )
    elif judged is Support.THIN:
        yield review(
            "R-04",
            f"{field}.evidence",
            "The evidence is thinner than the definition asks for.",
            "Show what is missing, or let a second person approve.",
        )


def more_than_one_choice(reading: Reading) -> Iterator[Finding]:
    """R-10: a single clinical option is the form most often attacked; a second person approves it."""
    if (
        reading.query.response_type != "multiple_choice"
        or len(reading.clinical_options) > 1
        or not reading.query.options
    ):
        return
    rule = "R-10" if reading.clinical_options else "R-08"
    yield review(
        rule, "options", "There are not two clinical options.", "Prefer an open question where one answer is left."
    )


def order_does_not_signal(reading: Reading) -> Iterator[Finding]:
    """R-11: no order from the severest down."""
    texts = [option.text for _, option in reading.clinical_options]
    folded = [text.lower().strip() for text in texts]
    if len(texts) < 2 or folded == sorted(folded):
        return
    severity: Severity = "review" if reading.query.category == "conflict" else "block"
    for name, steps in reading.knowledge.scale_ranks.items():
        ranks = [rank for text in texts if (rank := _rank(bag(text), steps)) is not None]
        if len(ranks) > 1 and all(left > right for left, right in pairwise(ranks)):
            message = f"The {name} scale runs downwards."
            yield graded(severity, "R-11", "options", message, "List the options in ascending order.")


def _rank(found: frozenset[str], steps: tuple[tuple[frozenset[str], int], ...]) -> int | None:
    return next((rank for words, rank in reversed(steps) if words <= found), None)


def options_differ(reading: Reading) -> Iterator[Finding]:
    """R-12: no option twice."""
    seen: set[str] = set()
    for place, option in enumerate(reading.query.options):
        text = " ".join(option.text.lower().split())
        if text in seen:
            yield review("R-12", f"options[{place}].text", "The option stands there twice.", "Offer each answer once.")
        seen.add(text)


def options_are_parallel(reading: Reading) -> Iterator[Finding]:
    """R-12: options have the same form; one that carries far more detail than its siblings goes to a second person."""
    alone = [option.text.split() for _, option in reading.clinical_options if not _JOINED.search(option.text)]
    texts = alone if len(alone) > 1 else [option.text.split() for _, option in reading.clinical_options]
    lengths = sorted(len(" ".join(text)) for text in texts)
    if len(lengths) < 2 or lengths[-1] < reading.knowledge.limits.option_ratio * max(lengths[0], 1):
        return
    if max(len(text) for text in texts) >= 8:
        yield review(
            "R-12", "options", "One option carries detail that the others lack.", "Give all options the same form."
        )
    else:
        yield warn("R-12", "options", "The options differ much in length.", "Give all options the same form.")


def neutral_answers_are_plain(reading: Reading) -> Iterator[Finding]:
    """R-09, R-11: "Other" can be used, and no neutral answer carries a burden."""
    known = reading.knowledge.vocabulary("neutral_option") | reading.topic_words
    for place, option in enumerate(reading.query.options):
        if option.kind not in ("other", "undetermined"):
            continue
        unknown = bag(option.text) - known
        aside = _ASIDE.search(option.text)
        field = f"options[{place}].text"
        if aside and len(bag(aside.group(1)) & unknown) > 2:
            rule = "R-09" if option.kind == "other" else "R-11"
            yield block(rule, field, "A condition hangs on a neutral answer.", "Write it plainly, without a condition.")
        elif unknown or not option.text.strip():
            yield review(
                "R-11",
                field,
                "The neutral answer is not worded plainly.",
                "Write Other (please specify) or Unable to determine.",
            )


def lesser_reading_offered(reading: Reading) -> Iterator[Finding]:
    """R-12: where a lesser reading is supported by what is shown, it is offered too."""
    if reading.query.response_type != "multiple_choice":
        return
    offered = {
        criterion.id: place
        for place, option in reading.clinical_options
        if (criterion := reading.knowledge.criteria_by_name.get(plain(option.text))) is not None
    }
    lesser_kinds = any(option.kind in ("not_significant", "integral", "ruled_out") for option in reading.query.options)
    if lesser_kinds or len(offered) < len(
        reading.clinical_options
    ):  # an option that is not known is judged by a person
        return
    for name, place in offered.items():
        lesser = [
            item for item in reading.knowledge.criteria_by_id[name].lower if item in reading.knowledge.criteria_by_id
        ]
        if lesser and not offered.keys() & set(lesser) and any(_is_supported(reading, item) for item in lesser):
            yield review(
                "R-12",
                f"options[{place}].text",
                "A lesser reading that the findings support is not offered.",
                "Offer the lesser reading too, with its evidence.",
            )


def _is_supported(reading: Reading, name: str) -> bool:
    criterion = reading.knowledge.criteria_by_id[name]
    if criterion.documented and not reading.documented_concepts.intersection(criterion.documented):
        return False
    return bool(supporting(criterion, reading.query.indicators, reading.knowledge))


def other_kinds_say_what_they_are(reading: Reading) -> Iterator[Finding]:
    """R-09, R-11: "not significant", "integral" and "ruled out" are worded as such, without anything else."""
    for place, option in enumerate(reading.query.options):
        if option.kind not in ("not_significant", "integral", "ruled_out"):
            continue
        known = reading.knowledge.vocabulary(option.kind) | reading.topic_words
        if not bag(option.text) & reading.knowledge.vocabulary(option.kind) or (
            bag(option.text) - known - frozenset[str]().union(*reading.documented_bags)
        ):
            yield review(
                "R-11",
                f"options[{place}].text",
                "The answer is not worded as what it is.",
                "Word it plainly, such as Not clinically significant or Ruled out.",
            )
