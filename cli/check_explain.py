"""Verdicts for people: each finding with its text, underlined at its span, and the rules in words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from compliance.registry import RULES, Rule
from schemas.check import CheckDocument, Finding, Verdict

FREQUENT = 5
"""So many of the rules that were named most often stand in the summary."""

QUOTED = 3
"""At most so many places are quoted of which the same is said; the rest is counted."""

_COLOURS = {"pass": "green", "review": "yellow", "block": "red", "warn": "cyan"}
_ASKS = {rule.id: rule.asks for rule in RULES}
_STEP = re.compile(r"\w+")
_SHOWN_AS = {"\n": "⏎", "\r": "⏎", "\t": " "}
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of a text around a span, and where on the screen the span lies: cells before it, cells of it."""

    line: str
    start: int
    stop: int
    before: int
    wide: int


@dataclass(slots=True)
class Tally:
    """What came of all documents."""

    verdicts: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0

    def add(self, verdict: Verdict) -> None:
        """Count one verdict, and each rule once that it names."""
        self.verdicts[verdict.verdict] += 1
        self.rules.update({finding.rule for finding in verdict.findings})


def explained(document: CheckDocument, verdict: Verdict, width: int) -> Group:
    """Return a document's verdict for a screen of `width` cells: a heading, and each finding with its text.

    What is said alike of several places of one field is said once, under all of them.
    """
    colour = _COLOURS[verdict.verdict]
    parts: list[RenderableType] = [Text.assemble((f"{verdict.verdict:<6}", f"bold {colour}"), " ", visible(verdict.id))]
    alike: dict[Finding, list[Finding]] = {}
    for finding in verdict.findings:
        alike.setdefault(finding.model_copy(update={"span": None}), []).append(finding)
    for same in alike.values():
        parts += [Padding(part, (0, 0, 0, 2), expand=False) for part in _said(document, same, width - 4)]
        parts.append(Text(""))
    return Group(*parts)


def _said(document: CheckDocument, same: list[Finding], room: int) -> Iterator[RenderableType]:
    first = same[0]
    colour = _COLOURS[first.severity]
    name = f"{first.rule} {_ASKS.get(first.rule, '')}".rstrip()
    yield Text.assemble((first.severity, f"bold {colour}"), " ", (name, "bold"), f" · {first.field}")
    text = text_at(document, first.field)
    yield from _quoted([excerpt(text, finding.span, room - 2) for finding in same[:QUOTED]] if text else [], colour)
    if len(same) > QUOTED:
        yield Text.assemble(("| ", "dim"), f"and {len(same) - QUOTED} more places")
    yield Padding(Text(visible(first.message)), (0, 0, 0, 2), expand=False)
    yield Padding(Text.assemble(("mend: ", "bold"), visible(first.suggestion)), (0, 0, 0, 2), expand=False)


def _quoted(excerpts: Iterable[Excerpt], colour: str) -> Iterator[RenderableType]:
    """Yield each line with its carets; places that are seen in the same line share it."""
    by_line: dict[str, list[Excerpt]] = {}
    for one in excerpts:
        by_line.setdefault(one.line, []).append(one)
    for line, places in by_line.items():
        text = Text.assemble(("| ", "dim"), line, no_wrap=True, overflow="ignore")
        under = [" "] * max(one.before + one.wide for one in places)
        for one in places:
            text.stylize(colour, one.start + 2, one.stop + 2)
            under[one.before : one.before + one.wide] = "^" * one.wide
        yield text
        if "^" in under:
            yield Text.assemble(("| ", "dim"), ("".join(under), f"bold {colour}"), no_wrap=True)


def text_at(document: CheckDocument, path: str) -> str | None:
    """Return the text of a document's field (`question`, `options[2].text`), or None where there is no text."""
    value: Any = document.query or document.message
    for step in _STEP.findall(path):
        if isinstance(value, tuple):
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else None
        else:
            value = getattr(value, step, None)
    return value if isinstance(value, str) else None


