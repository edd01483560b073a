"""Lasting building ids."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "building_events",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("area", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("building", sa.String(160), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(160), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("footprint", sa.String(128), nullable=False),
        sa.Column("others", sa.Text(), nullable=False),
        sa.Column("address", sa.String(96), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_building_events"),
    )
    op.create_index("ix_building_events_area_seq", "building_events", ["area", "seq"])
    op.create_index("ix_building_events_building", "building_events", ["building"])
    op.create_table(
        "building_ids",
        sa.Column("building", sa.String(16), nullable=False),
        sa.Column("area", sa.String(16), nullable=False),
        sa.Column("footprint", sa.String(128), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("fate", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("building", name="pk_building_ids"),
    )
    op.create_table(
        "building_successions",
        sa.Column("building", sa.String(16), nullable=False),
        sa.Column("successor", sa.String(16), nullable=False),
        sa.Column("relation", sa.String(32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(160), nullable=False),
        sa.PrimaryKeyConstraint("building", "successor", name="pk_building_successions"),
    )
    op.create_index("ix_building_successions_successor", "building_successions", ["successor"])
    op.create_table(
        "building_addresses",
        sa.Column("building", sa.String(16), nullable=False),
        sa.Column("address", sa.String(96), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.PrimaryKeyConstraint("building", "address", "valid_from", name="pk_building_addresses"),
    )
    op.create_index("ix_building_addresses_address", "building_addresses", ["address"])
    op.create_table(
        "building_merges",
        sa.Column("merge", sa.String(160), nullable=False),
        sa.Column("area", sa.String(16), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("footprint", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("proposed_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("merge", name="pk_building_merges"),
    )
    op.create_index("ix_building_merges_area_state", "building_merges", ["area", "state"])


def downgrade() -> None:
    for name in ("building_merges", "building_addresses", "building_successions", "building_ids", "building_events"):
        op.drop_table(name)
