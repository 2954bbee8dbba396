"""What Alembic runs. The connection comes from `services.foundation.migrations`, which holds the lock around it."""

from alembic import context


def run() -> None:
    """Apply the migrations in one transaction: all of them, or none."""
    context.configure(connection=context.config.attributes["connection"], version_table="alembic_version")
    with context.begin_transaction():
        context.run_migrations()


run()
