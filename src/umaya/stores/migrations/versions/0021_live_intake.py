"""Batches of live intake, each taken once, and datasets that the hub derives from others."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "intake_batches",
        sa.Column("dataset", sa.String(64), sa.ForeignKey("datasets.id"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sequence", _BIG, autoincrement=False, nullable=False),
        sa.Column("intake", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "source", "sequence", name="pk_intake_batches"),
    )
    op.create_table(
        "derivations",
        sa.Column("source", sa.String(64), sa.ForeignKey("datasets.id"), nullable=False),
        sa.Column("derived", sa.String(64), sa.ForeignKey("datasets.id"), nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("registered_by", sa.String(64), sa.ForeignKey("actors.id"), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("entry", _BIG, nullable=False),
        sa.Column("final_until", UtcDateTime()),
        sa.PrimaryKeyConstraint("source", name="pk_derivations"),
        sa.UniqueConstraint("derived", name="uq_derivations_derived"),
    )


def downgrade() -> None:
    op.drop_table("derivations")
    op.drop_table("intake_batches")
