"""Papers: today's, found ones, saved ones, one by itself; and what can be done with one."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bot import bookmarks, previewing, recipients
from bot import subscriptions as subs
from bot.channels.lines import by, cut, facts
from bot.channels.outgoing import Item, version_of
from bot.channels.screen import Button, Screen, rows
from bot.channels.telegram_text import card, linked, safe
from bot.chat import asking
from bot.chat.drafts import change, remember
from bot.chat.paging import turned_to
from bot.chat.said import Reply, Show, Toast, show
from bot.chat.subscribing import ask_anew, code, subscribe
from bot.chat.talk import Talk
from bot.language import Language
from bot.models import PAST, TOLD, Draft, Message, Subscription
from bot.outbox import query_of
from bot.preview import DAYS, Exclusion, Seen, exclusions, met
from bot.query import Mark, QueryError, document, explain, matches, parse
from bot.store import outbox, search
from bot.store.engine import Session, reading
from bot.store.merging import resolve
from bot.store.records import load, sources_of
from bot.subscriptions import Listed
from scrapers.paper import Paper
from scrapers.text import plain

_PAGE = 5  # papers at once
_MOST = 200  # papers that can be paged through
_TITLE, _LINE, _NAME = 250, 120, 100  # characters
_ALIKE = 500  # of a query's latest papers, on which a change is tried
KIND, LESS = "papers", "less"


# Lists ----------------------------------------------------------------------------------------------------------------


def search_for(talk: Talk, text: str) -> Iterable[Reply]:
    """`/search QUERY`: the library, the newest first."""
    if not text:
        question = talk.tr("What shall I look for? Words and queries are the same as for /sub.")
        return [asking.ask(talk, "search", question)]
    try:
        query = parse(text)
    except QueryError as error:
        return [ask_anew(talk, "search", error)]
    with reading(talk.engine) as session:
        total = search.count(session, query, now=talk.now)
        ids = [id for id, _ in search.find(session, query, now=talk.now, limit=_MOST)]
    if not ids:
        nothing = talk.tr("Nothing in the library matches {query}.", query=code(query.text))
        draft = remember(talk, KIND, {"query": query.text})
        return [Show(Screen(nothing, rows([Button(talk.tr("Watch for it"), f"watch:{draft}")])))]
    heading = talk.tr.plural("{n} paper for {query}", "{n} papers for {query}", total, query=code(query.text))
    return [_first_page(talk, heading, ids, query=query.text)]


def today(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/today`: what came in the last 24 hours and is asked for; all of it where there are no subscriptions."""
    tr, all_ = talk.tr, subs.list_all(talk.engine, talk.address)
    with reading(talk.engine) as session:
        ids = search.latest(session, now=talk.now, days=1, order="best", limit=2_000)
        if all_:
            ids = _asked_for(session, ids, all_, talk.now)
    if not ids:
        nothing = (
            tr("Nothing that you ask for came in the last 24 hours.")
            if all_
            else tr("Nothing came in the last 24 hours.")
        )
        return [show(f"{nothing} {tr('/status says what was read.')}")]
    heading = tr.plural("{n} paper of the last 24 hours", "{n} papers of the last 24 hours", len(ids))
    return [_first_page(talk, heading, ids[:_MOST])]


def _asked_for(session: Session, ids: Sequence[int], all_: Sequence[Listed], now: datetime) -> list[int]:
    papers, sources = load(session, ids), sources_of(session, ids)
    queries = [query_of(one.subscription.text) for one in all_]
    found = []
    for id in ids:
        prepared = document(papers[id], sources.get(id, frozenset()))
        if any(matches(query, prepared, now) for query in queries):
            found.append(id)
    return found


