"""Rules that can never hold are found, and no rule that can hold is taken for one."""

from __future__ import annotations

import pytest

from evidence.language import Vocabulary, parse
from services.query_builder.satisfiable import impossible

WORDS = Vocabulary({"sodium": frozenset({"mmol/l"}), "glucose": frozenset({"mg/dl"})}, {})


@pytest.mark.parametrize(
    "text",
    [
        "max(sodium) < 130 and min(sodium) > 135",
        "max(sodium) < 130 and latest(sodium) > 130",
        "latest(sodium) < 130 and latest(sodium) >= 130",
        "min(sodium) > 145 and first(sodium) <= 145",
        "max(sodium, prior) < 130 and latest(sodium) > 135",
        'documented("stroke") and not documented("stroke")',
        "max(sodium) < 130 and (first(sodium) > 140 or latest(sodium) > 150)",
        "at_least(2, latest(sodium) > 150, latest(sodium) < 130)",
    ],
)
def test_parts_that_exclude_each_other_are_found(text: str) -> None:
    assert impossible([parse(text, WORDS)])


@pytest.mark.parametrize(
    "text",
    [
        "max(sodium) > 145 and min(sodium) < 135",
        "first(sodium) < 130 and latest(sodium) > 135",
        "max(sodium) <= 130 and latest(sodium) >= 130",
        "max(sodium) < 130 and latest(sodium, prior) > 135",
        "max(sodium) < 130 and min(glucose) > 300",
        "max(sodium) < 130 within 24 h of admission and latest(sodium) > 135",
        "max(sodium) < 130 and (first(sodium) > 140 or min(glucose) > 300)",
        'documented("stroke") and not documented("seizure")',
    ],
)
def test_what_a_record_can_show_is_not(text: str) -> None:
    assert not impossible([parse(text, WORDS)])
