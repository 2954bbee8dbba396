"""Which forms a question may take stands in one table, and the check knows the same."""

from __future__ import annotations

from pathlib import Path

from compliance import shipped_knowledge
from services.query_builder.library import Library, shipped_folder
from services.query_builder.response_types import FORMS, offered, refusing
from tests.query_builder.conftest import TODAY

POA = "pressure-injury-poa"


def test_the_check_allows_what_the_table_allows() -> None:
    assert {name: one.allowed for name, one in FORMS.items()} == dict(shipped_knowledge().response_types)


def test_a_template_offers_what_each_of_its_categories_does() -> None:
    assert offered(["present_on_admission"]) == {"open_ended", "multiple_choice", "yes_no"}
    assert offered(["present_on_admission", "conflict"]) == {"open_ended", "multiple_choice"}
    assert refusing("yes_no", ["conflict", "missing_diagnosis"]) == ["missing_diagnosis"]


def test_a_template_that_leaves_out_a_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    text = (shipped_folder() / "queries" / "skin" / f"{POA}.md").read_text()
    assert "[yes_no, multiple_choice, open_ended]" in text
    changed = text.replace("[yes_no, multiple_choice, open_ended]", "[multiple_choice, open_ended]")
    (tmp_path / "queries" / f"{POA}.md").write_text(changed)
    refusal = Library.load(shipped_folder(), tmp_path, today=TODAY).refusal(POA)
    assert refusal is not None and refusal.field == "response_types"
    assert refusal.why == "yes_no must be offered (rules 1.5 allow it for present on admission)"
