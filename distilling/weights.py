"""Works out what parts of sentences weigh, ahead of time: `python -m distilling.weights`.

Reads the labelled sentences beside this module and those of the project's sound labelled cases, and writes
`compliance/data/weights.json.gz`. Logistic regression with a penalty on large weights: a part that few sentences
hold weighs little. Needs scikit-learn, which stands among the packages for development.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from compliance import Knowledge, shipped_knowledge
from compliance.files import RULESET
from compliance.text import sentences
from compliance.weighing import APART, Begun, of_field, parts, tokens
from distilling.packing import write
from schemas.check import CheckDocument
from services.query_builder.composer import Draft, compose
from services.query_builder.examples import examples_of, request_of
from services.query_builder.library import Library, shipped_folder
from tests.compliance.labelled import Case, own_cases

SENTENCES = Path(__file__).with_name("sentences")
_PENALTY = 1.0
_LEAST = 0.03
_OFTEN = 2
_TODAY = date(2026, 11, 23)
_OF_WORDING = frozenset(f"R-{number:02}" for number in (1, 3, 11, 16, 18, 19, 20, 21, 25, 29, 31, 32, 33, 36, 37, 40))
_FIELDS = ("title", "context", "question", "footer")


@dataclass(frozen=True)
class Labelled:
    """A sentence of a field, and whether it leads (breaks `rule`) or is neutral."""

    text: str
    field: str
    leads: bool
    rule: str = ""


def labelled_sentences(folder: Path = SENTENCES) -> tuple[Labelled, ...]:
    """Return the sentences of all files of a folder, in order."""
    return tuple(one for path in sorted(folder.glob("*.jsonl")) for one in sentences_of(path))


def sentences_of(path: Path) -> Iterator[Labelled]:
    """Yield the labelled sentences of a file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        yield Labelled(entry["text"], entry["field"], entry["leads"], entry["rule"])


def sentences_of_cases(cases: Sequence[Case], knowledge: Knowledge) -> Iterator[Labelled]:
    """Yield each sentence of sound cases, and of a case that breaks a rule of wording the one that no sound case says.

    Where several sentences of a faulty case are its own, it does not tell which one leads.
    """
    named = knowledge.weights.names_thing
    neutral = {
        (one.field, tokens(one.text, named)): one
        for case in cases
        if case.verdict == "pass"
        for one in _said(case.document)
    }
    yield from neutral.values()
    for case in cases:
        rules = case.rules & _OF_WORDING
        if case.verdict != "pass" and rules:
            own = [one for one in _said(case.document) if (one.field, tokens(one.text, named)) not in neutral]
            if len(own) == 1:
                yield replace(own[0], leads=True, rule=min(rules))


def sentences_of_templates() -> Iterator[Labelled]:
    """Yield the sentences of the queries that the shipped templates compose of their own examples: all are neutral."""
    library = Library.load(shipped_folder(), today=_TODAY)
    for template in library.templates.values():
        for example in examples_of(template):
            draft = compose(request_of(example, template.id), library)
            if isinstance(draft, Draft):
                yield from _said(CheckDocument(id=template.id, query=draft.document))


def _said(document: CheckDocument) -> Iterator[Labelled]:
    for field, text in _texts(document):
        for start, end in sentences(text):
            yield Labelled(text[start:end], field, leads=False)


def _texts(document: CheckDocument) -> Iterator[tuple[str, str]]:
    if document.message is not None:
        yield from (("subject", document.message.subject or ""), ("body", document.message.body))
    if document.query is not None:
        yield from ((field, getattr(document.query, field) or "") for field in _FIELDS)


def all_sentences() -> tuple[Labelled, ...]:
    """Return all that weights are learnt from."""
    return (*labelled_sentences(), *sentences_of_cases(own_cases(), shipped_knowledge()), *sentences_of_templates())


def learned(learnt_from: Sequence[Labelled], knowledge: Knowledge) -> dict[str, object]:
    """Return the content of weights.json.gz: the bias, weights in hundredths, and the words of neutral sentences."""
    named = knowledge.weights.names_thing
    said = tuple(dict.fromkeys((tokens(one.text, named), one.field, one.leads) for one in learnt_from))
    vectors = DictVectorizer()
    held = vectors.fit_transform([dict.fromkeys(_parts_of(spoken, field), 1) for spoken, field, _ in said])
    common = numpy.flatnonzero(held.getnnz(axis=0) >= _OFTEN)
    held = held[:, common]
    model = LogisticRegression(C=_PENALTY, class_weight="balanced", max_iter=3000)
    model.fit(held, [leads for _, _, leads in said])
    weighed = zip(vectors.get_feature_names_out()[common], model.coef_[0], strict=True)
    return {
        "ruleset": RULESET,
        "bias": round(float(model.intercept_[0]), 2),
        "parts": by_token({part: round(float(weight) * 100) for part, weight in weighed if abs(weight) >= _LEAST}),
        "heard": " ".join(sorted({token for spoken, _, leads in said if not leads for token in spoken})),
    }


def by_token(weights: Mapping[str, int]) -> dict[str, Begun]:
    """Return what parts weigh by the token with which they begin, as sentences are weighed."""
    found: dict[str, tuple[int, dict[str, tuple[int, dict[str, int]]], dict[str, int]]] = {}
    for part, weight in sorted(weights.items()):  # "a", then "a .. c", "a b", "a b c"
        first, second, third = (*part.split(" "), "", "")[:3]
        alone, runs, apart = found.get(first, (0, {}, {}))
        if second == APART:
            apart[third] = weight
        elif third:
            runs.setdefault(second, (0, {}))[1][third] = weight
        elif second:
            runs[second] = weight, {}
        else:
            alone = weight
        found[first] = alone, runs, apart
    return dict(found)


def _parts_of(said: Sequence[str], field: str) -> list[str]:
    return sorted({of_field(field), *(part for starting in parts(said) for part in starting)})


def main() -> None:
    """Write the data file; the same sentences give the same bytes."""
    write("weights", learned(all_sentences(), shipped_knowledge()))


if __name__ == "__main__":
    main()
