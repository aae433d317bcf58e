"""The fake arXiv's records, in the markup of tests/fixtures/arxiv: OAI-PMH (arXivRaw) and the query API by id."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from farside.arxiv_ledger import NEW_YORK, Invented

_OAI = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" 
         xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
         xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">
    <responseDate>{now:%Y-%m-%dT%H:%M:%SZ}</responseDate>
                <request>https://oaipmh.arxiv.org/oai</request>

{content}
</OAI-PMH>"""  # noqa: W291 - as arXiv writes it
_RECORD = """
                    <record>
                <header>
        <identifier>oai:arXiv.org:{id}</identifier>
        <datestamp>{day}</datestamp>
            {sets}
    </header>

            <metadata>
                        <arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://arxiv.org/OAI/arXivRaw/ http://arxiv.org/OAI/arXivRaw.xsd">
        <id>{id}</id>
        <submitter>{submitter}</submitter>{versions}
        <title>{title}</title>
        <authors>{authors}</authors>
        <categories>{categories}</categories>
            <license>http://arxiv.org/licenses/nonexclusive-distrib/1.0/</license>
            <abstract>  {abstract}
</abstract>
    </arXivRaw>

            </metadata>
        </record>
"""  # noqa: E501 - as arXiv writes it
_VERSION = """
            <version version="v{number}">
                <date>{date}</date>
                <size>44kb</size>
            </version>"""
_API = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/9ZqTEAcups0000000000000000</id>
  <title>{title}</title>
  <updated>{now:%Y-%m-%dT%H:%M:%SZ}</updated>
  <opensearch:itemsPerPage>{per_page}</opensearch:itemsPerPage>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>{entries}
</feed>"""
_ENTRY = """
  <entry>
    <id>http://arxiv.org/abs/{id}v{version}</id>
    <title>{title}</title>
    <updated>{updated}</updated>
    <link href="https://arxiv.org/abs/{id}v{version}" rel="alternate" type="text/html"/>
    <link href="https://arxiv.org/pdf/{id}v{version}" rel="related" type="application/pdf" title="pdf"/>
    <summary>{abstract}</summary>
    {categories}
    <published>{published}</published>
    <arxiv:primary_category term="{primary}"/>
    {authors}
  </entry>"""
_ERROR = """
  <entry>
    <id>https://arxiv.org/api/errors#{name}</id>
    <title>Error</title>
    <updated>{now:%Y-%m-%dT%H:%M:%SZ}</updated>
    <link href="https://arxiv.org/api/errors#{name}" rel="alternate" type="text/html"/>
    <summary>{reason}</summary>
    <author>
      <name>arXiv api core</name>
    </author>
  </entry>"""


class Token(NamedTuple):
    """A resumption token, and the end of the day on which it was given."""

    text: str
    expires: datetime


def list_records(found: Iterable[tuple[Invented, date]], token: Token | None, now: datetime) -> str:
    """An answer of ListRecords; `token` leads to the records after, if there are more."""
    told = "".join(_record(paper, day) for paper, day in found)
    if token:
        expires = f"{token.expires:%Y-%m-%dT%H:%M:%SZ}"
        told += f"\n            <resumptionToken expires='{expires}'>{escape(token.text)}</resumptionToken>\n"
    return _OAI.format(now=now, content=f"\n    <ListRecords>{told}\n    </ListRecords>")


def oai_error(code: str, reason: str, now: datetime) -> str:
    """An error of OAI-PMH, which comes with status 200."""
    return _OAI.format(now=now, content=f"\n    <error code={quoteattr(code)}>{escape(reason)}</error>")


def sets_of(paper: Invented) -> list[str]:
    """The names of all sets that the paper is in: `cs`, `cs:cs:CL`, `physics:hep-th`."""
    found = {name for one in paper.classes for name in _sets_of_class(one)}
    return sorted(found)


def _sets_of_class(code: str) -> list[str]:
    archive, _, name = code.partition(".")
    group = "physics" if archive == "hep-th" else archive
    return [group, f"{group}:{archive}:{name}" if name else f"{group}:{archive}"]


def _record(paper: Invented, day: date) -> str:
    versions = (
        _VERSION.format(number=number, date=format_datetime(_day_of(paper, number)))
        for number in range(1, paper.version + 1)
    )
    return _RECORD.format(
        id=paper.id,
        day=day,
        sets="".join(f"<setSpec>{one}</setSpec>" for one in sets_of(paper)),
        submitter=escape(paper.authors[0]),
        versions="".join(versions),
        title=escape(paper.title),
        authors=escape(", ".join(paper.authors)),
        categories=" ".join(paper.classes),
        abstract=escape(paper.abstract),
    )


def _day_of(paper: Invented, version: int) -> datetime:
    """When that version was submitted: the first on the first day of the month in its id, each later a day later."""
    first = datetime.strptime(paper.id[:4], "%y%m").replace(tzinfo=NEW_YORK)
    return first + timedelta(days=version - 1)


def by_id(found: Sequence[Invented], title: str, *, start: int, per_page: int, now: datetime) -> str:
    """An answer of the query API: these papers from number `start` on."""
    shown = found[start : start + per_page]
    entries = "".join(map(_entry, shown))
    return _API.format(title=escape(title), now=now, per_page=per_page, total=len(found), start=start, entries=entries)


def api_error(reason: str, now: datetime) -> str:
    """The answer of the query API with status 400."""
    entry = _ERROR.format(name=reason.replace(" ", "_"), now=now, reason=escape(reason))
    return _API.format(title="arXiv Search Results", now=now, per_page=1, total=1, start=0, entries=entry)


def _entry(paper: Invented) -> str:
    return _ENTRY.format(
        id=paper.id,
        version=paper.version,
        title=escape(paper.title),
        updated=_day_of(paper, paper.version).isoformat(),
        abstract=escape(paper.abstract),
        categories="".join(f'<category term="{one}" scheme="http://arxiv.org/schemas/atom"/>' for one in paper.classes),
        published=_day_of(paper, 1).isoformat(),
        primary=paper.classes[0],
        authors="".join(f"<author><name>{escape(one)}</name></author>" for one in paper.authors),
    )
