"""What becomes of encounters when the whole library asks about them. Real ones are not part of the project."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks.sample_library import outcomes, table
from tests.conftest import project_root

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
INVENTED = project_root() / "docs" / "examples" / "encounters.ndjson"


def test_each_gap_of_the_invented_encounters_is_counted_once() -> None:
    with INVENTED.open(encoding="utf-8") as lines:
        found = outcomes(lines, AS_OF)
    assert sum(one.issued for one in found.values()) > 0
    total = sum(one.issued + one.held + one.none for one in found.values())
    *_, last = table(found)
    assert last.startswith(f"| all | {total} |")
