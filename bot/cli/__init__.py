"""The command line. Standard output is data, standard error is talk.

Exit codes: 0 done, 1 something failed or is unhealthy, 2 the caller's mistake. Heavy modules are imported by the
commands that need them, so that --help answers at once.
"""

from bot.cli.program import app, main

__all__ = ["app", "main"]
