"""What must be there: indicators, answer kinds, one question, filled placeholders (R-05, R-16, R-26, R-30)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from compliance.findings import block, graded, review, warn
from compliance.knowledge import Knowledge
from compliance.neutrality import AnyOf
from compliance.placeholders import empty, perhaps, placeholders
from compliance.reading import Passage, Reading
from compliance.rows import Row
from compliance.text import bag, sentences
from schemas.check import Finding

_NEVER_IN_CHARTS = "{<%$@#«"  # a merge field in a quotation was not filled either; charts hold stars and brackets
_MARK = re.compile(r"\?")
_ONE_A_QUERY = "Ask one question a query."
# A part of one result is no later value of it (total and direct bilirubin).
_FRACTIONS = frozenset({"direct", "indirect", "conjugated", "unconjugated", "free", "ionized", "ionised"})
_FIRST_ITEM = re.compile(r"(?:^|(?<=\s))\(?(?:1|a|i)[.)](?=\s)", re.IGNORECASE)
_SECOND_ITEM = re.compile(r"(?<=\s)\(?(?:2|b|ii)[.)](?=\s)", re.IGNORECASE)
_BETWEEN_ITEMS = range(5, 403)  # signs, with a blank at either end
# What is asked of two conditions at once is one issue: their relation, their conflict, the choice among them.
_BETWEEN_CONDITIONS = frozenset({"cause_effect", "complication", "conflict", "principal_reason"})
_RELATING = frozenset(
    {
        "relationship",
        "related",
        "relate",
        "relation",
        "associated",
        "association",
        "linked",
        "link",
        "due",
        "caused",
        "between",
    }
)
# What a condition came with or without is asked of it; it is no second issue.
_EITHER_WAY = re.compile(r"\bwith(?: or |/)without (?:an? |any )?$", re.IGNORECASE)
_SECOND_OBJECT = re.compile(
    r"(?:\b(?:and|plus|together with|as well as|along with)|,)"
    r" (?:(?:that|those) of|the (?!(?:time|date|day|hour|moment)\b)\w{3,20}(?: \w{3,20})? of)\b",
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
    r"[,;)]? ?and (?:if so,? |in that case,? )?(?:what|which|how|when)"
    r"(?: (?:is|was|are|were) (?:it|they|that|this)"
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
_SAME_THING = re.compile(
    r"\b(?:its?|they|them|their|both|each|either|between|these|those|this|that|them)\b", re.IGNORECASE
)
_ATTRIBUTE_OF = re.compile(r"\b(\w{3,20}) of (?:the |this |that |his |her )?(\w{3,30}(?: \w{3,30})?)")
_ASKING = frozenset({"please", "clarify", "indicate", "what", "which", "kindly"})
_PARTICULAR = frozenset({"clarify", "document", "describe", "state", "specify"})
_SHOWN = frozenset({"below", "above", "shown", "listed", "findings", "following", "these", "attached"})
_PLAIN = frozenset(
    {
        "and",
        "the",
        "with",
        "due",
        "for",
        "not",
        "from",
        "unspecified",
        "disease",
        "disorder",
        "syndrome",
        "status",
        "history",
        "use",
    }
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ASIDE = re.compile(r"\([^()]*\)")
# Fields in which a record's own labels stand in square brackets, and what is no label there.
_LABELLED = frozenset({"name", "source"})
_SLOT = re.compile(
    r"\b(?:insert|enter|name|date|time|value|source|author|provider|field|slot|text|xx?)\b", re.IGNORECASE
)
_VALUE_SOURCES = (
    frozenset({"laboratory", "lab", "labs", "gas", "microbiology", "chemistry", "testing"}),
    frozenset({"vital", "vitals", "flowsheet"}),
)


def indicators_shown(reading: Reading) -> Iterator[Finding]:
    """R-05: every query shows the indicators that caused it."""
    if not reading.rows:
        yield block(
            "R-05",
            "indicators",
            "No clinical indicator is shown.",
            "Show at least one finding of this patient with value, source and time.",
        )


def patient_specific(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-05: indicators are about this patient, not about patients in general."""
    said = row.name_words | row.value_words
    general = said & knowledge.vocabulary("general_people") and said & knowledge.vocabulary("general_habit")
    if general and not row.quoted:
        message = "The indicator speaks of patients in general."
        yield block("R-05", "value", message, "Show a finding from this patient's own record.")


