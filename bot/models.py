"""The tables. Times are UTC-aware datetimes, days are dates, lists and facts that nobody searches by are JSON.

Rows are values of the store; a row that a scraper's Paper becomes is written by `store.papers` only.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import Field, SQLModel

# Constraints have names on both databases, so that migrations can change them. Set before the first table.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata

VERDICTS = ("ok", "quiet", "partial", "stale", "late", "failed")
DAY_STATES = ("open", "growing", "closed", "given_up")
RHYTHMS = ("instant", "daily", "weekdays", "weekly")
MESSAGE_STATES = ("ready", "sending", "sent", "dead")
# What is left of a delivery when its message is not kept any more: its slot, and what `dropped` says then.
PAST, TOLD, UNSENT = "past", "told", "could not be sent"


# Links and buttons name these rows by their ids: SQLite must not give that of a removed row to another one.
_NEVER_AGAIN = {"sqlite_autoincrement": True}


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} in ({', '.join(repr(value) for value in values)})", name=column)


def _json(default: str) -> Any:
    return Column(JSON, nullable=False, server_default=text(f"'{default}'"))


def _owned_by(table: str, **options: Any) -> Any:
    """A reference whose row goes when its owner goes."""
    return Column(Integer, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False, **options)


class Source(SQLModel, table=True):
    """A configured site. `due_at` and `attempt` are its claim, `reading_since` says that it is claimed; `seeded_at` is
    when its first reading was done. `validators` are addresses with the ETag and Last-Modified of
    their last answer."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    scraper: str
    due_at: datetime
    attempt: int = 0
    failures: int = 0
    last_good_at: datetime | None = None
    seeded_at: datetime | None = None
    reading_since: datetime | None = None
    validators: dict[str, list[str | None]] = Field(default_factory=dict, sa_column=_json("{}"))


class Reading(SQLModel, table=True):
    """One attempt to read one part of a source for one list day."""

    __table_args__ = (_one_of("verdict", VERDICTS), Index(None, "source_id", "part", "day"))

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(sa_column=_owned_by("source"))
    part: str = ""
    day: date | None = None
    verdict: str
    transport: str = ""
    stated: int | None = None
    parsed: int = 0
    new: int = 0
    started_at: datetime
    finished_at: datetime = Field(index=True)
    error: str | None = None


class ListDay(SQLModel, table=True):
    """The state of one part's list day. `told_at`: when the administrators were told that it could not be read."""

    __tablename__ = "list_day"
    __table_args__ = (_one_of("state", DAY_STATES),)

    source_id: int = Field(sa_column=_owned_by("source", primary_key=True))
    part: str = Field(default="", primary_key=True)
    day: date = Field(primary_key=True)
    state: str = "open"
    papers: int = 0
    changed_at: datetime
    told_at: datetime | None = None


class StoredPaper(SQLModel, table=True):
    """The merged record of a paper. Ids are given by the store, under the lock that serialises ingesting. `previous` is
    what its title and abstract were before a new version changed them, and the version that was known then."""

    __tablename__ = "paper"
    __table_args__ = (Index(None, "first_seen_at"),)

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    title: str
    abstract: str | None = None
    authors: list[str] = Field(sa_column=_json("[]"))
    authors_truncated: bool | None = None
    authors_count: int | None = None
    published: date | None = None
    updated: date | None = None
    version: int | None = None
    categories: list[str] = Field(sa_column=_json("[]"))
    organizations: list[dict[str, Any]] = Field(sa_column=_json("[]"))
    url: str | None = None
    has_code: bool | None = None
    code_url: str | None = None
    project_url: str | None = None
    upvotes: int | None = None
    comments: int | None = None
    stars: int | None = None
    score: float | None = None
    note: str | None = None
    extras: dict[str, Any] = Field(sa_column=_json("{}"))
    uncertain: list[str] = Field(sa_column=_json("[]"))
    fingerprint: str = Field(index=True)
    first_seen_at: datetime
    changed_at: datetime
    # Without an index: SQLite would take it for "merged_into is null", which is every row.
    merged_into: int | None = Field(default=None, foreign_key="paper.id")
    previous: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    before_merge: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class StoredIdentifier(SQLModel, table=True):
    """(scheme, value) names exactly one paper."""

    __tablename__ = "identifier"

    scheme: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    paper_id: int = Field(sa_column=_owned_by("paper", index=True))


