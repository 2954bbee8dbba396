"""The tracker's tables: charts and what is on them, the audit log, people, and row-level security from the start."""

from __future__ import annotations

from alembic import op

from migrations.grants import append_only, force_row_security

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHARTS = """
CREATE TABLE tracker.charts (
    chart_id text PRIMARY KEY,
    facility text NOT NULL DEFAULT '',
    encounter_number text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'clear',
    merged_into text,
    attending_id text,
    service text,
    encounter_class text,
    patient_reference text,
    patient_name text,
    mrn text,
    birth_date date,
    started_at timestamptz,
    ended_at timestamptz,
    holding integer NOT NULL DEFAULT 0,
    sequence integer NOT NULL DEFAULT 0,
    head text NOT NULL DEFAULT repeat('0', 64),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX charts_page ON tracker.charts (changed_at DESC, chart_id);
CREATE INDEX charts_status ON tracker.charts (status, changed_at DESC);
CREATE INDEX charts_number ON tracker.charts (encounter_number);

CREATE TABLE tracker.chart_states (
    chart_id text PRIMARY KEY REFERENCES tracker.charts,
    state text NOT NULL
);
"""

GAPS = """
CREATE TABLE tracker.gaps (
    gap_uid uuid PRIMARY KEY,
    chart_id text NOT NULL REFERENCES tracker.charts,
    source text NOT NULL,
    gap_id text NOT NULL,
    state text NOT NULL,
    category text NOT NULL,
    sensitivity text NOT NULL,
    blocking boolean NOT NULL,
    author_id text,
    query_id uuid,
    original uuid,
    reason text,
    content jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    due_at timestamptz,
    registered_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX gaps_chart ON tracker.gaps (chart_id);
CREATE INDEX gaps_state ON tracker.gaps (state, registered_at);
CREATE INDEX gaps_page ON tracker.gaps (registered_at, gap_uid);
"""

QUERIES = """
CREATE TABLE tracker.queries (
    query_id uuid PRIMARY KEY,
    gap_uid uuid NOT NULL REFERENCES tracker.gaps,
    chart_id text NOT NULL REFERENCES tracker.charts,
    n integer NOT NULL,
    state text NOT NULL,
    phase text NOT NULL,
    category text NOT NULL,
    sensitivity text NOT NULL,
    recipient_id text,
    recipient_role text,
    copied text[] NOT NULL DEFAULT '{}',
    author_id text,
    revised_by text,
    approved_by text,
    approval_reason text,
    release text NOT NULL,
    held_reason text,
    held_detail text,
    verdict text,
    ruleset text NOT NULL,
    findings jsonb NOT NULL,
    template_id text,
    template_version text,
    template_hash text,
    content_hash text NOT NULL,
    document jsonb,
    response_id text,
    documentation_ref text,
    outcome text,
    reason text,
    expired boolean NOT NULL DEFAULT false,
    level integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    created_at timestamptz NOT NULL,
    issued_at timestamptz,
    delivered_at timestamptz,
    opened_at timestamptz,
    answered_at timestamptz,
    closed_at timestamptz,
    deferred_until timestamptz,
    changed_at timestamptz NOT NULL
);
CREATE INDEX queries_chart ON tracker.queries (chart_id);
CREATE INDEX queries_gap ON tracker.queries (gap_uid);
CREATE INDEX queries_recipient ON tracker.queries (recipient_id, created_at DESC);
CREATE INDEX queries_copied ON tracker.queries USING gin (copied);
CREATE INDEX queries_state ON tracker.queries (state, created_at DESC);
CREATE INDEX queries_page ON tracker.queries (created_at DESC, query_id);
CREATE INDEX queries_open ON tracker.queries (created_at DESC, query_id)
    WHERE state NOT IN ('closed', 'withdrawn', 'superseded', 'auto_resolved');

CREATE TABLE tracker.responses (
    query_id uuid NOT NULL REFERENCES tracker.queries,
    source text NOT NULL,
    response_id text NOT NULL,
    provider_id text NOT NULL,
    code text NOT NULL,
    option_id text,
    answer_text text,
    documentation_ref text,
    method text NOT NULL,
    late boolean NOT NULL,
    amends text,
    cosigned_by text,
    at timestamptz NOT NULL,
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (query_id, source, response_id)
);
"""

