"""The breach desk: cases, what was done in them, and whom protectors tell."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "breach_cases",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("party", sa.String(64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("suspected", sa.Boolean(), nullable=False),
        sa.Column("alarm", sa.String(64)),
        sa.Column("known_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by", sa.String(64), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("entry", _BIG, nullable=False),
        sa.Column("window_start", UtcDateTime()),
        sa.Column("window_end", UtcDateTime()),
        sa.Column("narrowed", sa.JSON(), nullable=False),
        sa.Column("closed_by", sa.String(64)),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("close_note", sa.Text()),
        sa.Column("closed_entry", _BIG),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_breach_cases_party")),
        sa.ForeignKeyConstraint(["alarm"], ["alarms.id"], name=op.f("fk_breach_cases_alarm")),
        sa.ForeignKeyConstraint(["opened_by"], ["actors.id"], name=op.f("fk_breach_cases_opened_by")),
        sa.ForeignKeyConstraint(["closed_by"], ["actors.id"], name=op.f("fk_breach_cases_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_cases")),
    )
    op.create_index("ix_breach_cases_party", "breach_cases", ["party"])
    op.create_table(
        "breach_steps",
        sa.Column("case", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("day", sa.Date()),
        sa.Column("entry", _BIG, nullable=False),
        sa.ForeignKeyConstraint(["case"], ["breach_cases.id"], name=op.f("fk_breach_steps_case")),
        sa.ForeignKeyConstraint(["by"], ["actors.id"], name=op.f("fk_breach_steps_by")),
        sa.PrimaryKeyConstraint("case", "number", name=op.f("pk_breach_steps")),
    )
    op.create_table(
        "breach_protected",
        sa.Column("case", sa.String(64), nullable=False),
        sa.Column("party", sa.String(64), nullable=False),
        sa.Column("people", sa.LargeBinary(), nullable=False),
        sa.Column("told_by", sa.String(64)),
        sa.Column("told_at", UtcDateTime()),
        sa.Column("entry", _BIG),
        sa.ForeignKeyConstraint(["case"], ["breach_cases.id"], name=op.f("fk_breach_protected_case")),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_breach_protected_party")),
        sa.ForeignKeyConstraint(["told_by"], ["actors.id"], name=op.f("fk_breach_protected_told_by")),
        sa.PrimaryKeyConstraint("case", "party", name=op.f("pk_breach_protected")),
    )


def downgrade() -> None:
    op.drop_table("breach_protected")
    op.drop_table("breach_steps")
    op.drop_table("breach_cases")
