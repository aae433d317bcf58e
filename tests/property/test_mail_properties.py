"""For any papers and queries: both parts of a mail say the same, and nothing in it is marked that we did not mark."""

from itertools import pairwise
from textwrap import fill

from farside.hostile import LONG, PAPERS_OF, SHORT, TEXTS
from farside.mail import read
from farside.mail_reader import shown, squeezed
from farside.world import NOON
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.channels import Item, Outgoing
from bot.channels.lines import cut
from bot.channels.mail_bytes import as_bytes, letter
from bot.channels.mail_text import MOST, PAPERS, Links, Mail, mail
from bot.language import LANGUAGES
from bot.mailbox import Mailbox
from bot.preview import met
from bot.query import document, explain, parse
from scrapers.paper import Paper
from scrapers.text import plain

OURS = {
    "html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td", "h1", "h2", "h3", "div", "p", "a",
    "mark",
}  # fmt: skip
LINKS = st.just(Links()) | st.just(
    Links({1: "https://papers.test/u?a=1&b=2"}, "https://papers.test/all", "", "https://papers.test/x")
)


@settings(
    deadline=None,
    max_examples=80,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    papers=st.lists(PAPERS_OF, min_size=1, max_size=6) | st.builds(lambda one: [one] * PAPERS, PAPERS_OF),
    query=st.sampled_from(["a", '"<b>"', "has:code", "upvotes>=1", "cs.CL", "agents OR x"]),
    names=st.lists(SHORT, min_size=1, max_size=3).map(tuple),
    kind=st.sampled_from(["alert", "digest"]),
    told=st.sampled_from(["new", "version:2", "rise:1", "reminder:2026-11-20"]),
    code=st.sampled_from(sorted(LANGUAGES)),
    coverage=TEXTS,
    links=LINKS,
    before=st.none() | st.tuples(SHORT, st.none() | TEXTS),
)
def test_every_mail(
    papers: list[Paper],
    query: str,
    names: tuple[str, ...],
    kind: str,
    told: str,
    code: str,
    coverage: str,
    links: Links,
    before: tuple[str, str | None] | None,
) -> None:
    items, asked = [], parse(query)
    for number, paper in enumerate(papers[: 1 if kind == "alert" else PAPERS], 1):
        prepared = document(paper)
        marks = explain(asked, prepared, NOON)
        found = tuple(met(marks, prepared))
        items.append(Item(number, paper, told, names, marks, tuple(range(1, len(names) + 1)), found, before))
    slot = "digest:2026-11-20 08:00"

    outgoing = Outgoing("1-2", kind, slot, 2, 3, 12_345, "UTC", NOON, tuple(items), 999, coverage, code)

    written = letter(outgoing, links)
    made = written.mail

    assert len(made.html.encode()) < MOST
    assert made.subject == " ".join(made.subject.splitlines())
    html = shown(made.html)
    assert html.tags <= OURS
    assert html.levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(html.levels))
    text, numbers = squeezed(made.text), iter(range(1, PAPERS + 1))
    for place, item in enumerate(items):
        title = squeezed(cut(plain(item.paper.title), 400))
        told_here = f"{next(numbers)}.{title}" if kind == "digest" else title
        is_in = told_here in text
        assert is_in == (told_here in html.text)
        assert is_in or place
    lines = [line.rpartition(" ")[2] for line in made.text.splitlines()]
    assert [link for link in lines if link in set(html.links)] == html.links
    check_bytes(as_bytes(written, Mailbox("Pap\u00e9rwatch", "alerts@papers.test"), "ada@example.org"), made)


@settings(deadline=None)
@given(TEXTS | LONG | st.lists(st.integers(1, 90)).map(lambda lengths: " ".join("x" * one for one in lengths)))
def test_lines_are_folded_as_textwrap_does(abstract: str) -> None:
    paper = Paper(title="T", abstract=abstract)
    one = Outgoing("1-2", "alert", "alert:1", 1, 1, 1, "UTC", NOON, (Item(1, paper, "new", ("x",)),))

    told = cut(plain(paper.abstract or ""), 10_000)
    assert f"\n\n{fill(told, 76, break_long_words=False, break_on_hyphens=False)}".rstrip() in mail(one).text


def check_bytes(data: bytes, made: Mail) -> None:
    """What is sent is read back as what was meant, by the standard library."""
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 250
    assert b"\n" not in data.replace(b"\r\n", b"")
    message = read(data)
    assert 13 <= len(message.keys()) <= 15
    assert (message["To"], message["Subject"]) == ("ada@example.org", made.subject)
    parts = [part.get_content().replace("\r\n", "\n") for part in message.iter_parts()]
    assert parts == [made.text, made.html]
