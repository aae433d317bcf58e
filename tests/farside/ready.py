"""What a process has ready before it is forked: all that one imports, and the tables' classes put together.

It is imported by its path from the root, as `tests.farside.ready`: the server that forks does not get our path.
"""

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import farside.mail_kills
import farside.program
import farside.telegram_kills  # noqa: F401
import psycopg  # noqa: F401
import sqlalchemy.orm

import bot.channels.email
import bot.cli
import bot.managing
import bot.run  # noqa: F401

sqlalchemy.orm.configure_mappers()
gc.collect()
gc.freeze()  # else the collector of each fork goes through all of it, and copies it
