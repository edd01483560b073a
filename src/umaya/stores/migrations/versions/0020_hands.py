"""Who else acts as an actor is found without a look at every resident's account."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_OF_STAFF = sa.text("actor IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_accounts_actor", "accounts", ["actor"], sqlite_where=_OF_STAFF, postgresql_where=_OF_STAFF)


def downgrade() -> None:
    op.drop_index("ix_accounts_actor", "accounts")
