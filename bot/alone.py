"""One `run` on an SQLite file, with the command line beside it; on PostgreSQL any number may run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.store.engine import Engine, StoreError, file_of


@contextmanager
def only_one(engine: Engine) -> Iterator[None]:
    """Hold the lock of an SQLite file. Raises StoreError where another process holds it."""
    path = _lock_of(engine)
    if path is None:
        yield
        return
    with path.open("a") as file:
        try:
            _lock(file.fileno())
        except OSError:
            raise StoreError(
                f"another paperwatch run is using {engine.url.database}; stop it first (or use PostgreSQL for several)"
            ) from None
        yield


def is_running(engine: Engine) -> bool | None:
    """Whether a `run` holds the lock of the SQLite file; None where there is no such lock, and nobody can say. Any
    number may ask at once, also who cannot write there."""
    path = _lock_of(engine)
    if path is None:
        return None
    if not path.exists():
        return False
    with path.open("r") as file:
        try:
            _lock(file.fileno(), shared=True)
        except OSError:
            return True
    return False


def _lock_of(engine: Engine) -> Path | None:
    file = file_of(engine.url)
    return Path(f"{file}.lock") if file else None


def _lock(descriptor: int, *, shared: bool = False) -> None:
    try:
        import fcntl
    except ModuleNotFoundError:
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
