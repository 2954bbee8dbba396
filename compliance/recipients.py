"""Who is asked, and for what (R-23, R-28)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compliance.findings import block, review
from compliance.reading import Reading
from compliance.rows import Row
from compliance.text import bag
from schemas.check import CheckIndicator, CheckOption, CheckTerm, Finding

# They report findings; a conflict is between those who treat.
_REPORTERS = frozenset({"radiologist", "pathologist", "cardiologist"})
_REPORTING = frozenset({"pathologist", "radiologist"})
_TOGETHER = frozenset({"both", "bilateral"})
_JOINS = re.compile(r"\b(?:and|with|plus)\b", re.IGNORECASE)
# Two causes, two times and two conditions by that name may hold together; two readings of one finding perhaps not.
_MAY_BOTH_HOLD = re.compile(
    r"\b(?:due to|caused by|because of|from) both\b|\bat different\b|\bboth (?:causes|conditions|fractures|injuries)\b",
    re.IGNORECASE,
)
_STEM = 6
_TWO = 2
_MANY_WORDS = 12
_UNEVEN = 4  # times
_SHORT = 3
_STEPS = frozenset(
    {
        "stage",
        "depth",
        "layer",
        "layers",
        "thickness",
        "degree",
        "extent",
        "severity",
        "grade",
        "size",
        "class",
        "tissue",
        "site",
        "side",
    }
)
_SIDES = frozenset({"left", "right", "side", "upper", "lower", "middle", "lobe", "lingula", "lingular"})


def accountable(reading: Reading) -> Iterator[Finding]:
    """R-28: a diagnosis is asked of a provider accountable for it; others only for what they may document."""
    query = reading.query
    if query.recipient_role in reading.knowledge.accountable_roles:
        return
    limited = reading.knowledge.roles.get(query.recipient_role)
    if limited is None:
        yield block(
            "R-28",
            "recipient_role",
            f"The role {query.recipient_role} may not answer a query.",
            "Ask a provider who treated the patient.",
        )
    elif (
        query.category not in limited.categories or not _about(reading, limited.topics) or not _asks_for_a_step(reading)
    ):
        yield block(
            "R-28",
            "recipient_role",
            f"The role {query.recipient_role} may not answer this.",
            "Ask a provider who treated the patient; ask this role only for what it may document.",
        )


def _asks_for_a_step(reading: Reading) -> bool:
    """Tell whether a limited role is asked how far a documented condition goes, not which condition it is."""
    said = bag(f"{reading.query.title} | {reading.query.question}")
    if reading.query.category != "specificity" or said & _STEPS:
        return True
    find = reading.knowledge.recorded_index.find
    named = {hit.payload.concept for _, option in reading.clinical_options for hit in find(option.text)}
    return named <= reading.documented_concepts


def _about(reading: Reading, topics: frozenset[str]) -> bool:
    return any(topics & term for term in reading.documented_bags) and bool(
        topics & bag(f"{reading.query.title} | {reading.query.question}")
    )


def _own_conflict(reading: Reading) -> bool:
    """Tell whether one author contradicts himself: then he is asked (R-23, exception)."""
    authors = {entry.author_role for entry in reading.query.documented}
    return authors == {reading.query.recipient_role}


def conflict_to_attending(reading: Reading) -> Iterator[Finding]:
    """R-23: a conflict is put to the attending, with both statements quoted."""
    query = reading.query
    if query.category != "conflict":
        return
    if query.recipient_role != "attending" and not _own_conflict(reading):
        yield block(
            "R-23",
            "recipient_role",
            "A conflict between practitioners is not put to the attending.",
            "Address the attending; the authors may get a copy.",
        )
    if _statements(reading) < 2:
        yield block(
            "R-23",
            "indicators",
            "Fewer than two statements of practitioners are quoted.",
            "Quote both statements with author and date.",
        )


def both_sides_are_shown(reading: Reading) -> Iterator[Finding]:
    """R-23: each of two readings is quoted or told where the other one is, and in about as many words."""
    terms = _standing_terms(reading)
    if reading.query.category != "conflict" or len(terms) < _TWO:
        return
    shown = [list(_statement_rows(reading, entry, terms)) for entry in terms]
    if any(shown) and not all(shown):
        message = "One of the readings is quoted, another is not."
        yield review("R-23", "indicators", message, "Quote each statement with its author and date.")
    elif _is_uneven([sum(len(row.value.split()) for row in rows) for rows in shown]):
        message = "One of the readings is given far more room than another."
        yield review("R-23", "indicators", message, "Quote each statement at about the same length.")


def _statement_rows(reading: Reading, entry: CheckTerm, terms: list[CheckTerm]) -> Iterator[Row]:
    """Yield the rows that show a reading: of its document and author, or quoted with the words of it alone."""
    others = frozenset[str]().union(*(bag(other.term) for other in terms if other is not entry))
    apart = {word[:_STEM] for word in bag(entry.term) - others if len(word) > _SHORT}
    for row in reading.rows:
        of_the_author = (row.source, row.author_role) == (entry.source, entry.author_role)
        if of_the_author or (row.quoted and apart & {word[:_STEM] for word in row.value_words}):
            yield row


def _is_uneven(lengths: list[int]) -> bool:
    """Tell whether one reading has many words, and several times as many as another."""
    return max(lengths) >= _MANY_WORDS and max(lengths) >= _UNEVEN * max(1, min(lengths))


def readings_of_a_conflict(reading: Reading) -> Iterator[Finding]:
    """R-23: the options list each documented reading, and both together only where both can be true."""
    if reading.query.category != "conflict" or reading.query.response_type != "multiple_choice":
        return
    for place in _not_offered(reading):
        message = "This documented reading is not among the options."
        suggestion = "List each documented reading in the same form."
        yield review("R-23", f"documented[{place}].term", message, suggestion)
    for place, option in reading.clinical_options:
        if bag(option.text) & _TOGETHER or _JOINS.search(option.text):
            yield from _both_at_once(reading, f"options[{place}].text", option)


def _both_at_once(reading: Reading, field: str, option: CheckOption) -> Iterator[Finding]:
    readings = [bag(entry.term) for entry in _providers_terms(reading)]
    apart = frozenset[str]().union(*readings) - frozenset.intersection(*readings) if readings else frozenset[str]()
    if any(left <= apart and right <= apart for left, right in _exclusive(reading)):
        message = "The two readings exclude each other."
        yield block("R-23", field, message, "Offer both only where both can be true.")
    elif bag(option.text) & _TOGETHER and not apart & _SIDES and not _MAY_BOTH_HOLD.search(option.text):
        message = "Whether both statements can be true cannot be told."
        yield review("R-23", field, message, "Offer both only where both can be true.")


def _exclusive(reading: Reading) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Yield pairs of words of which only one can be true of a condition."""
    for pair in reading.knowledge.vocabulary("exclusive"):
        left, _, right = pair.partition("/")
        yield bag(left), bag(right)


