"""The library: papers with their identifiers and listings, found, stored, merged and taken apart again."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session

from bot import identity
from bot.identity import Known
from bot.models import Source
from bot.store import fulltext
from bot.store.addresses import with_own_addresses
from bot.store.engine import upsert
from bot.store.merging import merge_records
from bot.store.records import (
    Previous,
    find_identifiers,
    identifier_table,
    listing_table,
    load,
    paper_table,
    previous_texts,
    slices,
    sources_of,
    title_key,
    to_row,
)
from scrapers.identifiers import Identifier
from scrapers.paper import Paper
from scrapers.request import Listed

REPLACED = "replace"  # how a source announces a new version


@dataclass(frozen=True)
class Change:
    """What storing one listed paper did: its id, the record before (None: unknown until now) and after.
    `is_announced_first`: it was known, but until now only as replaced: nobody was told of it."""

    id: int
    before: Paper | None
    after: Paper
    sources_before: frozenset[str]
    sources: frozenset[str]
    is_announced_first: bool = False

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def says_more(self) -> bool:
        return self.is_announced_first or self.before != self.after or self.sources_before != self.sources


def store_listed(
    session: Session, source: Source, listed: Sequence[Listed], *, day: date, now: datetime, full_text: bool = True,
    only_add: bool = False,
) -> list[Change]:  # fmt: skip
    """Put what a source listed into the library and say what changed, one Change for each distinct paper.

    `day` is the list day of those that state none; `only_add` leaves what its list said of a paper as it is. Call
    `lock_library` first. Repeating it changes nothing.
    """
    listed = with_own_addresses(session, listed)
    found = _find_all(session, [one.paper for one in listed])
    known = load(session, {id for id in found if id is not None})
    next_id = (session.execute(sa.select(sa.func.max(paper_table.c.id))).scalar() or 0) + 1
    before, after, ids, replaced = dict(known), dict(known), list[int](), set[int]()
    for one, id in zip(listed, _with_twins(listed, found, next_id), strict=True):
        ids.append(id)
        is_revision = one.announced == REPLACED
        after[id] = identity.merge(after[id], one.paper, is_revision=is_revision) if id in after else one.paper
        replaced |= {id} if is_revision else set()
    sources_before = sources_of(session, before)
    announced = {id for id, one in zip(ids, listed, strict=True) if one.announced != REPLACED}
    first = _only_replaced(session, announced & before.keys())
    _write(session, before, after, now)
    _keep_previous(session, before, after, replaced)
    if full_text:
        fulltext.index(session, before, after)
    _write_listings(session, source, zip(ids, listed, strict=True), day, now, only_add=only_add)
    return [
        Change(
            id, before.get(id), after[id], was := sources_before.get(id, frozenset()), was | {source.name}, id in first
        )
        for id in dict.fromkeys(ids)
    ]


def _only_replaced(session: Session, ids: Collection[int]) -> set[int]:
    """Those of these papers that all lists until now had as replaced."""
    found = set[int]()
    for some in slices(list(ids)):
        here = sa.select(listing_table.c.paper_id, listing_table.c.announced).where(listing_table.c.paper_id.in_(some))
        rows = session.execute(here).all()
        found |= {row.paper_id for row in rows} - {row.paper_id for row in rows if row.announced != REPLACED}
    return found


def _with_twins(listed: Sequence[Listed], found: Sequence[int | None], next_id: int) -> Iterable[int]:
    """The ids of the listed papers: the stored one's, or a new one; a paper that is listed twice gets one id."""
    by_identifier: dict[Identifier, int] = {}
    arxiv_of: dict[int, str | None] = {}  # two papers of arXiv may name one DOI
    by_title: dict[str, list[Known]] = defaultdict(list)
    for one, stored_id in zip(listed, found, strict=True):
        paper, id, own = one.paper, stored_id, one.paper.identifier("arxiv")
        title = title_key(paper.title)
        if id is None:
            twins = (by_identifier[i] for i in paper.identifiers if i in by_identifier)
            id = next((twin for twin in twins if not own or arxiv_of.get(twin) in (None, own)), None)
        if id is None and title in by_title:
            twin = identity.find(paper, by_title[title])
            id = twin.id if twin else None
        if id is None:
            id, next_id = next_id, next_id + 1
        for identifier in paper.identifiers:
            by_identifier.setdefault(identifier, id)
        arxiv_of[id] = arxiv_of.get(id) or own
        if all(known.id != id for known in by_title[title]):
            by_title[title].append(Known(id, paper))
        yield id


def _find_all(session: Session, papers: Sequence[Paper]) -> list[int | None]:
    """For each paper the id of its stored record, or None."""
    by_identifier = find_identifiers(session, {i for paper in papers for i in paper.identifiers})
    found = [_merge_found(session, paper, by_identifier) for paper in papers]
    unknown = [paper for paper, id in zip(papers, found, strict=True) if id is None]
    by_title = _with_titles(session, {title_key(paper.title) for paper in unknown})
    return [
        id if id is not None else _find_by_title(session, paper, by_title)
        for paper, id in zip(papers, found, strict=True)
    ]


