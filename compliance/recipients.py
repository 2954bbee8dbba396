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
# Of these, a report stands against what a provider wrote: it names a condition.
_NAMING_CONDITIONS = frozenset({"pathologist", "radiologist"})
_TOGETHER = frozenset({"both", "bilateral"})
_JOINS = re.compile(r"\b(?:and|with|plus)\b", re.IGNORECASE)
# Two causes, two times and two conditions by that name may hold together; two readings of one finding perhaps not.
_MAY_BOTH_HOLD = re.compile(
    r"\b(?:due to|caused by|because of|from) both\b|\bat different\b|\bmixed\b"
    r"|\bboth (?:causes|conditions|fractures|injuries)\b",
    re.IGNORECASE,
)
_CAUSED = re.compile(r"\b(?:due to|caused by|because of|secondary to)\b", re.IGNORECASE)
_ASIDE = re.compile(r"[,;:(]| [-–—] ")
_STEM = 6
_TWO = 2
_MANY_WORDS = 12
_UNEVEN = 4  # times
_SHORT = 3
# What a reading says is not there; where one says so and another does not, each needs an answer of its own.
DENYING = frozenset(
    {
        *("no", "not", "without", "denies", "absent", "resolved", "former", "ruled", "excluded", "removed"),
        *("never", "negative", "healed", "history", "past"),
    }
)
_DENIES = re.compile(r"\b(?:no|not|without|rather than|instead of)\b", re.IGNORECASE)
_NOT_ONE = frozenset({"neither", "both"})
_STATUS = frozenset(
    {
        *("present", "place", "current", "currently", "active", "confirmed", "existing", "ongoing", "still"),
        *("there", "persisting", "persistent", "remaining", "ruled", "out", "by", "as", "of", "on", "in", "at"),
        *("since", "until", "yes", "use", "status", "diagnosis", "condition"),
    }
)
_NAMED_DOCUMENT = re.compile(
    r"\b([A-Za-z]{2,20}) (?:note|report|summary|consult|consultation|letter|dictation)\b", re.IGNORECASE
)
# What documents are also called.
_CALLED = {
    "operative": frozenset({"operative", "operation", "op", "surgeon", "surgical"}),
    "surgical": frozenset({"operative", "operation", "op", "surgeon", "surgical"}),
    "emergency": frozenset({"emergency", "ed", "er"}),
    "radiology": frozenset({"radiology", "radiologist", "ct", "mri", "imaging", "film", "radiograph", "ultrasound"}),
    "imaging": frozenset({"radiology", "radiologist", "ct", "mri", "imaging", "film", "radiograph", "ultrasound"}),
    "biopsy": frozenset({"biopsy", "pathology", "pathologist", "histology", "cytology"}),
    "nursing": frozenset({"nursing", "nurse", "nurses", "rn"}),
    "pathology": frozenset({"pathology", "pathologist", "biopsy", "histology", "cytology"}),
}
_QUOTE_BOTH = "Quote each statement with its author and date."
_STEPS = frozenset(
    {
        *("stage", "depth", "layer", "layers", "thickness", "degree", "extent", "severity", "grade", "size"),
        *("class", "tissue", "site", "side"),
    }
)
_PAIRED = frozenset({"left", "right", "upper", "lower", "middle"})
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
    terms = _without_open_ones(_standing_terms(reading))
    if reading.query.category != "conflict" or len(terms) < _TWO:
        return
    shown = [list(_statement_rows(reading, entry, terms)) for entry in terms]
    if any(shown) and not all(shown):
        message = "One of the readings is quoted, another is not."
        yield review("R-23", "indicators", message, "Quote each statement with its author and date.")
    elif _is_uneven([sum(len(row.value.split()) for row in rows) for rows in shown]):
        message = "One of the readings is given far more room than another."
        yield review("R-23", "indicators", message, "Quote each statement at about the same length.")


def _without_open_ones(terms: list[CheckTerm]) -> list[CheckTerm]:
    """Return the terms that take a side: one that says less than another ("splenic laceration") leaves it open."""
    return [entry for entry in terms if not any(bag(entry.term) < bag(other.term) for other in terms)]


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
    for place in _sides_not_offered(reading):
        message = "This documented reading is not among the options."
        suggestion = "List each documented reading in the same form."
        yield review("R-23", f"documented[{place}].term", message, suggestion)
    for place, option in reading.clinical_options:
        if bag(option.text) & _TOGETHER or _JOINS.search(option.text):
            yield from _both_at_once(reading, f"options[{place}].text", option)


