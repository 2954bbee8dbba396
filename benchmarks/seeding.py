"""A large, invented house in the tracker's read tables, written by SQL: for measuring pages and for pinning plans.

Only what pages read is written. The chains of these charts do not verify and their states cannot be opened: nothing
may be decided on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from schemas.check import CheckIndicator, CheckOption, QueryDocument

PER_CHART = 4
SERVICES = 12
FACILITIES = 5
AUTHORS = 40
PER_PROVIDER = 500
CATEGORIES = ("missing_diagnosis", "specificity", "conflict", "poa", "clinical_validation", "cause_and_effect")

DOCUMENT = QueryDocument(
    title="Clarification of invented findings",
    setting="inpatient",
    phase="concurrent",
    category="missing_diagnosis",
    response_type="multiple_choice",
    recipient_role="attending",
    indicators=tuple(
        CheckIndicator(
            name=f"Marker {n}", value=f"{n}.7", unit="mg/dL", source="Laboratory", observed_at="2026-03-03T06:00:00"
        )
        for n in range(6)
    ),
    question="Please clarify what these findings mean, if anything, in your clinical judgment.",
    options=(
        CheckOption(text="First invented condition", kind="clinical", id="o1", evidence=(0,)),
        CheckOption(text="Second invented condition", kind="clinical", id="o2", evidence=(1,)),
        CheckOption(text="Other", kind="other", id="other"),
        CheckOption(text="Unable to determine", kind="undetermined", id="undetermined"),
    ),
)

# `n` counts queries from 0; a chart has four, and open ones stand at every `step`th place. `spread` deals numbers out
# so that service, provider, author and state do not run in step with one another.
_NUMBERS = """
CREATE TEMPORARY TABLE numbers AS
SELECT n, n / {per_chart} AS chart, n %% %(step)s = 0 AS open, abs(hashint8(n)) AS spread,
    %(now)s::timestamptz - CASE WHEN n %% %(step)s = 0 THEN (abs(hashint8(n + 1)) %% 1728000) * interval '1 second'
        ELSE interval '20 days' + (abs(hashint8(n + 1)) %% 157680000) * interval '1 second' END AS at,
    ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id
FROM generate_series(0, %(queries)s - 1) AS n
"""

_STEPS: Sequence[str] = (
    """
INSERT INTO providers (id, name, role, service, email)
SELECT 'p' || n, 'Dr. ' || chr(65 + n %% 26) || 'invented ' || n, 'attending', 'service-' || n %% {services},
    'p' || n || '@hospital.example' FROM generate_series(0, %(providers)s - 1) AS n
""",
    """
INSERT INTO charts (chart_id, facility, encounter_number, status, attending_id, service, patient_reference,
    patient_name, mrn, birth_date, started_at, holding, sequence, changed_at)
SELECT 'chart-' || n, 'facility-' || n %% {facilities}, 'E' || n,
    CASE n %% 5 WHEN 0 THEN 'holding' ELSE 'finalized' END,
    'p' || abs(hashint8(n)) %% %(providers)s, 'service-' || abs(hashint8(n)) %% {services}, 'R' || n,
    'Invented Person ' || n, 'M' || n, date '1950-01-01' + (n %% 20000)::integer, %(now)s::timestamptz - n %% 1500 *
    interval '1 day', 1, {per_chart} * 3, %(now)s::timestamptz - n * interval '1 second'
FROM generate_series(0, (%(queries)s - 1) / {per_chart}) AS n
""",
    """
INSERT INTO gaps (gap_uid, chart_id, source, gap_id, state, category, sensitivity, blocking, author_id, query_id,
    content, occurred_at, due_at, registered_at, changed_at, note, look_again_on, noted_by, noted_at)
SELECT id, 'chart-' || chart, 'coding', 'G' || n, CASE WHEN open THEN 'queried' ELSE 'resolved' END,
    (%(categories)s::text[])[1 + spread / 11 %% {categories}], 'normal', n %% 2 = 0,
    'author-' || spread / 13 %% {authors}, id,
    '{{"gap_id": "invented"}}', at, at + interval '3 days', at, at,
    CASE WHEN open AND spread / 19 %% 97 = 0 THEN 'waits for an invented result' END,
    CASE WHEN open AND spread / 19 %% 97 = 0 THEN at::date END, 'author-0', at
FROM numbers
""",
    """
INSERT INTO queries (query_id, gap_uid, chart_id, n, state, phase, category, sensitivity, recipient_id,
    recipient_role, author_id, release, held_reason, verdict, ruleset, findings, content_hash, document, outcome, level,
    due_at, created_at, issued_at, answered_at, closed_at, changed_at)
SELECT id, id, 'chart-' || chart, 1, state, 'concurrent', (%(categories)s::text[])[1 + spread / 11 %% {categories}],
    'normal', 'p' || spread %% %(providers)s, 'attending', 'author-' || spread / 13 %% {authors}, 'automatic',
    CASE WHEN state = 'held' THEN 'needs_a_person' END, 'pass', 'invented', '[]', 'invented', %(document)s,
    CASE WHEN state = 'closed' THEN 'AGREED_DOCUMENTED' END,
    CASE WHEN spread / 17 %% 8 < 3 THEN spread / 17 %% 8 ELSE 0 END, at + interval '3 days', at,
    CASE WHEN state <> 'held' THEN at END,
    CASE WHEN NOT open OR state IN ('answered', 'under_review', 'awaiting_documentation', 'awaiting_cosign')
        THEN at + interval '1 day' END,
    CASE WHEN NOT open THEN at + interval '2 days' END, at
