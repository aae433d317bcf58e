"""Searching by the full-text index finds exactly the papers that match, on both databases."""

from collections.abc import Sequence

import sqlalchemy as sa
from farside.families import NOW, documents, families, queries
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.models import Source
from bot.query import Document, QueryError, document, matches, parse
from bot.store import fulltext, search
from bot.store.engine import Engine, Session, reading, writing
from bot.store.records import identifier_table, listing_table, paper_table, to_row
from scrapers.paper import Paper


@st.composite
def libraries(draw: st.DrawFn) -> tuple[list[Document], list[str]]:
    words = st.sampled_from(draw(families()))
    papers = draw(st.lists(documents(words), min_size=1, max_size=6, unique_by=lambda one: one.paper.identifiers))
    return papers + draw(st.lists(documents(words)).map(nameless)), draw(st.lists(queries(words), max_size=12))


def nameless(papers: Sequence[Document]) -> list[Document]:
    """The same papers without identifiers, of which each names but one."""
    return [document(one.paper.model_copy(update={"identifiers": ()}), one.sources) for one in papers]


@given(libraries())
@example(([document(Paper(title="superb owl"))], ['"super bowl"', "superbowl", "-superbowl superb"]))
@example(([document(Paper(title="a k-n-n graph"))], ['"knn graph"', "knngraph", '"a knn"~0']))
@example(([document(Paper(title="CLIPS"))], ["clips", "CLIPS", "clip", "=CLIPS", "clip*", "-CLIPS cat:cs.CL"]))
@example(([document(Paper(title="⑴ x_y ½ don't C++"))], ["⑴", '"x y"', "½", "don't", "C++", '"y ½"']))
@example(([document(Paper(title="a" * 500))], ["a" * 500, "a" * 400 + "*", "a" * 450 + "b", f"-{'a' * 499} aaa*"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_search_finds_what_matches(engine: Engine, library: tuple[list[Document], list[str]]) -> None:
    papers, texts = library
    fill(engine, papers)
    for text in texts:
        try:
            query = parse(text)
        except QueryError:
            continue
        wanted = {id for id, one in enumerate(papers, 1) if matches(query, one, NOW)}
        with reading(engine) as session:
            newest, best = (search.find(session, query, now=NOW, order=order) for order in ("newest", "best"))
            assert search.count(session, query, now=NOW) == len(wanted), text
        assert [id for id, _ in newest] == sorted(wanted, reverse=True), text
        assert [id for id, _ in best] == by_upvotes(papers, wanted), text


def by_upvotes(papers: Sequence[Document], ids: set[int]) -> list[int]:
    return sorted(ids, key=lambda id: (papers[id - 1].paper.upvotes or 0, id), reverse=True)


def fill(engine: Engine, papers: Sequence[Document]) -> None:
    """A library of these papers and no others, each for itself even where two are the same."""
    with writing(engine) as session:
        for table in ("paper_fts", "paper", "source"):
            session.execute(sa.text(f"delete from {table}"))
        session.add_all(Source(id=id, name=name, scraper="x", due_at=NOW) for id, name in enumerate(["hf", "arxiv"], 1))
        session.flush()
        for id, one in enumerate(papers, 1):
            put(session, id, one)


def put(session: Session, id: int, one: Document) -> None:
    session.execute(sa.insert(paper_table).values(to_row(id, one.paper, NOW, NOW)))
    fulltext.put(session, {id: one.paper})
    for scheme, value in one.paper.identifiers:
        session.execute(sa.insert(identifier_table).values(scheme=scheme, value=value, paper_id=id))
    for source in one.sources:
        source_id = ["hf", "arxiv"].index(source) + 1
        session.execute(
            sa.insert(listing_table).values(source_id=source_id, part="", paper_id=id, day=NOW.date(), seen_at=NOW)
        )
