"""The fake arXiv's feeds, in the markup of tests/fixtures/arxiv: /rss/CLASS and /atom/CLASS."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from xml.sax.saxutils import escape

from farside.arxiv_ledger import NEW_YORK, Invented, View

_SPACES = 'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
_RSS = """<?xml version='1.0' encoding='UTF-8'?>
<rss {spaces} xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" version="2.0">
  <channel>
    <title>{title}</title>
    <link>https://rss.arxiv.org/rss/{part}</link>
    <description>{description}</description>
    <atom:link href="https://rss.arxiv.org/rss/{part}" rel="self" type="application/rss+xml"/>
    <docs>http://www.rssboard.org/rss-specification</docs>
    <language>en-us</language>
    <lastBuildDate>{built}</lastBuildDate>
    <managingEditor>rss-help@arxiv.org</managingEditor>
    <pubDate>{published}</pubDate>
    <skipDays>
      <day>Saturday</day>
      <day>Sunday</day>
    </skipDays>{items}
  </channel>
</rss>"""  # noqa: E501 - as arXiv writes it
_ITEM = """
    <item>
      <title>{title}</title>
      <link>https://arxiv.org/abs/{id}</link>
      <description>arXiv:{id}v{version} Announce Type: {kind} \nAbstract: {abstract}</description>
      <guid isPermaLink="false">oai:arXiv.org:{id}v{version}</guid>
      {categories}
      <pubDate>{published}</pubDate>
      <arxiv:announce_type>{kind}</arxiv:announce_type>
      <dc:rights>http://arxiv.org/licenses/nonexclusive-distrib/1.0/</dc:rights>
      <dc:creator>{authors}</dc:creator>
    </item>"""
_ATOM = """<?xml version='1.0' encoding='UTF-8'?>
<feed {spaces} xmlns="http://www.w3.org/2005/Atom" xml:lang="en-us">
  <id>https://rss.arxiv.org/atom/{part}</id>
  <title>{title}</title>
  <updated>{built}</updated>
  <link href="https://rss.arxiv.org/atom/{part}" rel="self" type="application/atom+xml"/>
  <subtitle>{description}</subtitle>{items}
</feed>"""
_ENTRY = """
  <entry>
    <id>oai:arXiv.org:{id}v{version}</id>
    <title>{title}</title>
    <updated>{built}</updated>
    <link href="https://arxiv.org/abs/{id}" rel="alternate" type="text/html"/>
    <summary>arXiv:{id}v{version} Announce Type: {kind} \nAbstract: {abstract}</summary>
    {categories}
    <published>{published}</published>
    <arxiv:announce_type>{kind}</arxiv:announce_type>
    <dc:rights>http://arxiv.org/licenses/nonexclusive-distrib/1.0/</dc:rights>
    <dc:creator>{authors}</dc:creator>
  </entry>"""


def rss(view: View) -> str:
    """The RSS of a day: empty where nothing was announced under it."""
    title, description = _naming(view.batch.part)
    midnight = _midnight(view.day)
    published = format_datetime(midnight)
    items = [
        _item(_ITEM, kind, paper, "<category>{}</category>", published=published) for kind, paper in _entries(view)
    ]
    built = format_datetime(midnight.astimezone(UTC))
    return _RSS.format(
        spaces=_SPACES, part=view.batch.part, title=title, description=description, built=built, published=published,
        items="".join(items),
    )  # fmt: skip


def atom(view: View) -> str:
    """The Atom of a day."""
    title, description = _naming(view.batch.part)
    midnight = _midnight(view.day)
    built, published = midnight.astimezone(UTC).isoformat(), midnight.isoformat()
    items = [
        _item(_ENTRY, kind, paper, '<category term="{}"/>', published=published, built=built)
        for kind, paper in _entries(view)
    ]
    return _ATOM.format(
        spaces=_SPACES, part=view.batch.part, title=title, description=description, built=built, items="".join(items)
    )


def feed_error(part: str, day: date, reason: str) -> str:
    """The feed that says why there is none, for status 400."""
    title = f"Feed error for query: https://rss.arxiv.org/rss/{escape(part)}"
    published = format_datetime(_midnight(day))
    return _RSS.format(
        spaces=_SPACES, part=escape(part), title=title, description=escape(reason), built=published,
        published=published, items="",
    )  # fmt: skip


def _naming(part: str) -> tuple[str, str]:
    return f"{part} updates on arXiv.org", f"{part} updates on the arXiv.org e-print archive."


def _entries(view: View) -> list[tuple[str, Invented]]:
    """New, cross, replaced; the cap drops those that come first."""
    found = list(_announced(view))
    return found[max(len(found) - view.cap, 0) :]


def _announced(view: View) -> Iterator[tuple[str, Invented]]:
    batch = view.batch
    replaced = [("replace" if one.classes[0] == batch.part else "replace-cross", one) for one in batch.replaced]
    yield from (("new", one) for one in batch.new)
    yield from (("cross", one) for one in batch.cross)
    yield from sorted(replaced, key=lambda one: one[0])


def _item(form: str, kind: str, paper: Invented, category: str, **dates: str) -> str:
    return form.format(
        id=paper.id,
        version=paper.version,
        title=escape(paper.title),
        abstract=escape(paper.abstract),
        authors=escape(", ".join(paper.authors)),
        categories="".join(map(category.format, paper.classes)),
        kind=kind,
        **dates,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), NEW_YORK)
