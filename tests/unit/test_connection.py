"""How long the bot waits before it listens on Telegram again."""

from datetime import timedelta

from bot.chat.connection import longer

AT_ONCE = timedelta(seconds=2)


def test_each_failure_doubles_the_wait_up_to_a_minute() -> None:
    waits = [0.0]
    for _ in range(8):
        waits.append(longer(waits[-1], AT_ONCE))
    assert waits[1:] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_after_minutes_that_went_well_it_begins_with_a_second() -> None:
    assert longer(60, timedelta(minutes=6)) == 1
    assert longer(60, timedelta(minutes=4)) == 60
