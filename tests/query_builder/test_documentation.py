"""The template that docs/templates.md teaches is one that works."""

from __future__ import annotations

import re
from pathlib import Path

from compliance import shipped_knowledge
from services.query_builder.examples import verify
from services.query_builder.library import Library, shipped_folder
from tests.query_builder.conftest import TODAY

DOCS = Path(__file__).resolve().parents[2] / "docs" / "templates.md"


def _block(language: str, begins: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(), re.DOTALL)
    return str(next(block for block in blocks if block.startswith(begins)))


def test_the_example_in_the_documentation_loads_and_passes(tmp_path: Path) -> None:
    queries = tmp_path / "queries" / "renal-metabolic"
    queries.mkdir(parents=True)
    (queries / "potassium-high.md").write_text(_block("markdown", "---\nid"))
    (queries / "potassium-high.examples.yaml").write_text(_block("yaml", "examples:"))
    (tmp_path / "indicators").mkdir()
    (tmp_path / "indicators" / "own.yaml").write_text(_block("yaml", "potassium:"))
    library = Library.load(shipped_folder(), tmp_path, today=TODAY)
    assert "potassium-high" in library.templates, library.refused
    assert verify(library, library.knowledge(shipped_knowledge())) == []
