"""Accounts: identities bound to actors or to a resident."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("unbound_entry IS NULL")
_OF_RESIDENT = sa.text("unbound_entry IS NULL AND person IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=True),
        sa.Column("person", sa.BigInteger(), nullable=True),
        sa.Column("bound_at", UtcDateTime(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("entry", _BIG, nullable=False),
        sa.Column("unbound_at", UtcDateTime(), nullable=True),
        sa.Column("unbound_entry", _BIG, nullable=True),
        sa.ForeignKeyConstraint(["actor"], ["actors.id"], name=op.f("fk_accounts_actor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_index("ix_accounts_issuer_subject", "accounts", ["issuer", "subject"])
    op.create_index(
        "uq_accounts_issuer_subject_actor",
        "accounts",
        ["issuer", "subject", "actor"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index(
        "uq_accounts_resident",
        "accounts",
        ["issuer", "subject"],
        unique=True,
        sqlite_where=_OF_RESIDENT,
        postgresql_where=_OF_RESIDENT,
    )


def downgrade() -> None:
    op.drop_table("accounts")
