"""What the service starts with: templates that passed their examples, and a word in the log about the others."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from compliance import shipped_knowledge
from schemas.gaps import DocumentedTerm
from services.foundation.metrics import REGISTRY
from services.foundation.telemetry import ALLOWED
from services.query_builder.app import prepare
from services.query_builder.composer import answer
from services.query_builder.library import shipped_folder
from tests.query_builder.support import at, basis, lab, request

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FAILURE = (shipped_folder() / "queries" / "cardiovascular" / "heart-failure-specificity.md").read_text()
EXAMPLES = (shipped_folder() / "queries" / "cardiovascular" / "heart-failure-specificity.examples.yaml").read_text()


def own(tmp_path: Path, text: str) -> Path:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "heart-failure-specificity.md").write_text(text)
    (tmp_path / "queries" / "heart-failure-specificity.examples.yaml").write_text(EXAMPLES)
    return tmp_path


def test_refused_templates_are_told_once_and_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = own(tmp_path, FAILURE.replace("if known", "as it clearly meets criteria for acute"))
    prepared = prepare(shipped_folder(), folder, today=lambda: NOW, base=shipped_knowledge())
    assert "heart-failure-specificity" not in prepared.library.templates
    assert {record.message for record in caplog.records} == {"template not used"}
    assert _told("failing_example") == 1


def test_the_log_says_where_the_fault_is_and_why_and_counts_what_is_in_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = own(tmp_path, FAILURE.replace("review_by: 2027-09-30", "review_by: 2020-01-01"))
    with caplog.at_level(logging.INFO):
        prepared = prepare(shipped_folder(), folder, today=lambda: NOW, base=shipped_knowledge())
    *refusals, loaded = (vars(record) for record in caplog.records if record.name == "services.query_builder.app")
    (refused,) = (one for one in refusals if one["template"] == "heart-failure-specificity")
    assert refused["path"] == str(folder / "queries" / "heart-failure-specificity.md") and refused["line"] > 1
    assert (refused["field"], refused["fault"]) == ("governance.review_by", "the review was due on 2020-01-01")
    assert (loaded["count"], loaded["refused"]) == (len(prepared.library.templates), len(refusals))
    assert (_told("in_use"), _told("overdue"), _told("malformed")) == (loaded["count"], 1, 0)
    assert {"template", "path", "line", "field", "fault", "count", "refused"} <= ALLOWED


def test_starters_alone_leave_nothing_to_use_where_adoption_is_required() -> None:
    prepared = prepare(shipped_folder(), today=lambda: NOW, base=shipped_knowledge(), require_adopted=True)
    assert not prepared.library.templates and len(prepared.library.refused) >= 8
    assert _told("in_use") == 0 and _told("not_adopted") == len(prepared.library.refused)


def _told(state: str) -> float | None:
    """How many templates Prometheus is told of."""
    return REGISTRY.get_sample_value("cdi_query_templates", {"state": state})


def test_a_context_stands_before_the_question_and_is_filled_like_it(tmp_path: Path) -> None:
    context = (
        '# context\n{{ subject.source }} of {{ subject.date }}: "{{ subject.term }}".\n\n# question multiple_choice'
    )
    folder = own(tmp_path, FAILURE.replace("# question multiple_choice", context))
    prepared = prepare(shipped_folder(), folder, today=lambda: NOW, base=shipped_knowledge())
    assert prepared.library.refused == ()
    term = DocumentedTerm(term="Heart failure", source="H&P", author_role="attending", recorded_at=at(1))
    asked = basis(lab("NT-proBNP", "3000", 2, "pg/mL"), category="specificity", documented=(term,))
    found = answer(request(asked), prepared.library, prepared.knowledge)
    assert found.document is not None
    assert found.document.context == 'H&P of 2026-03-02: "Heart failure".'
