"""How many gaps, queries and charts stand in which state, kept as they change: nobody counts a million rows to say it.

Whoever changes a row adds lines here and waits for nobody; whoever reads sums them up, and now and then puts the sum in
the place of its lines.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE tracker.tallies (
    kind text NOT NULL,
    state text NOT NULL,
    n bigint NOT NULL
);
"""

_FUNCTION = """
CREATE FUNCTION tracker.tally_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO tracker.tallies VALUES (TG_ARGV[0], OLD.{column}, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO tracker.tallies VALUES (TG_ARGV[0], NEW.{column}, 1);
    END IF;
    RETURN NULL;
END $$;
"""
_ISSUED_FUNCTION = """
CREATE FUNCTION tracker.tally_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tracker.tallies VALUES ('issued', 'all', 1);
    RETURN NULL;
END $$;
"""
FUNCTIONS = (_FUNCTION.format(column="state"), _FUNCTION.format(column="status"), _ISSUED_FUNCTION)
COUNTED = (("gaps", "gap", "state"), ("queries", "query", "state"), ("charts", "chart", "status"))
"""Each table with the name of its kind and the column that is counted."""

_TRIGGERS = """
CREATE TRIGGER tally_rows AFTER INSERT OR DELETE ON tracker.{table}
    FOR EACH ROW EXECUTE FUNCTION tracker.tally_{column}('{kind}');
CREATE TRIGGER tally_changes AFTER UPDATE ON tracker.{table} FOR EACH ROW
    WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION tracker.tally_{column}('{kind}');
INSERT INTO tracker.tallies SELECT '{kind}', {column}, count(*) FROM tracker.{table} GROUP BY {column};
"""
ISSUED = """
CREATE TRIGGER tally_issued_at_once AFTER INSERT ON tracker.queries FOR EACH ROW
    WHEN (NEW.issued_at IS NOT NULL) EXECUTE FUNCTION tracker.tally_issued();
CREATE TRIGGER tally_issued_later AFTER UPDATE ON tracker.queries FOR EACH ROW
    WHEN (OLD.issued_at IS NULL AND NEW.issued_at IS NOT NULL) EXECUTE FUNCTION tracker.tally_issued();
INSERT INTO tracker.tallies SELECT 'issued', 'all', count(*) FROM tracker.queries WHERE issued_at IS NOT NULL;
"""


def upgrade() -> None:
    """Make the table, count what is there, and go on counting."""
    op.execute("SELECT set_config('app.system', 'on', true)")
    for statement in (TABLE, *FUNCTIONS):
        op.execute(statement)
    for table, kind, column in COUNTED:
        op.execute(_TRIGGERS.format(table=table, kind=kind, column=column))
    op.execute(ISSUED)


def downgrade() -> None:
    """Stop counting."""
    for table, _, _ in COUNTED:
        op.execute(f"DROP TRIGGER tally_rows ON tracker.{table}; DROP TRIGGER tally_changes ON tracker.{table}")
    op.execute(
        "DROP TRIGGER tally_issued_at_once ON tracker.queries; DROP TRIGGER tally_issued_later ON tracker.queries"
    )
    op.execute("DROP FUNCTION tracker.tally_state(), tracker.tally_status(), tracker.tally_issued()")
    op.execute("DROP TABLE tracker.tallies")
