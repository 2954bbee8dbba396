"""The work queue: a narrow row per open query, notes on gaps, saved views, what was sent, and indexes for pages."""

from __future__ import annotations

from alembic import op

from migrations.grants import force_row_security

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN_QUERY = """state IN (
    'held', 'issued', 'delivered', 'opened', 'answered', 'awaiting_cosign', 'awaiting_documentation', 'under_review'
)"""

QUEUE = """
CREATE TABLE tracker.work_queue (
    query_id uuid PRIMARY KEY REFERENCES tracker.queries ON DELETE CASCADE,
    gap_uid uuid NOT NULL,
    chart_id text NOT NULL,
    sensitivity text NOT NULL,
    state text NOT NULL,
    facility text NOT NULL,
    service text,
    category text NOT NULL,
    priority smallint NOT NULL,
    recipient_id text,
    recipient_role text,
    author_id text,
    title text,
    level integer NOT NULL,
    expired boolean NOT NULL,
    blocking boolean NOT NULL,
    since timestamptz NOT NULL,
    due_at timestamptz,
    deferred_until timestamptz,
    reminded_at timestamptz,
    noted boolean NOT NULL,
    look_again_on date
);
CREATE INDEX work_queue_since ON tracker.work_queue (since, query_id);
CREATE INDEX work_queue_due ON tracker.work_queue ((coalesce(due_at, 'infinity')), query_id);
CREATE INDEX work_queue_priority ON tracker.work_queue (priority, since, query_id);
CREATE INDEX work_queue_recipient ON tracker.work_queue (recipient_id, since);
CREATE INDEX work_queue_author ON tracker.work_queue (author_id, since);
CREATE INDEX work_queue_service ON tracker.work_queue (service, since);
CREATE INDEX work_queue_by_service ON tracker.work_queue ((coalesce(service, '')), since, query_id);
CREATE INDEX work_queue_by_provider ON tracker.work_queue ((coalesce(recipient_id, '')), since, query_id);
CREATE INDEX work_queue_level ON tracker.work_queue (level, since, query_id);
CREATE INDEX work_queue_watched ON tracker.work_queue (look_again_on, since, query_id) WHERE noted;
CREATE INDEX work_queue_category ON tracker.work_queue (category, since, query_id);
CREATE INDEX work_queue_facility ON tracker.work_queue (facility, since, query_id);
CREATE INDEX work_queue_state ON tracker.work_queue (state, since, query_id);
"""

NOTES = """
ALTER TABLE tracker.gaps
    ADD COLUMN note text, ADD COLUMN look_again_on date, ADD COLUMN noted_by text, ADD COLUMN noted_at timestamptz;
"""

NOTICES = """
CREATE TABLE tracker.notices (
    query_id uuid NOT NULL,
    notification_id uuid NOT NULL,
    status text NOT NULL,
    step text,
    channel text,
    attempts integer,
    error text,
    at timestamptz NOT NULL,
    PRIMARY KEY (query_id, notification_id, status)
);
"""

VIEWS = """
CREATE TABLE tracker.saved_views (
    view_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner text NOT NULL REFERENCES tracker.users,
    name text NOT NULL,
    shared boolean NOT NULL DEFAULT false,
    filters text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (owner, name)
);
CREATE INDEX saved_views_shared ON tracker.saved_views (name) WHERE shared;
"""

# Pages go through these backwards and forwards, so every column of one has the same direction.
INDEXES = f"""
DROP INDEX tracker.queries_copied;
DROP INDEX tracker.queries_page;
DROP INDEX tracker.queries_open;
DROP INDEX tracker.queries_state;
DROP INDEX tracker.queries_recipient;
DROP INDEX tracker.charts_page;
DROP INDEX tracker.charts_status;
DROP INDEX tracker.dead_letters_page;
CREATE INDEX queries_page ON tracker.queries (created_at, query_id);
CREATE INDEX queries_state ON tracker.queries (state, created_at, query_id);
CREATE INDEX queries_recipient ON tracker.queries (recipient_id, created_at, query_id);
CREATE INDEX queries_recipient_open ON tracker.queries (recipient_id, created_at, query_id) WHERE {OPEN_QUERY};
CREATE INDEX charts_page ON tracker.charts (changed_at, chart_id);
CREATE INDEX charts_status ON tracker.charts (status, changed_at, chart_id);
CREATE INDEX charts_mrn ON tracker.charts (mrn) WHERE mrn IS NOT NULL;
CREATE INDEX dead_letters_page ON tracker.dead_letters (seen_at, letter_id);
"""

# A policy's settings are read once a statement (each stands in a SELECT of its own) instead of once a row, and the
# planner takes such a condition for likely instead of for rare: it goes through an index in order, and stops early.
SYSTEM = "(SELECT tracker.is_system())"
STAFF = "(SELECT tracker.is_staff())"
STAFF_SEES = f"({STAFF} AND (sensitivity = 'normal' OR (SELECT tracker.sees_sensitive())))"
ASKED = """(
    issued_at IS NOT NULL AND held_reason IS NULL AND (
        recipient_id = (SELECT tracker.me()) OR (SELECT tracker.me()) = ANY (copied)
        -- Covering for somebody is no right to sensitive records.
        OR ((sensitivity = 'normal' OR (SELECT tracker.sees_sensitive()))
            AND copied || recipient_id && (SELECT tracker.covers()))
    )
)"""

