"""Release series: since when the data of a window was read, so that another form of it is told of none of that time."""

import sqlalchemy as sa
from alembic import op

from umaya.stores.database import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was read for windows so far is not known: they count from their starts, as they did."""
    with op.batch_alter_table("release_windows") as table:
        table.add_column(sa.Column("since", UtcDateTime(), nullable=True))
    op.execute("UPDATE release_windows SET since = starts")
    with op.batch_alter_table("release_windows") as table:
        table.alter_column("since", existing_type=UtcDateTime(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("release_windows") as table:
        table.drop_column("since")
