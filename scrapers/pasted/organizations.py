"""Organisations, which stand on a card of Hugging Face Papers where the number of authors would: slug and name."""

import re
from collections.abc import Iterator, Sequence

from scrapers.paper import Organization
from scrapers.pasted.lines import Kind, Line
from scrapers.pasted.titles_and_abstracts import has_full_stop

_INSTITUTION = re.compile(r"\b(?:University|Institute|Laborator|College|Academy|Corporation|Universit)")

_BEFORE_SEPARATOR = [Kind.TEXT, Kind.TEXT, Kind.SEPARATOR, Kind.DATE]
_BEFORE_DATE = [Kind.TEXT, Kind.TEXT, Kind.DATE]


def mark_organizations(lines: Sequence[Line]) -> Iterator[Line]:
    """The same lines; a text that stands where the number of authors would is an organisation, if it looks like one."""
    kinds = [line.kind for line in lines if line.kind is not Kind.LINK]
    place = 0
    for line in lines:
        here = kinds[max(0, place - 1) : place + 3]
        in_place = place > 0 and (here[:4] == _BEFORE_SEPARATOR or here[:3] == _BEFORE_DATE)
        place += line.kind is not Kind.LINK
        named = line.kind is Kind.TEXT and in_place and _is_organization(line.text)
        yield line._replace(kind=Kind.ORGANIZATION) if named else line


def _is_organization(line: str) -> bool:
    if len(line) > 100 or has_full_stop(line) or line.endswith(("?", ":", ",")):
        return False
    slug, _, name = line.partition(" ")
    few = len(line.split()) <= 5 and ": " not in line
    return few or _is_slug_of(slug, name) or bool(_INSTITUTION.search(line))


def _is_slug_of(slug: str, name: str) -> bool:
    """Could an organisation of this name have this address? `umass` and `University of Massachusetts` could."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]+", slug) or not name:
        return False
    short, long = (re.sub(r"[\W_]", "", part).lower() for part in (slug, name))
    initials = "".join(word[0] for word in name.lower().split())
    rest = iter(long)
    return (
        (bool(long) and (long in short or long[:4] == short[:4]))
        or short in initials
        or (short[:1] == long[:1] and all(letter in rest for letter in short))
    )


def read_organization(line: str) -> Organization:
    """The organisation of such a line: slug and name, or the name alone."""
    slug, _, name = line.partition(" ")
    if _is_slug_of(slug, name) or (slug == slug.lower() and name[:1].isupper()):
        return Organization(slug=slug, name=name)
    return Organization(name=line)
