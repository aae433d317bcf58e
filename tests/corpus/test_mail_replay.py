"""A year of recorded lists as digests by mail to a real server, and what arrived read back by parsers that are
none of ours."""

import asyncio
import logging
import os
import re
import shutil
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from random import Random
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from farside.mail import Arrived, mail_server, read
from farside.mail_reader import Shown, shown, words
from farside.replay import RECORDED, RecordedSite, installed, recorded
from farside.site import Site

from bot import recipients, subscriptions, tokens
from bot.app import make_fetcher
from bot.channels import Outgoing
from bot.channels.email import EmailChannel
from bot.channels.mail_bytes import Letter
from bot.deliver import deliver_once
from bot.ingest import ingest_once
from bot.links import Addresses
from bot.mail_links import for_mails
from bot.models import Delivery, Message, Recipient, StoredPaper
from bot.query import document, matches, parse
from bot.store.engine import Engine, make_engine, reading
from bot.store.records import load, sources_of
from bot.subscriptions import Rhythm

pytestmark = [pytest.mark.corpus, pytest.mark.timeout(300)]

log = logging.getLogger(__name__)
CORPUS = Path(os.environ.get("PAPERWATCH_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
BEGIN, END = datetime(2024, 8, 18, tzinfo=UTC), datetime(2025, 8, 26, tzinfo=UTC)
# UTC: lists are read, and it is looked what is due; and again, before they are to be read again.
FIRST, THEN = timedelta(hours=7, minutes=50), timedelta(hours=8)
KEYS = {purpose: [f"an invented key for {purpose}"] for purpose in tokens.PURPOSES}
BASE, STOP, BOUNCE = "https://papers.example.org", "stop@example.org", "bounce@papers.example.org"


@dataclass(frozen=True)
class Reader:
    """A recipient with its subscriptions, by name: a query and a rhythm each."""

    language: str
    zone: str
    subscriptions: dict[str, tuple[str, Rhythm]]
    most: int = 60


DAILY = Rhythm("daily", "08:00")
READERS = {
    "ada@example.org": Reader("en", "UTC", {"all": ("source:hf", DAILY)}),
    "ben@example.org": Reader(
        "de", "Europe/Berlin",
        {"Sprachmodelle": ('"language model"', DAILY), "D. Lin & Ko.": ('author:"Dahua Lin"', DAILY)},
    ),
    "chen@example.org": Reader(
        "zh", "Asia/Shanghai",
        {
            "没有视频": ("model NOT video", Rhythm("weekly", "15:00", "monday")),
            "liked": ("upvotes>=20", Rhythm("weekdays", "16:00")),
        },
        most=50,
    ),
}  # fmt: skip


class Remembering(EmailChannel):
    """Keeps what it was given to say, by the key of each message."""

    said: dict[str, tuple[Outgoing, Letter]]

    def render(self, outgoing: Outgoing) -> Letter:
        letter = super().render(outgoing)
        self.said[outgoing.key] = outgoing, letter
        return letter


@dataclass(frozen=True)
class Mail:
    """A mail as it arrived, and its row in the database."""

    arrived: Arrived
    row: Message
    language: str
    zone: str
    owed: list[Delivery]  # what it shows, in its order
    said: Letter

    @cached_property
    def message(self) -> EmailMessage:
        return read(self.arrived)

    @cached_property
    def text(self) -> str:
        return str(self.message.get_body(("plain",)).get_content())

    @cached_property
    def html(self) -> str:
        return str(self.message.get_body(("html",)).get_content())

    @cached_property
    def shown(self) -> Shown:
        return shown(self.html)

    @property
    def asked(self) -> set[int]:
        """The subscriptions that its papers are for."""
        return {reason["subscription"] for one in self.owed for reason in one.reasons}

    @property
    def ways_to_leave(self) -> tuple[str, str]:
        """The tokens of the header: of the click, and of the mail."""
        (line,) = re.findall(rb"(?m)^List-Unsubscribe: .*\r\n(?![ \t])", self.arrived.data)
        assert len(line) < 998
        found = re.fullmatch(
            r"List-Unsubscribe: <https://papers\.example\.org/u/([\w.-]+)>,"
            r" <mailto:stop@example\.org\?subject=unsubscribe%20([\w.%-]+)>\r\n",
            line.decode("ascii"),
        )
        assert found, line
        return found[1], unquote(found[2])


@dataclass
class Year:
    """All mails of the year, and the papers, with the addresses that they lead to."""

    mails: list[Mail] = field(default_factory=list)
    owed: dict[int, set[int]] = field(default_factory=dict)  # papers that are asked for, by recipient
    told: list[Delivery] = field(default_factory=list)
    urls: dict[int, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def year(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Year:
    if not (CORPUS / RECORDED).exists():
        pytest.skip(f"the corpus is not there: {CORPUS}")
    path = tmp_path_factory.mktemp("year") / "library.db"
    shutil.copy(sqlite_template, path)
    engine = make_engine(f"sqlite:///{path}")
    for address, reader in READERS.items():
        to = ("email", address)
        for name, (query, rhythm) in reader.subscriptions.items():
            subscriptions.subscribe(engine, to, query, now=BEGIN, name=name, rhythm=rhythm, zone_name=reader.zone)
        recipients.change_settings(engine, to, now=BEGIN, most=reader.most, wait=0, language=reader.language)
    begun = time.monotonic()
    with mail_server() as server, Site() as site:
        channel = Remembering(
            f"smtp://127.0.0.1:{server.port}", "Paperwatch <alerts@papers.example.org>", bounce=BOUNCE, per_minute=0,
            links=for_mails(Addresses(BASE, KEYS), STOP),
        )  # fmt: skip
        channel.said = {}
        asyncio.run(send_all(engine, site, channel))
        found = read_back(engine, server.got, channel)
    took, sizes = time.monotonic() - begun, [len(one.arrived.data) for one in found.mails]
    log.warning(
        "%s mails, %s papers, %s bytes (at most %s) in %.0f s",
        len(sizes), sum(len(one.owed) for one in found.mails), sum(sizes), max(sizes), took,
    )  # fmt: skip
    engine.dispose()
    return found


async def send_all(engine: Engine, site: Site, channel: EmailChannel) -> None:
    """The program's loops, with a clock that jumps."""
    now, settings, random = BEGIN, installed(site.url()), Random(1)

    def clock() -> datetime:
        return now

    days = {day: items for day, items in recorded(CORPUS).items() if day >= f"{BEGIN:%Y-%m-%d}"}
    RecordedSite(site, days, lambda: clock().date())
    async with make_fetcher(settings, None) as fetcher:
        for day in range((END - BEGIN).days):
            for time_of_day in (FIRST, THEN):
                now = BEGIN + timedelta(days=day) + time_of_day
                while time_of_day == FIRST and await ingest_once(
                    engine, settings.watched, fetcher.get, clock=clock, random=random
                ):
                    pass
                while await deliver_once(engine, {"email": channel}, sources=["hf"], clock=clock, random=random):
                    pass
    await channel.close()


def read_back(engine: Engine, got: list[Arrived], channel: Remembering) -> Year:
    """What arrived beside what the database says; a mail's return path names its message."""
    with reading(engine) as session:
        recipients = {one.id: one for one in session.execute(sa.select(Recipient)).scalars()}
        messages = {f"{one.recipient_id}-{one.id}": one for one in session.execute(sa.select(Message)).scalars()}
        told = list(session.execute(sa.select(Delivery).order_by(Delivery.rank)).scalars())
        ids = set(session.execute(sa.select(StoredPaper.id)).scalars())
        papers, sources = load(session, ids), sources_of(session, ids)
        session.expunge_all()
    shown_in = defaultdict[int | None, list[Delivery]](list)
    for one in told:
        if one.rank:
            shown_in[one.message_id].append(one)
    year = Year(told=told, urls={id: paper.url or "" for id, paper in papers.items()})
    for one in got:
        key = one.sender.removeprefix("bounce+").partition("@")[0].rpartition("-")[0]
        row, (outgoing, letter) = messages[key], channel.said[key]
        to = recipients[row.recipient_id]
        assert (to.address, outgoing.message) == (one.to, row.id)
        year.mails.append(Mail(one, row, to.language, to.zone, shown_in[row.id], letter))
    for to in recipients.values():
        queries = [parse(query) for query, _ in READERS[to.address].subscriptions.values()]
        year.owed[to.id or 0] = {
            id for id in ids if any(matches(query, document(papers[id], sources[id]), END) for query in queries)
        }
    return year


def test_each_paper_that_is_owed_is_in_exactly_one_mail(year: Year) -> None:
    came = Counter((mail.row.recipient_id, one.paper_id) for mail in year.mails for one in mail.owed)
    only_counted = {(one.recipient_id, one.paper_id) for one in year.told if not one.rank}

    assert len(year.urls) == 3615
    assert set(came.values()) == {1}
    assert came.keys() | only_counted == {(to, id) for to, ids in year.owed.items() for id in ids}
    assert not came.keys() & only_counted
    assert len(only_counted) == sum(mail.row.more for mail in year.mails) > 0


def test_both_forms_have_the_papers_of_the_message_in_its_order_and_say_the_same(year: Year) -> None:
    groups, cut = 0, 0
    for mail in year.mails:
        assert mail.shown.titles == [year.urls[one.paper_id] for one in mail.owed]
        assert words(mail.text) == mail.shown.words
        assert len(mail.html.encode()) < 100_000
        assert mail.arrived.data.isascii()
        assert max(map(len, mail.arrived.data.split(b"\r\n"))) < 998
        groups += mail.text.count("\r\n== ") > 1
        cut += len(mail.owed) > 40
    assert groups > 10
    assert cut > 10


def test_each_mail_can_be_unsubscribed_from_by_its_header_and_by_its_links(year: Year) -> None:
    ended = set()
    for mail in year.mails:
        click, by_mail = mail.ways_to_leave
        (one,) = mail.asked if len(mail.asked) == 1 else (0,)
        ended.add(one)
        assert click == by_mail
        assert tokens.read(KEYS, tokens.UNSUBSCRIBE, click, 2) == (mail.row.recipient_id, one)
        assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert f"{BASE}/u/{click}" in mail.shown.links
    assert ended == {0, 1, 2, 4, 5}  # several at once, and each alone but the author: with a phrase always


def test_headers_say_which_mail_it_is_of_which_day_and_what_is_in_it(year: Year) -> None:
    ids = {mail.message["Message-ID"] for mail in year.mails}
    assert len(ids) == len(year.mails) == 788
    for mail in year.mails:
        message, local = mail.message, ZoneInfo(mail.zone)
        slot = datetime.strptime(mail.row.slot, "digest:%Y-%m-%d %H:%M").replace(tzinfo=local)
        assert message["Subject"] == mail.said.mail.subject
        assert message["Date"].datetime == mail.row.created_at
        assert timedelta(0) <= mail.row.created_at - slot < timedelta(hours=2)
        assert (message["To"], message["Content-Language"]) == (mail.arrived.to, mail.language)
        assert message["Message-ID"].endswith("@papers.example.org>")
        assert (mail.row.state, mail.row.attempts, mail.row.ambiguous) == ("sent", 1, 0)
