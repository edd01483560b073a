"""Reports of roads by carriers."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "road_reports",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("party", sa.String(64), nullable=False),
        sa.Column("reporter", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("segment_id", sa.BigInteger(), nullable=False),
        sa.Column("way_id", sa.BigInteger(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("holds_until", UtcDateTime(), nullable=False),
        sa.Column("cleared_at", UtcDateTime()),
        sa.Column("confirmations", sa.Integer(), nullable=False),
        sa.Column("photo", sa.LargeBinary()),
        sa.Column("photo_until", UtcDateTime()),
        sa.Column("masked", sa.Integer(), nullable=False),
        sa.Column("damage", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_road_reports"),
    )
    op.create_index("ix_road_reports_holds_until", "road_reports", ["holds_until"])
    op.create_index("ix_road_reports_photo_until", "road_reports", ["photo_until"])


def downgrade() -> None:
    op.drop_table("road_reports")
