"""Whether what is shown is a finding or a comment on it (R-07), and whether findings were left out.

Findings are noted in telegraphic language of any kind; comments are written in prose. So the words of findings stay
open, and the words of comments, inference, drama and ordinary prose are known. Only beside a bare number, where a
comment is most at home, must every word be one of measurement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import block, graded, review
from compliance.knowledge import Term, Wording
from compliance.listening import Heard
from compliance.phrases import Hit
from compliance.reading import Passage, Reading, passage
from compliance.text import Span, Word, bag, inside, quotations, sentences, words
from schemas.check import CheckIndicator, Finding
from schemas.vocabulary import Severity

_NEW_CONDITION = frozenset({"missing_diagnosis", "treatment_without_diagnosis", "significance"})
_LEADS_WITH_NUMBER = re.compile(r"\s*[<>=~≥≤+-]{0,2}\s*\d")
_SHORT = 2
_NUMBER = re.compile(r"\d")
_WORDS_BESIDE = re.compile(r"[A-Za-z]{3}")
_SEGMENT = re.compile(r"[^,;()–]+")
_DENYING = frozenset({"no", "not", "without", "denies", "non", "negative", "never"})
_QUOTE_IT = "Give the value alone, or quote the source word for word and mark it as quoted."


def objective(reading: Reading) -> Iterator[Finding]:
    """R-07 and the other lexicons: an indicator states facts, without the author's adjectives or conclusions."""
    hear = reading.knowledge.listener.hear
    for place, indicator in enumerate(reading.query.indicators):
        for name, text in _spoken(indicator):
            heard = hear(text)
            if heard.nothing:
                continue
            shown = passage(f"indicators[{place}].{name}", text)
            if shown is None:
                continue
            source = bag(indicator.source or "")
            yield from _interpreted(reading, shown, heard, indicator, source)
            yield from _commented(shown, heard)
            if heard.diagnoses:
                yield from _concludes(reading, shown, indicator, source)


def _spoken(indicator: CheckIndicator) -> Iterator[tuple[str, str]]:
    """Yield the parts of an indicator that are in the query author's own words, with their names."""
    yield "name", indicator.name
    if not indicator.quoted:
        yield "value", indicator.value
    if indicator.unit:
        yield "unit", indicator.unit
    if indicator.source:
        yield "source", indicator.source


def _interpreted(
    reading: Reading, text: Passage, heard: Heard, indicator: CheckIndicator, source: frozenset[str]
) -> Iterator[Finding]:
    by_report = bool(source & reading.knowledge.vocabulary("report_source"))
    for hit in heard.wordings:
        lexicon = hit.payload.lexicon
        if not _looked_for(reading, hit, indicator, source) or _denied(text, hit.first):
            continue
        severity: Severity = "review" if by_report and lexicon.rule == "R-07" else hit.payload.severity
        if lexicon.rule == "R-07" or hit.payload.severity == "block":
            yield graded(severity, lexicon.rule, text.field, lexicon.message, lexicon.suggestion, (hit.start, hit.end))


def _looked_for(reading: Reading, hit: Hit[Wording], indicator: CheckIndicator, source: frozenset[str]) -> bool:
    """Tell whether a wording counts here: one for indicators, or one that no visible text may hold (R-18 to R-20)."""
    places = hit.payload.lexicon.places
    if "indicators" in places:
        return True
    if "measured" in places:
        return _measured(reading, indicator, source)
    clinical = reading.knowledge.vocabulary("clinical_abbreviation")
    return "text" in places and hit.payload.severity == "block" and not bag(hit.payload.phrase) <= clinical


def _measured(reading: Reading, indicator: CheckIndicator, source: frozenset[str]) -> bool:
    """Tell whether a value is a number or stands for one: such a value has no adjectives of its own."""
    return bool(_LEADS_WITH_NUMBER.match(indicator.value)) or _by_instrument(reading, source)


def _by_instrument(reading: Reading, source: frozenset[str]) -> bool:
    """Tell whether a source holds measurements, not words of a clinician and not orders."""
    knowledge = reading.knowledge
    return not source & (knowledge.vocabulary("narrative_source") | knowledge.vocabulary("order_source"))


def _denied(text: Passage, first: int) -> bool:
    return first > 0 and text.words[first - 1].text in _DENYING


def _commented(text: Passage, heard: Heard) -> Iterator[Finding]:
    """R-07: a value that holds words of ordinary prose talks about a finding."""
    if heard.comment is not None:
        message = "The indicator reads as a comment, not as a finding."
        yield review("R-07", text.field, message, _QUOTE_IT, heard.comment)


def _concludes(reading: Reading, text: Passage, indicator: CheckIndicator, source: frozenset[str]) -> Iterator[Finding]:
    """R-07: an indicator names no diagnosis that nobody documented, unless its source is where the finding was made."""
    if indicator.prior_encounter or _found_there(reading, source):
        return
    if bag(text.text) & reading.knowledge.vocabulary("kin"):
        return
    findings = reading.knowledge.measuring_words
    for hit in reading.new_diagnoses(text):
        said = text.text[hit.start : hit.end]
        if bag(said) <= findings or hit.negated or hit.historical or _tested(reading, text, hit):
            continue
        if not _reason_of_an_order(reading, text, hit, source) and not _told_aside(reading, hit):
            message = "The indicator names a diagnosis that nobody has documented."
            suggestion = "Give the finding alone, or quote the source and mark it as quoted."
            yield review("R-07", text.field, message, suggestion, (hit.start, hit.end))


