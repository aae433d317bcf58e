"""A visitor of the pages, in process: each answer is read by parsers that are none of ours, and its headers are looked
at."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

import html5lib
import httpx
import sqlalchemy as sa
from farside.mail_reader import Shown, shown
from farside.world import NOON

from bot import tokens
from bot.config import Settings
from bot.links import Addresses
from bot.models import metadata
from bot.sections import Web as Pages
from bot.store import keys
from bot.store.engine import Engine
from bot.web.site import site
from bot.web.visit import Web

BASE = "https://papers.test"
_SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
    "strict-transport-security": "max-age=31536000",
}


@dataclass
class Visitor:
    """Somebody at `host` who visits the pages of a library. `pages` are their settings."""

    engine: Engine
    base: str = BASE
    pages: Mapping[str, object] = field(default_factory=dict)
    mails: bool = True
    now: datetime = NOON
    host: str = "192.0.2.1"
    raises: bool = True  # what is not answered but goes wrong is raised

    def __post_init__(self) -> None:
        mails: Any = {"smtp_url": "smtp://127.0.0.1:1", "from": "alerts@papers.test"} if self.mails else {}
        settings = Settings(web=Pages(base_url=self.base, **self.pages), email=mails)  # type: ignore[arg-type]
        self.app = site(Web(self.engine, settings, self.base, lambda: self.now))

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.base, keys.load(self.engine, tokens.PURPOSES, self.now))

    async def ask(
        self,
        method: str,
        address: str,
        form: Mapping[str, str] | bytes | None = None,
        *,
        host: str = "",
        strict: bool = True,
        **headers: str,
    ) -> httpx.Response:
        """An answer, which is looked at. `address` is a path or a whole link; bytes are sent as they are."""
        body = form if isinstance(form, bytes) else urlencode(form or {}).encode()
        kind = {"content-type": "application/x-www-form-urlencoded"} if form is not None else {}
        sent = {**kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
        transport = httpx.ASGITransport(self.app, self.raises, client=(host or self.host, 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="https://papers.test") as client:
            answer = await client.request(method, address, content=body or None, headers=sent)
        assert answer.cookies == {}
        if strict:
            check(answer)
        return answer

    async def get(self, address: str, **headers: str) -> httpx.Response:
        return await self.ask("GET", address, **headers)

    async def post(self, address: str, form: Mapping[str, str] | bytes | None = None, **more: str) -> httpx.Response:
        return await self.ask("POST", address, {} if form is None else form, **more)


def check(answer: httpx.Response) -> None:
    """That a browser does nothing with the answer but show it, and that its HTML is right."""
    assert {name: answer.headers.get(name) for name in _SAFE} == _SAFE, answer.request.url
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert answer.headers["cache-control"] == "no-store"
        if answer.request.method != "HEAD":
            _is_harmless(answer.text)


def _is_harmless(html: str) -> None:
    for tag in html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html).iter():
        assert tag.tag not in ("script", "img", "iframe", "link", "object", "b"), tag.tag
        assert not [name for name in tag.keys() if name.startswith("on") or name == "style"]  # noqa: SIM118 - no dict
        assert not (tag.get("href") or "").startswith(("javascript:", "data:"))


def seen(answer: httpx.Response) -> Shown:
    """What a page shows."""
    return shown(answer.text)


def text_of(answer: httpx.Response) -> str:
    """The text of a page, blanks collapsed."""
    body = re.sub(r"(?s).*<main>|<[^>]*>", " ", answer.text)
    return " ".join(unescape(body).split())


def actions(answer: httpx.Response) -> list[str]:
    """Where the forms of a page are sent, as whole addresses."""
    found = re.findall(r'<form method="post"(?: action="([^"]*)")?>', answer.text)
    return [str(answer.request.url.join(unescape(one))) if one else str(answer.request.url) for one in found]


def path(address: str) -> str:
    return urlsplit(address).path


def contents(engine: Engine) -> dict[str, list[str]]:
    """All rows of all tables."""
    with engine.connect() as connection:
        rows = {one.name: connection.execute(sa.select(one)).all() for one in metadata.sorted_tables}
    return {name: sorted(map(repr, some)) for name, some in rows.items()}
