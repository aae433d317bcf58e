"""Mails without papers: both forms say the same, in every language, and nothing that others wrote is markup."""

from datetime import UTC, datetime
from typing import Any

import pytest
from farside.mail_reader import shown, squeezed
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import NOTICES, Notice, Outgoing
from bot.channels.mail_text import Links
from bot.channels.notice_text import notice
from bot.language import LANGUAGES

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
TAGS = {"html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td", "p", "a"}
WRONG = "hf of 2026-11-19 had only 3 papers\narxiv cs.CL of 2026-11-19 is given up"
LINKS = Links(confirm="https://papers.test/confirm/x", manage="https://papers.test/m/x")


def outgoing(kind: str, language: str = "en", **facts: Any) -> Outgoing:
    made = Notice(5, **{"queries": ("kettles", 'clocks OR "long words"'), "code": "012345", "text": WRONG, **facts})
    return Outgoing("3-7", kind, f"{kind}:5", 1, 1, 0, "UTC", NOW, (), language=language, notice=made)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", NOTICES)
def test_both_forms_say_the_same(kind: str, language: str) -> None:
    made = notice(outgoing(kind, language), LINKS)
    html = shown(made.html)

    for paragraph in made.text.split("\n\n"):
        words, _, address = paragraph.strip().partition(": https://")
        assert squeezed(words) in html.text
        assert not address or html.links == [f"https://{address}"]
    assert "{" not in made.text + made.subject


def test_each_kind_has_what_it_is_for() -> None:
    confirm, code, manage, alarm = (notice(outgoing(kind), LINKS) for kind in NOTICES)

    assert confirm.subject == "Please confirm your subscription to new papers"
    assert 'clocks OR "long words"' in confirm.text
    assert LINKS.confirm in confirm.text
    assert (code.subject, "012345" in code.text, "https://" in code.text) == ("012345 is your code", True, False)
    assert (manage.subject, LINKS.manage in manage.text) == ("Your subscriptions", True)
    assert ("arxiv cs.CL of 2026-11-19 is given up" in alarm.text, "https://" in alarm.text) == (True, False)


@given(st.text(min_size=1, max_size=300))
def test_no_query_is_markup_or_another_header(query: str) -> None:
    made = notice(outgoing("confirm", queries=(query,)), LINKS)

    assert shown(made.html).links == [LINKS.confirm]
    assert shown(made.html).tags <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "table",
        "tbody",
        "tr",
        "td",
        "p",
        "a",
    }
    assert len(made.subject.splitlines()) == 1
    assert len(made.subject) < 120
