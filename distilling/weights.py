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
from typing import Any

import numpy
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from compliance import Knowledge, shipped_knowledge
from compliance.files import RULESET
from compliance.text import sentences
from compliance.weighing import APART, Begun, kind_of, of_kind, parts, tokens
from distilling.packing import write
from schemas.check import CheckDocument, QueryDocument
from services.query_builder.composer import Draft, compose
from services.query_builder.examples import examples_of, request_of
from services.query_builder.library import Library, shipped_folder
from tests.compliance.labelled import Case, own_cases

SENTENCES = Path(__file__).with_name("sentences")
_PENALTY, _PENALTY_TAKEN = 1.0, 0.1
_SMOOTH = 0.5
_LEAST = 0.05
_OFTEN = 2
_TODAY = date(2026, 11, 23)
_OF_WORDING = frozenset(f"R-{number:02}" for number in (1, 3, 11, 16, 18, 19, 20, 21, 25, 29, 31, 32, 33, 36, 37, 40))
Numbers = numpy.ndarray[Any, numpy.dtype[Any]]
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
    for query in documents_of_templates():
        yield from _said(CheckDocument(id="composed", query=query))


def documents_of_templates() -> Iterator[QueryDocument]:
    """Yield the queries that the shipped templates compose of their own examples."""
    library = Library.load(shipped_folder(), today=_TODAY)
    for template in library.templates.values():
        for example in examples_of(template):
            draft = compose(request_of(example, template.id), library)
            if isinstance(draft, Draft):
                yield draft.document


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
    """Return the content of weights.json.gz: the bias, weights in hundredths, and the words of neutral sentences.

    Two models are fitted, and each part weighs what they make of it together. One looks at parts alone. The other looks
    at parts in sentences of one kind, too, and beforehand takes each part for what the labels say of it (NBSVM: S. Wang
    and C. D. Manning, Baselines and Bigrams, ACL 2012). Each alone tells sentences of unseen authors apart less well.
    """
    named = knowledge.weights.names_thing
    said = tuple(dict.fromkeys((tokens(one.text, named), kind_of(one.field), one.leads) for one in learnt_from))
    vectors = DictVectorizer(dtype=numpy.float32)
    held = vectors.fit_transform([dict.fromkeys(_parts_of(spoken, kind), 1) for spoken, kind, _ in said])
    names = vectors.get_feature_names_out()
    common = numpy.flatnonzero(held.getnnz(axis=0) >= _OFTEN)
    leads = numpy.array([leads for _, _, leads in said])
    matrices, columns = [held[:, common]], [("", names[common])]
    for kind in sorted({kind for _, kind, _ in said}):
        own = diags([float(of == kind) for _, of, _ in said]) @ held
        often = numpy.flatnonzero(own.getnnz(axis=0) >= _OFTEN)
        matrices.append(own[:, often])
        columns.append((kind, names[often]))
    plain, plain_bias = _fitted(matrices[0], leads, _PENALTY)
    everything = hstack(matrices, format="csr")
    told = _told_by_labels(everything, leads)
    taken, taken_bias = _fitted(everything @ diags(told), leads, _PENALTY_TAKEN)
    weights = taken * told
    weights[: len(plain)] += plain
    return {
        "ruleset": RULESET,
        "bias": round((plain_bias + taken_bias) / 2, 2),
        "parts": dict(_tables(columns, weights / 2)),
        "heard": " ".join(sorted({token for spoken, _, leads in said if not leads for token in spoken})),
    }


def _fitted(held: csr_matrix, leads: Numbers, penalty: float) -> tuple[Numbers, float]:
    """Return what each column weighs, and the bias."""
    for places in (held.indices, held.indptr):  # the solver takes no longer ones
        assert places.max(initial=0) < 2**31
    held.indices, held.indptr = held.indices.astype(numpy.int32), held.indptr.astype(numpy.int32)
    model = LogisticRegression(C=penalty, class_weight="balanced", max_iter=3000, solver="liblinear", random_state=0)
    model.fit(held, leads)
    return model.coef_[0], float(model.intercept_[0])


def _told_by_labels(held: csr_matrix, leads: Numbers) -> Numbers:
    """Return for each column how much oftener leading sentences hold it than neutral ones, as a logarithm."""
    leading, neutral = (_SMOOTH + numpy.asarray(held[rows].sum(axis=0)).ravel() for rows in (leads, ~leads))
    told: Numbers = numpy.log(leading / leading.sum()) - numpy.log(neutral / neutral.sum())
    return told


def _tables(columns: Sequence[tuple[str, Sequence[str]]], weights: Numbers) -> Iterator[tuple[str, object]]:
    """Yield for each kind of sentence, and for all (""), what parts weigh."""
    start = 0
    for kind, names in columns:
        weighed = zip(names, weights[start:], strict=False)
        yield kind, by_token({part: round(float(one) * 100) for part, one in weighed if abs(one) >= _LEAST})
        start += len(names)


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


def _parts_of(said: Sequence[str], kind: str) -> list[str]:
    return sorted({of_kind(kind), *(part for starting in parts(said) for part in starting)})


def main() -> None:
    """Write the data file; the same sentences give the same bytes."""
    write("weights", learned(all_sentences(), shipped_knowledge()))


if __name__ == "__main__":
    main()
