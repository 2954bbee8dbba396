"""What coders look for: their own charts, answers to review, answers that came late; and a chart's whole history."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE tracker.queries ADD COLUMN late_at timestamptz, ADD COLUMN late_decision text;
CREATE INDEX queries_late ON tracker.queries (late_at, query_id) WHERE late_at IS NOT NULL;
CREATE INDEX queries_to_review ON tracker.queries (answered_at, query_id)
    WHERE state IN ('answered', 'under_review', 'awaiting_documentation');
CREATE INDEX gaps_author ON tracker.gaps (author_id, chart_id) INCLUDE (sensitivity);
CREATE INDEX charts_undone ON tracker.charts (changed_at, chart_id) WHERE status NOT IN ('finalized', 'merged');
CREATE POLICY staff_reads_charts ON tracker.event_log FOR SELECT USING (
    -- Steps of a chart name nobody and nothing but time and actor; those of a gap go with the gap.
    query_id IS NULL AND current_setting('app.staff', true) = 'on'
    AND (subject = 'chart' OR EXISTS (SELECT 1 FROM tracker.gaps WHERE gaps.gap_uid = event_log.gap_uid))
);
"""


def upgrade() -> None:
    """Add what the coders' lists need."""
    op.execute(UP)


def downgrade() -> None:
    """Take it away again."""
    op.execute("DROP POLICY staff_reads_charts ON tracker.event_log")
    op.execute("DROP INDEX tracker.charts_undone; DROP INDEX tracker.gaps_author")
    op.execute("DROP INDEX tracker.queries_to_review; DROP INDEX tracker.queries_late")
    op.execute("ALTER TABLE tracker.queries DROP COLUMN late_at, DROP COLUMN late_decision")