FUNCTIONS = """
CREATE FUNCTION tracker.is_staff() RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT coalesce(current_setting('app.staff', true) = 'on', false) $$;
CREATE FUNCTION tracker.sees_sensitive() RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT coalesce(current_setting('app.sensitive', true) = 'on', false) $$;
CREATE FUNCTION tracker.me() RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('app.provider', true), '') $$;
CREATE FUNCTION tracker.covers() RETURNS text[] LANGUAGE sql STABLE
    AS $$ SELECT string_to_array(current_setting('app.covers', true), ',') $$;
"""
SYSTEM_ALONE = (
    "charts system_writes",
    "chart_states system_only",
    "gaps system_writes",
    "queries system_writes",
    "responses system_writes",
    "event_log system_writes",
    "event_payloads system_only",
    "parked system_only",
    "dead_letters system_only",
    "remarks system_writes",
    "copies system_writes",
)
ROW_SECURITY = (
    FUNCTIONS,
    *(
        f"ALTER POLICY {name} ON tracker.{table} USING ({SYSTEM}) WITH CHECK ({SYSTEM})"
        for table, name in (entry.split() for entry in SYSTEM_ALONE)
    ),
    # OFFSET keeps the planner from collecting every query first, for fear of many charts.
    f"ALTER POLICY people_read ON tracker.charts USING ({STAFF} OR "  # noqa: S608
    "EXISTS (SELECT 1 FROM tracker.queries WHERE queries.chart_id = charts.chart_id OFFSET 0))",
    f"ALTER POLICY staff_reads ON tracker.gaps USING ({STAFF_SEES})",
    f"ALTER POLICY people_read ON tracker.queries USING ({STAFF_SEES} OR {ASKED})",
    *(
        f"CREATE POLICY system_writes ON tracker.{table} USING ({SYSTEM}) WITH CHECK ({SYSTEM})"
        for table in ("work_queue", "notices")
    ),
    f"CREATE POLICY staff_reads ON tracker.work_queue FOR SELECT USING ({STAFF_SEES})",
    f"CREATE POLICY staff_reads ON tracker.notices FOR SELECT USING ({STAFF} AND "  # noqa: S608
    "EXISTS (SELECT 1 FROM tracker.queries WHERE queries.query_id = notices.query_id))",
)

# Only constants of this file stand in the texts.
BACKFILL = f"""
INSERT INTO tracker.work_queue
SELECT q.query_id, q.gap_uid, q.chart_id, q.sensitivity, q.state, c.facility, coalesce(root.service, c.service),
    q.category, 3, q.recipient_id, q.recipient_role, q.author_id, q.document ->> 'title', q.level, q.expired,
    g.blocking, coalesce(q.issued_at, q.created_at), q.due_at, q.deferred_until, NULL, false, NULL
FROM tracker.queries q
JOIN tracker.gaps g ON g.gap_uid = q.gap_uid
JOIN tracker.charts c ON c.chart_id = q.chart_id
LEFT JOIN tracker.charts root ON root.chart_id = c.merged_into
WHERE q.{OPEN_QUERY};
"""  # noqa: S608


def upgrade() -> None:
    """Create the tables, fill them from what is there, protect them, and put indexes where pages read."""
    # Row security binds the owner too; what is moved here are all rows.
    op.execute("SELECT set_config('app.system', 'on', true)")
    for statements in (QUEUE, NOTES, NOTICES, VIEWS, INDEXES, BACKFILL, *ROW_SECURITY):
        op.execute(statements)
    force_row_security("tracker", "work_queue", "notices")


BEFORE = (
    *(
        f"ALTER POLICY {name} ON tracker.{table} USING (tracker.is_system()) WITH CHECK (tracker.is_system())"
        for table, name in (entry.split() for entry in SYSTEM_ALONE)
    ),
    "ALTER POLICY people_read ON tracker.charts USING (current_setting('app.staff', true) = 'on' OR "
    "EXISTS (SELECT 1 FROM tracker.queries WHERE queries.chart_id = charts.chart_id))",
    "ALTER POLICY staff_reads ON tracker.gaps USING (tracker.staff_may_see(sensitivity))",
    "ALTER POLICY people_read ON tracker.queries USING (tracker.staff_may_see(sensitivity) OR (issued_at IS NOT NULL"
    " AND held_reason IS NULL AND (tracker.asks_me(recipient_id, copied)"
    " OR tracker.asks_for_me(recipient_id, copied, sensitivity))))",
    "DROP FUNCTION tracker.is_staff(), tracker.sees_sensitive(), tracker.me(), tracker.covers()",
    "ALTER TABLE tracker.gaps DROP COLUMN note, DROP COLUMN look_again_on, DROP COLUMN noted_by, DROP COLUMN noted_at",
    "DROP INDEX tracker.charts_mrn, tracker.queries_recipient_open",
    "CREATE INDEX queries_copied ON tracker.queries USING gin (copied)",
    """CREATE INDEX queries_open ON tracker.queries (created_at DESC, query_id)
    WHERE state NOT IN ('closed', 'withdrawn', 'superseded', 'auto_resolved')""",
)


def downgrade() -> None:
    """Drop what this migration made, and put policies and indexes back; the pages' indexes serve both ways."""
    for table in ("work_queue", "notices", "saved_views"):
        op.execute(f"DROP TABLE tracker.{table} CASCADE")
    for statement in BEFORE:
        op.execute(statement)
