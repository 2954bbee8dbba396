"""Whether what is shown is a finding or a comment on it (R-07), and whether findings were left out.

Findings are noted in telegraphic language of any kind; comments are written in prose. So the words of findings stay
open, and the words of comments, inference, drama and ordinary prose are known. Only beside a bare number, where a
comment is most at home, must every word be one of measurement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from compliance.commenting import QUOTE_IT, spelled_as_american
from compliance.entries import Term, Wording
from compliance.findings import block, graded, in_row, review
from compliance.knowledge import Knowledge
from compliance.listening import Heard
from compliance.phrases import Hit
from compliance.reading import Passage, Reading, passage
from compliance.rows import Row
from compliance.terms import line_of_initials
from compliance.text import Span, Word, bag, ends_at, inside, quotations, words
from schemas.check import Finding
from schemas.vocabulary import Severity

_LEADS_WITH_NUMBER = re.compile(r"\s*[<>=~≥≤+-]{0,2}\s*\d")
_SHORT = 2
_NUMBER = re.compile(r"\d")
_WORDS_BESIDE = re.compile(r"[A-Za-z]{3}")
_SEGMENT = re.compile(r"[^,;()–]+")
_DENYING = frozenset({"no", "not", "without", "denies", "non", "negative", "never"})
# How a patient handles money is an activity of daily living; what a hospital is paid is none of it.
_KEPT_MONEY = re.compile(
    r"\b(?:handl\w+|manag\w+|pay(?:s|ing)?|count(?:s|ing)?|balanc\w+|do(?:es|ing)?|help(?:s|ed)?|assist\w*|supervis\w+"
    r"|unable|cannot|can't|can|able|lost|los(?:es|ing)|lack\w*|no|out of|own|keeps?|oversees?|takes care of|gave|gives"
    r"|hid(?:es|ing)?|spend(?:s|ing)?|spent|borrow\w*|steal\w*|stole\w*|needs?|dependent|independent|with|for|about"
    r"|meds|medications|cooking|shopping|driving|phone|laundry)\b"
    r"[^.;:]{0,40}?\b(?:money|bills?|finances|financial(?:ly)?|payments?|dollars|budget)\b",
    re.IGNORECASE,
)
# "More than 25" compares with a number, and with nothing that the author thinks of.
_MORE_OR_LESS = re.compile(
    r"\b(?:more|less|fewer|greater|lower|higher|later|longer|shorter|older|younger|smaller|larger|wider|deeper|other"
    r"|rather) (?=than (?:or equal to |about )?(?:half|twice|an? (?:day|hour|week|minute|month|quarter|third|year)"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|[<>~]?\d))",
    re.IGNORECASE,
)
_PERSON = frozenset({"he", "she"})
# Beside a number a laboratory prints "critical" by itself, as it prints H and L.
_PRINTED_FLAG = re.compile(r"(?:[(\[,;)\]\d]|\b(?:HH?|LL?)\b)\s*critical(?= *(?:$|[)\],;:]))", re.IGNORECASE)
# "Probe to bone positive = osteomyelitis": a sign that a finding is a diagnosis.
_EQUATED = re.compile(r"(?:=|=>|≈|≡) ?$")
_A_SIGN = 3
_FELT = frozenset({"worse", "worsening", "worsened"})
_FELT_WHEN = frozenset({"with", "on", "at", "when", "after", "lying"})
_IN_ROWS_ALONE = frozenset({"indicators"})
_ALMOST = frozenset({"nearly", "almost"})
_A_WORD = 10  # signs at most, with the blank behind it
_WHAT_FOLLOWS = 40  # signs that tell with what something is compared
_TWO_WORDS = 2  # "the left side"; more is a comparison with something else
_COMPARED_WITH = frozenset({"left", "right", "other", "opposite"})
_LETTER = re.compile(r"\b[A-Z]\b")  # a blood type, a group of streptococci: no article
_OF_THE_OFFICE = frozenset({"cdi", "coder", "coding", "looking", "appearing", "billing"})
_COMPARED = re.compile(r"\b(?:as|like|than) (?:last|always|usual|before|ever|expected|you|the others)\b", re.IGNORECASE)
# A finding by such a name is what somebody told, wherever it was noted.
_TOLD = frozenset(
    {"statement", "complaint", "history", "account", "narrative", "interview", "told", "hpi", "recall", "story"}
)
# How often something is done: "turning every 2 h".
_RECURRING = re.compile(
    r"\bevery (?:\d{1,2}|other|second|two|three|four|six|eight|twelve"
    r"|shift|hour|day|night|morning|evening|meal|visit)\b|\bbest[ -]corrected\b|\bbest of (?:two|three|2|3)\b",
    re.IGNORECASE,
)
_READER = frozenset({"you", "your", "yours", "yourself"})


def objective(reading: Reading) -> Iterator[Finding]:
    """R-07 and the other lexicons: an indicator states facts, without the author's adjectives or conclusions."""
    for place, row in enumerate(reading.rows):
        for stated in row.once(_stated):
            yield from (in_row(finding, place) for finding in stated.findings)
            if stated.concluding:
                text = stated.text._replace(field=f"indicators[{place}].{stated.text.field}")
                yield from _concludes(reading, text, row)


