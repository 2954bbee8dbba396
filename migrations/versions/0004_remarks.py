"""What people say to each other about a query, the text that went into the record, and since when a question waits."""

from __future__ import annotations

from alembic import op

from migrations.grants import force_row_security

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE tracker.responses ADD COLUMN cosigned_at timestamptz, ADD COLUMN record_text text;
ALTER TABLE tracker.queries ADD COLUMN question_at timestamptz;
CREATE INDEX queries_questioned ON tracker.queries (question_at) WHERE question_at IS NOT NULL;
CREATE INDEX queries_waiting ON tracker.queries (recipient_id, state)
    WHERE state IN ('issued', 'delivered', 'opened', 'awaiting_cosign');
CREATE TABLE tracker.remarks (
    query_id uuid NOT NULL REFERENCES tracker.queries,
    n integer NOT NULL,
    kind text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (query_id, n)
);
CREATE POLICY system_writes ON tracker.remarks USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY people_read ON tracker.remarks FOR SELECT USING (
    EXISTS (SELECT 1 FROM tracker.queries WHERE queries.query_id = remarks.query_id)
);
"""


def upgrade() -> None:
    """Add what remarks and the record's text need."""
    op.execute(UP)
    force_row_security("tracker", "remarks")


def downgrade() -> None:
    """Take it away again."""
    op.execute("DROP TABLE tracker.remarks")
    op.execute("DROP INDEX tracker.queries_waiting; DROP INDEX tracker.queries_questioned")
    op.execute("ALTER TABLE tracker.queries DROP COLUMN question_at")
    op.execute("ALTER TABLE tracker.responses DROP COLUMN cosigned_at, DROP COLUMN record_text")