def no_reading_is_named_alone(reading: Reading) -> Iterator[Finding]:
    """R-23: title and question name each documented reading, or none: "which side is correct, the left?"."""
    if reading.query.category not in ("conflict", "laterality") or reading.query.response_type != "multiple_choice":
        return
    answers = [bag(option.text) for _, option in reading.clinical_options if not bag(option.text) & _TOGETHER]
    for text in (reading.title, reading.question) if len(answers) > 1 else ():
        said = frozenset[str]() if text is None else bag(text.text) & _PAIRED
        named = [answer for answer in answers if answer & said]
        if text is not None and len(named) == 1 and any(answer & (_PAIRED - said) for answer in answers):
            message = "One of the readings is named, another is not."
            yield review("R-23", text.field, message, "Name both statements with author and date, or none.")


def _both_at_once(reading: Reading, field: str, option: CheckOption) -> Iterator[Finding]:
    readings = [bag(entry.term) for entry in _providers_terms(reading)]
    apart = frozenset[str]().union(*readings) - frozenset.intersection(*readings) if readings else frozenset[str]()
    if any(left <= apart and right <= apart for left, right in _exclusive(reading)):
        message = "The two readings exclude each other."
        yield block("R-23", field, message, "Offer both only where both can be true.")
    elif bag(option.text) & _TOGETHER and not apart & _SIDES and not _is_of_both(reading, option.text):
        message = "Whether both statements can be true cannot be told."
        yield review("R-23", field, message, "Offer both only where both can be true.")


def _is_of_both(reading: Reading, text: str) -> bool:
    """Tell whether two readings may hold together as an option says it, or make a condition with a name of its own."""
    if _MAY_BOTH_HOLD.search(text) or all(_CAUSED.search(entry.term) for entry in _providers_terms(reading)):
        return True
    if _are_different_conditions(reading):
        return True
    apart = frozenset[str]().union(*(_concepts(reading, entry.term) for entry in _providers_terms(reading)))
    return bool(_concepts(reading, _ASIDE.split(text, maxsplit=1)[0]) - apart)


def _are_different_conditions(reading: Reading) -> bool:
    """Tell whether two readings name conditions of which neither is a form, a degree or a denial of the other."""
    terms = _providers_terms(reading)
    if len(terms) != _TWO or any(_denying(entry.term) for entry in terms):
        return False
    one, other = (_concepts(reading, entry.term) for entry in terms)
    nouns, others = (bag(entry.term) - reading.knowledge.words_of("joining", "finer") for entry in terms)
    return bool(one and other) and not (nouns & others or _kin(reading, one, other))


