"""Each condition stands on what shows it, and on nothing that rules it out: specialties of clinical care (R-04)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.compliance.samples import OTHER, UNDETERMINED, judge, rules
from tests.compliance.test_support import Shown, indicator

CONDITIONS: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("conditions.yaml").read_text(encoding="utf-8")
)


def stopped(condition: dict[str, Any], shown: list[Shown]) -> bool:
    """Tell whether a query is stopped for the evidence of a kind of what is documented, or of a new condition."""
    documented = condition["documented"]
    about = {"source": "Progress note", "author_role": "attending", "recorded_at": "2026-05-05T10:00:00"}
    question = f"{documented} is documented on 05/05. Please clarify its cause or type, if known."
    if condition.get("new"):
        question = (
            "Please indicate which of the following, if any, best describes the condition associated with the findings "
            "below."
        )
    found = judge(
        title="Clarification of clinical findings",
        category="missing_diagnosis" if condition.get("new") else "specificity",
        documented=[{"term": documented, **about}],
        indicators=[indicator(*one) for one in shown],
        question=question,
        options=[
            {"text": condition["option"], "kind": "clinical", "evidence": list(range(len(shown)))},
            OTHER,
            UNDETERMINED,
        ],
    )
    return bool({"R-04", "R-08"} & rules(found))


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: f"{one['documented']}: {one['option']}")
def test_a_condition_passes_on_what_shows_it_and_is_stopped_on_what_does_not(condition: dict[str, Any]) -> None:
    for shown in condition["carrying"]:
        assert not stopped(condition, shown), shown
    for shown in condition["faulty"]:
        assert stopped(condition, shown), shown
