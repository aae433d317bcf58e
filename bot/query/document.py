"""Document: a paper prepared for matching. What only some queries need is computed when the first of them asks."""

from collections.abc import Collection, Iterable
from functools import cached_property

from bot.query.categories import category_codes
from bot.query.field import Field
from bot.query.leaves import ANYWHERE, ORGANIZATION
from bot.query.names import Person, person
from scrapers.paper import Paper
from scrapers.text import fold, plain

Number = int | float | None


class Document:
    """A paper with its texts cut into words. Made by `document`."""

    def __init__(self, paper: Paper, sources: Collection[str]) -> None:
        self.paper = paper
        self.sources = frozenset(map(fold, sources))

    def anew(self) -> "Document":
        """The same with nothing computed: what is computed of many papers, if kept, costs the garbage collector more
        time than to compute it."""
        return Document(self.paper, self.sources)

    def text(self, field: str) -> str:
        """The text that marks of this field point into: `title`, `abstract`, `note`, `author` or `org`; else nothing.

        Title, abstract and note are plain text, without LaTeX; authors and organisations stand in one line.
        """
        if field == "author":
            return ", ".join(self.paper.authors)
        return ", ".join(part.text for part in self.fields(field))

    def fields(self, name: str) -> tuple[Field, ...]:
        """The texts in which a term of that field looks; a phrase lies within one of them."""
        texts = _TEXTS.get(name)
        return getattr(self, texts) if texts else ()

    @cached_property
    def _title(self) -> tuple[Field, ...]:
        return (Field("title", plain(self.paper.title)),)

    @cached_property
    def _abstract(self) -> tuple[Field, ...]:
        return (Field("abstract", plain(self.paper.abstract)),) if self.paper.abstract else ()

    @cached_property
    def _title_and_abstract(self) -> tuple[Field, ...]:
        return self._title + self._abstract

    @cached_property
    def _note(self) -> tuple[Field, ...]:
        return (Field("note", plain(self.paper.note)),) if self.paper.note else ()

    @cached_property
    def _organizations(self) -> tuple[Field, ...]:
        names = (name for organization in self.paper.organizations for name in (organization.slug, organization.name))
        return tuple(_in_one_line(ORGANIZATION, filter(None, names)))

    @cached_property
    def persons(self) -> tuple[Person, ...]:
        """The authors that are named."""
        return tuple(map(person, self.paper.authors))

    @cached_property
    def categories(self) -> frozenset[str]:
        """Every code that `cat:` may ask for and this paper meets."""
        return category_codes(self.paper.categories)

    def number(self, name: str) -> Number:
        """One of the numbers that conditions compare; None where it is not known."""
        value: Number = getattr(self.paper, "authors_count" if name == "authors" else name)
        return value


_TEXTS = {
    ANYWHERE: "_title_and_abstract",
    "title": "_title",
    "abstract": "_abstract",
    "note": "_note",
    ORGANIZATION: "_organizations",
}


def document(paper: Paper, sources: Collection[str] = ()) -> Document:
    """The paper, with the names of the sources that showed it, prepared for matching."""
    return Document(paper, sources)


def _in_one_line(name: str, texts: Iterable[str]) -> Iterable[Field]:
    """The texts as fields, each knowing its place in the line `text, text, text`."""
    offset = 0
    for text in texts:
        yield Field(name, text, offset)
        offset += len(text) + len(", ")
