"""Starting, help, pauses, coverage, one's own data, and being forgotten."""

import json
from collections.abc import Iterable
from datetime import timedelta

from bot import bookmarks, own_data, recipients
from bot import export as formats
from bot import subscriptions as subs
from bot.channels.lines import cut
from bot.channels.screen import Button, Screen, in_rows, rows
from bot.channels.telegram_text import safe
from bot.chat import asking
from bot.chat.listing import query_of
from bot.chat.said import Attach, Reply, Show, Tell, show
from bot.chat.settings import introduced
from bot.chat.subscribing import code, subscribe
from bot.chat.talk import Talk
from bot.covered import lines as lines_of
from bot.covered import missing_from
from bot.models import Draft
from bot.own_data import Imported
from bot.store import chats, sources
from bot.store.engine import reading, writing

# Proposals for whoever has no query yet: a label and what it means.
TOPICS = (
    ("LLM agents", '"llm agent" OR "language agent" OR "ai agent"'),
    ("Reasoning", "title:reasoning"),
    ("Diffusion models", '"diffusion model"'),
    ("Reinforcement learning", '"reinforcement learning"'),
    ("Computer vision", "cat:cs.CV"),
    ("Robotics", "cat:cs.RO OR robot*"),
)
FORMATS = {"json": "JSON", "bibtex": "BibTeX", "ris": "RIS", "csl": "CSL-JSON"}
_FEEDBACK, _QUERIES = 2_000, 5  # characters; queries of an import that are shown
IMPORT = "import"
_IMPORTED = 1_000  # lines; nobody writes more queries


def start(talk: Talk, text: str) -> Iterable[Reply]:
    """`/start`, perhaps with a query in its link: three taps to a first subscription."""
    if text and (query := query_of(text)):
        return subscribe(talk, query)
    tr = talk.tr
    html = "\n\n".join([
        tr("<b>Paperwatch</b> reads the day's lists of papers and tells you of those that you ask for."),
        tr("Tap a topic to see what it would bring, or write what you look for."),
    ])  # fmt: skip
    topics = in_rows((Button(label, f"try:{number}") for number, (label, _) in enumerate(TOPICS)), 2)
    return [Show(Screen(html, (*topics, *rows([Button("✏️ " + tr("Write my own"), "own")]))))]


def try_topic(talk: Talk, number: int) -> Iterable[Reply]:
    """The preview of a proposed topic."""
    return subscribe(talk, TOPICS[number][1]) if number < len(TOPICS) else []


def own(talk: Talk) -> Iterable[Reply]:
    """Ask for a query."""
    return subscribe(talk, "")


