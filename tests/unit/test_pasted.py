"""Pasted listings: every fixture with what must be read in it, and the rules for dates, numbers and names."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scrapers import pasted
from scrapers.paper import Paper
from scrapers.request import ListingError

FIXTURES = Path(__file__).parents[1] / "fixtures" / "pasted"
TODAY = date(2033, 1, 15)
ABSTRACT = (
    "Kettles whistle when they boil, but nobody knows which note. We propose KettleNote, a model that predicts the "
    "note from the shape of the spout, and show on two benchmarks that it outperforms existing methods. Experiments "
    "cover ninety kettles made of copper, steel and glass; the dataset is released, and so are all recordings."
)


def expected(path: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(path.with_name(path.stem + ".expected.json").read_text("utf-8"))
    return result


def read(path: Path) -> dict[str, Any]:
    wanted = expected(path)
    as_of = date.fromisoformat(wanted["as_of"]) if wanted["as_of"] else None
    result: dict[str, Any] = {"as_of": wanted["as_of"], "today": wanted["today"]}
    try:
        page = pasted.parse(path.read_bytes().decode(), as_of=as_of, today=date.fromisoformat(wanted["today"]))
    except ListingError as error:
        return result | {"error": str(error)}
    assert [listed.rank for listed in page.listed] == list(range(1, len(page.listed) + 1))
    papers = [listed.paper.model_dump(mode="json", exclude_defaults=True) for listed in page.listed]
    for paper in papers:
        paper.update({"uncertain": sorted(paper["uncertain"])} if "uncertain" in paper else {})
    return result | {"papers": papers, "skipped": list(page.skipped), "notes": list(page.notes)}


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.txt")), ids=lambda path: path.stem)
def test_fixture(path: Path) -> None:
    assert read(path) == expected(path)


def papers(text: str, as_of: date | None = None, today: date = TODAY) -> list[Paper]:
    return [listed.paper for listed in pasted.parse(text, as_of=as_of, today=today).listed]


def card(printed: str, title: str = "KettleNote: Predicting the Pitch of Boiling Water") -> str:
    return f"{title}\n{ABSTRACT}\n3 authors\n·\n{printed}\n"


@pytest.mark.parametrize(
    ("printed", "published", "comments"),
    [
        ("May 26, 2024", "2024-05-26", None),
        ("Aug 28, 2024 4", "2024-08-28", 4),
        ("Aug 28, 20244", "2024-08-28", 4),
        ("Oct 14 2", "2032-10-14", 2),
        ("May 296", "2032-05-29", 6),
        ("May 2", "2032-05-02", None),
        ("Jan 15", "2033-01-15", None),
        ("Jan 16", "2032-01-16", None),
        ("May 321", "2032-05-03", 21),
        ("Feb 29, 2024", "2024-02-29", None),
        ("Feb 29, 2023", None, None),
        ("Feb 30, 2024 1", None, 1),
        ("May 100", None, None),
        ("May 0", None, None),
        ("May 12, 0000", None, None),
        ("May 12345678", "2032-05-12", 345678),
    ],
)
def test_dates_and_comments(printed: str, published: str | None, comments: int | None) -> None:
    [paper] = papers(card(printed), as_of=TODAY)
    assert (paper.published and paper.published.isoformat(), paper.comments) == (published, comments)
    assert not paper.uncertain


@pytest.mark.parametrize(
    ("others", "printed", "published"),
    [
        (["Jun 2, 2021", "Jun 2, 2019"], "Dec 31", "2022-12-31"),
        ([], "Jan 15", "2033-01-15"),
        ([], "Jan 16", "2032-01-16"),
        (["Jun 2, 2022"], "Feb 29", "2024-02-29"),
        (["Jun 2, 2032"], "Feb 29", None),
        ([], "Feb 29", "2032-02-29"),
        (["Jun 2, 9999"], "Mar 1", "2032-03-01"),
    ],
)
def test_the_year_of_the_capture_is_the_oldest_that_contradicts_nothing(
    others: list[str], printed: str, published: str | None
) -> None:
    text = "".join(card(other, f"Kettles of the World, Volume {number}") for number, other in enumerate(others))
    page = pasted.parse(text + card(printed), today=TODAY)
    paper = page.listed[-1].paper
    assert (paper.published and paper.published.isoformat()) == published
    assert ("published" in paper.uncertain) == (published is not None)
    assert len(page.notes) == 1
    assert "--as-of DATE" in page.notes[0]


def test_nothing_is_noted_where_nothing_was_inferred() -> None:
    assert pasted.parse(card("May 2"), as_of=TODAY, today=TODAY).notes == ()
    assert pasted.parse(card("May 2, 2024"), today=TODAY).notes == ()


@pytest.mark.parametrize(
    ("line", "title", "authors", "truncated", "sure"),
    [
        (
            "Steam for AllAda Quill, Bo Ray, Cy Hart et al.",
            "Steam for All",
            ["Ada Quill", "Bo Ray", "Cy Hart"],
            True,
            True,
        ),
        (
            "Steam in GPTAda Quill, Bo Ray, Cy Hart et al.",
            "Steam in GPT",
            ["Ada Quill", "Bo Ray", "Cy Hart"],
            True,
            True,
        ),
        ("Is It Steam?Ada Quill, Bo Ray", "Is It Steam?", ["Ada Quill", "Bo Ray"], False, True),
        ("Steam (Again)Ian McDonald Ray, Bo Ray", "Steam (Again)", ["Ian McDonald Ray", "Bo Ray"], False, True),
        ("Steam and WaterTJ Dunham, Bo Ray", "Steam and Water", ["TJ Dunham", "Bo Ray"], False, False),
        ("Steam and WaterLi-Wei O'Neil", "Steam and Water", ["Li-Wei O'Neil"], False, False),
        ("Red, White, and SteamÅsa van der Berg", "Red, White, and Steam", ["Åsa van der Berg"], False, False),
    ],
)
def test_titles_are_split_from_authors(line: str, title: str, authors: list[str], truncated: bool, sure: bool) -> None:
    [paper] = papers(f"3.6CLMay 2, 2031\n{line}\n{ABSTRACT}\n")
    assert (paper.title, list(paper.authors), paper.authors_truncated) == (title, authors, truncated)
    assert ("title" not in paper.uncertain) == sure


@pytest.mark.parametrize(
    "title",
    [
        "LoRA vs Full Fine-tuning: An Illusion of Equivalence",
        "A Reply to McDonald, Smith and DeVries",
        "Fast 3D Gaussian Splatting",
        "Training Agents With OpenKettle Models",
        "iKettle: boiling, at last, explained",
        "Is Attention All That kettles Need?",
        "k-fold Boiling of Water",
    ],
)
def test_titles_without_authors_stay_whole(title: str) -> None:
    other = "Kettles of the World: A Survey"
    assert [p.title for p in papers(f"{other}\n{ABSTRACT}\n{title}\n{ABSTRACT}\n")] == [other, title]
    assert [p.title for p in papers(f"3.6CLMay 2, 2031\n{title}\n{ABSTRACT}\n")] == [title]


@pytest.mark.parametrize(
    ("part", "category"), [("CV", "cs.CV"), ("SY", "cs.SY"), ("IV", "eess.IV"), ("OT", "stat.OT"), ("ZZ", None)]
)
def test_classes_become_categories(part: str, category: str | None) -> None:
    [paper] = papers(f"{part}May 2, 2031\nSteam for AllAda Quill, Bo Ray\n{ABSTRACT}\n")
    assert paper.categories == ((category,) if category else ())


@pytest.mark.parametrize(
    "line",
    [
        "parameterlab Parameter Lab",
        "umass University of Massachusetts Amherst",
        "facebook AI at Meta",
        "Google",
        "occ-ai OCC",
        "Open Atlas Institute",
    ],
)
def test_an_organization_reads_as_its_line(line: str) -> None:
    [paper] = papers(f"KettleNote: Predicting Pitch\n{ABSTRACT}\n{line}\n·\nMay 2, 2031\n")
    assert [str(organization) for organization in paper.organizations] == [line]


def test_the_error_says_what_was_expected() -> None:
    for text in ("", "\ufeff \n", "Just one sentence.", "{}", "\x00" * 100):
        with pytest.raises(ListingError, match=r"^This text is [^.]*; select the list on that page[^.]*\.$"):
            pasted.parse(text, today=TODAY)


def test_time_grows_with_the_length_only() -> None:
    for text in ("Aa" * 2_000_000, "Subscribe" * 400_000, "[" * 3_000_000 + "](", "x · " * 500_000, "-\n" * 300_000):
        with pytest.raises(ListingError):
            pasted.parse(text, today=TODAY)
