"""Templates that are not used, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evidence.faults import LibraryError, place

RefusalKind = Literal["malformed", "overdue", "not_adopted", "failing_example"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A template that is not used: which, in which file, line and field, and why."""

    template_id: str
    path: Path
    field: str
    why: str
    line: int | None = None
    kind: RefusalKind = "malformed"

    @staticmethod
    def of(template_id: str, fault: LibraryError, kind: RefusalKind = "malformed") -> Refusal:
        """Refuse a template for a fault of one of its files."""
        return Refusal(template_id, fault.path, fault.field, fault.why, fault.line, kind)

    def __str__(self) -> str:
        return f"{place(self.path, self.line)}: {self.field}: {self.why}"