def _found_there(reading: Reading, source: frozenset[str]) -> bool:
    """Tell whether a named diagnosis leads nowhere: a report states its own, and where none is sought none is given."""
    if reading.query.category not in _NEW_CONDITION:
        return True
    return bool(source & reading.knowledge.vocabulary("report_source"))


def _tested(reading: Reading, text: Passage, hit: Hit[Term]) -> bool:
    """Tell whether a diagnosis is part of the name of a test, which is often called after the disease it looks for."""
    named = reading.knowledge.vocabulary("test_name")
    beside = text.words[hit.last + 1 : hit.last + 3]
    return any(word.text in named for word in beside) or (text.field.endswith(".name") and bool(bag(text.text) & named))


def _told_aside(reading: Reading, hit: Hit[Term]) -> bool:
    """Tell whether a diagnosis is none of the answers offered, where answers are offered."""
    if not reading.clinical_options:
        return False
    find = reading.knowledge.term_index.find
    offered = {found.payload.concept for _, option in reading.clinical_options for found in find(option.text)}
    return hit.payload.concept not in offered


def _reason_of_an_order(reading: Reading, text: Passage, hit: Hit[Term], source: frozenset[str]) -> bool:
    """Tell whether a diagnosis is why a drug was ordered, as the order or the medication list has it."""
    before = {word.text for word in text.words[max(0, hit.first - 3) : hit.first]}
    in_value = text.field.endswith(".value")
    return in_value and "for" in before and bool(source & reading.knowledge.vocabulary("order_source"))


def numbers_stand_alone(reading: Reading) -> Iterator[Finding]:
    """R-07: what stands beside a number without one of its own is made of words of measurement; else a person reads."""
    bench = reading.knowledge.vocabulary("bench_source")
    for place, indicator in enumerate(reading.query.indicators):
        if indicator.quoted or not _WORDS_BESIDE.search(indicator.value) or not _NUMBER.search(indicator.value):
            continue
        source = bag(indicator.source or "")
        measured = bool(source & bench)
        if measured or (_LEADS_WITH_NUMBER.match(indicator.value) and _by_instrument(reading, source)):
            for span in _remarks(reading, indicator.value, least=1 if measured else 2):
                message = "Beside the number stand words that the check does not know as a finding."
                yield review("R-07", f"indicators[{place}].value", message, _QUOTE_IT, span)


def told_in_prose(reading: Reading) -> Iterator[Finding]:
    """R-07: where measurements are noted, an article beside a word that is no finding is prose."""
    article = reading.knowledge.vocabulary("article")
    for place, indicator in enumerate(reading.query.indicators):
        if indicator.quoted or not bag(indicator.value) & article:
            continue
        if _by_instrument(reading, bag(indicator.source or "")):
            for span in _remarks(reading, indicator.value, least=1, numbered=True):
                yield review("R-07", f"indicators[{place}].value", "The value is told in prose.", _QUOTE_IT, span)


def _remarks(reading: Reading, value: str, *, least: int, numbered: bool = False) -> Iterator[Span]:
    """Yield the parts of a value that hold at least so many unknown words; those with a number only if `numbered`."""
    quoted = quotations(value)
    for segment in _SEGMENT.finditer(value):
        text = segment.group()
        if inside(segment.start(), quoted) or (not numbered and _NUMBER.search(text)):
            continue
        strange = [word for word in words(text) if _is_strange(reading, text, word)]
        if len(strange) >= least:
            yield segment.start() + strange[0].start, segment.start() + strange[-1].end


def _is_strange(reading: Reading, text: str, word: Word) -> bool:
    """Tell whether a word is none of measurement or examination, none of this record, and may be one of prose."""
    knowledge = reading.knowledge
    if word.text in knowledge.measuring_words or word.text in knowledge.vocabulary("article"):
        return False
    if not _plain_word(reading, text, word) or word.text in reading.topic_words:
        return False
    return not any(word.text in term for term in reading.documented_bags) and not any(
        word.text in bag(option.text) for option in reading.query.options
    )


def _plain_word(reading: Reading, text: str, word: Word) -> bool:
    """Tell whether a word may be one of ordinary prose: no abbreviation, no name, no technical ending."""
    if len(word.text) <= _SHORT or not word.text.isalpha():
        return False
    named = text[word.start].isupper() and bool(text[: word.start].strip())
    return not named and not word.text.endswith(reading.knowledge.technical_endings)


def nothing_left_out(reading: Reading) -> Iterator[Finding]:
    """R-07: no text says that normal or contrary findings were left out, or that only the striking ones are shown."""
    knowledge = reading.knowledge
    omitting, omitted = knowledge.vocabulary("omitting"), knowledge.vocabulary("omitted")
    only, selected = knowledge.vocabulary("only_words"), knowledge.vocabulary("selected")
    displaying = knowledge.vocabulary("displaying")
    for text in reading.prose:
        if not bag(text.text) & (omitting | only):
            continue
        for span in sentences(text.text):
            said = bag(text.text[slice(*span)])
            left_out = said & omitting and said & omitted
            chosen = said & only and said & selected and said & displaying
            if (left_out or chosen) and text.authored(span[0]):
                message = "The text says that findings were left out."
                yield block("R-07", text.field, message, "Show the findings that point the other way too.", span)
