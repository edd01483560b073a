"""Datasets say whom a row is about, and which business it comes from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("datasets", sa.Column("subject_field", sa.Text(), nullable=True))
    op.add_column("datasets", sa.Column("business", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("datasets", "business")
    op.drop_column("datasets", "subject_field")
