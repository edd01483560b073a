"""Look-ups at counters, and the evidence of words that the hub itself keeps."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "consent_evidence",
        sa.Column("seq", _BIG, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=True),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("keep_through", sa.Date(), nullable=False),
        sa.Column("entry", _BIG, nullable=False),
        sa.Column("erased_entry", _BIG, nullable=True),
        sa.ForeignKeyConstraint(["seq"], ["people_events.seq"], name=op.f("fk_consent_evidence_seq")),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_consent_evidence_party")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_consent_evidence")),
    )
    op.create_index("ix_consent_evidence_entry", "consent_evidence", ["entry"])
    op.create_index("ix_consent_evidence_keep_through", "consent_evidence", ["party", "keep_through"])
    op.create_table(
        "look_ups",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("entry", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_ups")),
    )
    op.create_index("ix_look_ups_actor_at", "look_ups", ["actor", "at"])
    op.create_index("ix_look_ups_person_at", "look_ups", ["person", "at"])


def downgrade() -> None:
    op.drop_table("look_ups")
    op.drop_table("consent_evidence")
