"""A template that is malformed, expired or not adopted is never used, and the refusal names file and field."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from compliance import shipped_knowledge
from evidence.criteria import choices
from evidence.evaluating import gather, supports
from evidence.faults import LibraryError
from services.query_builder.library import Library, shipped_folder
from tests.query_builder.conftest import TODAY
from tests.query_builder.support import basis, creatinine

ID = "creatinine-rise"
TEXT = (shipped_folder() / "queries" / "renal-metabolic" / f"{ID}.md").read_text()


def own_folder(tmp_path: Path, text: str, name: str = ID) -> Path:
    (tmp_path / "queries").mkdir(exist_ok=True)
    (tmp_path / "queries" / f"{name}.md").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "field", "why"),
    [
        ("title: ", "titel: ", "title", "Field required"),
        ('"Clarification: kidney function results"', '"{{ term }}"', "title", "plain words only"),
        ("Prerenal azotemia", "Prerenal <b>azotemia</b>", "options[2].text", "plain words only"),
        ("when: prerenal_pattern", "when: prerenal_patern", "options[2].when", "no criterion is named"),
        ("when: has(creatinine)", "when: has(creatine)", "needs[0].when", "no indicator is named"),
        ("when: kdigo_2012_aki_creatinine\nneeds", "when: nothing\nneeds", "match.when", "no criterion is named"),
        ("- text: Prerenal", "- text: A prerenal", "options", "not in alphabetical order"),
        ("[multiple_choice, open_ended]", "[multiple_choice]", "response_types", "open_ended must be offered"),
        (
            "[multiple_choice, open_ended]",
            "[multiple_choice, open_ended, yes_no]",
            "response_types",
            "yes_no is never used",
        ),
        ("# question open_ended", "# question opened", "question opened", "no block has this name"),
        ("# question open_ended\nBased", "# context\nBased", "question open_ended", "the block is missing"),
        ("the condition, if any", "{{ condition }}", "question open_ended", "'condition' is unknown"),
        ("the condition, if any", "{% if %}", "question open_ended", "Expected an expression"),
        ("the condition, if any", "{{ subject.term }}", "question open_ended", "no `subject` to look for"),
        ("review_by: 2027-09-30", "review_by: 2026-11-21", "governance.review_by", "the review was due on 2026-11-21"),
        ("status: starter", "status: adopted", "governance", "adopted needs approved_on"),
        (f"id: {ID}", "id: another", "id", "is not the name of the file"),
        ("---\nid", "id", "the file", "begins with front matter"),
        ("settings: [inpatient]", "settings: [inpatient", "the file", "not YAML"),
        ('"creatinine", "kidney"', '"(", "kidney"', "match.concepts[0]", "no regular expression"),
    ],
)
def test_a_fault_is_named_with_file_and_field(
    few: Path, tmp_path: Path, old: str, new: str, field: str, why: str
) -> None:
    assert old in TEXT
    library = Library.load(few, own_folder(tmp_path, TEXT.replace(old, new, 1)), today=TODAY)
    refusal = library.refusal(ID)
    assert refusal is not None and ID not in library.templates
    assert refusal.path == tmp_path / "queries" / f"{ID}.md"
    assert (refusal.field, why in refusal.why) == (field, True), str(refusal)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("review_by: 2027-09-30", "review_by: 2026-11-21", "review_by: 2026-11-21"),
        ("when: prerenal_pattern", "when: prerenal_patern", "when: prerenal_patern"),
        ("when: has(creatinine)", "when: has(creatine)", "when: has(creatine)"),
        ("- text: Prerenal", "- text: A prerenal", "options:"),
        ("fiscal_year: 2027", "fiscal_year: soon", "fiscal_year: soon"),
        ("# question open_ended", "# question opened", "# question opened"),
        ("the condition, if any", "{{ condition }}", "{{ condition }}"),
        ("the condition, if any", "{% if %}", "{% if %}"),
        ("settings: [inpatient]", "settings: [inpatient", "response_types:"),
    ],
)
def test_a_fault_is_named_with_its_line(few: Path, tmp_path: Path, old: str, new: str, shown: str) -> None:
    text = TEXT.replace(old, new, 1)
    refusal = Library.load(few, own_folder(tmp_path, text), today=TODAY).refusal(ID)
    assert refusal is not None and refusal.line is not None
    assert shown in text.splitlines()[refusal.line - 1], str(refusal)
    assert str(refusal).startswith(f"{refusal.path}:{refusal.line}: ")


def test_a_fault_in_a_criterion_is_named_with_its_line(few: Path, tmp_path: Path) -> None:
    (tmp_path / "criteria").mkdir()
    (tmp_path / "criteria" / "own.yaml").write_text(
        "a:\n  title: A\n  source: S\n  version: '1'\n  expression: max(nothing) > 1\n"
    )
    with pytest.raises(LibraryError, match=r"own\.yaml:5: a\.expression: no indicator is named 'nothing'"):
        Library.load(few, tmp_path, today=TODAY)


def test_a_refused_text_does_not_bring_the_old_one_back_and_the_others_stay(few: Path, tmp_path: Path) -> None:
    library = Library.load(few, own_folder(tmp_path, "nothing"), today=TODAY)
    assert ID not in library.templates
    assert "sodium-low" in library.templates


def test_a_later_folder_replaces_by_id(few: Path, tmp_path: Path) -> None:
    changed = TEXT.replace('version: "1"', 'version: "7"')
    library = Library.load(few, own_folder(tmp_path, changed), today=TODAY)
    assert library.templates[ID].ref.version == "7"
    assert library.templates[ID].ref.hash != Library.load(few, today=TODAY).templates[ID].ref.hash


def test_a_template_is_used_until_the_day_of_its_review_and_not_after(few: Path) -> None:
    assert ID in Library.load(few, today=date(2027, 9, 30)).templates
    assert ID not in Library.load(few, today=date(2027, 10, 1)).templates


def test_starters_are_refused_where_adoption_is_required(few: Path, tmp_path: Path) -> None:
    adopted = TEXT.replace(
        "status: starter",
        "status: adopted\n  approved_on: 2026-10-01\n  approved_by:\n"
        "    - {area: coding, name: Ada Quill}\n    - {area: compliance, name: Bo Ledger}\n"
        "    - {area: clinical, name: Cy Stetho}",
    )
    library = Library.load(few, own_folder(tmp_path, adopted), today=TODAY, require_adopted=True)
    assert list(library.templates) == [ID]
    assert {one.field for one in library.refused} == {"governance.status"}


def test_a_hospitals_criterion_replaces_the_shipped_one(few: Path, tmp_path: Path) -> None:
    own_folder(tmp_path, TEXT)
    (tmp_path / "criteria").mkdir()
    (tmp_path / "criteria" / "own.yaml").write_text(
        "prerenal_pattern: {title: Own, expression: 'max(bun) > 99', source: Medical staff, version: '1'}"
    )
    library = Library.load(few, tmp_path, today=TODAY)
    assert library.criteria["prerenal_pattern"].title == "Own"
    assert ID in library.templates


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            "a: &a {title: A, expression: b, source: S, version: '1'}\nb: {<<: *a, expression: a}",
            "names itself",
        ),
        ("a: {title: A, expression: 'max(nothing) > 1', source: S, version: '1'}", "no indicator is named"),
        ("a: {title: A, source: S}", "a: needs expression, version"),
        ("a: {title: A, choose: {x: nothing}, default: x}", "a.choose: no criterion is named 'nothing'"),
        ("a: {title: A, choose: {x: sodium_low}}", "default is one of x"),
        ("a: {title: A, choose: {x: sodium_low}, default: x, version: '1'}", "stand there"),
        ("a: {title: A, expression: b, source: S, version: '1', default: x}", "nothing to choose"),
        ("within: {title: A, expression: b, source: S, version: '1'}", "no word of the language"),
        ("a: [", "not YAML"),
    ],
)
def test_criteria_that_cannot_be_read_stop_the_library(few: Path, tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "criteria" / "own.yaml"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(LibraryError) as found:
        Library.load(few, tmp_path, today=TODAY)
    assert str(path) in str(found.value) and why in str(found.value)


def _choosing(tmp_path: Path) -> Path:
    """A folder in which the criterion of the shipped creatinine template chooses."""
    (tmp_path / "criteria").mkdir()
    (tmp_path / "criteria" / "own.yaml").write_text(
        """
