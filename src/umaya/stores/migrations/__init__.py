"""Alembic migrations, applied by `Database.migrate`. A released migration is never changed."""