class _Stated(NamedTuple):
    """What a part of a row is found to say by itself, and whether it names a diagnosis."""

    text: Passage
    findings: tuple[Finding, ...]
    concluding: bool


def _stated(row: Row) -> tuple[_Stated, ...]:
    """Return what the parts of a row say that is more than a fact."""
    told: list[_Stated] = []
    for name, text, heard in row.heard:
        shown = passage(name, text)
        if shown is not None:
            told.append(
                _Stated(
                    shown, (*_interpreted(shown, heard, row), *_commented(shown, heard, row)), bool(heard.diagnoses)
                )
            )
    return tuple([one for one in told if one.findings or one.concluding])


def _interpreted(text: Passage, heard: Heard, row: Row) -> Iterator[Finding]:
    by_report = bool(row.source_words & row.knowledge.vocabulary("report_source"))
    for hit in heard.wordings:
        lexicon = hit.payload.lexicon
        if (
            not _looked_for(hit, row)
            or _denied(row.knowledge, text, hit)
            or _names_a_document(row.knowledge, text, hit)
            or _is_printed_flag(text, hit, row)
        ):
            continue
        severity: Severity = "review" if by_report and lexicon.rule == "R-07" else hit.payload.severity
        if lexicon.rule == "R-07" or lexicon.places == _IN_ROWS_ALONE or hit.payload.severity == "block":
            yield graded(severity, lexicon.rule, text.field, lexicon.message, lexicon.suggestion, (hit.start, hit.end))


def _is_printed_flag(text: Passage, hit: Hit[Wording], row: Row) -> bool:
    """Tell whether a wording is a flag which the laboratory prints beside its number."""
    if hit.payload.phrase != "critical" or row.source_words.isdisjoint(row.knowledge.vocabulary("flagging_source")):
        return False
    return ends_at(_PRINTED_FLAG, text.text, hit.end, (hit.start - _A_WORD, hit.end + _WHAT_FOLLOWS))


def _looked_for(hit: Hit[Wording], row: Row) -> bool:
    """Tell whether a wording counts here: one for indicators, or one that no visible text may hold (R-18 to R-20)."""
    places = hit.payload.lexicon.places
    if "indicators" in places:
        return True
    if hit.payload.lexicon.rule == "R-34":  # a retired teacher, a trial of voiding: no form of this house
        return False
    if "measured" in places:
        return row.once(_measured)
    clinical = row.knowledge.vocabulary("clinical_abbreviation")
    if bag(hit.payload.phrase) <= clinical or (hit.payload.lexicon.rule == "R-18" and _keeps_house(row, hit)):
        return False
    return "text" in places and hit.payload.severity == "block"


def _keeps_house(row: Row, hit: Hit[Wording]) -> bool:
    """Tell whether money is what a patient lives with: who handles it, pays the bills, or cannot afford a drug."""
    return inside(hit.start, row.once(_kept_money))


