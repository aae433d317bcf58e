"""A mail without papers: it asks whether a subscription is wanted, shows a code, or leads to the subscriptions."""

import re
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, Template

from bot.channels.lines import cut
from bot.channels.mail_text import Links, Mail, isolated
from bot.channels.outgoing import Notice, Outgoing
from bot.language import Language, language
from scrapers.text import one_line

# Anybody may have this mail sent to anybody: a query is shown as far as its asker will know it again, and nothing in it
# becomes a link.
_QUERY = 120  # characters
_LINKED = re.compile(r"(?<=\w)\.(?=\w)|(?<=:)/+")


@dataclass(frozen=True)
class _Content:
    """All that both forms say, in this order; `shown` stands out, and `link` is a button."""

    language: str
    subject: str
    intro: str
    shown: tuple[str, ...]
    link: tuple[str, str] | None
    rest: tuple[str, ...]


def notice(outgoing: Outgoing, links: Links) -> Mail:
    """The mail in its recipient's language. The outgoing has a notice."""
    assert outgoing.notice
    content = _CONTENTS[outgoing.kind](outgoing.notice, links, language(outgoing.language))
    return Mail(content.subject, _text(content), _template().render(content=content))


def _confirm(asked: Notice, links: Links, tr: Language) -> _Content:
    queries = tuple(isolated(_LINKED.sub(" ", cut(one_line(one), _QUERY))) for one in asked.queries)
    return _Content(
        language=tr.code,
        subject=tr("Please confirm your subscription to new papers"),
        intro=tr("Somebody, hopefully you, asked for mails about new papers that match this:"),
        shown=queries,
        link=(tr("Yes, send them to me"), links.confirm),
        rest=(
            tr("The link is good for a week."),
            tr("If it was not you, do nothing. Without your confirmation nothing more is sent."),
        ),
    )


def _code(asked: Notice, _links: Links, tr: Language) -> _Content:
    return _Content(
        language=tr.code,
        subject=tr("{code} is your code", code=asked.code),
        intro=tr("Type this code into the chat in which you gave this address:"),
        shown=(asked.code,),
        link=None,
        rest=(
            tr("It is good for an hour. Nobody who runs this service will ever ask you for it."),
            tr("If it was not you, do nothing. Without your confirmation nothing more is sent."),
        ),
    )


def _manage(_asked: Notice, links: Links, tr: Language) -> _Content:
    return _Content(
        language=tr.code,
        subject=tr("Your subscriptions"),
        intro=tr("This link shows your subscriptions, and lets you change and end them:"),
        shown=(),
        link=(tr("Change your subscriptions"), links.manage),
        rest=(tr("The link is good for a week."), tr("Do not pass it on: whoever has it can change them too.")),
    )


def _alarm(wrong: Notice, _links: Links, tr: Language) -> _Content:
    return _Content(
        language=tr.code,
        subject="Paperwatch: a list of papers could not be read",
        intro="This installation of Paperwatch tells you once of what it could not read:",
        shown=tuple(wrong.text.splitlines()),
        link=None,
        rest=("paperwatch status shows how it is now, and paperwatch doctor --online what to do.",),
    )


_CONTENTS = {"confirm": _confirm, "code": _code, "manage": _manage, "alarm": _alarm}


@cache
def _template() -> Template:
    loader = PackageLoader("bot", "templates")
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template("notice.html")


def _text(content: _Content) -> str:
    link = f"{content.link[0]}: {content.link[1]}" if content.link else ""
    shown = [f"    {one}" for one in content.shown]
    return "\n\n".join(filter(None, [content.intro, *shown, link, *content.rest])) + "\n"
