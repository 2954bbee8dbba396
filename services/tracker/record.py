"""What an answer becomes in the record: one pure function makes what is shown before signing, stored and exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.check import QueryDocument
from schemas.responses import Answer
from schemas.vocabulary import AnswerCode

OWN_WORDS = "In the provider's words"
SIGNED_LATER = "when you sign"
_SPOKEN: dict[AnswerCode, str] = {
    "OTHER_TEXT": "Other, as written below",
    "UNABLE_TO_DETERMINE": "Unable to determine",
    "NOT_CLINICALLY_SIGNIFICANT": "Not clinically significant",
    "INTEGRAL_TO": "Integral to another condition",
    "RULED_OUT": "Ruled out",
    "FREE_TEXT": "As written below",
    "DECLINED": "Declined to answer",
    "OPTION_SELECTED": "An offered answer",
}
"""Answers without an option of their own."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text: what it is, and what it says."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A name under the text, and when it was set there. Without a time, nobody has signed yet."""

    name: str
    at: datetime | None = None


def lines(
    document: QueryDocument | None,
    answer: Answer,
    signed: Signature,
    *,
    zone: str = "UTC",
    cosigned: Signature | None = None,
    replaces: datetime | None = None,
) -> tuple[Line, ...]:
    """Return the text line by line.

    Args:
        document: the query as it was issued, or None where its text is gone.
        answer: the code, option and words that were chosen.
        signed: by whom, and when.
        zone: IANA zone of the facility, in which times are written.
        cosigned: by whom and when the answer was cosigned.
        replaces: when the answer was signed that this one changes.
    """
    found = [Line("Question", document.question.strip())] if document else []
    found.append(answer_line(document, answer))
    words = (answer.text or "").strip()
    if words:
        found.append(Line(OWN_WORDS, words))
    if replaces:
        found.append(Line("Replaces", f"the answer signed {spoken_time(replaces, zone)}"))
    found.append(Line("Signed", _signature(signed, zone)))
    if cosigned:
        found.append(Line("Cosigned", _signature(cosigned, zone)))
    return tuple(found)


def answer_line(document: QueryDocument | None, answer: Answer) -> Line:
    """Return the line that says what was chosen: the option word for word, or the answer's name."""
    return Line("Answer", _chosen(document, answer))


def text(parts: Sequence[Line]) -> str:
    """Return the lines as one text."""
    return "\n".join(f"{part.label}: {part.value}" for part in parts)


def spoken_time(moment: datetime, zone: str) -> str:
    """Return a moment as people read it, in a zone that is named with it."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"


def _chosen(document: QueryDocument | None, answer: Answer) -> str:
    options = document.options if document else ()
    option = next((one for one in options if answer.option_id is not None and one.id == answer.option_id), None)
    return option.text.strip() if option else _SPOKEN[answer.code]


def _signature(signature: Signature, zone: str) -> str:
    at = spoken_time(signature.at, zone) if signature.at else SIGNED_LATER
    return f"{signature.name}, {at}"
