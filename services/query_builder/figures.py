"""What the query builder counts for Prometheus: templates in use and refused, and what became of requests."""

from __future__ import annotations

from collections import Counter as Count
from typing import Final, get_args

from prometheus_client import Counter, Gauge

from schemas.queries import QueryHeld, QueryIssued
from services.foundation.metrics import REGISTRY, set_all
from services.query_builder.library import Library
from services.query_builder.refusals import RefusalKind

TEMPLATES: Final = Gauge(
    "cdi_query_templates",
    "Query templates that this process started with: in use, or refused and why.",
    ("state",),
    registry=REGISTRY,
)
RESULTS: Final = Counter(
    "cdi_query_results", "Texts composed or checked: issued, or held and why.", ("outcome",), registry=REGISTRY
)


def count_templates(library: Library) -> None:
    """Set how many templates are in use, and how many are refused by kind of fault."""
    kinds: dict[str, str] = {one.template_id: one.kind for one in library.refused}
    refused = Count(kinds.values())
    set_all(TEMPLATES, {"in_use": len(library.templates), **refused}, known=get_args(RefusalKind))


def count_result(result: QueryIssued | QueryHeld) -> None:
    """Count one answer that was published."""
    RESULTS.labels(f"held_{result.reason}" if isinstance(result, QueryHeld) else "issued").inc()
