"""Mails that come back: what each of them wants."""

from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incoming import Bounce, Leaving, read

TOKEN = "WzEsMV0.ZAd847AfRCwjBt5gb8ZNuf6u0XNYCpFQ2ulv8b3Ba0w"
KEY = "12-345-0123456789ab"


def report(*, status: str = "5.1.1", action: str = "failed", to: str = f"bounce+{KEY}@papers.test") -> bytes:
    """A report as Postfix writes it (RFC 3464)."""
    return f"""\
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="A4F1"

--A4F1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--A4F1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Fri, 20 Nov 2026 08:00:02 +0000 (UTC)

Final-Recipient: rfc822; ada@example.org
Original-Recipient: rfc822;ada@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <ada@example.org>: Recipient address rejected:
    User unknown

--A4F1
Content-Type: text/rfc822-headers

Subject: unsubscribe {TOKEN}

--A4F1--
""".encode()


def mail(subject: str, *, headers: str = "", body: str = "") -> bytes:
    return f"From: Ada <ada@example.org>\nTo: stop@papers.test\nSubject: {subject}\n{headers}\n{body}\n".encode()


def test_a_report_names_the_mail_and_what_the_server_said() -> None:
    assert read(report()) == Bounce(
        KEY, "5.1.1", "smtp; 550 5.1.1 <ada@example.org>: Recipient address rejected: User unknown"
    )


@pytest.mark.parametrize(("status", "action"), [("4.2.2", "delayed"), ("2.0.0", "delivered"), ("5.1.1", "relayed")])
def test_a_report_of_what_may_still_arrive_says_nothing(status: str, action: str) -> None:
    assert read(report(status=status, action=action)) is None


@pytest.mark.parametrize("to", ["alerts@papers.test", "bounce@papers.test", "bounce+12-345@papers.test", ""])
def test_a_report_that_names_no_mail_of_ours_says_nothing(to: str) -> None:
    assert read(report(to=to)) is None


def test_a_server_may_write_the_address_in_capitals() -> None:
    assert read(report(to=f"BOUNCE+{KEY.upper()}@PAPERS.TEST")) == read(report())


@pytest.mark.parametrize("subject", [f"unsubscribe {TOKEN}", f"Unsubscribe  {TOKEN} ", f"Re: unsubscribe {TOKEN}"])
def test_a_mail_unsubscribes_by_its_subject(subject: str) -> None:
    assert read(mail(subject)) == Leaving(TOKEN)


def test_a_long_subject_may_be_folded() -> None:
    assert read(mail(f"unsubscribe\n {TOKEN}")) == Leaving(TOKEN)


@pytest.mark.parametrize(
    "data",
    [
        mail("unsubscribe"),
        mail("How do I unsubscribe from this, please?"),
        mail(f"unsubscribe {TOKEN}", headers="Auto-Submitted: auto-replied (vacation)\n"),
        mail("Hello", body=f"unsubscribe {TOKEN}"),
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?utf-8?b?////?=\nContent-Type: multipart/report\n\nno parts",
    ],
)
def test_other_mails_want_nothing(data: bytes) -> None:
    assert read(data) is None


@given(st.binary(max_size=400), st.integers(0, len(report())), st.integers(0, 200))
def test_a_damaged_mail_is_read_without_an_error(noise: bytes, place: int, cut: int) -> None:
    damaged = report()[:place] + noise + report()[place + cut :]

    found = read(damaged)

    assert found is None or (isinstance(found, Bounce) and found.key == KEY) or isinstance(found, Leaving)
    message_from_bytes(damaged, policy=policy.default)


@given(st.text(max_size=80))
def test_any_subject_is_read(subject: str) -> None:
    found = read(mail(subject.replace("\n", " ").replace("\r", " ")))

    assert found is None or isinstance(found, Leaving)
