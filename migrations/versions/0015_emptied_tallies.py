"""A table that is emptied at once counts nothing any more: triggers on rows do not hear of it."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION tracker.tally_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM tracker.tallies WHERE kind = ANY (TG_ARGV);
    RETURN NULL;
END $$;
"""
KINDS = {"gaps": "'gap'", "queries": "'query', 'issued'", "charts": "'chart'"}


def upgrade() -> None:
    """Hear of it."""
    op.execute(FUNCTION)
    for table, kinds in KINDS.items():
        op.execute(
            f"CREATE TRIGGER tally_emptied AFTER TRUNCATE ON tracker.{table}"
            f" EXECUTE FUNCTION tracker.tally_nothing({kinds})"
        )


def downgrade() -> None:
    """Hear of rows alone."""
    for table in KINDS:
        op.execute(f"DROP TRIGGER tally_emptied ON tracker.{table}")
    op.execute("DROP FUNCTION tracker.tally_nothing()")
