"""How the check bears texts that were made to be hard to read: one piece, again and again, in any field.

`python -m benchmarks.hostile_texts [--count 3000] [--seed 1]` repeats pieces of the check's own word lists and of odd
signs up to the longest text that is read, and prints the slowest with their growth: the time of the whole text over
that of its half. Two is linear; four is quadratic, and somebody's way to keep the service busy.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Callable, Iterator
from importlib import resources
from statistics import median, quantiles
from typing import Any, NamedTuple

from compliance import check
from schemas.check import CheckDocument
from tests.compliance.samples import KIDNEY, KNOWLEDGE, MESSAGE

_PHRASE = re.compile(r"[A-Za-z$%][A-Za-z0-9 $%'/-]{1,40}")
_SIGNS = (
    *"$%&*()[]{}<>!?.,;:'\"“”-–/\\|_#@+=~^`0129aAzZ \n\t",
    *("\u200b", "é", "½", "http://", "x@y.example", "2026-01-02", "12:30", "mg/dL", "the", "and", "or", "is", "you"),
)
_ENDS = (" ", " ", ", ", ". ", "; ", "\n", "? ", " and ", " or ", "-", "/")
_OF_QUERY = ("title", "context", "question", "footer")
_OF_ROW = ("name", "value", "source")
_OF_MESSAGE = ("subject", "body", "link")
_FIELDS = (*_OF_QUERY, *_OF_ROW, *_OF_MESSAGE, "options", "documented")
_DATA = resources.files("compliance").joinpath("data")
_SHOWN = 25
_TIMES = 3


class Borne(NamedTuple):
    """What one hostile text took."""

    milliseconds: float
    growth: float
    field: str
    piece: str


def pieces(chance: random.Random) -> Iterator[str]:
    """Yield pieces without end: entries of the word lists, pairs of them, and odd signs."""
    lists = (one.read_text(encoding="utf-8") for one in _DATA.iterdir() if one.name.endswith(".yaml"))
    entries = sorted({found.strip() for text in lists for found in _PHRASE.findall(text)})
    kinds: tuple[Callable[[], str], ...] = (
        lambda: chance.choice(entries) + chance.choice(_ENDS),
        lambda: f"{chance.choice(entries)} {chance.choice(entries)}{chance.choice(_ENDS)}",
        lambda: "".join(chance.choices(_SIGNS, k=chance.randint(1, 6))),
    )
    while True:
        yield chance.choice(kinds)()


def holding(field: str, text: str) -> CheckDocument:
    """Return a sound document with `text` in a field."""
    if field in _OF_MESSAGE:
        return CheckDocument.model_validate({"id": "hostile", "message": {**MESSAGE, field: text}})
    changed: dict[str, Any] = {field: text}
    if field in _OF_ROW:
        changed = {"indicators": _first_with(KIDNEY["indicators"], field, text)}
    elif field == "options":
        changed = {field: _first_with(KIDNEY[field], "text", text)}
    elif field == "documented":
        changed = {field: _first_with(KIDNEY[field], "term", text)}
    return CheckDocument.model_validate({"id": "hostile", "query": {**KIDNEY, **changed}})


def _first_with(items: list[dict[str, Any]], field: str, text: str) -> list[dict[str, Any]]:
    return [{**items[0], field: text}, *items[1:]]


def borne(field: str, piece: str) -> Borne:
    """Return what the longest text of a piece takes, and how that grows with its length."""
    longest = KNOWLEDGE.limits.text_characters
    whole, half = (_milliseconds(field, piece, size) for size in (longest, longest // 2))
    return Borne(whole, whole / half, field, piece)


def _milliseconds(field: str, piece: str, size: int) -> float:
    """Return the least of a few times; a sign less each time, so that no text was judged before."""
    times = []
    for turn in range(_TIMES):
        document = holding(field, (piece * (size // len(piece) + 1))[: size - turn])
        start = time.perf_counter()
        check(document, KNOWLEDGE)
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def main() -> None:
    """Print the slowest of many hostile texts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="how many texts to try")
    parser.add_argument("--seed", type=int, default=1, help="where to begin: the same seed tries the same texts")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    tried = [borne(chance.choice(_FIELDS), piece) for piece, _ in zip(pieces(chance), range(given.count), strict=False)]
    taken = [one.milliseconds for one in tried]
    print(f"{len(tried)} texts: median {median(taken):.1f} ms, 99 of 100 within {quantiles(taken, n=100)[-1]:.1f} ms\n")
    print("      ms  growth  field       piece")
    for one in sorted(tried, reverse=True)[:_SHOWN]:
        print(f"{one.milliseconds:8.1f}  {one.growth:6.1f}  {one.field:<10}  {one.piece!r}")


if __name__ == "__main__":
    main()