def new_condition_was_addressed(reading: Reading) -> Iterator[Finding]:
    """R-05: for a new condition, isolated values of one class alone show no evaluation or treatment."""
    if not reading.asks_for_new_condition or not reading.current:
        return
    if _isolated_values_only(reading):
        yield review(
            "R-05",
            "indicators",
            "Only isolated values of one kind are shown; nothing shows evaluation, monitoring or treatment.",
            "Add the treatment, the work-up or the later values, or do not ask.",
        )


def _isolated_values_only(reading: Reading) -> bool:
    """Tell whether all that is shown are single values of one class, by their sources or by what they measure."""
    current = reading.distinct
    names = [row.name.strip().lower() for row in current]
    shown = [row.shown for row in current]
    kinds = [kind for one in shown for kind in one.kinds]
    whole = [kind for row in current if not row.name_words & _FRACTIONS for kind in row.shown.kinds]
    if len(set(names)) < len(names) or len(set(whole)) < len(whole):
        return False
    series = (len(seen.numbers) > 1 for one in shown for seen in one.seen)
    if any(series) or any(row.once(_is_series) for row in current):
        return False
    table = reading.knowledge.indicators
    if any(table.kinds.get(kind) == "therapies" for kind in kinds):
        return False
    if any(all(row.source_words & kind for row in current) for kind in _VALUE_SOURCES):
        return True
    measured = all(one.kinds and one.kinds <= table.measures.keys() for one in shown)
    return measured and (table.vitals.issuperset(kinds) or not table.vitals.intersection(kinds))


def _is_series(row: Row) -> bool:
    value = _ASIDE.sub("", row.value)
    return len(_NUMBER.findall(value)) > 1 and ("," in value or "then" in value or "->" in value or " to " in value)


def placeholders_filled(reading: Reading) -> Iterator[Finding]:
    """R-26: no merge field is left unfilled. A line to write on in an answer is none."""
    for place, entry in enumerate(reading.query.documented):
        yield from unfilled(Passage(f"documented[{place}].term", entry.term, (), ()))
    for text in reading.prose:
        yield from unfilled(text)
    for text in reading.option_texts:
        yield from unfilled(text, writing_lines=True)


def rows_are_filled(row: Row, _knowledge: Knowledge) -> Iterator[Finding]:
    """R-26: no merge field is left unfilled in what is shown of a finding."""
    if empty(row.value):
        yield block("R-26", "value", "A placeholder is not filled.", "Fill it in or take it out.")
    for name, part in row.parts:
        if not perhaps(part):
            continue
        whole = ((0, len(part)),) if name == "value" and row.quoted else ()
        for finding in unfilled(Passage(name, part, (), whole)):
            if name not in _LABELLED or not _is_a_label(part, finding.span):
                yield finding


def _is_a_label(text: str, span: tuple[int, int] | None) -> bool:
    """Tell whether brackets after a name hold the record's own label ("[Mass/volume]", "NBP [Systolic]")."""
    inner = text[span[0] + 1 : span[1] - 1] if span and text[span[0]] == "[" else ""
    return bool(span and inner and text[: span[0]].strip()) and "_" not in inner and not _SLOT.search(inner)


def unfilled(text: Passage, *, writing_lines: bool = False) -> Iterator[Finding]:
    """Yield one finding for each merge field in a text that has no value."""
    for span in placeholders(text.text, writing_lines=writing_lines):
        if text.authored(span[0]) or text.text[span[0]] in _NEVER_IN_CHARTS:
            yield block("R-26", text.field, "A placeholder is not filled.", "Fill it in or take it out.", span)


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
    yield from _several(reading, question, list(_added_question(reading, question)))


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
    between = reading.query.category in _BETWEEN_CONDITIONS
    if between or said & _RELATING:
        sought = not said.isdisjoint(_SOUGHT)
        ridden = [] if between else [one for one in added if sought or _of_another(question, one)]
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


def _of_another(question: Passage, added: Finding) -> bool:
    """Tell whether an added request is of something else: it does not speak of "it" or "its cause"."""
    return added.span is not None and not _SAME_THING.search(question.text[added.span[1] :])


