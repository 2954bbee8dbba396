"""Labelled cases: documents with the verdict and the rules of a careful reader, and how the check does on them.

`cases/*.jsonl` are the project's own, written from the rules by authors who had not seen the check; what the check
knows was compared with them again and again. `cases/held/*.jsonl` were written in the same way and looked at by nobody
who works on the check: they measure only. Of the rulebook's cases a third is held, by id.
"""

from __future__ import annotations

import json
import math
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compliance import Knowledge, check
from schemas.check import CheckDocument, Finding, QueryDocument, Verdict
from schemas.vocabulary import VerdictName

OWN = Path(__file__).parent / "cases"
RULEBOOK = Path(
    os.environ.get("CDI_QUERY_COMPLIANCE_CASES", Path(__file__).parents[3] / "shared" / "compliance" / "cases.jsonl")
)
VERDICTS = ("pass", "review", "block")
HELD_SHARE = 3


@dataclass(frozen=True)
class Case:
    """One document with its labels."""

    id: str
    document: CheckDocument
    verdict: str
    rules: frozenset[str]
    note: str

    @property
    def in_held_share(self) -> bool:
        """Whether the case belongs to the held share of a file that is split by id."""
        return zlib.crc32(self.id.encode()) % HELD_SHARE == 0


def cases_of(path: Path) -> tuple[Case, ...]:
    """Read the cases of an NDJSON file."""
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return tuple(_case(json.loads(line)) for line in lines)


def _case(entry: dict[str, Any]) -> Case:
    document = CheckDocument.model_validate({key: entry[key] for key in ("id", "query", "message") if key in entry})
    expected = entry["expected"]
    return Case(entry["id"], document, expected["verdict"], frozenset(expected["rules"]), entry.get("note", ""))


def own_cases(*, held: bool = False) -> tuple[Case, ...]:
    """Return the project's own cases: those that the check was tuned on, or those that only measure."""
    folder = OWN / "held" if held else OWN
    return tuple(case for path in sorted(folder.glob("*.jsonl")) for case in cases_of(path))


def sound_queries(cases: Iterable[Case], rules: frozenset[str]) -> Iterator[QueryDocument]:
    """Yield the queries of cases that break none of `rules`."""
    for case in cases:
        if not case.rules & rules and case.document.query is not None:
            yield case.document.query


@dataclass(frozen=True)
class Figures:
    """How the check does on some cases: the confusion table, and what each of its corners means."""

    table: Counter[tuple[str, str]]
    escapes: tuple[str, ...]
    false_blocks: tuple[str, ...]
    needless_reviews: tuple[str, ...]
    faulty: int
    sound: int
    named: int
    named_first: int


def special_cases(kind: str) -> tuple[Case, ...]:
    """Return the held cases of one kind alone (messages, structure), on which the check is weaker than on all kinds."""
    return tuple(case for path in sorted((OWN / "special").glob(f"{kind}_*.jsonl")) for case in cases_of(path))


def measure(cases: Iterable[Case], knowledge: Knowledge) -> Figures:
    """Check every case and count."""
    judged = [(case, check(case.document, knowledge)) for case in cases]
    sound = [(case, verdict) for case, verdict in judged if case.verdict == "pass"]
    faulty = [(case, verdict) for case, verdict in judged if case.verdict != "pass"]
    return Figures(
        table=Counter((case.verdict, verdict.verdict) for case, verdict in judged),
        escapes=tuple(case.id for case, verdict in faulty if verdict.verdict == "pass"),
        false_blocks=tuple(case.id for case, verdict in sound if verdict.verdict == "block"),
        needless_reviews=tuple(case.id for case, verdict in sound if verdict.verdict == "review"),
        faulty=len(faulty),
        sound=len(sound),
        named=sum(bool(case.rules & set(_named(verdict))) for case, verdict in faulty),
        named_first=sum(_named(verdict)[:1] != [] and _named(verdict)[0] in case.rules for case, verdict in faulty),
    )


def _named(verdict: Verdict) -> list[str]:
    return [finding.rule for finding in verdict.findings if finding.severity != "warn"]


@dataclass(frozen=True)
class PartFigures:
    """How the check does on parts of queries (rows, texts of answers): those that it judges wrongly, as texts."""

    escapes: tuple[str, ...]
    false_blocks: tuple[str, ...]
    needless_reviews: tuple[str, ...]
    faulty: int
    sound: int

    def hold(self, passes: float, blocks: float, reviews: float) -> None:
        """Assert that at most these shares of faulty and of sound parts are judged wrongly."""
        assert len(self.escapes) <= passes * self.faulty, self.escapes
        assert len(self.false_blocks) <= blocks * self.sound, self.false_blocks
        assert len(self.needless_reviews) <= reviews * self.sound, self.needless_reviews


def figures_of_parts(judged: Iterable[tuple[str, bool, VerdictName]]) -> PartFigures:
    """Count parts of queries: the text of each, whether it is faulty, and what the check says of it."""
    parts = tuple(judged)

    def told(verdict: VerdictName, *, faulty: bool) -> tuple[str, ...]:
        return tuple(text for text, is_faulty, given in parts if is_faulty is faulty and given == verdict)

    faulty = sum(is_faulty for _, is_faulty, _ in parts)
    return PartFigures(
        told("pass", faulty=True),
        told("block", faulty=False),
        told("review", faulty=False),
        faulty,
        len(parts) - faulty,
    )


def gravest(found: Iterable[Finding]) -> VerdictName:
    """Return the verdict that findings lead to."""
    graves = {one.severity for one in found}
    return "block" if "block" in graves else "review" if "review" in graves else "pass"


def table_text(figures: Figures) -> str:
    """Return the confusion table as text: labels in rows, verdicts in columns."""
    rows = [f"{'labelled':>10} | " + " ".join(f"{given:>7}" for given in VERDICTS)]
    rows += [
        f"{label:>10} | " + " ".join(f"{figures.table[label, given]:>7}" for given in VERDICTS) for label in VERDICTS
    ]
    return "\n".join(rows)


def interval(count: int, total: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share (E. B. Wilson, JASA 22, 1927); (0, 1) without cases."""
    if total == 0:
        return 0.0, 1.0
    deviate = 1.959964
    share = count / total
    centre = share + deviate**2 / (2 * total)
    spread = deviate * math.sqrt(share * (1 - share) / total + deviate**2 / (4 * total**2))
    scale = 1 + deviate**2 / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
