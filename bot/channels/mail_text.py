"""A message as a mail: a subject, and the same content as plain text and as HTML.

Both are made of the same values, so that they have the same papers, links and sentences in the same order. Gmail shows
no more than 102 kB of the HTML: in a digest that would be longer, abstracts are shortened, and then papers left out.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import groupby

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, Template

from bot.channels.lines import by, cut, facts, news, places, why
from bot.channels.outgoing import Item, Outgoing, version_of
from bot.channels.page import pieces
from bot.language import Language, language
from bot.local_time import zone
from bot.schedule import day_of
from scrapers.text import one_line, plain

MOST = 100_000  # bytes of the HTML
PAPERS = 60  # of a mail
_ABSTRACTS = (10_000, 1_500, 1_000, 700, 450, 250, 120, 0)  # characters that are tried, until the whole fits
_TITLE, _LINE, _NAME, _COVERAGE = 400, 300, 80, 2_000  # characters of each
_NAMES = 30  # subscriptions that are named at the end
_WIDTH = 76  # of the plain text; RFC 5322, 2.1.1, wants less than 78
_LINES = re.compile(rf"(.{{1,{_WIDTH}}}|[^ ]+)(?: |$)")  # as many words as fit, or a longer one


@dataclass(frozen=True)
class Links:
    """Where a mail leads its reader; what is empty is left out. `unsubscribe_one` is by the id of the subscription;
    `mailto` unsubscribes by a mail from the same as the header does; `confirm` is for a notice. A mail that cannot be
    delivered comes back to `returns`, a name for it that nobody can make up."""

    unsubscribe_one: Mapping[int, str] = field(default_factory=dict)
    unsubscribe_all: str = ""
    manage: str = ""
    archive: str = ""
    mailto: str = ""
    confirm: str = ""
    returns: str = ""


NO_LINKS = Links()


@dataclass(frozen=True)
class Mail:
    """What a mail says."""

    subject: str
    text: str
    html: str


_Pieces = tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class _Card:
    """A paper: plain texts, and the title and the abstract in pieces too, of which what matched is marked."""

    number: int
    title: str
    title_pieces: _Pieces
    url: str
    lines: tuple[str, ...]
    abstract: str
    abstract_pieces: _Pieces
    why: str
    news: str
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Content:
    """All that both forms of a mail say, in its order. A heading is missing where the only paper says it itself."""

    language: str
    subject: str
    heading: str
    groups: tuple[tuple[str, tuple[_Card, ...]], ...]
    more: str
    archive: str
    coverage: str
    because: str
    ways: tuple[tuple[str, str], ...]


def mail(outgoing: Outgoing, links: Links = NO_LINKS) -> Mail:
    """The message in its recipient's language, with as much of it as fits."""
    items = tuple(replace(one, reasons=tuple(map(_name, one.reasons))) for one in outgoing.items)
    whole = replace(outgoing, items=items)
    tried = ((content, _html(content)) for content in _smaller_and_smaller(whole, links))
    content, html = next(one for one in tried if _sent(one[1]) < MOST)  # one title always fits
    return Mail(content.subject, _text(content), html)


def _sent(text: str) -> int:
    """How many bytes it has when it is sent, where each line ends with two."""
    return len(text.encode()) + text.count("\n")


