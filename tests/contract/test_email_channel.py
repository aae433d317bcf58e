"""The mail channel against every answer of a mail server, and the bytes that arrive."""

import asyncio
import email
import email.policy
import logging
import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from farside.certificate import client_side, server_side
from farside.mail import CLOSE, HANG, MailServer, blunt_server, mail_server, read
from farside.mail_reader import shown
from farside.world import paper

from bot.channels import ChannelError, Item, Outgoing, Pace, Sent
from bot.channels.email import EmailChannel
from bot.channels.mail_text import Links
from scrapers.paper import Paper

# What aiosmtpd says of a server without encryption, which is meant here.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PASSWORD = "an invented/password"
FROM = "Paperwatch <alerts@papers.test>"
LINKS = Links(
    {7: f"https://papers.test/u/{'x' * 120}"},
    "https://papers.test/all",
    mailto="mailto:stop@papers.test?subject=unsubscribe",
)


def outgoing(*papers: Paper, kind: str = "alert", **facts: Any) -> Outgoing:
    items = tuple(Item(number, one, "new", ("my query",), (), (7,)) for number, one in enumerate(papers, 1))
    values = {"key": "1-7", "kind": kind, "slot": "alert:1", "part": 1, "parts": 1, "total": len(items), "zone": "UTC"}
    return Outgoing(**{**values, **facts}, created_at=NOW, items=items)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


