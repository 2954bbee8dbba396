"""One clear question a query: how many things are asked, in how many sentences, in how many words (R-30)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from compliance.findings import block, graded, review, warn
from compliance.reading import Passage, Reading
from compliance.second_clause import (
    asked_on,
    follows_a_statement,
    is_an_alternative,
    is_of_the_same,
    is_stated,
    names_something_new,
    without_what_is_set_aside,
    without_where_it_is,
)
from compliance.text import bag, sentences
from schemas.check import Finding

_MARK = re.compile(r"\?")
_ONE_A_QUERY = "Ask one question a query."
_ASKED_BESIDE = "A second request stands beside the first."
_FIRST_ITEM = re.compile(r"(?:^|(?<=\s))\(?(?:1|a|i)[.)](?=\s)", re.IGNORECASE)
_SECOND_ITEM = re.compile(r"(?<=\s)\(?(?:2|b|ii)[.)](?=\s)", re.IGNORECASE)
_BETWEEN_ITEMS = range(5, 403)  # signs, with a blank at either end
# What is asked of two conditions at once is one issue: their relation, their conflict, the choice among them.
_BETWEEN_CONDITIONS = frozenset({"cause_effect", "complication", "conflict", "principal_reason"})
_RELATING = frozenset(
    {
        *("relationship", "related", "relate", "relation", "associated", "association", "linked", "link", "due"),
        *("caused", "between"),
    }
)
_SECOND_OBJECT = re.compile(
    r"(?:\b(?:and|plus|together with|as well as|along with)|,)"
    r" (?:(?:that|those) of|the (?!(?:time|date|day|hour|moment)\b)\w{3,20}(?: \w{3,20})? of)\b",
    re.IGNORECASE,
)
_SECOND_REASON = re.compile(
    r"(?:\b(?:and|plus|together with|as well as|along with)|,)"
    r" (?:also )?the (?:reason|indication|explanation|basis|rationale)s? (?:for|behind)\b",
    re.IGNORECASE,
)
_SECOND_CLAUSE = re.compile(
    r"(?:,|;|\)) and (?:also |then )?(?:was|were|is|are|did|does|has|had|could|should)\b"
    r"|(?:,|;|\)) or (?:also |then )?(?:was|were|is|are|did|does|has|had|could|should) (?!it\b)"
    r"|(?:\band|;) (?:also |then |if so,? |in (?:that|which) case,? )?(?:what|which|how|where|when|why|who|whether)\b"
    r"|(?:,|;|\)) and if (?:the|this|that|there|it|he|she|his|her)\b"
    r"|(?:,|;|\)) and (?:on|at|in) (?:what|which) (?:side|level|part|eye|ear|leg|arm|foot|hand|stage|day|date)\b"
    r"|(?:\band|;) (?:please |pls |plz |kindly |also |then ){0,2}(?:say|tell us|tell|explain|add|note) "
    r"(?:also |as well |please )?(?:what|which|how|where|when|why|who|whether)\b"
    r"|; (?:please|pls|plz|kindly|clarify|state|indicate|document|specify)\b",
    re.IGNORECASE,
)
# A second request, after "in addition", "also" and the like, before it or behind it.
_ASK = (
    r"(?:describe|clarify|state|specify|indicate|document|explain|note|give|name|list|identify|provide|outline|detail"
    r"|mention|confirm|comment on|say|report|record|(?:tell|advise|inform|let) (?:us|me|the coder)|tell|address)"
)
_ASKING_TOO = (
    r"(?:describing|clarifying|stating|specifying|indicating|documenting|explaining|noting|giving|naming|listing"
    r"|identifying|providing|outlining|detailing|mentioning|confirming|commenting on|saying|telling|reporting|recording"
    r"|addressing|letting us know)"
)
_SECOND_REQUEST = re.compile(
    r"(?:\b(?:and|but|then)|[,;])(?:,? (?:in addition|additionally|also|as well|besides|moreover|furthermore|further"
    r"|likewise|similarly|too|next|separately|finally|lastly|secondly)){1,2},?"
    rf" (?:please |kindly |to ){{0,2}}{_ASK}\b"
    rf"|\b(?:and|then|plus)(?: please| kindly| to| then){{1,2}} {_ASK}\b"
    r"|\band (?:let (?:us|me) know|(?:tell|advise|inform) (?:us|me)|comment on|address)\b"
    r"|\b(?:as well as|in addition to|along with|together with|besides|apart from|aside from|on top of|beyond"
    rf"|while also|while|plus|and also|and) (?:also |to |then )?{_ASKING_TOO}\b"
    rf"|\b(?:as well as|in addition to|on top of) (?:to |please )?{_ASK}\b"
    rf"|\bnot only {_ASK}\b",
    re.IGNORECASE,
)
# A diagnosis is sought: then its cause is another question.
_SOUGHT = frozenset({"diagnosis", "condition"})
# "Is there a diagnosis, and if so, what is it?" asks once.
_SAME_AGAIN = re.compile(
    r"[,;)]? ?and (?:if (?:so|yes|there is),? |in that case,? )?(?:what|which|how|when)"
    r"(?: ones?)?(?: (?:is|was|are|were) (?:it|they|that|this)"
    r"| (?:it|they) (?:is|was|are|were|stood for|stands for|means|meant|represents?))?"
    r"(?: (?:in|for) (?:this|the) patient)?"
    r"(?:, (?:if (?:any(?:thing)?|known)|in your (?:clinical )?judge?ment))?\s*\?\s*$",
    re.IGNORECASE,
)
# "Please clarify the cause of the one, and was the other there?": whatever they have to do with each other.
_REQUEST_AND_QUESTION = re.compile(
    r"\b(?:please|pls|plz)\b[^.?!]{3,200}(?:,|;) and (?:also )?(?:was|were|is|are|did|does|has|had)\b[^.?!]*\?",
    re.IGNORECASE,
)
# "Please review the findings and specify ..." asks once.
_REVIEWING = re.compile(r"\b(?:review|read|see)\b[^.?!;:]{0,80}$", re.IGNORECASE)
_NEAR = 100  # signs, more than such a beginning and what stands before it
_SAME_THING = re.compile(
    r"\b(?:its?|they|them|their|both|each|either|between|these|those|this|that|them)\b", re.IGNORECASE
)
_WHICH = re.compile(r"\b(?:which|what) [a-z]{3,20}\b,?", re.IGNORECASE)
_AND = re.compile(r"[,;] and\b", re.IGNORECASE)
_TWO = 2
_MANY = 50  # added questions; a query that asks more of them is blocked for these
_ATTRIBUTE_OF = re.compile(r"\b(\w{3,20}) of (?:the |this |that |his |her )?(\w{3,30}(?: \w{3,30})?)")
_ASKING = frozenset({"please", "clarify", "indicate", "what", "which", "kindly"})
_PARTICULAR = frozenset({"clarify", "document", "describe", "state", "specify"})
_PLAIN = frozenset(
    {
        *("and", "the", "with", "due", "for", "not", "from", "unspecified", "disease", "disorder", "syndrome"),
        *("status", "history", "use"),
    }
)


def one_question(reading: Reading) -> Iterator[Finding]:
    """R-30: one clinical question a query, with or without question marks."""
    question = reading.question
    if question is None:
        yield block("R-30", "question", "There is no question.", "Ask one neutral question.")
        return
    marks = [found.start() for found in _MARK.finditer(question.text)]
    if sum(map(question.authored, marks)) > 1 or _is_numbered(question.text):
        yield block("R-30", "question", "More than one question is asked.", _ONE_A_QUERY)
        return
    if reading.question_is_approved:
        return
    yield from _several(reading, question, list(islice(_added_question(reading, question), _MANY)))


def _is_numbered(text: str) -> bool:
    """Tell whether a second item follows a first one, with some words between them."""
    ends = [found.end() for found in _FIRST_ITEM.finditer(text)]
    starts = [found.start() for found in _SECOND_ITEM.finditer(text)] if ends else []
    return any(
        place and start - ends[place - 1] in _BETWEEN_ITEMS
        for start in starts
        for place in (bisect_right(ends, start - _BETWEEN_ITEMS[0]),)
    )


def _several(reading: Reading, question: Passage, added: list[Finding]) -> Iterator[Finding]:
    """R-30: several conditions are several issues, unless their relation or the choice among them is asked."""
    said = bag(question.text)
    named = _conditions(reading, question)
    if named < 2 and _SECOND_OBJECT.search(question.text):
        named = max(_terms_touched(reading, said), _objects(reading, question))
    requests = _requests(reading)
    documented = reading.documented_words
    others = [span for span in asked_on(question.text, documented) if question.authored(span[0])]
    if len(others) > 1:
        yield block("R-30", "question", "Several things are asked at once.", _ONE_A_QUERY, others[0])
    elif others and _AND.search(question.text, others[0][0]):  # alone, a clause behind a comma may explain
        yield review("R-30", "question", "A second question follows the first.", _ONE_A_QUERY, others[0])
    if _asks_anew(question) or len(_WHICH.findall(question.text)) > _TWO or _gives_second_reason(question.text):
        yield review("R-30", "question", "A second question follows the first.", _ONE_A_QUERY)
    between = reading.query.category in _BETWEEN_CONDITIONS
    if between or said & _RELATING:
        sought = not said.isdisjoint(_SOUGHT)
        beside = [one for one in added if not between or one.message == _ASKED_BESIDE]
        ridden = [one for one in beside if sought or _of_another(question, one)]
        yield from (one for one in added if one.severity == "block" or one in ridden)
        if added and (requests > 1 or _REQUEST_AND_QUESTION.search(question.text)):
            yield review("R-30", "question", "More than one request is made.", _ONE_A_QUERY)
        return
    message = "The question holds several conditions."
    if named > 2 or (named == 2 and (added or requests > 1)):
        yield block("R-30", "question", message, _ONE_A_QUERY)
    elif named == 2:
        yield review("R-30", "question", message, "Ask about one condition a query, or say why both belong together.")
    yield from added
    if requests > 1 and named < 2:
        yield review("R-30", "question", "More than one request is made.", _ONE_A_QUERY)


def _asks_anew(question: Passage) -> bool:
    """Tell whether a question of something else follows a request: it speaks of nothing that was asked before."""
    asked = False
    for start, end in sentences(question.text):
        sentence = question.text[start:end].strip()
        if asked and sentence.endswith("?") and not _SAME_THING.search(sentence):
            return True
        asked = asked or bool(bag(sentence) & _ASKING) or sentence.endswith("?")
    return False


def _gives_second_reason(text: str) -> bool:
    """Tell whether a reason is asked for, too ("and the reason for the tremor"), not a relation between both."""
    found = _SECOND_REASON.search(text)
    return found is not None and "between" not in bag(text[: found.start()])


def _of_another(question: Passage, added: Finding) -> bool:
    """Tell whether an added request is of something else: it does not speak of "it" or "its cause"."""
    if added.span is None:
        return False
    return not _SAME_THING.search(question.text[added.span[1] :]) or names_something_new(question.text, added.span)


def _added_question(reading: Reading, question: Passage) -> Iterator[Finding]:
    documented = reading.documented_words
    for hit in reading.knowledge.listener.hear(question.text).wordings:
        lexicon = hit.payload.lexicon
        severity, span = hit.payload.severity, (hit.start, hit.end)
        if "question" in lexicon.places and not _is_reviewed(question.text, hit.start):
            if is_stated(question.text, span) or is_of_the_same(question.text, span, documented):
                continue
            yield graded(severity, "R-30", "question", lexicon.message, lexicon.suggestion, span)
    for found in _SECOND_REQUEST.finditer(question.text):
        if question.authored(found.start()) and not _is_reviewed(question.text, found.start()):
            yield review("R-30", "question", _ASKED_BESIDE, _ONE_A_QUERY, found.span())
    for found in _SECOND_CLAUSE.finditer(question.text):
        if question.authored(found.start()) and not _asks_the_same(question.text, found, documented):
            yield review("R-30", "question", "A second question follows the first.", _ONE_A_QUERY, found.span())


def _asks_the_same(text: str, found: re.Match[str], documented: frozenset[str]) -> bool:
    """Tell whether what looks like a second question is none, or is of the same thing as the first."""
    if found.group().startswith("; ") and follows_a_statement(text, found.start()):
        return True
    return bool(
        _SAME_AGAIN.match(text, found.start())
        or is_an_alternative(text, found.span())
        or is_of_the_same(text, found.span(), documented)
    )


def _is_reviewed(text: str, place: int) -> bool:
    """Tell whether a request is to review something first, up to a place: only what stands near before it tells."""
    return bool(_REVIEWING.search(text[max(0, place - _NEAR) : place]))


def _requests(reading: Reading) -> int:
    """Return how many sentences of the question ask for something; how to mark an answer is no request."""
    question = reading.question
    if question is None:
        return 0
    marking = reading.knowledge.vocabulary("marking")
    return sum(
        1
        for start, end in sentences(question.text)
        if (said := bag(question.text[start:end])) & _ASKING and not (said & marking and not said & _PARTICULAR)
    )


def _conditions(reading: Reading, question: Passage) -> int:
    """Return how many documented or named conditions the question holds; forms of one condition count once."""
    text = without_what_is_set_aside(question.text)
    heard = reading.knowledge.listener.hear(text).diagnoses
    if len(heard) > 1:
        text = without_where_it_is(text, [(hit.start, hit.end) for hit in heard])
        heard = reading.knowledge.listener.hear(text).diagnoses
    named = {hit.payload.concept for hit in heard if not question.either_way(hit.start)}
    distinct = {
        concept
        for concept in named
        if not any(concept in reading.knowledge.broader[other] - {other} for other in named)
    }
    if any(distinct <= concepts for concepts in reading.concepts_by_term):
        distinct = set(sorted(distinct)[:1])
    return max(len(distinct), _terms_mentioned(reading, bag(text)))


def _terms_mentioned(reading: Reading, said: frozenset[str]) -> int:
    """Return how many documented terms the question mentions by their own words, forms of one another once."""
    plain = reading.knowledge.words_of("specificity", "finer") | _PLAIN
    cores = {core for term in reading.documented_bags if (core := _core(term, plain)) and core <= said}
    return sum(1 for core in cores if not any(core < other for other in cores))


def _terms_touched(reading: Reading, said: frozenset[str]) -> int:
    """Return how many documented terms have a word in the question that no other documented term has."""
    finer, terms = reading.knowledge.vocabulary("finer"), reading.documented_bags
    return sum(
        1
        for place, term in enumerate(terms)
        if (term & said).difference(
            reading.topic_words, finer, _PLAIN, *(other for at, other in enumerate(terms) if at != place)
        )
    )


def _objects(reading: Reading, question: Passage) -> int:
    """Return of how many different things an attribute is asked ("the approach of the repair and the site of ...")."""
    attributes = reading.knowledge.language.words["attribute"]
    objects = [
        bag(found.group(2)) - _PLAIN
        for found in _ATTRIBUTE_OF.finditer(question.text)
        if found.group(1).lower() in attributes
    ]
    return sum(1 for place, one in enumerate(objects) if one and not any(one & other for other in objects[:place]))


def _core(term: frozenset[str], plain: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in term - plain if len(word) > 2 and not word.isdigit())


def concise(reading: Reading) -> Iterator[Finding]:
    """R-30: a long text gets no answer. Advice only."""
    limits = reading.knowledge.limits
    count = sum(len(text.words) for text in (*reading.prose, *reading.option_texts))
    if count > limits.words:
        yield warn("R-30", "context", f"The text has {count} words.", f"Keep it under {limits.words} words.")
    if len(reading.rows) > limits.indicators:
        yield warn(
            "R-30",
            "indicators",
            f"More than {limits.indicators} indicators are shown.",
            "Show those that explain why clarification is needed.",
        )
