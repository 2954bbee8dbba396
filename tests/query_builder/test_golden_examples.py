"""Every shipped template does what its golden examples say, and the ways to fail that are told apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compliance import Knowledge, shipped_knowledge
from schemas.queries import QueryHeld
from services.query_builder.composer import answer
from services.query_builder.examples import Example, examples_of, request_of, verified, verify
from services.query_builder.library import Library, shipped_folder
from tests.query_builder.conftest import TODAY

SHIPPED = Library.load(shipped_folder(), today=TODAY)
EXAMPLES = [(name, example) for name, template in SHIPPED.templates.items() for example in examples_of(template)]


def test_all_shipped_templates_are_in_use(library: Library, knowledge: Knowledge) -> None:
    assert library.refused == ()
    assert verify(library, knowledge) == []
    assert len(library.templates) >= 8


@pytest.mark.parametrize(("template_id", "example"), EXAMPLES, ids=[f"{name}: {one.name}" for name, one in EXAMPLES])
def test_an_example_gives_what_it_says(
    template_id: str, example: Example, library: Library, knowledge: Knowledge
) -> None:
    result = answer(request_of(example, template_id), library, knowledge)
    if example.expect.held is not None:
        assert isinstance(result, QueryHeld) and result.reason == example.expect.held
    else:
        assert result.verdict == "pass"
        assert result.document is not None and result.document.response_type == example.expect.issued


@pytest.mark.parametrize("template_id", sorted(SHIPPED.templates))
def test_examples_show_fewer_options_and_a_held_one(template_id: str) -> None:
    examples = examples_of(SHIPPED.templates[template_id])
    counts = {len(one.expect.options) for one in examples if one.expect.options is not None}
    assert len(counts) >= 2, "one example supports fewer options than another"
    assert any(one.expect.held for one in examples)


def _copied(tmp_path: Path) -> Path:
    shutil.copytree(shipped_folder(), tmp_path / "templates")
    return tmp_path / "templates"


def _failures(folder: Path) -> dict[str, str]:
    library = Library.load(folder, today=TODAY)
    failed = verify(library, library.knowledge(shipped_knowledge()))
    return {one.template_id: str(one) for one in failed}


def test_a_template_that_breaks_its_example_is_taken_out(tmp_path: Path) -> None:
    folder = _copied(tmp_path)
    path = folder / "queries" / "renal-metabolic" / "creatinine-rise.md"
    path.write_text(path.read_text().replace("when: prerenal_pattern", "when: max(bun) > 400"))
    assert "expected the options" in _failures(folder)["creatinine-rise"]
    library = Library.load(folder, today=TODAY)
    left = verified(library, library.knowledge(shipped_knowledge()))
    assert "creatinine-rise" not in left.templates and left.refusal("creatinine-rise") is not None
    assert "sodium-low" in left.templates


def test_a_leading_template_fails_its_examples(tmp_path: Path) -> None:
    folder = _copied(tmp_path)
    path = folder / "queries" / "renal-metabolic" / "sodium-low.md"
    path.write_text(
        path.read_text().replace(
            "# question open_ended\nPlease clarify",
            "# question open_ended\nYou must document hyponatremia. Please clarify",
        )
    )
    assert "came out held: blocked" in _failures(folder)["sodium-low"]


def test_a_template_without_examples_is_not_used(tmp_path: Path) -> None:
    folder = _copied(tmp_path)
    (folder / "queries" / "renal-metabolic" / "sodium-low.examples.yaml").unlink()
    assert "every template has golden examples" in _failures(folder)["sodium-low"]


def test_what_always_waits_for_a_second_person_is_shown_as_the_text_that_waits(tmp_path: Path) -> None:
    folder = _copied(tmp_path)
    path = folder / "queries" / "cross-cutting" / "clinical-basis.examples.yaml"
    waiting = path.read_text()
    path.write_text(waiting.replace("form: open_ended", "form: multiple_choice"))
    assert "the text that waits is not multiple_choice" in _failures(folder)["clinical-basis"]
    path.write_text(waiting.replace(", form: open_ended", ""))
    assert "no example is issued as open_ended" in _failures(folder)["clinical-basis"]


def test_each_response_type_needs_an_example(tmp_path: Path) -> None:
    folder = _copied(tmp_path)
    path = folder / "queries" / "skin" / "pressure-injury-poa.examples.yaml"
    path.write_text(path.read_text().replace("expect: {issued: yes_no}", "expect: {held: blocked}"))
    failed = verify(library := Library.load(folder, today=TODAY), library.knowledge(shipped_knowledge()))
    assert any("no example is issued as yes_no" in str(one) for one in failed)