Make = Callable[..., EmailChannel]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Makes channels, and closes them."""
    made: list[EmailChannel] = []

    def make(url: str, **options: Any) -> EmailChannel:
        made.append(EmailChannel(url, FROM, **{"timeout": 2, **options}))
        return made[-1]

    yield make
    for channel in made:
        await channel.close()


@pytest.fixture
def channel(make: Make, server: MailServer) -> EmailChannel:
    return make(f"smtp://127.0.0.1:{server.port}", links=lambda _: LINKS)


async def send(channel: EmailChannel, to: str = "ada@example.org", **facts: Any) -> Sent:
    return await channel.send(channel.check(to), channel.render(outgoing(paper(1), **facts)))


# What arrives --------------------------------------------------------------------------------------------------------


async def test_a_mail_arrives_with_both_forms_and_the_headers_that_lists_have(
    channel: EmailChannel, server: MailServer
) -> None:
    assert await send(channel, "Ada@Example.org") == Sent("2.0.0 OK: queued as 1")

    (got,) = server.got
    message = read(got.data)
    assert (got.sender, got.to) == ("alerts@papers.test", "ada@example.org")
    title = "Invented Results on the Behaviour of Test Number 1"
    assert {name: message[name] for name in message if name not in ("Message-ID", "Content-Type")} == {
        "From": FROM,
        "To": "ada@example.org",
        "Subject": title,
        "Date": "Fri, 20 Nov 2026 12:00:00 +0000",
        "List-Id": "Paperwatch <paperwatch.papers.test>",
        "List-Unsubscribe": f"<{LINKS.unsubscribe_one[7]}>, <mailto:stop@papers.test?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "All",
        "Feedback-ID": "alert:en:alerts:paperwatch",
        "Content-Language": "en",
        "MIME-Version": "1.0",
    }
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().startswith(f"{title}\r\nAda")
    assert shown(html.get_content()).links[0] == "https://arxiv.org/pdf/2611.00001"
    assert message.get_content_type() == "multipart/alternative"


async def test_the_header_that_unsubscribes_is_one_line_that_is_not_encoded(
    channel: EmailChannel, server: MailServer
) -> None:
    await send(channel)

    lines = [line for line in server.got[0].data.split(b"\r\n") if b"Unsubscribe:" in line]
    ways = f"<{LINKS.unsubscribe_one[7]}>, <mailto:stop@papers.test?subject=unsubscribe>"
    assert lines == [f"List-Unsubscribe: {ways}".encode()]


async def test_lines_are_short_seven_bit_and_end_as_they_should(channel: EmailChannel, server: MailServer) -> None:
    title = "Статья о чайниках, 论文 и о том, как они поют, если их об этом очень долго и вежливо просить всей семьёй"
    one = paper(1, title=title, abstract=".\nFrom here. " + "слово " * 2_000)

    await channel.send("ada@example.org", channel.render(outgoing(one, language="ru")))

    data = server.got[0].data
    assert max(map(len, data.split(b"\r\n"))) <= 250
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert data.isascii()
    assert read(data)["Subject"] == title
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^?]+\?[^?]\?[^?]*\?=", data))
    assert "From here. слово" in " ".join(read(data).get_body(("plain",)).get_content().split())


async def test_the_same_message_has_the_same_bytes_and_another_one_another_name(
    channel: EmailChannel, server: MailServer
) -> None:
    for facts in ({}, {}, {"key": "1-8"}):
        await send(channel, **facts)
    await send(channel, "ben@example.org")

    assert server.got[0].data == server.got[1].data
    names = [read(one.data)["Message-ID"] for one in server.got]
    assert len(set(names)) == 3
    assert all(re.fullmatch(r"<[0-9a-f]{32}@papers\.test>", name) for name in names)


async def test_a_message_of_the_same_number_in_a_new_library_has_another_name(
    channel: EmailChannel, server: MailServer
) -> None:
    for at in (NOW, NOW + timedelta(days=1)):
        made = outgoing(paper(1))
        await channel.send("ada@example.org", channel.render(Outgoing(**{**vars(made), "created_at": at})))

    assert len({read(one.data)["Message-ID"] for one in server.got}) == 2


async def test_where_it_is_told_that_it_could_not_be_delivered_is_of_the_message(
    make: Make, server: MailServer
) -> None:
    await send(make(f"smtp://127.0.0.1:{server.port}", bounce="bounce@papers.test"))

    assert server.got[0].sender == "bounce+1-7@papers.test"
    assert read(server.got[0].data)["From"] == FROM


async def test_answers_go_to_whom_the_operator_wants(make: Make, server: MailServer) -> None:
    await send(make(f"smtp://127.0.0.1:{server.port}", reply_to="help@papers.test"))
    await send(make(f"smtp://127.0.0.1:{server.port}"))

    assert [read(one.data)["Reply-To"] for one in server.got] == ["help@papers.test", None]


async def test_without_links_no_header_promises_any(make: Make, server: MailServer) -> None:
    await send(make(f"smtp://127.0.0.1:{server.port}"))

    assert not [name for name in read(server.got[0].data) if "Unsubscribe" in name]


@pytest.mark.parametrize(
    "title", ["=?utf-8?q?Win_a_prize?=", "A" * 300, "Часть 2 из 3 и 4 of 5", 'Kettles, 2: "Tea" <for> two; (or 论文)']
)
async def test_a_subject_is_read_as_it_was_written(channel: EmailChannel, server: MailServer, title: str) -> None:
    await channel.send("ada@example.org", channel.render(outgoing(paper(1, title=title))))

    expected = title if len(title) < 200 else "A" * 198 + " …"
    assert read(server.got[0].data)["Subject"] == expected


@pytest.mark.parametrize("name", ["", "Paperwatch", 'Papers, "all" of them', "Статьи на 2 дня", "Ü" * 90])
async def test_a_sender_is_read_as_it_was_written(server: MailServer, name: str) -> None:
    channel = EmailChannel(f"smtp://127.0.0.1:{server.port}", f"{name} <alerts@papers.test>")
    await send(channel)
    await channel.close()

    raw = email.message_from_bytes(server.got[0].data)["From"]  # the newer parser puts blanks into long names
    assert parseaddr(str(make_header(decode_header(raw)))) == (name, "alerts@papers.test")


@pytest.mark.parametrize("harm", ["\r\nBcc: eve@example.org", "\nBcc: eve@example.org", "\r\n\r\nBody", "\u2028Bcc: x"])
async def test_nothing_that_others_wrote_becomes_a_header(channel: EmailChannel, server: MailServer, harm: str) -> None:
    name = f"my query{harm}"
    item = Item(1, paper(1, title=f"Kettles{harm}", authors=[f"Ada{harm}"]), "new", (name,), (), (7,))
    alert, digest = outgoing(paper(1)), outgoing(paper(1), kind="digest", coverage=f"Read{harm}")
    for made in (alert, digest):
        await channel.send("ada@example.org", channel.render(Outgoing(**{**vars(made), "items": (item,)})))

    for got in server.got:
        message = read(got.data)
        assert message["Bcc"] is None
        assert len(message.keys()) == 15
        assert got.to == "ada@example.org"
    with pytest.raises(ValueError, match="address"):
        channel.check(f"ada@example.org{harm}")
    with pytest.raises(ValueError, match=r"sender|address"):
        EmailChannel("smtp://127.0.0.1", f"Paperwatch{harm} <a@papers.test>")


# Addresses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        (" Ada.Tester+papers@Example.ORG ", "ada.tester+papers@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@faß.example", "ada@xn--fa-hia.example"),
        ("дмитрий@пример.рф", "дмитрий@xn--e1afmkfd.xn--p1ai"),
        ("डेटा@मेल.भारत", "डेटा@xn--r2bi6d.xn--h2brj9c"),
        ("o'neill@example.org", "o'neill@example.org"),
        ("me@localhost", "me@localhost"),
    ],
)
def test_an_address_has_one_form(channel: EmailChannel, address: str, canonical: str) -> None:
    assert channel.check(address) == canonical
    assert channel.check(canonical) == canonical
    assert channel.pace(canonical) == Pace(f"email:{canonical}")


@pytest.mark.parametrize(
    "address",
    [
        "", "me", "@example.org", "me@", "me@example", "me@@example.org", "a..b@example.org", ".a@example.org",
        "a@b.org, c@d.org", "a@b.org c@d.org", "a@b.org\nBcc: c@d.org", "Ada <a@b.org>", '"a b"@example.org',
        "a@[127.0.0.1]", "a@127.0.0.1", "a@exa mple.org", "a@-example.org", "a\u200b@example.org", "ａda@example.org",
        "a\u202e@example.org", "x" * 65 + "@example.org", "a@" + "x" * 64 + ".org", "a@" + "x." * 130 + "org",
    ],
)  # fmt: skip
def test_what_is_not_one_address_is_refused(channel: EmailChannel, address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        channel.check(address)


def test_a_domain_that_looks_like_another_is_seen_to_be_one(channel: EmailChannel) -> None:
    assert channel.check("me@раура1.example") == "me@xn--1-7sba6dbr.example"


async def test_an_address_of_other_letters_goes_where_the_server_takes_them(
    channel: EmailChannel, server: MailServer
) -> None:
    await send(channel, "дмитрий@пример.рф")

    (got,) = server.got
    assert got.to == "дмитрий@xn--e1afmkfd.xn--p1ai"
    assert {"SMTPUTF8", "BODY=8BITMIME"} <= set(got.options)
    assert "To: дмитрий@xn--e1afmkfd.xn--p1ai\r\n".encode() in got.data


async def test_an_address_of_other_letters_is_gone_where_the_server_does_not(make: Make) -> None:
    with mail_server(enable_SMTPUTF8=False) as server:
        with pytest.raises(ChannelError, match="SMTPUTF8") as failure:
            await send(make(f"smtp://127.0.0.1:{server.port}"), "дмитрий@пример.рф")

        assert failure.value.gone
        assert server.got == []


# What becomes of a mail ----------------------------------------------------------------------------------------------


OPERATOR = {"lane": True, "wait": 3600}
POLICY = {"again": 3600, "maybe_ours": True}
GONE, PERHAPS = {"gone": True}, {"gone": True, "wait": 86_400}
AGAIN = {"again": 600}


@pytest.mark.parametrize(
    ("step", "answer", "facts"),
    [
        ("MAIL", "421 4.3.2 closing", {"lane": True}),
        ("MAIL", "451 4.7.1 too fast", {"lane": True}),
        ("MAIL", "550 5.1.8 you may not send for that domain", OPERATOR),
        ("MAIL", "530 5.7.0 log in first", OPERATOR),
        ("MAIL", "552 5.3.4 too large", {"rejected": True}),
        ("MAIL", HANG, {"lane": True}),
        ("MAIL", CLOSE, {"lane": True}),
        ("RCPT", "421 4.3.2 closing", {"lane": True}),
        ("RCPT", "450 4.2.0 greylisted, come again", AGAIN),
        ("RCPT", "451 4.7.1 greylisted, come again", AGAIN),
        ("RCPT", "452 4.2.2 mailbox full", AGAIN),
        ("RCPT", "550 5.1.1 no such user", GONE),
        ("RCPT", "550 5.1.10 the domain takes no mail", GONE),
        ("RCPT", "552 5.2.2 mailbox full", PERHAPS),
        ("RCPT", "550 5.2.1 mailbox locked", PERHAPS),
        ("RCPT", "550 no", PERHAPS),
        ("RCPT", "553 5.1.2 no such domain", PERHAPS),
        ("RCPT", "550 5.7.1 we do not take mail of yours", POLICY),
        ("RCPT", "550 5.7.515 not authenticated", POLICY),
        ("RCPT", "550 relay not permitted", OPERATOR),
        ("RCPT", "530 log in first", OPERATOR),
        ("RCPT", HANG, AGAIN),
        ("RCPT", CLOSE, AGAIN),
        ("DATA", "421 4.3.2 closing", {"lane": True}),
        ("DATA", "451 4.3.0 come again", AGAIN),
        ("DATA", "552 5.3.4 too large", {"rejected": True}),
        ("DATA", "554 5.6.0 what is this", {"rejected": True}),
        ("DATA", "554 no", {"rejected": True}),
        ("DATA", "550 5.1.1 no such user after all", GONE),
        ("DATA", "552 5.2.2 mailbox full", PERHAPS),
        ("DATA", "554 5.7.1 this is spam", POLICY),
        ("DATA", HANG, {"sent": None}),
        ("DATA", CLOSE, {"sent": None}),
    ],
)
async def test_every_answer_says_whether_it_was_sent_and_what_to_do(
    make: Make, server: MailServer, step: str, answer: str, facts: dict[str, Any]
) -> None:
    server.answers[step].append(answer)
    channel = make(f"smtp://127.0.0.1:{server.port}", timeout=0.7)

    with pytest.raises(ChannelError) as failure:
        await send(channel)

    nothing = {"sent": False, "gone": False, "rejected": False, "wait": 0, "again": 0, "lane": False, "moved_to": ""}
    nothing["maybe_ours"] = False
    assert vars(failure.value) == {**nothing, **facts}
    if answer not in (HANG, CLOSE):
        assert answer in str(failure.value)
    assert await send(channel) == Sent("2.0.0 OK: queued as 1")


@pytest.mark.parametrize(
    ("answers", "facts"),
    [
        ([b"554 5.7.1 go away\r\n"], OPERATOR),
        ([b"421 busy\r\n"], {"lane": True}),
        ([b"what?\r\n"], {"lane": True}),
        ([b""], {"lane": True}),
        ([b"220 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"], {"sent": None}),
        ([b"220 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"what?\r\n"], {"sent": None}),
        ([b"220 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"what?\r\n"], AGAIN),
        ([b"220 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"x" * 600_000 + b"\r\n"], AGAIN),
    ],
)
async def test_what_is_no_mail_server_is_not_taken_for_one(
    make: Make, answers: list[bytes], facts: dict[str, Any]
) -> None:
    with blunt_server(*answers) as port, pytest.raises(ChannelError) as failure:
        await send(make(f"smtp://127.0.0.1:{port}", timeout=1))

    got = {name: value for name, value in vars(failure.value).items() if value or value is None}
    assert got == facts


async def test_a_connection_that_is_cut_inside_the_content_leaves_it_in_doubt(make: Make) -> None:
    ok = b"250 ok\r\n"
    with blunt_server(b"220 ok\r\n", ok, ok, ok, b"354 go\r\n", most=1_000) as port:
        channel = make(f"smtp://127.0.0.1:{port}", timeout=5)
        long = channel.render(outgoing(*(paper(number) for number in range(1, 61)), kind="digest"))
        assert len(long.mail.html) > 50_000
        with pytest.raises(ChannelError, match="did not say whether it has the mail") as failure:
            await channel.send("ada@example.org", long)

    assert failure.value.sent is None


async def test_a_server_that_is_not_there_stops_the_lane(make: Make) -> None:
    with pytest.raises(ChannelError, match="cannot be reached") as failure:
        await send(make("smtp://127.0.0.1:1"))

    assert (failure.value.sent, failure.value.lane, failure.value.wait) == (False, True, 0)


# The connection ------------------------------------------------------------------------------------------------------


async def test_many_mails_go_over_one_connection_also_past_those_that_are_refused(
    channel: EmailChannel, server: MailServer
) -> None:
    await send(channel)
    server.answers["RCPT"].append("550 5.1.1 no such user")
    with pytest.raises(ChannelError):
        await send(channel, "nobody@example.org")
    server.answers["DATA"].append("451 4.3.0 come again")
    with pytest.raises(ChannelError):
        await send(channel)
    await send(channel, "ben@example.org")

    assert [one.to for one in server.got] == ["ada@example.org", "ben@example.org"]
    assert server.connections == 1


@pytest.mark.parametrize("answer", [CLOSE, "421 4.4.2 timeout"])
async def test_a_connection_that_was_closed_meanwhile_is_opened_again(
    channel: EmailChannel, server: MailServer, answer: str
) -> None:
    await send(channel)
    server.answers["MAIL"].append(answer)
    await send(channel)

    assert len(server.got) == 2
    assert server.connections == 2


async def test_mails_at_the_same_time_wait_for_each_other(channel: EmailChannel, server: MailServer) -> None:
    await asyncio.gather(*(send(channel, f"a{number}@example.org") for number in range(8)))

    assert {one.to for one in server.got} == {f"a{number}@example.org" for number in range(8)}
    assert server.connections == 1


def test_so_many_mails_go_out_a_minute(make: Make) -> None:
    channel = make("smtp://127.0.0.1", per_minute=30)

    assert (channel.rate, channel.papers_at_most, channel.alerts_at_most, channel.timeout) == (0.5, 60, 1, 2)


# Encryption and login ------------------------------------------------------------------------------------------------


def trusting() -> ssl.SSLContext:
    """Believes the certificate of papers.test, although the server is called 127.0.0.1 here."""
    context = client_side()
    context.check_hostname = False
    return context


LOGIN = "ada%40papers.test:an%20invented%2Fpassword@"


@pytest.mark.parametrize("security", ["smtps", "smtp+starttls"])
async def test_a_mail_goes_encrypted_and_logged_in(make: Make, tmp_path: Path, security: str) -> None:
    context = server_side(tmp_path)
    with mail_server(password=PASSWORD, **{"tls" if security == "smtps" else "starttls": context}) as server:
        await send(make(f"{security}://{LOGIN}127.0.0.1:{server.port}", tls=trusting()))

        assert len(server.got) == 1
        assert server.logins[-1] == b"ada@papers.test"


@pytest.mark.parametrize(
    ("security", "options", "said"),
    [
        (security, options, f"certificate is not valid: {said}")
        for security in ("smtps", "smtp+starttls")
        for options, said in [({}, "self-signed certificate"), ({"tls": client_side()}, "IP address mismatch")]
    ],
)
async def test_nothing_is_sent_where_the_certificate_is_wrong(
    make: Make, tmp_path: Path, security: str, options: dict[str, Any], said: str
) -> None:
    context = server_side(tmp_path)
    with mail_server(password=PASSWORD, **{"tls" if security == "smtps" else "starttls": context}) as server:
        with pytest.raises(ChannelError, match=said) as failure:
            await send(make(f"{security}://{LOGIN}127.0.0.1:{server.port}", **options))

        assert (failure.value.sent, failure.value.lane, failure.value.wait) == (False, True, 3600)
        assert server.got == server.logins == []


@pytest.mark.parametrize("security", ["smtps", "smtp+starttls"])
async def test_nothing_is_sent_where_the_certificate_has_expired(make: Make, tmp_path: Path, security: str) -> None:
    context, believed = server_side(tmp_path, is_expired=True), client_side(of_expired=True)
    believed.check_hostname = False  # the server is called 127.0.0.1 here
    with mail_server(password=PASSWORD, **{"tls" if security == "smtps" else "starttls": context}) as server:
        with pytest.raises(ChannelError, match="certificate is not valid: certificate has expired") as failure:
            await send(make(f"{security}://{LOGIN}127.0.0.1:{server.port}", tls=believed))

        assert (failure.value.sent, failure.value.lane, failure.value.wait) == (False, True, 3600)
        assert server.got == server.logins == []


@pytest.mark.parametrize(
    ("security", "said", "wait"), [("smtp+starttls", "no STARTTLS", 3600), ("smtps", "reached", 0)]
)
async def test_nothing_is_sent_in_clear_where_encryption_is_wanted(
    make: Make, security: str, said: str, wait: float
) -> None:
    with mail_server(password=PASSWORD) as server:
        with pytest.raises(ChannelError, match=said) as failure:
            await send(make(f"{security}://{LOGIN}127.0.0.1:{server.port}", tls=trusting(), timeout=1))

        assert (failure.value.sent, failure.value.lane, failure.value.wait) == (False, True, wait)
        assert server.got == server.logins == []


async def test_a_password_that_is_refused_stops_the_lane_and_is_not_shown(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with mail_server(password="another") as server:
        channel = make(f"smtp://{LOGIN}127.0.0.1:{server.port}")
        with pytest.raises(ChannelError, match="PAPERWATCH_EMAIL__SMTP_URL") as failure:
            await send(channel)

    assert (failure.value.sent, failure.value.lane, failure.value.wait) == (False, True, 3600)
    assert server.logins
    assert failure.value.__cause__ is None
    ours = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("mail."))
    for shown_ in (str(failure.value), repr(failure.value), repr(channel), repr(vars(channel)), ours):
        assert PASSWORD not in shown_
        assert "an%20invented" not in shown_


async def test_a_server_that_logs_nobody_in_gets_nothing(make: Make, server: MailServer) -> None:
    with pytest.raises(ChannelError, match="offers no AUTH") as failure:
        await send(make(f"smtp://{LOGIN}127.0.0.1:{server.port}"))

    assert (failure.value.lane, failure.value.wait) == (True, 3600)
    assert server.got == []


async def test_an_answer_that_repeats_the_password_does_not_bring_it_out(make: Make) -> None:
    echo = f"550 what do you mean by {PASSWORD}?\r\n".encode()
    auth = [b"220 ok\r\n", b"250-x\r\n250 AUTH PLAIN\r\n"]
    for answers in ([*auth, echo.replace(b"550", b"535")], [*auth, b"235 ok\r\n", echo]):
        with blunt_server(*answers) as port, pytest.raises(ChannelError) as failure:
            await send(make(f"smtp://{LOGIN}127.0.0.1:{port}"))
        assert PASSWORD not in str(failure.value)


@pytest.mark.parametrize(
    "url",
    ["", "papers.test", "http://papers.test", "smtp://", "smtps://papers.test/x", "smtp://papers.test:99999",
     f"smtps://ada@{PASSWORD}", "smtps://ada@papers.test", f"smtps://ada:{PASSWORD}@papers.test"],
)  # fmt: skip
def test_what_is_no_server_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match="a mail server") as failure:
        EmailChannel(url, FROM)

    assert PASSWORD not in str(failure.value)
