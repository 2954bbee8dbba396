"""The schemas of tracker and notifier, each with inbox, outbox and timers."""

from __future__ import annotations

from alembic import op

from migrations.grants import ROLES, default_rights

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INBOX = """
CREATE TABLE {schema}.inbox (
    consumer text NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    digest text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, source, id)
)
"""

OUTBOX = """
CREATE TABLE {schema}.outbox (
    id bigserial PRIMARY KEY,
    event_id text NOT NULL,
    type text NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    partition integer,
    "offset" bigint,
    taken_at timestamptz,
    set_aside_at timestamptz,
    error text
)
"""

# Partial indexes instead of one over everything: each stays as small as the work that is open.
OUTBOX_INDEXES = (
    "CREATE INDEX outbox_pending ON {schema}.outbox (id) WHERE published_at IS NULL AND set_aside_at IS NULL",
    "CREATE INDEX outbox_in_flight ON {schema}.outbox (id) WHERE published_at IS NOT NULL AND taken_at IS NULL",
    "CREATE INDEX outbox_set_aside ON {schema}.outbox (id) WHERE set_aside_at IS NOT NULL",
    "CREATE INDEX outbox_waiting ON {schema}.outbox (created_at) WHERE taken_at IS NULL AND set_aside_at IS NULL",
)

TIMERS = """
CREATE TABLE {schema}.timers (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    due_at timestamptz NOT NULL,
    payload jsonb NOT NULL DEFAULT '{{}}',
    lease_token uuid,
    leased_until timestamptz,
    done_at timestamptz,
    attempts integer NOT NULL DEFAULT 0
)
"""

TIMER_INDEXES = (
    "CREATE INDEX timers_due ON {schema}.timers (due_at) WHERE done_at IS NULL",
    "CREATE INDEX timers_subject ON {schema}.timers (subject) WHERE done_at IS NULL",
)

# Queues change every row twice; without this, dead rows pile up until a fifth of the table has changed.
VACUUM = (
    "ALTER TABLE {schema}.outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)",
    "ALTER TABLE {schema}.timers SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)",
)


def upgrade() -> None:
    """Create both schemas with the tables that delivery rests on."""
    for schema in ROLES:
        op.execute(f"CREATE SCHEMA {schema}")
        default_rights(schema)
        for statement in (INBOX, OUTBOX, *OUTBOX_INDEXES, TIMERS, *TIMER_INDEXES, *VACUUM):
            op.execute(statement.format(schema=schema))


def downgrade() -> None:
    """Drop both schemas with all that is in them."""
    for schema in ROLES:
        op.execute(f"DROP SCHEMA {schema} CASCADE")