def _merge_found(session: Session, paper: Paper, by_identifier: Mapping[Identifier, int]) -> int | None:
    """The record that has an identifier of the paper; where they lead to two records, these are one from now on."""
    ids = sorted({by_identifier[i] for i in paper.identifiers if i in by_identifier})
    own = next((by_identifier.get(i) for i in paper.identifiers if i.scheme == "arxiv"), None)
    others = _of_another_arxiv_id(session, [id for id in ids if id != own], paper)
    ids = [id for id in ids if id not in others]
    for other in ids[1:]:
        merge_records(session, ids[0], other)
    return ids[0] if ids else None


def _of_another_arxiv_id(session: Session, ids: Sequence[int], paper: Paper) -> set[int]:
    """Those of these records that are another paper of arXiv: two papers there may name one DOI, as 1102.0500 and
    1102.0515 do."""
    own = paper.identifier("arxiv")
    if not own or not ids:
        return set()
    known = sa.select(identifier_table.c.paper_id, identifier_table.c.value).where(
        identifier_table.c.scheme == "arxiv", identifier_table.c.paper_id.in_(ids)
    )
    return {row.paper_id for row in session.execute(known) if row.value != own}


def _find_by_title(session: Session, paper: Paper, by_title: Mapping[str, list[Known]]) -> int | None:
    """The record with the paper's title and facts; for a paper that only its address names, if anything, also one with
    nearly its title."""
    found = identity.find(paper, by_title.get(title_key(paper.title), ()))
    if found is None and not identity.is_named(paper):
        near = load(session, set(fulltext.sharing_rare_words(session, paper.title)))
        found = identity.find(paper, [Known(id, one) for id, one in near.items()])
    return found.id if found else None


def _with_titles(session: Session, fingerprints: Collection[str]) -> dict[str, list[Known]]:
    """The stored papers with one of these titles, by title."""
    ids: list[int] = []
    for some in slices([f for f in fingerprints if f]):
        query = sa.select(paper_table.c.id).where(
            paper_table.c.fingerprint.in_(some), paper_table.c.merged_into.is_(None)
        )
        ids.extend(session.execute(query).scalars())
    by_title = defaultdict(list)
    for id, paper in load(session, ids).items():
        by_title[title_key(paper.title)].append(Known(id, paper))
    return by_title


def _write(session: Session, before: Mapping[int, Paper], after: Mapping[int, Paper], now: datetime) -> None:
    new = {id: paper for id, paper in after.items() if id not in before}
    changed = {
        id: paper for id, paper in after.items() if id in before and paper is not before[id] and paper != before[id]
    }
    if new:
        session.execute(sa.insert(paper_table), [to_row(id, paper, now, now) for id, paper in new.items()])
    for id, paper in changed.items():
        row = to_row(id, paper, now, now)
        del row["first_seen_at"]
        session.execute(sa.update(paper_table).where(paper_table.c.id == id).values(row))
    names = [
        {"scheme": scheme, "value": value, "paper_id": id}
        for id, paper in (*new.items(), *changed.items())
        for scheme, value in paper.identifiers
    ]
    if names:
        session.execute(upsert(session, identifier_table).on_conflict_do_nothing(), names)


def _keep_previous(
    session: Session, before: Mapping[int, Paper], after: Mapping[int, Paper], replaced: Collection[int]
) -> None:
    """Keep what title and abstract were before a new version changed them. The list that announces it often does not
    know its number, which comes later: so the text is kept when it changes, with the version that was known then, and
    until a version comes that changes nothing."""
    numbered = {id for id in before.keys() & after.keys() if (after[id].version or 1) > (before[id].version or 1)}
    revised = numbered | (before.keys() & replaced)
    kept = previous_texts(session, revised)
    for id in revised:
        old, new = before[id], after[id]
        is_of_this = id in kept and kept[id].version == (old.version or 1)
        is_changed = (old.title, old.abstract) != (new.title, new.abstract)
        if is_of_this or not (is_changed or (id in kept and id in numbered)):
            continue
        previous = Previous(old.title, old.abstract, old.version or 1)._asdict() if is_changed else None
        session.execute(sa.update(paper_table).where(paper_table.c.id == id).values(previous=previous))


def _write_listings(
    session: Session, source: Source, listed: Iterable[tuple[int, Listed]], day: date, now: datetime, *, only_add: bool
) -> None:
    rows = {
        (one.part, id, one.day or day): {
            "source_id": source.id,
            "part": one.part,
            "paper_id": id,
            "day": one.day or day,
            "rank": one.rank,
            "announced": one.announced,
            "upvotes": one.paper.upvotes,
            "seen_at": now,
        }
        for id, one in listed
    }
    insert = upsert(session, listing_table)
    says = {name: insert.excluded[name] for name in ("rank", "announced", "upvotes")}
    changed = sa.or_(*(listing_table.c[name].is_distinct_from(value) for name, value in says.items()))
    key = ["source_id", "part", "paper_id", "day"]
    statement = insert.on_conflict_do_nothing(index_elements=key) if only_add else insert.on_conflict_do_update(
        index_elements=key, set_=says, where=changed
    )  # fmt: skip
    if rows:
        session.execute(statement, list(rows.values()))
