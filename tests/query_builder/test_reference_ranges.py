"""A reference range stands beside a value only where a laboratory confirmed it for this person; nothing is judged."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from compliance import shipped_knowledge
from evidence.faults import LibraryError
from evidence.tables import Tables, shipped_folder
from schemas.gaps import Indicator, ReferenceRange
from services.query_builder.composer import answer
from services.query_builder.library import Library
from tests.query_builder.conftest import TODAY
from tests.query_builder.support import basis, lab, note, request

CONFIRMED = "laboratory: Main laboratory, source: Handbook}"
ADULTS = f"{{low: 136, high: 144, from_age: 18, {CONFIRMED}"
WOMEN = f"{{low: 130, high: 140, sex: female, {CONFIRMED}"
ALL = f"{{low: 136, high: 144, {CONFIRMED}"
AGE = lab("Age", "71", 1, "years")
FEMALE = lab("Sex", "Female", 1, None, kind="other")


def own(folder: Path, *ranges: str) -> Path:
    (folder / "indicators").mkdir(exist_ok=True)
    lines = [f"    - {one}" for one in ranges]
    (folder / "indicators" / "own.yaml").write_text("\n".join(["sodium:", "  reference:", *lines, ""]))
    return folder


def sodium_shown(folder: Path, *indicators: Indicator, **changes: object) -> str:
    """How the sodium of a gap is shown to the provider under the ranges of `folder`."""
    library = Library.load(shipped_folder(), folder, today=TODAY)
    sodium = lab("Sodium", "128", 6, "mmol/L").model_copy(update=changes)
    asked = basis(sodium, lab("Sodium", "129", 30, "mmol/L"), note("fluids restricted", 8), *indicators)
    found = answer(request(asked), library, library.knowledge(shipped_knowledge())).document
    assert found is not None
    (value,) = [one.value for one in found.indicators if one.name == "Sodium" and "129" not in one.value]
    return value


@pytest.mark.parametrize(
    ("ranges", "told", "shown"),
    [
        ([ALL], [], "128 (ref 136-144)"),
        ([ADULTS], [AGE], "128 (ref 136-144)"),
        ([ADULTS], [], "128"),
        ([WOMEN], [FEMALE], "128 (ref 130-140)"),
        ([WOMEN], [], "128"),
        ([WOMEN, ALL], [FEMALE], "128"),
        (["{low: 136, high: 144, source: Handbook}"], [], "128"),
        ([f"{{high: 144, {CONFIRMED}"], [], "128 (ref <=144)"),
        ([f"{{low: 136, below_age: 71, {CONFIRMED}"], [AGE], "128"),
        ([f"{{low: 136, from_age: 71, {CONFIRMED}"], [AGE], "128 (ref >=136)"),
    ],
)
def test_the_confirmed_range_for_this_person_is_shown(
    tmp_path: Path, ranges: list[str], told: list[Indicator], shown: str
) -> None:
    assert sodium_shown(own(tmp_path, *ranges), *told) == shown


def test_the_record_s_own_range_goes_before_the_library_s(tmp_path: Path) -> None:
    recorded = ReferenceRange(low=Decimal(133), high=Decimal(146))
    assert sodium_shown(own(tmp_path, ALL), reference_range=recorded) == "128 (ref 133-146)"
    assert sodium_shown(own(tmp_path, ALL), value="128 (ref 133-146)") == "128 (ref 133-146)"


@pytest.mark.parametrize("changes", [{"unit": "mg/dL"}, {"value": "pending"}, {"quoted": True}])
def test_a_value_that_the_range_is_not_about_stands_alone(tmp_path: Path, changes: dict[str, object]) -> None:
    assert "ref" not in sodium_shown(own(tmp_path, ALL), **changes)


def test_another_spelling_of_the_unit_is_the_same_unit(tmp_path: Path) -> None:
    assert sodium_shown(own(tmp_path, ALL), unit="mEq/L") == "128 (ref 136-144)"


def test_a_text_with_ranges_passes_the_check_as_it_does_without(tmp_path: Path) -> None:
    bare, ranged = (Library.load(shipped_folder(), *folders, today=TODAY) for folders in ((), (own(tmp_path, ALL),)))
    asked = request(basis(lab("Sodium", "128", 6, "mmol/L"), lab("Sodium", "127", 30, "mmol/L"), note("salt tabs", 8)))
    results = [answer(asked, one, one.knowledge(shipped_knowledge())) for one in (bare, ranged)]
    assert results[0].verdict == results[1].verdict == "pass"
    assert results[0].findings == results[1].findings


def test_a_range_alone_leaves_the_rest_of_the_indicator_as_shipped(tmp_path: Path) -> None:
    shipped = Tables.load(shipped_folder()).concepts
    changed = Tables.load(shipped_folder(), own(tmp_path, ALL)).concepts
    for known in (shipped, changed):
        assert known.unit("sodium") == "mmol/L" and "na+" in known.names("sodium")
    assert shipped.ranges("sodium") != changed.ranges("sodium")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sodium:\n  reference: [{low: 9, high: 9, source: x}]\n", "not below"),
        ("sodium:\n  reference: [{source: x}]\n", "low end"),
        ("sodium:\n  reference: [{low: 1, from_age: 9, below_age: 9, source: x}]\n", "years old"),
        ("sodium:\n  reference: [{low: 1}]\n", "Field required"),
        ("sodium:\n  unit: mmol/L\n", "`names` is missing"),
        ("unheard_of:\n  reference: [{low: 1, source: x}]\n", "no indicator of this name"),
    ],
)
def test_a_range_that_is_none_is_refused_with_its_line(tmp_path: Path, text: str, why: str) -> None:
    own(tmp_path)
    (tmp_path / "indicators" / "own.yaml").write_text(text)
    with pytest.raises(LibraryError, match=why) as raised:
        Tables.load(shipped_folder(), tmp_path)
    assert raised.value.line is not None


def test_no_shipped_range_is_shown_before_a_hospital_confirms_it() -> None:
    concepts = Tables.load(shipped_folder()).concepts
    entries = [one for name in concepts.units for one in concepts.ranges(name)]
    assert len(entries) > 40
    assert not [one for one in entries if one.laboratory is not None]
    assert all("to be confirmed" in one.source for one in entries)
