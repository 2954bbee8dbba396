"""What a provider answered lately, found by index however long they have been answering."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.execute(
        "CREATE INDEX queries_answered_by ON tracker.queries (recipient_id, answered_at DESC)"
        " WHERE answered_at IS NOT NULL"
    )


def downgrade() -> None:
    """Take it away again."""
    op.execute("DROP INDEX tracker.queries_answered_by")
