"""A new template to fill in, with its golden examples: everything that does not depend on its subject stands there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from cli.templates.starts import STARTS
from schemas.vocabulary import Category, Setting
from services.query_builder.examples import examples_file

_DOCUMENTED = (
    "      documented: [{term: FILL_IN, source: Progress note, author_role: attending,"
    " recorded_at: 2026-03-02T20:00:00Z}]  # the words of the note"
)
_INDICATOR = (
    "        - {name: FILL_IN, value: FILL_IN, unit: FILL_IN, kind: laboratory, source: Laboratory,"
    " observed_at: 2026-03-0%dT06:00:00Z}"
)
_TREATMENT = (
    "        - {name: FILL_IN, value: FILL_IN, kind: medication, source: MAR, author_role: nurse,"
    " observed_at: 2026-03-04T10:00:00Z}  # what was done about it"
)


class AlreadyThere(Exception):
    """A template of this id stands in the folder. The text names it."""


def write_new(
    folder: Path, specialty: str, template_id: str, category: Category, setting: Setting, today: date
) -> Path:
    """Write a template and its examples to fill in. Out: the template's file.

    Raises:
        AlreadyThere: the folder has a template of this id; it is left as it is.
    """
    for there in (folder / "queries").rglob(f"{template_id}.md"):
        raise AlreadyThere(f"{there} is there already; it was left as it is")
    path = folder / "queries" / specialty / f"{template_id}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_template(template_id, category, setting, today)) + "\n", encoding="utf-8")
    examples_file(path).write_text("\n".join(_examples(category, setting)) + "\n", encoding="utf-8")
    return path


def _template(template_id: str, category: Category, setting: Setting, today: date) -> Iterator[str]:
    start = STARTS[category]
    questions = start.questions(category)
    yield from [
        "---",
        f"id: {template_id}",
        'version: "1"',
        'title: "Clarification: FILL_IN"  # neutral words that name no diagnosis, such as: potassium results',
        f"categories: [{category}]",
        f"settings: [{setting}]",
        f"response_types: [{', '.join(questions)}]",
        "match:",
        '  concepts: ["FILL_IN"]  # words by which a gap says what it is about, such as: potassium',
        "  when: FILL_IN  # what the record shows when it asks, such as: max(potassium) > 5.5 mmol/L",
        "needs:",
        "  - that: FILL_IN  # what must be there to ask at all, such as: a potassium of this encounter",
        "    when: FILL_IN  # the same as a rule, such as: has(potassium)",
    ]
    if start.about_documented:
        yield 'subject: "FILL_IN"  # the words to look for in the notes, such as: anemia'
    yield from [
        "order: alphabetical",
        "options:",
        "  - text: FILL_IN answer 1  # an answer that a provider may give",
        "    when: FILL_IN  # what the record must show for it",
        "  - text: FILL_IN answer 2  # another answer, as likely to be right",
        "    when: FILL_IN  # what the record must show for it",
        *(["neutral: [not_significant]"] if category == "significance" else []),
        *(["neutral: [ruled_out]"] if category == "clinical_validation" else []),
        "governance:",
        "  status: starter",
        "  owner: FILL_IN  # who looks after this template",
        f"  review_by: {today + timedelta(days=365)}",
        f"  fiscal_year: {today.year + (today.month >= 10)}",
        "  sources: [FILL_IN]  # where the answers and their evidence come from",
        "---",
    ]
    for form, question in questions.items():
        yield f"# question {form}\n{question}\n"


def _examples(category: Category, setting: Setting) -> Iterator[str]:
    """Yield one example with two answers, one with fewer, one held, and one for each other form."""
    waits = category == "clinical_validation"

    def expect(form: str) -> str:
        return f"held: needs_second_person, form: {form}" if waits else f"issued: {form}"

    yield "# Synthetic. What the template must answer to these gaps."
    yield "examples:"
    yield from _example("the record supports both answers", category, setting, indicators=2)
    both = "options: [FILL_IN answer 1, FILL_IN answer 2]"
    yield f"    expect: {{{expect('multiple_choice')}, {both}}}  # as in the template"
    yield from _example("the record supports one answer, so the question is open", category, setting, indicators=1)
    yield f"    expect: {{{expect('open_ended')}, options: []}}"
    yield from _example("choices were insisted on, but the record supports one", category, setting, "multiple_choice")
    yield "    expect: {held: no_supported_option}"
    if "yes_no" in STARTS[category].questions(category):
        yield from _example("yes or no", category, setting, "yes_no")
        yield "    expect: {issued: yes_no}"


def _example(
    name: str, category: Category, setting: Setting, response_type: str | None = None, indicators: int = 1
) -> Iterator[str]:
    yield f"  - name: {name}"
    yield "    started_at: 2026-03-02T18:00:00Z"
    if category == "present_on_admission":
        yield "    admission_order_at: 2026-03-03T12:00:00Z"
    yield "    as_of: 2026-03-05T09:00:00Z"
    yield "    basis:"
    yield f"      setting: {setting}"
    yield f"      category: {category}"
    if response_type is not None:
        yield f"      response_type: {response_type}"
    if STARTS[category].about_documented:
        yield _DOCUMENTED
    yield "      indicators:"
    yield from (_INDICATOR % (3 + number) for number in range(indicators))
    yield _TREATMENT
