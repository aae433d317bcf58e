"""What people paste, send or link to is read for them alone; nothing of it enters the shared library."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from html import escape
from typing import Any
from urllib.parse import urlsplit

from bot import bookmarks
from bot import subscriptions as subs
from bot.channels.lines import cut
from bot.channels.outgoing import Item
from bot.channels.screen import Button, Screen, rows
from bot.channels.telegram_text import card, safe
from bot.chat.drafts import remember
from bot.chat.heard import File
from bot.chat.paging import turned_to
from bot.chat.papers import entry, item, item_of
from bot.chat.said import Reply, Show, Toast, show
from bot.chat.subscribing import subscribe
from bot.chat.talk import Talk
from bot.models import Draft
from bot.outbox import query_of
from bot.query import document, matches
from bot.store import search
from bot.store.engine import reading
from scrapers import saved
from scrapers.crawl import crawl, load
from scrapers.fetch import Forbidden
from scrapers.identifiers import Identifier, identifier
from scrapers.json_lines import from_dict, to_dict
from scrapers.paper import Paper
from scrapers.request import ListingError, Page, Request, ScrapeError

KIND = "paste"
MAX_FILE = 5_000_000  # bytes; a day's list has half a megabyte
_MOST = 300  # papers of a paste that are remembered
_PAGE = 5
_QUERY = 1_000  # characters on one line; what is longer is no query
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


def is_link_or_list(text: str) -> bool:
    """Whether it is no query: a link, or what was copied from a page."""
    return bool(_ADDRESS.search(text)) or _is_list(text)


def _is_list(text: str) -> bool:
    return text.count("\n") >= 3 or len(text) > _QUERY


async def read_text(talk: Talk, text: str, links: Sequence[str]) -> AsyncIterator[Reply]:
    """A text without a command: a link, a copied list, or a query to be tried."""
    text = text.strip()
    addresses = _ADDRESS.findall(text) or list(links)
    words = _ADDRESS.sub("", text).strip()
    if identifier(text):
        async for reply in read_link(talk, text):
            yield reply
    elif addresses and not _is_list(text) and (not words or len(addresses) == 1):
        async for reply in read_link(talk, addresses[0]):
            yield reply
    elif _is_list(text):
        for reply in await asyncio.to_thread(read_bytes, talk, text.encode(), ""):
            yield reply
    else:
        for reply in await asyncio.to_thread(lambda: list(subscribe(talk, text))):
            yield reply


async def read_file(talk: Talk, file: File) -> AsyncIterator[Reply]:
    """A file that was sent."""
    _refuse_large(talk, file)
    yield show(talk.tr("I am reading {name} …", name=safe(cut(file.name or "…", 60))))
    data = await talk.desk.chats.download(file)
    for reply in await asyncio.to_thread(read_bytes, talk, data, file.name):
        yield reply


async def downloaded(talk: Talk, file: File) -> bytes:
    """The bytes of a file that was sent. Raises ValueError for what is too large to be a list."""
    _refuse_large(talk, file)
    return await talk.desk.chats.download(file)


def _refuse_large(talk: Talk, file: File) -> None:
    if file.size > MAX_FILE:
        most = MAX_FILE // 1_000_000
        raise ValueError(talk.tr("That file is larger than {n} MB, which no list is. Cut out what you need.", n=most))


async def read_link(talk: Talk, address: str) -> AsyncIterator[Reply]:
    """A link: to a paper, from the library or from its source; or to a listing page."""
    tr, named = talk.tr, identifier(address)
    if named:
        known = await asyncio.to_thread(_in_library, talk, named)
        if known:
            yield Show(card(known, tr))
            return
    place = named.value if named else urlsplit(address).hostname or address
    yield show(tr("I am reading {name} …", name=safe(cut(place, 60))))
    try:
        page = await _fetched(talk, address, named)
    except Forbidden:
        yield show(tr("That address cannot be read here: it is no public web page."))
        return
    except ScrapeError as error:
        yield show(f"{tr('That could not be read.')} {escape(str(error), quote=False)}")
        return
    for reply in await asyncio.to_thread(_shown, talk, page):
        yield reply


def _in_library(talk: Talk, named: Identifier) -> Item | None:
    with reading(talk.engine) as session:
        try:
            id = search.paper_named(session, named.value)
        except ValueError:
            return None
    return item_of(talk, id)


async def _fetched(talk: Talk, address: str, named: Identifier | None) -> Page:
    """The listing behind a link; of an arXiv id what Hugging Face says of the paper, else what arXiv says."""
    if named and named.scheme == "arxiv":
        with suppress(ScrapeError):
            return await _asked_for(talk, "huggingface", paper=named.value)
        return await _asked_for(talk, "arxiv", ids=[named.value])
    answer = await talk.desk.fetch(Request(address, accept="text/html,application/json,*/*"))
    if answer.status != 200:
        raise ListingError(f"the site answered with status {answer.status}.")
    return await asyncio.to_thread(
        saved.read, answer.body, name=urlsplit(answer.url).hostname or "the page", today=talk.now.date()
    )


async def _asked_for(talk: Talk, name: str, **options: Any) -> Page:
    """What the API of that site says of a paper. Raises ScrapeError."""
    scraper = load(name)
    configured = [one for one in talk.desk.settings.sources.values() if one.scraper == name]
    base_url = (configured[0].base_url if configured else None) or scraper.base_url
    found = await crawl(scraper, scraper.start(base_url, "api", **options), talk.desk.fetch)
    return Page(found.listed)


def read_bytes(talk: Talk, data: bytes, name: str) -> Iterable[Reply]:
    """The list in a text or a file."""
    try:
        page = saved.read(data, name=name or "the text", today=talk.now.date())
    except ListingError as error:
        return [show(f"{talk.tr('That could not be read.')} {escape(str(error), quote=False)}")]
    return _shown(talk, page)


def _shown(talk: Talk, page: Page) -> list[Reply]:
    """What is in it: those that the subscriptions here ask for first."""
    papers = [listed.paper for listed in page.listed]
    if not papers:
        return [show(talk.tr("There is no paper in it."))]
    if len(papers) == 1:
        found = {"papers": [to_dict(papers[0])], "asked": 0}
        return [_card(talk, remember(talk, KIND, found), found, 0)]
    queries = [query_of(one.subscription.text) for one in subs.list_all(talk.engine, talk.address)]
    asked = [any(matches(query, document(paper), talk.now) for query in queries) for paper in papers]
    order = sorted(range(len(papers)), key=lambda index: not asked[index])[:_MOST]
    data = {
        "papers": [to_dict(papers[index]) for index in order],
        "asked": sum(asked),
        "total": len(papers),
        "notes": [*page.notes, *page.skipped][:3],
    }
    return [Show(_list(talk, remember(talk, KIND, data), data, 0))]


def _list(talk: Talk, id: int, data: dict[str, Any], number: int) -> Screen:
    tr, all_ = talk.tr, data["papers"]
    shown, turn = turned_to(number, all_, _PAGE, f"paste:{id}")
    lines = [
        f"<b>{tr.plural('{n} paper in it', '{n} papers in it', data['total'])}</b> · "
        + tr.plural("{n} that you ask for", "{n} that you ask for", data["asked"])
    ]
    if shown[0][0] == 1:
        lines += [f"<i>{safe(cut(note, 200))}</i>" for note in data["notes"]]
    for n, one in shown:
        mark = "⭐ " if n <= data["asked"] else ""
        lines.append(f"{n}. {mark}{entry(from_dict(one).paper, tr)}")
    keep = []
    if data["asked"]:
        keep.append(
            Button(
                tr.plural("Save the {n} that I ask for", "Save the {n} that I ask for", data["asked"]),
                f"keep-asked:{id}",
            )
        )
    return Screen("\n\n".join(lines), rows([Button(str(n), f"pasted:{id}:{n - 1}") for n, _ in shown], turn, keep))


# Taps -----------------------------------------------------------------------------------------------------------------


def page(talk: Talk, draft: Draft, number: int) -> Iterable[Reply]:
    """Another page of what was pasted, in place."""
    return [Show(_list(talk, draft.id or 0, draft.data, number), edits=talk.message)]


def open_card(talk: Talk, draft: Draft, index: int) -> Iterable[Reply]:
    """One of its papers."""
    return [_card(talk, draft.id or 0, draft.data, index)] if index < len(draft.data["papers"]) else []


def _card(talk: Talk, id: int, data: dict[str, Any], index: int) -> Show:
    screen = card(item(talk, 0, from_dict(data["papers"][index]).paper), talk.tr)
    links = [row for row in screen.rows if row[0].url]
    return Show(Screen(screen.html, (*links, (Button(talk.tr("Save"), f"keep-one:{id}:{index}"),))))


def keep(talk: Talk, draft: Draft, index: int) -> Iterable[Reply]:
    """Bookmark one of its papers."""
    if index >= len(draft.data["papers"]):
        return []
    new = _keep(talk, from_dict(draft.data["papers"][index]).paper)
    return [Toast(talk.tr("Saved. /saved lists what you saved.") if new else talk.tr("It was saved already."))]


def keep_asked(talk: Talk, draft: Draft) -> Iterable[Reply]:
    """Bookmark all of its papers that the subscriptions ask for."""
    new = sum(_keep(talk, from_dict(one).paper) for one in draft.data["papers"][: draft.data["asked"]])
    return [Toast(talk.tr.plural("{n} paper saved.", "{n} papers saved.", new))]


def _keep(talk: Talk, paper: Paper) -> bool:
    """As a bookmark of the library's paper where it has it, else for this person alone."""
    with reading(talk.engine) as session:
        id = search.paper_like(session, paper)
    if id is not None:
        return bookmarks.save(talk.engine, talk.me, id, talk.now)
    return bookmarks.clip(talk.engine, talk.me, paper, talk.now)
