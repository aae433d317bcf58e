"""Recorded answers of arXiv, from $PAPERWATCH_CORPUS or ../shared/corpus beside the repository."""

import asyncio
import json
import os
import re
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scrapers import categories, saved
from scrapers.crawl import crawl, load
from scrapers.paper import Paper
from scrapers.request import Listed, ListingError, Page, Request, Response

arxiv = load("arxiv")
ROOT = Path(os.environ.get("PAPERWATCH_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus") / "arxiv"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not ROOT.is_dir(), reason=f"there is no corpus at {ROOT.parent} (set PAPERWATCH_CORPUS)"),
]

TODAY = date(2026, 11, 21)
JUNE = date(2026, 6, 30)
# file: day, new, cross-listed, replaced; each of them states as many as it holds
WHOLE = {
    "listing/cs.CL_new_2026-06-30.html": ("2026-06-30", 117, 19, 15),
    "listing/astro-ph_new_2023-03-03.html": ("2023-03-03", 53, 4, 40),
    "listing/q-fin_new_2023-03-17.html": ("2023-03-17", 13, 0, 3),
    "listing/math.AG_new_no_new_submissions.html": ("2023-06-09", 0, 1, 1),
    "listing/cs.AI_new_2026-08-12_excerpt.html": ("2026-08-12", 2, 2, 2),
    "catchup/cs.CL_catchup_2026-06-26_abs.html": ("2026-06-26", 68, 11, 21),
    "rss/rss_cs.CL_2026-06-30.xml": ("2026-06-30", 117, 19, 15),
    "rss/rss_cs.CL_2026-06-26.xml": ("2026-06-26", 68, 11, 21),
    "rss/atom_cs.CL_2026-06-30.xml": ("2026-06-30", 117, 19, 15),
    "rss/atom_cs.AI_2025-08-20_excerpt.xml": ("2025-08-20", 2, 5, 0),
}
PAGES = {  # file: papers on this page, papers of the list, the page after
    "listing/cs.CL_new_show25.html": (25, 151, "skip=25"),
    "listing/cs.CL_recent_show50.html": (50, 546, "skip=50"),
    "listing/astro-ph.GA_recent.html": (50, 101, "skip=50"),
}
QUIET = {
    "listing/cs.CL_new_EMPTY_no_updates.html": date(2011, 2, 3),
    "catchup/cs.CL_catchup_2026-06-28_sunday_empty.html": date(2026, 6, 28),
    "rss/rss_cs.CL_2026-06-28_sunday_empty.xml": date(2026, 6, 28),
    "oai/ListRecords_set_cs_cs_CL.xml": None,
    "oai/error_noRecordsMatch.xml": None,
    "api_atom/id_0000.0000_s0_m100_8b51d9633a68.xml": None,
}
REFUSED = {
    "listing/error_400_bad_category.html": "no listing",
    "catchup/catchup_error_400_older_than_90_days.html": "no listing",
    "rss/rss_error_bad_class.xml": "Bad subject class",
    "rss/rss_error_version.xml": "Unsupported feed version",
    "rss/atom_error_empty.xml": "Invalid archive specification",
    "api_atom/id_abc_s0_m100_b79c8dcf6bc3.xml": "incorrect id format for abc",
    "oai/error_badArgument_date.xml": "badArgument",
    "oai/error_badArgument_noprefix.xml": "badArgument",
    "oai/error_badArgument_set.xml": "badArgument",
    "oai/error_badResumptionToken.xml": "badResumptionToken",
    "oai/error_badVerb.xml": "badVerb",
    "oai/error_cannotDisseminateFormat.xml": "cannotDisseminateFormat",
    "oai/error_idDoesNotExist.xml": "idDoesNotExist",
    "oai/ListRecords_oai_dc.xml": "neither of the formats",
    **{f"oai/{name}.xml": "not a list of records" for name in ("Identify", "ListIdentifiers", "ListSets")},
    "oai/ListMetadataFormats.xml": "not a list of records",
}
RECORDS = {  # file: papers
    "oai/GetRecord_arXivRaw_1102.0541.xml": 1,
    "oai/GetRecord_arXiv_1102.0541.xml": 1,
    "oai/fatcat_arxivraw_1810.09584.xml": 1,
    "oai/hepcrawl_arxiv-physics-hep-th.xml": 3,
    "oai/ListRecords_arXivRaw_page1.xml": 40,
    **{f"oai/ListRecords_arXiv_page{n}.xml": 18 if n == 13 else 40 for n in range(1, 14)},
    "api_atom/id_1605.08386_s0_m100_199195aa31ad.xml": 1,
    "api_atom/id_2104.12255v1_s0_m100_6ae69987ffe1.xml": 1,
    "api_atom/id_quant-ph_0201082v1_s0_m100_86989fe779ef.xml": 1,
    "api_atom/q_testing_s0_m100_cfe7536492ca.xml": 100,
    "api_atom/q_testing_s0_m10_bc5a6c384fe9.xml": 10,
    "api_atom/q_testing_s5_m10_c0e94a259d4a.xml": 10,
}
PAST_THE_END = "catchup/cs.CL_catchup_2026-06-30_page2_past_end.html"
TYPES = ("new", "cross", "replace")


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def read(name: str) -> Page:
    return arxiv.parse_saved(text_of(name))