def visible(text: str) -> str:
    """Return a text of the same length for one line of a screen: line ends and hidden signs become signs to see.

    So nothing in a document can move the cursor, change colours or turn the direction of writing.
    """
    return "".join(
        _SHOWN_AS.get(sign) or ("\ufffd" if unicodedata.category(sign) in _HIDDEN else sign) for sign in text
    )


def excerpt(text: str, span: tuple[int, int] | None, room: int) -> Excerpt:
    """Return the part of a text that fits into `room` cells, around a span (without one: its beginning, no carets)."""
    shown = visible(text)
    start, stop = span or (0, 0)
    left, right = _window(shown, start, room)
    head, tail = "…" if left else "", "…" if right < len(shown) else ""
    start, stop = (max(min(place, right), left) - left + len(head) for place in (start, stop))
    line = head + shown[left:right] + tail
    before = cell_len(line[:start])
    return Excerpt(line, start, stop, before, max(cell_len(line[:stop]) - before, 1) if span else 0)


def _window(text: str, start: int, room: int) -> tuple[int, int]:
    """Return from where to where `text` is shown so that `start` is in sight, with some of what stands before it."""
    if cell_len(text) <= room:
        return 0, len(text)
    room = max(room - 2, 10)  # an ellipsis on either side
    ahead = _reach(iter(text[start:]), room)[1]
    left = start - _reach(reversed(text[:start]), max(room // 3, room - ahead))[0]
    while left < start and not cell_len(text[left]):  # a combining mark stays with its letter
        left += 1
    return left, left + _reach(iter(text[left:]), room)[0]


def _reach(signs: Iterator[str], room: int) -> tuple[int, int]:
    """Return how many signs fit into `room` cells, and how many cells they take."""
    count = cells = 0
    for sign in signs:
        if cells + cell_len(sign) > room:
            break
        count, cells = count + 1, cells + cell_len(sign)
    return count, cells


def summary(tally: Tally) -> Iterator[str]:
    """Yield the lines that close an explanation: how many passed, and which rules were named most often."""
    counts = tally.verdicts
    total = sum(counts.values())
    parts = f"{counts['pass']} pass, {counts['review']} review, {counts['block']} block"
    yield f"{total} {'document' if total == 1 else 'documents'}: {parts}"
    if tally.unreadable:
        yield f"{tally.unreadable} could not be read and {'was' if tally.unreadable == 1 else 'were'} not checked"
    if tally.rules:
        yield "named most often:"
    ranked = sorted(tally.rules.items(), key=lambda item: (-item[1], item[0]))
    for rule, count in ranked[:FREQUENT]:
        yield f"  {rule} {_ASKS.get(rule, '')}: in {count}"


def rules_in_words() -> Iterator[RenderableType]:
    """Yield every rule in order: what it asks, and how it is looked for."""
    for rule in sorted(RULES, key=lambda one: one.id):
        yield Text.assemble((rule.id, "bold"), f"  {rule.asks}")
        ways = Table.grid(padding=(0, 2, 0, 0))
        ways.add_column(width=7)
        ways.add_column()
        for where, how in _ways(rule):
            ways.add_row(Text(where, "dim"), Text(how))
        yield Padding(ways, (0, 0, 0, 6), expand=False)


def _ways(rule: Rule) -> Iterator[tuple[str, str]]:
    looks: tuple[tuple[str, Sequence[Callable[..., object]]], ...] = (
        ("query", (*rule.rows, *rule.queries, *rule.unsure)),
        ("message", rule.messages),
    )
    yield from ((where, _says(look)) for where, found in looks for look in found)
    if rule.note:
        yield "note", rule.note


def _says(look: Callable[..., object]) -> str:
    lines = (look.__doc__ or look.__name__.replace("_", " ")).strip().splitlines()
    return lines[0]
