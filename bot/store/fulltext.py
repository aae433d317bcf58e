"""The full-text index of the library: FTS5 on SQLite, a tsvector on PostgreSQL.

Its words are cut and folded by us (`bot.query.indexed`), so that both databases find the same papers.
"""

import logging
from collections import Counter as Counted
from collections.abc import Collection, Iterator, Mapping

import sqlalchemy as sa
from sqlmodel import Session

from bot.models import Counter
from bot.query import document
from bot.query.indexed import ASIDE, BORDER, CROWDED, NAMED, VERSION, Indexed, indexed
from bot.query.lookup import FACTS, Every, Expression, Phrase, Some, Word
from bot.store.engine import Engine, lock_library, reading, writing
from bot.store.records import load, paper_table
from scrapers.paper import Paper

_AT_MOST = 20
_AT_ONCE = 5_000
_COUNTER = "search index"
_FIELDS = ("title", "abstract", "note", "authors", "authors_truncated", "categories", "organizations")
_WEIGHTS = {"title": "A", "abstract": "B"}
# https://www.postgresql.org/docs/current/textsearch-limitations.html
_LAST_PLACE = 16_383  # of a word in a tsvector
_MOST_PLACES = 255  # of one word

log = logging.getLogger(__name__)


def index(session: Session, before: Mapping[int, Paper], after: Mapping[int, Paper]) -> None:
    """Bring the index up to date for these papers (`before`: what it holds of them)."""
    put(session, {id: paper for id, paper in after.items() if id not in before or _differ(before[id], paper)})


def put(session: Session, papers: Mapping[int, Paper]) -> None:
    """Put the papers into the index, in place of what it held of them."""
    if not papers:
        return
    held = {id: indexed(document(paper)) for id, paper in papers.items()}
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_PUT_POSTGRESQL, [{"id": id, "words": _tsvector(words)} for id, words in held.items()])
    else:
        session.execute(_PUT_SQLITE, [{"id": id, **words._asdict()} for id, words in held.items()])


def _differ(one: Paper, two: Paper) -> bool:
    return any(getattr(one, field) != getattr(two, field) for field in _FIELDS)


_PUT_SQLITE = sa.text(
    "insert or replace into paper_fts (rowid, title, abstract, facts) values (:id, :title, :abstract, :facts)"
)
_PUT_POSTGRESQL = sa.text(
    "insert into paper_fts (paper_id, words) values (:id, cast(:words as tsvector))"
    " on conflict (paper_id) do update set words = excluded.words"
)


def _tsvector(words: Indexed) -> str:
    """The words as PostgreSQL writes them: each with its place, and A or B for where it stands."""
    place, found = 0, list[str]()
    for field, text in words._asdict().items():
        weight = _WEIGHTS.get(field, "")
        for word in text.split():
            place += 1
            # Nothing stands directly before the last place, where all words stand that have no place of their own.
            found.append(f"'{word}':{place if place < _LAST_PLACE - 1 else _LAST_PLACE}{weight}")
    if _is_crowded(words):
        found.append(f"'{CROWDED}':{_LAST_PLACE}")
    return " ".join(found)


def _is_crowded(words: Indexed) -> bool:
    """Whether a word has more places than PostgreSQL holds, or one that it does not know."""
    all_words = " ".join(words).split()
    return len(all_words) > _MOST_PLACES and (
        len(all_words) >= _LAST_PLACE - 1 or max(Counted(all_words).values()) > _MOST_PLACES
    )


# Making it anew -------------------------------------------------------------------------------------------------------


def bring_up_to_date(engine: Engine) -> None:
    """Index all papers anew if this program cuts words in another way than the one that made the index."""
    with reading(engine) as session:
        if _version(session) == VERSION:
            return
    with writing(engine) as session:
        lock_library(session)
        if _version(session) == VERSION:
            return
        session.execute(sa.text("delete from paper_fts"))
        ids = list(session.execute(sa.select(paper_table.c.id)).scalars())
        for start in range(0, len(ids), _AT_ONCE):
            log.info("indexing the library anew, once: %s of %s papers", f"{start:,}", f"{len(ids):,}")
            put(session, load(session, ids[start : start + _AT_ONCE]))
        session.merge(Counter(name=_COUNTER, value=VERSION))