def by_id(page: Page) -> dict[str, Listed]:
    return {entry.paper.identifier("arxiv") or "": entry for entry in page.listed}


def asked(transport: str, name: str, status: int = 200, **options: Any) -> Page:
    (request,) = arxiv.start(arxiv.base_url, transport, **options)
    return arxiv.parse(Response(request, request.url, status, (ROOT / name).read_bytes()))


def test_no_recorded_answer_is_forgotten():
    kinds = ("listing", "catchup", "rss", "oai", "api_atom")
    files = {f"{kind}/{path.name}" for kind in kinds for path in (ROOT / kind).iterdir()}
    assert files == {*WHOLE, *PAGES, *QUIET, *REFUSED, *RECORDS, PAST_THE_END}


@pytest.mark.parametrize("name", WHOLE)
def test_every_list_holds_what_it_states(name: str):
    day, *counts = WHOLE[name]
    page = read(name)
    announced = Counter(entry.announced for entry in page.listed)
    assert [announced[kind] for kind in TYPES] == counts
    assert page.stated == len(page.listed) == sum(counts)
    assert (page.day, page.skipped, page.problem, page.further) == (date.fromisoformat(day), (), None, ())
    assert [entry.rank for entry in page.listed] == list(range(1, sum(counts) + 1))
    assert {entry.day for entry in page.listed} == {page.day}
    paragraphs = len(re.findall(r"<p class='mathjax'>\s*[^\s<]", text_of(name)))
    for entry in page.listed:
        assert_is_whole(entry.paper)
    # Pages of 2023 were rendered without the abstracts of replaced papers.
    abstracts = sum(1 for entry in page.listed if entry.paper.abstract)
    assert abstracts == (paragraphs if name.endswith("html") else len(page.listed))
    assert saved.read((ROOT / name).read_bytes(), today=TODAY).listed == page.listed


def assert_is_whole(paper: Paper) -> None:
    assert paper.authors
    assert paper.categories
    assert set(paper.categories) <= categories.CLASSES | categories.SUBSUMED.keys()
    words = f"{paper.title} {paper.abstract} {paper.note}"
    assert not re.search(r"\n|this https? URL|^(Title|Comments|Subjects):|Announce Type|&(amp|lt|gt|#\d+);|</", words)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_many_states_the_whole_list_and_leads_on(name: str):
    count, total, after = PAGES[name]
    part = name.split("/")[1].split("_")[0]
    page = asked("new" if "_new_" in name else "recent", name, part=part)
    assert (len(page.listed), page.stated, page.problem, page.skipped) == (count, total, None, ())
    assert len(page.further) == 1
    assert after in page.further[0].url
    for entry in page.listed:
        assert_is_whole(entry.paper)
        assert bool(entry.paper.abstract) == ("_new_" in name)


def test_recent_lists_give_each_paper_its_day():
    days = Counter(entry.day for entry in read("listing/astro-ph.GA_recent.html").listed)
    assert days == {date(2023, 3, 2): 15, date(2023, 3, 1): 26, date(2023, 2, 28): 9}


def test_a_page_past_the_end_is_no_empty_day():
    page = asked("catchup", PAST_THE_END, part="cs.CL", day=JUNE)
    assert (page.listed, page.stated, page.day) == ((), None, JUNE)
    assert page.problem == "the page is past the end of the list of 151 papers"


@pytest.mark.parametrize("name", QUIET)
def test_what_is_stated_to_be_empty_is_empty(name: str):
    page = read(name)
    assert (page.listed, page.stated, page.day, page.problem, page.skipped) == ((), 0, QUIET[name], None, ())