def help_text(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/help`."""
    tr = talk.tr
    lines = [
        f"<b>{tr('What I can do')}</b>",
        tr("/sub – watch for something: words, phrases, authors, categories"),
        tr("/list – your subscriptions: rhythm, mute, edit, delete"),
        tr("/today – the papers of the last 24 hours that you ask for"),
        tr("/search – look in the library"),
        tr("/saved – your bookmarks"),
        tr("/settings – language, time zone, hour, quiet hours"),
        tr("/pause and /resume – everything at once"),
        tr("/why – as an answer to an alert: why you got it"),
        tr("/unsub, /timezone, /language, /privacy, /feedback"),
        tr("/status – what was read, and what was not"),
        tr("/email – papers by mail too"),
        tr("/export, /import, /forget – your data"),
        "",
        f"<b>{tr('Queries')}</b>",
        "<code>llm agents</code> · <code>\"sparse attention\"</code> · <code>rag OR retrieval</code>",
        "<code>diffusion -video</code> · <code>title:(moe OR mixture)</code>",
        "<code>author:\"Yoshua Bengio\"</code> · <code>cat:cs.CL upvotes&gt;=20</code>",
        "",
        tr("Send me a list that you copied, a file or a link, and I read it for you."),
        tr("In groups, administrators subscribe; alerts come into the topic where they did."),
    ]  # fmt: skip
    return [show("\n".join(lines))]


def status(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/status`: what was read in the last days."""
    tr, since = talk.tr, talk.now - timedelta(days=3)
    with reading(talk.engine) as session:
        covered = sources.covered(session, list(talk.desk.settings.watched), talk.now, since)
    lines = [f"<b>{safe(name)}</b>: {safe(says)}" for name, says in lines_of(covered, tr)]
    missing = missing_from(covered, tr)
    lines += ["⚠️ " + tr("Not read yet: {missing}.", missing=safe(missing))] if missing else []
    recipient = recipients.find(talk.engine, talk.address)
    if recipient and recipient.paused_at:
        lines.append("⏸ " + tr("Everything is paused; /resume goes on."))
    lines.append(tr.plural("{n} subscription", "{n} subscriptions", len(subs.list_all(talk.engine, talk.address))))
    return [show("\n".join(lines if covered else [tr("Nothing was read yet."), *lines]))]


def pause(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/pause`: nothing is told, and what matches meanwhile waits."""
    introduced(talk)
    recipients.pause(talk.engine, talk.address, talk.now)
    button = [Button(talk.tr("Go on"), f"resume:{introduced(talk).id}")]
    return [Show(Screen("⏸ " + talk.tr("Paused. What matches meanwhile waits for /resume."), rows(button)))]


def resume(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/resume`."""
    introduced(talk)
    waited = recipients.resume(talk.engine, talk.address, talk.now)
    count = talk.tr.plural(
        "{n} paper waited and comes as one digest.", "{n} papers waited and come as one digest.", waited
    )
    return [show("▶️ " + talk.tr("I tell you again.") + (f" {count}" if waited else ""))]


def resume_by_tap(talk: Talk) -> Iterable[Reply]:
    """The same by a button."""
    return [*(Show(each.screen, edits=talk.message) for each in resume(talk) if isinstance(each, Show))]


# Data -----------------------------------------------------------------------------------------------------------------


def export(talk: Talk, text: str) -> Iterable[Reply]:
    """`/export`: everything as JSON, or the saved papers for a reference manager."""
    wanted = text.strip().lower().replace("csl-json", "csl")
    if wanted in FORMATS:
        return _exported(talk, wanted)
    question = talk.tr("All that I keep of you as JSON, or your saved papers for a reference manager?")
    id = introduced(talk).id
    return [
        Show(Screen(question, in_rows((Button(label, f"export:{id}:{name}") for name, label in FORMATS.items()), 2)))
    ]


def _exported(talk: Talk, form: str) -> Iterable[Reply]:
    if form == "json":
        data = json.dumps(own_data.export(talk.engine, talk.owner), ensure_ascii=False, indent=1)
        return [Attach("paperwatch.json", data.encode(), talk.tr("All that is kept of you here."))]
    papers = [
        paper for _, paper in [*bookmarks.saved(talk.engine, talk.me), *bookmarks.clippings(talk.engine, talk.me)]
    ]
    if not papers:
        return [show(talk.tr("Nothing is saved yet. Every paper has a button “Save”."))]
    write, ending = {
        "bibtex": (formats.bibtex, "bib"), "ris": (formats.ris, "ris"), "csl": (formats.csl_json, "json"),
    }[form]  # fmt: skip
    caption = talk.tr.plural("{n} saved paper", "{n} saved papers", len(papers))
    return [Attach(f"papers.{ending}", write(papers).encode(), caption)]


def export_by_tap(talk: Talk, form: str) -> Iterable[Reply]:
    """The same by a button."""
    return _exported(talk, form) if form in FORMATS else []


def import_(talk: Talk, text: str) -> Iterable[Reply]:
    """`/import`, with queries one a line; without, it asks for them or for a file."""
    if not text:
        question = talk.tr("Send the file that /export made, or write queries, one on each line.")
        return [asking.ask(talk, IMPORT, question)]
    return read_import(talk, text)


def read_import(talk: Talk, text: str) -> Iterable[Reply]:
    """What an import would bring, to be confirmed."""
    try:
        found = own_data.read_import(text, most=_IMPORTED)
    except ValueError as error:
        return [asking.ask(talk, IMPORT, safe(str(error)))]
    tr = talk.tr
    lines = [tr.plural("{n} subscription can be imported:", "{n} subscriptions can be imported:", len(found.good))]
    lines += [f"• {code(one.query)}" for one in found.good[:_QUERIES]]
    lines += ["…"] if len(found.good) > _QUERIES else []
    if found.bad:
        lines.append("⚠️ " + tr.plural("{n} cannot be read:", "{n} cannot be read:", len(found.bad)))
        lines += [f"• {safe(cut(reason.splitlines()[0], 150))}" for reason in found.bad[:_QUERIES]]
    if not found.good:
        return [show("\n".join(lines[1:]))]
    with writing(talk.engine) as session:
        data = {"imported": [one._asdict() for one in found.good]}
        id = chats.new_draft(session, talk.target, talk.account, IMPORT, data, talk.now)
    buttons = rows([Button("✅ " + tr("Import"), f"import:{id}"), Button(tr("Cancel"), "close")])
    return [Show(Screen("\n".join(lines), buttons))]


def do_import(talk: Talk, draft: Draft) -> Iterable[Reply]:
    """Subscribe to all of it; what is there already is left alone."""
    tr = talk.tr
    all_ = [Imported(**one) for one in draft.data["imported"]]
    limit = None if talk.is_admin else talk.desk.settings.telegram.subscriptions
    introduced(talk)
    done = own_data.take_import(
        talk.engine, talk.address, all_, now=talk.now, owner=talk.owner, most=limit, zone_name=talk.desk.settings.zone
    )
    lines = [tr.plural("{n} subscription was imported.", "{n} subscriptions were imported.", done.new)]
    lines += [tr.plural("{n} was there already.", "{n} were there already.", done.known)] if done.known else []
    if done.refused:
        left_out = tr.plural("{n} was left out.", "{n} were left out.", done.refused)
        lines.append(f"{left_out} {tr('There are too many subscriptions.')}")
    return [show("\n".join(lines), edits=talk.message)]


def forget(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/forget`: erase all that is kept, after a question."""
    tr = talk.tr
    if talk.target == talk.account:
        question = tr(
            "Erase all that is kept of you: subscriptions, settings, bookmarks, what was told? It cannot be undone."
        )
    else:
        question = tr(
            "Erase all that is kept of this chat: subscriptions, settings, what was told? It cannot be undone."
        )
    buttons = [Button("🗑 " + tr("Erase"), f"forget:{introduced(talk).id}"), Button(tr("Keep"), "close")]
    return [Show(Screen(question, rows(buttons)))]


def do_forget(talk: Talk) -> Iterable[Reply]:
    """It is gone."""
    own_data.forget(talk.engine, talk.owner)
    return [show(talk.tr("Erased. Nothing is kept any more; /start begins anew."), edits=talk.message)]


def cancel(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/cancel`: what was asked is not asked any more (as after every command)."""
    return [show(talk.tr("Nothing was changed."))]


def privacy(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/privacy`."""
    tr = talk.tr
    lines = [
        f"<b>{tr('What is kept of you')}</b>",
        tr("• the number of this chat, your language, time zone and hours"),
        tr("• your queries, what they brought and when it was told, and your bookmarks"),
        tr("• of what you paste: the list for 7 days, and the papers that you save from it, for you alone"),
        "",
        tr("Not kept: your name, your location, other messages. Nothing is given to anybody else."),
        tr("/export shows all of it, /forget erases it."),
    ]  # fmt: skip
    return [show("\n".join(lines))]


def feedback(talk: Talk, text: str) -> Iterable[Reply]:
    """`/feedback TEXT`: to the administrators of this installation."""
    tr, admins = talk.tr, talk.desk.settings.telegram.admins
    if not admins:
        return [show(tr("Nobody reads feedback here."))]
    if not text:
        return [asking.ask(talk, "feedback", tr("What shall I pass on to those who run me?"))]
    passed = Screen(f"💬 {code(talk.account)}\n{safe(text[:_FEEDBACK])}")
    return [*(Tell(admin, passed) for admin in admins), show(tr("Passed on. Thank you!"))]


def identify(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/id`: the numbers that a configuration needs."""
    return [show(f"{code(talk.account)} · {code(talk.place.address)}")]
