"""All that can be said and tapped, and who answers it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from bot.chat import account, admin, listing, papers, pasting, settings, subscribing
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
        "help": tr("What I can do"),
        "feedback": tr("Tell those who run me something"),
        "privacy": tr("What is kept of you"),
        "forget": tr("Erase all that is kept"),
    }


Named = Literal["subscription", "draft", "recipient", "message", ""]


@dataclass(frozen=True)
class Tap:
    """What a button does. Its first value is the id of `names`; what that belongs to says where it acts. A draft's
    buttons are for whom it was made. `changes` and `is_export` as of a command."""

    answer: Answer
    names: Named = ""
    changes: bool = False
    is_export: bool = False


TAPS: dict[str, Tap] = {
    "try": Tap(account.try_topic, changes=True),
    "own": Tap(account.own, changes=True),
    "rhythm": Tap(subscribing.choose_rhythm, "draft"),
    "take": Tap(subscribing.take_proposal, "draft"),
    "keep": Tap(subscribing.save, "draft", changes=True),
    "again": Tap(subscribing.ask_again, "draft"),
    "close": Tap(papers.close),
    "list": Tap(listing.page, "recipient"),
    "sub": Tap(listing.opened, "subscription"),
    "when": Tap(listing.rhythms, "subscription"),
    "rate": Tap(listing.set_rhythm, "subscription", changes=True),
    "hush": Tap(listing.mutes, "subscription"),
    "mute": Tap(listing.mute_from_alert, "subscription"),
    "mute-for": Tap(listing.mute, "subscription", changes=True),
    "stop": Tap(listing.stop, "subscription", changes=True),
    "loud": Tap(listing.go_on, "subscription", changes=True),
    "edit": Tap(listing.ask_edit, "subscription", changes=True),
    "view": Tap(listing.preview, "subscription"),
    "drop": Tap(listing.confirm_drop, "subscription"),
    "gone": Tap(listing.drop, "subscription", changes=True),
    "drop-all": Tap(listing.drop_all, "recipient", changes=True),
    "page": Tap(papers.page, "draft"),
    "watch": Tap(papers.watch, "draft"),
    "card": Tap(papers.open_card),
    "save": Tap(papers.save),
    "clip": Tap(papers.open_clipping),
    "unclip": Tap(papers.drop_clipping),
    "more": Tap(papers.show_hidden, "message"),
    "less": Tap(papers.less),
    "less-else": Tap(papers.less_otherwise, "draft"),
    "less-so": Tap(papers.less_so, "draft", changes=True),
    "set": Tap(settings.opened, "recipient", changes=True),
    "ask": Tap(settings.ask_other, "recipient", changes=True),
    "resume": Tap(account.resume_by_tap, "recipient", changes=True),
    "export": Tap(account.export_by_tap, changes=True, is_export=True),
    "import": Tap(account.do_import, "draft", changes=True),
    "forget": Tap(account.do_forget, "recipient", changes=True),
    "paste": Tap(pasting.page, "draft"),
    "pasted": Tap(pasting.open_card, "draft"),
    "keep-one": Tap(pasting.keep, "draft"),
    "keep-asked": Tap(pasting.keep_asked, "draft"),
    "admin": Tap(admin.opened),
    "dead": Tap(admin.settle),
}


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
    return []
