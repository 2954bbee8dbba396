"""Every shipped template does what its golden examples say, and the ways to fail that are told apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compliance import Knowledge, shipped_knowledge
from services.query_builder.examples import examples_of, verified, verify
from services.query_builder.library import Library, shipped_folder
from tests.query_builder.conftest import TODAY

SHIPPED = Library.load(shipped_folder(), today=TODAY)


def test_all_shipped_templates_can_be_read(library: Library) -> None:
    assert library.refused == ()
    assert len(library.templates) > 100


@pytest.mark.parametrize("template_id", sorted(SHIPPED.templates))
def test_a_template_answers_as_its_examples_say(template_id: str, library: Library, knowledge: Knowledge) -> None:
    assert [str(one) for one in verify(library, knowledge, {template_id})] == []


@pytest.mark.parametrize("template_id", sorted(SHIPPED.templates))
def test_examples_show_fewer_options_and_a_held_one(template_id: str) -> None:
    examples = examples_of(SHIPPED.templates[template_id])
    counts = {len(one.expect.options) for one in examples if one.expect.options is not None}
    if "multiple_choice" in SHIPPED.templates[template_id].front.response_types:
        assert len(counts) >= 2, "one example supports fewer options than another"
    assert any(one.expect.held for one in examples)


def _copied(tmp_path: Path, *wanted: str) -> Path:
    """Return a folder with all indicators and criteria, and the templates that are wanted."""
    folder = tmp_path / "templates"
    for kind in ("indicators", "criteria"):
        shutil.copytree(shipped_folder() / kind, folder / kind)
    for template_id in wanted:
        path = SHIPPED.templates[template_id].path
        own = folder / "queries" / path.parent.name
        own.mkdir(parents=True, exist_ok=True)
        for file in (path, path.with_suffix(".examples.yaml")):
            shutil.copy(file, own)
    return folder


def _failures(folder: Path) -> dict[str, str]:
    library = Library.load(folder, today=TODAY)
    failed = verify(library, library.knowledge(shipped_knowledge()))
    return {name: "\n".join(str(one) for one in failed if one.template_id == name) for name in SHIPPED.templates}


def test_a_template_that_breaks_its_example_is_taken_out(tmp_path: Path) -> None:
    folder = _copied(tmp_path, "creatinine-rise", "sodium-low")
    path = folder / "queries" / "renal-metabolic" / "creatinine-rise.md"
    path.write_text(path.read_text().replace("when: prerenal_pattern", "when: max(bun) > 400"))
    assert "expected the options" in _failures(folder)["creatinine-rise"]
    library = Library.load(folder, today=TODAY)
    left = verified(library, library.knowledge(shipped_knowledge()))
    assert "creatinine-rise" not in left.templates and left.refusal("creatinine-rise") is not None
    assert "sodium-low" in left.templates


def test_a_leading_template_fails_its_examples(tmp_path: Path) -> None:
    folder = _copied(tmp_path, "sodium-low")
    path = folder / "queries" / "renal-metabolic" / "sodium-low.md"
    path.write_text(
        path.read_text().replace(
            "# question open_ended\nPlease clarify",
            "# question open_ended\nYou must document hyponatremia. Please clarify",
        )
    )
    assert "came out held: blocked" in _failures(folder)["sodium-low"]


def test_a_template_without_examples_is_not_used(tmp_path: Path) -> None:
    folder = _copied(tmp_path, "sodium-low")
    (folder / "queries" / "renal-metabolic" / "sodium-low.examples.yaml").unlink()
    assert "every template has golden examples" in _failures(folder)["sodium-low"]


def test_what_always_waits_for_a_second_person_is_shown_as_the_text_that_waits(tmp_path: Path) -> None:
    folder = _copied(tmp_path, "clinical-basis")
    path = folder / "queries" / "cross-cutting" / "clinical-basis.examples.yaml"
    waiting = path.read_text()
    path.write_text(waiting.replace("form: open_ended", "form: multiple_choice"))
    assert "the text that waits is not multiple_choice" in _failures(folder)["clinical-basis"]
    path.write_text(waiting.replace(", form: open_ended", ""))
    assert "no example is issued as open_ended" in _failures(folder)["clinical-basis"]


def test_each_response_type_needs_an_example(tmp_path: Path) -> None:
    folder = _copied(tmp_path, "pressure-injury-poa")
    path = folder / "queries" / "skin" / "pressure-injury-poa.examples.yaml"
    path.write_text(path.read_text().replace("expect: {issued: yes_no}", "expect: {held: blocked}"))
    assert "no example is issued as yes_no" in _failures(folder)["pressure-injury-poa"]
