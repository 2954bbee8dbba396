"""Whether every reading that the record and the findings support stands among the answers (R-12)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import partial

from compliance.choices import NUMERALS, numbered_steps
from compliance.criteria import Support, speaks_for_less, support_among, supports_new
from compliance.findings import review
from compliance.fitting import steps_missing
from compliance.indicators import SPEAKING
from compliance.options import SMALL_WORDS
from compliance.reading import Reading
from compliance.text import bag
from schemas.check import CheckOption, Finding

_READINGS_OF_THE_RECORD = frozenset({"conflict", "laterality", "procedure"})
_CLAUSE = re.compile(r"[,;.]")
_ACUITY_IS_ASKED = frozenset({"acuity", "specificity", "stage"})
_CAUSED = re.compile(r"\b(?:due to|from|caused by|secondary to|because of|attributed to)\b", re.IGNORECASE)
_RULED_OUT = re.compile(r"\b(?:ruled out|excluded)\b", re.IGNORECASE)
_STEP = re.compile(r"\b(?:stage|class|grade) ?(iv|i{1,3}|v|[1-6])(?:[abc]\b|\b)", re.IGNORECASE)
# What is staged by how it looks.
_STAGED_BY_SIGHT = frozenset({"pressure", "ulcer", "wound", "burn", "laceration", "nephritis"})
# The highest degree of what has degrees, where an option says that it is not reached, and words of lesser degrees.
_SEVERE = frozenset({"severe", "severely", "profound", "profoundly"})
_NOT_SEVERE = re.compile(
    r"\b(?:non|not|without|no|less than|rather than)[ -]?severe"
    r"|severe (?:features|acute respiratory|combined|hypertension)",
    re.IGNORECASE,
)
_LESSER = frozenset({"nonsevere", "intermediate", "partial", "uncomplicated", "overweight", "subclinical", "simple"})
_OF_OPEN_DEGREE = frozenset({"unspecified", "severity", "degree", "risk"})
_DENIED = re.compile(r"\b(?:without|no) (?!severe).*$", re.IGNORECASE)
_LONG = 4  # letters; longer words name a condition, whatever else stands beside them
_SCALES_OF_DEGREES = ("severity", "class", "grade", "degree", "stage")


def stages_are_complete(reading: Reading) -> Iterator[Finding]:
    """R-12: where stages follow from a number, the stage of each number that is shown is offered."""
    if reading.query.response_type != "multiple_choice" or len(reading.clinical_options) < 2:
        return
    choices = [reading.knowledge.choices.read(option.text) for _, option in reading.clinical_options]
    if not any(choice.steps for choice in choices) or any("remission" in choice.words for choice in choices):
        return
    current = [row.shown for row in reading.current]
    scope = frozenset[str]().union(*reading.documented_bags, *(choice.words for choice in choices))
    if steps_missing(choices, scope, current, reading.knowledge):
        message = "A stage that the values support is not offered."
        yield review("R-12", "options", message, "Offer each stage that the values support.")


def no_step_is_skipped(reading: Reading) -> Iterator[Finding]:
    """R-12: among numbered stages, classes or grades, none between two that are offered is left out.

    Wounds are staged by what is seen: two entries may describe a first and a fourth stage, and nothing between. The
    classes of a nephritis are kinds.
    """
    texts = (*(option.text for _, option in reading.clinical_options), *(one.term for one in reading.query.documented))
    if any(bag(text) & _STAGED_BY_SIGHT for text in texts):
        return
    found = [_STEP.search(option.text) for _, option in reading.clinical_options]
    steps = {NUMERALS.get(one.group(1).lower()) or int(one.group(1)) for one in found if one}
    if len(steps) > 1 and max(steps) - min(steps) >= len(steps):
        message = "Between two steps that are offered, one is left out."
        yield review("R-12", "options", message, "Offer the steps between as well, or ask openly.")


def numbered_steps_shown_are_offered(reading: Reading) -> Iterator[Finding]:
    """R-12: a stage, class or grade by number that evidence names stands among the numbers that are offered."""
    query = reading.query
    if query.response_type != "multiple_choice" or query.category in _READINGS_OF_THE_RECORD:
        return
    offered = frozenset[tuple[str, int]]().union(*(numbered_steps(one.text) for _, one in reading.clinical_options))
    if not offered:
        return
    documented = (numbered_steps(entry.term) for entry in query.documented)
    known = offered.union(*documented)
    linked = sorted({row for _, one in reading.clinical_options for row in one.evidence})
    shown = (
        reading.shown[row] for row in linked if 0 <= row < len(reading.rows) and not reading.rows[row].prior_encounter
    )
    named = frozenset[tuple[str, int]]().union(*(numbered_steps(one.said) for one in shown))
    if any(noun == other for noun, _ in named - known for other, _ in offered):
        message = "A step that the evidence names is not offered."
        yield review("R-12", "options", message, "Offer each step that the record gives, with its evidence.")


def degrees_shown_are_offered(reading: Reading) -> Iterator[Finding]:
    """R-12: where the severity of a condition is asked, each degree that the record gives it is offered."""
    if reading.query.response_type != "multiple_choice" or len(reading.clinical_options) < 2:
        return
    rank_on = partial(reading.knowledge.rank_on, "severity")
    offered = {rank_on(bag(option.text)) for _, option in reading.clinical_options}
    if None in offered:
        return
    own = frozenset(word for term in reading.documented_bags for word in term if len(word) > _LONG)
    for row in reading.current:
        for clause in _CLAUSE.split(row.shown.said):
            said = bag(clause)
            rank = rank_on(said) if said & own else None
            if rank is not None and all(abs(rank - (one or 0)) > 1 for one in offered):
                message = "A degree that the record gives is not offered."
                yield review("R-12", "options", message, "Offer each degree that the record gives, with its evidence.")
                return


def lowest_kind_is_offered(reading: Reading) -> Iterator[Finding]:
    """R-12: beside complications of a condition stands that it has none, where something shown speaks for that."""
    if reading.query.response_type != "multiple_choice" or reading.query.category not in _ACUITY_IS_ASKED:
        return
    if len(reading.clinical_options) < 2 or any(option.kind == "ruled_out" for option in reading.query.options):
        return
    said = [bag(option.text) for _, option in reading.clinical_options]
    for entry in reading.knowledge.affinities.lowest:
        if not entry.needs & reading.documented_words or not all(words & entry.higher for words in said):
            continue
        if any(words & entry.lowest for words in said) or reading.documented_words & entry.higher:
            continue
        if any(row.shown.said_words & entry.says or row.shown.unsaid & entry.denied for row in reading.current):
            message = "That the condition has no complication is shown, and not offered."
            yield review("R-12", "options", message, "Offer the condition without a complication, with its evidence.")
            return


def severe_is_not_the_only_degree(reading: Reading) -> Iterator[Finding]:
    """R-12: beside the severe degree of a condition a lesser one is offered, unless the record gives the severe one.

    Any other name of the same condition counts as a lesser degree, but for one that leaves the degree open.
    """
    query = reading.query
    if query.response_type != "multiple_choice" or reading.chooses_among_statements:
        return
    if any(term & _SEVERE for term in reading.documented_bags):
        return
    said = {place: bag(option.text) for place, option in reading.clinical_options}
    severe = {place: words for place, words in said.items() if _is_severe(reading.query.options[place].text, words)}
    others = [bag(_DENIED.sub("", one.text)) for place, one in reading.clinical_options if place not in severe]
    if not severe or not others or any(_tells_a_lesser_degree(reading, words) for words in others):
        return
    for place, words in severe.items():
        core = words - _SEVERE - SMALL_WORDS
        if not any(core <= other and not other & _OF_OPEN_DEGREE for other in others):
            message = "Of a condition that has degrees only the severe one is offered."
            suggestion = "Offer each degree that the findings support, or ask openly."
            yield review("R-12", f"options[{place}].text", message, suggestion)


def _is_severe(text: str, words: frozenset[str]) -> bool:
    return bool(words & _SEVERE) and not _NOT_SEVERE.search(text)


def _tells_a_lesser_degree(reading: Reading, words: frozenset[str]) -> bool:
    """Tell whether words of an option name a degree below the severe one, or the condition without it."""
    if words & (_SEVERE | _LESSER):
        return True
    return any(reading.knowledge.rank_on(scale, words) is not None for scale in _SCALES_OF_DEGREES)


def lesions_shown_are_causes_offered(reading: Reading) -> Iterator[Finding]:
    """R-12: beside the only cause that is offered stands no lesion that is shown and belongs to no answer."""
    if reading.query.response_type != "multiple_choice":
        return
    if sum(bool(_CAUSED.search(option.text)) for _, option in reading.clinical_options) != 1:
        return
    linked = {place for option in reading.query.options for place in option.evidence}
    lesions = reading.knowledge.vocabulary("lesion") - reading.documented_words
    for place, row in enumerate(reading.rows):
        unlinked = place not in linked and not row.prior_encounter
        if unlinked and row.shown.tell in SPEAKING and row.shown.said_words & lesions:
            message = "A lesion that is shown belongs to no answer, and only one cause is offered."
            yield review("R-12", "options", message, "Offer each cause that the findings support, or ask openly.")
            return


def axes_are_complete(reading: Reading) -> Iterator[Finding]:
    """R-12: acute on chronic beside acute implies chronic; what is uncertain may be ruled out by normal findings."""
    if reading.query.response_type != "multiple_choice":
        return
    texts = [option.text.lower().replace("-", " ") for _, option in reading.clinical_options]
    both = [text for text in texts if "acute on chronic" in text]
    acute = [text for text in texts if "acute" in text and text not in both]
    asked = reading.query.category in _ACUITY_IS_ASKED
    if asked and both and acute and not any("chronic" in text and text not in both for text in texts):
        yield review("R-12", "options", "The chronic reading is not offered.", "Offer chronic too.")
    uncertain = reading.query.category == "uncertain_diagnosis" and not any(map(_rules_out, reading.query.options))
    if uncertain and (_RULED_OUT.search(reading.query.question) or any(row.shown.quiet for row in reading.current)):
        message = "That the condition is ruled out is not offered."
        yield review("R-12", "options", message, "Offer that it was ruled out.")


def _rules_out(option: CheckOption) -> bool:
    return option.kind == "ruled_out" or any(
        words in option.text.lower() for words in ("ruled out", "excluded", "not ")
    )


def lesser_reading_offered(reading: Reading) -> Iterator[Finding]:
    """R-12: where a lesser reading of a new condition is supported by what is shown, it is offered too."""
    if reading.query.response_type != "multiple_choice" or reading.query.category in _READINGS_OF_THE_RECORD:
        return
    if any(option.kind in ("not_significant", "integral", "ruled_out") for option in reading.query.options):
        return
    offered: dict[str, int] = {}
    for place, option in reading.clinical_options:
        own = reading.knowledge.criterion_of(option.text)
        choice = reading.knowledge.choices.read(option.text)
        named = (own.id,) if own is not None else (*choice.affirmed, *choice.causes)
        slight = choice.lesser or choice.words & reading.knowledge.vocabulary("slight")
        if not named or choice.denied or slight:  # a lesser reading, or one that a person judges
            return
        offered.update((name, place) for name in named)
    for name, place in offered.items():
        if _lacks_the_lesser(reading, name, offered.keys()):
            yield review(
                "R-12",
                f"options[{place}].text",
                "A lesser reading that the findings support is not offered.",
                "Offer the lesser reading too, with its evidence.",
            )


def _lacks_the_lesser(reading: Reading, name: str, offered: Set[str]) -> bool:
    """Tell whether findings support a lesser reading of a condition that nobody documented and that is not offered."""
    criterion = reading.knowledge.criteria_by_id[name]
    if not criterion.lower or not offered.isdisjoint(criterion.lower):
        return False
    choices = reading.knowledge.choices
    if any(name in choices.read(entry.term).affirmed for entry in reading.query.documented):
        return False
    if reading.asks_for_new_condition:
        return any(_is_supported(reading, item) for item in criterion.lower)
    return speaks_for_less(criterion, reading.shown)


def _is_supported(reading: Reading, name: str) -> bool:
    criterion = reading.knowledge.criteria_by_id[name]
    if criterion.documented and not reading.documented_concepts.intersection(criterion.documented):
        return False
    judged = supports_new(criterion, reading.shown, reading.shown, reading.documented_concepts)
    return judged is not Support.NONE and bool(support_among(criterion, reading.shown))
