"""`@bot query` in any chat: the library, searched."""

from collections.abc import Iterable

from bot.channels.lines import by, cut, facts
from bot.channels.outgoing import Item
from bot.channels.telegram_text import card
from bot.chat.said import Reply, Result, Results
from bot.chat.talk import Talk
from bot.preview import met
from bot.query import QueryError, document, explain, parse
from bot.store import search
from bot.store.engine import reading
from bot.store.records import sources_of
from scrapers.text import plain

_PAGE = 20  # answers at once; Telegram takes 50
_DIGITS = 6  # of an offset, which clients choose
_TITLE, _ABOUT = 120, 160  # characters


def find(talk: Talk, text: str, offset: str) -> Iterable[Reply]:
    """The papers that match, the newest first; nothing for what is no query (yet: people are still writing)."""
    skip = int(offset) if offset.isdecimal() and len(offset) < _DIGITS else 0
    try:
        query = parse(text)
    except QueryError:
        return [Results(())]
    with reading(talk.engine) as session:
        found = search.find(session, query, now=talk.now, skip=skip, limit=_PAGE)
        sources = sources_of(session, [id for id, _ in found])
    results = []
    for id, paper in found:
        prepared = document(paper, sources.get(id, frozenset()))
        marks = explain(query, prepared, talk.now)
        about = " · ".join(filter(None, [by(paper, talk.tr), facts(paper, talk.tr)]))
        html = card(Item(id, paper, "new", (), marks, (), tuple(met(marks, prepared))), talk.tr).html
        results.append(Result(str(id), cut(plain(paper.title), _TITLE), cut(about, _ABOUT), html))
    return [Results(tuple(results), str(skip + _PAGE) if len(found) == _PAGE else "")]