def _kin(reading: Reading, one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether both have a condition in common, be it a broader one."""
    broader = reading.knowledge.broader
    above, above_other = (frozenset[str]().union(*map(broader.__getitem__, these)) for these in (one, other))
    return bool(above & above_other)


def _exclusive(reading: Reading) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Yield pairs of words of which only one can be true of a condition."""
    for pair in reading.knowledge.vocabulary("exclusive"):
        left, _, right = pair.partition("/")
        yield bag(left), bag(right)


def _sides_not_offered(reading: Reading) -> Iterator[int]:
    """Yield the documented readings that no option offers; beside two that one does, only those that a row shows."""
    missing, terms = list(_not_offered(reading)), _providers_terms(reading)
    for place in missing:
        entry = reading.query.documented[place]
        rows = _statement_rows(reading, entry, terms)
        if len(terms) - len(missing) < _TWO or any(not _is_of_another(row, entry, terms) for row in rows):
            yield place


def _is_of_another(row: Row, entry: CheckTerm, terms: list[CheckTerm]) -> bool:
    """Tell whether a row shows what another statement says, and names this reading in passing."""
    authors = {(other.source, other.author_role) for other in terms if other is not entry}
    return (row.source, row.author_role) in authors - {(entry.source, entry.author_role)}


def _not_offered(reading: Reading) -> Iterator[int]:
    """Yield the documented readings that no option offers: neither by their words, nor by meaning, nor as a status."""
    roles: frozenset[str] = reading.knowledge.accountable_roles
    terms = {place: entry.term for place, entry in enumerate(reading.query.documented) if entry.author_role in roles}
    if len(terms) < _TWO:
        return
    texts = [option.text for _, option in reading.clinical_options if not bag(option.text) & _NOT_ONE]
    told = [bag(term) - reading.knowledge.vocabulary("joining") for term in terms.values()]
    texts = [text for text in texts if not _says_several(bag(text), told)]
    opposed = len({_denying(term) for term in terms.values()}) == _TWO
    plain = reading.knowledge.vocabulary("joining") | DENYING
    bags = {place: _affirmed(term) - plain for place, term in terms.items()}
    same = opposed and _of_one_condition(reading, list(terms.values()), plain)
    for place, term in terms.items():
        alike = [text for text in texts if _denying(text) == _denying(term)] if opposed else texts
        others = frozenset[str]().union(*(other for at, other in bags.items() if at != place))
        telling = {word for word in bags[place] - others if len(word) >= _SHORT or word.isdigit()}
        if _any_says(telling, alike if same else texts) or not (telling or opposed):
            continue
        by_status = opposed and any(_is_the_status(text, bag(term), plain) for text in alike)
        if not by_status and not _by_meaning(reading, term, list(terms.values()), alike):
            yield place


def _says_several(said: frozenset[str], readings: list[frozenset[str]]) -> bool:
    """Tell whether words say of two readings what sets each apart from all others: both at once is neither of them."""
    apart = (told.difference(*(other for other in readings if other is not told)) for told in readings)
    return sum(bool(own) and own <= said for own in apart) > 1


def _of_one_condition(reading: Reading, terms: list[str], plain: frozenset[str]) -> bool:
    """Tell whether readings speak of one condition, which one affirms and another denies."""
    affirmed = (_DENIES.split(term, maxsplit=1)[0].strip() or term for term in terms)
    concepts = {_concepts(reading, term) for term in affirmed}
    if len(concepts) == 1 and frozenset() not in concepts:
        return True
    return len({bag(term) - plain for term in terms}) == 1


def _concepts(reading: Reading, text: str) -> frozenset[str]:
    return frozenset(hit.payload.concept for hit in reading.knowledge.recorded_index.find(text))


def _denying(text: str) -> bool:
    return bool(bag(text) & DENYING)


def _affirmed(text: str) -> frozenset[str]:
    """Return the words of a text up to what it denies; of one that denies from its first word on, all."""
    return bag(_DENIES.split(text, maxsplit=1)[0]) or bag(text)


def _any_says(telling: set[str], texts: list[str]) -> bool:
    """Tell whether an option says a word that sets a reading apart, or another form of it."""
    said = frozenset[str]().union(*map(_affirmed, texts))
    stems = {word[:_STEM] for word in said if len(word) > _SHORT}
    return bool(telling & said) or any(word[:_STEM] in stems for word in telling if len(word) > _SHORT)


def _is_the_status(text: str, own: frozenset[str], plain: frozenset[str]) -> bool:
    """Tell whether an option says of the condition that it is there, or is not, and nothing else."""
    said = frozenset(word for word in bag(text) - plain - _STATUS if word.isalpha())
    return not said or bool(said & own)


def _by_meaning(reading: Reading, term: str, terms: list[str], texts: list[str]) -> bool:
    """Tell whether an option names the condition of a reading: its own, where the readings' conditions differ."""
    concepts, denying = _concepts(reading, term), _denying(term)
    shared = frozenset.intersection(*(_concepts(reading, other) for other in terms))
    concepts = concepts - shared or concepts
    hits = (hit for text in texts for hit in reading.knowledge.recorded_index.find(text))
    return any(hit.payload.concept in concepts and (denying or not hit.negated) for hit in hits)


def named_statements_are_shown(reading: Reading) -> Iterator[Finding]:
    """R-23: a document that the text says to differ is shown, too: quoted, or as what is documented there."""
    if reading.query.category != "conflict":
        return
    known = reading.knowledge.vocabulary("of_document")
    rows = (f"{row.name} {row.source or ''}" for row in reading.rows)
    entries = (f"{entry.source or ''} {entry.author_role or ''}" for entry in reading.query.documented)
    shown = bag(" ".join((*rows, *entries)))
    for text in (reading.context, reading.question):
        for found in _NAMED_DOCUMENT.finditer(text.text) if text is not None else ():
            kind = bag(found.group(1))
            if kind <= known and not shown & (kind | _CALLED.get(min(kind, default=""), kind)):
                message = "The text names a document that the query does not show."
                yield review("R-23", text.field if text else "", message, _QUOTE_BOTH, found.span())


def _providers_terms(reading: Reading) -> list[CheckTerm]:
    roles: frozenset[str] = reading.knowledge.accountable_roles
    return [entry for entry in reading.query.documented if entry.author_role in roles]


def _standing_terms(reading: Reading) -> list[CheckTerm]:
    """Return what stands against each other: providers' terms, and beside one of them those of a report."""
    terms = _providers_terms(reading)
    reports = [entry for entry in reading.query.documented if entry.author_role in _NAMING_CONDITIONS]
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
