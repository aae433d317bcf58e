"""The peers of match.py: other ways to find out which queries a paper answers, and ours in the same form.

Peers know no words in several forms. They get papers and queries made simple beforehand: of each word its folded
singular, hyphens as blanks, and a token for each fact (`@cat:cs.cl`, `@upvotes>=20.0`). A phrase is tokens in a row.
Only mokaccino, which matches conditions and no text, is fed by our own text stage, whose time it needs as we do.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from _workload import NOW

from bot.query import Document, Query, document
from bot.query.entries import All, Entry
from bot.query.evaluate import today, truth
from bot.query.field import Field
from bot.query.leaves import ORGANIZATION, Age, Author, Category, Condition, Exact, Near, Node, Published, Term, Words
from bot.query.matcher import Matcher
from bot.query.phrase import parts_of
from bot.query.tree import And, Not, Or
from bot.query.vocabulary import Vocabulary
from bot.query.words import CHUNKS, word
from scrapers.paper import Paper
from scrapers.text import fold

_BREAK = " / "  # no phrase reaches across it
Queries = Iterable[tuple[int, Query]]


class Row(NamedTuple):
    """A condition in simple form: tokens that follow one another, the last of them perhaps only begun."""

    tokens: tuple[str, ...]
    prefix: bool = False

    def __str__(self) -> str:
        """As it stands in a simple paper, between blanks."""
        return f" {' '.join(self.tokens)}{'' if self.prefix else ' '}"


class _Normal(dict[str, str]):
    """What a chunk of a text becomes."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._form = form

    def __missing__(self, chunk: str) -> str:
        pieces = (getattr(piece.word, self._form) for piece in CHUNKS[chunk].pieces)
        return self.setdefault(chunk, " ".join(pieces))


_SINGULARS, _AS_WRITTEN = _Normal("singular"), _Normal("raw")


class Simple:
    """Makes queries simple, and then papers, with those facts that a query asked for."""

    def __init__(self) -> None:
        self._fields: set[str] = set()
        self._facts: dict[str, Term] = {}

    def rows(self, term: Term) -> tuple[Row, ...]:
        """The conditions all of which stand for the term, as well as may be."""
        match term:
            case Words(field, parts):
                form = "raw" if field == ORGANIZATION else "singular"
                tokens = [part.tokens[0] if part.prefix else getattr(word(part.text), form) for part in parts]
                return (self._row(field, tokens, parts[-1].prefix),)
            case Exact(field, text):
                return (self._row(field, [word(part.text).singular for part in parts_of(text)[0]]),)
            case Near(_, units):
                return tuple(row for unit in units for row in self.rows(unit))
            case Author():
                name = fold(term.text).replace(" ", "_")
                return (Row((f"@{'family' if term.family else 'author'}:{name}",)),)
            case Category():
                return (Row((f"@cat:{term.code}",)),)
            case Condition() | Age() | Published():
                self._facts[fact := f"@{term.key}"] = term
                return (Row((fact,)),)
        raise TypeError(f"the workload has no {term!r}")

    def _row(self, field: str, tokens: Sequence[str], prefix: bool = False) -> Row:
        if not field:
            return Row(tuple(tokens), prefix)
        self._fields.add(field)
        return Row(tuple(f"@{field}:{token}" for token in tokens), prefix)

    def paper(self, document: Document) -> tuple[str, str]:
        """Title and abstract; and what else is asked for."""
        rest = [f"@cat:{code}" for code in document.categories]
        for name in document.paper.authors:
            folded = fold(name).replace(" ", "_")
            rest += (f"@author:{folded}", f"@family:{folded.rpartition('_')[2]}")
        day = today(NOW)
        rest += [fact for fact, term in self._facts.items() if truth(term, document, day)]
        for field in self._fields:
            normal = _BREAK.join(map(_normal, document.fields(field)))
            rest.append(f"@{field}:{normal.replace(' ', f' @{field}:')}")
        return f" {_BREAK.join(map(_normal, document.fields('')))} ", f" {' '.join(rest)} "


def _normal(field: Field) -> str:
    normal = _AS_WRITTEN if field.name == ORGANIZATION else _SINGULARS
    return " ".join(filter(None, map(normal.__getitem__, field.chunks)))


