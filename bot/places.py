"""The time zone of a place, from the cities of GeoNames with more than 15,000 people (https://www.geonames.org, CC BY
4.0) and the places of the zone database; docs/places.py makes the file of them.

What is kept is a text of 6 MB with a line for each place, searched as it is.
"""

import lzma
import math
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from itertools import islice
from typing import NamedTuple
from zoneinfo import available_timezones

from scrapers.text import fold, one_line

_MOST = 5
_NO_PLACES = frozenset({"localtime", "Factory", "posixrules"})  # zone files that tell where nobody is


class Place(NamedTuple):
    """A city, or a time zone (then without a country and people). `country` is its code of ISO 3166, such as DE."""

    name: str
    country: str
    zone: str
    population: int


class _Atlas(NamedTuple):
    """All places, the most populous first: a line each in UTF-8, `Munich|DE|Europe/Berlin|1505005|48.1374|11.5755`, a
    tab, and its folded names with a tab behind each; where each line starts, and the points of the unit sphere."""

    lines: bytes
    starts: "array[int]"
    x: "array[float]"
    y: "array[float]"
    z: "array[float]"


def find(name: str) -> list[Place]:
    """The places of that name in any language, whatever its case and accents, the most populous first, five at most;
    the name of a time zone (`Europe/Berlin`, `UTC`) is that zone alone. Empty where there is none."""
    wanted = fold(one_line(name))
    if zone := _zones().get(wanted.replace(" ", "_")):
        return [Place(zone, "", zone, 0)]
    return list(islice(_named(_atlas(), wanted), _MOST))


def nearest(latitude: float, longitude: float) -> Place:
    """The place that is nearest to these degrees, north and east positive. Raises ValueError where there are none."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # NaN neither
        raise ValueError(
            f"{latitude}, {longitude} is nowhere: a latitude lies from -90 to 90, a longitude from -180 to 180"
        )
    atlas = _atlas()
    x, y, z = _point(latitude, longitude)
    # The shortest way through the Earth is the shortest way over it.
    ways = [(a - x) ** 2 + (b - y) ** 2 + (c - z) ** 2 for a, b, c in zip(atlas.x, atlas.y, atlas.z, strict=True)]
    return _place(atlas, ways.index(min(ways)))


def _named(atlas: _Atlas, wanted: str) -> Iterator[Place]:
    name = f"\t{wanted}\t".encode()
    found = atlas.lines.find(name) if wanted else -1
    while found >= 0:
        number = bisect_right(atlas.starts, found) - 1
        yield _place(atlas, number)
        found = atlas.lines.find(name, atlas.starts[number + 1])


def _place(atlas: _Atlas, number: int) -> Place:
    line = atlas.lines[atlas.starts[number] : atlas.starts[number + 1]]
    name, country, zone, population, *_ = line.partition(b"\t")[0].decode().split("|")
    return Place(name, country, zone, int(population))


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """The zones there are, by their folded names."""
    return {fold(zone): zone for zone in available_timezones() - _NO_PLACES}


@lru_cache(maxsize=1)
def _atlas() -> _Atlas:
    lines = lzma.decompress(resources.files("bot").joinpath("places.tsv.xz").read_bytes())
    starts, points = array("L", [0]), []
    for line in lines.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
        *_, latitude, longitude = line.partition(b"\t")[0].split(b"|")
        points.append(_point(float(latitude), float(longitude)))
    return _Atlas(lines, starts, *(array("d", each) for each in zip(*points, strict=True)))


def _point(latitude: float, longitude: float) -> tuple[float, float, float]:
    """Where on the unit sphere this is."""
    north, east = math.radians(latitude), math.radians(longitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
