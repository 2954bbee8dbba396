"""What coding and billing systems need to know of a chart (topic `cdi.charts.v1`)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from schemas.base import Contract, Instant

HoldReason = Literal["new_gap", "discharge_cancelled", "reopened", "merged_gap"]


class ChartChanged(Contract):
    """What all chart events share. The data names facility and encounter number; key and subject do not."""

    chart_id: str
    facility: str
    encounter_number: str
    sequence: int
    at: Instant


class HoldPlaced(ChartChanged):
    """Data of `cdi.chart.hold_placed.v1`: the chart holds, or is no longer ready, and why."""

    reason: HoldReason
    gap_uids: tuple[UUID, ...] = ()


class HoldReleased(ChartChanged):
    """Data of `cdi.chart.hold_released.v1`: with the holds that remain (an empty list: none)."""

    remaining: tuple[UUID, ...] = ()


class ChartReady(ChartChanged):
    """Data of `cdi.chart.ready.v1`: the visit has ended and nothing that blocks is open."""


class ChartFinalized(ChartChanged):
    """Data of `cdi.chart.finalized.v1`. `unanswered` lists queries closed without a response, with role and reason."""

    by_role: str
    unanswered: tuple[UUID, ...] = ()
    reason: str | None = None


class ChartReopened(ChartChanged):
    """Data of `cdi.chart.reopened.v1`."""

    reason: HoldReason


class ChartMerged(ChartChanged):
    """Data of `cdi.chart.merged.v1`: this chart's visit was merged into another one."""

    into_chart_id: str
    into_encounter_number: str


class LateResponse(ChartChanged):
    """Data of `cdi.chart.late_response.v1`: an answer came after finalizing; a coder has to look."""

    query_id: UUID
    response_id: str
