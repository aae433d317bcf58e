"""Papers to read: the feed of a subscription, and a digest that was sent."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from starlette.responses import Response

from bot import archive, tokens
from bot import subscriptions as subs
from bot.channels.lines import by
from bot.channels.page import page as digest_page
from bot.language import Language, language
from bot.outbox import query_of
from bot.store import search
from bot.store.engine import reading
from bot.store.records import first_seen
from bot.web.page import answer, damaged, headers, said
from bot.web.visit import Visit
from scrapers.paper import Paper
from scrapers.text import plain

_ENTRIES, _DAYS = 50, 90
_ATOM = "http://www.w3.org/2005/Atom"
# All but the characters of https://www.w3.org/TR/xml/#charsets
_NO_XML = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def kept_digest(visit: Visit) -> Response:
    """The digest that a mail leads to."""
    numbers = visit.read(tokens.ARCHIVE, 1)
    if numbers is None:
        return damaged(visit)
    parts = archive.kept(visit.engine, numbers[0], visit.now)
    if not parts:
        tr = visit.tr
        return said(visit, tr("This digest is kept no more"), status=410)
    return answer(visit, digest_page(parts))


def feed(visit: Visit) -> Response:
    """What a subscription found lately, as Atom (RFC 4287)."""
    numbers = visit.read(tokens.FEED, 1)
    if numbers is None:
        return damaged(visit)
    listed = subs.named(visit.engine, numbers[0])
    if listed is None:
        return said(visit, visit.tr("This feed has ended"), status=410)
    with reading(visit.engine) as session:
        query = query_of(listed.subscription.text)
        found = search.find(session, query, now=visit.now, days=_DAYS, limit=_ENTRIES)
        seen = first_seen(session, [id for id, _ in found])
    entries = [(id, paper, seen[id]) for id, paper in found]
    sub, here = listed.subscription, f"{visit.web.base}/f/{visit.token}"
    xml = _atom(sub.name, here, entries, sub.created_at, language(listed.recipient.language))
    tag = f'"{hashlib.sha256(xml).hexdigest()[:32]}"'
    known = {**headers(visit.web.base), "ETag": tag, "Cache-Control": "private, max-age=900"}
    if tag in visit.known:  # in a list, or weak, if a proxy has compressed it: RFC 9110, 13.1.2
        return Response(status_code=304, headers=known)
    return Response(xml, media_type="application/atom+xml", headers=known)


def _atom(name: str, here: str, entries: Sequence[tuple[int, Paper, datetime]], begun: datetime, tr: Language) -> bytes:
    site = urlsplit(here).hostname
    ET.register_namespace("", _ATOM)
    root = ET.Element(f"{{{_ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "en"})
    _add(root, "title", f"Paperwatch: {name}")
    _add(root, "id", here)
    _add(root, "updated", max((at for _, _, at in entries), default=begun).isoformat())
    ET.SubElement(root, f"{{{_ATOM}}}link", rel="self", href=here)
    _add(ET.SubElement(root, f"{{{_ATOM}}}author"), "name", "Paperwatch")
    for id, paper, at in entries:
        entry = ET.SubElement(root, f"{{{_ATOM}}}entry")
        _add(entry, "id", f"tag:{site},2026:paper/{id}")  # RFC 4151
        _add(entry, "title", plain(paper.title))
        _add(entry, "updated", at.isoformat())
        if paper.url:
            ET.SubElement(entry, f"{{{_ATOM}}}link", rel="alternate", href=paper.url)
        _add(ET.SubElement(entry, f"{{{_ATOM}}}author"), "name", by(paper, tr) or "?")
        _add(entry, "summary", plain(paper.abstract or ""))
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}{name}").text = _NO_XML.sub("", text)
