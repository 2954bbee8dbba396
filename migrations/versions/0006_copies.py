"""Who is asked beside the recipient, as rows: an inbox finds them by index, which it cannot inside an array."""

from __future__ import annotations

from alembic import op

from migrations.grants import force_row_security

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE tracker.copies (
    provider_id text NOT NULL,
    query_id uuid NOT NULL REFERENCES tracker.queries,
    PRIMARY KEY (provider_id, query_id)
);
CREATE POLICY system_writes ON tracker.copies USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY people_read ON tracker.copies FOR SELECT USING (
    current_setting('app.staff', true) = 'on'
    OR provider_id = current_setting('app.provider', true)
    OR provider_id = ANY (string_to_array(current_setting('app.covers', true), ','))
);
"""
# The owner is under row security, too: without the system's scope it would copy nothing.
FILL = """
SELECT set_config('app.system', 'on', true);
INSERT INTO tracker.copies (provider_id, query_id) SELECT DISTINCT unnest(copied), query_id FROM tracker.queries;
"""


def upgrade() -> None:
    """Make the table, and fill it from the queries there are."""
    op.execute(UP)
    op.execute(FILL)
    force_row_security("tracker", "copies")


def downgrade() -> None:
    """Take it away again."""
    op.execute("DROP TABLE tracker.copies")
