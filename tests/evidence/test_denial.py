"""What a text says counts, and what it only names to deny does not."""

from __future__ import annotations

import pytest

from evidence.denial import Finding
from tests.query_builder.support import note


def told(words: str, value: str, *, name: str = "Note", field: str = "text", unless: str | None = None) -> set[bool]:
    """True where the finding is said, False where it is denied; both may be."""
    return set(Finding(words, unless).told(field, note(value, 1, name)))


SAID, DENIED, SILENT = {True}, {False}, set[bool]()


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("bleeding", "Soft, no active bleeding"),
        ("melena", "No fever, chills, vomiting, night sweats, or melena"),
        ("melena", "Patient denies melena"),
        ("melena", "Melena denied."),
        ("melena", "Melena and hematemesis: none"),
        ("abscess", "Abscess not seen"),
        ("abscess", "Abscess ruled out by CT; cellulitis"),
        ("mass", "No 2.5 cm mass"),
        ("displaced", "Non-displaced fracture"),
        ("consolidation", "Unlikely consolidation"),
        ("staphylococc", "Negative for Staphylococcus"),
        ("foot[^.;]{0,40}pain at rest", "Foot warm, without pain at rest"),
    ],
)
def test_a_denied_finding_is_not_said(words: str, value: str) -> None:
    assert told(words, value) == DENIED


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("bleeding", "Soft, active bleeding"),
        ("ulcer", "Ulceration of the heel"),
        ("drained", "No fever. Abscess drained"),
        ("edema", "No fever, but edema of both legs"),
        ("oxygen", "No relief despite oxygen"),
        ("effusion", "Pneumonia ruled out, effusion present"),
        ("pneumonia", "Pneumonia cannot be excluded"),
        ("pneumonia", "Cannot exclude pneumonia"),
        ("infarct", "CT without contrast shows an infarct"),
        ("rods", "Gram-negative rods"),
        ("ileus", "Ileus, absent bowel sounds"),
        ("absent bowel sounds", "Absent bowel sounds"),
        ("melena", "No change in melena"),
    ],
)
def test_what_is_not_denied_is_said(words: str, value: str) -> None:
    assert told(words, value) == SAID


@pytest.mark.parametrize("value", ["none", "No", "Denies", "not seen on CT", "Negative", "<10", "0 mL", "without"])
def test_a_value_denies_the_finding_that_the_name_names(value: str) -> None:
    assert told("melena", value, name="Melena") == DENIED


@pytest.mark.parametrize("value", ["reported", "0.5 L", "12", "no change since Monday", "moderate, no clots"])
def test_any_other_value_leaves_the_named_finding_standing(value: str) -> None:
    assert told("melena", value, name="Melena") == SAID


def test_a_comparator_of_its_own_denies_like_one_in_the_value() -> None:
    below = note("10", 1, "Ethanol").model_copy(update={"comparator": "<"})
    assert Finding("ethanol").told("name", below) == DENIED


def test_each_field_is_looked_at_alone() -> None:
    assert told("melena", "reported", name="Melena", field="value") == SILENT
    assert told("melena", "Melena reported", field="name") == SILENT


def test_a_word_is_found_from_its_beginning_only() -> None:
    assert told("fall", "Heavy rainfall") == SILENT
    assert told("DaT", "consolidation") == SILENT


def test_a_text_may_say_and_deny() -> None:
    assert told("pain", "No chest pain; abdominal pain") == {True, False}


def test_unless_takes_out_what_stands_beside_it_up_to_the_comma() -> None:
    assert told("left heel", "Left heel intact, sacral wound", unless="intact") == SILENT
    assert told("sacr", "Left heel intact, sacral wound", unless="intact") == SAID
    assert told("left heel", "Intact", name="Left heel", unless="intact") == SILENT
