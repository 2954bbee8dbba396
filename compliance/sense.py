"""Sense before words: every sentence is proven neutral or held (R-03, R-20, R-27). Numbers: figures.py.

Structure first: an approved stem is neutral; another sentence must consist of known neutral words and of this record's
own words, in a form that asks or states. What pushes names its rule through the lexicons (wording.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from compliance.asked import RELATIONS
from compliance.findings import block, graded, review
from compliance.language import Form, Sentence
from compliance.neutrality import Doubt
from compliance.reading import Passage, Reading
from compliance.text import Word, bag, sentences
from schemas.check import Finding
from schemas.vocabulary import Severity

_SUGGESTION = "Use an approved stem or plain neutral words, or let a second person judge the wording."
_UNDICTATED = "Ask what the provider judges; name no entry."
_NAMED = 2
# Where an entry stands ("past history list") says nothing of its certainty.
_WHERE_IT_STANDS = re.compile(r"\([^()]*\b(?:list|section|tab)\)", re.IGNORECASE)
_TOLD = re.compile(
    r"\b(?:acuity|severity|stage|grade|degree|type|class|chronicity|etiology|relation(?:ship)?|link|connection)"
    r" (?:that|which) "
    r"((?:the|this|these|an?|his|her) [^,.;?!]{2,60}?) "
    r"(?:documents?|shows?|proves?|establish(?:es)?|demonstrates?|indicates?|supports?|confirms?|gives?"
    r"|points?|tells?|says?|reveals?|suggests?|speaks?|calls?|means?)\b",
    re.IGNORECASE,
)
_SPARED = 2
_MEASURES = frozenset({"deep", "far", "wide", "long", "large", "many", "much", "often", "high", "early", "late"})
_DOCUMENTED = re.compile(
    r"\s*([^.?!;\n]{2,160}?),? (?:is|are|was|were) (?:both )?documented\b(?: as (\w{1,20}))?", re.IGNORECASE
)
_LISTING = frozenset({"or", "whether", "versus", "vs", "either", "neither", "if"})
_RELATING = frozenset(
    {"relationship", "relation", "related", "relate", "relates", "link", "association", "between", "both"}
)
_RELATION = RELATIONS | {"conflict", "principal_reason"}


def sentences_are_neutral(reading: Reading) -> Iterator[Finding]:
    """R-03, R-27, and the rules of all themes: every sentence is proven neutral, or named by what it hints at."""
    for text, doubt in reading.doubts:
        if doubt.dictates:
            severity = _severity(reading, text, doubt, "block")
            for rule in ("R-03", "R-20"):
                yield graded(severity, rule, text.field, doubt.why, _UNDICTATED, doubt.span)
        else:
            yield from _hinted(reading, text, doubt)


def _hinted(reading: Reading, text: Passage, doubt: Doubt) -> Iterator[Finding]:
    """Yield the themes of an unproven sentence; where none blocks, a second person reads it for its sense."""
    hints = tuple(_hints(reading, text, doubt))
    yield from hints
    if not any(hint.severity == "block" for hint in hints):
        rule = "R-27" if text.field == "footer" and _refers(reading) else "R-03"
        yield review(rule, text.field, doubt.why, _SUGGESTION, doubt.span)


def _hints(reading: Reading, text: Passage, doubt: Doubt) -> Iterator[Finding]:
    """Yield at most two themes of an unproven sentence, the best first."""
    start, _ = doubt.sentence
    sentence = reading.knowledge.matter(text.text[slice(*doubt.sentence)])
    for naming in reading.knowledge.hints(sentence, reading.documented_names(sentence))[:_NAMED]:
        theme, span = naming.theme, (start + naming.span[0], start + naming.span[1])
        severity = _severity(reading, text, doubt, naming.severity)
        yield graded(severity, theme.rule, text.field, theme.message, theme.suggestion, span)


def _severity(reading: Reading, text: Passage, doubt: Doubt, severity: Severity) -> Severity:
    """Return how severe a doubt is: nothing blocks a sentence that sounds neutral as a whole."""
    sentence = reading.knowledge.matter(text.text[slice(*doubt.sentence)])
    return reading.knowledge.weights.softened(severity, sentence, text.field)


def _refers(reading: Reading) -> bool:
    footer = bag(reading.footer.text) if reading.footer is not None else frozenset[str]()
    return bool(footer & reading.knowledge.vocabulary("reference"))


def uncertain_stays_uncertain(reading: Reading) -> Iterator[Finding]:
    """R-03: what is documented as possible, former or denied is not called documented without that word."""
    if reading.question is None or reading.question_is_approved:
        return
    found = _DOCUMENTED.match(reading.question.text)
    if found and _hardens(reading, found.group(1), found.group(2) or ""):
        message = "The record does not document this with that certainty."
        suggestion = "Name the condition as it is documented, with its possible, probable or history of."
        yield block("R-03", "question", message, suggestion, found.span(1))


def _hardens(reading: Reading, stated: str, manner: str) -> bool:
    """Tell whether each documented term with the words of `stated` has a doubt that neither it nor `manner` says."""
    said = bag(stated) - reading.knowledge.vocabulary("joining")
    doubtful = reading.knowledge.vocabulary("qualifier")
    named = [bag(_WHERE_IT_STANDS.sub("", entry.term)) for entry in reading.query.documented]
    holding = [term for term in named if said and said <= term]
    return bool(holding) and all((term & doubtful) - said - bag(manner) for term in holding)


def _measured_out(spoken: Sequence[Word]) -> frozenset[str]:
    """Return the words after "how": how deep a wound goes says of no depth that it is deep."""
    return frozenset(after.text for word, after in pairwise(spoken) if word.text == "how" and after.text in _MEASURES)


def answers_are_left_open(reading: Reading) -> Iterator[Finding]:
    """R-03, R-24: a sentence of the question says no words of one answer alone; several answers may be listed."""
    question = reading.question
    if question is None or reading.query.response_type != "multiple_choice" or reading.question_is_approved:
        return
    own = _words_of_single_answers(reading)
    related = reading.query.category in _RELATION
    for start, end in sentences(question.text) if own else ():
        if reading.knowledge.language.read(question.text[start:end]).form is Form.STATEMENT:
            continue
        spoken = [word for word in question.words if start <= word.start < end and question.authored(word.start)]
        said = frozenset(word.text for word in spoken) - _measured_out(spoken)
        named = said & frozenset[str]().union(*own)
        if not named or said & _LISTING or (related and said & _RELATING):
            continue
        if any(named <= answer for answer in own):
            place = next((word.start, word.end) for word in spoken if word.text in named)
            message = "The question says what one of the answers alone says."
            yield review("R-24" if related else "R-03", "question", message, "Name no answer, or all of them.", place)


def _words_of_single_answers(reading: Reading) -> tuple[frozenset[str], ...]:
    """Return for each clinical answer the words with which it names or specifies what is not documented."""
    answers = [bag(option.text) for _, option in reading.clinical_options]
    if len(answers) < 2:
        return ()
    knowledge, language = reading.knowledge, reading.knowledge.language
    shared = frozenset[str].intersection(*answers).union(language.words["attribute"], *reading.documented_bags)
    things = frozenset[str]() if reading.query.category in RELATIONS else language.clinical
    telling = knowledge.words_of("specificity", "finer")
    return tuple(
        frozenset(
            word
            for word in answer - shared
            if not word.isdigit() and (word in telling or (word not in language.known and word not in things))
        )
        for answer in answers
    )


def findings_tell_no_detail(reading: Reading) -> Iterator[Finding]:
    """R-03: no finding is said to tell the detail that is asked for ("the acuity that the BNP shows")."""
    asking = () if reading.question_is_approved else (reading.question,)
    for text in (one for one in (reading.context, *asking) if one is not None):
        for found in _TOLD.finditer(text.text):
            told = bag(found.group(1)) & reading.indicator_name_words
            if told and text.authored(found.start()):
                message = "The text says that a finding tells the detail."
                suggestion = "Ask for the detail, and let the finding stand among the indicators."
                yield review("R-03", text.field, message, suggestion, found.span())


def options_are_neutral(reading: Reading) -> Iterator[Finding]:
    """R-03 and the rules of all themes: an answer holds words of its subject alone; others are named or held."""
    known = (reading.knowledge.option_words, reading.record_words, reading.topic_words)
    for text, option in reading.unproven_options:
        if option.kind in ("other", "undetermined"):  # options.py reads these as what they are
            continue
        if bag(text.text) <= reading.knowledge.answer_names:
            continue
        read = reading.knowledge.language.read(text.text)
        own = reading.knowledge.answers[option.kind].words if option.kind in reading.knowledge.answers else frozenset()
        strange = [
            word for word in (*read.never, *read.strange) if not any(word.text in words for words in (*known, own))
        ]
        if not _remarkable(reading, read, strange):
            continue
        hints = [naming for naming in reading.knowledge.hints(text.text)[:_NAMED] if naming.certain]
        for naming in hints:
            yield block(naming.theme.rule, text.field, naming.theme.message, naming.theme.suggestion, naming.span)
        if not hints:
            message = "The answer holds a word that is not known to be neutral."
            suggestion = "Name the condition or the finding alone."
            yield review("R-03", text.field, message, suggestion, (strange[0].start, strange[0].end))


def _remarkable(reading: Reading, read: Sentence, strange: Sequence[Word]) -> bool:
    """Tell whether unknown words of an answer may be a remark: one that hints, or several of them."""
    touched = reading.knowledge.themes.touched
    return len(strange) > _SPARED or any(word in read.never or touched(word.text) for word in strange)


def options_cite_nothing(reading: Reading) -> Iterator[Finding]:
    """R-27: no criteria stand beside one answer."""
    cited = reading.knowledge.vocabulary("reference")
    for text, _ in reading.unproven_options:
        if bag(text.text) & cited:
            message = "The answer carries criteria of its own."
            yield block("R-27", text.field, message, "Put a named reference at the foot, for all answers.")


def title_is_neutral(reading: Reading) -> Iterator[Finding]:
    """R-02: the heading holds neutral words and this record's own."""
    if reading.title is None:
        yield review("R-02", "title", "There is no title.", "Give a neutral title.")
        return
    for doubt in reading.title_doubts:
        hints = tuple(_hints(reading, reading.title, doubt))
        severity: Severity = "block" if any(hint.severity == "block" for hint in hints) else "review"
        message = "The title is not made of known neutral words."
        suggestion = "Use an approved topic, such as Clarification of findings."
        yield graded(severity, "R-02", "title", message, suggestion, doubt.span)
        yield from hints
