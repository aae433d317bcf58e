"""arXiv beyond its fixtures: requests, refusals, pages that contradict themselves, caps, odd authors; and crawls."""

import asyncio
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from scrapers import saved
from scrapers.crawl import Crawl, crawl, load
from scrapers.request import ListingError, NotOpenYet, Page, Request, Response
from scrapers.sources.arxiv.authors import as_submitted, separated_by_commas

arxiv = load("arxiv")
huggingface = load("huggingface")
DAY = date(2026, 11, 19)
SITE = "http://127.0.0.1:8080/"
RECORDS = "https://oaipmh.arxiv.org/oai?verb=ListRecords&metadataPrefix=arXivRaw"
TODAY = "<html><body><h3>Showing new listings for Thursday, 19 November 2026</h3>"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "arxiv"


def fixture(name: str) -> str:
    return (FIXTURES / name).read_text("utf-8")


def parse(text: str, transport: str = "new", url: str = "", status: int = 200, part: str = "cs.CL") -> Page:
    request = Request(url or arxiv.base_url, transport, day=DAY, part=part)
    return arxiv.parse(Response(request, request.url, status, text.encode()))


def ids(page: Page | Crawl) -> list[str | None]:
    return [entry.paper.identifier("arxiv") for entry in page.listed]


def new_page(cards: Iterable[str], heading: str, total: int) -> str:
    text = fixture("new_2026-11-19.html").replace("Total of 7 entries", f"Total of {total} entries")
    before, _, rest = text.partition("      <dl id='articles'>")
    return f"{before}<dl id='articles'><h3>{heading}</h3>{''.join(cards)}</dl>{rest[rest.rindex('</dl>') :]}"


def card(number: int) -> str:
    whole = re.findall(r"<dt>.*?</dd>", fixture("new_2026-11-19.html"), re.DOTALL)[0]
    return whole.replace("2611.99001", f"2611.{number:05}").replace("item1", f"item{number}")


@pytest.mark.parametrize(
    ("transport", "options", "address"),
    [
        ("new", {"part": "cs.cl"}, "https://arxiv.org/list/cs.CL/new?skip=0&show=2000"),
        ("recent", {"part": "math.NA"}, "https://arxiv.org/list/math.NA/recent?skip=0&show=2000"),
        ("catchup", {"part": "cs.CL", "day": DAY}, "https://arxiv.org/catchup/cs.CL/2026-11-19?abs=True&page=1"),
        ("rss", {"part": "cs.CL", "day": DAY}, "https://rss.arxiv.org/rss/cs.CL"),
        ("atom", {"part": "hep-th"}, "https://rss.arxiv.org/atom/hep-th"),
        (
            "oai",
            {"part": "astro-ph.EP", "day": DAY},
            f"{RECORDS}&set=physics%3Aastro-ph%3AEP&from=2026-11-19&until=2026-11-19",
        ),
        (
            "oai",
            {"since": date(2026, 11, 1), "until": DAY},
            f"{RECORDS}&from=2026-11-01&until=2026-11-19",
        ),
        (
            "api",
            {"ids": ["arXiv:2611.99001v2", "math.CA/0611800"]},
            "https://export.arxiv.org/api/query?id_list=2611.99001v2,math/0611800&max_results=2",
        ),
    ],
)
def test_asks_for_each_list_at_its_host(transport: str, options: dict[str, Any], address: str):
    (request,) = arxiv.start(arxiv.base_url, transport, **options)
    assert (request.url, request.transport, request.day) == (address, transport, options.get("day"))
    (elsewhere,) = arxiv.start(SITE, transport, **options)
    assert elsewhere.url == SITE + address.split("/", 3)[3]


@pytest.mark.parametrize(
    ("part", "name"),
    [("cs", "cs"), ("cs.CL", "cs%3Acs%3ACL"), ("hep-th", "physics%3Ahep-th"), ("nlin.CD", "physics%3Anlin%3ACD")],
)
def test_oai_has_its_own_names_for_classes(part: str, name: str):
    (request,) = arxiv.start(arxiv.base_url, "oai", part=part, day=DAY)
    assert f"&set={name}&" in request.url


def test_ids_are_asked_a_hundred_at_a_time():
    requests = arxiv.start(arxiv.base_url, "api", ids=[f"2611.{n:05}" for n in (*range(1, 251), 7)])
    assert [request.url.rpartition("=")[2] for request in requests] == ["100", "100", "50"]


