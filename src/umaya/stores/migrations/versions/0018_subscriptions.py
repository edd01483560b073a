"""Where parties' systems are told what the ledger records."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("party", sa.String(64), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("made_by", sa.String(64), sa.ForeignKey("actors.id"), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("entry", BIG, nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("ended_entry", BIG),
    )
    op.create_index("ix_subscriptions_party", "subscriptions", ["party"])


def downgrade() -> None:
    op.drop_table("subscriptions")
