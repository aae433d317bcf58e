"""Papers as rows and as values."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col

from bot.models import Listing, Source, StoredIdentifier, StoredPaper
from scrapers.identifiers import Identifier
from scrapers.paper import Organization, Paper
from scrapers.text import fingerprint

paper_table: sa.Table = StoredPaper.__table__  # type: ignore[attr-defined]
identifier_table: sa.Table = StoredIdentifier.__table__  # type: ignore[attr-defined]
listing_table: sa.Table = Listing.__table__  # type: ignore[attr-defined]
_FIELDS = tuple(name for name in Paper.model_fields if name != "identifiers")
# SQLite takes 32,766 variables in a statement, PostgreSQL's protocol 65,535.
_MANY = 5_000


def load(session: Session, ids: Collection[int]) -> dict[int, Paper]:
    """The papers with these ids."""
    found: dict[int, Paper] = {}
    for some in slices(sorted(ids)):
        rows = session.execute(sa.select(paper_table).where(paper_table.c.id.in_(some))).mappings().all()
        names = _identifiers_of(session, some)
        found.update({row["id"]: to_paper(row, names.get(row["id"], ())) for row in rows})
    return found


def _identifiers_of(session: Session, ids: Sequence[int]) -> dict[int, tuple[Identifier, ...]]:
    found: dict[int, tuple[Identifier, ...]] = {}
    query = sa.select(identifier_table).where(identifier_table.c.paper_id.in_(ids)).order_by(identifier_table.c.scheme)
    for row in session.execute(query):
        found[row.paper_id] = (*found.get(row.paper_id, ()), Identifier(row.scheme, row.value))
    return found


def find_identifiers(session: Session, identifiers: Collection[Identifier]) -> dict[Identifier, int]:
    """Which of the identifiers are known, and the ids of their papers."""
    by_scheme = defaultdict(list)
    for scheme, value in identifiers:
        by_scheme[scheme].append(value)
    found = {}
    for scheme, values in by_scheme.items():
        for some in slices(values):
            query = sa.select(identifier_table.c.value, identifier_table.c.paper_id).where(
                identifier_table.c.scheme == scheme, identifier_table.c.value.in_(some)
            )
            found.update({Identifier(scheme, value): id for value, id in session.execute(query)})
    return found


def sources_of(session: Session, ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The names of the sources that listed each of these papers."""
    found: dict[int, frozenset[str]] = {}
    for some in slices(list(ids)):
        query = (
            sa.select(listing_table.c.paper_id, col(Source.name))
            .join(Source, col(Source.id) == listing_table.c.source_id)
            .where(listing_table.c.paper_id.in_(some))
            .distinct()
        )
        for id, name in session.execute(query):
            found[id] = found.get(id, frozenset()) | {name}
    return found


def to_paper(row: sa.RowMapping, names: Collection[Identifier]) -> Paper:
    """A stored row as a value. It was normalised when it was stored, so it is not validated again."""
    values = {name: row[name] for name in _FIELDS}
    values["authors"], values["categories"] = tuple(row["authors"]), tuple(row["categories"])
    values["organizations"] = tuple(Organization.model_construct(**one) for one in row["organizations"])
    values["uncertain"] = frozenset(row["uncertain"])
    return Paper.model_construct(**values, identifiers=tuple(names))


class Previous(NamedTuple):
    """Title and abstract of a paper before a new version changed them, and the version that was known then."""

    title: str
    abstract: str | None
    version: int = 1


def previous_texts(session: Session, ids: Collection[int]) -> dict[int, Previous]:
    """What these papers were before their last new version, of those where it changed title or abstract."""
    found: dict[int, Previous] = {}
    for some in slices(list(ids)):
        query = sa.select(paper_table.c.id, paper_table.c.previous).where(paper_table.c.id.in_(some))
        found.update({id: Previous(**was) for id, was in session.execute(query) if was})
    return found


def first_seen(session: Session, ids: Collection[int]) -> dict[int, datetime]:
    """When each of these papers was first seen (UTC)."""
    found: dict[int, datetime] = {}
    for some in slices(list(ids)):
        rows = session.execute(
            sa.select(paper_table.c.id, paper_table.c.first_seen_at).where(paper_table.c.id.in_(some))
        )
        found.update((row.id, row.first_seen_at) for row in rows)
    return found


def to_row(id: int, paper: Paper, first_seen_at: datetime, changed_at: datetime) -> dict[str, Any]:
    row = {name: getattr(paper, name) for name in _FIELDS}
    row["organizations"] = [{"slug": one.slug, "name": one.name} for one in paper.organizations]
    row["uncertain"] = sorted(paper.uncertain)
    row["fingerprint"] = title_key(paper.title)
    return {**row, "id": id, "first_seen_at": first_seen_at, "changed_at": changed_at}


@lru_cache(maxsize=4096)
def title_key(title: str) -> str:
    """What titles are looked up by. PostgreSQL's index entries have at most 2,704 bytes."""
    return fingerprint(title)[:200]


def slices(values: Sequence[Any], size: int = _MANY) -> Iterable[Sequence[Any]]:
    """The values in pieces that fit into one statement."""
    return (values[start : start + size] for start in range(0, len(values), size))


def among(session: Session, column: sa.Column[Any], ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """Whether the column has one of these ids. For PostgreSQL they are one parameter: thousands take longer to be
    prepared than to be looked up."""
    if session.get_bind().dialect.name == "postgresql":
        return column == sa.any_(sa.bindparam(None, ids, type_=ARRAY(sa.Integer)))
    return column.in_(ids)
