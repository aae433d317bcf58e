"""Bits: sets of small numbers as one number: of papers in a batch, of places in a text."""

from collections.abc import Iterable, Iterator

Bits = int


def bits_of(places: Iterable[int]) -> Bits:
    """A bit for each of the places."""
    return sum(1 << place for place in places)


def places_in(bits: Bits) -> Iterator[int]:
    """The places of the bits, in order."""
    while bits:
        last = bits & -bits
        yield last.bit_length() - 1
        bits ^= last
