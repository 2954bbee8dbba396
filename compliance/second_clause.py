"""Whether a clause that follows a question asks on about the same thing, or about something new (R-30)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from compliance.text import Span, bag, sentence_at

# "..., where the fever came from": a clause of its own, with a verb, behind a comma.
_LISTED = re.compile(
    r", (?:and |also |then )?(?:(?:on|in|at|for|from|to|by) )?"
    r"(?:what|which|where|when|why|how|whether|was|were|did|does) (?=[^,;.?!]{0,120})",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?:[^,;.?!]|\.(?=\d)){0,120}")
_VERB = re.compile(
    r"\b(?:was|were|is|are|be|been|had|has|have|did|does|came|comes|stood|stands|means?|meant|grew|arose|began|started"
    r"|healed|reached|explains?|caused|represents?|shows?|showed|came|fell|happened|occurred)\b",
    re.IGNORECASE,
)
_THING = re.compile(r"\b(?:the|his|her|a|an) (?:[a-z]+'s )?([a-z-]{2,20}(?: [a-z-]{3,20})?)", re.IGNORECASE)
# "It is the dominant one" and "whether that side is": of what was asked before.
_SAME = re.compile(
    r"^(?: ?[a-z-]+){0,4}? ?\b(?:it|they|its|their|that|this|these|those)\b",
    re.IGNORECASE,
)
_EACH_ONE = re.compile(r"^(?:side|type|stage|level|part|[a-z]{3,12}s) (?:was|were|is|are|did|does)\b", re.IGNORECASE)
_PARENTHESIS = re.compile(
    r", (?:if|as|in|to|from|on|by|based|with|per|for|(?:where|when) (?:it is |you are )?"
    r"(?:possible|known|applicable|able|available|appropriate|clinically|documented))\b[^,;.?!]{0,60}"
    r"(?:,|(?= (?:the|what|which|how|whether)\b))"
)
_OF_THE = re.compile(r" (?:of|into|within) (?:(?:the|his|her|a|an) )?(?:[A-Za-z]{2,10} ){0,2}")
_BACK = re.compile(r"\b(?:it|its|they|them|their|both|each other)\b", re.IGNORECASE)
_ANOTHER_MATTER = frozenset(
    {
        *("admission", "admitted", "arrival", "poa", "onset", "order", "present", "cause", "caused", "due", "needed"),
        *("led", "treated", "drug", "why", "reason"),
    }
)
_SOUGHT = frozenset({"condition", "diagnosis", "diagnoses", "findings"})
_FRAME = frozenset(
    {
        *("patient", "one", "ones", "same", "other", "stay", "admission", "encounter", "visit", "record", "chart"),
        *("condition", "diagnosis", "findings", "finding", "judgment", "two", "dominant", "affected", "kind", "way"),
        *("type", "types", "side", "sides", "stage", "grade", "severity", "acuity", "depth", "extent", "cause"),
        *("causes", "relationship", "vessel", "layer", "mechanism", "location", "control", "specificity", "detail"),
        *("site", "organism", "level", "laterality", "status", "course", "degree", "class", "reason", "relation"),
        *(
            "significance",
            "time",
            "day",
            "date",
            "and",
            "or",
            "was",
            "is",
            "were",
            "are",
            "of",
            "for",
            "in",
            "on",
            "to",
            "that",
        ),
    }
)
_ALTERNATIVE = re.compile(
    r"[,;)] or (?:also |then )?(?:was|were|is|are|did|does|has|had|could|should)"
    r" (?!(?:the|a|an|his|her|this|that|there|it|they|any|these|she|he)\b)(?=[a-z])"
)
_WHETHER = re.compile(r"\bwhether\b", re.IGNORECASE)
_ASKING = frozenset(
    {
        *("please", "pls", "plz", "clarify", "indicate", "what", "which", "kindly", "document", "describe", "state"),
        *("specify", "how", "where", "when", "why", "who", "whether"),
    }
)
# "Besides the pneumonia already documented": what is set aside is not asked about.
_SET_ASIDE = re.compile(
    r"\b(?:in addition to|apart from|aside from|besides|other than|beyond|along with) (?:the |his |her )?"
    r"(?:(?:already |previously )?(?:documented|recorded|noted|listed) [^,.;?!]{3,100}"
    r"|[^,.;?!]{3,100}?(?: that (?:is|are|was|were)| which (?:is|are|was|were))? (?:already|previously)"
    r" (?:recorded|documented|noted|listed|charted))"
    # "Do you agree with this finding as the diagnosis of the mass?": what a report says of it is no second issue.
    r"|(?<=\bwith this finding as the diagnosis )(?:of|for) (?:the|this) [^,.;?!]{3,80}",
    re.IGNORECASE,
)
_SAID_BEFORE = re.compile(r"\b(?:please|pls|clarify|what|which|how|whether|was|were|is|are|did)\b", re.IGNORECASE)


def clause_at(text: str, end: int) -> str:
    """Return the clause that follows the words with which it begins."""
    found = _CLAUSE.match(text, end)
    return found.group() if found else ""


def is_of_the_same(text: str, span: Span, documented: frozenset[str]) -> bool:
    """Tell whether a second clause asks on about what was asked already: "and whether it is well controlled".

    When it began is another question, and so is its cause. `documented`: words of the documented terms; one that is
    new in the clause names another condition. Where the condition itself is sought, nothing is known of it yet.
    """
    clause, before = clause_at(text, span[1]).strip(), bag(text[: span[0]])
    said = bag(clause)
    if said & _ANOTHER_MATTER or before & _SOUGHT or (said & documented) - before - _FRAME:
        return False
    return bool(_SAME.match(clause) or _EACH_ONE.match(clause)) and not _new_things(clause, before)


def names_something_new(text: str, span: Span, known: frozenset[str] = frozenset()) -> bool:
    """Tell whether a clause asks about a thing that neither the words before nor `known` ones name."""
    clause = clause_at(text, span[1])
    return bool(_VERB.search(text[span[0] : span[1] + len(clause)])) and _new_things(
        clause, bag(text[: span[0]]) | known
    )


def _new_things(clause: str, known: frozenset[str]) -> bool:
    return any(bag(found.group(1)) - known - _FRAME for found in _THING.finditer(clause))


def asked_on(text: str, documented: frozenset[str]) -> Iterator[Span]:
    """Yield where clauses ask on about something new, joined by a comma.

    What is documented may be asked about with what "it" was: their relation is one question.
    """
    bare = _PARENTHESIS.sub(lambda found: " " * len(found.group()), text)
    for found in _LISTED.finditer(bare):
        known = documented if _BACK.search(clause_at(bare, found.end())) else frozenset[str]()
        if _SAID_BEFORE.search(bare, 0, found.start()) and names_something_new(bare, found.span(), known):
            yield found.span()


def is_an_alternative(text: str, span: Span) -> bool:
    """Tell whether ", or was still uncertain" is the last of what is asked by one "whether"."""
    around = sentence_at(text, span[0]) or (0, len(text))
    asked = text[around[0] : span[0]]
    return bool(_ALTERNATIVE.match(text, span[0]) and (_WHETHER.search(asked) or not bag(asked) & _ASKING))


def follows_a_statement(text: str, place: int) -> bool:
    """Tell whether nothing was asked yet in the sentence of a place."""
    start = (sentence_at(text, place) or (0, 0))[0]
    return not bag(text[start:place]) & _ASKING


def is_stated(text: str, span: Span) -> bool:
    """Tell whether words such as "and gives no depth" stand in a sentence that only says what a document holds."""
    start, end = sentence_at(text, span[0]) or (0, len(text))
    return text[: span[1]].endswith("s") and "?" not in text[start:end] and not bag(text[start:end]) & _ASKING


def without_what_is_set_aside(text: str) -> str:
    """Return a question without the conditions that it sets aside as documented already."""
    return _SET_ASIDE.sub(" ", text)


def without_where_it_is(text: str, conditions: Sequence[Span]) -> str:
    """Return a question without the condition in which the one before it lies ("transformation of the stroke")."""
    for (_, end), (start, last) in pairwise(sorted(conditions)):
        if end < start and _OF_THE.fullmatch(text, end, start):
            text = text[:start] + " " * (last - start) + text[last:]
    return text