@pytest.mark.parametrize("name", REFUSED)
def test_errors_are_told(name: str):
    with pytest.raises(ListingError, match=REFUSED[name]):
        read(name)


@pytest.mark.parametrize(
    ("transport", "name", "reason"),
    [
        ("new", "listing/error_400_bad_category.html", "Invalid archive or category: bogus"),
        ("catchup", "catchup/catchup_error_400_older_than_90_days.html", "only allowed for past 90 days"),
        ("rss", "rss/rss_error_bad_class.xml", "Bad subject class"),
        ("rss", "rss/rss_error_version.xml", "Unsupported feed version"),
    ],
)
def test_status_400_is_told_with_its_reason(transport: str, name: str, reason: str):
    with pytest.raises(ListingError, match=f"status 400: .*{reason}"):
        asked(transport, name, 400, part="cs.CL", day=JUNE)


def test_the_api_error_is_told_with_its_reason():
    with pytest.raises(ListingError, match="status 400: incorrect id format for abc"):
        asked("api", "api_atom/id_abc_s0_m100_b79c8dcf6bc3.xml", 400, ids=["2606.28354"])


@pytest.mark.parametrize("name", RECORDS)
def test_records_and_entries_are_all_read(name: str):
    page = read(name)
    assert len(page.listed) == page.stated == RECORDS[name]
    assert page.skipped == ()
    for entry in page.listed:
        assert_is_whole(entry.paper)
        assert (entry.paper.version is None) == ("_arXiv_" in name or "hepcrawl" in name)


def compared(one: str, other: str, *, leave_out: set[str]) -> int:
    """How many papers two transports give, and that each is the same in both."""
    here, there = by_id(read(one)), by_id(read(other))
    assert list(here) == list(there)
    for id, entry in here.items():
        assert (entry.announced, entry.day, entry.rank, entry.part) == (
            there[id].announced,
            there[id].day,
            there[id].rank,
            there[id].part,
        )
        assert facts(entry.paper, leave_out) == facts(there[id].paper, leave_out)
    return len(here)


def facts(paper: Paper, leave_out: set[str]) -> dict[str, Any]:
    """Pages do not show whether an address was written with its scheme: that one difference does not count."""
    kept = paper.model_dump(exclude=leave_out)
    return {**kept, "abstract": (paper.abstract or "").replace("http://", "")}


def test_page_and_feed_of_a_day_give_the_same_papers():
    # What one of the two does not carry: the version, comments; the feed's licence is an extra.
    leave_out = {"version", "note", "extras", "identifiers"}
    assert compared("listing/cs.CL_new_2026-06-30.html", "rss/rss_cs.CL_2026-06-30.xml", leave_out=leave_out) == 151
    assert (
        compared("catchup/cs.CL_catchup_2026-06-26_abs.html", "rss/rss_cs.CL_2026-06-26.xml", leave_out=leave_out)
        == 100
    )
    assert compared("rss/rss_cs.CL_2026-06-30.xml", "rss/atom_cs.CL_2026-06-30.xml", leave_out=set()) == 151


def test_a_shorter_page_begins_like_the_whole():
    part, whole = read("listing/cs.CL_new_show25.html"), read("listing/cs.CL_new_2026-06-30.html")
    assert list(by_id(part)) == list(by_id(whole))[:25]


def test_the_walk_of_oai_gives_every_record_once():
    files = [f"oai/ListRecords_arXiv_page{n}.xml" for n in range(1, 14)]
    tokens = [re.search(r"<resumptionToken[^>]*>([^<]+)<", text_of(name)) for name in files]
    answers = {"": files[0]} | {found[1]: after for found, after in zip(tokens, files[1:], strict=False) if found}

    async def fetch(request: Request) -> Response:
        token = re.search(r"resumptionToken=(.+)", request.url)
        name = answers[_unquoted(token[1]) if token else ""]
        return Response(request, request.url, 200, (ROOT / name).read_bytes())

    whole = asyncio.run(crawl(arxiv, arxiv.start(arxiv.base_url, "oai", since=date(2011, 2, 3)), fetch))
    assert len(whole.listed) == whole.stated == 498
    assert len({entry.paper.identifier("arxiv") for entry in whole.listed}) == 498
    assert (whole.problem, whole.skipped) == (None, ())


def _unquoted(token: str) -> str:
    return token.replace("%25", "%")


