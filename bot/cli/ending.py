"""How the program ends: with which exit code, and with which sentence about what went wrong."""

import logging
import sys
import traceback
from typing import Any, NoReturn

import typer

from bot.cli.given import Given
from bot.redaction import as_logged, redacted


def end(code: int) -> None:
    """End the command with that exit code."""
    if code:
        raise typer.Exit(code)


def fail(error: Exception) -> NoReturn:
    """Say in a sentence what went wrong, and end with the code for whose fault it was."""
    if Given.debug:
        print(redacted("".join(traceback.format_exception(error))), file=sys.stderr, end="")
        sys.exit(1)
    mine, text = _whose(error)
    print(as_logged(f"paperwatch: {redacted(text)}", logging.ERROR), file=sys.stderr)
    sys.exit(2 if mine else 1)


def _whose(error: Exception) -> tuple[bool, str]:
    from bot.config import ConfigError
    from bot.store.engine import StoreError
    from scrapers.request import ScrapeError

    if isinstance(error, StoreError):
        return False, str(error)
    if isinstance(error, (ConfigError, ValueError, ScrapeError)) and not _is_internal(error):
        return True, str(error)
    if isinstance(error, OSError):
        return False, f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    return False, (
        f"something unexpected went wrong ({type(error).__name__}: {error}); nothing of this step was stored; run it"
        " again with paperwatch --debug … and report what it shows"
    )


def _is_internal(error: Any) -> bool:
    """Whether a ValueError comes from inside a library rather than from one of our checks."""
    return isinstance(error, UnicodeError) or type(error).__name__ == "ValidationError"
