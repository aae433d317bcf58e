"""Whatever happens to a pasted listing, what comes out is a Page or a ListingError, and whole cards survive."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers import pasted
from scrapers.paper import Paper
from scrapers.request import ListingError, Page

TODAY = date(2033, 1, 15)
TOPICS = ("Kettles", "Umbrellas", "Clocks", "Bridges", "Lanterns", "Tea Leaves", "Paper Boats", "Door Handles")
JUNK = (
    "",
    "  ",
    "new",
    "Subscribe",
    "Previous",
    "Next",
    "Daily",
    "Log In",
    "\ufeff",
    "\t",
    "Get trending papers in your email inbox!",
)


def abstract(topic: str) -> str:
    return (
        f"{topic} are everywhere, yet they are rarely studied. We propose a model of {topic.lower()} that learns from "
        "few examples and outperforms existing methods on three benchmarks. Our experiments show that this holds for "
        f"every kind, large and small. We release the large dataset and all {topic.lower()} that survived the study."
    )


def search_card(topic: str) -> list[str]:
    return [f"On {topic}: A Study of Their Habits", abstract(topic), "3 authors", "·", "May 2, 2031 4"]


def plain_card(topic: str) -> list[str]:
    return [f"On {topic}: A Study of Their Habits", abstract(topic)]


def author_card(topic: str) -> list[str]:
    return [
        "35.3CLApr 1, 2031Code",
        f"On {topic}: A Study of Their HabitsAda Quill, Bo Ray, Cy Hart et al.",
        abstract(topic),
    ]


CARDS = (search_card, plain_card, author_card)
lines = st.lists(
    st.one_of(
        st.sampled_from([line for kind in CARDS for topic in TOPICS[:3] for line in kind(topic)]),
        st.sampled_from(
            [*JUNK, "-", "17", "·", "May 2", "Feb 29 3", "CLJun 2", "12 authors", "h-index12", "raillab Rail Lab"]
        ),
        st.text(max_size=60),
    ),
    max_size=40,
)


def parsed(text: str, as_of: date | None = None) -> Page | None:
    try:
        return pasted.parse(text, as_of=as_of, today=TODAY)
    except ListingError:
        return None


@settings(max_examples=150, deadline=None)
@given(lines, st.sampled_from(["\n", "\r\n", "\n\n", "\r"]), st.none() | st.dates(), st.data())
def test_only_listing_errors_come_out(
    parts: list[str], separator: str, as_of: date | None, data: st.DataObject
) -> None:
    text = separator.join(parts)
    start = data.draw(st.integers(0, len(text)))
    text = text[start : data.draw(st.integers(start, len(text)))]
    assert parsed(text, as_of) == parsed(text, as_of)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(range(len(CARDS))), st.integers(0, len(TOPICS) - 1), st.data())
def test_whole_cards_survive_the_damage_of_one(kind: int, damaged: int, data: st.DataObject) -> None:
    make = CARDS[kind]
    cards = [make(topic) for topic in TOPICS]
    whole = papers("\n".join(line for card in cards for line in card))
    assert len(whole) == len(TOPICS)
    keep = data.draw(st.lists(st.booleans(), min_size=len(cards[damaged]), max_size=len(cards[damaged])))
    cards[damaged] = [line for line, kept in zip(cards[damaged], keep, strict=True) if kept]
    if make is author_card and cards[damaged] and cards[damaged][-1].startswith("35.3"):
        cards[damaged] = []  # nobody can tell a meta line alone from that of the next card
    text = "\n".join(line for card in cards for line in [*card, data.draw(st.sampled_from(JUNK))])
    assert [paper for n, paper in enumerate(whole) if n != damaged and paper not in papers(text)] == []


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(len(TOPICS))), st.data())
def test_formats_may_be_mixed(order: list[int], data: st.DataObject) -> None:
    kinds = [data.draw(st.sampled_from(CARDS)) for _ in order]
    alone = [papers("\n".join(make(TOPICS[n])))[0] for make, n in zip(kinds, order, strict=True)]
    together = papers("\n".join(line for make, n in zip(kinds, order, strict=True) for line in make(TOPICS[n])))
    assert together == alone


def papers(text: str) -> list[Paper]:
    return [listed.paper for listed in pasted.parse(text, today=TODAY).listed]
