"""The indicators themselves: sourced, dated, current (R-06, R-17). Whether they are objective: interpretation.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from compliance.findings import block, review
from compliance.knowledge import Knowledge
from compliance.reading import Passage, Reading
from compliance.rows import Row
from compliance.text import Span, bag, quotations, sentence_at, sentences
from compliance.times import DayNamed, days_named, days_of_month, moment
from schemas.check import CheckIndicator, Finding, QueryDocument

_DATE_ONLY = 10
_NO_TIME = timedelta()
_FEW = 3
# Days counted in months of 31: close enough to tell this stay from another one, without a calendar that can overflow.
_YEAR_OF_DAYS = 12 * 31
_NEAR = 3
# What stands before the last day of a span, which begins with another one.
_FROM_A_DAY = re.compile(r"\d ?(?:to|through|until|till|thru|-|–) ?$", re.IGNORECASE)
_BEFORE_IT = 10
# A result in a word, whatever is said of its height.
_RESULTS = frozenset({"positive", "negative", "reactive", "nonreactive", "detected"})
_CLAUSE = 60  # signs
# Day words that mean another date for each reader; "5 weeks ago" is a history as it was told and stays.
_ONE_DAY = frozenset({"today", "yesterday", "tonight", "tomorrow"})
_DAY_WORDS = _ONE_DAY | {"other", "earlier", "while", "this", "last", "next", "few", "couple"}
_RELATIVE = re.compile(
    r"\b(?:today|yesterday|tonight|tomorrow|the other day|earlier this (?:week|month|year)|a while (?:ago|back)"
    r"|(?:this|last|next) (?:morning|afternoon|evening|night|week|weekend|month|year)"
    r"|a (?:few|couple of) (?:days|weeks) ago)\b",
    re.IGNORECASE,
)
# Times that are no time: nobody can find the day in the record. In a row alone; a text may speak of recent imaging.
_SPANS_OF_TIME = r"(?:hours|days|weeks|months|years|shifts|nights)"
_SOME = r"(?:some|several|a few|few|a couple of|couple of|a number of|many)"
_FROM_NOW = r"(?:ago|back|after|before|later|earlier)"
_VAGUE_TIME = re.compile(
    rf"\b(?:recently|lately|of late|not (?:so |too |very )?long ago|(?:some|a long|a short) (?:time|while) {_FROM_NOW}"
    rf"|(?:a )?while {_FROM_NOW}|{_SOME} {_SPANS_OF_TIME} (?:{_FROM_NOW}|prior|since)|since {_SOME} {_SPANS_OF_TIME}"
    r"|for (?:ages|a while|a long time|some time|quite some time)|the other (?:night|morning|evening|week|month|shift)"
    r"|earlier (?:that|this|the same) (?:day|morning|evening|night|shift)"
    r"|(?:this|last|next) (?:past )?(?:shift|spring|summer|autumn|fall|winter)|these days|nowadays"
    rf"|in recent {_SPANS_OF_TIME}|(?:the )?past (?:few|couple of|several) {_SPANS_OF_TIME}"
    r"|at some (?:point|time)|ages ago|sometime|some day)\b",
    re.IGNORECASE,
)
_TIME_WORDS = _DAY_WORDS | frozenset(
    {
        *("recently", "lately", "late", "ago", "while", "time", "some", "several", "few", "couple", "number", "many"),
        *("ages", "other", "earlier", "last", "next", "this", "these", "nowadays", "recent", "past", "sometime"),
    }
)
# A history in a note, with who told it: its days are those of the note.
_TOLD_BY = re.compile(
    r"\b(?:per|according to|as told by|reported by|told by) (?:the |his |her |their )?"
    r"(?:patient|pt|family|facility|spouse|wife|husband|son|daughter|mother|father|mom|dad|parents?|sister|brother"
    r"|caregiver|staff|snf|nh|ems|neighbou?r|friend|witness(?:es)?|niece|nephew|aunt|uncle|aide|partner|group home"
    r"|roommate|guardian|teacher|coach|school)\b",
    re.IGNORECASE,
)
_PAST = frozenset(
    {
        *("historical", "history", "former", "past", "resolved", "remission", "prior", "previous", "old", "healed"),
        *("removed", "no"),
    }
)
_MENTIONING = frozenset({"h", "note", "summary", "consult", "history"})
_STAY = r"(?:stay|admission|visit|encounter|hospitali[sz]ation|episode|discharge|record|chart|year)s?"
_EARLIER_CARE = re.compile(
    rf"\b(?:(?:last|prior|previous|earlier|former|past|old) {_STAY}|problem list|(?:months|years?) ago|last month)\b",
    re.IGNORECASE,
)
# What comes before the day on which something was written or done; "by" and "until" look ahead.
_DONE_ON = re.compile(
    r"\b(?:documented|noted|recorded|charted|reported|listed|described|dictated|written|started|given|placed|removed"
    r"|measured|collected|drawn|obtained|performed|resulted|found|seen) (?:(?:on|in (?:the|your|his|her)"
    r"(?: [a-z&-]{1,15}){1,3} of) )?$",
    re.IGNORECASE,
)
# A request is of another day than the findings, and so is when the patient left, or is seen again.
_OF_ANOTHER_DAY = re.compile(
    r"\b(?:requests?|query|clarification|version|withdrawn|replace[sd]?|superseded?s?|closed|sent|answered|discharged?"
    r"|up to|reply|response|follow-up|appointment|transferred?|home|born|birth|surgery|operation|procedure"
    r"|order(?:ed)?|admission|admitted|until|through)\b",
    re.IGNORECASE,
)
_OPEN_MARK = re.compile(r"\W*\?\W*")
_YEAR = re.compile(r"(?<![\d.,/-])(?:19|20)\d{2}(?![\d.,])")


def sourced_and_traceable(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-06: an indicator has a name, a source (for it see sources.py) and a value that can be compared with it."""
    for name, text in (("name", row.name), ("value", row.value), ("source", row.source)):
        if not text or text.isspace():
            yield block("R-06", name, f"The indicator has no {name}.", f"Give its {name}.")
    said = frozenset[str]() if row.quoted else row.value_words
    if _OPEN_MARK.fullmatch(row.value or ""):
        yield block("R-06", "value", "The value is a question mark.", "Give the measured value or the quoted passage.")
    if said and said <= knowledge.vocabulary("empty_value"):
        message = "The value says nothing that can be found in the record."
        yield block("R-06", "value", message, "Give the measured value or the quoted passage.")
    elif _only_direction(knowledge, row.value, said):
        message = "The value gives a direction, not a measurement."
        yield review("R-06", "value", message, "Give the measured value and its unit.")


