"""The words of notifications, reminders and escalations: neutral constants that may name a count, and nothing else.

Compliance rules R-01 (every message is checked like a query), R-18 to R-20 (no money, no scores, no pressure) and R-39
(no clinical content outside the authenticated inbox; the link is the inbox, the same for everybody). A hospital may
word them differently in its policy file; text that does not pass the check never leaves, a constant that does goes
in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from schemas.check import CheckDocument, MessageDocument, Verdict
from schemas.vocabulary import Channel, MessageKind

COUNT = "{count}"
PLAIN_SUBJECT = "Documentation clarification"
PLAIN_BODY = "A clarification is waiting. Sign in to review it."


class Checker(Protocol):
    """The compliance check with its knowledge already given."""

    def __call__(self, document: CheckDocument) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one kind of message: for one open query, and for several, where the count is filled in."""

    subject: str
    one: str
    several: str

    def body(self, count: int) -> str:
        """Return the text for so many open queries."""
        return self.one if count <= 1 else self.several.replace(COUNT, str(count))


Texts = Mapping[MessageKind, Text]


@dataclass(frozen=True, slots=True)
class Composed:
    """A message that passed. `refused` names the rules that the policy's own words broke; empty when they passed."""

    document: MessageDocument
    refused: tuple[str, ...] = ()


class NothingPasses(Exception):
    """Not even the constant text passed (an inbox address with a clinical word in it does that)."""


def compose(texts: Texts, kind: MessageKind, channel: Channel, *, count: int, link: str, check: Checker) -> Composed:
    """Return the message of `kind` as the check lets it out.

    Raises:
        NothingPasses: when neither the policy's words nor the constant pass, with or without the link.
    """
    refused: tuple[str, ...] = ()
    for document in _candidates(texts, kind, channel, count, link):
        verdict = check(CheckDocument(id=kind, message=document))
        if verdict.verdict == "pass":
            return Composed(document, refused)
        refused = refused or tuple(sorted({finding.rule for finding in verdict.findings}))
    raise NothingPasses(", ".join(refused))


def _candidates(texts: Texts, kind: MessageKind, channel: Channel, count: int, link: str) -> Iterator[MessageDocument]:
    text = texts.get(kind)
    if text is not None:
        yield MessageDocument(kind=kind, channel=channel, subject=text.subject, body=text.body(count), link=link)
    for address in (link, None):
        yield MessageDocument(kind=kind, channel=channel, subject=PLAIN_SUBJECT, body=PLAIN_BODY, link=address)
