"""Mail that people ask for: keys that sign its links, numbers that are never given again, digests of empty days."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# SQLite gives the number of the last row again when that is removed; PostgreSQL never does.
_NAMED_BY_LINKS = ("recipient", "subscription", "message", "draft")


def upgrade() -> None:
    op.create_table(
        "key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_key"),
    )
    op.add_column("recipient", sa.Column("digest_empty", sa.Boolean(), server_default=sa.false(), nullable=False))
    _number_rows(anew=True)


def downgrade() -> None:
    _number_rows(anew=False)
    op.drop_column("recipient", "digest_empty")
    op.drop_table("key")


def _number_rows(*, anew: bool) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in _NAMED_BY_LINKS:
        with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_autoincrement": anew}):
            pass
