"""Works out what parts of indicators weigh, ahead of time: `python -m distilling.rows`.

Reads the labelled rows of `tests/compliance/rows` and the sound indicators of the project's labelled cases, and writes
`compliance/data/row_weights.json.gz`. They are learnt as those of sentences are (`distilling.weights`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compliance import shipped_knowledge
from compliance.weighing import ROW, row_text
from distilling.packing import write
from distilling.weights import Labelled, learned
from tests.compliance.labelled import Case, own_cases, sound_queries
from tests.compliance.labelled_rows import TUNED_ON, LabelledRow, labelled_rows

# Faults of wording. What is wrong with a source, a unit or a number, no wording tells.
_OF_WORDING = frozenset({"R-03", "R-05", "R-07", "R-11", "R-18", "R-19", "R-20"})
_OF_INDICATORS = _OF_WORDING | {"R-02", "R-06", "R-08", "R-17", "R-26", "R-35"}


def all_rows() -> tuple[Labelled, ...]:
    """Return all that weights of rows are learnt from."""
    return tuple(dict.fromkeys((*texts_of_rows(labelled_rows(TUNED_ON)), *texts_of_cases(own_cases()))))


def texts_of_rows(rows: Sequence[LabelledRow]) -> Iterator[Labelled]:
    """Yield the texts of sound rows, and of those that break a rule by their wording."""
    for row in rows:
        if row.sound or row.rule in _OF_WORDING:
            text = row_text(row.name, row.value, row.unit, quoted=row.quoted)
            yield Labelled(text, ROW, not row.sound, row.rule)


def texts_of_cases(cases: Sequence[Case]) -> Iterator[Labelled]:
    """Yield the texts of the indicators of cases that break no rule of indicators."""
    for query in sound_queries(cases, _OF_INDICATORS):
        for one in query.indicators:
            yield Labelled(row_text(one.name, one.value, one.unit, quoted=one.quoted), ROW, leads=False)


def main() -> None:
    """Write the data file; the same rows give the same bytes."""
    write("row_weights", learned(all_rows(), shipped_knowledge()))


if __name__ == "__main__":
    main()
