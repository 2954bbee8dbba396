"""Works out what linked findings weigh for an answer, ahead of time: `python -m distilling.evidence`.

Reads the labelled sets of findings of `tests/compliance/evidence`, the conditions of `tests/compliance/conditions.yaml`
and the answers of the project's labelled cases and of the shipped templates' examples, and writes
`compliance/data/evidence_weights.json.gz`. Logistic regression with a penalty on large weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from compliance import Knowledge, shipped_knowledge
from compliance.bearing import Linked, Told, parts, told
from compliance.files import RULESET
from distilling.packing import write
from distilling.weights import documents_of_templates
from schemas.check import CheckIndicator, QueryDocument
from tests.compliance.labelled import Case, own_cases, sound_queries
from tests.compliance.labelled_evidence import TUNED_ON, LabelledEvidence, evidence_of_conditions, labelled_evidence

_OF_EVIDENCE = frozenset({"R-04", "R-08"})
_EACH = 3  # ordinary answers are many; of all, they would drown what the labelled sets say
_OFTEN = 2
_PENALTY = 1.0
_LEAST = 0.05
_APART = "\t"


class Labelled(NamedTuple):
    """Findings linked to an answer, and whether they fall short of it."""

    linked: Linked
    short: bool


def all_sets(knowledge: Knowledge) -> tuple[Labelled, ...]:
    """Return all that weights of evidence are learnt from."""
    sets = (*labelled_evidence(TUNED_ON), *evidence_of_conditions())
    ordinary = tuple(answers_of(own_cases(), knowledge))[::_EACH]
    composed = (one for query in documents_of_templates() for one in linked_answers(query, knowledge))
    return tuple(
        dict.fromkeys(
            (
                *(Labelled(_linked(one, knowledge), one.label == "cannot") for one in sets if one.label != "thin"),
                *(Labelled(one, short=False) for one in (*ordinary, *composed)),
            )
        )
    )


def answers_of(cases: Sequence[Case], knowledge: Knowledge) -> Iterator[Linked]:
    """Yield the answers of cases that break no rule of evidence."""
    for query in sound_queries(cases, _OF_EVIDENCE):
        yield from linked_answers(query, knowledge)


def linked_answers(query: QueryDocument, knowledge: Knowledge) -> Iterator[Linked]:
    """Yield the clinical answers of a query with what is linked to them."""
    documented = " / ".join(entry.term for entry in query.documented)
    for option in query.options:
        rows = [row for row in dict.fromkeys(option.evidence) if 0 <= row < len(query.indicators)]
        if option.kind == "clinical" and rows:
            findings = tuple(_told(query.indicators[row], knowledge) for row in rows)
            yield Linked(documented, option.text, findings)


def _told(one: CheckIndicator, knowledge: Knowledge) -> Told:
    return told(one.name, one.value, one.unit, knowledge.reader.read(one.name, one.value, one.unit))


def _linked(one: LabelledEvidence, knowledge: Knowledge) -> Linked:
    read = knowledge.reader.read
    findings = tuple(told(name, value, None, read(name, value)) for name, value in one.findings)
    return Linked(one.documented, one.option, findings)


def learned(sets: Sequence[Labelled]) -> dict[str, object]:
    """Return the content of evidence_weights.json.gz: the bias, and weights in hundredths by word and token."""
    vectors = DictVectorizer(dtype=numpy.float32)
    held = vectors.fit_transform([_parts_of(one.linked) for one in sets])
    names = vectors.get_feature_names_out()
    common = numpy.flatnonzero(held.getnnz(axis=0) >= _OFTEN)
    model = LogisticRegression(C=_PENALTY, class_weight="balanced", max_iter=3000, solver="liblinear", random_state=0)
    model.fit(held[:, common], numpy.array([one.short for one in sets]))
    weights: dict[str, dict[str, int]] = {}
    for part, weight in zip(names[common], model.coef_[0], strict=True):
        if abs(weight) >= _LEAST:
            word, token = part.split(_APART)
            weights.setdefault(word, {})[token] = round(float(weight) * 100)
    return {"ruleset": RULESET, "bias": round(float(model.intercept_[0]), 2), "parts": weights}


def _parts_of(linked: Linked) -> dict[str, int]:
    return {f"{word}{_APART}{token}": 1 for word, tokens in parts(linked) for token in tokens}


def main() -> None:
    """Write the data file; the same sets give the same bytes."""
    write("evidence_weights", learned(all_sets(shipped_knowledge())))


if __name__ == "__main__":
    main()
