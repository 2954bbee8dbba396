"""Who is asked beside the recipient is read here by providers alone: staff read it where sensitivity decides."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MINE = """
    provider_id = current_setting('app.provider', true)
    OR provider_id = ANY (string_to_array(current_setting('app.covers', true), ','))
"""


def upgrade() -> None:
    """Leave staff out."""
    op.execute(f"ALTER POLICY people_read ON tracker.copies USING ({MINE})")


def downgrade() -> None:
    """Let staff in again."""
    staff = "current_setting('app.staff', true) = 'on'"
    op.execute(f"ALTER POLICY people_read ON tracker.copies USING ({staff} OR {MINE})")
