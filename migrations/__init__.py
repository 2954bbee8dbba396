"""The database's schema as Alembic migrations. They travel in the wheel; `services.foundation.migrations` runs them."""
