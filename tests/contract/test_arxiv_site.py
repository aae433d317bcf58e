"""The fake arXiv answers as arXiv does: our parsers read from each of its transports what it announced."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
from farside import arxiv_ledger as ledger
from farside import fake_web
from farside.arxiv_ledger import Invented, invented
from farside.arxiv_site import ArxivSite, expire_tokens
from farside.fake_web import Fault
from farside.fetching import fetcher

from scrapers.crawl import Crawl, crawl, load
from scrapers.fetch import BadStatus, RateLimited
from scrapers.request import ListingError, NotOpenYet

THURSDAY, FRIDAY, MONDAY = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 23)
NOON = datetime(2026, 11, 19, 17, tzinfo=UTC)  # in New York, of Thursday


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> ArxivSite:
    """Thursday: three new papers, two crossed and two replaced ones that are shown, one that is not. Wednesday: one."""
    site = ArxivSite(clock)
    numbers = iter(range(1, 20))

    def some(count: int, *classes: str, **facts: object) -> list[Invented]:
        return [invented(next(numbers), THURSDAY, *classes, **facts) for _ in range(count)]

    site.announce(date(2026, 11, 18), "cs.CL", new=some(1))
    site.announce(
        THURSDAY,
        "cs.CL",
        new=[*some(2, title="A & B < C", comments="12 pages"), *some(1, shows_version=True)],
        cross=some(2, "cs.LG", "cs.CL"),
        replaced=[
            *some(1, version=2),
            *some(1, "math.NA", "cs.CL", version=5, shows_version=True),
            *some(1, version=6),
        ],
    )
    return site


async def read(
    site: ArxivSite, transport: str, day: date | None = THURSDAY, part: str = "cs.CL", **more: object
) -> Crawl:
    arxiv = load("arxiv")
    options = {"day": day, "part": part, **more} if transport != "api" else more
    async with fetcher(transport=site) as web:
        return await crawl(arxiv, arxiv.start("https://arxiv.org", transport, **options), web.get)


class Entry(NamedTuple):
    id: str
    announced: str | None
    title: str
    authors: tuple[str, ...]
    abstract: str | None
    classes: tuple[str, ...]


def entries(result: Crawl) -> list[Entry]:
    return sorted(
        Entry(p.identifier("arxiv") or "", one.announced, p.title, tuple(p.authors), p.abstract, tuple(p.categories))
        for one in result.listed
        for p in [one.paper]
    )


def announced(site: ArxivSite, day: date = THURSDAY) -> list[Entry]:
    batch = site.ledger.batch("cs.CL", day)
    kinds = {"new": batch.new, "cross": batch.cross, "replace": batch.replaced}
    return sorted(
        Entry(p.id, kind, p.title, p.authors, p.abstract, p.classes) for kind, some in kinds.items() for p in some
    )


@pytest.mark.parametrize("transport", ["new", "catchup", "rss", "atom"])
async def test_each_list_shows_what_was_announced(site: ArxivSite, transport: str) -> None:
    result = await read(site, transport)

    assert entries(result) == announced(site)
    assert (result.day, result.stated, result.problem) == (THURSDAY, 7, None)
    assert [one.status for one in site.log] == [200]


@pytest.mark.parametrize("transport", ["new", "catchup"])
async def test_a_long_list_has_several_pages(site: ArxivSite, transport: str) -> None:
    site.page_size = 2
    result = await read(site, transport)

    assert entries(result) == announced(site)
    assert (result.stated, result.problem, len(site.log)) == (7, None, 4)


async def test_pages_tell_the_versions_that_they_link_to(site: ArxivSite) -> None:
    by_page, by_feed = await read(site, "new"), await read(site, "rss")

    assert sorted(one.paper.version or 0 for one in by_page.listed) == [0, 0, 0, 0, 0, 1, 5]
    assert sorted(one.paper.version or 0 for one in by_feed.listed) == [1, 1, 1, 1, 1, 2, 5]


@pytest.mark.parametrize(
    ("transport", "day", "hour", "shows"),
    [
        ("new", THURSDAY, 0, THURSDAY),
        ("new", THURSDAY, 8, FRIDAY),  # 20:00 in New York
        ("catchup", FRIDAY, 12, FRIDAY),  # midnight
        ("rss", THURSDAY, 11, THURSDAY),
        ("rss", THURSDAY, 12, FRIDAY),
    ],
)
async def test_each_list_comes_at_its_hour(
    site: ArxivSite, clock: Clock, transport: str, day: date, hour: int, shows: date
) -> None:
    site.announce(FRIDAY, "cs.CL", new=[invented(30, FRIDAY)])
    clock.now += timedelta(hours=hour)

    assert (await read(site, transport, day)).day == shows


async def test_a_day_that_is_to_come_or_long_gone_has_no_page(site: ArxivSite) -> None:
    with pytest.raises(NotOpenYet, match="later than today"):
        await read(site, "catchup", FRIDAY)
    with pytest.raises(ListingError, match="past 90 days"):
        await read(site, "catchup", THURSDAY - timedelta(days=92))
    assert [one.status for one in site.log] == [400, 400]


@pytest.mark.parametrize("transport", ["new", "catchup", "rss"])
async def test_a_class_that_is_not_there_is_refused(site: ArxivSite, transport: str) -> None:
    with pytest.raises(ListingError, match=r"status 400: .*(Invalid|Bad)"):
        await read(site, transport, part="cs.RO")


@pytest.mark.parametrize("transport", ["new", "catchup", "rss"])
async def test_a_class_may_have_nothing_on_a_day(site: ArxivSite, transport: str) -> None:
    result = await read(site, transport, part="hep-th")

    assert (result.listed, result.day, result.stated) == ((), THURSDAY, 0)


@pytest.mark.parametrize("transport", ["catchup", "rss"])
async def test_a_sunday_is_empty(site: ArxivSite, clock: Clock, transport: str) -> None:
    clock.now += timedelta(days=3)
    result = await read(site, transport, date(2026, 11, 22))

    assert (result.listed, result.day) == ((), date(2026, 11, 22))


async def test_oai_lists_each_changed_record_once_over_its_pages(site: ArxivSite) -> None:
    site.announce(THURSDAY, "cs.LG", new=site.ledger.batch("cs.CL", THURSDAY).cross)
    site.oai_size = 3
    result = await read(site, "oai")

    assert [one.paper.version for one in result.listed] == [1, 1, 1, 1, 1, 2, 5, 6]
    assert (result.day, len(site.log), result.problem) == (THURSDAY, 3, None)


async def test_oai_has_nothing_before_half_past_ten(site: ArxivSite, clock: Clock) -> None:
    for hour, count in [(2, 0), (3, 0), (4, 8)]:  # 21:00, 22:00, 23:00
        clock.now = datetime(2026, 11, 19, hour, tzinfo=UTC)
        assert len((await read(site, "oai")).listed) == count


async def test_a_token_expires_at_midnight(site: ArxivSite, clock: Clock) -> None:
    site.oai_size, arxiv = 5, load("arxiv")
    (first,) = arxiv.start("https://arxiv.org", "oai", day=THURSDAY, part="cs.CL")
    async with fetcher(transport=site) as web:
        (further,) = arxiv.parse(await web.get(first)).further
        clock.now = datetime(2026, 11, 20, tzinfo=UTC)
        with pytest.raises(ListingError, match="badResumptionToken"):
            arxiv.parse(await web.get(further))


async def test_the_api_knows_what_was_announced_and_refuses_damaged_ids(site: ArxivSite) -> None:
    result = await read(site, "api", ids=["2611.00001", "2611.00009v3", "2611.00777"])

    assert [(one.paper.identifier("arxiv"), one.paper.version) for one in result.listed] == [
        ("2611.00001", 1),
        ("2611.00009", 3),
    ]
    assert result.notes == ("arXiv's API does not know (yet): 2611.00777",)
    async with fetcher(transport=site) as web:
        (request,) = load("arxiv").start("https://arxiv.org", "api", ids=["2611.00001"])
        damaged = replace(request, url=request.url.replace("2611.00001", "611.1"))
        with pytest.raises(ListingError, match="incorrect id format for 611"):
            load("arxiv").parse(await web.get(damaged))


async def test_robots_are_allowed_but_slow(site: ArxivSite) -> None:
    async with fetcher(transport=site, respect_robots=True) as web:
        arxiv = load("arxiv")
        for transport in ("new", "catchup", "rss", "oai"):
            await web.get(arxiv.start("https://arxiv.org", transport, day=THURSDAY, part="cs.CL")[0])

    assert [one.path for one in site.log if one.transport == "robots"] == ["/robots.txt"] * 3


def during(site: ArxivSite, fault: Fault, **where: object) -> None:
    site.during(NOON, NOON + timedelta(hours=1), fault, **where)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("transport", "fault", "day", "count"),
    [
        ("new", ledger.stale(), date(2026, 11, 18), 1),
        ("new", ledger.stale(says_today=True), THURSDAY, 1),
        ("rss", ledger.stale(), THURSDAY, 1),
        ("new", ledger.short(2), THURSDAY, 2),
        ("rss", ledger.cap(5), THURSDAY, 5),
    ],
)
async def test_a_list_may_be_wrong_and_agree_with_itself(
    site: ArxivSite, clock: Clock, transport: str, fault: Fault, day: date, count: int
) -> None:
    during(site, fault, part="cs.CL", transports=[transport])
    result = await read(site, transport)
    clock.now += timedelta(hours=1)
    later = await read(site, transport)

    assert (result.day, len(result.listed), result.stated, result.problem) == (day, count, count, None)
    assert entries(later) == announced(site)


async def test_a_cap_drops_the_new_papers_first(site: ArxivSite) -> None:
    during(site, ledger.cap(5))

    assert [one.announced for one in (await read(site, "rss")).listed] == [
        "new",
        "cross",
        "cross",
        "replace",
        "replace",
    ]


async def test_a_page_may_contradict_itself(site: ArxivSite) -> None:
    during(site, ledger.contradict(300))
    result = await read(site, "new")

    assert (result.stated, len(result.listed)) == (304, 7)
    assert result.problem
    assert "says that it shows" in result.problem


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (fake_web.error_page(), ListingError, "no listing"),
        (fake_web.status(406), ListingError, "status 406"),
        (fake_web.status(503), BadStatus, "status 503"),
        (fake_web.status(429, "Rate exceeded."), RateLimited, "ask again in 60 s"),
        (fake_web.status(429, retry_after=43_838), RateLimited, "ask again in 43838 s"),
        (fake_web.cut(), ListingError, "only a part"),
    ],
)
async def test_an_answer_may_be_none(site: ArxivSite, fault: Fault, error: type[Exception], says: str) -> None:
    during(site, fault, hosts=["arxiv.org"])

    with pytest.raises(error, match=says):
        await read(site, "new")
    assert len((await read(site, "rss")).listed) == 7


async def test_tokens_may_expire_during_a_walk(site: ArxivSite) -> None:
    site.oai_size = 5
    during(site, expire_tokens())
    result = await read(site, "oai")

    assert len(result.listed) == 5
    assert result.problem
    assert "badResumptionToken" in result.problem


def test_gaps_that_were_not_kept_are_found() -> None:
    def logged(second: float, host: str = "arxiv.org") -> fake_web.Logged:
        return fake_web.Logged(NOON + timedelta(seconds=second), host, "/", 200)

    log = [logged(0), logged(3, "rss.arxiv.org"), logged(15), logged(29)]
    assert fake_web.gaps_kept(log, {"arxiv.org": 15, "rss.arxiv.org": 3}) == [(log[2], log[3])]
