"""What becomes of encounters when the whole library asks about them. Real ones are not part of the project."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from benchmarks.sample_library import FILE, outcomes, table
from tests.conftest import project_root

pytestmark = pytest.mark.slow

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
INVENTED = project_root() / "docs" / "examples" / "encounters.ndjson"
ASKED_OF_A_BILL = {"nt_probnp_high", "temperature_high"}
"""Findings of which some ask for more about a diagnosis that only the bill names: there is no note to quote."""


def test_each_gap_of_the_invented_encounters_is_counted_once() -> None:
    with INVENTED.open(encoding="utf-8") as lines:
        found = outcomes(lines, AS_OF)
    assert sum(one.issued for one in found.values()) > 0
    total = sum(one.issued + one.held + one.none for one in found.values())
    *_, last = table(found)
    assert last.startswith(f"| all | {total} |")


@pytest.mark.samples
@pytest.mark.skipif(not FILE.exists(), reason=f"no sample encounters at {FILE}; set CDI_QUERY_SAMPLES")
def test_every_finding_of_the_sample_encounters_finds_its_template_and_stands_in_the_documentation() -> None:
    with FILE.open(encoding="utf-8") as lines:
        found = outcomes(lines, AS_OF)
    assert {code for code, one in found.items() if one.none} <= ASKED_OF_A_BILL
    assert all(one.issued for one in found.values())
    page = (project_root() / "docs" / "templates.md").read_text(encoding="utf-8")
    assert all(f"| {code} |" in page for code in found)
