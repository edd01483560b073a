"""Break-glass: openings of raw data in an emergency, who was warned, and the uses that were part of one."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "emergencies",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column(
            "requester",
            sa.String(64),
            sa.ForeignKey("actors.id", name=op.f("fk_emergencies_requester")),
            nullable=False,
        ),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("provider", sa.String(64), sa.ForeignKey("parties.id", name=op.f("fk_emergencies_provider"))),
        sa.Column("plan", sa.String(64), sa.ForeignKey("schemes.id", name=op.f("fk_emergencies_plan"))),
        sa.Column("version", sa.Integer()),
        sa.Column("event", sa.String(64), sa.ForeignKey("events.id", name=op.f("fk_emergencies_event"))),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("area", sa.Text()),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("why", "danger", "why_raw", "why_fields", "harm")),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("entry", _BIG, nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("ended_by", sa.String(64), sa.ForeignKey("actors.id", name=op.f("fk_emergencies_ended_by"))),
        sa.Column("end_note", sa.Text()),
        sa.Column("ended_entry", _BIG),
        sa.Column("reviewed_at", UtcDateTime()),
        sa.Column("reviewed_by", sa.String(64), sa.ForeignKey("actors.id", name=op.f("fk_emergencies_reviewed_by"))),
        sa.Column("finding", sa.String(16)),
        sa.Column("seen", sa.Text()),
        sa.Column("measures", sa.Text()),
        sa.Column("review_entry", _BIG),
    )
    op.create_index("ix_emergencies_requester", "emergencies", ["requester"])
    op.create_index("ix_emergencies_provider", "emergencies", ["provider"])
    op.create_table(
        "emergency_warnings",
        sa.Column(
            "emergency",
            sa.String(64),
            sa.ForeignKey("emergencies.id", name=op.f("fk_emergency_warnings_emergency")),
            primary_key=True,
        ),
        sa.Column(
            "actor",
            sa.String(64),
            sa.ForeignKey("actors.id", name=op.f("fk_emergency_warnings_actor")),
            primary_key=True,
        ),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("warned_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("seen_at", UtcDateTime()),
        sa.Column("entry", _BIG),
    )
    op.add_column("uses", sa.Column("emergency", sa.String(64)))
    op.create_index("ix_uses_emergency", "uses", ["emergency"])


def downgrade() -> None:
    op.drop_index("ix_uses_emergency", "uses")
    op.drop_column("uses", "emergency")
    op.drop_table("emergency_warnings")
    op.drop_table("emergencies")