def _not_offered(reading: Reading) -> Iterator[int]:
    """Yield the documented readings of which no option has a word that sets this reading apart from the others."""
    roles: frozenset[str] = reading.knowledge.accountable_roles
    plain = reading.knowledge.vocabulary("joining")
    bags = {
        place: bag(entry.term) - plain
        for place, entry in enumerate(reading.query.documented)
        if entry.author_role in roles
    }
    offered = frozenset[str]().union(*(bag(option.text) for _, option in reading.clinical_options))
    for place, own in bags.items():
        apart = own - frozenset[str]().union(*(other for at, other in bags.items() if at != place))
        telling = {word[:_STEM] for word in apart if len(word) > _SHORT}
        silent = len(bags) > 1 and telling and not apart & offered and not telling & {word[:_STEM] for word in offered}
        if silent and not _offered_by_meaning(reading, reading.query.documented[place].term):
            yield place


def _offered_by_meaning(reading: Reading, term: str) -> bool:
    find = reading.knowledge.recorded_index.find
    concepts = {hit.payload.concept for hit in find(term)}
    return any(hit.payload.concept in concepts for _, option in reading.clinical_options for hit in find(option.text))


def _providers_terms(reading: Reading) -> list[CheckTerm]:
    roles: frozenset[str] = reading.knowledge.accountable_roles
    return [entry for entry in reading.query.documented if entry.author_role in roles]


def _standing_terms(reading: Reading) -> list[CheckTerm]:
    """Return what stands against each other: providers' terms, and beside one of them those of a report."""
    terms = _providers_terms(reading)
    reports = [entry for entry in reading.query.documented if entry.author_role in _REPORTING]
    return [*terms, *reports] if terms else []


def _statements(reading: Reading) -> int:
    """Return how many statements of different authors the query shows: quoted, documented, or in the context."""
    quoted = {
        (one.source or "", one.author_role or "", _day(one.observed_at))
        for one in reading.query.indicators
        if one.quoted and _is_statement(one)
    }
    documented = {
        (entry.source or "", entry.author_role or "", _day(entry.recorded_at)) for entry in _standing_terms(reading)
    }
    authors = {author[:2] for author in quoted} | {author[:2] for author in documented}
    in_context = len(reading.context.quoted) if reading.context else 0
    return max(len(quoted), len(documented), len(authors)) + in_context


def _day(time: str | None) -> str:
    return (time or "")[:10]


def _is_statement(indicator: CheckIndicator) -> bool:
    if indicator.author_role is None:
        return bool(bag(indicator.source or "") & {"note", "h", "consult", "summary"})
    return indicator.author_role not in _REPORTERS