def _smaller_and_smaller(outgoing: Outgoing, links: Links) -> Iterator[_Content]:
    """The content with shorter and shorter abstracts, and then with fewer and fewer papers."""
    for most in _ABSTRACTS:
        yield _content(outgoing, links, most)
    shown = len(outgoing.items)
    while shown > 1:
        shown -= max(1, shown // 10)
        more = outgoing.more + len(outgoing.items) - shown
        yield _content(replace(outgoing, items=outgoing.items[:shown], more=more), links, 0)


def _content(outgoing: Outgoing, links: Links, most: int) -> _Content:
    tr = language(outgoing.language)
    subject, is_one = _subject(outgoing, tr), _is_one(outgoing)
    return _Content(
        language=tr.code,
        subject=subject,
        heading="" if is_one else subject,
        groups=tuple(_groups(outgoing, tr, most, is_one=is_one)),
        more=tr.plural("and {n} more", "and {n} more", outgoing.more) if outgoing.more else "",
        archive=links.archive,
        coverage=cut(one_line(outgoing.coverage), _COVERAGE),
        because=_because(outgoing, tr),
        ways=tuple(_ways(outgoing, links, tr)),
    )


def _is_one(outgoing: Outgoing) -> bool:
    return outgoing.kind != "digest" and len(outgoing.items) == 1


def _groups(outgoing: Outgoing, tr: Language, most: int, *, is_one: bool) -> Iterator[tuple[str, tuple[_Card, ...]]]:
    """The cards under the name of the subscription that each of them is for first."""
    numbered = enumerate(outgoing.items, 1)
    for name, some in groupby(numbered, key=lambda one: one[1].reasons[:1]):
        cards = tuple(_card(item, tr, most, 0 if is_one else number) for number, item in some)
        yield ("" if is_one else "".join(name)), cards


def _card(item: Item, tr: Language, most: int, number: int) -> _Card:
    paper = item.paper
    title, title_pieces = _shortened(paper.title, item, "title", _TITLE)
    abstract, abstract_pieces = _shortened(paper.abstract or "", item, "abstract", most)
    is_said = number > 0 and item.kind == "new" and len(item.reasons) == 1
    return _Card(
        number=number,
        title=title,
        title_pieces=title_pieces,
        url=paper.url or "",
        lines=tuple(cut(line, _LINE) for line in (by(paper, tr), facts(paper, tr)) if line),
        abstract=abstract,
        abstract_pieces=abstract_pieces,
        why=cut(why(item, tr, is_said=is_said), _LINE),
        news=cut(news(item, tr), _LINE),
        places=tuple(places(paper, tr)),
    )


def _shortened(raw: str, item: Item, name: str, most: int) -> tuple[str, _Pieces]:
    """A field as plain text and in pieces, cut."""
    text = plain(raw)
    kept = cut(text, most) if most else ""
    return kept, tuple(pieces(kept, item.marks, name, len(kept) if kept == text else len(kept) - 2))


# What a mail says beside its papers ---------------------------------------------------------------------------------


def _subject(outgoing: Outgoing, tr: Language) -> str:
    """The title of an alert's paper; of a digest how many papers, for what and of which day."""
    if _is_one(outgoing):
        return _subject_of_one(outgoing.items[0], tr)
    names = _names(outgoing)
    what = _how_many(outgoing, names, tr) if outgoing.total else tr("No new papers")
    if outgoing.parts > 1:
        which = tr("part {part} of {parts}", part=outgoing.part, parts=outgoing.parts)
    else:
        which = tr.plural("{n} subscription", "{n} subscriptions", len(names)) if len(names) > 1 else ""
    return " · ".join(filter(None, [what, which, tr.day(_day(outgoing))]))


def _how_many(outgoing: Outgoing, names: Sequence[str], tr: Language) -> str:
    """How many papers there are for these subscriptions; where some are new versions of known ones, not all are new."""
    total, has_known = outgoing.total, any(version_of(one.kind) for one in outgoing.items)
    if len(names) == 1 and has_known:
        return tr.plural('{n} paper for "{name}"', '{n} papers for "{name}"', total, name=names[0])
    if len(names) == 1:
        return tr.plural('{n} new paper for "{name}"', '{n} new papers for "{name}"', total, name=names[0])
    if not names or has_known:
        return tr.plural("{n} paper", "{n} papers", total)
    return tr.plural("{n} new paper", "{n} new papers", total)


def _subject_of_one(item: Item, tr: Language) -> str:
    title, number = cut(plain(item.paper.title), _TITLE // 2), version_of(item.kind)
    return tr("Version {number}: {title}", number=number, title=title) if number else title


def _day(outgoing: Outgoing) -> date:
    return day_of(outgoing.slot) or outgoing.created_at.astimezone(zone(outgoing.zone)).date()


def _names(outgoing: Outgoing) -> list[str]:
    """The subscriptions that its papers are for, by name."""
    asked = (one for one in outgoing.items if not one.kind.startswith("reminder"))
    return list(dict.fromkeys(name for one in asked for name in one.reasons))


def _because(outgoing: Outgoing, tr: Language) -> str:
    names = _names(outgoing)
    if not outgoing.total:
        return tr("You get this mail because you want to hear of days without papers too.")
    if not names:
        return tr("You get this mail because you asked to be told of it again.")
    shown = ", ".join(tr("“{name}”", name=name) for name in names[:_NAMES]) + (" …" if len(names) > _NAMES else "")
    return tr.plural(
        "You get this mail because of your subscription {names}.",
        "You get this mail because of your {n} subscriptions: {names}.",
        len(names),
        names=shown,
    )


def _ways(outgoing: Outgoing, links: Links, tr: Language) -> Iterator[tuple[str, str]]:
    """What a reader can do about it: texts and addresses."""
    for id, name in list(subscriptions(outgoing).items())[:_NAMES]:
        if id in links.unsubscribe_one:
            yield tr("Unsubscribe from “{name}”", name=name), links.unsubscribe_one[id]
    if links.unsubscribe_all:
        yield tr("Unsubscribe from everything"), links.unsubscribe_all
    if links.manage:
        yield tr("Change your subscriptions"), links.manage
    if links.archive:
        yield tr("Read this on the web"), links.archive


def subscriptions(outgoing: Outgoing) -> dict[int, str]:
    """The subscriptions that its papers are for: ids and names."""
    pairs = (pair for one in outgoing.items for pair in zip(one.subscriptions, one.reasons, strict=False))
    return {id: name for id, name in pairs if id}


def _name(name: str) -> str:
    return isolated(cut(one_line(name), _NAME))


def isolated(name: str) -> str:
    """The name, which does not turn around what stands beside it where it is written from right to left
    (https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates)."""
    turns = any(unicodedata.bidirectional(char) in ("R", "AL") for char in name)
    return f"\u2068{name}\u2069" if turns else name


# The two forms ------------------------------------------------------------------------------------------------------


def _html(content: _Content) -> str:
    return _template().render(content=content)


@cache
def _template() -> Template:
    """The template, with the rules of its style sheet in its tags: many readers drop style sheets. Done once, before
    there is anything in it, which took a fifth of the time of a mail."""
    jinja = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    source, _, _ = PackageLoader("bot", "templates").get_source(jinja, "mail.html")
    return jinja.from_string(CSSInliner(load_remote_stylesheets=False).inline(source))


def _text(content: _Content) -> str:
    """The plain text: paragraphs with an empty line between them."""
    paragraphs = [_folded(content.heading)]
    for name, cards in content.groups:
        paragraphs += [
            f"== {name} ==" if name else "",
            *(paragraph for card in cards for paragraph in _card_text(card)),
        ]
    more = [content.more and f"{content.more} {content.archive}".strip()]
    ways = [f"{text}: {url}" for text, url in content.ways]
    ending = [*more, _folded(content.coverage), "-- \n" + _folded(content.because), "\n".join(ways)]
    return "\n\n".join(filter(None, [*paragraphs, *ending])) + "\n"


def _card_text(card: _Card) -> Iterator[str]:
    number = f"{card.number}. " if card.number else ""
    yield "\n".join(filter(None, [_folded(number + card.title), card.url, *map(_folded, card.lines)]))
    yield _folded(card.abstract)
    ends = [card.why, card.news]
    yield "\n".join([*(_folded(line) for line in ends if line), *(f"{name}: {url}" for name, url in card.places)])


def _folded(text: str) -> str:
    """The text in lines of whole words, as textwrap has them, in a twentieth of its time."""
    return "\n".join(_LINES.findall(text))