AUDIT = """
CREATE TABLE tracker.event_log (
    chart_id text NOT NULL,
    sequence integer NOT NULL,
    subject text NOT NULL,
    transition text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    gap_uid uuid,
    query_id uuid,
    payload_digest text NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (chart_id, sequence)
);
CREATE INDEX event_log_query ON tracker.event_log (query_id, sequence) WHERE query_id IS NOT NULL;

CREATE TABLE tracker.event_payloads (
    chart_id text NOT NULL,
    sequence integer NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (chart_id, sequence)
);

CREATE TABLE tracker.view_log (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    user_id text NOT NULL,
    chart_id text NOT NULL,
    query_id uuid,
    what text NOT NULL
);
CREATE INDEX view_log_chart ON tracker.view_log (chart_id, at);
"""

PEOPLE = """
CREATE TABLE tracker.providers (
    id text PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL,
    service text,
    email text,
    active boolean NOT NULL DEFAULT true
);
CREATE TABLE tracker.service_defaults (
    service text PRIMARY KEY,
    provider_id text NOT NULL REFERENCES tracker.providers
);
CREATE TABLE tracker.coverage (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    provider_id text NOT NULL REFERENCES tracker.providers,
    covered_by text NOT NULL REFERENCES tracker.providers,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CHECK (starts_at < ends_at)
);
CREATE INDEX coverage_by ON tracker.coverage (covered_by, ends_at);
CREATE TABLE tracker.users (
    id text PRIMARY KEY,
    name text NOT NULL,
    email text,
    roles text[] NOT NULL,
    provider_id text REFERENCES tracker.providers,
    password_hash text,
    sensitive boolean NOT NULL DEFAULT false,
    active boolean NOT NULL DEFAULT true,
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz
);
CREATE TABLE tracker.tokens (
    hash text PRIMARY KEY,
    user_id text NOT NULL REFERENCES tracker.users,
    role text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE TABLE tracker.sessions (
    hash text PRIMARY KEY,
    user_id text NOT NULL REFERENCES tracker.users,
    csrf text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE TABLE tracker.sources (
    source text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('person', 'machine')),
    automatic boolean NOT NULL DEFAULT false,
    may_answer boolean NOT NULL DEFAULT false,
    authors jsonb NOT NULL DEFAULT '{}',
    changed_by text,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE tracker.idempotency (
    user_id text NOT NULL,
    key text NOT NULL,
    digest text NOT NULL,
    status integer NOT NULL,
    body jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
"""

SIDE = """
CREATE TABLE tracker.parked (
    id text PRIMARY KEY,
    kind text NOT NULL,
    reference text NOT NULL,
    source text NOT NULL,
    envelope text NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    reason text,
    at timestamptz NOT NULL DEFAULT now(),
    until timestamptz NOT NULL
);
CREATE INDEX parked_reference ON tracker.parked (reference) WHERE state = 'waiting';
CREATE TABLE tracker.dead_letters (
    letter_id uuid PRIMARY KEY,
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    event_type text,
    event_source text,
    event_id text,
    letter text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    replayed_at timestamptz,
    replayed_by text
);
CREATE INDEX dead_letters_page ON tracker.dead_letters (seen_at DESC, letter_id);
CREATE TABLE tracker.alarms (
    id bigserial PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    cleared_at timestamptz,
    UNIQUE (kind, subject)
);
"""

