"""What was asked with which idempotency key, and how it was answered."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("body", sa.Text()),
        sa.Column("use", sa.String(64)),
        sa.PrimaryKeyConstraint("actor", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_began_at", "idempotency_keys", ["began_at"])


def downgrade() -> None:
    op.drop_table("idempotency_keys")
