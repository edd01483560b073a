"""Uses of a scheme are found by their day: a condition that counts them reads no older ones."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_uses_scheme_decided_at", "uses", ["scheme", "decided_at"])


def downgrade() -> None:
    op.drop_index("ix_uses_scheme_decided_at", "uses")
