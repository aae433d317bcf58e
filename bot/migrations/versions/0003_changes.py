"""Every subscription knows the number of its last change, so that indexes can follow."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.add_column("subscription", sa.Column("changed_in", sa.Integer(), server_default="0", nullable=False))
    op.create_index(op.f("ix_subscription_changed_in"), "subscription", ["changed_in"])


def downgrade() -> None:
    op.drop_index(op.f("ix_subscription_changed_in"), table_name="subscription")
    op.drop_column("subscription", "changed_in")
    op.drop_table("counter")
