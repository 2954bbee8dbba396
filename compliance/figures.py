"""Numbers that the author wrote agree with the record (R-35)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from compliance.dates import DATE_OR_CLOCK
from compliance.findings import block, review
from compliance.reading import Passage, Reading
from compliance.rows import numbers_in, plain_number
from compliance.text import Span, bag, inside, sentence_at, sentences
from compliance.times import days_named, days_of_month
from schemas.check import Finding

# The hour of a date, as it is written after it: "21 May, 0800".
_HOUR = re.compile(r"(?:,| at) ?(?:[01]\d|2[0-3])[0-5]\d\b(?: (?:h|hrs|hours)\b)?")
_NUMBER = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?")
_UNIT = re.compile(
    r"\s?(?:[%/]|(?:mg|mcg|g|kg|units?|ml|l|liters?|litres?|mmol|meq|mm|cm|bpm|days?|weeks?|months?|hours?|h|doses?|times)\b)",
    re.IGNORECASE,
)
# "GCS was 3": a score of one sign.
_CLINICAL_UNIT = re.compile(
    r"\s?(?:mg|mcg|kg|units/|ml|mmol|meq|mmhg|ng|pg|g/dl|bpm|% on|percent on)(?![a-z])", re.IGNORECASE
)
_NAMED_BEFORE = re.compile(
    r"\b([A-Za-z][\w-]{1,12})(?: score)?(?: (?:was|is|of|at|to|down to|fell to|dropped to)| ?[:=])? ?$"
)
_STATED = re.compile(
    r"\b([A-Za-z][\w-]{2,20})(?: (?:levels?|values?|results?|readings?|score|count|iv|po|dose))?"
    r"(?: (?:was|is|were|are|of|at|to|up|down|rose|fell|stood|peaked|reached|dropped|went|climbed|came|had|been"
    r"|measured|nearly|about|only|even|as|high|low|again|later|then)){0,4} ?[(:=]? ?$",
    re.IGNORECASE,
)
# How often: "twice", "three times", "2 doses", "x2". A rate ("twice daily") is no count.
_UP_TO_TEN = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: place for place, word in enumerate(_UP_TO_TEN, 1)} | {
    "once": 1,
    "twice": 2,
    "thrice": 3,
    "a single": 1,
    "single": 1,
}
_LASTING = re.compile(
    rf"\bfor ({'|'.join(_UP_TO_TEN)}) (?:hours|days|weeks|months|years|nights|shifts)\b", re.IGNORECASE
)
_ANY_EVENT = frozenset({"", "time", "occasion", "dose", "administration"})
_NUMBER_WORD = rf"(?:a )?single|\d{{1,2}}|{'|'.join(_UP_TO_TEN)}"
_RATE = (
    r"/|daily|weekly|monthly|nightly|hourly|as |the\b|normal\b|upper\b"
    r"|(?:an?|per|each|every|the) (?:\w+ )?(?:day|week|month|year|hour|night|shift)"
)
_COUNT = re.compile(
    rf"(?:\b(once|twice|thrice)\b()|(?<![\w./:-])({_NUMBER_WORD}) (?:separate |further |more |other )?"
    r"(times|occasions?|doses?|administrations?|bolus(?:es)?|episodes?|falls?|seizures?|stools?|sessions?"
    r"|transfusions?|attempts?|injections?|infusions?|shocks?|vomits?)\b"
    rf"|(?<!\w)[x×] ?(\d{{1,2}})\b(?! ?(?:\d|[a-z%]))())(?!,? ?(?:{_RATE}))",
    re.IGNORECASE,
)
Count = tuple[int, str]
"""How often, and of what where it is said ("bolus")."""
_TELLS = re.compile(r"\b(?:was|were|had|received|required|started|showed|grew|got|needed|underwent)\b", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:please|pls|clarify|indicate|specify|state|which|what|whether|why|if any|if known)\b", re.IGNORECASE
)
_OF_NOTES = frozenset({"statement", "history", "consult_order"})
_DIGIT, _LETTER = re.compile(r"\d"), re.compile(r"[A-Za-z]")
_LONG = 3


def numbers_agree(reading: Reading) -> Iterator[Finding]:
    """R-35: context and question add no value, and state none otherwise than the indicators and the record do.

    A footer holds numbers of telephones, policies and definitions; there a value is one with its name before it.
    """
    for text in _telling(reading):
        if not _DIGIT.search(text.text) or (text.field == "question" and reading.question_is_approved):
            continue
        dates = tuple(sorted(_dates(text.text)))
        for span in sentences(text.text):
            if text.field != "footer" or not reading.cites(text.field, span[0]):
                yield from _in_sentence(reading, text, span, dates)


def durations_agree(reading: Reading) -> Iterator[Finding]:
    """R-35: how long something lasted is told, in words too, as the record tells it ("held for five days")."""
    for text in _telling(reading):
        lasting = _lasting(text.text)
        if not lasting or (text.field == "question" and reading.question_is_approved):
            continue
        for found in lasting:
            number = str(_UP_TO_TEN.index(found[1].lower()) + 1)
            around = sentence_at(text.text, found.start()) or (0, 0)
            told = bag(text.text[slice(*around)]) & _measured_names(reading)
            if told and not _in_record(reading, number, found[1].lower()) and text.authored(found.start()):
                message = "How long it lasted stands neither in an indicator nor in the record."
                yield review(
                    "R-35", text.field, message, "Show it as an indicator, with source and time.", found.span()
                )


@lru_cache(maxsize=1024)
def _lasting(text: str) -> tuple[re.Match[str], ...]:
    return tuple(_LASTING.finditer(text))


def _in_record(reading: Reading, number: str, word: str) -> bool:
    """Tell whether a row or a documented term holds a number, in digits or as a word."""
    rows = ((row.numbers, row.value_words) for row in reading.rows)
    terms = ((numbers_in(entry.term), bag(entry.term)) for entry in reading.query.documented)
    return any(number in numbers or word in words for numbers, words in (*rows, *terms))


def _telling(reading: Reading) -> Iterator[Passage]:
    yield from (text for text in (reading.context, reading.question, reading.footer) if text is not None)


def _dates(text: str) -> Iterator[Span]:
    """Yield where dates and hours stand. Whether a day is one of this encounter: evidence.py."""
    yield from (found.span() for found in DATE_OR_CLOCK.finditer(text))
    for day in days_named(text):
        yield day.start, day.end
        hour = _HOUR.match(text, day.end)
        if hour is not None:
            yield hour.span()
    yield from (found.span() for found in days_of_month(text))


def _in_sentence(reading: Reading, text: Passage, span: Span, dates: tuple[Span, ...]) -> Iterator[Finding]:
    for found in _NUMBER.finditer(text.text, *span):
        if inside(found.start(), dates) or not _is_value(reading, text.text, found):
            continue
        if plain_number(found.group()) in reading.shown_numbers:
            continue
        said = bag(text.text[slice(*span)])
        named = text.field != "footer" and not said.isdisjoint(_measured_names(reading))
        if not text.authored(found.start()):
            if not any(span[0] <= low < span[1] for low, _ in dates):  # with its date, a quotation stands as it is
                message = "The quotation holds a number that no indicator and no documented term shows."
                yield review(
                    "R-35", text.field, message, "Show it as an indicator, with source and time.", found.span()
                )
        elif _defines(reading, text, said):
            continue
        elif named or _is_named(reading, text, found):
            message = "The number is another than the one that the indicator or the record shows."
            yield block("R-35", text.field, message, "Correct the number, or leave it to the indicator.", found.span())
        elif text.field != "footer" or _is_clinical(reading, text.text, found):
            message = "The number stands neither in an indicator nor in the record."
            yield review("R-35", text.field, message, "Show it as an indicator, with source and time.", found.span())


def _defines(reading: Reading, text: Passage, said: frozenset[str]) -> bool:
    """Tell whether a sentence of a footer gives the numbers of a definition."""
    return text.field == "footer" and not said.isdisjoint(reading.knowledge.vocabulary("reference"))


def _is_value(reading: Reading, text: str, found: re.Match[str]) -> bool:
    """Tell whether a number is a measured value: of two signs or more, or with a unit; not a section or a stage."""
    written = len(found.group().rstrip(",")) > 1 or _UNIT.match(text, found.end())
    if not written and _name_before(text, found) not in reading.knowledge.measured_names:
        return False
    before = text[max(0, found.start() - 14) : found.start()].lower().rstrip(" #.").rsplit(" ", 1)[-1]
    return before not in reading.knowledge.vocabulary("counting")


def _name_before(text: str, found: re.Match[str]) -> str:
    """Return the word that says what a number is of ("GCS was 3"), in lower case."""
    before = text[max(0, found.start() - 30) : found.start()]
    named = _NAMED_BEFORE.search(before) if _LETTER.search(before) else None
    return named.group(1).lower() if named else ""


def _is_named(reading: Reading, text: Passage, found: re.Match[str]) -> bool:
    """Tell whether the name of a finding that is shown stands right before a number."""
    if _name_before(text.text, found) in reading.heard.names:
        return True
    return (
        _stated_of(text.text, found.start()) in _measured_names(reading) - reading.knowledge.language.words["function"]
    )


def _is_clinical(reading: Reading, text: str, found: re.Match[str]) -> bool:
    """Tell whether a number is one of a patient: of something that is measured, or with a clinical unit."""
    return bool(_CLINICAL_UNIT.match(text, found.end())) or (
        _stated_of(text, found.start()) in reading.knowledge.measured_names
    )


def _stated_of(text: str, place: int) -> str:
    """Return the word of which a number is stated right before it ("the trough of 28", "creatinine peaked at 3.2")."""
    stated = _STATED.search(text[max(0, place - 50) : place])
    return stated.group(1).lower() if stated else ""


def _measured_names(reading: Reading) -> frozenset[str]:
    return frozenset(word for word in reading.heard.names if len(word) > _LONG)


def counts_agree(reading: Reading) -> Iterator[Finding]:
    """R-35: how often something happened or was given is told as the indicators tell it."""
    for text in _telling(reading):
        if _counts(text.text):
            for span in sentences(text.text):
                yield from _counts_in_sentence(reading, text, span)


def _counts_in_sentence(reading: Reading, text: Passage, span: Span) -> Iterator[Finding]:
    said = frozenset(word for word in bag(text.text[slice(*span)]) if len(word) > _LONG)
    rows = [row for row in reading.rows if row.name_words & said]
    shown = [count for row in rows for count in _counts(row.text)]
    for found in _COUNT.finditer(text.text, *span) if shown else ():
        if text.authored(found.start()) and _is_another(_count(found), shown, len(rows)):
            message = "The indicators tell another number of times."
            yield review("R-35", text.field, message, "Correct the number, or leave it to the indicator.", found.span())


@lru_cache(maxsize=1024)
def _counts(text: str) -> tuple[Count, ...]:
    return tuple([_count(found) for found in _COUNT.finditer(text)])


def _count(found: re.Match[str]) -> Count:
    number, thing = next((found[one].lower(), found[one + 1] or "") for one in (1, 3, 5) if found[one])
    thing = thing.lower()
    thing = "bolus" if thing == "boluses" else thing.removesuffix("s")
    return _NUMBERS.get(number) or int(number), "" if thing in _ANY_EVENT else thing


def _is_another(told: Count, shown: list[Count], rows: int) -> bool:
    """Tell whether a count is another than those shown, of one row and of all rows together."""
    number, thing = told
    alike = [count for count, of in shown if of == thing or "" in (of, thing)]
    return bool(alike) and number not in {*alike, sum(alike)} and not 1 < rows == number


def facts_are_shown(reading: Reading) -> Iterator[Finding]:
    """R-35: what the author tells of tests and treatment, without its date and source, is shown as a finding."""
    told = [text for text in _telling(reading) if _TELLS.search(text.text)]
    shown = frozenset(kind for row in reading.rows for kind in row.shown.kinds) if told else frozenset()
    for text in told:
        for start, end in sentences(text.text):
            if not _is_told(reading, text, start, end):
                continue
            kinds = frozenset(reading.knowledge.reader.kinds(text.text[start:end].lower())) - _OF_NOTES - shown
            if kinds:
                message = "The text tells of a test or a treatment that no indicator shows."
                yield review(
                    "R-35", text.field, message, "Show it as an indicator, with source and time.", (start, end)
                )


def _is_told(reading: Reading, text: Passage, start: int, end: int) -> bool:
    """Tell whether a sentence states something in the author's own words, without a date and without asking."""
    said = text.text[start:end]
    if said.rstrip().endswith("?") or not _TELLS.search(said) or _ASKS.search(said):
        return False
    return not days_named(said) and text.authored(start) and not any(start <= low < end for low, _ in text.quoted)


def quotations_agree(reading: Reading) -> Iterator[Finding]:
    """R-35: what the context quotes of a report is what the report says where it is shown."""
    context = reading.context
    if context is None or not context.quoted:
        return
    reports = reading.knowledge.vocabulary("report_source")
    rows = [row for row in reading.rows if row.quoted and row.source_words & reports]
    for low, high in sentences(context.text) if rows else ():
        said = bag(context.text[low:high])
        shown = [row.value_words for row in rows if row.source_words <= said]
        for start, end in context.quoted if shown else ():
            if not low <= start < high:
                continue
            quoted = frozenset(word for word in bag(context.text[start:end]) if len(word) > _LONG)
            if quoted and all(len(quoted & words) * 2 < len(quoted) for words in shown):
                message = "The quotation says something else than the report that is shown."
                yield review("R-35", context.field, message, "Quote the report as it is shown.", (start, end))