def saved(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/saved`: the speaker's bookmarks."""
    ids = [id for id, _ in bookmarks.saved(talk.engine, talk.me)]
    kept = bookmarks.clippings(talk.engine, talk.me)
    if not ids and not kept:
        return [show(talk.tr("Nothing is saved yet. Every paper has a button “Save”."))]
    heading = talk.tr.plural("{n} saved paper", "{n} saved papers", len(ids) + len(kept))
    return [_first_page(talk, heading, ids, clippings=[id for id, _ in kept])]


def show_hidden(talk: Talk, of: Message) -> Iterable[Reply]:
    """What a digest counted, but did not show."""
    with reading(talk.engine) as session:
        ids = [one.paper_id for one in outbox.hidden_in(session, of.id or 0)]
    heading = talk.tr.plural("{n} more paper of this digest", "{n} more papers of this digest", len(ids))
    return [_first_page(talk, heading, ids[:_MOST])] if ids else []


def _first_page(talk: Talk, heading: str, ids: Sequence[int], **more: Any) -> Show:
    data = {"heading": heading, "ids": list(ids), **more}
    return Show(_page(talk, remember(talk, KIND, data), data, 0))


def page(talk: Talk, draft: Draft, number: int) -> Iterable[Reply]:
    """Another page of a list, in place."""
    return [Show(_page(talk, draft.id or 0, draft.data, number), edits=talk.message)]


def _page(talk: Talk, id: int, data: dict[str, Any], number: int) -> Screen:
    names = [f"card:{one}" for one in data["ids"]] + [f"clip:{one}" for one in data.get("clippings", ())]
    shown, turn = turned_to(number, names, _PAGE, f"page:{id}")
    papers = _papers_named(talk, [name for _, name in shown])
    there = [(n, name, papers[name]) for n, name in shown if name in papers]
    lines = [f"<b>{data['heading']}</b>", *(f"{n}. {entry(paper, talk.tr)}" for n, _, paper in there)]
    watch = [Button(talk.tr("Watch for it"), f"watch:{id}")] if data.get("query") else []
    return Screen("\n\n".join(lines), rows([Button(str(n), name) for n, name, _ in there], turn, watch))


def _papers_named(talk: Talk, names: Sequence[str]) -> dict[str, Paper]:
    with reading(talk.engine) as session:
        library = load(session, {int(name[5:]) for name in names if name.startswith("card:")})
    found = {f"card:{id}": paper for id, paper in library.items()}
    if any(name.startswith("clip:") for name in names):
        found |= {f"clip:{id}": paper for id, paper in bookmarks.clippings(talk.engine, talk.me)}
    return found


def entry(paper: Paper, tr: Language) -> str:
    """A paper in a list: its title, who wrote it, and what is known of it."""
    small = [safe(cut(line, _LINE)) for line in (by(paper, tr), facts(paper, tr)) if line]
    return "\n".join([linked(safe(cut(plain(paper.title), _TITLE)), paper), *small])


def watch(talk: Talk, draft: Draft) -> Iterable[Reply]:
    """Subscribe to what was searched for."""
    return subscribe(talk, draft.data.get("query", ""))


# One paper ------------------------------------------------------------------------------------------------------------


def open_card(talk: Talk, id: int) -> Iterable[Reply]:
    """A paper of the library by itself."""
    item = item_of(talk, id)
    return [Show(card(item, talk.tr))] if item else [Toast(talk.tr("That paper is gone."), alarm=True)]


def item_of(talk: Talk, id: int) -> Item | None:
    """A paper of the library, with the subscriptions of this chat that ask for it."""
    with reading(talk.engine) as session:
        id = resolve(session, id)
        papers, sources = load(session, {id}), sources_of(session, {id})
    if id not in papers:
        return None
    return item(talk, id, papers[id], sources.get(id, frozenset()))


def item(talk: Talk, id: int, paper: Paper, sources: frozenset[str] = frozenset()) -> Item:
    """A paper with the subscriptions of this chat that ask for it."""
    prepared = document(paper, sources)
    asking_for, marks = list[Subscription](), list[Mark]()
    for one in subs.list_all(talk.engine, talk.address):
        query = query_of(one.subscription.text)
        if matches(query, prepared, talk.now):
            asking_for.append(one.subscription)
            marks += explain(query, prepared, talk.now)
    marks = list(dict.fromkeys(marks))
    names = tuple(one.name for one in asking_for)
    ids = tuple(one.id or 0 for one in asking_for)
    return Item(id, paper, "new", names, tuple(marks), ids, tuple(met(marks, prepared)))


def save(talk: Talk, id: int) -> Iterable[Reply]:
    """Bookmark a paper for whoever taps; a second tap takes it back."""
    if item_of(talk, id) is None:
        return [Toast(talk.tr("That paper is gone."), alarm=True)]
    if bookmarks.save(talk.engine, talk.me, id, talk.now):
        return [Toast(talk.tr("Saved. /saved lists what you saved."))]
    bookmarks.unsave(talk.engine, talk.me, id)
    return [Toast(talk.tr("Not saved any more."))]


def open_clipping(talk: Talk, id: int) -> Iterable[Reply]:
    """A paper that the speaker kept of something pasted."""
    kept = dict(bookmarks.clippings(talk.engine, talk.me))
    if id not in kept:
        return [Toast(talk.tr("That paper is gone."), alarm=True)]
    screen = card(item(talk, 0, kept[id]), talk.tr)
    return [Show(Screen(screen.html, (*screen.rows, (Button("🗑 " + talk.tr("Delete"), f"unclip:{id}"),))))]


def drop_clipping(talk: Talk, id: int) -> Iterable[Reply]:
    """It is not kept any more."""
    bookmarks.unclip(talk.engine, talk.me, id)
    return [Toast(talk.tr("Deleted.")), show(talk.tr("Deleted."), edits=talk.message)]


# Why, and less of it --------------------------------------------------------------------------------------------------


def why(talk: Talk, text: str) -> Iterable[Reply]:
    """`/why` as an answer to an alert, or with a paper's id or address."""
    tr, reply_to = talk.tr, talk.message
    if text:
        with reading(talk.engine) as session:
            return [Show(_why(talk, [search.paper_named(session, text)]))]
    if not reply_to:
        return [show(tr("Answer one of my alerts with /why, or write /why and the number or address of a paper."))]
    recipient = recipients.find(talk.engine, talk.address)
    with reading(talk.engine) as session:
        message = outbox.message_known_as(session, recipient.id or 0, str(reply_to)) if recipient else None
        carried = outbox.carried_by(session, [message.id or 0]) if message else {}
        ids = [one.paper_id for some in carried.values() for one in some]
    if not ids:
        return [show(tr("That is not one of my alerts."))]
    return [Show(_why(talk, ids))]


def _why(talk: Talk, ids: Sequence[int]) -> Screen:
    blocks = []
    for id in ids[:_WHY]:
        found = item_of(talk, id)
        if found is None:
            continue
        lines = [linked(safe(cut(plain(found.paper.title), _NAME)), found.paper)]
        lines += _told(talk, id, asks=bool(found.reasons)) or [talk.tr("You were not told of it.")]
        for name, sub in zip(found.reasons, found.subscriptions, strict=True):
            lines.append(f"• {safe(cut(name, _NAME))}: {_terms(talk, found, sub)}")
        if not found.reasons:
            lines.append(talk.tr("None of the subscriptions here asks for it now."))
        blocks.append("\n".join(lines))
    return Screen("\n\n".join(blocks))


_WHY = 10


def _told(talk: Talk, id: int, *, asks: bool) -> list[str]:
    """When and for which subscriptions the paper was told."""
    if recipients.find(talk.engine, talk.address) is None:
        return []
    lines = []
    for delivery, message in subs.why(talk.engine, talk.address, id, talk.now).told:
        names = ", ".join(safe(cut(reason["name"], _NAME)) for reason in delivery.reasons)
        if delivery.slot == PAST and delivery.dropped == TOLD:
            lines.append(_was_told(talk.tr, delivery.kind, talk.tr.day(delivery.send_at.date()), names))
        elif delivery.dropped:
            lines.append(talk.tr("Not sent: nothing asked for it any more ({names}).", names=names))
        elif message is None and asks:
            lines.append(talk.tr("It waits for its hour ({names}).", names=names))
        elif message is None:
            lines.append(talk.tr("Not sent: nothing asked for it any more ({names}).", names=names))
        elif message.sent_at:
            lines.append(_was_told(talk.tr, delivery.kind, talk.tr.day(message.sent_at.date()), names))
    return lines


def _was_told(tr: Language, kind: str, day: str, names: str) -> str:
    if number := version_of(kind):
        return tr("Told on {day} for: {names} (version {number})", day=day, names=names, number=number)
    return tr("Told on {day} for: {names}", day=day, names=names)


def _terms(talk: Talk, told: Item, subscription: int) -> str:
    found = subs.named(talk.engine, subscription)
    if found is None:
        return ""
    with reading(talk.engine) as session:
        sources = sources_of(session, {told.id}).get(told.id, frozenset())
    prepared = document(told.paper, sources)
    all_ = met(explain(query_of(found.subscription.text), prepared, talk.now), prepared)
    return safe(cut(", ".join(f"{one.term} → {one.text}" if one.text else one.term for one in all_), _TITLE))


def less(talk: Talk, id: int) -> Iterable[Reply]:
    """Propose one change of a query that would have left this paper out."""
    found = item_of(talk, id)
    if found is None or not found.subscriptions:
        return [Toast(talk.tr("No subscription here asks for this paper any more."), alarm=True)]
    data = {"paper": found.id, "subscription": found.subscriptions[0], "number": 0}
    return [_proposal(talk, remember(talk, LESS, data), data)]


def less_otherwise(talk: Talk, draft: Draft) -> Iterable[Reply]:
    """Another change."""
    data = {**draft.data, "number": draft.data["number"] + 1}
    change(talk, draft, data)
    return [_proposal(talk, draft.id or 0, data, edits=talk.message)]


def less_so(talk: Talk, draft: Draft) -> Iterable[Reply]:
    """Change the query so."""
    tr, found = talk.tr, subs.named(talk.engine, draft.data["subscription"])
    choices = _exclusions(talk, draft.data)
    if not found or not choices:
        return [Toast(tr("That subscription is gone."), alarm=True)]
    chosen, old = choices[draft.data["number"] % len(choices)], found.subscription
    subs.edit(
        talk.engine, talk.address, old.name, now=talk.now, text=chosen.query.text,
        new_name=chosen.query.text if old.name == old.text else None,
    )  # fmt: skip
    return [show(f"✅ {tr('Changed.')}\n{code(chosen.query.text)}", edits=talk.message)]


def _exclusions(talk: Talk, data: dict[str, Any]) -> list[Exclusion]:
    found, paper = subs.named(talk.engine, data["subscription"]), item_of(talk, data["paper"])
    if found is None or paper is None:
        return []
    query = query_of(found.subscription.text)
    others = previewing.of_library(talk.engine, query, days=DAYS, now=talk.now, latest=_ALIKE).found
    return exclusions(query, Seen(paper.paper), [one for one in others if one.paper != paper.paper], talk.now)


def _proposal(talk: Talk, id: int, data: dict[str, Any], edits: int = 0) -> Show:
    tr, choices = talk.tr, _exclusions(talk, data)
    if not choices:
        return Show(
            Screen(tr("I found no small change of the query that leaves this paper out. /list edits it.")), edits
        )
    chosen = choices[data["number"] % len(choices)]
    none = tr("It would have left out no other paper of the last {days} days", days=DAYS)
    titles = [f"• {safe(cut(plain(one.paper.title), _NAME))}" for one in chosen.left_out[:_LEFT_OUT]]
    count = tr.plural(
        "It would also have left out {n} paper of the last {days} days",
        "It would also have left out {n} papers of the last {days} days", len(chosen.left_out), days=DAYS,
    )  # fmt: skip
    parts = [
        tr("Leave out {term}?", term=code(chosen.term)),
        code(chosen.query.text),
        "\n".join([f"{count}:", *titles]) if titles else f"{none}.",
    ]
    buttons = rows(
        [Button("✅ " + tr("Apply"), f"less-so:{id}")],
        [
            *([Button(tr("Something else"), f"less-else:{id}")] if len(choices) > 1 else []),
            Button(tr("Cancel"), "close"),
        ],
    )
    return Show(Screen("\n\n".join(parts), buttons), edits=edits)


_LEFT_OUT = 5


def close(talk: Talk) -> Iterable[Reply]:
    """A question that is not answered."""
    return [show(talk.tr("Nothing was changed."), edits=talk.message)]
