"""Works out what parts of answers weigh, ahead of time: `python -m distilling.options`.

Reads the labelled answers of `tests/compliance/options` and those of the project's labelled cases that break no rule of
answers, and writes `compliance/data/option_weights.json.gz`. They are learnt as those of sentences are
(`distilling.weights`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compliance import shipped_knowledge
from compliance.weighing import OPTION
from distilling.packing import write
from distilling.weights import Labelled, learned
from tests.compliance.labelled import Case, own_cases, sound_queries
from tests.compliance.labelled_options import TUNED_ON, LabelledOption, labelled_options

_OF_ANSWERS = frozenset(f"R-{number:02}" for number in (2, 3, 4, 8, 11, 12, 13, 14, 18, 19, 20, 22, 24, 26, 30, 35))


def all_options() -> tuple[Labelled, ...]:
    """Return all that weights of answers are learnt from."""
    return tuple(dict.fromkeys((*texts_of_options(labelled_options(TUNED_ON)), *texts_of_cases(own_cases()))))


def texts_of_options(options: Sequence[LabelledOption]) -> Iterator[Labelled]:
    """Yield the texts of labelled clinical answers."""
    for one in options:
        if one.kind == "clinical":
            yield Labelled(one.text, OPTION, one.leads, one.rule)


def texts_of_cases(cases: Sequence[Case]) -> Iterator[Labelled]:
    """Yield the clinical answers of cases that break no rule of answers."""
    for query in sound_queries(cases, _OF_ANSWERS):
        for one in query.options:
            if one.kind == "clinical":
                yield Labelled(one.text, OPTION, leads=False)


def main() -> None:
    """Write the data file; the same answers give the same bytes."""
    write("option_weights", learned(all_options(), shipped_knowledge()))


if __name__ == "__main__":
    main()
