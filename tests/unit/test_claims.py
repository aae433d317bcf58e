"""What the scenarios read in digests and reports (`farside.claims`) is what these say, or they prove nothing."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from farside.claims import Claim, claims
from hypothesis import given
from hypothesis import strategies as st

from bot.covered import Covered, describe, sentence

MONDAY = date(2026, 11, 16)
STATES = ["closed", "growing", "open", "given_up"]


def days(*states: tuple[str, int], begin: date = MONDAY) -> list[tuple[date, str, int]]:
    """List days one after the other, with these states and papers."""
    return [(begin + timedelta(days=number), *one) for number, one in enumerate(states)]


@pytest.mark.parametrize(
    ("covered", "said", "wanted"),
    [
        ([], "", []),
        (
            [Covered("arxiv", days(("closed", 2), ("closed", 1300)), part="cs.CL")],
            "Read: arxiv cs.CL: 2 on 16 Nov, 1,300 on 17 Nov.",
            [Claim("cs.CL", 2, 1, "16 Nov", "16 Nov"), Claim("cs.CL", 1300, 1, "17 Nov", "17 Nov")],
        ),
        (
            [Covered("arxiv", days(("closed", papers)), part=part) for part, papers in (("cs.CL", 2), ("cs.LG", 1300))],
            "Read: arxiv: cs.CL 2, cs.LG 1,300 on 16 Nov.",
            [Claim("cs.CL", 2, 1, "16 Nov", "16 Nov"), Claim("cs.LG", 1300, 1, "16 Nov", "16 Nov")],
        ),
        (
            [Covered("arxiv", days(*[("closed", 300)] * 4, ("growing", 5)), part="cs.CL")],
            "Read: arxiv cs.CL: 1,200 on 4 days from 16 Nov to 19 Nov, 5 so far on 20 Nov.",
            [Claim("cs.CL", 1200, 4, "16 Nov", "19 Nov")],
        ),
        (
            [Covered("hf", days(("closed", 40), ("growing", 42))), Covered("arxiv", days(("open", 2)), part="cs.CL")],
            "Read: hf: 40 on 16 Nov, 42 so far on 17 Nov. Not read yet: arxiv cs.CL of 16 Nov.",
            [Claim("", 40, 1, "16 Nov", "16 Nov")],
        ),
        (
            [Covered("arxiv", days(("growing", papers)), part=part) for part, papers in (("cs.CL", 2), ("cs.LG", 5))],
            "Read: arxiv: cs.CL 2, cs.LG 5 so far on 16 Nov.",
            [],
        ),
        (
            [Covered("hf", days(("given_up", 0))), Covered("blog", [])],
            "Read: hf: 16 Nov could not be read; blog: nothing new.",
            [],
        ),
        ([Covered("hf", days(("open", 3)), is_due=True)], "Not read yet: hf of 16 Nov.", []),
    ],
)
def test_a_digest_claims_what_it_says(covered: Sequence[Covered], said: str, wanted: list[Claim]) -> None:
    assert sentence(covered) == said
    assert list(claims(said)) == wanted


def test_a_report_claims_what_it_says() -> None:
    said = f"cs.CL {describe(days(('closed', 2), ('open', 7)))}; cs.LG {describe([])}"

    assert said == "cs.CL 2 on 16 Nov, 17 Nov not read yet; cs.LG nothing read yet"
    assert list(claims(said)) == [Claim("cs.CL", 2, 1, "16 Nov", "16 Nov")]
    assert list(claims(describe(days(("closed", 2))))) == [Claim("", 2, 1, "16 Nov", "16 Nov")]


@pytest.mark.parametrize(
    "said",
    [
        "Read: arxiv cs.CL: all of 18 Nov.",
        "Read: arxiv: cs.CL 2, cs.LG on 18 Nov.",
        "Read: hf: 42 in all on 20 Nov; arxiv cs.CL: 2 on 20 Nov.",
        "Gelesen: hf: 42 am 20. Nov.",
    ],
)
def test_other_words_are_no_silence(said: str) -> None:
    with pytest.raises(ValueError, match="nobody knows what"):
        list(claims(said))


LISTS = st.lists(st.tuples(st.sampled_from(STATES), st.integers(0, 3000)), max_size=7).map(lambda some: days(*some))


@given(st.dictionaries(st.sampled_from(["", "cs.CL", "cs.LG", "cs.AI"]), LISTS))
def test_every_complete_day_is_claimed_and_no_other(lists: dict[str, list[tuple[date, str, int]]]) -> None:
    said = sentence([Covered("arxiv" if part else "hf", some, part=part) for part, some in lists.items()])
    found: dict[str, list[Claim]] = {part: [] for part in lists}
    for claim in claims(said):
        found[claim.part].append(claim)

    for part, some in lists.items():
        closed = [(day, papers) for day, state, papers in some if state == "closed"]
        states = {(part, day): state for day, state, _ in some}
        assert [day for claim in found[part] for day in claim.means(states)] == [day for day, _ in closed]
        assert sum(claim.papers for claim in found[part]) == sum(papers for _, papers in closed)
