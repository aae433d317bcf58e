"""The subscriptions of a chat, and what can be done with each."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot import subscriptions as subs
from bot import wording
from bot.channels.lines import cut
from bot.channels.screen import Button, Screen, in_rows, rows
from bot.channels.telegram_text import safe
from bot.chat import asking
from bot.chat.paging import turned_to
from bot.chat.said import Reply, Show, Toast, show
from bot.chat.subscribing import code, edited
from bot.chat.talk import Talk
from bot.local_time import zone
from bot.models import RHYTHMS
from bot.subscriptions import Listed

_PAGE = 8  # subscriptions at once
_NAME, _LABEL = 120, 28  # characters
_LONGEST = 36_500  # days of a mute
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
_LINK = (
    48  # bytes of a query that fit into the 64 characters of a deep link: https://core.telegram.org/api/links#bot-links
)


def list_all(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/list`."""
    return [Show(_list(talk, 0))]


def page(talk: Talk, number: int) -> Iterable[Reply]:
    """Another page of it, in place."""
    return [Show(_list(talk, number), edits=talk.message)]


def _list(talk: Talk, number: int) -> Screen:
    tr, all_ = talk.tr, subs.list_all(talk.engine, talk.address)
    others = subs.elsewhere(talk.engine, talk.address)
    more = tr.plural("{n} subscription in other topics", "{n} subscriptions in other topics", others) if others else ""
    if not all_:
        return Screen("\n\n".join(filter(None, [tr("You have no subscriptions. /sub makes one."), more])))
    recipient = all_[0].recipient
    shown, turn = turned_to(number, all_, _PAGE, f"list:{recipient.id}")
    lines = [f"<b>{tr.plural('{n} subscription', '{n} subscriptions', len(all_))}</b>"]
    if recipient.paused_at:
        lines.append("⏸ " + tr("Everything is paused; /resume goes on."))
    for n, one in shown:
        lines.append(f"{n}. {safe(cut(one.subscription.name, _NAME))}\n<i>{_state(talk, one)}</i>")
    buttons = [Button(f"{n}. {cut(one.subscription.name, _LABEL)}", f"sub:{one.subscription.id}") for n, one in shown]
    return Screen("\n\n".join([*lines, *([more] if more else [])]), (*in_rows(buttons, 2), *rows(turn)))


def _state(talk: Talk, one: Listed) -> str:
    tr, until = talk.tr, one.subscription.muted_until
    if until and until >= FOREVER:
        return tr("paused")
    if until and until > talk.now:
        return tr("muted until {day}", day=tr.day(until.astimezone(zone(one.recipient.zone)).date()))
    return wording.when_told(tr, one.subscription, one.recipient)


def opened(talk: Talk, one: Listed) -> Iterable[Reply]:
    """One subscription with its buttons, in place."""
    return [Show(_card(talk, one), edits=talk.message)]


def _card(talk: Talk, one: Listed) -> Screen:
    tr, sub = talk.tr, one.subscription
    lines = [f"<b>{safe(cut(sub.name, _NAME))}</b>"]
    lines += [code(sub.text)] if sub.text != sub.name else []
    lines.append(_state(talk, one))
    id = sub.id
    is_quiet = sub.muted_until is not None and sub.muted_until > talk.now
    hush = (
        [Button("🔔 " + tr("Go on"), f"loud:{id}")]
        if is_quiet
        else [Button("🔕 " + tr("Mute"), f"hush:{id}"), Button("⏸ " + tr("Pause"), f"stop:{id}")]
    )
    share = _share(talk, one)
    buttons = rows(
        [Button("⏱ " + tr("Rhythm"), f"when:{id}"), *hush],
        [Button("✏️ " + tr("Edit"), f"edit:{id}"), Button("👁 " + tr("Preview"), f"view:{id}")],
        [_versions(talk, one)],
        [*share, Button("🗑 " + tr("Delete"), f"drop:{id}")],
        [Button("« " + tr("All subscriptions"), f"list:{one.recipient.id}:0")],
    )
    return Screen("\n".join(lines), buttons)


