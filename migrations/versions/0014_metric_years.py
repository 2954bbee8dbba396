"""The dashboard's counts by year, and an index that tells the busiest values of a period by itself."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index, and let everything be counted anew: without a state, the job begins at the beginning."""
    op.execute(
        "CREATE INDEX metric_cells_busiest ON tracker.metric_cells (dimension, grain, start, value)"
        " INCLUDE (issued, failed, overridden)"
    )
    op.execute("DELETE FROM tracker.metric_state")


def downgrade() -> None:
    """Take the index away again."""
    op.execute("DROP INDEX tracker.metric_cells_busiest")
