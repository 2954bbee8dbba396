"""One clear question: attributes of one condition are one issue, other things are others (R-30)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import judge, rules
from tests.compliance.test_answers import term
from tests.compliance.test_neutral_answers import RHYTHM


def about(question: str, *documented: str, category: str = "specificity") -> dict[str, Any]:
    """Return a query with this question about these documented terms."""
    return {**RHYTHM, "category": category, "documented": [term(one) for one in documented], "question": question}


@pytest.mark.parametrize(
    ("question", "documented"),
    [
        ("Please describe the type of the epilepsy and whether it is well controlled.", "Epilepsy"),
        ("What was the mechanism of the stroke, and which vessel did it involve?", "Ischemic stroke"),
        ("Which side and which ribs were fractured?", "Rib fractures"),
        ("How deep was the debridement, and was it excisional?", "Debridement of the left foot"),
        ("Diabetes mellitus is documented on 05/05; please specify its type.", "Diabetes mellitus"),
        ("The note describes a scald of the chest and gives no depth. Please state the depth.", "Scald of the chest"),
        ("Please clarify whether the cellulitis was confirmed, was ruled out, or is still possible.", "Cellulitis"),
        ("Besides the cholangitis already recorded, is there a condition, and if so which one?", "Cholangitis"),
        ("Please clarify the severity, if known, of the gout documented on 05/05.", "Gout"),
    ],
)
def test_attributes_of_one_condition_are_one_question(question: str, documented: str) -> None:
    assert "R-30" not in rules(judge(about(question, documented)))


@pytest.mark.parametrize(
    ("question", "documented"),
    [
        ("Please describe the type of the epilepsy and whether it was present on admission.", "Epilepsy"),
        ("Please describe the type of the epilepsy and whether the fracture was caused by it.", "Epilepsy"),
        ("What was the mechanism of the stroke, and which valve is diseased?", "Ischemic stroke"),
        ("Which side was fractured and which antibiotic was given?", "Rib fractures"),
        ("How deep was the debridement, and was the wound infected?", "Debridement of the left foot"),
        ("Please specify the type of the diabetes; please state the stage of the ulcer.", "Diabetes mellitus"),
        ("Please clarify whether the cellulitis was confirmed, or was the thrombosis there?", "Cellulitis"),
    ],
)
def test_another_thing_is_another_question(question: str, documented: str) -> None:
    assert "R-30" in rules(judge(about(question, documented)))


@pytest.mark.parametrize(
    "question",
    [
        "Please clarify the cause of the anemia of 05/05, where the fever came from, and whether the toe has healed.",
        "Please clarify what caused the anemia, which stage the lung cancer has reached, and how the fall happened.",
        "Which condition led to the stay, was the infection there on arrival, and what did the fall come from?",
    ],
)
def test_a_list_of_questions_is_blocked_where_causes_are_asked(question: str) -> None:
    assert "R-30" in rules(judge(about(question, "Anemia", "Lung cancer", category="cause_effect")), "block")


@pytest.mark.parametrize(
    "question",
    [
        "Please clarify the diagnosis that applies and, in addition, describe the growth of the fetus.",
        "Please clarify which of the two applies and also state the depth of the wound.",
    ],
)
def test_a_request_beside_is_held_between_two_statements_too(question: str) -> None:
    assert "R-30" in rules(judge(about(question, "Anemia", "Polycythemia", category="conflict")))