class Listing(SQLModel, table=True):
    """This source showed this paper on this day, with what it said there."""

    __table_args__ = (UniqueConstraint("source_id", "part", "paper_id", "day"),)

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(sa_column=_owned_by("source"))
    part: str = ""
    paper_id: int = Field(sa_column=_owned_by("paper", index=True))
    day: date
    rank: int | None = None
    announced: str | None = None
    upvotes: int | None = None
    seen_at: datetime


class Person(SQLModel, table=True):
    """Who owns recipients and bookmarks: the operator, a Telegram user, a confirmed e-mail address."""

    __table_args__ = (UniqueConstraint("kind", "account"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    account: str
    created_at: datetime


class Recipient(SQLModel, table=True):
    """A place that is told things. `due_at` ("not before") and `attempt` are its claim.

    Its digests come at `digest_at`, weekly ones on `digest_weekday` (Monday is 0), and show `digest_most` papers. They
    wait up to `digest_wait` minutes, from `waits_since`, for lists that are not read yet; `digest_empty`: one comes on
    days without papers too.
    """

    __table_args__ = (UniqueConstraint("channel", "address", "topic"), _NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(sa_column=_owned_by("person", index=True))
    channel: str
    address: str = ""
    topic: int = 0
    language: str = "en"
    zone: str = "UTC"
    digest_at: str = "08:00"
    digest_weekday: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    digest_most: int = Field(default=60, sa_column_kwargs={"server_default": "60"})
    digest_wait: int = Field(default=45, sa_column_kwargs={"server_default": "45"})
    digest_empty: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    waits_since: datetime | None = None
    quiet_from: str | None = None
    quiet_until: str | None = None
    silent: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    due_at: datetime
    attempt: int = 0
    failures: int = 0
    confirmed_at: datetime | None = None
    paused_at: datetime | None = None
    returned_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    created_at: datetime


class Subscription(SQLModel, table=True):
    """A recipient's query. `at` and `weekday` are its own, or None for the recipient's. `told_on` is the local date of
    its last digest. `changed_in` is the number of the change that made it ask for what it asks."""

    __table_args__ = (UniqueConstraint("recipient_id", "name"), _one_of("rhythm", RHYTHMS), _NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True)
    recipient_id: int = Field(sa_column=_owned_by("recipient"))
    name: str
    text: str
    key: str = Field(index=True)
    rhythm: str = "instant"
    at: str | None = None
    weekday: int | None = None
    versions: bool = False
    muted_until: datetime | None = None
    told_on: date | None = None
    revision: int = 1
    changed_in: int = Field(default=0, index=True, sa_column_kwargs={"server_default": "0"})
    created_at: datetime


class Counter(SQLModel, table=True):
    """The number of the last change of a kind, or how much was sent on a day."""

    name: str = Field(primary_key=True)
    value: int


class Message(SQLModel, table=True):
    """One outgoing message; its deliveries and their order are fixed before the first attempt.

    `attempt_started_at` is set before the channel is called and cleared when its answer is recorded: found set, it
    is an attempt whose outcome nobody knows. `ambiguous` counts those. `more` papers are part of it that it does not
    show; `coverage` says what was read for it.
    """

    __table_args__ = (
        UniqueConstraint("recipient_id", "slot", "part"),
        _one_of("state", MESSAGE_STATES),
        Index(
            "ix_message_open",
            "send_at",
            sqlite_where=text("state in ('ready', 'sending')"),
            postgresql_where=text("state in ('ready', 'sending')"),
        ),
        _NEVER_AGAIN,
    )

    id: int | None = Field(default=None, primary_key=True)
    recipient_id: int = Field(sa_column=_owned_by("recipient"))
    kind: str
    slot: str
    part: int = 1
    parts: int = 1
    more: int = 0
    coverage: str | None = None
    state: str = "ready"
    send_at: datetime
    attempts: int = 0
    ambiguous: int = 0
    attempt_started_at: datetime | None = None
    created_at: datetime
    sent_at: datetime | None = None
    remote_id: str | None = None
    error: str | None = None


class Delivery(SQLModel, table=True):
    """What is owed: this paper to this recipient, once for each kind.

    `reasons` are the subscriptions that matched, as they were: id, revision, name, query. `dropped` says why it
    will not be sent after all.
    """

    __table_args__ = (
        UniqueConstraint("recipient_id", "paper_id", "kind"),
        Index(
            "ix_delivery_waiting",
            "send_at",
            "recipient_id",
            sqlite_where=text("message_id is null and dropped is null"),
            postgresql_where=text("message_id is null and dropped is null"),
        ),
        # Partial: SQLite would take it for "message_id is null", which is all that waits, and sort that.
        Index(
            "ix_delivery_message_id",
            "message_id",
            sqlite_where=text("message_id is not null"),
            postgresql_where=text("message_id is not null"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    recipient_id: int = Field(sa_column=_owned_by("recipient"))
    paper_id: int = Field(sa_column=_owned_by("paper", index=True))
    kind: str
    reasons: list[dict[str, Any]] = Field(sa_column=_json("[]"))
    slot: str
    send_at: datetime
    queued_at: datetime
    message_id: int | None = Field(
        default=None, sa_column=Column(Integer, ForeignKey("message.id", ondelete="SET NULL"))
    )
    rank: int | None = None
    dropped: str | None = None

    @property
    def is_told(self) -> bool:
        """Whether it is, or was, part of a message."""
        return self.message_id is not None or self.slot == PAST


class Saved(SQLModel, table=True):
    """A person's bookmark of a paper, or what they said of it."""

    person_id: int = Field(sa_column=_owned_by("person", primary_key=True))
    paper_id: int = Field(sa_column=_owned_by("paper", primary_key=True))
    verdict: str = "saved"
    saved_at: datetime


class Clipping(SQLModel, table=True):
    """A paper that a person kept of something pasted, and that the library does not have; nobody else sees it."""

    __table_args__ = (UniqueConstraint("person_id", "fingerprint"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(sa_column=_owned_by("person"))
    fingerprint: str
    paper: dict[str, Any] = Field(sa_column=_json("{}"))
    saved_at: datetime


class Draft(SQLModel, table=True):
    """What a dialog remembers of an account in a place for some days: what was asked, a query that is not saved yet, a
    search, a paste. Buttons name it by its id."""

    __table_args__ = (Index(None, "place", "account"), _NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True)
    place: str
    account: str
    kind: str
    data: dict[str, Any] = Field(sa_column=_json("{}"))
    made_at: datetime = Field(index=True)


class Lease(SQLModel, table=True):
    """Until then only this holder may do what the name says."""

    name: str = Field(primary_key=True)
    holder: str
    until: datetime


class Key(SQLModel, table=True):
    """Signs links for one purpose. Of several keys the last one signs, and all are good."""

    id: int | None = Field(default=None, primary_key=True)
    purpose: str
    secret: str
    made_at: datetime


class Pace(SQLModel, table=True):
    """Not before `next_at` may the next request go to this host, place or lane (all of a channel), whichever process
    sends it. `failures` in a row led to that, the last one for this `reason`, at `limited_at`."""

    name: str = Field(primary_key=True)
    next_at: datetime
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    reason: str | None = None
    limited_at: datetime | None = None
