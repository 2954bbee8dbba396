"""What the dashboard reads: counts by day and month, open queries by age, drafts that the check did not pass."""

from __future__ import annotations

from alembic import op

from migrations.grants import force_row_security

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CELLS = """
CREATE TABLE tracker.metric_cells (
    dimension text NOT NULL,
    grain text NOT NULL,
    start date NOT NULL,
    value text NOT NULL,
    drafted integer NOT NULL,
    failed integer NOT NULL,
    overridden integer NOT NULL,
    issued integer NOT NULL,
    answered integer NOT NULL,
    withdrawn integer NOT NULL,
    duplicates integer NOT NULL,
    obsolete integer NOT NULL,
    redirected integer NOT NULL,
    escalated integer NOT NULL,
    unanswered_closed integer NOT NULL,
    diagnosis_answered integer NOT NULL,
    agreed integer NOT NULL,
    validation_answered integer NOT NULL,
    validated integer NOT NULL,
    undetermined integer NOT NULL,
    held_charts integer NOT NULL,
    hold_minutes bigint NOT NULL,
    from_issue jsonb NOT NULL,
    from_delivery jsonb NOT NULL,
    PRIMARY KEY (dimension, grain, start, value)
);
CREATE INDEX metric_cells_value ON tracker.metric_cells (dimension, grain, value, start);

CREATE TABLE tracker.metric_open (
    dimension text NOT NULL,
    value text NOT NULL,
    open integer NOT NULL,
    older_1 integer NOT NULL,
    older_3 integer NOT NULL,
    older_7 integer NOT NULL,
    older_14 integer NOT NULL,
    escalated integer NOT NULL,
    overdue integer NOT NULL,
    holding integer NOT NULL,
    PRIMARY KEY (dimension, value)
);

CREATE TABLE tracker.metric_state (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    as_of timestamptz NOT NULL,
    zone text NOT NULL
);
"""

# Rows are only ever added here by those who change queries, so nobody waits for anybody; the job takes them away.
CHANGES = """
CREATE TABLE tracker.metric_changes (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL
);
CREATE FUNCTION tracker.metric_query_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tracker.metric_changes (at) VALUES (NEW.created_at);
    IF NEW.issued_at IS NOT NULL AND NEW.issued_at <> NEW.created_at THEN
        INSERT INTO tracker.metric_changes (at) VALUES (NEW.issued_at);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER metric_query_changed AFTER INSERT OR UPDATE ON tracker.queries
    FOR EACH ROW EXECUTE FUNCTION tracker.metric_query_changed();
CREATE FUNCTION tracker.metric_chart_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tracker.metric_changes (at)
        SELECT created_at FROM tracker.queries WHERE chart_id = NEW.chart_id
        UNION SELECT issued_at FROM tracker.queries WHERE chart_id = NEW.chart_id AND issued_at IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER metric_chart_changed AFTER UPDATE ON tracker.charts FOR EACH ROW
    WHEN (OLD.service IS DISTINCT FROM NEW.service OR OLD.ended_at IS DISTINCT FROM NEW.ended_at)
    EXECUTE FUNCTION tracker.metric_chart_changed();
CREATE INDEX queries_issued ON tracker.queries (issued_at) WHERE issued_at IS NOT NULL;
"""

CHECKS = """
CREATE TABLE tracker.failed_checks (
    query_id uuid NOT NULL,
    result_id uuid NOT NULL,
    verdict text NOT NULL,
    rules text[] NOT NULL,
    PRIMARY KEY (query_id, result_id)
);
"""

RIGHTS = """
CREATE POLICY system_writes ON tracker.metric_cells USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY staff_reads ON tracker.metric_cells FOR SELECT USING (current_setting('app.staff', true) = 'on');
CREATE POLICY system_writes ON tracker.metric_open USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY staff_reads ON tracker.metric_open FOR SELECT USING (current_setting('app.staff', true) = 'on');
CREATE POLICY system_only ON tracker.failed_checks USING (tracker.is_system()) WITH CHECK (tracker.is_system());
"""


def upgrade() -> None:
    """Add the tables. They fill themselves: without a state, the job counts everything from the beginning."""
    for statements in (CELLS, CHANGES, CHECKS, RIGHTS):
        op.execute(statements)
    force_row_security("tracker", "metric_cells", "metric_open", "failed_checks")


def downgrade() -> None:
    """Take them away again."""
    op.execute(
        "DROP TRIGGER metric_query_changed ON tracker.queries; DROP TRIGGER metric_chart_changed ON tracker.charts"
    )
    op.execute("DROP FUNCTION tracker.metric_query_changed(); DROP FUNCTION tracker.metric_chart_changed()")
    op.execute("DROP INDEX tracker.queries_issued")
    op.execute(
        "DROP TABLE tracker.metric_cells, tracker.metric_open, tracker.metric_state, tracker.metric_changes,"
        " tracker.failed_checks"
    )
