"""The fake arXiv's pages, in the markup of tests/fixtures/arxiv: /list/CLASS/new, /catchup/CLASS/DAY, and errors."""

from collections.abc import Iterator
from datetime import date
from html import escape
from typing import NamedTuple

from farside.arxiv_ledger import CLASSES, Invented, View

_HEADINGS = {"new": "New submissions", "cross": "Cross submissions", "replaced": "Replacement submissions"}
_HEAD = """<!DOCTYPE html>
<html lang="en">

<head><script>document.documentElement.classList.add('js');</script>  <title>{title}</title>
</head>

<body class="with-cu-identity">
  <div class="flex-wrap-footer">
    <main>
      <div id="content">
"""
_FOOT = """      </div>
    </main>

<footer class="ds-site-footer">
  <nav class="ds-site-footer-links" aria-label="Site navigation">
    <a href="https://status.arxiv.org" target="_blank" rel="noopener noreferrer">Operational Status</a>
  </nav>
</footer>  </div>
</body>

</html>"""
_NEW = """<div id='content-inner'>
<div id='dlpage'>
  <h1>{name}</h1>

<ul>
  <li><a href="#item0">New submissions</a></li>
</ul>

<p>See <a id="recent-{part}" aria-labelledby="recent-{part}" href="/list/{part}/recent">recent</a> articles</p>
<h3>Showing new listings for {day}</h3>

{paging}
{sections}
{paging}
</div>
</div>"""
_CATCHUP = """<div id='content-inner'>
<div id='dlpage'>
  <h1>Catchup results for {name} on {day}</h1>

    <ul>
    </ul>
    

    <div>
        <a href="/catchup/{part}/{next_day}?abs=True&amp;page=1">Continue to the next day</a>
        <br><br>
      
      Total of {total} entries for {day}
      

    </div>

{sections}

    <div></div>
    Total of {total} entries for {day}

</div>
</div>"""  # noqa: W293 - as arXiv writes it
_SECTION = """
      <dl id='articles'>
    <h3>{heading}</h3>

{entries}
</dl>
"""
_ENTRY = """
    <dt>
      <a name='item{number}'>[{number}]</a>
      <a href ="/abs/{id}" title="Abstract" id="{id}">
        arXiv:{id}
      </a>
      {mark}
        [<a href="/pdf/{id}" title="Download PDF" id="pdf-{id}" aria-labelledby="pdf-{id}">pdf</a>, {html}<a href="/format/{id}" title="Other formats" id="oth-{id}" aria-labelledby="oth-{id}">other</a>]
    </dt>
    <dd>
      <div class='meta'>
        <div class='list-title mathjax'><span class='descriptor'>Title:</span>
          {title}
        </div>
        <div class='list-authors'>{authors}</div>
{comments}
        <div class='list-subjects'><span class='descriptor'>Subjects:</span>
          {subjects}
        </div>

        <p class='mathjax'>
          {abstract}
        </p>
      </div>
    </dd>"""  # noqa: E501 - as arXiv writes it
_HTML = """<a href="https://arxiv.org/html/{id}v{version}" title="View HTML" id="html-{id}" aria-labelledby="html-{id}" rel="noopener noreferrer" target="_blank">html</a>, """  # noqa: E501
_COMMENTS = """
        <div class='list-comments mathjax'><span class='descriptor'>Comments:</span>
          {comments}
        </div>
"""


class _Numbered(NamedTuple):
    """A paper with its section and its number in the whole list, from 1."""

    kind: str
    number: int
    paper: Invented


def new_page(view: View, skip: int, show: int) -> str:
    """/list/CLASS/new: the entries from number `skip + 1` on, `show` of them at most."""
    total = _total(view)
    filled = _NEW.format(
        name=CLASSES[view.batch.part],
        part=view.batch.part,
        day=_long(view.day),
        paging=_paging(view.batch.part, total, skip, show) if total else "",
        sections=_sections(view, skip, show) or ("" if total else "\n    <p>No updates today.</p>\n"),
    )
    return _page(CLASSES[view.batch.part] + "  \n  ", filled)


def catchup_page(view: View, next_day: date, number: int, size: int) -> str:
    """/catchup/CLASS/DAY: page `number` of pages of `size` entries. `next_day` is where its link leads."""
    total, day = _total(view), _short(view.day)
    filled = _CATCHUP.format(
        name=CLASSES[view.batch.part],
        part=view.batch.part,
        day=day,
        next_day=next_day,
        total=total,
        sections=_sections(view, (number - 1) * size, size) or _no_updates(view, total),
    )
    return _page("", filled)


