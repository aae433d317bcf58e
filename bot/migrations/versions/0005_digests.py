"""Digests: each recipient's weekday, cap and patience; what was told on which day; what a digest covered."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _new() -> dict[str, list[sa.Column[Any]]]:
    return {
        "source": [sa.Column("reading_since", UTCDateTime(), nullable=True)],
        "recipient": [
            sa.Column("digest_weekday", sa.Integer(), server_default="0", nullable=False),
            sa.Column("digest_most", sa.Integer(), server_default="60", nullable=False),
            sa.Column("digest_wait", sa.Integer(), server_default="45", nullable=False),
            sa.Column("waits_since", UTCDateTime(), nullable=True),
        ],
        "subscription": [sa.Column("told_on", sa.Date(), nullable=True)],
        "message": [sa.Column("coverage", sa.String(), nullable=True)],
    }


def upgrade() -> None:
    for table, columns in _new().items():
        for column in columns:
            op.add_column(table, column)


def downgrade() -> None:
    for table, columns in _new().items():
        for column in columns:
            op.drop_column(table, column.name)
