"""Days with new versions and other late words of arXiv: its lists, and OAI-PMH after them; see test_scenarios.py."""

from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

from farside.arxiv_ledger import Invented, invented, opens
from farside.arxiv_site import expire_tokens
from farside.scenario import Scenario
from farside.weeks import FRIDAY, THURSDAY, WEDNESDAY, in_the_week, ny

from bot.store.engine import Engine

SATURDAY = FRIDAY + timedelta(days=1)


def revised(scenario: Scenario, version: int) -> tuple[Invented, Invented]:
    """The first of Wednesday's papers, and its new version with another title and abstract."""
    old = scenario.arxiv.ledger.batch("cs.CL", WEDNESDAY).new[0]
    new = replace(old, version=version, title=f"{old.title}, Revised", abstract=f"{old.abstract} And again.")
    return old, new


def told_of(scenario: Scenario, paper: Invented) -> list[tuple[str, str, tuple[str, str | None] | None]]:
    """Who was told why of the paper, and what title and abstract were before."""
    return [(one.to, one.kind, one.before) for one in scenario.hearing.told if one.id == paper.id]


async def test_a_second_version_has_a_new_title(engine: Engine) -> None:
    """The page says that it is replaced, OAI-PMH in the night by which version."""
    scenario = await in_the_week(engine)
    scenario.subscribe("vera", versions=True)
    old, new = revised(scenario, 2)
    scenario.arxiv.announce(FRIDAY, "cs.CL", replaced=[new])

    await scenario.run_until(ny(SATURDAY, 9))

    assert scenario.verdicts(FRIDAY) == [("new", "ok")]
    assert told_of(scenario, new) == [("vera", "version:2", (old.title, old.abstract))]
    scenario.assert_all_told_once()


async def test_the_seventh_version_is_on_no_list(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    scenario.subscribe("vera", versions=True)
    old, new = revised(scenario, 7)
    scenario.arxiv.announce(FRIDAY, "cs.CL", replaced=[new])

    await scenario.run_until(ny(SATURDAY, 9))

    assert ("cs.CL", FRIDAY, new.id) in scenario.listed()  # OAI-PMH adds it to that day
    assert told_of(scenario, new) == [("vera", "version:7", (old.title, old.abstract))]
    scenario.assert_all_told_once()


async def test_a_paper_is_replaced_in_one_class_and_new_in_another(engine: Engine) -> None:
    scenario = await in_the_week(engine, parts=("cs.CL", "cs.LG"))
    paper = invented(9, date(2026, 3, 2), "cs.CL", "cs.LG", version=3)
    scenario.arxiv.announce(THURSDAY, "cs.CL", replaced=[paper])
    scenario.arxiv.announce(THURSDAY, "cs.LG", cross=[paper])

    await scenario.run_until(ny(FRIDAY, 9))

    assert told_of(scenario, paper) == [("ada", "new", None)]
    scenario.assert_all_told_once()


async def test_what_comes_after_the_lists_is_asked_for_once(engine: Engine) -> None:
    scenario = await in_the_week(engine, parts=("cs.CL", "cs.LG"))

    await scenario.run_until(ny(SATURDAY, 9))

    expected = sorted((f"cs:cs:{name}", str(day)) for name in ("CL", "LG") for day in (WEDNESDAY, THURSDAY, FRIDAY))
    assert sorted(records_asked(scenario)) == expected
    scenario.assert_good_manners()


def records_asked(scenario: Scenario) -> list[tuple[str, str]]:
    """Set and day of each walk through OAI-PMH."""
    asked = [parse_qs(urlsplit(one.path).query) for one in scenario.log if one.transport == "oai"]
    return [(one["set"][0], one["from"][0]) for one in asked if "set" in one]


async def test_a_token_expires_during_a_walk(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    scenario.subscribe("vera", versions=True)
    scenario.arxiv.oai_size = 2
    old, new = revised(scenario, 7)
    scenario.arxiv.announce(FRIDAY, "cs.CL", replaced=[new])
    night = opens(FRIDAY) + timedelta(hours=6)
    scenario.arxiv.during(night, night + timedelta(hours=2), expire_tokens())

    await scenario.run_until(night + timedelta(hours=2))
    assert [one.verdict for one in scenario.readings if one == ("cs.CL", FRIDAY, "oai", one.verdict)] == ["partial"]
    assert scenario.states["cs.CL", FRIDAY] == "closed"

    await scenario.run_until(ny(SATURDAY, 9))
    assert records_asked(scenario).count(("cs:cs:CL", str(FRIDAY))) == 2
    assert told_of(scenario, new) == [("vera", "version:7", (old.title, old.abstract))]
    scenario.assert_all_told_once()
