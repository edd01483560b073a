"""Doubtful rows of buildings that people look at."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "building_checks",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("party", sa.String(64), nullable=False),
        sa.Column("office", sa.String(64), nullable=False),
        sa.Column("row_key", sa.String(64), nullable=False),
        sa.Column("address", sa.String(96), nullable=False),
        sa.Column("letterbox", sa.Text()),
        sa.Column("lon", sa.Float()),
        sa.Column("lat", sa.Float()),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("drawing", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("note", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("answered_by", sa.String(64), nullable=False),
        sa.Column("answered_at", UtcDateTime()),
        sa.Column("confirmed_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_building_checks"),
    )
    op.create_index("ix_building_checks_party_row_key", "building_checks", ["party", "row_key"], unique=True)
    op.create_index("ix_building_checks_party_state_office", "building_checks", ["party", "state", "office"])


def downgrade() -> None:
    op.drop_table("building_checks")