@pytest.mark.parametrize(
    ("transport", "options", "reason"),
    [
        ("new", {}, "class by class"),
        ("new", {"part": "cs.ZZ"}, "no class 'cs.ZZ'"),
        ("catchup", {"part": "cs.CL"}, "needs a day"),
        ("oai", {"part": "cs.CL"}, "needs a day"),
        ("api", {}, "give some"),
        ("api", {"ids": ["704.0492"]}, "'704.0492' is not an arXiv id"),
        ("api", {"ids": ["1911.048"]}, "'1911.048' is not an arXiv id"),
        ("mail", {"part": "cs.CL"}, "not by 'mail'"),
    ],
)
def test_refuses_what_cannot_be_asked(transport: str, options: dict[str, Any], reason: str):
    with pytest.raises(ValueError, match=reason):
        arxiv.start(arxiv.base_url, transport, **options)


@pytest.mark.parametrize(
    ("day", "names"),
    [
        (date(2026, 11, 20), ("new", "catchup", "rss")),
        (date(2026, 11, 19), ("catchup",)),
        (date(2026, 8, 1), ()),
    ],
)
def test_an_older_day_is_not_asked_of_the_newest_list(day: date, names: tuple[str, ...]):
    assert arxiv.transports(day, datetime(2026, 11, 20, 12, tzinfo=UTC)) == names


def test_a_calendar_without_holidays_opens_on_its_own_day():
    calendar = huggingface.calendar
    assert calendar.opening(DAY) == datetime(2026, 11, 19, 2, tzinfo=UTC)
    assert calendar.latest(datetime(2026, 11, 19, 2, tzinfo=UTC)) == DAY
    assert calendar.latest(datetime(2026, 11, 19, 1, 59, tzinfo=UTC)) == date(2026, 11, 18)
    assert calendar.latest(datetime(2026, 11, 22, 12, tzinfo=UTC)) == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("transport", "title", "error"),
    [
        ("new", "Invalid archive or category: bogus", ListingError),
        ("catchup", "Invalid date: 2026-01-01. Catchup only allowed for past 90 days", ListingError),
        ("catchup", "Invalid date: 2026-11-23. Can&#39;t request date later than today", NotOpenYet),
    ],
)
def test_a_refusal_is_told_with_its_reason(transport: str, title: str, error: type[ListingError]):
    with pytest.raises(ListingError, match="status 400: Invalid") as caught:
        parse(f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>", transport, status=400)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "text",
    [
        "<html><body><h1>Checking your browser</h1><p>No updates today.</p></body></html>",
        "<html><head><title>Invalid archive</title></head><body><h1>Invalid archive or category: x</h1></body></html>",
        f"{TODAY}</body></html>",
        "<html><body><h3>Showing new listings for Friday, 19 November 2026</h3><p>No updates today.</p></body></html>",
        f"{TODAY}Total of 300 entries<p>No updates today.</p></body></html>",
    ],
    ids=["captcha", "error page", "nothing said", "no such day", "300 and none"],
)
def test_with_status_200_only_a_stated_quiet_day_is_empty(text: str):
    with pytest.raises(ListingError):
        parse(text)
    assert parse(fixture("new_quiet.html")).stated == 0


def test_a_page_with_fewer_papers_than_it_states_shows_it():
    page = parse(new_page(map(card, range(1, 27)), "New submissions (showing 300 of 300 entries)", 300))
    assert (len(page.listed), page.stated) == (26, 300)
    assert page.problem == "the page says that it shows 300 papers, and has 26"
    assert "skip=26" in page.further[0].url


def test_sections_and_total_must_agree():
    page = parse(new_page(map(card, range(1, 4)), "New submissions (showing 3 of 3 entries)", 2))
    assert page.problem == "the page says that there are 2 papers, and 3 in its sections"
    assert (len(page.listed), page.stated) == (3, 2)


def test_papers_under_an_unknown_heading_are_refused():
    with pytest.raises(ListingError, match="heading that is not known"):
        parse(new_page([card(1)], "Reinstated submissions (showing 1 of 1 entries)", 1))


def test_the_page_of_another_class_is_refused():
    with pytest.raises(ListingError, match=r"the list of cs\.CL, not of cs\.LG"):
        parse(fixture("new_2026-11-19.html"), part="cs.LG")
    with pytest.raises(ListingError, match=r"the list of cs\.CL, not of cs\.LG"):
        parse(fixture("rss_2026-11-19.xml"), "rss", part="cs.LG")
    assert parse(fixture("new_2026-11-19.html").replace("recent-cs.CL", "recent-math.NA"), part="cs.NA").listed


def test_an_id_that_differs_within_an_entry_costs_that_entry():
    page = parse(fixture("new_2026-11-19.html").replace("arXiv:2611.99005", "arXiv:2611.99055"))
    assert page.skipped == ("entry 5 could not be read: its ids differ: 2611.99005 and 2611.99055",)
    assert (len(page.listed), page.stated) == (6, 7)


