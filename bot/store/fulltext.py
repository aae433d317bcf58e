"""The full-text index over titles and abstracts: FTS5 on SQLite, a tsvector on PostgreSQL, both over our own words.

The words are folded by us, so that both databases count alike. It finds the papers that share rare words of a title.
"""

import re
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlmodel import Session

from scrapers.paper import Paper
from scrapers.text import fold, plain

_WORD = re.compile(r"[^\W_]+")
_AT_MOST = 20

_SQLITE = ("create virtual table if not exists paper_fts using fts5(title, abstract, content='', detail=column)",)
_POSTGRESQL = (
    "create table if not exists paper_fts (paper_id integer primary key references paper(id), words tsvector not null)",
    "create index if not exists ix_paper_fts_words on paper_fts using gin (words)",
)


def statements(dialect: str) -> tuple[str, ...]:
    """What makes the index, in that database's own SQL."""
    return _POSTGRESQL if dialect == "postgresql" else _SQLITE


def words(text: str | None) -> str:
    """The folded words of a text, with blanks between them."""
    return " ".join(_WORD.findall(fold(plain(text)))) if text else ""


def index(session: Session, before: Mapping[int, Paper], after: Mapping[int, Paper]) -> None:
    """Bring the index up to date for these papers (`before`: those that are in it)."""
    changed = [id for id, paper in after.items() if id not in before or _texts(before[id]) != _texts(paper)]
    rows = [_row(id, after[id]) for id in changed]
    if not rows:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_PUT_POSTGRESQL, rows)
        return
    # A contentless FTS5 table must be told the old words of a row that it forgets.
    if old := [_row(id, before[id]) for id in changed if id in before]:
        session.execute(_FORGET_SQLITE, old)
    session.execute(_PUT_SQLITE, rows)


_PUT_SQLITE = sa.text("insert into paper_fts (rowid, title, abstract) values (:id, :title, :abstract)")
_FORGET_SQLITE = sa.text(
    "insert into paper_fts (paper_fts, rowid, title, abstract) values ('delete', :id, :title, :abstract)"
)
_PUT_POSTGRESQL = sa.text(
    "insert into paper_fts (paper_id, words)"
    " values (:id, setweight(to_tsvector('simple', :title), 'A') || to_tsvector('simple', :abstract))"
    " on conflict (paper_id) do update set words = excluded.words"
)


def _texts(paper: Paper) -> tuple[str, str | None]:
    return paper.title, paper.abstract


def _row(id: int, paper: Paper) -> dict[str, object]:
    return {"id": id, "title": words(paper.title), "abstract": words(paper.abstract)}


def sharing_rare_words(session: Session, title: str) -> Collection[int]:
    """The ids of at most twenty papers whose titles share two of the three rarest words of this one. A word's length
    stands for its rarity: as good a measure as its frequency where it was tried, and nothing to count."""
    rare = sorted(set(words(title).split()), key=len, reverse=True)[:3]
    if len(rare) < 2:
        return ()
    pairs = [(one, other) for n, one in enumerate(rare) for other in rare[n + 1 :]]
    if session.get_bind().dialect.name == "postgresql":
        query = " | ".join(f"({one}:A & {other}:A)" for one, other in pairs)
        found = sa.text("select paper_id from paper_fts where words @@ to_tsquery('simple', :query) limit :limit")
    else:
        query = " OR ".join(f'(title : "{one}" AND title : "{other}")' for one, other in pairs)
        found = sa.text("select rowid from paper_fts where paper_fts match :query limit :limit")
    return session.execute(found, {"query": query, "limit": _AT_MOST}).scalars().all()