def _added_question(reading: Reading, question: Passage) -> Iterator[Finding]:
    for hit in reading.knowledge.listener.hear(question.text).wordings:
        lexicon = hit.payload.lexicon
        if "question" in lexicon.places and not _REVIEWING.search(question.text[: hit.start]):
            severity, span = hit.payload.severity, (hit.start, hit.end)
            yield graded(severity, "R-30", "question", lexicon.message, lexicon.suggestion, span)
    for found in _SECOND_REQUEST.finditer(question.text):
        if question.authored(found.start()) and not _REVIEWING.search(question.text[: found.start()]):
            yield review("R-30", "question", "A second request stands beside the first.", _ONE_A_QUERY, found.span())
    for found in _SECOND_CLAUSE.finditer(question.text):
        if question.authored(found.start()) and not _SAME_AGAIN.match(question.text, found.start()):
            yield review("R-30", "question", "A second question follows the first.", _ONE_A_QUERY, found.span())


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
    heard = reading.knowledge.listener.hear(question.text).diagnoses
    named = {hit.payload.concept for hit in heard if not _EITHER_WAY.search(question.text[: hit.start])}
    distinct = {
        concept
        for concept in named
        if not any(concept in reading.knowledge.broader[other] - {other} for other in named)
    }
    if any(distinct <= concepts for concepts in reading.concepts_by_term):
        distinct = set(sorted(distinct)[:1])
    return max(len(distinct), _terms_mentioned(reading, bag(question.text)))


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


def findings_stand_once(reading: Reading) -> Iterator[Finding]:
    """R-05: the same finding in several rows is one finding. Advice only: elsewhere it counts once."""
    for place, first in enumerate(reading.first_rows):
        if first != place:
            message = "This finding stands in an earlier row already."
            yield warn("R-05", f"indicators[{place}]", message, "Show each finding once.")


def open_question_has_an_object(reading: Reading) -> Iterator[Finding]:
    """R-16: an open question says what it asks about; one that could be asked of anybody is too vague to answer."""
    question = reading.question
    if question is None or reading.query.response_type != "open_ended":
        return
    said = bag(question.text)
    if said <= reading.knowledge.vocabulary("vague_question"):
        message = "The question does not say what it asks about."
        yield block(
            "R-16", "question", message, "Name the findings, the treatment or the documented term, with its date."
        )
    elif not reading.question_is_approved and said.isdisjoint(reading.anchor_words) and said.isdisjoint(_SHOWN):
        message = "The question names no finding, treatment or documented term."
        yield warn("R-16", "question", message, "Say what the question refers to, with its date.")


def nothing_taken_as_settled(reading: Reading) -> Iterator[Finding]:
    """R-16: no question sets aside, as settled, a condition that the record does not hold ("apart from the ...")."""
    question = reading.question
    if question is None:
        return
    for hit in reading.knowledge.listener.hear(question.text).wordings:
        if hit.payload.lexicon.name != "vague-request":
            continue
        known = AnyOf(reading.anchor_words, reading.knowledge.language.known, reading.topic_words)
        following = [word for word in question.words[hit.last + 1 : hit.last + 6] if word.text not in known]
        if following and _sets_aside(reading, question.text[hit.end : following[-1].end]):
            new = any(hit.start < term.start for term in reading.new_diagnoses(question))
            lexicon, span = hit.payload.lexicon, (hit.start, following[-1].end)
            found = block if new else review
            yield found("R-16", "question", lexicon.message, lexicon.suggestion, span)


def _sets_aside(reading: Reading, said: str) -> bool:
    """Tell whether words that follow name a condition that is not documented."""
    if bag(said) & reading.knowledge.vocabulary("condition") - frozenset[str]().union(*reading.documented_bags):
        return True
    concepts = {hit.payload.concept for hit in reading.knowledge.term_index.find(said)}
    return bool(concepts - reading.documented_concepts)


def response_type_allowed(reading: Reading) -> Iterator[Finding]:
    """Rules 1.5: which response type each category allows; a new condition is never a yes/no (R-14)."""
    query = reading.query
    if query.response_type in reading.knowledge.response_types.get(query.category, frozenset()):
        return
    rule = "R-14" if query.response_type == "yes_no" else "R-16"
    yield block(
        rule,
        "response_type",
        f"A {query.category} query may not be answered by {query.response_type}.",
        "Ask openly, or offer supported choices.",
    )


def options_fit_response_type(reading: Reading) -> Iterator[Finding]:
    """An open question carries no options; the other two forms need them (R-09, R-15, R-16)."""
    query = reading.query
    if query.response_type == "open_ended" and query.options:
        yield block("R-16", "options", "An open question carries answer options.", "Leave the options out.")
    if query.response_type == "multiple_choice" and not query.options:
        yield block(
            "R-09", "options", "A multiple choice query has no options.", "Offer supported options, or ask openly."
        )
