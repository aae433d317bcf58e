"""Why a lane or a place must wait, how often in a row it failed, and when. The index of messages has no nulls."""

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
    op.drop_index("ix_delivery_message_id", "delivery")
    some = sa.text("message_id is not null")
    op.create_index("ix_delivery_message_id", "delivery", ["message_id"], sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    for column in _new():
        op.drop_column("pace", column.name)
    op.drop_index("ix_delivery_message_id", "delivery")
    op.create_index("ix_delivery_message_id", "delivery", ["message_id"])
