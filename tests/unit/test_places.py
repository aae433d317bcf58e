"""Places by their names in any language, the nearest place, and the time zones of both."""

import math
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import places
from bot.places import Place, find, nearest


@pytest.mark.parametrize(
    ("name", "city", "zone"),
    [
        ("München", "Munich", "Europe/Berlin"),
        ("Munich", "Munich", "Europe/Berlin"),
        ("MÜNCHEN", "Munich", "Europe/Berlin"),
        ("Mu\u0308nchen", "Munich", "Europe/Berlin"),
        ("мюнхен", "Munich", "Europe/Berlin"),
        ("慕尼黑", "Munich", "Europe/Berlin"),
        ("new york", "New York City", "America/New_York"),
        ("NYC", "New York City", "America/New_York"),
        ("Sao Paulo", "São Paulo", "America/Sao_Paulo"),
        ("São  Paulo ", "São Paulo", "America/Sao_Paulo"),
        ("Kiev", "Kyiv", "Europe/Kyiv"),
        ("Київ", "Kyiv", "Europe/Kyiv"),
        ("東京", "Tokyo", "Asia/Tokyo"),
        ("서울", "Seoul", "Asia/Seoul"),
        ("القاهرة", "Cairo", "Africa/Cairo"),
        ("ירושלים", "Jerusalem", "Asia/Jerusalem"),
        ("Αθήνα", "Athens", "Europe/Athens"),
        ("मुंबई", "Mumbai", "Asia/Kolkata"),
        ("Bombay", "Mumbai", "Asia/Kolkata"),
        ("กรุงเทพมหานคร", "Bangkok", "Asia/Bangkok"),
        ("თბილისი", "Tbilisi", "Asia/Tbilisi"),
        ("Երևան", "Yerevan", "Asia/Yerevan"),
        ("zuerich", "Zürich", "Europe/Zurich"),
        ("lodz", "Łódź", "Europe/Warsaw"),
        ("İstanbul", "Istanbul", "Europe/Istanbul"),
        ("cologne", "Köln", "Europe/Berlin"),
        ("Saigon", "Ho Chi Minh City", "Asia/Ho_Chi_Minh"),
        ("香港", "Hong Kong", "Asia/Hong_Kong"),
        ("LA", "Los Angeles", "America/Los_Angeles"),
        ("Washington D.C.", "Washington", "America/New_York"),
        ("lord howe", "Lord Howe", "Australia/Lord_Howe"),
        ("McMurdo", "McMurdo", "Antarctica/McMurdo"),
    ],
)
def test_a_place_is_found_by_its_name_in_any_language(name: str, city: str, zone: str) -> None:
    best = find(name)[0]
    assert (best.name, best.zone) == (city, zone)


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("UTC", "UTC"),
        ("utc", "UTC"),
    ],
)
def test_a_time_zone_is_itself(name: str, zone: str) -> None:
    assert find(name) == [Place(zone, "", zone, 0)]


def test_the_most_populous_is_the_first_of_five_at_most() -> None:
    springfields = find("Springfield")
    assert len(springfields) == 5
    assert [place.population for place in springfields] == sorted((p.population for p in springfields), reverse=True)
    assert [(place.country, place.zone) for place in find("London")[:2]] == [
        ("GB", "Europe/London"),
        ("CA", "America/Toronto"),
    ]


@pytest.mark.parametrize("name", ["", " ", "\t", "Nowhere at All", "unich", "|", "Munich|DE", "localtime", "\ud800"])
def test_what_is_no_place_is_not_found(name: str) -> None:
    assert find(name) == []


@pytest.mark.parametrize(
    ("latitude", "longitude", "zone"),
    [
        (48.14, 11.58, "Europe/Berlin"),
        (40.71, -74.01, "America/New_York"),
        (-33.87, 151.21, "Australia/Sydney"),
        (35.68, 139.69, "Asia/Tokyo"),
        (27.70, 85.32, "Asia/Kathmandu"),
        (-54.80, -68.30, "America/Argentina/Ushuaia"),
        (51.48, 0.0, "Europe/London"),
        (-31.55, 159.08, "Australia/Lord_Howe"),
        (1.98, -157.48, "Pacific/Kiritimati"),
        (28.2, -177.4, "Pacific/Midway"),
        (-17.0, 179.99, "Pacific/Fiji"),
        (-17.0, -179.99, "Pacific/Fiji"),
        (52.0, 180.0, "America/Adak"),
        (52.0, -180.0, "America/Adak"),
        (64.7, 177.5, "Asia/Anadyr"),
        (-13.83, -171.77, "Pacific/Apia"),
        (-14.28, -170.70, "Pacific/Pago_Pago"),
        (-43.95, -176.55, "Pacific/Chatham"),
        (78.22, 15.65, "Arctic/Longyearbyen"),
        (90.0, 0.0, "Arctic/Longyearbyen"),
        (90.0, -123.4, "Arctic/Longyearbyen"),
        (-90.0, 77.7, "Antarctica/Vostok"),
        (-77.85, 166.67, "Antarctica/McMurdo"),
    ],
)
def test_the_nearest_place_has_the_time_zone(latitude: float, longitude: float, zone: str) -> None:
    assert nearest(latitude, longitude).zone == zone


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(90.01, 0), (-91, 0), (0, 180.1), (0, -181), (math.nan, 0), (0, math.nan), (0, math.inf)],
)
def test_coordinates_that_are_nowhere_are_refused(latitude: float, longitude: float) -> None:
    with pytest.raises(ValueError, match="is nowhere: a latitude lies from -90 to 90"):
        nearest(latitude, longitude)


def test_every_place_has_a_zone_that_exists_and_few_zones_have_no_place() -> None:
    atlas = places._atlas()
    every = [places._place(atlas, number) for number in range(len(atlas.x))]
    zones = {place.zone for place in every}
    assert len(every) > 30_000
    assert len(zones) > 400
    assert all(ZoneInfo(zone).key == zone for zone in zones)
    assert [place.population for place in every] == sorted((place.population for place in every), reverse=True)
    assert all(place.name and len(place.country) == 2 for place in every)


@settings(deadline=None, max_examples=20)
@given(st.floats(-90, 90), st.floats(-180, 180))
def test_the_nearest_place_is_nearest_by_great_circle(latitude: float, longitude: float) -> None:
    atlas = places._atlas()
    found = nearest(latitude, longitude)
    degrees = [(math.degrees(math.asin(z)), math.degrees(math.atan2(y, x))) for x, y, z in zip(*atlas[2:], strict=True)]
    ways = [haversine(latitude, longitude, *each) for each in degrees]
    least = min(ways)
    assert found in {places._place(atlas, at) for at, way in enumerate(ways) if way <= least + 1e-6}


def haversine(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    north, other_north = math.radians(latitude), math.radians(other_latitude)
    half_east = math.radians(other_longitude - longitude) / 2
    root = math.sin((other_north - north) / 2) ** 2 + math.cos(north) * math.cos(other_north) * math.sin(half_east) ** 2
    return 2 * math.asin(min(1.0, math.sqrt(root)))


@settings(deadline=None)
@given(st.text())
def test_any_name_is_searched(name: str) -> None:
    assert len(find(name)) <= 5


def test_an_answer_takes_milliseconds() -> None:
    places._atlas()
    begin = perf_counter()
    for _ in range(20):
        find("Nowhere at All")
        nearest(48.14, 11.58)
    assert perf_counter() - begin < 2  # 0.2 s here