def _kept_money(row: Row) -> tuple[Span, ...]:
    if row.value_words & row.knowledge.vocabulary("of_the_house"):
        return ()
    return tuple(found.span() for found in _KEPT_MONEY.finditer(row.value))


def _names_a_document(knowledge: Knowledge, text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether a wording is part of what a document is called: an early warning chart, a rapid response record."""
    if text.field != "source":
        return False
    said = bag(hit.payload.phrase)
    if said <= knowledge.words_of("document", "of_document"):  # a rapid response, critical care
        return True
    return hit.payload.lexicon.rule == "R-07" and said <= knowledge.words_of(
        "document", "of_document", "beside_document"
    )


def _measured(row: Row) -> bool:
    """Tell whether a value is a number or stands for one: such a value has no adjectives of its own."""
    return bool(_LEADS_WITH_NUMBER.match(row.value)) or _by_instrument(row)


def _by_instrument(row: Row) -> bool:
    """Tell whether a source holds measurements, not words of a clinician and not orders."""
    return row.source_words.isdisjoint(row.knowledge.words_of("narrative_source", "order_source"))


def _denied(knowledge: Knowledge, text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether a wording is denied, says when a complaint is felt ("worse with movement"), or only how much."""
    if hit.first > 0 and text.words[hit.first - 1].text in _DENYING:
        return True
    near = hit.start - _A_WORD, hit.start + _WHAT_FOLLOWS
    if hit.payload.phrase == "than" and ends_at(_MORE_OR_LESS, text.text, hit.start, near):
        return True
    following = text.words[hit.last + 1].text if hit.last + 1 < len(text.words) else ""
    return (hit.payload.phrase in _FELT and following in _FELT_WHEN) or _measures(knowledge, text, hit)


def _measures(knowledge: Knowledge, text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether a word of degree says how much or where ("nearly the whole base", "weaker than right")."""
    phrase, article = hit.payload.phrase, knowledge.vocabulary("article")
    if phrase == "cannot":
        after = [word.text for word in text.words[hit.last + 1 : hit.last + 3]]
        wanted = knowledge.vocabulary("unmeasured")
        plain = next((word.text for word in _after(text, hit) if word.text not in article), "")
        return after[1:2] != [] and after[1] in wanted if after[:1] == ["be"] else plain in wanted
    if phrase == "only":  # "only 190 mL" makes little of it; "sips only" and "took only 2 doses" tell what there was
        return hit.first > 0 or not next((word.text for word in _after(text, hit)), "").isdigit()
    if phrase not in _ALMOST and phrase not in ("just", "than"):
        return False
    rest = (word.text for word in _after(text, hit) if word.text not in article)
    following = next(rest, "")
    if phrase in _ALMOST:
        return following in knowledge.vocabulary("extent")
    if phrase == "just":
        return following in knowledge.vocabulary("nearness")
    ends = len(list(islice(rest, _TWO_WORDS))) < _TWO_WORDS
    return following.isdigit() or (ends and following in _COMPARED_WITH)


def _after(text: Passage, hit: Hit[Wording]) -> Iterator[Word]:
    """Yield the words that follow a wording, one by one: there may be thousands."""
    return (text.words[place] for place in range(hit.last + 1, len(text.words)))


def _commented(text: Passage, heard: Heard, row: Row) -> Iterator[Finding]:
    """R-07: a value that holds words of ordinary prose talks about a finding; a note may tell of him or her."""
    comment = heard.comment
    if (
        comment is not None
        and text.field == "value"
        and row.source_words & row.knowledge.vocabulary("narrative_source")
    ):
        spoken = row.knowledge.listener.comments(text.text)
        comment = next((span for span in spoken if text.text[slice(*span)].lower() not in _PERSON), None)
    if comment is not None:
        message = "The indicator reads as a comment, not as a finding."
        yield review("R-07", text.field, message, QUOTE_IT, comment)


def _concludes(reading: Reading, text: Passage, row: Row) -> Iterator[Finding]:
    """R-07: an indicator names no diagnosis that nobody documented, unless its source is where the finding was made."""
    if row.prior_encounter:
        return
    stated = _found_there(reading, row.source_words) and not _beyond_its_author(row, text.field)
    if bag(text.text) & reading.knowledge.vocabulary("kin"):
        return
    findings = reading.knowledge.measuring_words
    for hit in reading.new_diagnoses(text):
        said = text.text[hit.start : hit.end]
        if stated and not _EQUATED.search(text.text[max(0, hit.start - _A_SIGN) : hit.start]):
            continue
        if bag(said) <= findings or hit.negated or hit.historical or _tested(reading, text, hit):
            continue
        if not _reason_of_an_order(reading, text, hit, row.source_words) and not _told_aside(reading, hit):
            message = "The indicator names a diagnosis that nobody has documented."
            suggestion = "Give the finding alone, or quote the source and mark it as quoted."
            yield review("R-07", text.field, message, suggestion, (hit.start, hit.end))


def _found_there(reading: Reading, source: frozenset[str]) -> bool:
    """Tell whether a named diagnosis leads nowhere: a report states its own, and where none is sought none is given."""
    if not reading.asks_for_new_condition:
        return True
    return bool(source & reading.knowledge.vocabulary("report_source"))


def _beyond_its_author(row: Row, field: str) -> bool:
    """Tell whether a value is noted by somebody, or by a machine, that finds signs and makes no diagnosis."""
    if field != "value" and not field.endswith(".value"):
        return False
    knowledge, role = row.knowledge, bag(row.author_role or "")
    if not role and row.source_words & knowledge.vocabulary("rescue_source"):
        return True
    if role & knowledge.vocabulary("observing_role") and "wound" not in role:  # who stages injuries
        return row.source_words.isdisjoint(knowledge.words_of("listing_source", "report_source"))
    return not role and _by_bench(row) and row.source_words.isdisjoint(knowledge.vocabulary("report_source"))


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


def quotations_come_from_the_record(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-03, R-07, R-18 to R-20: a value marked as quoted holds what a clinician noted, and nothing to its reader."""
    if not row.quoted:
        return
    own = _around_quotation(row.value)
    told = (
        row.source_words & knowledge.telling_sources
        or row.name_words & _TOLD
        or bag(row.author_role or "") & knowledge.vocabulary("reporting_role")
    )
    for hit in knowledge.quoted_wordings.find(row.value):
        lexicon = hit.payload.lexicon
        if _shortens_a_name(knowledge, row.value, (hit.start, hit.end)):
            continue
        yield review(lexicon.rule, "value", lexicon.message, lexicon.suggestion, (hit.start, hit.end))
    for hit in knowledge.wordings.find(row.value):
        lexicon, span = hit.payload.lexicon, (hit.start, hit.end)
        if "indicators" in lexicon.places and inside(hit.start, own):
            yield graded(hit.payload.severity, lexicon.rule, "value", lexicon.message, QUOTE_IT, span)
        elif lexicon.rule == "R-03" and not told and hit.payload.severity == "block":
            yield review("R-07", "value", lexicon.message, QUOTE_IT, span)
    if row.value_words & _READER:
        message = "What is marked as quoted speaks to its reader."
        yield review("R-20", "value", message, "Quote what a clinician wrote about the patient.")
    elif not told and _is_prose(knowledge, row.value):
        message = "Where measurements and orders are noted, nobody writes so."
        yield review("R-07", "value", message, QUOTE_IT)


def _shortens_a_name(knowledge: Knowledge, value: str, short: Span) -> bool:
    """Tell whether a short form stands in brackets behind its diagnosis ("Merkel cell carcinoma (MCC)")."""
    before = value[: short[0]]
    if not before.endswith("("):
        return False
    end = len(before[:-1].rstrip())
    names = (before[hit.start : hit.end] for hit in knowledge.term_index.find(before) if hit.end == end)
    return any(line_of_initials(name).endswith(value[slice(*short)].lower()) for name in names)


def _is_prose(knowledge: Knowledge, value: str) -> bool:
    """Tell whether a text comments on something, or hints at what no record speaks of."""
    if knowledge.listener.hear(value).comment is not None:
        return True
    return any(naming.certain for naming in knowledge.hints(value))


def _around_quotation(value: str) -> tuple[Span, ...]:
    """Return what stands around a quotation with which a value begins: there the author speaks again."""
    inner = quotations(value)
    if not inner or value[: inner[0][0]].strip():
        return ()
    starts = [end for _, end in inner]
    return tuple(zip(starts, [start for start, _ in inner[1:]] + [len(value)], strict=True))


def numbers_stand_alone(reading: Reading) -> Iterator[Finding]:
    """R-07: what stands beside a number without one of its own is made of words of measurement; else a person reads."""
    for place, row in enumerate(reading.rows):
        least = row.once(_too_many_beside_a_number)
        for span in _remarks(reading, row, least=least) if least else ():
            message = "Beside the number stand words that the check does not know as a finding."
            yield review("R-07", f"indicators[{place}].value", message, QUOTE_IT, span)


def _by_bench(row: Row) -> bool:
    """Tell whether a value was measured by a laboratory or an instrument, and noted by nobody in words."""
    knowledge = row.knowledge
    return bool(row.source_words & knowledge.vocabulary("bench_source")) and row.source_words.isdisjoint(
        knowledge.vocabulary("worded_source")
    )


def _too_many_beside_a_number(row: Row) -> int:
    """Return how many unknown words beside its number make a person read a value; 0 where none do."""
    if row.quoted or not _WORDS_BESIDE.search(row.value) or not _NUMBER.search(row.value):
        return 0
    if _by_bench(row):
        return 1
    return 2 if _LEADS_WITH_NUMBER.match(row.value) and _by_instrument(row) else 0


def told_in_prose(reading: Reading) -> Iterator[Finding]:
    """R-07: where measurements are noted, an article beside a word that is no finding is prose."""
    for place, row in enumerate(reading.rows):
        if row.once(_holds_an_article):
            known = row.once(_observed)
            for span in _remarks(reading, row, least=1, numbered=True, known=known):
                yield review("R-07", f"indicators[{place}].value", "The value is told in prose.", QUOTE_IT, span)


def _holds_an_article(row: Row) -> bool:
    """Tell whether a value that measures holds an article."""
    article = row.knowledge.vocabulary("article")
    if row.quoted or row.value_words.isdisjoint(article):
        return False
    return bool(bag(_LETTER.sub(" ", row.value)) & article) and _by_instrument(row)


def _observed(row: Row) -> frozenset[str]:
    """Return the words with which somebody notes what is seen; a laboratory sees nothing."""
    return frozenset() if _by_bench(row) else row.knowledge.vocabulary("observation")


def _remarks(
    reading: Reading, row: Row, *, least: int, numbered: bool = False, known: frozenset[str] = frozenset()
) -> Iterator[Span]:
    """Yield the parts of a value that hold at least so many words which are not `known`.

    Those with a number only if `numbered`.
    """
    for start, with_a_number, unmeasured in row.once(_unmeasured):
        strange = [word for word in unmeasured if word.text not in known and not _belongs_here(reading, word)]
        if len(strange) >= least and (numbered or not with_a_number):
            yield start + strange[0].start, start + strange[-1].end


def _unmeasured(row: Row) -> tuple[tuple[int, bool, tuple[Word, ...]], ...]:
    """Return for each part of a value where it begins, whether it holds a number, and its words of ordinary prose."""
    measuring, article = row.knowledge.measuring_words, row.knowledge.vocabulary("article")
    endings, language = row.knowledge.technical_endings, row.knowledge.language
    quoted = quotations(row.value)
    parts = [found for found in _SEGMENT.finditer(row.value) if not inside(found.start(), quoted)]
    read = [
        (part, [word for word in words(part.group()) if not (word.text in measuring or word.text in article)])
        for part in parts
    ]
    return tuple(
        (part.start(), bool(_NUMBER.search(part.group())), plain)
        for part, found in read
        if (
            plain := tuple(
                word
                for word in found
                if _plain_word(part.group(), word, endings)
                and (not language.names_unlisted(word.text) or language.misspelt(word.text))
            )
        )
    )


def _belongs_here(reading: Reading, word: Word) -> bool:
    """Tell whether a word is of this record (findings, documented terms, answers), or names a thing.

    Everyday English has all words of a comment. One that it does not know, and that is none with a letter wrong, is a
    species, a drug or a device.
    """
    language, american = reading.knowledge.language, spelled_as_american(word.text)
    if american not in language.ordinary and not language.misspelt(american):
        return True
    if word.text in reading.topic_words or any(word.text in term for term in reading.documented_bags):
        return True
    return any(word.text in bag(option.text) for option in reading.query.options)


def _plain_word(text: str, word: Word, technical: tuple[str, ...]) -> bool:
    """Tell whether a word may be one of ordinary prose: no abbreviation, no name, no technical ending."""
    written = text[word.start : word.end]
    if len(word.text) <= _SHORT or not word.text.isalpha() or written[1:] != written[1:].lower():
        return False
    named = text[word.start].isupper() and bool(text[: word.start].strip())
    return not named and not word.text.endswith(technical)


def names_are_no_verdicts(reading: Reading) -> Iterator[Finding]:
    """R-27, R-03: the name of a finding is no part of a definition and no verdict."""
    knowledge = reading.knowledge
    of_definition, sets = knowledge.vocabulary("definition_word"), knowledge.vocabulary("definition_set")
    judging, met = knowledge.vocabulary("judging_name"), knowledge.vocabulary("part_of_definition")
    for place, row in enumerate(reading.rows):
        field, said = f"indicators[{place}].name", row.name_words
        if said & _OF_THE_OFFICE:
            message = "The name carries an impression of the query's author."
            yield block("R-07", field, message, "Name what was measured or seen, as its source does.")
        if not reading.asks_for_new_condition or row.prior_encounter:
            continue
        if said & of_definition or (said & sets and said & met):
            found = block if said & met and said & of_definition else review
            for rule in ("R-03", "R-27"):
                message = "The name of the finding makes it part of a definition."
                yield found(rule, field, message, "Name the finding alone, as its source does.")
        elif said & judging and not any(said & judging & term for term in reading.documented_bags):
            yield review("R-07", field, "The name of the finding judges it.", "Name what was measured or seen.")


def names_and_terms_argue_nowhere(reading: Reading) -> Iterator[Finding]:
    """R-07, R-06: names, units, sources and documented terms hold no word of a sentence; roles name those who write."""
    for place, one in enumerate(reading.rows):
        parts = (("name", one.name, "R-07"), ("unit", one.unit, "R-06"), ("source", one.source, "R-06"))
        yield from _argues(reading, f"indicators[{place}]", parts, one.author_role)
    for place, entry in enumerate(reading.query.documented):
        terms = (("term", entry.term, "R-06"), ("source", entry.source, "R-06"))
        yield from _argues(reading, f"documented[{place}]", terms, entry.author_role)
        if bag(entry.author_role or "") & _OF_THE_OFFICE:
            message = "Somebody who asks is named as if he had documented it."
            yield review("R-06", f"documented[{place}].author_role", message, "Name what a provider documented.")


def _argues(
    reading: Reading, path: str, parts: tuple[tuple[str, str | None, str], ...], role: str | None
) -> Iterator[Finding]:
    arguing, roles = reading.knowledge.vocabulary("arguing_word"), reading.knowledge.vocabulary("role_word")
    for name, text, rule in parts:
        if text and _arguing(text, arguing):
            message = "A word of a sentence stands where only a name belongs."
            yield review(rule, f"{path}.{name}", message, "Name it plainly, as its source does.")
    if bag(role or "") - roles:
        yield review(
            "R-06", f"{path}.author_role", "The role is none of those who write in a record.", "Name the role."
        )


@lru_cache(maxsize=4096)
def _arguing(text: str, arguing: frozenset[str]) -> bool:
    """Tell whether a text holds a word of a sentence, written as a word and not as an abbreviation."""
    text = _RECURRING.sub(" ", text)
    said = bag(text) & arguing
    return bool(_COMPARED.search(text)) or (
        bool(said) and any(word.text in said and not text[word.start : word.end].isupper() for word in words(text))
    )
