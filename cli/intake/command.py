"""`cdi-query gaps from-encounters` without the command line: lines in, lines out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from cli.intake.gaps import IntakeSettings, gaps_of
from cli.intake.problems import Problem
from cli.intake.records import read_encounters
from schemas.events import write


@dataclass(slots=True)
class IntakeCounts:
    """What was done so far, for the closing line and the progress bar; filled while the lines are drawn."""

    encounters: int = 0
    gaps: int = 0
    by_finding: dict[str, int] = field(default_factory=dict)


def gap_lines(
    lines: Iterable[str],
    *,
    as_of: datetime,
    settings: IntakeSettings,
    on_problem: Callable[[Problem], None],
    counts: IntakeCounts | None = None,
) -> Iterator[str]:
    """Yield one CloudEvent a line for the encounters in `lines`, as they are read.

    A line that cannot be read is handed to `on_problem` with its number and field, and the others go on.
    """
    tally = counts if counts is not None else IntakeCounts()
    for item in read_encounters(lines):
        if isinstance(item, list):
            for problem in item:
                on_problem(problem)
            continue
        tally.encounters += 1
        for envelope in gaps_of(item, as_of=as_of, settings=settings):
            _count(tally, envelope.data["reason_code"])
            yield write(envelope).decode()


def _count(tally: IntakeCounts, code: str) -> None:
    tally.gaps += 1
    tally.by_finding[code] = tally.by_finding.get(code, 0) + 1
