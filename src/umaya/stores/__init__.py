"""Where a hub keeps things: one SQL database (SQLite or PostgreSQL) and a lake of Parquet files.

Knows connections, transactions, migrations and files. Knows nothing of what is stored: tables are declared by the
rooms that own them on `umaya.stores.database.Base`.
"""