def test_half_an_entry_is_counted_as_skipped():
    text = fixture("new_2026-11-19.html")
    page = parse(text.replace("<dt>\n      <a name='item4'>", "<p>\n      <a name='item4'>"))
    assert page.skipped == ("entry 4 could not be read: half of it is missing",)


def test_an_address_that_arxiv_only_imagines_stays_text():
    link = '<a href="http://tea.It" class="link-external link-http">this http URL</a>'
    page = parse(fixture("new_2026-11-19.html").replace("all of it. It halves", f"{link} halves"))
    assert "for tea.It halves" in str(page.listed[0].paper.abstract)


def test_a_feed_near_the_cap_may_have_lost_new_papers():
    text = fixture("rss_2026-11-19.xml")
    item = re.findall(r"    <item>.*?</item>\n", text, re.DOTALL)[1]
    items = "".join(item.replace("2611.99002", f"2611.{n:05}") for n in range(1, 1901))
    page = parse(text.replace(item, items, 1), "rss")
    assert page.stated == len(page.listed) == 1_904
    assert page.problem == "the feed has 1904 entries; arXiv cuts it at 2,000, the newest papers first"
    assert parse(text, "rss").problem is None


def test_a_feed_error_is_told():
    error = fixture("rss_quiet.xml").replace("cs.CL updates on arXiv.org", "Feed error for query: /rss/cs.XX")
    with pytest.raises(ListingError, match="answered with an error"):
        parse(error, "rss")
    with pytest.raises(ListingError, match="status 400"):
        parse(error, "rss", status=400)
    with pytest.raises(ListingError, match="not one of its classes"):
        parse(fixture("rss_quiet.xml").replace("cs.CL updates on arXiv.org", "Somebody's blog"), "rss")


def test_one_damaged_item_costs_one_item():
    page = parse(fixture("rss_2026-11-19.xml").replace("oai:arXiv.org:2611.99002v1", "oai:arXiv.org:704.0492"), "rss")
    assert page.skipped == (
        "entry 2 could not be read: 'oai:arXiv.org:704.0492' is not an arXiv id (ids are text such as 2504.00891)",
    )
    assert (len(page.listed), page.stated) == (4, 5)


def test_a_control_character_costs_nothing():
    assert len(parse(fixture("rss_2026-11-19.xml").replace("Nothing to", "Nothing\x0b to"), "rss").listed) == 5


BOMB = "<!DOCTYPE rss [<!ENTITY a 'lol'>" + "".join(
    f"<!ENTITY {x} '{f'&{y};' * 10}'>" for x, y in zip("bcdefghij", "abcdefghi", strict=True)
)


@pytest.mark.parametrize(("name", "transport"), [("rss_2026-11-19.xml", "rss"), ("oai_parsed.xml", "oai")])
def test_entities_are_refused(name: str, transport: str):
    declaration, _, rest = fixture(name).partition("\n")
    for kind in (f"{BOMB}]>", "<!DOCTYPE rss SYSTEM 'http://127.0.0.1:9/x.dtd'>", "<!DOCTYPE rss>"):
        with pytest.raises(ListingError, match="XML"):
            parse(f"{declaration}\n{kind}\n{rest.replace('Nothing to Abstract', '&j;')}", transport)


@pytest.mark.parametrize("name", ["new_2026-11-19.html", "rss_2026-11-19.xml"])
def test_a_wrong_encoding_is_refused_and_a_saved_one_is_read(name: str):
    text = fixture(name)
    transport = "new" if name.startswith("new") else "rss"
    for encoding in ("latin-1", "utf-16"):
        with pytest.raises(ListingError, match="not UTF-8"):
            arxiv.parse(Response(Request("", transport), "", 200, text.encode(encoding)))
    whole = saved.read(text.encode("utf-8"), today=DAY)
    assert saved.read(text.encode("utf-16"), today=DAY) == whole
    assert "Émile Fontanet" in whole.listed[0].paper.authors


def test_a_saved_page_of_many_says_so():
    page = saved.read(fixture("new_first_page.html").encode(), today=DAY)
    assert page.problem == "what was saved is one page of a list that has more"
    assert (page.stated, len(page.listed), page.scraper) == (4, 2, "arxiv")


@pytest.mark.parametrize("code", ["badArgument", "badResumptionToken", "badVerb", "idDoesNotExist"])
def test_errors_of_oai_come_with_status_200(code: str):
    with pytest.raises(ListingError, match=code):
        parse(fixture("oai_quiet.xml").replace("noRecordsMatch", code), "oai")


