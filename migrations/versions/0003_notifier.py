"""The notifier's own tables: timelines, deliveries, notifications and every attempt to send one."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# No name, address or word of the chart stands in any of these tables: ids, steps, times and codes only.

TIMELINES = """
CREATE TABLE notifier.timelines (
    query_id uuid PRIMARY KEY,
    chart_id text NOT NULL,
    sequence bigint NOT NULL,
    epoch bigint NOT NULL,
    active boolean NOT NULL,
    policy text NOT NULL,
    phase text NOT NULL,
    facility text NOT NULL,
    recipient_id text,
    since timestamptz NOT NULL,
    anchor timestamptz NOT NULL,
    paused_at timestamptz,
    deferred_until timestamptz,
    steps jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((paused_at IS NULL) = (deferred_until IS NULL))
)
"""

DELIVERIES = """
CREATE TABLE notifier.deliveries (
    id uuid PRIMARY KEY,
    query_id uuid NOT NULL REFERENCES notifier.timelines,
    chart_id text NOT NULL,
    epoch bigint NOT NULL,
    since timestamptz NOT NULL,
    step text NOT NULL,
    kind text NOT NULL,
    level integer NOT NULL,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'done', 'cancelled')),
    raised_at timestamptz,
    waits integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    lease_token uuid,
    leased_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
)
"""

NOTIFICATIONS = """
CREATE TABLE notifier.notifications (
    id uuid PRIMARY KEY,
    delivery_id uuid NOT NULL REFERENCES notifier.deliveries,
    query_id uuid NOT NULL,
    chart_id text NOT NULL,
    step text NOT NULL,
    kind text NOT NULL,
    recipient_id text NOT NULL,
    channel text NOT NULL,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'sending', 'sent', 'failed', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    message_id text NOT NULL,
    refused text[] NOT NULL DEFAULT '{}',
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
)
"""

# An attempt without an outcome is one that a crash cut off: the message may have gone out.
ATTEMPTS = """
CREATE TABLE notifier.attempts (
    notification_id uuid NOT NULL REFERENCES notifier.notifications,
    n integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('accepted', 'transient', 'permanent')),
    code text,
    PRIMARY KEY (notification_id, n)
)
"""

INDEXES = (
    "CREATE INDEX deliveries_due ON notifier.deliveries (next_attempt_at) WHERE state = 'planned'",
    "CREATE INDEX deliveries_query ON notifier.deliveries (query_id) WHERE state = 'planned'",
    "CREATE INDEX notifications_delivery ON notifier.notifications (delivery_id)",
    "CREATE INDEX notifications_query ON notifier.notifications (query_id, recipient_id)",
    "CREATE INDEX notifications_refused ON notifier.notifications (id) WHERE refused <> '{}'",
    "ALTER TABLE notifier.deliveries SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)",
)


def upgrade() -> None:
    """Create the tables."""
    for statement in (TIMELINES, DELIVERIES, NOTIFICATIONS, ATTEMPTS, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables with all that is in them."""
    for table in ("attempts", "notifications", "deliveries", "timelines"):
        op.execute(f"DROP TABLE notifier.{table}")
