"""Subscribing: what a query would find, and Save, Edit, Cancel under it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape
from typing import Any

from bot import previewing, wording
from bot import subscriptions as subs
from bot.channels.lines import cut
from bot.channels.screen import Button, Screen, rows
from bot.channels.telegram_text import linked, safe, with_marks
from bot.chat import asking
from bot.chat.drafts import change, remember
from bot.chat.said import Reply, Show, Toast, show
from bot.chat.talk import Talk
from bot.language import Language
from bot.models import RHYTHMS, Draft
from bot.parts import unread_classes
from bot.preview import DAYS, Preview, Seen, marked, marks_of, met, snippet
from bot.query import Query, QueryError, parse

_LATEST = 3
_TITLE, _SNIPPET, _QUERY = 160, 220, 400  # characters
_CALM = 3.0  # papers a day; what brings more is better read as a digest
KIND = "preview"


def subscribe(talk: Talk, text: str) -> Iterable[Reply]:
    """`/sub QUERY`: the preview; without a query it is asked for."""
    if not text:
        question = talk.tr(
            "What should I watch for? Write a few words or a query, such as <code>llm agents</code> or"
            " <code>author:hinton OR cat:cs.CL</code>."
        )
        if talk.tr.code != "en":
            question += " " + talk.tr("Most papers are in English, and so are words that find them.")
        return [asking.ask(talk, "sub", question)]
    return list(_preview(talk, text))


def _preview(talk: Talk, text: str) -> Iterator[Reply]:
    try:
        query = parse(text)
    except QueryError as error:
        yield ask_anew(talk, "sub", error)
        return
    preview = _tried(talk, query)
    rate = preview.a_day or 0.0
    rhythm = "instant" if rate <= _CALM else "daily"
    id = _remember(talk, query, rhythm, 0)
    yield Show(_screen(talk, id, preview, rhythm))


def _remember(talk: Talk, query: Query, rhythm: str, edits: int) -> int:
    return remember(talk, KIND, {"query": query.text, "rhythm": rhythm, "edits": edits})


def _tried(talk: Talk, query: Query) -> Preview:
    return previewing.of_library(talk.engine, query, days=DAYS, now=talk.now)


def edited(talk: Talk, text: str, subscription: int) -> Iterable[Reply]:
    """The preview of another query for a subscription that there is."""
    try:
        query = parse(text)
    except QueryError as error:
        return [ask_anew(talk, "edit", error, subscription=subscription)]
    found = subs.named(talk.engine, subscription)
    if found is None:
        return [show(talk.tr("That subscription is gone."))]
    rhythm = found.subscription.rhythm
    id = _remember(talk, query, rhythm, subscription)
    old = found.subscription.text if found.subscription.text != query.text else ""
    return [Show(_screen(talk, id, _tried(talk, query), rhythm, old))]


# Taps -----------------------------------------------------------------------------------------------------------------


def choose_rhythm(talk: Talk, draft: Draft, rhythm: str) -> Iterable[Reply]:
    """Another rhythm under the same preview."""
    if rhythm not in RHYTHMS:
        return []
    change(talk, draft, {"rhythm": rhythm})
    return [_again(talk, draft, draft.data["query"], rhythm)]


def take_proposal(talk: Talk, draft: Draft) -> Iterable[Reply]:
    """The query that was proposed instead."""
    preview = _tried(talk, parse(draft.data["query"]))
    if preview.proposal is None:
        return []
    query = preview.proposal.query.text
    change(talk, draft, {"query": query})
    return [_again(talk, draft, query, draft.data["rhythm"])]


def _again(talk: Talk, draft: Draft, query: str, rhythm: str) -> Show:
    screen = _screen(talk, draft.id or 0, _tried(talk, parse(query)), rhythm)
    return Show(screen, edits=talk.message)


def save(talk: Talk, draft: Draft) -> Iterable[Reply]:
    """Make a subscription of the preview, or change the one that it is of."""
    query, rhythm = draft.data["query"], draft.data["rhythm"]
    if id := draft.data["edits"]:
        found = subs.named(talk.engine, id)
        if found is None:
            return [Toast(talk.tr("That subscription is gone."), alarm=True)]
        old = found.subscription
        subs.edit(
            talk.engine, talk.address, old.name, now=talk.now, text=query, rhythm=rhythm,
            new_name=_free_name(query, subs.list_all(talk.engine, talk.address)) if old.name == old.text else None,
        )  # fmt: skip
        changed = subs.named(talk.engine, id)
        return [_saved(talk, changed, talk.tr("Changed."))] if changed else []
    there = subs.list_all(talk.engine, talk.address)
    if any(one.subscription.text == query for one in there):
        return [Toast(talk.tr("You have this subscription already."), alarm=True)]
    limit = talk.desk.settings.telegram.subscriptions
    if not talk.is_admin and subs.count(talk.engine, talk.owner) >= limit:
        limited = talk.tr("There are {n} subscriptions already, and no more can be had. Remove one first.", n=limit)
        return [Toast(limited, alarm=True)]
    try:
        subs.subscribe(
            talk.engine, talk.address, query, now=talk.now, name=_free_name(query, there), rhythm=subs.Rhythm(rhythm),
            default_zone=talk.desk.settings.zone, owner=talk.owner, language=talk.tr.code,
        )  # fmt: skip
    except ValueError:  # tapped twice, and the other tap was faster
        return [Toast(talk.tr("You have this subscription already."), alarm=True)]
    made = [one for one in subs.list_all(talk.engine, talk.address) if one.subscription.text == query]
    return [_saved(talk, made[-1], talk.tr("Subscribed."))] if made else []


def _free_name(query: str, there: Iterable[subs.Listed]) -> str:
    taken = {one.subscription.name for one in there}
    numbered = (f"{query} ({number})" for number in range(2, 1_000))
    return query if query not in taken else next(name for name in numbered if name not in taken)


def _saved(talk: Talk, made: subs.Listed, done: str) -> Show:
    tr, id = talk.tr, made.recipient.id
    html = (
        f"✅ <b>{done}</b>\n{code(made.subscription.text)}\n{wording.when_told(tr, made.subscription, made.recipient)}"
    )
    knows_zone = made.subscription.rhythm == "instant" or made.recipient.zone != "UTC"
    settings = (tr("Settings"), "home") if knows_zone else ("🕑 " + tr("Time zone"), "city")
    buttons = rows([
        Button(tr("My subscriptions"), f"list:{id}:0"), Button(settings[0], f"set:{id}:{settings[1]}"),
    ])  # fmt: skip
    return Show(Screen(html, buttons), edits=talk.message)


def ask_again(talk: Talk, draft: Draft) -> Iterable[Reply]:
    """Ask for another query instead of the one previewed."""
    question = talk.tr("Write the query as you want it. It was:") + f"\n{code(draft.data['query'])}"
    if id := draft.data["edits"]:
        return [asking.ask(talk, "edit", question, subscription=id)]
    return [asking.ask(talk, "sub", question)]


# What is shown --------------------------------------------------------------------------------------------------------


def code(query: str) -> str:
    """A query as it can be copied."""
    return f"<code>{escape(cut(query, _QUERY), quote=False)}</code>"


def ask_anew(talk: Talk, what: str, error: QueryError, **known: Any) -> Show:
    """Say what is wrong with a query, and ask for it again."""
    return asking.ask(talk, what, f"{mistake(error)}\n\n{talk.tr('Please write it again.')}", **known)


def mistake(error: QueryError) -> str:
    """What is wrong with a query, with a mark under the place."""
    sentence, _, excerpt = str(error).partition("\n")
    return f"{safe(sentence)}\n<pre>{escape(excerpt, quote=False)}</pre>"


def _screen(talk: Talk, id: int, preview: Preview, rhythm: str, instead: str = "") -> Screen:
    tr = talk.tr
    parts = [f"{tr('Instead of:')} {code(instead)}"] if instead else []
    parts += [code(preview.query.text), safe(wording.found(preview, tr))]
    parts += [_found(preview.query, one, talk.now, tr) for one in preview.found[:_LATEST]]
    parts += _warning(preview, tr)
    if unread := unread_classes(preview.query, talk.desk.settings.watched.values()):
        names = ", ".join(map(code, unread))
        parts.append("⚠️ " + tr("Nobody reads {classes} here: papers of it come only by other lists.", classes=names))
    choices = [
        Button(("● " if one == rhythm else "") + wording.rhythm(tr, one), f"rhythm:{id}:{one}") for one in RHYTHMS
    ]
    better = [Button(tr("Take the other query"), f"take:{id}")] if preview.proposal else []
    ends = [
        Button("✅ " + tr("Save"), f"keep:{id}"),
        Button("✏️ " + tr("Edit"), f"again:{id}"),
        Button(tr("Cancel"), "close"),
    ]
    return Screen("\n\n".join(parts), rows(better, choices[:2], choices[2:], ends))


def _found(query: Query, one: Seen, now: datetime, tr: Language) -> str:
    """A paper with what matched."""
    prepared, marks = marks_of(query, one, now)
    title = marked(cut(prepared.text("title"), _TITLE), marks, "title")
    fits = [(start, stop) for start, stop in title.marks if stop <= len(title.text)]
    day = f"{tr.day(one.day)} · " if one.day else ""
    lines = [f"{day}{linked(with_marks(title.text, _apart(fits), 'u'), one.paper)}"]
    if piece := snippet(prepared.text("abstract"), marks, "abstract", _SNIPPET):
        lines.append(with_marks(piece.text, _apart(piece.marks)))
    elif others := [each for each in met(marks, prepared) if each.text and "title" not in each.fields]:
        lines.append(f"<i>{safe(cut(', '.join(f'{each.term} ({each.text})' for each in others), _SNIPPET))}</i>")
    return "\n".join(lines)


def _apart(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places in order, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(places):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


def _warning(preview: Preview, tr: Language) -> Iterator[str]:
    if warning := wording.warning(preview, tr):
        yield ("⚠️ " if preview.papers else "") + warning
    if preview.proposal:
        query, papers = preview.proposal
        found = tr.plural("{n} paper", "{n} papers", papers)
        yield tr("This one would have found {found}:", found=found) + f"\n{code(query.text)}"