def _versions(talk: Talk, one: Listed) -> Button:
    """Whether new versions are told too: what the button says is what it does."""
    tr, id = talk.tr, one.subscription.id
    if one.subscription.versions:
        return Button("🔁 " + tr("No new versions"), f"versions:{id}:off")
    return Button("🔁 " + tr("New versions too"), f"versions:{id}:on")


def _share(talk: Talk, one: Listed) -> list[Button]:
    """A link that proposes the query to somebody else, where it fits into one."""
    query = one.subscription.text.encode()
    if len(query) > _LINK or not talk.desk.name:
        return []
    return [
        Button("🔗 " + talk.tr("Share"), url=f"https://t.me/{talk.desk.name}?start={start_of(one.subscription.text)}")
    ]


def start_of(query: str) -> str:
    """The query as the parameter of a deep link: letters, digits, _ and -."""
    return base64.urlsafe_b64encode(query.encode()).decode().rstrip("=")


def query_of(start: str) -> str:
    """The query of a deep link; empty where it is none."""
    try:
        query = base64.b64decode(start + "=" * (-len(start) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        return ""
    return query if query.isprintable() else ""


# Taps -----------------------------------------------------------------------------------------------------------------


def rhythms(talk: Talk, one: Listed) -> Iterable[Reply]:
    """The choice of rhythms."""
    id, now = one.subscription.id, one.subscription.rhythm
    choices = [
        Button(("● " if each == now else "") + wording.rhythm(talk.tr, each), f"rate:{id}:{each}") for each in RHYTHMS
    ]
    back = [Button("« " + talk.tr("Back"), f"sub:{id}")]
    html = f"<b>{safe(cut(one.subscription.name, _NAME))}</b>\n{talk.tr('When shall I tell you of its papers?')}"
    return [Show(Screen(html, rows(choices[:2], choices[2:], back)), edits=talk.message)]


def set_rhythm(talk: Talk, one: Listed, rhythm: str) -> Iterable[Reply]:
    """Tell it in another rhythm. Raises ValueError."""
    subs.edit(talk.engine, talk.address, one.subscription.name, now=talk.now, rhythm=rhythm)
    return _changed(talk, one, talk.tr("Changed."))


def set_versions(talk: Talk, one: Listed, state: str) -> Iterable[Reply]:
    """Tell new versions from now on, or tell them no more."""
    tr, is_on = talk.tr, state == "on"
    subs.edit(talk.engine, talk.address, one.subscription.name, now=talk.now, versions=is_on)
    done = tr("New versions of these papers are told too.") if is_on else tr("New versions are not told any more.")
    return _changed(talk, one, done)


def mutes(talk: Talk, one: Listed) -> Iterable[Reply]:
    """For how long it is muted."""
    return [Show(_mutes(talk, one), edits=talk.message)]


def mute_from_alert(talk: Talk, one: Listed) -> Iterable[Reply]:
    """The same, asked for under an alert: in a message of its own."""
    return [Show(_mutes(talk, one))]


def _mutes(talk: Talk, one: Listed) -> Screen:
    tr, id = talk.tr, one.subscription.id
    lengths = [
        Button(tr.plural("{n} day", "{n} days", days), f"mute-for:{id}:{days}") for days in (1, 7, 30)
    ]  # fmt: skip
    html = f"<b>{safe(cut(one.subscription.name, _NAME))}</b>\n" + tr(
        "For how long shall I say nothing of it? What matches meanwhile is not told later."
    )
    forever = [Button(tr("Until I say so"), f"stop:{id}"), Button("« " + tr("Back"), f"sub:{id}")]
    return Screen(html, rows(lengths, forever))


def mute(talk: Talk, one: Listed, days: int) -> Iterable[Reply]:
    """Mute it for so many days."""
    subs.mute(talk.engine, talk.address, one.subscription.name, talk.now + timedelta(days=min(days, _LONGEST)))
    return _changed(talk, one, talk.tr("Muted."))


def stop(talk: Talk, one: Listed) -> Iterable[Reply]:
    """Mute it until it is wanted again."""
    subs.mute(talk.engine, talk.address, one.subscription.name, FOREVER)
    return _changed(talk, one, talk.tr("Paused."))


def go_on(talk: Talk, one: Listed) -> Iterable[Reply]:
    """Tell it again."""
    subs.mute(talk.engine, talk.address, one.subscription.name, None)
    return _changed(talk, one, talk.tr("It is told again."))


def _changed(talk: Talk, one: Listed, done: str) -> Iterable[Reply]:
    changed = subs.named(talk.engine, one.subscription.id or 0)
    return [Toast(done), *(opened(talk, changed) if changed else ())]


def ask_edit(talk: Talk, one: Listed) -> Iterable[Reply]:
    """Ask for another query."""
    question = talk.tr("Write the query as you want it. It was:") + f"\n{code(one.subscription.text)}"
    return [asking.ask(talk, "edit", question, subscription=one.subscription.id)]


def preview(talk: Talk, one: Listed) -> Iterable[Reply]:
    """What its query finds now."""
    return edited(talk, one.subscription.text, one.subscription.id or 0)


def confirm_drop(talk: Talk, one: Listed) -> Iterable[Reply]:
    """Whether it is really to go."""
    tr, id = talk.tr, one.subscription.id
    html = tr("Delete this subscription?") + f"\n<b>{safe(cut(one.subscription.name, _NAME))}</b>"
    return [
        Show(
            Screen(html, rows([Button("🗑 " + tr("Delete"), f"gone:{id}"), Button(tr("Keep"), f"sub:{id}")])),
            edits=talk.message,
        )
    ]


def drop(talk: Talk, one: Listed) -> Iterable[Reply]:
    """It goes."""
    subs.unsubscribe(talk.engine, talk.address, one.subscription.name)
    return [Toast(talk.tr("Deleted.")), Show(_list(talk, 0), edits=talk.message)]


# Unsubscribing by command ---------------------------------------------------------------------------------------------


def unsubscribe(talk: Talk, text: str) -> Iterable[Reply]:
    """`/unsub`, with a number, a name or "all"; without, a button for each."""
    tr, all_ = talk.tr, subs.list_all(talk.engine, talk.address)
    if not all_:
        return [show(tr("You have no subscriptions."))]
    if not text:
        buttons = [
            Button(f"🗑 {n}. {cut(one.subscription.name, _LABEL)}", f"drop:{one.subscription.id}")
            for n, one in enumerate(all_[:50], 1)
        ]
        return [Show(Screen(tr("Which one shall go?"), in_rows(buttons, 1)))]
    if text.strip().casefold() in ("all", "*"):
        buttons = [Button("🗑 " + tr("Delete all"), f"drop-all:{all_[0].recipient.id}"), Button(tr("Keep"), "close")]
        question = tr.plural("Delete the subscription?", "Delete all {n} subscriptions?", len(all_))
        return [Show(Screen(question, rows(buttons)))]
    found = _meant(all_, text.strip())
    if not found:
        return [show(tr("There is no subscription {name}. /list shows those that there are.", name=code(text)))]
    subs.unsubscribe(talk.engine, talk.address, found.subscription.name)
    return [show(tr("Deleted: {name}", name=safe(cut(found.subscription.name, _NAME))))]


def _meant(all_: list[Listed], text: str) -> Listed | None:
    """By its name or query, else by its number in the list."""
    for one in all_:
        if text in (one.subscription.name, one.subscription.text):
            return one
    return all_[int(text) - 1] if text.isdecimal() and 0 < int(text) <= len(all_) else None


def drop_all(talk: Talk) -> Iterable[Reply]:
    """All subscriptions go; settings and bookmarks stay."""
    gone = [one.subscription.name for one in subs.list_all(talk.engine, talk.address)]
    for name in gone:
        subs.unsubscribe(talk.engine, talk.address, name)
    return [
        show(
            talk.tr.plural("{n} subscription was deleted.", "{n} subscriptions were deleted.", len(gone)),
            edits=talk.message,
        )
    ]
