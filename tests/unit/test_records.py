"""What all sources that answer in JSON do with records that cannot be read."""

from typing import Any

import pytest

from scrapers.paper import Paper
from scrapers.request import Listed, ListingError
from scrapers.sources._records import collect


def read(record: dict[str, Any]) -> Listed:
    return Listed(Paper(title=record["title"], identifiers=[("doi", record["doi"])]))


MOSS = {"title": "Moss Hears Nothing", "doi": "10.9999/moss.1"}


def test_a_record_that_cannot_be_read_is_skipped_with_the_reason() -> None:
    listed, skipped = collect([None, "text", [MOSS], MOSS, {"title": "Untold"}, MOSS | {"doi": "x"}], read, "Moss")

    assert [one.paper.title for one in listed] == ["Moss Hears Nothing"]
    assert [one.partition(": ")[0] for one in skipped] == [f"entry {n} could not be read" for n in (1, 2, 3, 5, 6)]
    assert [one.partition(": ")[2] for one in skipped[:4]] == [*["it is no record"] * 3, "it has no doi"]


def test_a_list_of_which_nothing_can_be_read_is_damaged() -> None:
    with pytest.raises(ListingError, match=r"Moss sent a list of which nothing can be read: entry 1 .* no record"):
        collect([7], read, "Moss")


def test_a_mistake_of_the_program_is_no_damaged_record() -> None:
    with pytest.raises(TypeError):
        collect([MOSS], lambda record: Listed(record["title"] + 1), "Moss")