FROM (
    SELECT *, CASE
        WHEN open THEN (ARRAY['issued', 'delivered', 'delivered', 'opened', 'opened', 'answered', 'under_review',
            'held', 'awaiting_documentation', 'awaiting_cosign'])[1 + (n / %(step)s) %% 10]
        WHEN spread / 7 %% 20 = 0 THEN 'withdrawn' WHEN spread / 7 %% 20 = 1 THEN 'superseded'
        WHEN spread / 7 %% 20 = 2 THEN 'auto_resolved' ELSE 'closed' END AS state
    FROM numbers
) numbered
""",
    """
INSERT INTO responses (query_id, source, response_id, provider_id, code, option_id, method, late, at, signed_at)
SELECT query_id, 'api/invented', 'r' || query_id, recipient_id, 'OPTION_SELECTED', 'o1', 'signed in', false,
    answered_at, answered_at FROM queries WHERE answered_at IS NOT NULL
""",
    """
INSERT INTO work_queue (query_id, gap_uid, chart_id, sensitivity, state, facility, service, category, priority,
    recipient_id, recipient_role, author_id, title, level, expired, blocking, since, due_at, noted, look_again_on)
SELECT q.query_id, q.gap_uid, q.chart_id, q.sensitivity, q.state, c.facility, c.service, q.category,
    1 + abs(hashint8(numbers.n)) %% 3, q.recipient_id, q.recipient_role, q.author_id, q.document ->> 'title', q.level,
    numbers.n %% 11 = 0, g.blocking, q.created_at, q.due_at, g.note IS NOT NULL, g.look_again_on
FROM numbers JOIN queries q ON q.query_id = id JOIN gaps g ON g.gap_uid = id JOIN charts c ON c.chart_id = q.chart_id
WHERE open
""",
    """
INSERT INTO copies (provider_id, query_id)
SELECT 'p' || (spread + 1) %% %(providers)s, id FROM numbers WHERE n %% 50 = 0
""",
    """
INSERT INTO notices (query_id, notification_id, status, step, channel, attempts, at)
SELECT query_id, query_id, 'sent', 'T0', 'email', 1, issued_at FROM queries WHERE issued_at IS NOT NULL
""",
    """
INSERT INTO event_log (chart_id, sequence, subject, transition, at, actor, gap_uid, query_id, payload_digest,
    previous, hash)
SELECT 'chart-' || chart, n %% {per_chart} * 3 + step, CASE step WHEN 1 THEN 'gap' ELSE 'query' END,
    (ARRAY['registered', 'issued', 'delivered'])[step], at, 'author-0', id, CASE WHEN step > 1 THEN id END,
    repeat('a', 64), repeat('b', 64), md5(n::text) || md5(step::text)
FROM numbers, generate_series(1, 3) AS step
""",
    """
INSERT INTO tallies SELECT 'gap', state, count(*) FROM gaps GROUP BY state
    UNION ALL SELECT 'query', state, count(*) FROM queries GROUP BY state
    UNION ALL SELECT 'chart', status, count(*) FROM charts GROUP BY status
    UNION ALL SELECT 'issued', 'all', count(*) FROM queries WHERE issued_at IS NOT NULL
""",
    """
INSERT INTO dead_letters (letter_id, consumer, topic, partition, "offset", reason, detail, letter, seen_at)
SELECT id, 'tracker', 'cdi.gaps.v1', 0, n, 'invalid', 'invented', '{{}}', at FROM numbers WHERE n %% 1000 = 0
""",
)

_COUNTED = ("gaps", "queries", "charts")


def seed(dsn: str, queries: int, open_queries: int, now: datetime | None = None) -> None:
    """Fill an empty, migrated database with `queries` of which `open_queries` are open, and analyze it.

    Args:
        dsn: the owner's. `now`: the moment from which ages count (the present).
    """
    # The texts hold numbers of ours and no value from outside; values are bound.
    shape = {
        "services": SERVICES,
        "facilities": FACILITIES,
        "authors": AUTHORS,
        "per_chart": PER_CHART,
        "categories": len(CATEGORIES),
    }
    values: dict[str, Any] = {
        "queries": queries,
        "step": max(queries // open_queries, 1),
        "providers": max(queries // PER_PROVIDER, 20),
        "now": now or datetime.now(UTC),
        "categories": list(CATEGORIES),
        "document": Jsonb(DOCUMENT.model_dump(mode="json")),
    }
    with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as conn:
        conn.execute("SET search_path TO tracker, public")
        conn.execute("SELECT set_config('app.system', 'on', false)")
        # What triggers would keep up row by row is written at once, or counted by its job from the beginning.
        for table in _COUNTED:
            conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        for step in (_NUMBERS, *_STEPS):
            conn.execute(step.format(**shape).encode(), values)
        for table in _COUNTED:
            conn.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
        conn.execute("VACUUM ANALYZE")
