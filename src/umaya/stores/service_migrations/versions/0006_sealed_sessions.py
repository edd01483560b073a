"""Sessions are sealed; those that were begun before end, and people sign in anew."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.text("DELETE FROM sessions"))
    with op.batch_alter_table("sessions") as table:
        for column in ("issuer", "subject", "actor", "id_token"):
            table.drop_column(column)
        table.add_column(sa.Column("sealed", sa.LargeBinary(), nullable=False))


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM sessions"))
    with op.batch_alter_table("sessions") as table:
        table.drop_column("sealed")
        table.add_column(sa.Column("issuer", sa.String(length=255), nullable=False))
        table.add_column(sa.Column("subject", sa.String(length=255), nullable=False))
        table.add_column(sa.Column("actor", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("id_token", sa.Text(), nullable=False))
