"""Papers that people keep: of the library, and of what they pasted."""

from datetime import datetime

from bot.recipients import Owner
from bot.store import chats, people
from bot.store.engine import Engine, reading, writing
from bot.store.merging import resolve
from bot.store.records import load
from scrapers.paper import Paper


def save(engine: Engine, owner: Owner, paper_id: int, now: datetime) -> bool:
    """Bookmark a paper for a person; whether it was not yet."""
    with writing(engine) as session:
        person = people.person(session, *owner, now)
        return people.save_paper(session, person.id or 0, resolve(session, paper_id), now)


def unsave(engine: Engine, owner: Owner, paper_id: int) -> bool:
    """Remove a bookmark; whether there was one."""
    with writing(engine) as session:
        person = people.find_person(session, *owner)
        return person is not None and people.unsave_paper(session, person.id or 0, resolve(session, paper_id))


def saved(engine: Engine, owner: Owner) -> list[tuple[int, Paper]]:
    """The papers that a person bookmarked, the last first."""
    with reading(engine) as session:
        person = people.find_person(session, *owner)
        ids = people.saved_papers(session, person.id or 0) if person else []
        papers = load(session, ids)
        return [(id, papers[id]) for id in ids]


def clip(engine: Engine, owner: Owner, paper: Paper, now: datetime) -> bool:
    """Keep a paper that the library does not have, for a person only; whether they did not have it."""
    with writing(engine) as session:
        return chats.clip(session, people.person(session, *owner, now).id or 0, paper, now)


def clippings(engine: Engine, owner: Owner) -> list[tuple[int, Paper]]:
    """The papers that a person keeps so, with their ids, the last first."""
    with reading(engine) as session:
        person = people.find_person(session, *owner)
        return [(id, paper) for id, _, paper in chats.clippings(session, person.id or 0)] if person else []


def unclip(engine: Engine, owner: Owner, id: int) -> bool:
    """Let such a paper go; whether there was one."""
    with writing(engine) as session:
        person = people.find_person(session, *owner)
        return person is not None and chats.drop_clipping(session, person.id or 0, id)
