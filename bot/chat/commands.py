"""All that can be said and tapped, and who answers it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.chat import account, admin, by_mail, listing, papers, pasting, settings, subscribing
from bot.chat.said import Reply
from bot.chat.talk import Talk
from bot.language import Language

Answer = Callable[..., Iterable[Reply]]


@dataclass(frozen=True)
class Command:
    """A command with its other names. One that `changes` something is for administrators, in groups and channels; one
    with `menu` stands in the menu; exports are counted."""

    name: str
    answer: Answer
    others: tuple[str, ...] = ()
    changes: bool = False
    menu: bool = True
    is_export: bool = False


COMMANDS = (
    Command("start", account.start, menu=False),
    Command("sub", subscribing.subscribe, ("subscribe", "add", "watch"), changes=True),
    Command("list", listing.list_all, ("ls", "subs", "subscriptions")),
    Command("today", papers.today),
    Command("search", papers.search_for, ("find", "s")),
    Command("saved", papers.saved, ("bookmarks",)),
    Command("settings", settings.settings, ("set", "config"), changes=True),
    Command("unsub", listing.unsubscribe, ("unsubscribe", "remove", "delete"), changes=True),
    Command("pause", account.pause, changes=True),
    Command("resume", account.resume, ("unpause",), changes=True),
    Command("status", account.status),
    Command("why", papers.why),
    Command("export", account.export, changes=True, is_export=True),
    Command("import", account.import_, changes=True),
    Command("language", settings.choose_language, ("lang",), changes=True, menu=False),
    Command("timezone", settings.zone_by_name, ("tz", "zone"), changes=True, menu=False),
    Command("help", account.help_text, ("h",)),
    Command("cancel", account.cancel, menu=False),
    Command("email", by_mail.email, ("mail",)),
    Command("feedback", account.feedback),
    Command("privacy", account.privacy),
    Command("forget", account.forget, ("forgetme", "erase"), changes=True),
    Command("id", account.identify, ("whoami",), menu=False),
    Command("admin", admin.admin, menu=False),
)
BY_NAME = {name: command for command in COMMANDS for name in (command.name, *command.others)}


def descriptions(tr: Language) -> dict[str, str]:
    """What the menu says of each command."""
    return {
        "sub": tr("Watch for something"),
        "list": tr("Your subscriptions"),
        "today": tr("Papers of the last 24 hours"),
        "search": tr("Look in the library"),
        "saved": tr("Your bookmarks"),
        "settings": tr("Language, time zone, hours"),
        "unsub": tr("Delete a subscription"),
        "pause": tr("Stop all messages for a while"),
        "resume": tr("Go on after a pause"),
        "status": tr("What was read, and what was not"),
        "why": tr("Why you got an alert"),
        "export": tr("Take your data with you"),
        "import": tr("Bring subscriptions along"),
        "email": tr("Papers by mail too"),
        "help": tr("What I can do"),
        "feedback": tr("Tell those who run me something"),
        "privacy": tr("What is kept of you"),
        "forget": tr("Erase all that is kept"),
    }


# What a button's first value may be the id of; the last five are kinds of drafts.
Named = Literal["subscription", "recipient", "message", "preview", "papers", "less", "paste", "import", ""]


@dataclass(frozen=True)
class Tap:
    """What a button does. Its first value is the id of what it `names`, which says where it acts; `takes` are the other
    values: numbers (int) and words, the last of which may have colons (rest). A draft's buttons are for whom it was
    made. It `shows` its answer in place of the message, in a new one, or in words that flash up. `changes` and
    `is_export` as of a command."""

    answer: Answer
    names: Named = ""
    takes: tuple[str, ...] = ()
    changes: bool = False
    is_export: bool = False
    shows: Literal["in place", "new", "words"] = "in place"


TAPS: dict[str, Tap] = {
    "try": Tap(account.try_topic, takes=("int",), changes=True, shows="new"),
    "own": Tap(account.own, changes=True, shows="new"),
    "rhythm": Tap(subscribing.choose_rhythm, "preview", ("word",)),
    "take": Tap(subscribing.take_proposal, "preview"),
    "keep": Tap(subscribing.save, "preview", changes=True),
    "again": Tap(subscribing.ask_again, "preview", shows="new"),
    "close": Tap(papers.close),
    "list": Tap(listing.page, "recipient", ("int",)),
    "sub": Tap(listing.opened, "subscription"),
    "when": Tap(listing.rhythms, "subscription"),
    "rate": Tap(listing.set_rhythm, "subscription", ("word",), changes=True),
    "versions": Tap(listing.set_versions, "subscription", ("word",), changes=True),
    "hush": Tap(listing.mutes, "subscription"),
    "mute": Tap(listing.mute_from_alert, "subscription", changes=True, shows="new"),
    "mute-for": Tap(listing.mute, "subscription", ("int",), changes=True),
    "stop": Tap(listing.stop, "subscription", changes=True),
    "loud": Tap(listing.go_on, "subscription", changes=True),
    "edit": Tap(listing.ask_edit, "subscription", changes=True, shows="new"),
    "view": Tap(listing.preview, "subscription", shows="new"),
    "drop": Tap(listing.confirm_drop, "subscription"),
    "gone": Tap(listing.drop, "subscription", changes=True),
    "drop-all": Tap(listing.drop_all, "recipient", changes=True),
    "page": Tap(papers.page, "papers", ("int",)),
    "watch": Tap(papers.watch, "papers", shows="new"),
    "card": Tap(papers.open_card, takes=("int",), shows="new"),
    "save": Tap(papers.save, takes=("int",), shows="words"),
    "clip": Tap(papers.open_clipping, takes=("int",), shows="new"),
    "unclip": Tap(papers.drop_clipping, takes=("int",)),
    "more": Tap(papers.show_hidden, "message", shows="new"),
    "less": Tap(papers.less, takes=("int",), changes=True, shows="new"),
    "less-else": Tap(papers.less_otherwise, "less"),
    "less-so": Tap(papers.less_so, "less", changes=True),
    "set": Tap(settings.opened, "recipient", ("word",), changes=True),
    "set-to": Tap(settings.chosen, "recipient", ("word", "rest"), changes=True),
    "ask": Tap(settings.ask_other, "recipient", ("word",), changes=True, shows="new"),
    "resume": Tap(account.resume_by_tap, "recipient", changes=True),
    "export": Tap(account.export_by_tap, "recipient", ("word",), changes=True, is_export=True, shows="new"),
    "import": Tap(account.do_import, "import", changes=True),
    "mail": Tap(by_mail.copy, takes=("int", "word")),
    "mail-other": Tap(by_mail.other, shows="new"),
    "mail-end": Tap(by_mail.end, takes=("int",)),
    "forget": Tap(account.do_forget, "recipient", changes=True),
    "paste": Tap(pasting.page, "paste", ("int",)),
    "pasted": Tap(pasting.open_card, "paste", ("int",), shows="new"),
    "keep-one": Tap(pasting.keep, "paste", ("int",), shows="words"),
    "keep-asked": Tap(pasting.keep_asked, "paste", shows="words"),
    "admin": Tap(admin.opened, takes=("word",)),
    "dead": Tap(admin.settle, takes=("int", "word")),
}


def values_of(tap: Tap, written: Sequence[str]) -> list[int | str] | None:
    """The values of a button as its answer takes them, the id first; None where they are none of ours."""
    kinds = [*(["int"] if tap.names else []), *tap.takes]
    if kinds[-1:] == ["rest"] and len(written) >= len(kinds):
        written = [*written[: len(kinds) - 1], ":".join(written[len(kinds) - 1 :])]
    if len(written) != len(kinds):
        return None
    values: list[int | str] = []
    for kind, value in zip(kinds, written, strict=True):
        if kind == "int" and not (value.isdecimal() and value.isascii() and len(value) < _DIGITS):
            return None
        values.append(int(value) if kind == "int" else value)
    return values


_DIGITS = 10  # of an id; the database takes no more


def answered(talk: Talk, question: dict[str, Any], text: str) -> Iterable[Reply]:
    """The answer to what was asked."""
    match question["what"]:
        case "sub":
            return subscribing.subscribe(talk, text)
        case "edit":
            return subscribing.edited(talk, text, question["subscription"])
        case "search":
            return papers.search_for(talk, text)
        case "zone":
            return settings.zone_by_name(talk, text)
        case "setting":
            return settings.answer_other(talk, text, question["page"])
        case account.IMPORT:
            return account.read_import(talk, text)
        case "feedback":
            return account.feedback(talk, text)
        case by_mail.ADDRESS:
            return by_mail.email(talk, text)
        case by_mail.CODE:
            return by_mail.take_code(talk, text, question["place"])
    return []