def _only_direction(knowledge: Knowledge, value: str, said: frozenset[str]) -> bool:
    if len(said) > _FEW or said.isdisjoint(knowledge.vocabulary("direction")) or said & _RESULTS:
        return False
    return not any(sign.isdigit() for sign in value)


def dated(reading: Reading) -> Iterator[Finding]:
    """R-06: each indicator has a time that can be read."""
    for place, when in enumerate(reading.observed):
        if when is None:
            yield _undated(f"indicators[{place}].observed_at", reading.query.indicators[place])


def units_fit(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-06: the unit of a finding is one that it can have, and holds no remark."""
    units, kinds = knowledge.units, knowledge.reader.kinds(row.name)
    if row.unit and units.strange(row.unit, knowledge.everyday_words):
        message = "The unit holds words that are no unit."
        yield review("R-06", "unit", message, "Give the unit as the laboratory writes it.")
    elif units.misfits(row, knowledge.reader) or (not row.quoted and units.exceeds(kinds, row.value, units.shown(row))):
        message = "What is measured cannot have this unit."
        suggestion = "Compare the value and its unit with the source."
        yield review("R-06", "unit" if row.unit else "value", message, suggestion)


def _undated(field: str, indicator: CheckIndicator) -> Finding:
    if not (indicator.observed_at or "").strip():
        return block("R-06", field, "The indicator has no date.", "Give the date and time of the finding.")
    return block("R-06", field, "The time cannot be read.", "Write an ISO 8601 date and time.")


def inside_the_encounter(reading: Reading) -> Iterator[Finding]:
    """R-17: what is older than this encounter carries the label of its prior encounter."""
    query = reading.query
    if not query.indicators:
        return
    if reading.start is None:
        yield review(
            "R-17",
            "encounter_started_at",
            "The start of the encounter is not known, so nobody can tell which findings are current.",
            "Give the start of the encounter.",
        )
        return
    for place, since in enumerate(reading.since_start):
        one = query.indicators[place]
        if not one.prior_encounter and _older(reading, since, one.observed_at):
            message = "The finding is older than this encounter and is not labelled so."
            suggestion = "Label it with its encounter and date, or take it out."
            yield block("R-17", f"indicators[{place}].observed_at", message, suggestion)


def _older(reading: Reading, since: timedelta | None, time: str | None) -> bool:
    """Tell whether a time is older than the encounter; `since`: how long after its start it is."""
    if since is None or since >= _NO_TIME:
        return False
    allowed = timedelta(hours=reading.knowledge.limits.window_hours)
    if len((time or "").strip()) <= _DATE_ONLY:  # a date alone may be any hour of its day
        allowed += timedelta(days=1)
    return -since > allowed


def current_evidence(reading: Reading) -> Iterator[Finding]:
    """R-17: prior findings never stand alone; a condition nobody evaluated now goes to a second person."""
    query = reading.query
    if not any(row.prior_encounter for row in reading.rows):
        return
    if not reading.current:
        if query.setting == "inpatient" or query.phase != "prospective":  # before a visit there are no others
            yield block(
                "R-17",
                "indicators",
                "Every finding comes from an earlier encounter.",
                "Show what was evaluated or treated now, or do not ask.",
            )
    elif not reading.chooses_among_statements and all(map(_only_mentions, reading.current)):
        yield review(
            "R-17",
            "indicators",
            "Nothing shows that the condition was evaluated or treated in this encounter.",
            "Show the current evaluation or treatment, or do not ask.",
        )


def nothing_is_current_by_old_findings(reading: Reading) -> Iterator[Finding]:
    """R-17: that a condition is current today rests on something of this encounter."""
    query = reading.query
    if query.category != "status" or query.phase == "prospective":
        return
    prior = frozenset(place for place, row in enumerate(reading.rows) if row.prior_encounter)
    for place, option in reading.clinical_options:
        if option.evidence and prior.issuperset(option.evidence) and not bag(option.text) & _PAST:
            message = "That the condition is current rests on an earlier encounter alone."
            suggestion = "Show what was evaluated or treated now, or do not ask."
            yield review("R-17", f"options[{place}].evidence", message, suggestion)


def vital_signs_alone_evaluate_nothing(reading: Reading) -> Iterator[Finding]:
    """R-17: where all that speaks of the condition is of earlier care, vital signs of today are no evaluation of it."""
    before = [row for row in reading.rows if row.prior_encounter]
    if not before or not reading.current or reading.query.phase == "prospective":
        return
    vitals = reading.knowledge.indicators.vitals
    if all(map(vitals.issuperset, _kinds(reading.current))) and not any(map(vitals.issuperset, _kinds(before))):
        message = "Of this encounter only vital signs are shown."
        yield review("R-17", "indicators", message, "Show the current evaluation or treatment, or do not ask.")


def _kinds(rows: Iterable[Row]) -> list[frozenset[str]]:
    """Return the classes of each row; of one of none a class that is no vital sign."""
    return [row.shown.kinds or frozenset({"none"}) for row in rows]


def _only_mentions(row: Row) -> bool:
    return row.quoted and not row.source_words.isdisjoint(_MENTIONING)


def dates_are_absolute(reading: Reading) -> Iterator[Finding]:
    """R-06: dates are absolute, in the author's own words everywhere. Single day words in prose: wording.py."""
    for passage in reading.prose:
        yield from _relative(passage, _ONE_DAY)


def dates_of_rows_are_absolute(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-06: so are the dates of a finding; what is quoted, or noted as somebody told it, stays as it was told."""
    noted = row.source_words & knowledge.vocabulary("narrative_source")
    for name, text in () if row.quoted else row.own:
        if bag(text).isdisjoint(_TIME_WORDS) or (noted and name == "value" and _TOLD_BY.search(row.value)):
            continue
        shown = Passage(name, text, (), quotations(text))
        yield from _relative(shown, frozenset())
        for found in _VAGUE_TIME.finditer(text):
            if shown.authored(found.start()):
                yield review("R-06", name, "The time cannot be found in the record.", "Write the date.", found.span())


def _relative(text: Passage, but: frozenset[str]) -> Iterator[Finding]:
    for found in _RELATIVE.finditer(text.text) if bag(text.text) & _DAY_WORDS else ():
        if text.authored(found.start()) and found.group().lower() not in but:
            yield review("R-06", text.field, "The date is relative.", "Write the date.", found.span())


def history_is_not_mined(reading: Reading) -> Iterator[Finding]:
    """R-17: no text carries a diagnosis of earlier care, that nobody documented now, into this query."""
    said = "\n".join((reading.query.context or "", reading.query.question))
    for text in (reading.context, reading.question) if _of_earlier_care(reading, said) else ():
        if text is None:
            continue
        spans = [span for span in sentences(text.text) if _of_earlier_care(reading, text.text[slice(*span)])]
        for hit in reading.new_diagnoses(text) if spans else ():
            if any(start <= hit.start < end for start, end in spans):
                message = "The text brings a diagnosis of earlier care into this encounter."
                suggestion = "Show what was evaluated or treated now; ask about what is documented now."
                yield block("R-17", text.field, message, suggestion, (hit.start, hit.end))


def _of_earlier_care(reading: Reading, said: str) -> bool:
    """Tell whether a sentence speaks of earlier care; a text in which none does does not, either."""
    earlier, years = _told(said)
    return earlier or (reading.start is not None and any(year < reading.start.year for year in years))


@lru_cache(maxsize=4096)
def _told(sentence: str) -> tuple[bool, tuple[int, ...]]:
    """Return whether a sentence speaks of earlier care, and the years that it names."""
    return bool(_EARLIER_CARE.search(sentence)), tuple(int(found.group()) for found in _YEAR.finditer(sentence))


def dates_are_of_this_encounter(reading: Reading) -> Iterator[Finding]:
    """R-26: no text speaks of a day that lies before this encounter, or of one that nothing shown carries."""
    query, start = reading.query, reading.start
    named = [(field, text, found) for field, text in _dated_texts(query) for found in days_named(text)]
    if start is None or not named or query.phase == "prospective":
        return
    known = _days_known(reading, start)
    latest = max(known)
    for field, text, found in named:
        day = _day_named(start, found)
        ahead = field == "title" and day > latest  # a heading that names days names no finding
        if day in known or ahead or found.text.rstrip(".") in _all_shown(query):
            continue
        quoted = reading.context.quoted if reading.context is not None and field == "context" else ()
        if day < -_NEAR or not _needs_no_finding(text, found, day, quoted):
            message = "Nothing that is shown carries this date."
            suggestion = "Check whether the text belongs to this encounter; give the date of this finding."
            yield review("R-26", field, message, suggestion, (found.start, found.end))


def _needs_no_finding(text: str, found: DayNamed, day: int, quoted: tuple[Span, ...]) -> bool:
    """Tell whether a day may stand without a finding: it ends a span, or is one of a quotation or of the query."""
    if day >= 0 and _ends_a_span(text, found) and not _done_on(text, found):
        return True
    if not _done_on(text, found) and _OF_ANOTHER_DAY.search(text, max(0, found.start - _CLAUSE // 2), found.start):
        return True
    start, end = sentence_at(text, found.start) or (0, len(text))
    return any(start <= low < end for low, _ in quoted)


def _ends_a_span(text: str, found: DayNamed) -> bool:
    """Tell whether a day ends a span of days ("02/05 to 02/07"), which need not end with a finding."""
    return bool(_FROM_A_DAY.search(text[max(0, found.start - _BEFORE_IT) : found.start]))


def _done_on(text: str, found: DayNamed) -> bool:
    """Tell whether a text says that something was written or done on a day: none lies behind all that is shown."""
    return bool(_DONE_ON.search(text[max(0, found.start - _CLAUSE) : found.start]))


def days_alone_are_of_this_encounter(reading: Reading) -> Iterator[Finding]:
    """R-26: a day that a text names by its number alone ("on the 21st") is one of the record's."""
    query = reading.query
    named = [(field, found) for field, text in _dated_texts(query) for found in days_of_month(text)]
    if not named or query.phase == "prospective":
        return
    known = {when.day for when in _moments(reading)}
    for field, found in named:
        if int(found.group(1)) not in known:
            message = "Nothing that is shown carries this date."
            suggestion = "Write the date of this finding in full."
            yield review("R-26", field, message, suggestion, found.span())


def _dated_texts(query: QueryDocument) -> tuple[tuple[str, str], ...]:
    """Return the texts that may name a day, with their fields."""
    return ("title", query.title), ("context", query.context or ""), ("question", query.question)


def _days_known(reading: Reading, start: datetime) -> set[int]:
    """Return the days that the document's times name, and those on which they fall in the zone of the encounter."""
    moments = _moments(reading)
    if start.tzinfo is not None:
        moments += [when.astimezone(start.tzinfo) for when in moments if when.tzinfo not in (None, start.tzinfo)]
    return {_day_from(start, when.year, when.month, when.day) for when in moments}


def _moments(reading: Reading) -> list[datetime]:
    others = [reading.query.admission_order_at, *[one.recorded_at for one in reading.query.documented]]
    return [when for when in (reading.start, *reading.observed, *map(moment, others)) if when is not None]


def _all_shown(query: QueryDocument) -> str:
    shown = (*(f"{one.name} {one.value}" for one in query.indicators), *(entry.term for entry in query.documented))
    return " ".join(shown)


def findings_are_of_this_encounter(reading: Reading) -> Iterator[Finding]:
    """R-26: no finding is dated so long after the start that it must be of another encounter."""
    for place, since in enumerate(reading.since_start):
        if since is not None and since.days > reading.knowledge.limits.stay_days:
            message = "The finding is dated long after the start of this encounter."
            suggestion = "Check the date, and whether the finding is of this encounter."
            yield review("R-26", f"indicators[{place}].observed_at", message, suggestion)


def _day_from(start: datetime, year: int, month: int, day: int) -> int:
    """Return how many days lie between the start of the encounter and a day, in months of 31."""
    return (year - start.year) * _YEAR_OF_DAYS + (month - start.month) * 31 + day - start.day


def _day_named(start: datetime, found: DayNamed) -> int:
    """Return the day that a text names, from the start of the encounter; without a year it is the nearest one."""
    if found.year is not None:
        return _day_from(start, found.year, found.month, found.day)
    return min((_day_from(start, start.year + one, found.month, found.day) for one in (-1, 0, 1)), key=abs)


def documented_in_this_encounter(reading: Reading) -> Iterator[Finding]:
    """R-17: what is documented was written in this encounter."""
    if reading.query.phase == "prospective":  # before a visit, its order and its forms are the documentation
        return
    for place, entry in enumerate(reading.query.documented):
        if _older(reading, reading.since(moment(entry.recorded_at)), entry.recorded_at):
            message = "The documentation is older than this encounter."
            yield review(
                "R-17", f"documented[{place}].recorded_at", message, "Name what is documented in this encounter."
            )
