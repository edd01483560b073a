"""How far each webhook was told."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("subscription", sa.String(64), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("held_until", UtcDateTime()),
        sa.Column("last_status", sa.Integer()),
        sa.PrimaryKeyConstraint("subscription", name="pk_webhook_deliveries"),
    )


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
