"""What people said about their data, and what protects them."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "consent_topics",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("title_ja", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("source_party", sa.String(length=64), nullable=False),
        sa.Column("source_business", sa.String(length=64), nullable=False),
        sa.Column("target_party", sa.String(length=64), nullable=False),
        sa.Column("target_business", sa.String(length=64), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("purpose_ja", sa.Text(), nullable=False),
        sa.Column("purpose_en", sa.Text(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source_party"], ["parties.id"], name=op.f("fk_consent_topics_source_party")),
        sa.ForeignKeyConstraint(["target_party"], ["parties.id"], name=op.f("fk_consent_topics_target_party")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_consent_topics")),
        sa.UniqueConstraint("id", name=op.f("uq_consent_topics_id")),
    )
    op.create_table(
        "consent_texts",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ja", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("withdrawal_ja", sa.Text(), nullable=False),
        sa.Column("withdrawal_en", sa.Text(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["topic"], ["consent_topics.number"], name=op.f("fk_consent_texts_topic")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_consent_texts")),
    )
    op.create_index("uq_consent_texts_topic_version", "consent_texts", ["topic", "version"], unique=True)
    counter = op.create_table(
        "people_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_counter")),
    )
    op.bulk_insert(counter, [{"id": 1, "last": 0}])
    op.create_table(
        "people_events",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("topic", sa.Integer(), nullable=True),
        sa.Column("text", sa.Integer(), nullable=True),
        sa.Column("person", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.BigInteger(), nullable=True),
        sa.Column("last_day", sa.Integer(), nullable=True),
        sa.Column("people", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_people_events")),
    )
    op.create_index("ix_people_events_person", "people_events", ["person", "topic", "seq"], unique=False)
    op.create_index("ix_people_events_origin", "people_events", ["origin"], unique=False)
    op.create_table(
        "people_snapshots",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("form", sa.SmallInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_people_snapshots")),
    )
    op.create_table(
        "people_acts",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("evidence", sa.String(length=71), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("requested_at", UtcDateTime(), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["seq"], ["people_events.seq"], name=op.f("fk_people_acts_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_people_acts")),
    )
    op.create_index("ix_people_acts_taken_at", "people_acts", ["taken_at"], unique=False)
    op.create_table(
        "campaign_evidence",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["people_events.seq"], name=op.f("fk_campaign_evidence_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_campaign_evidence")),
    )
    op.create_table(
        "protective_measures",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("review_day", sa.Date(), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("lifted_by", sa.String(length=64), nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=True),
        sa.Column("lifted_entry", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["lifted_by"], ["actors.id"], name=op.f("fk_protective_measures_lifted_by")),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_protective_measures_party")),
        sa.ForeignKeyConstraint(["set_by"], ["actors.id"], name=op.f("fk_protective_measures_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protective_measures")),
    )
    op.create_index(op.f("ix_protective_measures_person"), "protective_measures", ["person"], unique=False)


def downgrade() -> None:
    op.drop_table("protective_measures")
    op.drop_table("campaign_evidence")
    op.drop_table("people_acts")
    op.drop_table("people_events")
    op.drop_table("people_snapshots")
    op.drop_table("people_counter")
    op.drop_table("consent_texts")
    op.drop_table("consent_topics")
