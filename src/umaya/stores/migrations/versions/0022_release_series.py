"""Release series: which windows of counts a recipient was told, so that none is told again in another form."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release_series",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("recipient", sa.String(64), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("dataset", sa.String(64), sa.ForeignKey("datasets.id"), nullable=False),
        sa.Column("product", sa.String(71), nullable=False),
        sa.Column("area", sa.Text()),
    )
    op.create_index("ix_release_series_recipient", "release_series", ["recipient", "dataset"])
    op.create_table(
        "release_windows",
        sa.Column("use", sa.String(64), sa.ForeignKey("uses.id"), primary_key=True),
        sa.Column("series", sa.String(64), sa.ForeignKey("release_series.id"), nullable=False),
        sa.Column("starts", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_release_windows_series", "release_windows", ["series", "ends"])


def downgrade() -> None:
    op.drop_table("release_windows")
    op.drop_table("release_series")