def test_an_error_of_the_api_is_told():
    error = fixture("api_by_id.xml").replace("/abs/2611.98004v2</id>", "/api/errors#bad</id>")
    with pytest.raises(ListingError, match="answered with an error"):
        parse(error, "api")
    with pytest.raises(ListingError, match="status 400"):
        parse(error, "api", status=400)


def test_an_answer_of_the_api_without_its_papers_is_not_whole():
    page = parse(re.sub(r"  <entry>.*</entry>\n", "", fixture("api_by_id.xml"), flags=re.DOTALL), "api")
    assert (page.stated, len(page.listed)) == (3, 0)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada Quill, Bo Reed (Inst. (of Tea), Oslo), Cy", ("Ada Quill", "Bo Reed", "Cy")),
        ("Martin King, Jr., Sue Storm (1, 2)", ("Martin King Jr.", "Sue Storm")),
        ("", ()),
        ("(1)", ()),
        ("A (b", ("A (b",)),
    ],
)
def test_names_stand_between_commas(text: str, names: tuple[str, ...]):
    assert separated_by_commas(text) == names


def test_names_as_their_authors_type_them():
    assert as_submitted(r"J{\o}rgen Berg, \'Edgar Rold\'an and Bo Reed (Oslo and Rome), and A. Quill") == (
        "Jørgen Berg",
        "Édgar Roldán",
        "Bo Reed",
        "A. Quill",
    )


def test_thousands_of_authors_are_read():
    names = [f"Author {n}" for n in range(3_303)]
    text = fixture("rss_2026-11-19.xml").replace("Dilnoza Yusupova", ", ".join(names))
    paper = parse(text, "rss").listed[1].paper
    assert (len(paper.authors), paper.authors_count, paper.authors_truncated) == (3_303, 3_303, False)


class Site:
    """Answers by address, and what was asked."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers, self.asked = answers, list[str]()

    async def fetch(self, request: Request) -> Response:
        path = "/" + request.url.split("/", 3)[3]
        self.asked.append(path)
        return Response(request, request.url, 200, self.answers[path].encode())


def crawl_over(answers: dict[str, str], transport: str, **options: Any) -> tuple[Crawl, list[str]]:
    site = Site(answers)
    return asyncio.run(crawl(arxiv, arxiv.start(SITE, transport, **options), site.fetch)), site.asked


def test_a_crawl_reads_all_pages_of_a_list():
    first, second = "/list/cs.CL/new?skip=0&show=2000", "/list/cs.CL/new?skip=2&show=2000"
    whole, asked = crawl_over(
        {first: fixture("new_first_page.html"), second: fixture("new_second_page.html")}, "new", part="cs.CL", day=DAY
    )
    assert asked == [first, second]
    assert ids(whole) == ["2611.99001", "2611.99002", "2611.99003", "2605.99006"]
    assert (whole.stated, whole.day, whole.problem) == (4, DAY, None)
    assert [entry.rank for entry in whole.listed] == [1, 2, 3, 4]


def test_a_crawl_tells_of_a_list_that_ends_early():
    pages = "/catchup/cs.CL/2026-11-19?abs=True&page="
    answers = {f"{pages}1": fixture("catchup_first_page.html"), f"{pages}2": fixture("catchup_past_the_end.html")}
    cut, asked = crawl_over(answers, "catchup", part="cs.CL", day=DAY)
    assert len(asked) == 2
    assert (cut.stated, len(cut.listed)) == (3, 2)
    assert "past the end of the list of 7 papers" in str(cut.problem)


def test_a_crawl_passes_the_token_on_and_tells_when_it_expired():
    start = "/oai?verb=ListRecords&metadataPrefix=arXivRaw&set=cs%3Acs%3ACL&from=2026-11-19&until=2026-11-19"
    token = "verb%253DListRecords%2526metadataPrefix%253DarXivRaw%2526from%253D2026-11-19%2526skip%253D4"
    after = f"/oai?verb=ListRecords&resumptionToken={token}"
    first = fixture("oai_raw_first_page.xml")
    last = re.sub(r" *<resumptionToken.*</resumptionToken>\n", "", first).replace("2611.9900", "2611.9910")
    last = last.replace("2605.99006", "2605.99106")
    whole, asked = crawl_over({start: first, after: last}, "oai", part="cs.CL", day=DAY)
    assert asked == [start, after]
    assert (len(whole.listed), whole.stated, whole.problem) == (6, 6, None)
    expired = fixture("oai_quiet.xml").replace("noRecordsMatch", "badResumptionToken")
    cut, _ = crawl_over({start: first, after: expired}, "oai", part="cs.CL", day=DAY)
    assert len(cut.listed) == 3
    assert "badResumptionToken" in str(cut.problem)
