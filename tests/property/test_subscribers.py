"""Which subscription asks which query, whatever comes and goes."""

from hypothesis import given
from hypothesis import strategies as st

from bot.query.subscribers import Subscribers

IDS, NUMBERS = range(6), range(3)
changes = st.lists(st.tuples(st.sampled_from(IDS), st.none() | st.sampled_from(NUMBERS)))


@given(changes)
def test_each_asks_what_it_asked_last(changes: list[tuple[int, int | None]]) -> None:
    subscribers, asked = Subscribers(), dict[int, int]()
    for number in NUMBERS:  # each number was asked once
        subscribers.add(len(IDS), number)
        subscribers.remove(len(IDS))

    for id, number in changes:
        assert subscribers.remove(id) == asked.pop(id, None)
        if number is not None:
            subscribers.add(id, number)
            asked[id] = number

    for number in NUMBERS:
        askers = [id for id in asked if asked[id] == number]
        assert sorted(subscribers.of(number)) == sorted(askers)
        assert subscribers.asks(number) is bool(askers)
