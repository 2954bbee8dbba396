"""Users linked to an OpenID provider, sign-ins that were begun, and what ends sessions and old answers."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE tracker.users ADD COLUMN oidc_issuer text, ADD COLUMN oidc_subject text",
    "CREATE UNIQUE INDEX users_subject ON tracker.users (oidc_issuer, oidc_subject) WHERE oidc_subject IS NOT NULL",
    "ALTER TABLE tracker.sessions ADD COLUMN id_token text, ADD COLUMN provider_session text",
    "CREATE INDEX sessions_user ON tracker.sessions (user_id)",
    "CREATE INDEX sessions_seen ON tracker.sessions (seen_at)",
    "CREATE INDEX tokens_user ON tracker.tokens (user_id)",
    "CREATE INDEX idempotency_at ON tracker.idempotency (at)",
    """
CREATE TABLE tracker.sign_in_attempts (
    state text PRIMARY KEY,
    browser text NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    back text NOT NULL,
    expires_at timestamptz NOT NULL
)
""",
    "CREATE INDEX sign_in_attempts_end ON tracker.sign_in_attempts (expires_at)",
)


def upgrade() -> None:
    """Add columns, indexes and the table."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Take them away again."""
    op.execute("DROP TABLE tracker.sign_in_attempts")
    for index in ("sessions_user", "sessions_seen", "tokens_user", "idempotency_at", "users_subject"):
        op.execute(f"DROP INDEX tracker.{index}")
    op.execute("ALTER TABLE tracker.sessions DROP COLUMN id_token, DROP COLUMN provider_session")
    op.execute("ALTER TABLE tracker.users DROP COLUMN oidc_issuer, DROP COLUMN oidc_subject")
