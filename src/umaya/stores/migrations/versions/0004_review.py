"""Review: conditions stand with versions, the hub itself may stop a scheme, officers and procedures are dated."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scheme_versions", sa.Column("conditions", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("scheme_acts") as acts:
        acts.drop_constraint(op.f("fk_scheme_acts_actor"), type_="foreignkey")
    op.create_table(
        "officers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("ended_entry", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["actor"], ["actors.id"], name=op.f("fk_officers_actor")),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_officers_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officers")),
    )
    op.create_index("ix_officers_party_office", "officers", ["party", "office"])
    op.create_table(
        "party_procedures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("procedure", sa.String(length=32), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_party_procedures_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_procedures")),
    )
    op.create_index("ix_party_procedures_party", "party_procedures", ["party"])


def downgrade() -> None:
    op.drop_table("party_procedures")
    op.drop_table("officers")
    with op.batch_alter_table("scheme_acts") as acts:
        acts.create_foreign_key(op.f("fk_scheme_acts_actor"), "actors", ["actor"], ["id"])
    op.drop_column("scheme_versions", "conditions")