def _version(session: Session) -> int | None:
    counter = session.get(Counter, _COUNTER)
    return counter.value if counter else None


# Asking it ------------------------------------------------------------------------------------------------------------


def having(dialect: str, text: Expression) -> sa.TextualSelect:
    """The ids of the papers that have these words. Takes nothing but words and phrases, with Every and Some."""
    if dialect == "postgresql":
        asked = sa.text("select paper_id as id from paper_fts where words @@ cast(:query as tsquery)")
        return asked.bindparams(sa.bindparam("query", _tsquery(text), unique=True)).columns(sa.column("id"))
    asked = sa.text("select rowid as id from paper_fts where paper_fts match :query")
    return asked.bindparams(sa.bindparam("query", _match(text), unique=True)).columns(sa.column("id"))


def has_crowded(session: Session) -> bool:
    """Whether the index holds a paper without all places of its words. Most libraries have none, and looking such
    papers up takes a tenth of the time of a search."""
    if session.get_bind().dialect.name != "postgresql":
        return False
    crowded = having("postgresql", Word(FACTS, CROWDED)).subquery()
    return session.execute(sa.select(crowded.c.id).limit(1)).first() is not None


def is_text(expression: Expression) -> bool:
    """Whether the index alone decides it."""
    if isinstance(expression, Every | Some):
        return bool(expression.parts) and all(map(is_text, expression.parts))
    return isinstance(expression, Word | Phrase)


def _match(text: Expression) -> str:
    """See https://www.sqlite.org/fts5.html#full_text_query_syntax."""
    match text:
        case Word():
            anywhere = "{title abstract} : " if _may_begin_a_fact(text) else ""
            return f'{_in_column(text.field) or anywhere}"{text.text}"{" *" if text.prefix else ""}'
        case Phrase():
            return f'{_in_column(text.field)}"{" ".join(text.texts)}"'
        case Every() | Some():
            return f"({(' AND ' if isinstance(text, Every) else ' OR ').join(map(_match, text.parts))})"
    raise TypeError(f"no text: {text!r}")


def _may_begin_a_fact(word: Word) -> bool:
    """Whether it is to stand in a text, and words of facts may begin so, which bear the name of their field: `cat*`. To
    look at where a word stands takes PostgreSQL four times as long."""
    return word.prefix and not word.field and any(field.startswith(word.text) for field in NAMED)


def _in_column(field: str) -> str:
    return f"{field} : " if field else ""


def _tsquery(text: Expression) -> str:
    """See https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY."""
    match text:
        case Word():
            anywhere = "AB" if _may_begin_a_fact(text) else ""
            signs = ("*" if text.prefix else "") + _WEIGHTS.get(text.field, anywhere)
            return f"'{text.text}'" + (f":{signs}" if signs else "")
        case Phrase():
            return f"({' <-> '.join(_tsquery(Word(text.field, one)) for one in text.texts)})"
        case Every() | Some():
            return _balanced("&" if isinstance(text, Every) else "|", list(map(_tsquery, text.parts)))
    raise TypeError(f"no text: {text!r}")


def _balanced(sign: str, parts: list[str]) -> str:
    """The parts joined in brackets of brackets: PostgreSQL's stack is as deep as a chain is long."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_balanced(sign, parts[:half])} {sign} {_balanced(sign, parts[half:])})"


def sharing_rare_words(session: Session, title: str) -> Collection[int]:
    """The ids of at most twenty papers whose titles share two of the three rarest words of this one. A word's length
    stands for its rarity: as good a measure as its frequency where it was tried, and nothing to count."""
    rare = sorted(set(_words(title)), key=len, reverse=True)[:3]
    if len(rare) < 2:
        return ()
    pairs = [(one, other) for n, one in enumerate(rare) for other in rare[n + 1 :]]
    shared = Some(tuple(Every((Word("title", one), Word("title", other))) for one, other in pairs))
    query = having(session.get_bind().dialect.name, shared).subquery()
    return session.execute(sa.select(query.c.id).limit(_AT_MOST)).scalars().all()


def _words(title: str) -> Iterator[str]:
    words = indexed(document(Paper(title=title))).title.split()
    return (word for word in words if word != BORDER and not word.startswith(ASIDE))
