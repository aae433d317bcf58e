"""`/admin`, for those whose numbers the configuration names: how the installation is."""

from collections.abc import Iterable

from bot.channels.lines import cut
from bot.channels.screen import Button, Screen, rows
from bot.channels.telegram_text import safe
from bot.chat.said import Reply, Show, Toast, show
from bot.chat.talk import Talk
from bot.report import report
from bot.show import address_of
from bot.store import backlog, people
from bot.store.engine import reading, writing

_DEAD = 8  # dead letters at once


def admin(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/admin`, in a private chat."""
    return [Show(_home(talk))] if talk.is_admin and talk.place.is_private else []


def opened(talk: Talk, page: str = "home") -> Iterable[Reply]:
    """A page of it, in place."""
    if not talk.is_admin:
        return []
    return [Show(_dead(talk) if page == "dead" else _home(talk), edits=talk.message)]


def _home(talk: Talk) -> Screen:
    tr, now = talk.tr, report(talk.engine, talk.desk.settings.watched, talk.now)
    with reading(talk.engine) as session:
        numbers = people.numbers(session)
    lines = [f"<b>{tr('This installation')}</b>"]
    lines += [
        f"{safe(source['name'])}: {safe(source['state'])}\n<i>{safe(cut(source.get('coverage') or '', 200))}</i>"
        for source in now["sources"]
    ]
    lines.append(", ".join(f"{name} {count:,}" for name, count in now["outbox"].items()))
    lines.append(", ".join(f"{name} {count:,}" for name, count in numbers.items()))
    limits = talk.desk.settings.telegram
    lines.append(
        tr("Limits: {subscriptions} subscriptions, {commands} commands a minute, {exports} exports a day",
           subscriptions=limits.subscriptions, commands=limits.commands, exports=limits.exports)
    )  # fmt: skip
    lines += [f"⚠️ {safe(cut(wrong.says, 200))}" for wrong in now["wrong"][:8]]
    buttons = [Button("↻", "admin:home"), Button(tr("Dead letters ({n})", n=now["outbox"]["dead"]), "admin:dead")]
    return Screen("\n\n".join(lines), rows(buttons))


def _dead(talk: Talk) -> Screen:
    tr = talk.tr
    with reading(talk.engine) as session:
        dead = backlog.dead_letters(session, _DEAD)
        lines = [
            f"{one.id}. {safe(address_of(recipient))} · {tr.day(one.created_at.date())} · "
            f"{tr.plural('{n} paper', '{n} papers', papers)}\n<i>{safe(cut(one.error or '', 200))}</i>"
            for one, recipient, papers in dead
        ]
    choices = [
        [Button(f"↻ {one.id}", f"dead:{one.id}:retry"), Button(f"🗑 {one.id}", f"dead:{one.id}:drop")]
        for one, *_ in dead
    ]
    back = [Button("« " + tr("Back"), "admin:home")]
    heading = f"<b>{tr('Dead letters')}</b>"
    return Screen("\n\n".join([heading, *(lines or [tr("There are none.")])]), rows(*choices, back))


def settle(talk: Talk, id: int, how: str) -> Iterable[Reply]:
    """Try a dead letter again, or let it go."""
    if not talk.is_admin:
        return []
    with writing(talk.engine) as session:
        if how == "retry":
            backlog.retry_dead(session, id, talk.now)
        else:
            backlog.drop_dead(session, id)
    return [Toast(talk.tr("Done.")), Show(_dead(talk), edits=talk.message)]


def refuse(talk: Talk) -> Iterable[Reply]:
    """Whoever is not on the list of an installation for some people only."""
    return [show(talk.tr("This bot is for some people only. Your number is {id}.", id=talk.account))]
