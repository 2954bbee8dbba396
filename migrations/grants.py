"""Rights of the application roles, for migrations to call.

A role has SELECT, INSERT, UPDATE and DELETE on every table of its own schema, by the default privileges of migration
0001, and nothing anywhere else. A migration takes away what a table must not allow.
"""

from __future__ import annotations

from alembic import op

ROLES = {"tracker": "cdi_tracker", "notifier": "cdi_notifier"}
"""The application role of each schema."""


def default_rights(schema: str) -> None:
    """Let the schema's role use every table and sequence that the owner creates in it from now on."""
    role = ROLES[schema]
    op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}")


def append_only(schema: str, *tables: str) -> None:
    """Take UPDATE and DELETE on the tables away: what stands there stays."""
    for table in tables:
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {schema}.{table} FROM {ROLES[schema]}")


def force_row_security(schema: str, *tables: str) -> None:
    """Switch row-level security on, for the tables' owner too. Without a policy nobody sees a row."""
    for table in tables:
        op.execute(f"ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {schema}.{table} FORCE ROW LEVEL SECURITY")
