"""The sample encounters through the whole library: what becomes of each finding that they contain.

`python -m benchmarks.sample_library` prints a table: for each finding, for how many encounters a query is issued, held,
or none can be asked because no template fits. The data is not part of the project: CDI_QUERY_SAMPLES names its folder
(default ../shared/samples).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cli.compose import load_library, read_gap, request_for
from cli.intake.command import gap_lines
from cli.intake.gaps import IntakeSettings
from cli.intake.problems import Problem
from compliance import shipped_knowledge
from schemas.queries import QueryHeld, QueryIssued
from services.query_builder.composer import answer

FILE = Path(os.environ.get("CDI_QUERY_SAMPLES", "../shared/samples")) / "encounters.ndjson"


@dataclass(slots=True)
class Outcomes:
    """What came of all gaps of one finding."""

    issued: int = 0
    held: int = 0
    none: int = 0
    templates: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, result: QueryIssued | QueryHeld) -> None:
        """Count one result. A gap that no template fits has no text at all."""
        if result.template is not None:
            self.templates[result.template.id] += 1
        if isinstance(result, QueryIssued):
            self.issued += 1
        elif result.template is None:
            self.none += 1
        else:
            self.held += 1
            self.reasons[_why(result)] += 1


def outcomes(lines: Iterable[str], as_of: datetime) -> dict[str, Outcomes]:
    """Ask about every gap of the encounters in `lines` as of a moment. Out: what came of each finding, by its code.

    Raises:
        ValueError: a line is no encounter, or an issued text does not pass the check.
    """
    library = load_library([], as_of)
    knowledge = library.knowledge(shipped_knowledge())
    found: dict[str, Outcomes] = {}
    for number, line in enumerate(_gaps(lines, as_of), start=1):
        gap = read_gap(line, number)
        result = answer(request_for(gap, as_of, "UTC"), library, knowledge)
        if isinstance(result, QueryIssued) and result.verdict != "pass":
            raise ValueError(f"{gap.data.reason_code}: issued, and its verdict is {result.verdict}")
        found.setdefault(gap.data.reason_code or "", Outcomes()).add(result)
    return dict(sorted(found.items()))


def table(found: dict[str, Outcomes]) -> Iterator[str]:
    """Yield the lines of a Markdown table, and its sums."""
    yield "| finding | encounters | issued | held | none | templates |"
    yield "|---|---:|---:|---:|---:|---|"
    for code, one in found.items():
        names = ", ".join(f"{name} {count}" for name, count in one.templates.most_common())
        yield f"| {code} | {one.issued + one.held + one.none} | {one.issued} | {one.held} | {one.none} | {names} |"
    issued, held, none = (sum(getattr(one, kind) for one in found.values()) for kind in ("issued", "held", "none"))
    yield f"| all | {issued + held + none} | {issued} | {held} | {none} | |"


def _gaps(lines: Iterable[str], as_of: datetime) -> Iterator[str]:
    problems: list[Problem] = []
    yield from gap_lines(lines, as_of=as_of, settings=IntakeSettings(), on_problem=problems.append)
    if problems:
        raise ValueError(str(problems[0]))


def _why(result: QueryHeld) -> str:
    rules = dict.fromkeys(one.rule for one in result.findings if one.severity != "warn")
    return f"{result.reason} ({', '.join(rules)})" if rules else result.reason


def main() -> None:
    """Print the table, and why queries are held."""
    if not FILE.exists():
        print(f"no sample encounters at {FILE}; set CDI_QUERY_SAMPLES")
        return
    with FILE.open(encoding="utf-8") as lines:
        found = outcomes(lines, datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
    print("\n".join(table(found)))
    for code, one in found.items():
        for reason, count in one.reasons.most_common():
            print(f"held: {code}: {reason}: {count}")


if __name__ == "__main__":
    main()
