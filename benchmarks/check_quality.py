"""How good the compliance check is: confusion tables and confidence intervals on labelled cases.

`python -m benchmarks.check_quality [FILE.jsonl ...]` measures files of labelled cases; without a file the project's own
cases, the tuning and the held part apart, and the rulebook's cases where they are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from compliance import shipped_knowledge
from tests.compliance.labelled import (
    RULEBOOK,
    Case,
    PartFigures,
    cases_of,
    interval,
    measure,
    own_cases,
    special_cases,
    table_text,
)
from tests.compliance.labelled_evidence import HELD, measure_evidence
from tests.compliance.labelled_options import measure_options
from tests.compliance.labelled_rows import measure_rows


def _share(count: int, total: int) -> str:
    low, high = interval(count, total)
    share = 100 * count / total if total else 0.0
    return f"{count} of {total} = {share:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f} %)"


def report(title: str, cases: Iterable[Case]) -> None:
    """Print the table and the shares of one set of cases."""
    figures = measure(cases, shipped_knowledge())
    print(f"\n## {title}\n\n{table_text(figures)}\n")
    print(f"a broken rule passes       {_share(len(figures.escapes), figures.faulty)}")
    print(f"a sound text is blocked    {_share(len(figures.false_blocks), figures.sound)}")
    print(f"a sound text is held       {_share(len(figures.needless_reviews), figures.sound)}")
    print(f"a labelled rule is named   {_share(figures.named, figures.faulty)}")
    print(f"... by the first finding   {_share(figures.named_first, figures.faulty)}")


def report_parts(title: str, what: str, figures: PartFigures) -> None:
    """Print the shares of labelled rows or answers that are judged wrongly."""
    print(f"\n## {title}\n")
    print(f"a faulty {what} passes".ljust(27) + _share(len(figures.escapes), figures.faulty))
    print(f"a sound {what} is blocked".ljust(27) + _share(len(figures.false_blocks), figures.sound))
    print(f"a sound {what} is held".ljust(27) + _share(len(figures.needless_reviews), figures.sound))


def main(arguments: list[str]) -> None:
    """Measure the files named, or all cases that are here."""
    if arguments:
        for name in arguments:
            report(name, cases_of(Path(name)))
        return
    report("own cases, tuned on", own_cases())
    report("own cases, held", own_cases(held=True))
    report("messages alone, held", special_cases("messages"))
    report("evidence and structure alone, held", special_cases("structure"))
    for part in ("learnt from", "held"):
        suffix = "_held" if part == "held" else ""
        report_parts(f"rows of indicators, {part}", "row", measure_rows(f"rows{suffix}"))
        report_parts(f"texts of answers, {part}", "answer", measure_options(f"options{suffix}"))
    report_parts("findings linked to answers, held", "set", measure_evidence(HELD))
    for part, held in (("tuned on", False), ("held", True)):
        chosen = [case for case in _rulebook() if case.in_held_share is held]
        if chosen:
            report(f"the rulebook's cases, {part}", chosen)


def _rulebook() -> tuple[Case, ...]:
    return cases_of(RULEBOOK) if RULEBOOK.exists() else ()


if __name__ == "__main__":
    main(sys.argv[1:])
