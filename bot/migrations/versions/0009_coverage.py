"""Coverage: answers that have not changed, days that were told of, texts before a new version."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("validators", sa.JSON(), server_default=sa.text("'{}'"), nullable=False))
    op.add_column("list_day", sa.Column("told_at", UTCDateTime(), nullable=True))
    op.add_column("paper", sa.Column("previous", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("paper", "previous")
    op.drop_column("list_day", "told_at")
    op.drop_column("source", "validators")