def test_both_formats_of_oai_give_the_same_papers():
    raw, parsed = by_id(read("oai/ListRecords_arXivRaw_page1.xml")), by_id(read("oai/ListRecords_arXiv_page1.xml"))
    both = raw.keys() & parsed.keys()
    assert len(both) == 39
    for id in both:
        here, there = raw[id].paper, parsed[id].paper
        assert {"published", "updated", "version"} <= here.model_fields_set
        assert (here.title, here.abstract, here.categories, here.note) == (
            there.title,
            there.abstract,
            there.categories,
            there.note,
        )
        assert [_letters(name) for name in here.authors] == [_letters(name) for name in there.authors]
        assert here.published is not None
        assert len(here.extras["versions"]) == here.version


def _letters(name: str) -> str:
    """The format `arXiv` puts blanks between initials."""
    return "".join(char for char in name if char.isalnum())


def test_created_is_the_day_of_the_first_version_on_the_old_server_only():
    """Why no day of the format `arXiv` is kept."""
    raw = by_id(read("oai/ListRecords_arXivRaw_page1.xml"))
    records = re.findall(r"<id>(.*?)</id>\s*<created>(.*?)</created>", text_of("oai/ListRecords_arXiv_page1.xml"))
    revised = [(raw[id].paper, day) for id, day in records if id in raw and (raw[id].paper.version or 1) > 1]
    assert len(revised) > 20
    assert all(str(paper.updated) == day for paper, day in revised)
    old = re.search(r"<id>1412\.8323</id><created>(.*?)</created>", text_of("oai/hepcrawl_arxiv-physics-hep-th.xml"))
    assert old
    assert old[1] == "2014-12-29"


def test_a_paper_whose_title_is_0():
    (entry,) = read("api_atom/id_2104.12255v1_s0_m100_6ae69987ffe1.xml").listed
    paper = entry.paper
    assert (paper.title, paper.version, paper.published) == ("0", 1, date(2021, 4, 20))
    assert paper.updated == paper.published


def test_entries_of_the_api_in_figures():
    entries = [entry.paper for entry in read("api_atom/q_testing_s0_m100_cfe7536492ca.xml").listed]
    raw = text_of("api_atom/q_testing_s0_m100_cfe7536492ca.xml")
    assert sum(1 for paper in entries if paper.identifier("doi")) == raw.count("<arxiv:doi>")
    assert sum(1 for paper in entries if "journal_ref" in paper.extras) == raw.count("<arxiv:journal_ref>")
    assert sum(1 for paper in entries if paper.note) == raw.count("<arxiv:comment>")
    codes = set(re.findall(r'<category term="([^"]+)"', raw))
    dropped = codes - {code for paper in entries for code in paper.categories}
    assert dropped <= categories.ALIASES.keys() | set(categories.ALIASES.values())
    first = re.findall(r'<arxiv:primary_category term="([^"]+)"', raw)
    assert [paper.categories[0] for paper in entries] == first


def test_long_lists_of_authors_say_how_many_are_missing():
    cut = [e.paper for e in read("listing/astro-ph_new_2023-03-03.html").listed if e.paper.authors_truncated]
    missing = [(paper.authors_count or 0) - len(paper.authors) for paper in cut]
    assert sorted(missing) == sorted(
        int(found) for found in re.findall(r"\((\d+) additional", text_of("listing/astro-ph_new_2023-03-03.html"))
    )
    assert missing


def test_the_classes_are_those_of_arxivs_table():
    table = json.loads(text_of("arxiv_taxonomy.json"))
    active = {name for name, one in table["categories"].items() if one["active"]}
    assert active == categories.CLASSES
    assert {name for name, one in table["archives"].items() if one["active"]} - {"test"} == categories.ARCHIVES
    subsumed = {name: one["subsumed_by"] for name, one in table["archives"].items() if one.get("subsumed_by")}
    assert subsumed == categories.SUBSUMED
    other = {name: one["alt_name"] for name, one in table["categories"].items() if one["active"] and one["alt_name"]}
    known = categories.ALIASES | {v: k for k, v in categories.ALIASES.items()} | {v: k for k, v in subsumed.items()}
    assert other.items() <= known.items()


def test_a_large_list_is_read_quickly():
    body = (ROOT / "listing/cs.CL_new_2026-06-30.html").read_bytes()
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        arxiv.parse(Response(Request("", "new"), "", 200, body))
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.25
