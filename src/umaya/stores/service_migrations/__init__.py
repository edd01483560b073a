"""Alembic migrations of the services' own database, applied by `Database.migrate(ServiceBase)`."""
