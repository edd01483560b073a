"""For which purpose data were collected, how long they are kept."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "collection_notices",
        sa.Column("dataset", sa.String(64), sa.ForeignKey("datasets.id"), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("manner", sa.String(16), nullable=False),
        sa.Column("purpose_ja", sa.Text(), nullable=False),
        sa.Column("purpose_en", sa.Text(), nullable=False),
        sa.Column("wording_ja", sa.Text(), nullable=False),
        sa.Column("wording_en", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("registered_by", sa.String(64), sa.ForeignKey("actors.id"), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("entry", BIG, nullable=False),
        sa.Column("ended_entry", BIG),
    )
    op.create_table(
        "retentions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("dataset", sa.String(64), sa.ForeignKey("datasets.id"), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(64), sa.ForeignKey("actors.id"), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("entry", BIG, nullable=False),
    )
    op.create_index("ix_retentions_dataset", "retentions", ["dataset"])
    with op.batch_alter_table("intakes") as intakes:
        intakes.add_column(sa.Column("collection", sa.Integer()))
        intakes.add_column(sa.Column("left_out", BIG, nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("intakes") as intakes:
        intakes.drop_column("left_out")
        intakes.drop_column("collection")
    op.drop_table("retentions")
    op.drop_table("collection_notices")
