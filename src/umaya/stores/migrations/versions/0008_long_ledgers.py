"""Indices of the ledger and counts of rows pass 2**31: wide on PostgreSQL; SQLite's integers are wide already."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS = {
    "actors": ["entry"],
    "alarms": ["about", "entry"],
    "datasets": ["entry"],
    "events": ["entry", "ended_entry"],
    "intakes": ["entry", "rows"],
    "notice_acts": ["entry"],
    "officers": ["entry", "ended_entry"],
    "parties": ["entry"],
    "party_particulars": ["entry"],
    "party_procedures": ["entry"],
    "provision_records": ["entry", "erased_entry"],
    "scheme_acts": ["entry"],
    "uses": ["entry", "closing_entry", "rows"],
}


def upgrade() -> None:
    _alter(sa.BigInteger())


def downgrade() -> None:
    _alter(sa.Integer())


def _alter(kind: sa.types.TypeEngine[int]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.alter_column(table, column, type_=kind)
