"""The neutral answers: each kind has a grammar, and says nothing beside what its kind means (R-09, R-11).

"Other" may be written in, "unable to determine" stays open, and "not significant", "integral" and "ruled out" say just
that: without a price, without an argument, without a diagnosis of their own, and not the opposite. One that its grammar
(answers.yaml) does not derive is held, and named for what it seems to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from compliance.entries import AnswerLanguage
from compliance.findings import block, review
from compliance.reading import Passage, Reading
from compliance.text import bag
from compliance.write_in import without_write_ins
from schemas.check import CheckOption, Finding
from schemas.vocabulary import OptionKind

# What is appended to an answer: brackets, a colon, a comma, or a dash between blanks.
_APPENDED = re.compile(r"[(\[:;,]| [-–—] ")
# "Unable to determine based on the available documentation": no argument.
_ON_THE_RECORD = re.compile(
    r"\bbased on (?:the )?(?:(?:available|current|existing|present|provided|clinical) ){0,2}"
    r"(?:information|documentation|data|records?|chart|evidence|findings)(?: available| provided| given)?\b",
    re.IGNORECASE,
)
# What "another statement" states is the answer; it costs none.
_ANOTHER = re.compile(r"\b(?:an)?other statements?\b", re.IGNORECASE)
# "Neither / other" is neither or other.
_OR = re.compile(r"(?<=\w) ?/ ?(?=\w)")
# "Other" that may only repeat what stands there.
_LIMITING = frozenset({"above", "listed", "list", "shown", "choose", "pick", "limited", "instead", "only"})
_PRICES = frozenset({"burden", "closure", "tag", "argument"})
_EXPLAINED = frozenset({"explain", "explanation", "rationale", "why"})
_WITHOUT_NAMES = frozenset({"other", "undetermined"})


def neutral_answers_say_what_they_are(reading: Reading) -> Iterator[Finding]:
    """R-09, R-11: a neutral answer holds the words of its kind, and neither a price nor an argument nor a diagnosis."""
    for text, option in reading.unproven_options:
        language = reading.knowledge.answers.get(option.kind)
        if language is not None:
            yield from _judged(reading, text, option, language)
    for text, option in zip(reading.option_texts, reading.query.options, strict=True):
        if option.kind in reading.knowledge.answers and _names_its_own(reading, text, option):
            message = "The neutral answer names a diagnosis."
            yield review("R-09", text.field, message, "Name a diagnosis in an answer of its own, with its evidence.")


def _judged(reading: Reading, text: Passage, option: CheckOption, language: AnswerLanguage) -> Iterator[Finding]:
    said = _OR.sub(" or ", reading.knowledge.shorthand.written_out(option.text))
    if option.kind == "other":
        said = without_write_ins(said, reading.knowledge.vocabulary("write_in")) or said
    priced = reading.knowledge.wordings_of_option(_ANOTHER.sub("", _ON_THE_RECORD.sub("", said)))
    appended = _appended(said) - reading.knowledge.vocabulary("rider_of_answer")
    foreign = _foreign(reading, said, option.kind, language)
    limited = option.kind == "other" and appended & _LIMITING
    if "closure" in priced or limited:
        yield block("R-09", text.field, "This answer cannot be given.", "Let the provider write another answer.")
    explained = option.kind != "other" and _appended(said) & _EXPLAINED and not _asked_of_all(reading)
    if priced & _PRICES or limited or explained or len(foreign & appended) > 1:
        message = "A condition hangs on a neutral answer."
        yield block("R-11", text.field, message, "Write it plainly, without a condition.")
    elif language.denies(said):
        yield block("R-11", text.field, "The answer says the opposite of its kind.", "Word it as what it is.")
    else:
        message = "The neutral answer is not worded plainly as what it is."
        suggestion = "Write Other (please specify), Unable to determine, Not clinically significant or Ruled out."
        yield review("R-11", text.field, message, suggestion)


def _asked_of_all(reading: Reading) -> bool:
    """Tell whether each clinical answer asks to be explained, too."""
    answers = reading.clinical_options
    return bool(answers) and all(bag(option.text) & _EXPLAINED for _, option in answers)


@lru_cache(maxsize=4096)
def _appended(text: str) -> frozenset[str]:
    """Return the words of what is appended to an answer in brackets or after a colon, a comma or a dash."""
    found = _APPENDED.search(text)
    return bag(text[found.start() :]) if found else frozenset()


def _foreign(reading: Reading, text: str, kind: OptionKind, language: AnswerLanguage) -> frozenset[str]:
    """Return the words of a neutral answer that neither its language nor the question nor the record has."""
    knowledge = reading.knowledge
    said = bag(text) - language.words - knowledge.vocabulary("neutral_option") - reading.asked_words
    if kind in _WITHOUT_NAMES:
        return said - knowledge.vocabulary("rider_of_answer") - _of_the_documented(reading, text)
    offered = (bag(one.text) for _, one in reading.clinical_options)
    own = reading.record_words.union(*offered)
    return frozenset(word for word in said - own if word in knowledge.everyday_words or knowledge.themes.touched(word))


def _of_the_documented(reading: Reading, text: str) -> frozenset[str]:
    """Return the words by which an answer calls a documented condition: its short form, or another of its names."""
    called = (
        bag(text[hit.start : hit.end])
        for hit in reading.knowledge.recorded_index.find(text)
        if hit.payload.concept in reading.documented_concepts
    )
    return reading.other_names.union(*called)


def _names_its_own(reading: Reading, text: Passage, option: CheckOption) -> bool:
    """Tell whether a neutral answer names a diagnosis that nobody documented and that no other answer offers."""
    new = (hit.payload.concept for hit in reading.new_diagnoses(text))
    if option.kind in _WITHOUT_NAMES:
        return any(new)
    return any(concept not in reading.offered_concepts and concept not in reading.shown_concepts for concept in new)
