"""Addresses that name papers: feeds give the address, or the guid, of an entry to another one."""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from bot import identity
from bot.store.records import find_identifiers, load, title_key
from scrapers.identifiers import Identifier
from scrapers.paper import Paper
from scrapers.request import Listed


def with_own_addresses(session: Session, listed: Sequence[Listed]) -> Sequence[Listed]:
    """The listed papers, each with an address of its own: one that was given to another item since goes on naming the
    first, and the other is named by its title as well, so that it is found again."""
    addresses = {name for one in listed for name in one.paper.identifiers if name.scheme == "url"}
    if not addresses:
        return listed
    ids = find_identifiers(session, addresses)
    papers = load(session, set(ids.values()))
    first = {name: papers[id] for name, id in ids.items()}

    def own(name: Identifier, paper: Paper) -> Identifier:
        if name.scheme != "url" or not identity.is_another(paper, first.setdefault(name, paper)):
            return name
        return Identifier("url", f"tag:{title_key(paper.title)[:100]}@{name.value}")

    names = [tuple(own(name, one.paper) for name in one.paper.identifiers) for one in listed]
    return [
        replace(one, paper=one.paper.model_copy(update={"identifiers": its})) if its != one.paper.identifiers else one
        for one, its in zip(listed, names, strict=True)
    ]