class OneByOne:
    """A way that takes one paper after the other."""

    shapes: tuple[int, ...] = (1,)

    def match(self, paper: Document) -> list[int]:
        """The numbers of the queries that it answers."""
        raise NotImplementedError

    def run(self, papers: Sequence[Paper]) -> None:
        for paper in papers:
            self.match(document(paper))

    def pairs(self, papers: Sequence[Paper]) -> dict[int, int]:
        """For each query that is answered the papers: bit i is papers[i]."""
        found: dict[int, int] = {}
        for place, paper in enumerate(papers):
            for number in self.match(document(paper)):
                found[number] = found.get(number, 0) | 1 << place
        return found


class Batches:
    """A way that takes many papers at once."""

    shapes: tuple[int, ...] = (50, 500, 2000)

    def run(self, papers: Sequence[Paper]) -> Iterable[tuple[int, Any]]:
        """The numbers of the queries that are answered, each with its papers in whatever form."""
        raise NotImplementedError

    def places(self, answer: Any) -> Iterator[int]:
        raise NotImplementedError

    def pairs(self, papers: Sequence[Paper]) -> dict[int, int]:
        return {number: sum(1 << place for place in self.places(answer)) for number, answer in self.run(papers)}


class Naive(OneByOne):
    """A function for each query, compiled; every word and phrase is sought in the text."""

    def __init__(self, queries: Queries) -> None:
        self._simple = Simple()
        self._tests = [(id, self._function(query.root)) for id, query in queries]

    def match(self, paper: Document) -> list[int]:
        text, rest = self._simple.paper(paper)
        words = frozenset((text + rest).split())
        return [id for id, test in self._tests if test(text, rest, words)]

    def _function(self, node: Node) -> Callable[[str, str, frozenset[str]], bool]:
        return eval(f"lambda text, rest, words: {self._python(node)}")  # our own code, made from the tree

    def _python(self, node: Node) -> str:
        match node:
            case And(children):
                return f"({' and '.join(map(self._python, children))})"
            case Or(children):
                return f"({' or '.join(map(self._python, children))})"
            case Not(child):
                return f"(not {self._python(child)})"
            case Term():
                return f"({' and '.join(map(self._condition, self._simple.rows(node)))})"
        raise TypeError(node)

    def _condition(self, row: Row) -> str:
        return f"{str(row)!r} in {'rest' if row.tokens[0][0] == '@' else 'text'}"


class NaiveWithSets(Naive):
    """Likewise, but single words are sought in the set of words, and phrases only where their longest word is."""

    def _condition(self, row: Row) -> str:
        whole = row.tokens[: len(row.tokens) - row.prefix]
        if not whole:
            return super()._condition(row)
        first = f"{max(whole, key=len)!r} in words"
        return first if len(row.tokens) == 1 else f"{first} and {super()._condition(row)}"


class Mokaccino(OneByOne):
    """The percolator in Rust. It is told which terms a paper meets, and finds the queries."""

    def __init__(self, queries: Queries) -> None:
        import mokaccino

        self._library = mokaccino
        self._vocabulary = Vocabulary()
        self._names: dict[Entry, str] = {}
        percolator = mokaccino.Percolator()
        for id, query in queries:
            percolator.add_query_id(self._query(query.root), id)
        self._percolator = percolator

    def match(self, paper: Document) -> list[int]:
        names, told = self._names, self._library.Document()
        for entry in self._vocabulary.met(paper, today(NOW)):
            if entry in names:
                told.add_value("term", names[entry])
        return self._percolator.percolate_list(told)

    def _query(self, node: Node) -> Any:
        match node:
            case And(children):
                return self._library.Query.from_and(list(map(self._query, children)))
            case Or(children):
                return self._library.Query.from_or(list(map(self._query, children)))
            case Not(child):
                return self._library.Query.from_not(self._query(child))
            case Term():
                program = self._vocabulary.program(node)
                entries = program.parts if isinstance(program, All) else (program,)
                asked = [self._library.Query.from_kv("term", self._name(entry)) for entry in entries]
                return asked[0] if len(asked) == 1 else self._library.Query.from_and(asked)
        raise TypeError(node)

    def _name(self, entry: Any) -> str:
        return self._names.setdefault(entry, str(len(self._names)))


