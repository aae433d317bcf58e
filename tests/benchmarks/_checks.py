"""The checks of match.py: does our index say what our evaluator says, and which queries can be put to the peers?

A term can be put to them if its simple form (see _peers.py) finds the same papers. Where the simple form and our index
differ, the evaluator decides who is right: if the index were wrong, that would be a mistake of it; if the simple form
is, the queries with this term are left out. Terms are compared on all the papers.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from _peers import OursInBatches, OursOneByOne, Row, Simple
from _workload import NOW, distinct_texts, read_distinct, read_papers

from bot.query import Document, Query, document, matches
from bot.query.evaluate import today, truth
from bot.query.leaves import ORGANIZATION, Age, Author, Exact, Near, Node, Published, Term, Words
from bot.query.matcher import Matcher
from bot.query.tree import And, Not, Or

PAIRS = 200_000  # random pairs of a query and a paper that the evaluator is asked of, at least
FOUND = 50_000  # and about as many queries each with a paper that the index found for it
ON_ALL = 5  # papers on which every query is evaluated, up to ALL subscriptions
ALL = 100_000
_FIELDS = ("", "title", "abstract", "note", ORGANIZATION)
_COMPOUND = "two words that a paper writes as one"


class Checked(NamedTuple):
    """Our pairs, and the queries that are not compared: with those who get simple text, and with mokaccino."""

    pairs: dict[int, int]
    not_simple: dict[int, str]
    not_conditions: set[int]
    evaluated: int


def check(folder: Path, size: int) -> Checked:
    papers = read_papers(folder / "papers")
    documents = [document(paper) for paper in papers]
    words = {field: frozenset().union(*(f.tokens for d in documents for f in d.fields(field))) for field in _FIELDS}
    matcher, leaves = Matcher(), _Leaves()
    compounds = set[int]()
    for id, query in read_distinct(folder / "distinct", size):
        matcher.add(id, query)
        leaves.add(id, query)
        if any(not words[field].isdisjoint(tokens) for field, tokens in _compounds(query.root)):
            compounds.add(id)
    batch = by_subscriber(matcher, OursInBatches(matcher).pairs(papers))
    single = by_subscriber(matcher, OursOneByOne(matcher).pairs(papers))
    assert_equal(folder, "match_batch()", batch, "match()", single)
    evaluated = _evaluate(folder, size, batch, documents)
    not_simple = dict.fromkeys(compounds, _COMPOUND) | leaves.left_out(documents)
    return Checked(batch, not_simple, compounds, evaluated)


def by_subscriber(matcher: Matcher, pairs: dict[int, int]) -> dict[int, int]:
    """The same by the ids of the distinct queries."""
    return {id: papers for number, papers in pairs.items() for id in matcher.subscribers(number)}


def assert_equal(folder: Path, name: str, pairs: dict[int, int], other_name: str, others: dict[int, int]) -> None:
    """Exits with the first pairs of a query and a paper that only one of the two has."""
    different = [id for id in sorted(pairs.keys() | others.keys()) if pairs.get(id, 0) != others.get(id, 0)]
    if not different:
        return
    texts = dict(distinct_texts(folder / "distinct", sys.maxsize))
    lines = [f"{name} and {other_name} differ on {len(different):,} queries:"]
    for id in different[:10]:
        mine, theirs = pairs.get(id, 0), others.get(id, 0)
        only = f"papers {_places(mine & ~theirs)} only by {name}, {_places(theirs & ~mine)} only by {other_name}"
        lines.append(f"  query {id}, {texts[id]}: {only}")
    raise SystemExit("\n".join(lines))


def _places(bits: int) -> list[int]:
    return [place for place in range(bits.bit_length()) if bits >> place & 1]


def _evaluate(folder: Path, size: int, pairs: dict[int, int], documents: list[Document]) -> int:
    """Ask the evaluator of random pairs, and of pairs that the index found."""
    random = Random(4)
    distinct = sum(1 for _ in distinct_texts(folder / "distinct", size))
    each = ON_ALL if size <= ALL else 0
    share, found_share = PAIRS / distinct, FOUND / distinct
    evaluated = 0
    for id, query in read_distinct(folder / "distinct", size):
        found = pairs.get(id, 0)
        count = int(share) + (random.random() < share % 1)
        places = [*range(each), *random.sample(range(len(documents)), count)]
        if found and random.random() < found_share:
            places.append(random.choice(_places(found)))
        for place in places:
            if matches(query, documents[place], NOW) != bool(found >> place & 1):
                raise SystemExit(f"the index and the evaluator differ: query {id}, {query.text}, paper {place}")
        evaluated += len(places)
    return evaluated


def _compounds(node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(node, Not):
        yield from _compounds(node.child)
    elif isinstance(node, And | Or):
        for child in node.children:
            yield from _compounds(child)
            if isinstance(node, And):
                yield from ((pair.first.field, pair.tokens) for pair in node.compounds(child))


class _Leaves:
    """The different terms of the queries."""

    def __init__(self) -> None:
        self._terms: list[Term] = []
        self._numbers: dict[str, int] = {}
        self._of: dict[int, list[int]] = {}  # by query

    def add(self, id: int, query: Query) -> None:
        self._of[id] = [self._number(term) for term in query.terms]

    def _number(self, term: Term) -> int:
        number = self._numbers.setdefault(term.key, len(self._terms))
        if number == len(self._terms):
            self._terms.append(term)
        return number

    def left_out(self, documents: list[Document]) -> dict[int, str]:
        """The queries with a term whose simple form finds other papers, each with the kind of the term."""
        kinds = self._differing(documents)
        return {id: kinds[first] for id, numbers in self._of.items() if (first := _first(numbers, kinds)) is not None}

    def _differing(self, documents: list[Document]) -> dict[int, str]:
        ours, simply = self._by_index(documents), self._simply(documents)
        kinds: dict[int, str] = {}
        for number, term in enumerate(self._terms):
            bits, simple_bits = ours.get(number, 0), simply[number]
            if bits != simple_bits:
                _assert_right(term, bits, _places(bits ^ simple_bits)[:5], documents)
                kinds[number] = _kind(term)
        return kinds

    def _by_index(self, documents: list[Document]) -> dict[int, int]:
        matcher = Matcher()
        for number, term in enumerate(self._terms):
            matcher.add(number + 1, Query(str(term), term))
        return {id - 1: bits for id, bits in by_subscriber(matcher, matcher.match_batch(documents, NOW)).items()}

    def _simply(self, documents: list[Document]) -> list[int]:
        simple = Simple()
        rows = [simple.rows(term) for term in self._terms]
        found = _find({row for each in rows for row in each}, [simple.paper(document) for document in documents])
        return [_all_of(found.get(row, 0) for row in each) for each in rows]


def _first(numbers: Iterable[int], kinds: dict[int, str]) -> int | None:
    return next((number for number in numbers if number in kinds), None)


def _all_of(bitmaps: Iterable[int]) -> int:
    result = -1
    for bits in bitmaps:
        result &= bits
    return result


def _find(rows: set[Row], papers: list[tuple[str, str]]) -> dict[Row, int]:
    """Which papers meet which rows: the meaning that all peers should find in simple text."""
    found: dict[Row, int] = defaultdict(int)
    lengths = {len(row.tokens) for row in rows if not row.prefix}
    begun = {len(row.tokens[0]) for row in rows if row.prefix}
    for place, texts in enumerate(papers):
        met = set[Row]()
        for tokens in map(str.split, texts):
            for length in lengths:
                met.update(map(Row, zip(*(tokens[start:] for start in range(length)), strict=False)))
            met.update(Row((token[:end],), prefix=True) for token in tokens for end in begun if len(token) >= end)
        for row in met & rows:
            found[row] |= 1 << place
    return found


def _assert_right(term: Term, bits: int, places: list[int], documents: list[Document]) -> None:
    for place in places:
        if (truth(term, documents[place], today(NOW)) is True) != bool(bits >> place & 1):
            raise SystemExit(f"the index and the evaluator differ: the term {term}, paper {place}")


def _kind(term: Term) -> str:
    match term:
        case Exact():
            return "=spelling"
        case Near():
            return "near"
        case Author():
            return "names in several forms"
        case Age() | Published():
            return "days"
        case Words(_, parts) if any(part.prefix for part in parts):
            return "prefix"
        case Words(_, parts) if any(len(part.text) > 1 and part.text.isupper() for part in parts):
            return "words in capitals"
        case Words(_, (_,)):
            return "a word that a paper writes as two"
        case Words():
            return "a phrase or hyphened word that a paper writes otherwise"
    return "others"


def count_kinds(left_out: dict[int, str]) -> dict[str, int]:
    return dict(Counter(left_out.values()).most_common())
