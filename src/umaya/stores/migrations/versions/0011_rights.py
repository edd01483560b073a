"""The rights desk: terms of parties, requests of people, what was written, who did what, and stops of use."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0011"
down_revision = "0017"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.String(length=64)


def upgrade() -> None:
    op.create_table(
        "rights_terms",
        sa.Column("party", _ID, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("entry", _BIG, nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_rights_terms_party")),
        sa.PrimaryKeyConstraint("party", "since", name=op.f("pk_rights_terms")),
    )
    _create_requests()
    _create_what_belongs_to_them()
    _create_bars()


def _create_requests() -> None:
    op.create_table(
        "rights_requests",
        sa.Column("id", _ID, nullable=False),
        sa.Column("party", _ID, nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("requester", sa.String(length=16), nullable=False),
        sa.Column("ground", sa.String(length=32), nullable=False),
        sa.Column("dataset", _ID, nullable=True),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("fee", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extended_from", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("identity", sa.String(length=32), nullable=True),
        sa.Column("evidence", sa.String(length=71), nullable=True),
        sa.Column("cleared", sa.Boolean(), nullable=False),
        sa.Column("handler", _ID, nullable=True),
        sa.Column("proposal", sa.String(length=16), nullable=True),
        sa.Column("proposed_by", _ID, nullable=True),
        sa.Column("refusal", sa.String(length=32), nullable=True),
        sa.Column("withheld", sa.JSON(), nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("file_digest", sa.String(length=71), nullable=True),
        sa.Column("file_until", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("entry", _BIG, nullable=False),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_rights_requests_party")),
        sa.ForeignKeyConstraint(["handler"], ["actors.id"], name=op.f("fk_rights_requests_handler")),
        sa.ForeignKeyConstraint(["proposed_by"], ["actors.id"], name=op.f("fk_rights_requests_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_requests")),
    )
    op.create_index("ix_rights_requests_party_state", "rights_requests", ["party", "state", "due_on"])
    op.create_index("ix_rights_requests_person", "rights_requests", ["person"])


def _create_what_belongs_to_them() -> None:
    op.create_table(
        "rights_texts",
        sa.Column("request", _ID, nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["rights_requests.id"], name=op.f("fk_rights_texts_request")),
        sa.PrimaryKeyConstraint("request", "part", name=op.f("pk_rights_texts")),
    )
    op.create_table(
        "rights_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request", _ID, nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("actor", _ID, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("entry", _BIG, nullable=False),
        sa.ForeignKeyConstraint(["request"], ["rights_requests.id"], name=op.f("fk_rights_acts_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_acts")),
    )
    op.create_index(op.f("ix_rights_acts_request"), "rights_acts", ["request"])


def _create_bars() -> None:
    op.create_table(
        "rights_bars",
        sa.Column("id", _ID, nullable=False),
        sa.Column("request", _ID, nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("party", _ID, nullable=False),
        sa.Column("dataset", _ID, nullable=True),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("intake", sa.Boolean(), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("entry", _BIG, nullable=False),
        sa.Column("lifted_by", _ID, nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("lifted_entry", _BIG, nullable=True),
        sa.ForeignKeyConstraint(["request"], ["rights_requests.id"], name=op.f("fk_rights_bars_request")),
        sa.ForeignKeyConstraint(["party"], ["parties.id"], name=op.f("fk_rights_bars_party")),
        sa.ForeignKeyConstraint(["lifted_by"], ["actors.id"], name=op.f("fk_rights_bars_lifted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_bars")),
    )
    op.create_index("ix_rights_bars_party", "rights_bars", ["party", "lifted_entry"])
    op.create_index(op.f("ix_rights_bars_person"), "rights_bars", ["person"])
