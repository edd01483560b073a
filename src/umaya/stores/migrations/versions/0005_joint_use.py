"""The joint-use register and the records of provision."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_register()
    _create_records()


def _create_register() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_table(
        "notice_versions",
        sa.Column("notice", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("text_ja", sa.String(length=71), nullable=True),
        sa.Column("text_en", sa.String(length=71), nullable=True),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name=op.f("fk_notice_versions_notice")),
        sa.PrimaryKeyConstraint("notice", "version", name=op.f("pk_notice_versions")),
    )
    op.create_table(
        "notice_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("note_salt", sa.String(length=32), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["actor"], ["actors.id"], name=op.f("fk_notice_acts_actor")),
        sa.ForeignKeyConstraint(
            ["notice", "version"],
            ["notice_versions.notice", "notice_versions.version"],
            name=op.f("fk_notice_acts_notice"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_acts")),
    )


def _create_records() -> None:
    op.create_table(
        "party_particulars",
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("address_ja", sa.Text(), nullable=False),
        sa.Column("address_en", sa.Text(), nullable=False),
        sa.Column("representative_ja", sa.Text(), nullable=True),
        sa.Column("representative_en", sa.Text(), nullable=True),
        sa.Column("company", sa.Boolean(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_party_particulars_party")),
        sa.PrimaryKeyConstraint("party", "since", name=op.f("pk_party_particulars")),
    )
    op.create_table(
        "provision_records",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("other_party", sa.String(length=64), nullable=False),
        sa.Column("scheme", sa.String(length=64), nullable=False),
        sa.Column("ground", sa.String(length=32), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("keep_through", sa.Date(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("erased_entry", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_provision_records_party")),
        sa.ForeignKeyConstraint(["other_party"], ["parties.id"], name=op.f("fk_provision_records_other_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provision_records")),
    )
    op.create_index("ix_provision_records_party", "provision_records", ["party", "keep_through"])
    op.create_index(op.f("ix_provision_records_scheme"), "provision_records", ["scheme"])
    op.create_table(
        "provision_uses",
        sa.Column("record", sa.String(length=36), nullable=False),
        sa.Column("use", sa.String(length=64), nullable=False),
        sa.Column("provided_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["provision_records.id"], name=op.f("fk_provision_uses_record")),
        sa.ForeignKeyConstraint(["use"], ["uses.id"], name=op.f("fk_provision_uses_use")),
        sa.PrimaryKeyConstraint("record", "use", name=op.f("pk_provision_uses")),
    )


def downgrade() -> None:
    op.drop_table("provision_uses")
    op.drop_table("provision_records")
    op.drop_table("party_particulars")
    op.drop_table("notice_acts")
    op.drop_table("notice_versions")
    op.drop_table("notices")
