"""Works out what names the rule of a stopped sentence, ahead of time: `python -m distilling.sounds`.

Reads the labelled leading sentences beside this module and those of the project's labelled cases, and writes
`compliance/data/sounds.json.gz`. Multinomial logistic regression with a penalty on large weights; small weights are
left out. Needs scikit-learn, which stands among the packages for development.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from compliance import Knowledge, shipped_knowledge
from compliance.files import RULESET
from compliance.sounding import marks
from compliance.weighing import tokens
from distilling.packing import write
from distilling.weights import Labelled, all_sentences

_PENALTY = 1.0
_ROUNDS = 200
_LEAST = 10
_OFTEN = 2
_FEW = 8


def learned(learnt_from: Sequence[Labelled], knowledge: Knowledge) -> dict[str, Any]:
    """Return the content of sounds.json.gz: rules, what each weighs at first, and the weights of parts in hundredths.

    Neutral sentences, and those of rules that hardly a sentence breaks, are passed over.
    """
    leading = dict.fromkeys((one.text, one.field, one.rule) for one in learnt_from if one.leads)
    counts = Counter(rule for _, _, rule in leading)
    said = [one for one in leading if counts[one[2]] >= _FEW]
    vectors = DictVectorizer(dtype=numpy.float32)
    held = vectors.fit_transform([dict.fromkeys(_marks(text, field, knowledge), 1) for text, field, _ in said])
    common = numpy.flatnonzero(held.getnnz(axis=0) >= _OFTEN)
    model = LogisticRegression(C=_PENALTY, max_iter=_ROUNDS, tol=1e-3)
    model.fit(held[:, common], [rule for _, _, rule in said])
    weights = numpy.rint(100 * model.coef_).astype(int)
    weights[abs(weights) < _LEAST] = 0
    names = vectors.get_feature_names_out()[common]
    return {
        "ruleset": RULESET,
        "rules": list(model.classes_),
        "first": [round(100 * float(weight)) for weight in model.intercept_],
        "parts": {name: _written(column) for name, column in zip(names, weights.T, strict=True) if column.any()},
    }


def _marks(text: str, field: str, knowledge: Knowledge) -> list[str]:
    return sorted(marks(tokens(text, knowledge.weights.names_thing), field, knowledge.hints(text)))


def _written(column: Any) -> str:
    return " ".join(f"{place}:{weight}" for place, weight in enumerate(column) if weight)


def main() -> None:
    """Write the data file; the same sentences give the same bytes."""
    write("sounds", learned(all_sentences(), shipped_knowledge()))


if __name__ == "__main__":
    main()
