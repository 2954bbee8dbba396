"""Counts: a query that is sent anew leaves the day of its first sending, and who may see them is asked once."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CHANGED = """
CREATE OR REPLACE FUNCTION tracker.metric_query_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tracker.metric_changes (at) VALUES (NEW.created_at);
    IF NEW.issued_at IS NOT NULL AND NEW.issued_at <> NEW.created_at THEN
        INSERT INTO tracker.metric_changes (at) VALUES (NEW.issued_at);
    END IF;
    {left}
    RETURN NULL;
END $$;
"""
LEFT = """
    IF TG_OP = 'UPDATE' THEN
        IF OLD.issued_at IS NOT NULL AND OLD.issued_at IS DISTINCT FROM NEW.issued_at THEN
            INSERT INTO tracker.metric_changes (at) VALUES (OLD.issued_at);
        END IF;
    END IF;
"""
# The planner then knows how many rows there are, and need not sort them.
ASKED_ONCE = """
ALTER POLICY system_writes ON tracker.{table}
    USING ((SELECT tracker.is_system())) WITH CHECK ((SELECT tracker.is_system()));
ALTER POLICY staff_reads ON tracker.{table} USING ((SELECT tracker.is_staff()));
"""
ASKED_FOR_EACH_ROW = """
ALTER POLICY system_writes ON tracker.{table} USING (tracker.is_system()) WITH CHECK (tracker.is_system());
ALTER POLICY staff_reads ON tracker.{table} USING (current_setting('app.staff', true) = 'on');
"""
TABLES = ("metric_cells", "metric_open")


def upgrade() -> None:
    """Count the day that is left too, and ask once."""
    op.execute(CHANGED.format(left=LEFT))
    for table in TABLES:
        op.execute(ASKED_ONCE.format(table=table))


def downgrade() -> None:
    """As it was."""
    op.execute(CHANGED.format(left=""))
    for table in TABLES:
        op.execute(ASKED_FOR_EACH_ROW.format(table=table))
