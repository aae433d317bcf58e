"""Why a lane or a place must wait, how often in a row it failed, and when it was last said to be too much."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _new() -> list[sa.Column[Any]]:
    return [
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("limited_at", UTCDateTime(), nullable=True),
    ]


def upgrade() -> None:
    for column in _new():
        op.add_column("pace", column)


def downgrade() -> None:
    for column in _new():
        op.drop_column("pace", column.name)
