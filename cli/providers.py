"""The directory file of `providers import`: CSV, one provider a line.

Columns: id, name, role, service, email, default_for_service (yes or no), active (yes or no; yes when left out).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cli.intake.csv_rows import read_rows, repeated
from cli.intake.problems import BadInput, Problem
from schemas.vocabulary import RecipientRole

COLUMNS = ("id", "name", "role", "service", "email", "default_for_service")


def _yes_or_no(value: Any) -> Any:
    answers = {"yes": True, "no": False}
    if isinstance(value, str):
        if value.lower() not in answers:
            raise ValueError("yes or no was expected")
        return answers[value.lower()]
    return value


YesNo = Annotated[bool, BeforeValidator(_yes_or_no)]


class ProviderRow(BaseModel):
    """One provider: who may be asked, in which role, for which service, and where notifications go.

    Without an e-mail address the inbox is the only way.
    """

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=200)
    role: RecipientRole
    service: str | None = Field(default=None, max_length=100)
    email: str | None = Field(default=None, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    default_for_service: YesNo = False
    active: YesNo = True

    @model_validator(mode="after")
    def _a_default_has_a_service(self) -> ProviderRow:
        if self.default_for_service and not (self.service and self.active):
            raise ValueError("the default for a service is active and names the service")
        return self


def read_providers(lines: Iterable[str]) -> list[ProviderRow]:
    """Return the providers of a CSV file, in its order.

    Raises:
        BadInput: with every fault of the file: a column missing, a cell that does not fit, an id given twice, a
            service with two defaults.
    """
    rows = read_rows(lines, ProviderRow, COLUMNS)
    problems = repeated(((line, row.id) for line, row in rows), "id") + _two_defaults(rows)
    if problems:
        raise BadInput(problems)
    return [row for _, row in rows]


def _two_defaults(rows: list[tuple[int, ProviderRow]]) -> list[Problem]:
    defaults = ((line, row.service or "") for line, row in rows if row.default_for_service)
    return repeated(defaults, "default_for_service")
