"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pace",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pace")),
    )
    op.create_table(
        "paper",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("abstract", sa.String(), nullable=True),
        sa.Column("authors", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("authors_truncated", sa.Boolean(), nullable=True),
        sa.Column("authors_count", sa.Integer(), nullable=True),
        sa.Column("published", sa.Date(), nullable=True),
        sa.Column("updated", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("categories", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("organizations", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("has_code", sa.Boolean(), nullable=True),
        sa.Column("code_url", sa.String(), nullable=True),
        sa.Column("project_url", sa.String(), nullable=True),
        sa.Column("upvotes", sa.Integer(), nullable=True),
        sa.Column("comments", sa.Integer(), nullable=True),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("extras", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("uncertain", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("first_seen_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("before_merge", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["merged_into"], ["paper.id"], name=op.f("fk_paper_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
    )
    op.create_index(op.f("ix_paper_fingerprint"), "paper", ["fingerprint"], unique=False)
    op.create_index(op.f("ix_paper_first_seen_at"), "paper", ["first_seen_at"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("kind", "account", name=op.f("uq_person_kind_account")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scraper", sa.String(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_good_at", UTCDateTime(), nullable=True),
        sa.Column("seeded_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.create_table(
        "identifier",
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_identifier_paper_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("scheme", "value", name=op.f("pk_identifier")),
    )
    op.create_index(op.f("ix_identifier_paper_id"), "identifier", ["paper_id"], unique=False)
    op.create_table(
        "list_day",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("state in ('open', 'growing', 'closed', 'given_up')", name=op.f("ck_list_day_state")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_list_day_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source_id", "part", "day", name=op.f("pk_list_day")),
    )
    op.create_table(
        "listing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("announced", sa.String(), nullable=True),
        sa.Column("upvotes", sa.Integer(), nullable=True),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_listing_paper_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_listing_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint(
            "source_id", "part", "paper_id", "day", name=op.f("uq_listing_source_id_part_paper_id_day")
        ),
    )
    op.create_index(op.f("ix_listing_paper_id"), "listing", ["paper_id"], unique=False)
    op.create_table(
        "reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("transport", sa.String(), nullable=False),
        sa.Column("stated", sa.Integer(), nullable=True),
        sa.Column("parsed", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint(
            "verdict in ('ok', 'quiet', 'partial', 'stale', 'late', 'failed')", name=op.f("ck_reading_verdict")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_reading_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
    )
    op.create_index(op.f("ix_reading_finished_at"), "reading", ["finished_at"], unique=False)
    op.create_index(op.f("ix_reading_source_id_part_day"), "reading", ["source_id", "part", "day"], unique=False)
    op.create_table(
        "recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("topic", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("digest_at", sa.String(), nullable=False),
        sa.Column("quiet_from", sa.String(), nullable=True),
        sa.Column("quiet_until", sa.String(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime(), nullable=True),
        sa.Column("paused_at", UTCDateTime(), nullable=True),
        sa.Column("returned_at", UTCDateTime(), nullable=True),
        sa.Column("disabled_at", UTCDateTime(), nullable=True),
        sa.Column("disabled_reason", sa.String(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recipient_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient")),
        sa.UniqueConstraint("channel", "address", "topic", name=op.f("uq_recipient_channel_address_topic")),
    )
    op.create_index(op.f("ix_recipient_person_id"), "recipient", ["person_id"], unique=False)
    op.create_table(
        "saved",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("saved_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_saved_paper_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "paper_id", name=op.f("pk_saved")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("more", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("send_at", UTCDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ambiguous", sa.Integer(), nullable=False),
        sa.Column("attempt_started_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint("state in ('ready', 'sending', 'sent', 'dead')", name=op.f("ck_message_state")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recipient.id"], name=op.f("fk_message_recipient_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("recipient_id", "slot", "part", name=op.f("uq_message_recipient_id_slot_part")),
    )
    op.create_index(
        "ix_message_open",
        "message",
        ["send_at"],
        unique=False,
        sqlite_where=sa.text("state in ('ready', 'sending')"),
        postgresql_where=sa.text("state in ('ready', 'sending')"),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("rhythm", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("versions", sa.Boolean(), nullable=False),
        sa.Column("muted_until", UTCDateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("rhythm in ('instant', 'daily', 'weekdays', 'weekly')", name=op.f("ck_subscription_rhythm")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recipient.id"], name=op.f("fk_subscription_recipient_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("recipient_id", "name", name=op.f("uq_subscription_recipient_id_name")),
    )
    op.create_index(op.f("ix_subscription_key"), "subscription", ["key"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("send_at", UTCDateTime(), nullable=False),
        sa.Column("queued_at", UTCDateTime(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("dropped", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_delivery_message_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_delivery_paper_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recipient.id"], name=op.f("fk_delivery_recipient_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("recipient_id", "paper_id", "kind", name=op.f("uq_delivery_recipient_id_paper_id_kind")),
    )
    op.create_index(op.f("ix_delivery_message_id"), "delivery", ["message_id"], unique=False)
    op.create_index(op.f("ix_delivery_paper_id"), "delivery", ["paper_id"], unique=False)
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["send_at", "recipient_id"],
        unique=False,
        sqlite_where=sa.text("message_id is null and dropped is null"),
        postgresql_where=sa.text("message_id is null and dropped is null"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "create table paper_fts (paper_id integer primary key references paper(id), words tsvector not null)"
        )
        op.execute("create index ix_paper_fts_words on paper_fts using gin (words)")
    else:
        op.execute("create virtual table paper_fts using fts5(title, abstract, content='', detail=column)")


def downgrade() -> None:
    op.execute("drop table paper_fts")
    op.drop_index(
        "ix_delivery_waiting",
        table_name="delivery",
        sqlite_where=sa.text("message_id is null and dropped is null"),
        postgresql_where=sa.text("message_id is null and dropped is null"),
    )
    op.drop_index(op.f("ix_delivery_paper_id"), table_name="delivery")
    op.drop_index(op.f("ix_delivery_message_id"), table_name="delivery")
    op.drop_table("delivery")
    op.drop_index(op.f("ix_subscription_key"), table_name="subscription")
    op.drop_table("subscription")
    op.drop_index(
        "ix_message_open",
        table_name="message",
        sqlite_where=sa.text("state in ('ready', 'sending')"),
        postgresql_where=sa.text("state in ('ready', 'sending')"),
    )
    op.drop_table("message")
    op.drop_table("saved")
    op.drop_index(op.f("ix_recipient_person_id"), table_name="recipient")
    op.drop_table("recipient")
    op.drop_index(op.f("ix_reading_source_id_part_day"), table_name="reading")
    op.drop_index(op.f("ix_reading_finished_at"), table_name="reading")
    op.drop_table("reading")
    op.drop_index(op.f("ix_listing_paper_id"), table_name="listing")
    op.drop_table("listing")
    op.drop_table("list_day")
    op.drop_index(op.f("ix_identifier_paper_id"), table_name="identifier")
    op.drop_table("identifier")
    op.drop_table("source")
    op.drop_table("person")
    op.drop_index(op.f("ix_paper_first_seen_at"), table_name="paper")
    op.drop_index(op.f("ix_paper_fingerprint"), table_name="paper")
    op.drop_table("paper")
    op.drop_table("pace")
