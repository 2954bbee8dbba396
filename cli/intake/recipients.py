"""The file that maps services to providers (`--recipients`): CSV with the columns service and provider_id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict, Field

from cli.intake.csv_rows import read_rows, repeated
from cli.intake.problems import BadInput


class RecipientRow(BaseModel):
    """One service and the provider who is asked about its encounters."""

    model_config = ConfigDict(frozen=True)

    service: str = Field(min_length=1, max_length=100)
    provider_id: str = Field(min_length=1, max_length=100)


def read_recipients(lines: Iterable[str]) -> Mapping[str, str]:
    """Return provider ids by service. Raises `BadInput` (a column missing, a cell empty, a service named twice)."""
    rows = read_rows(lines, RecipientRow, ("service", "provider_id"))
    problems = repeated(((line, row.service) for line, row in rows), "service")
    if problems:
        raise BadInput(problems)
    return {row.service: row.provider_id for _, row in rows}
