"""What governing a house needs: legal holds, purging that the database itself guards, alarms that people settle."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE tracker.legal_holds (
    hold_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    chart_id text NOT NULL REFERENCES tracker.charts,
    reason text NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now(),
    lifted_by text,
    lifted_at timestamptz,
    lift_reason text
);
CREATE UNIQUE INDEX legal_holds_active ON tracker.legal_holds (chart_id) WHERE lifted_at IS NULL;
CREATE TABLE tracker.purges (
    chart_id text PRIMARY KEY,
    purged_by text NOT NULL,
    purged_at timestamptz NOT NULL DEFAULT now(),
    payloads integer NOT NULL
);
ALTER TABLE tracker.charts ADD COLUMN purged_at timestamptz;
CREATE INDEX charts_purgeable ON tracker.charts (changed_at, chart_id)
    WHERE status = 'finalized' AND purged_at IS NULL;
CREATE INDEX charts_members ON tracker.charts (merged_into) WHERE merged_into IS NOT NULL;
ALTER TABLE tracker.alarms ADD COLUMN settled_by text, ADD COLUMN settled_reason text;
CREATE INDEX alarms_open ON tracker.alarms (at DESC, id DESC) WHERE cleared_at IS NULL;
CREATE INDEX event_log_actor ON tracker.event_log (actor, at);
CREATE INDEX view_log_user ON tracker.view_log (user_id, at);
CREATE INDEX view_log_query ON tracker.view_log (query_id, at) WHERE query_id IS NOT NULL;
"""

# Payloads cannot be deleted by the tracker's role, only by this function of the owner's, and it asks for itself.
PURGE = """
CREATE FUNCTION tracker.keeps_from_purging(wanted text, before timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    WITH RECURSIVE family AS (
        SELECT chart_id, status, changed_at, purged_at FROM tracker.charts WHERE chart_id = wanted
        UNION SELECT c.chart_id, c.status, c.changed_at, c.purged_at
        FROM tracker.charts c JOIN family ON c.merged_into = family.chart_id
    )
    SELECT CASE
        WHEN NOT EXISTS (SELECT 1 FROM family) THEN 'unknown'
        WHEN EXISTS (SELECT 1 FROM family WHERE chart_id = wanted AND status <> 'finalized') THEN 'not_finalized'
        WHEN EXISTS (SELECT 1 FROM family WHERE purged_at IS NOT NULL) THEN 'purged'
        WHEN EXISTS (SELECT 1 FROM family WHERE changed_at >= before) THEN 'too_young'
        WHEN EXISTS (SELECT 1 FROM tracker.legal_holds h JOIN family USING (chart_id) WHERE h.lifted_at IS NULL)
            THEN 'legal_hold'
        WHEN EXISTS (SELECT 1 FROM tracker.gaps g JOIN family USING (chart_id)
            WHERE g.state IN ('accepted', 'requested', 'queried', 'held')) THEN 'open'
        WHEN EXISTS (SELECT 1 FROM tracker.queries q JOIN family USING (chart_id)
            WHERE q.state NOT IN ('closed', 'withdrawn', 'superseded', 'auto_resolved') OR q.late_at IS NOT NULL)
            THEN 'open'
    END
$$;
CREATE FUNCTION tracker.purge_chart(wanted text, before timestamptz, who text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = tracker AS $$
DECLARE
    family text[];
    obstacle text;
    gone integer;
BEGIN
    PERFORM 1 FROM charts WHERE chart_id = wanted FOR UPDATE;
    obstacle := keeps_from_purging(wanted, before);
    IF obstacle IS NOT NULL THEN
        RAISE EXCEPTION 'chart cannot be purged: %', obstacle USING ERRCODE = 'check_violation';
    END IF;
    WITH RECURSIVE below AS (
        SELECT wanted AS chart_id
        UNION SELECT c.chart_id FROM charts c JOIN below ON c.merged_into = below.chart_id
    ) SELECT array_agg(chart_id) INTO family FROM below;
    DELETE FROM event_payloads WHERE chart_id = ANY (family);
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM chart_states WHERE chart_id = ANY (family);
    DELETE FROM remarks USING queries q WHERE q.query_id = remarks.query_id AND q.chart_id = ANY (family);
    UPDATE responses r SET answer_text = NULL, record_text = NULL, documentation_ref = NULL, option_id = NULL
        FROM queries q WHERE q.query_id = r.query_id AND q.chart_id = ANY (family);
    UPDATE queries SET document = NULL, held_detail = NULL, approval_reason = NULL, documentation_ref = NULL,
        findings = (SELECT coalesce(jsonb_agg(jsonb_build_object('rule', f ->> 'rule', 'severity', f ->> 'severity',
            'field', f ->> 'field', 'message', 'purged', 'suggestion', 'purged')), '[]')
            FROM jsonb_array_elements(findings) f)
        WHERE chart_id = ANY (family);
    UPDATE gaps SET content = '{}', reason = NULL, note = NULL WHERE chart_id = ANY (family);
    UPDATE charts SET patient_reference = NULL, patient_name = NULL, mrn = NULL, birth_date = NULL, purged_at = now()
        WHERE chart_id = ANY (family);
    INSERT INTO purges (chart_id, purged_by, payloads) VALUES (wanted, who, gone);
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION tracker.purge_chart(text, timestamptz, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tracker.purge_chart(text, timestamptz, text) TO cdi_tracker;
"""


def upgrade() -> None:
    """Add the tables, the indexes and the one way to purge."""
    for statements in (TABLES, PURGE):
        op.execute(statements)
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON tracker.purges FROM cdi_tracker")


def downgrade() -> None:
    """Take them away again."""
    op.execute("DROP FUNCTION tracker.purge_chart(text, timestamptz, text)")
    op.execute("DROP FUNCTION tracker.keeps_from_purging(text, timestamptz)")
    op.execute(
        "DROP INDEX tracker.view_log_query; DROP INDEX tracker.view_log_user; DROP INDEX tracker.event_log_actor"
    )
    op.execute("DROP INDEX tracker.alarms_open; DROP INDEX tracker.charts_members; DROP INDEX tracker.charts_purgeable")
    op.execute("ALTER TABLE tracker.alarms DROP COLUMN settled_by, DROP COLUMN settled_reason")
    op.execute("ALTER TABLE tracker.charts DROP COLUMN purged_at")
    op.execute("DROP TABLE tracker.purges, tracker.legal_holds")
