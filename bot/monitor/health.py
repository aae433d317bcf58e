"""Whether a process works: its loops come round, and the database answers and is the one that it knows."""

import time
from collections.abc import Sequence

from bot.looping import Loop, Turns
from bot.store.engine import Engine, StoreError, missing_steps

# A list may take this long: an answer has a minute, and a host may be busy with another process for as long.
PATIENCE = 600.0


def standing(loops: Sequence[Loop], turns: Turns, now: float) -> list[str]:
    """Those loops that should have come round, a sentence each. `now` is of `time.monotonic`. Pure."""
    found = []
    for loop in loops:
        last = turns.at.get(loop.name)
        if last is None:
            found.append(f"the loop {loop.name} has not begun")
        elif now - last > loop.seconds + PATIENCE:
            found.append(f"the loop {loop.name} came round {now - last:.0f} seconds ago")
    return found


def problems(engine: Engine, loops: Sequence[Loop], turns: Turns) -> list[str]:
    """Why this process does not work, a sentence each; none where it does."""
    found = standing(loops, turns, time.monotonic())
    try:
        if steps := missing_steps(engine):
            found.append(f"the tables are older than this program: {', '.join(steps)} are missing")
    except StoreError as error:
        found.append(str(error))
    return found