mild: {title: Mild, expression: max(creatinine) > 1.3 mg/dL, source: Medical staff, version: "1"}
strict: {title: Strict, expression: max(creatinine) > 4 mg/dL, source: Medical staff, version: "1"}
kidney: {title: Kidney, choose: {mild: mild, strict: strict}, default: mild}
"""
    )
    return own_folder(tmp_path, TEXT.replace("when: kdigo_2012_aki_creatinine\nneeds", "when: kidney\nneeds"))


@pytest.mark.parametrize(("setting", "fits"), [("", True), ("kidney=mild", True), (" kidney = strict ,", False)])
def test_a_hospital_chooses_among_definitions_by_setting(few: Path, tmp_path: Path, setting: str, fits: bool) -> None:
    library = Library.load(few, _choosing(tmp_path), today=TODAY, criteria=choices(setting))
    facts = gather(basis(creatinine("1.7", 1)), library.concepts)
    assert supports(library.templates[ID].fits, facts).holds is fits


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("kidney=loose", "CDI_QUERY_CRITERIA: kidney: 'loose' is none of mild, strict"),
        ("kidny=mild", "kidny: no criterion of this name offers a choice; there are kidney"),
        ("mild", "written as criterion=choice"),
    ],
)
def test_an_unknown_choice_stops_the_library_in_one_line(tmp_path: Path, setting: str, why: str) -> None:
    with pytest.raises(LibraryError) as found:
        Library.load(_choosing(tmp_path), today=TODAY, criteria=choices(setting))
    assert why in str(found.value) and "\n" not in str(found.value)


def test_a_name_in_two_files_of_one_folder_stops_the_library(few: Path, tmp_path: Path) -> None:
    (tmp_path / "criteria").mkdir()
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / "criteria" / name).write_text(
            "twice: {title: T, expression: 'max(bun) > 99', source: S, version: '1'}"
        )
    with pytest.raises(LibraryError, match=r"b\.yaml:1: twice: stands in a\.yaml too"):
        Library.load(few, tmp_path, today=TODAY)


def test_a_hospital_names_its_own_documents(few: Path, tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text("document_words: [zettel]")
    own = Library.load(few, tmp_path, today=TODAY).knowledge(shipped_knowledge())
    assert own.documents.names("Zettel")
    assert not shipped_knowledge().documents.names("Zettel")


@pytest.mark.parametrize("content", ["document_words: [two words]", "words: [zettel]", "document_words: [zettel"])
def test_a_file_of_sources_that_cannot_be_used_stops_the_library(few: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "sources.yaml").write_text(content)
    with pytest.raises(LibraryError, match=r"sources\.yaml"):
        Library.load(few, tmp_path, today=TODAY)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="does not exist"):
        Library.load(tmp_path / "nowhere", today=TODAY)


def test_two_loads_are_alike() -> None:
    first, second = (Library.load(shipped_folder(), today=TODAY) for _ in range(2))
    assert list(first.templates) == list(second.templates)
    assert [one.ref for one in first.templates.values()] == [one.ref for one in second.templates.values()]