ROW_SECURITY = """
CREATE FUNCTION tracker.is_system() RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT current_setting('app.system', true) = 'on' $$;
CREATE FUNCTION tracker.staff_may_see(sensitivity text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT current_setting('app.staff', true) = 'on'
        AND (sensitivity = 'normal' OR current_setting('app.sensitive', true) = 'on')
$$;
CREATE FUNCTION tracker.asks_me(recipient text, copied text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT recipient = current_setting('app.provider', true)
        OR current_setting('app.provider', true) = ANY (copied)
$$;
CREATE FUNCTION tracker.asks_for_me(recipient text, copied text[], sensitivity text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    -- Covering for somebody is no right to sensitive records.
    SELECT (sensitivity = 'normal' OR current_setting('app.sensitive', true) = 'on')
        AND copied || recipient && string_to_array(current_setting('app.covers', true), ',')
$$;
CREATE POLICY system_writes ON tracker.charts USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY people_read ON tracker.charts FOR SELECT USING (
    current_setting('app.staff', true) = 'on'
    OR EXISTS (SELECT 1 FROM tracker.queries WHERE queries.chart_id = charts.chart_id)
);
CREATE POLICY system_only ON tracker.chart_states USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY system_writes ON tracker.gaps USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY staff_reads ON tracker.gaps FOR SELECT USING (tracker.staff_may_see(sensitivity));
CREATE POLICY system_writes ON tracker.queries USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY people_read ON tracker.queries FOR SELECT USING (
    tracker.staff_may_see(sensitivity)
    -- A text that was held again for a worse verdict on its new recipient's role keeps its reason, and is not shown.
    OR (
        issued_at IS NOT NULL AND held_reason IS NULL
        AND (tracker.asks_me(recipient_id, copied) OR tracker.asks_for_me(recipient_id, copied, sensitivity))
    )
);
CREATE POLICY system_writes ON tracker.responses USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY people_read ON tracker.responses FOR SELECT USING (
    EXISTS (SELECT 1 FROM tracker.queries WHERE queries.query_id = responses.query_id)
);
CREATE POLICY system_writes ON tracker.event_log USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY people_read ON tracker.event_log FOR SELECT USING (
    query_id IS NOT NULL AND EXISTS (SELECT 1 FROM tracker.queries WHERE queries.query_id = event_log.query_id)
);
CREATE POLICY system_only ON tracker.event_payloads USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY system_only ON tracker.parked USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY system_only ON tracker.idempotency USING (tracker.is_system()) WITH CHECK (tracker.is_system());
CREATE POLICY system_only ON tracker.dead_letters USING (tracker.is_system()) WITH CHECK (tracker.is_system());
"""

PROTECTED = (
    "charts",
    "chart_states",
    "gaps",
    "queries",
    "responses",
    "event_log",
    "event_payloads",
    "parked",
    "dead_letters",
    "idempotency",
)


def upgrade() -> None:
    """Create the tracker's tables, protect every one that holds patients' data, and close the logs to changes."""
    for statements in (CHARTS, GAPS, QUERIES, AUDIT, PEOPLE, SIDE, ROW_SECURITY):
        op.execute(statements)
    force_row_security("tracker", *PROTECTED)
    append_only("tracker", "event_log", "event_payloads", "view_log")


def downgrade() -> None:
    """Drop everything that this migration made."""
    for table in (
        "alarms",
        "dead_letters",
        "parked",
        "idempotency",
        "sources",
        "sessions",
        "tokens",
        "users",
        "coverage",
        "service_defaults",
        "providers",
        "view_log",
        "event_payloads",
        "event_log",
        "responses",
        "queries",
        "gaps",
        "chart_states",
        "charts",
    ):
        op.execute(f"DROP TABLE tracker.{table} CASCADE")
    for function in ("is_system()", "staff_may_see(text)", "asks_me(text, text[])", "asks_for_me(text, text[], text)"):
        op.execute(f"DROP FUNCTION tracker.{function}")
