"""Monitoring: cases of alarms with owner and clock, what staff must not look up, sales days, workplaces, reports."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_index("ix_look_ups_at", "look_ups", ["at"])
    op.create_table(
        "alarm_cases",
        sa.Column("alarm", sa.String(64), sa.ForeignKey("alarms.id"), primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rules", sa.String(64), nullable=False),
        sa.Column("person", sa.BigInteger()),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("actors", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(64), sa.ForeignKey("actors.id")),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("escalated_at", UtcDateTime()),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("result", sa.String(16)),
    )
    op.create_index("uq_alarm_cases_subject_day", "alarm_cases", ["subject", "day"], unique=True)
    op.create_index("ix_alarm_cases_state_due", "alarm_cases", ["state", "due"])
    op.create_table(
        "alarm_steps",
        sa.Column("alarm", sa.String(64), sa.ForeignKey("alarm_cases.alarm"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(64)),
        sa.Column("result", sa.String(16)),
        sa.Column("entry", BIG, nullable=False),
    )
    op.create_table(
        "look_up_restrictions",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("party", sa.String(64), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("actor", sa.String(64), sa.ForeignKey("actors.id")),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("relation", sa.String(16), nullable=False),
        sa.Column("set_by", sa.String(64), sa.ForeignKey("actors.id"), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("entry", BIG, nullable=False),
        sa.Column("ended_by", sa.String(64), sa.ForeignKey("actors.id")),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("ended_entry", BIG),
    )
    op.create_index("ix_look_up_restrictions_person", "look_up_restrictions", ["person"])
    op.create_table(
        "sales_campaigns",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("party", sa.String(64), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("office", sa.String(64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("set_by", sa.String(64), sa.ForeignKey("actors.id"), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("entry", BIG, nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("ended_entry", BIG),
    )
    op.create_index("ix_sales_campaigns_party", "sales_campaigns", ["party"])
    op.create_table(
        "workplaces",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("actor", sa.String(64), sa.ForeignKey("actors.id"), nullable=False),
        sa.Column("office", sa.String(64), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.Column("weekend", sa.Boolean(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("entry", BIG, nullable=False),
    )
    op.create_index("ix_workplaces_actor_starts", "workplaces", ["actor", "starts"])
    op.create_table(
        "monitoring_reports",
        sa.Column("party", sa.String(64), sa.ForeignKey("parties.id"), primary_key=True),
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("entry", BIG, nullable=False),
    )


def downgrade() -> None:
    for table in (
        "monitoring_reports",
        "workplaces",
        "sales_campaigns",
        "look_up_restrictions",
        "alarm_steps",
        "alarm_cases",
    ):
        op.drop_table(table)
    op.drop_index("ix_look_ups_at", "look_ups")