class Tantivy(Batches):
    """The search library in Rust: the papers are indexed in memory, and every query is run."""

    def __init__(self, queries: Queries) -> None:
        import tantivy

        self._library = tantivy
        self._simple = Simple()
        self._words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", tokenizer_name="words", index_option="position")
        self._schema = builder.build()
        # A constant score is a little faster than the usual one.
        self._queries = [(id, tantivy.Query.const_score_query(self._query(query.root), 1.0)) for id, query in queries]

    def run(self, papers: Sequence[Paper]) -> list[tuple[int, Any]]:
        search, limit = self._index(papers).search, len(papers)
        return [(id, hits) for id, query in self._queries if (hits := search(query, limit=limit, count=False).hits)]

    def places(self, answer: Any) -> Iterator[int]:
        return (address.doc for _, address in answer)

    def _index(self, papers: Sequence[Paper]) -> Any:
        index = self._library.Index(self._schema)
        index.register_tokenizer("words", self._words)
        writer = index.writer(heap_size=100_000_000, num_threads=1)  # one segment, in which numbers are places
        for paper in papers:
            writer.add_document(self._library.Document(text=_BREAK.join(self._simple.paper(document(paper)))))
        writer.commit()
        index.reload()
        searcher = index.searcher()
        assert searcher.num_segments == 1
        return searcher

    def _query(self, node: Node) -> Any:
        occur = self._library.Occur
        match node:
            case And(children):
                return self._boolean(
                    (occur.MustNot, self._query(child.child))
                    if isinstance(child, Not)
                    else (occur.Must, self._query(child))
                    for child in children
                )
            case Or(children):
                return self._boolean((occur.Should, self._query(child)) for child in children)
            case Term():
                rows = [self._condition(row) for row in self._simple.rows(node)]
                return rows[0] if len(rows) == 1 else self._boolean((occur.Must, row) for row in rows)
        raise TypeError(node)

    def _boolean(self, parts: Iterable[tuple[Any, Any]]) -> Any:
        return self._library.Query.boolean_query(list(parts))

    def _condition(self, row: Row) -> Any:
        query = self._library.Query
        if row.prefix:
            assert len(row.tokens) == 1, row
            return query.regex_query(self._schema, "text", f"{re.escape(row.tokens[0])}.*")
        if len(row.tokens) == 1:
            return query.term_query(self._schema, "text", row.tokens[0])
        return query.phrase_query(self._schema, "text", list(row.tokens))


class Fts5(Batches):
    """SQLite's full-text index: the papers are indexed in memory, and every query is run."""

    _CREATE = """
        create virtual table papers using fts5(
            text, content = '', columnsize = 0,
            tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'"
        )"""

    def __init__(self, queries: Queries) -> None:
        self._simple = Simple()
        self._database = sqlite3.connect(":memory:")
        self._queries = [(id, (self._text(query.root),)) for id, query in queries]

    def run(self, papers: Sequence[Paper]) -> list[tuple[int, Any]]:
        self._index(papers)
        execute = self._database.execute
        select = "select rowid from papers where papers match ?"
        return [(id, rows) for id, text in self._queries if (rows := execute(select, text).fetchall())]

    def places(self, answer: Any) -> Iterator[int]:
        return (place for (place,) in answer)

    def _index(self, papers: Sequence[Paper]) -> None:
        self._database.execute("drop table if exists papers")
        self._database.execute(self._CREATE)
        texts = (_BREAK.join(self._simple.paper(document(paper))) for paper in papers)
        self._database.executemany("insert into papers (rowid, text) values (?, ?)", enumerate(texts))
        self._database.commit()

    def _text(self, node: Node) -> str:
        match node:
            case And(children):
                wanted = " AND ".join(self._text(child) for child in children if not isinstance(child, Not))
                without = (f" NOT {self._text(child.child)}" for child in children if isinstance(child, Not))
                return f"(({wanted}){''.join(without)})"
            case Or(children):
                return f"({' OR '.join(map(self._text, children))})"
            case Term():
                return f"({' AND '.join(map(self._condition, self._simple.rows(node)))})"
        raise TypeError(node)

    def _condition(self, row: Row) -> str:
        quoted = " ".join(row.tokens).replace('"', '""')
        return f'"{quoted}"{"*" if row.prefix else ""}'


class OursOneByOne(OneByOne):
    """The index of this project."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    def match(self, paper: Document) -> list[int]:
        return self._matcher.match(paper, NOW)


class OursInBatches(Batches):
    """The index of this project, for many papers at once."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    def run(self, papers: Sequence[Paper]) -> Iterable[tuple[int, Any]]:
        return self._matcher.match_batch([document(paper) for paper in papers], NOW).items()

    def pairs(self, papers: Sequence[Paper]) -> dict[int, int]:
        return dict(self.run(papers))


PEERS: dict[str, Callable[[Queries], OneByOne | Batches]] = {
    "naive": Naive,
    "naive, sets": NaiveWithSets,
    "mokaccino": Mokaccino,
    "tantivy": Tantivy,
    "FTS5": Fts5,
}
