"""What an answer blames was there before what it is blamed for (R-04)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import OTHER, UNDETERMINED, judge

Dated = tuple[str, str, str]


def stopped(terms: list[str], option: str, *shown: Dated) -> bool:
    """Tell whether a query about a cause is stopped because what the option blames came later."""
    about = {"source": "Progress note", "author_role": "attending", "recorded_at": "2026-05-09T10:00:00"}
    changes: dict[str, Any] = {
        "title": "Clarification of clinical findings",
        "category": "cause_effect",
        "documented": [{"term": term, **about} for term in terms],
        "indicators": [
            {"name": name, "value": value, "source": "MAR", "observed_at": f"2026-05-{time}:00"}
            for name, value, time in shown
        ],
        "question": f"{terms[0]} is documented on 05/09. Please clarify its cause, if known.",
        "options": [{"text": option, "kind": "clinical", "evidence": list(range(len(shown)))}, OTHER, UNDETERMINED],
    }
    return any("began after" in finding.message for finding in judge(**changes).findings)


SKIN = ("Skin", "Red papules over trunk", "05T08:00")
KIDNEY = ("Creatinine", "2.6", "05T06:00")
URINE = ("Urine culture", "Klebsiella >100,000 CFU/mL", "05T07:00")


@pytest.mark.parametrize(
    ("terms", "option", "effect", "cause", "too_late"),
    [
        (["Drug rash"], "Due to ceftriaxone", SKIN, "Ceftriaxone", "07T09:00"),
        (["Acute kidney injury"], "Due to contrast", KIDNEY, "IV contrast", "07T09:00"),
        (["Acute kidney injury"], "Due to vancomycin", KIDNEY, "Vancomycin", "06T18:00"),
        (["Urinary tract infection"], "Due to urinary catheter", URINE, "Urinary catheter", "08T10:00"),
        (["Urticaria"], "Allergic transfusion reaction", ("Skin", "Hives", "05T08:00"), "Transfusion", "06T09:00"),
    ],
)
def test_what_came_later_is_no_cause(terms: list[str], option: str, effect: Dated, cause: str, too_late: str) -> None:
    value = "First placed" if cause == "Urinary catheter" else "First dose given"
    assert stopped(terms, option, effect, (cause, value, too_late))
    assert not stopped(terms, option, effect, (cause, value, "04T09:00"))
    assert not stopped(terms, option, effect, (cause, "At home for 10 days", too_late))


def test_an_effect_that_grew_worse_since_may_come_of_it() -> None:
    before, since = ("Creatinine", "1.6", "05T06:00"), ("Creatinine", "3.9", "09T06:00")
    contrast = ("IV contrast", "100 mL given", "07T09:00")
    assert not stopped(["Acute kidney injury"], "Due to contrast", before, contrast, since)
    better = ("Creatinine", "1.5", "09T06:00")
    assert stopped(["Acute kidney injury"], "Due to contrast", before, contrast, better)


def test_what_was_only_taken_away_was_there_before() -> None:
    removed = ("Urinary catheter", "Removed", "08T10:00")
    assert not stopped(["Urinary tract infection"], "Due to urinary catheter", URINE, removed)
