"""What holds a chart, recomputed from state on every event. Pure.

Only gaps hold: a chart holds while a blocking gap of it, or of a visit merged into it, is open. It is ready when none
is open and the visit has ended. `settle` compares that with what was announced last and notes the difference.
"""

from __future__ import annotations

from uuid import UUID

from schemas.charts import HoldReason
from services.tracker.journal import Journal
from services.tracker.lifecycle import OPEN_GAP
from services.tracker.model import Chart

SYSTEM = "system"


def open_blockers(charts: list[Chart]) -> tuple[UUID, ...]:
    """Return the ids of the open, blocking gaps of these charts, oldest first."""
    every = [gap for chart in charts for gap in chart.gaps.values()]
    # A blocking gap whose question another one asks is as open as that one.
    asked_for = {gap.original for gap in every if gap.blocking and gap.state == "duplicate"}
    gaps = [gap for gap in every if gap.state in OPEN_GAP and (gap.blocking or gap.uid in asked_for)]
    return tuple(gap.uid for gap in sorted(gaps, key=lambda gap: (gap.registered_at, gap.uid)))


def settle(journal: Journal, *also: str) -> None:
    """Bring every visit that was touched since the last time, and those of `also`, to what its state demands."""
    touched = [*journal.unsettled(), *also]
    for root_id in dict.fromkeys(journal.root(chart_id).chart_id for chart_id in touched):
        _settle_one(journal, root_id)


def _settle_one(journal: Journal, root_id: str) -> None:
    root = journal.charts[root_id]
    blockers = open_blockers(list(journal.family(root)))
    reason: HoldReason = "merged_gap" if set(blockers) - set(root.gaps) else "new_gap"
    if root.status == "finalized" and (blockers or not root.visit_ended(journal.now)):
        why = reason if blockers else "discharge_cancelled"
        root = journal.note("chart", "reopened", root_id, SYSTEM, hold_reason=why)
    if root.status == "holding":
        root = _release(journal, root, blockers)
    if set(blockers) - set(root.holding) and root.status != "finalized":
        root = journal.note("chart", "hold_placed", root_id, SYSTEM, hold_reason=reason, gap_uids=blockers)
    _settle_readiness(journal, root, blockers)


def _release(journal: Journal, root: Chart, blockers: tuple[UUID, ...]) -> Chart:
    if not blockers:
        return journal.note("chart", "cleared", root.chart_id, SYSTEM)
    remaining = tuple(uid for uid in root.holding if uid in blockers)
    if remaining and remaining != root.holding:
        return journal.note("chart", "hold_released", root.chart_id, SYSTEM, gap_uids=remaining)
    return root


def _settle_readiness(journal: Journal, root: Chart, blockers: tuple[UUID, ...]) -> None:
    if root.status == "ready" and not root.visit_ended(journal.now):
        root = journal.note("chart", "unready", root.chart_id, SYSTEM, hold_reason="discharge_cancelled")
    if root.status == "clear" and not blockers and root.visit_ended(journal.now):
        journal.note("chart", "ready", root.chart_id, SYSTEM)