def bad_request(reason: str) -> str:
    """A page for status 400."""
    told = escape(reason)
    body = f"\n<h1>{told}</h1>\n<p>The server cannot process your request due to syntax errors, missing \n"
    return _page(told, body + "  required data or invalid content-type. Please check your URL and try again.</p>\n")


def _page(title: str, content: str) -> str:
    return _HEAD.format(title=title) + content + _FOOT


def _no_updates(view: View, total: int) -> str:
    day = _short(view.day)
    said = f"No further updates for {day}" if total else (
        f"<p>No updates for {day}. There was either no announcement for this day, "
        "or no updates within the requested subject.</p>"
    )  # fmt: skip
    return f"\n      <br>\n        <div>\n          {said}\n        </div>\n      <br>\n"


def _total(view: View) -> int:
    batch = view.batch
    return (len(batch.new) if view.says is None else view.says) + len(batch.cross) + len(batch.replaced)


def _paging(part: str, total: int, skip: int, show: int) -> str:
    if show >= total:
        return f"      <div class='paging'>Total of {total} entries \n    </div>"
    spans = "\n      ".join(_span(part, first, min(first + show, total), skip, show) for first in range(0, total, show))
    return f"      <div class='paging'>Total of {total} entries :      {spans}\n\n    </div>"


def _span(part: str, first: int, last: int, skip: int, show: int) -> str:
    if first == skip:
        return f"<span>{first + 1}-{last}</span>"
    return f"<a href=/list/{part}/new?skip={first}&amp;show={show}>{first + 1}-{last}</a>"


def _sections(view: View, skip: int, show: int) -> str:
    """The sections of which this slice of the list shows something; those without papers are absent."""
    numbered = list(_numbered(view))
    filled = []
    for kind in _HEADINGS:
        whole = [one for one in numbered if one.kind == kind]
        shown = [one for one in whole if skip < one.number <= skip + show]
        if shown:
            entries = "".join(_entry(one) for one in shown)
            filled.append(_SECTION.format(heading=_heading(view, whole, shown), entries=entries))
    return "".join(filled)


def _numbered(view: View) -> Iterator[_Numbered]:
    number = 0
    for kind in _HEADINGS:
        for paper in sorted(getattr(view.batch, kind), key=lambda one: one.id):
            number += 1
            yield _Numbered(kind, number, paper)


def _heading(view: View, whole: list[_Numbered], shown: list[_Numbered]) -> str:
    name, kind = _HEADINGS[shown[0].kind], shown[0].kind
    if kind == "new" and view.says is not None:
        return f"{name} (showing {view.says} of {view.says} entries)"
    begins, ends = shown[0] == whole[0], shown[-1] == whole[-1]
    how = "" if begins and ends else "first " if begins else "last " if ends else ""
    counts = f"showing {how}{len(shown)} of {len(whole)} entries"
    return f"{name} ({counts})" if begins else f"{name} (continued, {counts} )"


def _entry(one: _Numbered) -> str:
    paper = one.paper
    marks = {"cross": f"    (cross-list from {paper.classes[0]})\n", "replaced": "    (replaced)\n"}
    return _ENTRY.format(
        number=one.number,
        id=paper.id,
        mark=marks.get(one.kind, ""),
        html=_HTML.format(id=paper.id, version=paper.version) if paper.shows_version else "",
        title=escape(paper.title),
        authors=", ".join(map(_author, paper.authors)),
        comments=_COMMENTS.format(comments=escape(paper.comments)) if paper.comments else "",
        subjects=_subjects(paper),
        abstract=escape(paper.abstract),
    )


def _author(name: str) -> str:
    first, _, last = name.rpartition(" ")
    query = f"{last},+{first[:1]}"
    return f'<a href="https://arxiv.org/search/cs?searchtype=author&amp;query={escape(query)}">{escape(name)}</a>'


def _subjects(paper: Invented) -> str:
    primary, *others = (f"{CLASSES.get(one, one)} ({one})" for one in paper.classes)
    return "; ".join([f'<span class="primary-subject">{primary}</span>', *others])


def _long(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"


def _short(day: date) -> str:
    return f"{day:%a}, {day.day} {day:%b %Y}"
