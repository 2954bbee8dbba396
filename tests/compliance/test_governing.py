"""A query that says itself that it stands on no form in force is read by a second person (R-34)."""

from __future__ import annotations

import pytest

from tests.compliance.samples import OPEN, judge, rules


@pytest.mark.parametrize(
    "text",
    [
        "Free-form query; there is no library template for this topic.",
        "Written freely, as no form exists for this subject.",
        "Ad hoc wording; no library form was used.",
        "This query follows no approved template.",
        "The wording is my own; the library has nothing on this.",
        "Copy of the 2021 form, no longer in the library.",
        "Individually worded query outside the form library.",
    ],
)
@pytest.mark.parametrize("place", ["context", "footer"])
def test_a_form_outside_the_library_is_reviewed_wherever_it_is_told(place: str, text: str) -> None:
    assert "R-34" in rules(judge(OPEN, **{place: text}))


@pytest.mark.parametrize(
    "footer",
    [
        "Form KID-STAGE-2, retired 01/2026, kept on the shared drive.",
        "Version 1 of the form, which version 3 has replaced.",
        "Form under test on two wards.",
        "Provisional form.",
        "Text adapted by the author from the approved form.",
        "Form SEPSIS-2.",
    ],
)
def test_a_form_that_is_out_of_force_or_somebodys_own_is_reviewed(footer: str) -> None:
    assert "R-34" in rules(judge(OPEN, footer=footer))


@pytest.mark.parametrize(
    "footer",
    [
        "Template PR-7 v3, next review 02/2027. Kept with the business records for ten years.",
        "Library form 22, version 3, approved 01/2026, review due 01/2027.",
        "Template approved 03/2026; next review 03/2027.",
        "Please answer in your own words.",
    ],
)
def test_a_form_in_force_may_be_named(footer: str) -> None:
    assert "R-34" not in rules(judge(OPEN, footer=footer))


def test_a_person_who_retired_is_read_by_somebody_and_a_form_that_did_is_blocked() -> None:
    context = "The patient is a teacher, {}."
    assert judge(OPEN, context=context.format("retired in 2019")).verdict != "block"
    assert judge(OPEN, context="This form, template retired in 2019, is the usual one.").verdict == "block"
