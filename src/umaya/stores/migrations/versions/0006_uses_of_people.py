"""Uses of people: how many were asked for, permitted, refused, and whom; alarms for the second line."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("uses", sa.Column("asked", sa.Integer(), nullable=True))
    op.add_column("uses", sa.Column("permitted", sa.Integer(), nullable=True))
    op.add_column("uses", sa.Column("refused", sa.JSON(), nullable=True))
    op.create_table(
        "use_people",
        sa.Column("use", sa.String(length=64), nullable=False),
        sa.Column("permitted", sa.LargeBinary(), nullable=False),
        sa.Column("delivered", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["use"], ["uses.id"], name=op.f("fk_use_people_use")),
        sa.PrimaryKeyConstraint("use", name=op.f("pk_use_people")),
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("about", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("seen_by", sa.String(length=64), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_alarms_party")),
        sa.ForeignKeyConstraint(["seen_by"], ["actors.id"], name=op.f("fk_alarms_seen_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(op.f("ix_alarms_party"), "alarms", ["party"], unique=False)


def downgrade() -> None:
    op.drop_table("alarms")
    op.drop_table("use_people")
    for name in ("refused", "permitted", "asked"):
        op.drop_column("uses", name)
