"""`paperwatch demo`: a small invented day through the real path, offline, in a temporary library."""

import asyncio
import tempfile
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from random import Random

from rich.text import Text

from bot import subscriptions
from bot.channels.console import ConsoleChannel
from bot.deliver import deliver_once
from bot.intake import take_in
from bot.store.engine import Engine, make_engine, migrate
from bot.terminal import out, say
from scrapers import saved

DAY = date(2026, 11, 20)
SUBSCRIPTIONS = (
    ("Agents that use tools", '"tool use" AND (agent OR agents)'),
    ("Retrieval, no surveys", "(RAG OR retrieval) AND NOT survey"),
    ("What people like", "upvotes>=100"),
)


def demo() -> None:
    """Show the alerts for an invented day as they would look."""
    now = datetime.now(UTC)
    data = files("bot").joinpath("demo.json").read_bytes()
    with tempfile.TemporaryDirectory(prefix="paperwatch-demo-", ignore_cleanup_errors=True) as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'demo.db'}")
        migrate(engine)
        for name, query in SUBSCRIPTIONS:
            subscriptions.subscribe(engine, ("console", ""), query, now=now, name=name)
            out.print(Text.assemble(("subscribed ", "dim"), (name, "green"), f": {query}"))
        listed = saved.read(data, name="demo.json", today=DAY).listed
        taken = take_in(engine, "hf", "huggingface", listed, day=DAY, alert=True, now=now)
        matter = f"{len(listed)} invented papers, {taken.alerts} of them matter to you:"
        out.print(Text.assemble(("read ", "dim"), matter))
        asyncio.run(_deliver(engine))
        engine.dispose()
    say("this was a demo: nothing was fetched, nothing is kept. Next: paperwatch subscribe console: 'your query'")


async def _deliver(engine: Engine) -> None:
    channels = {"console": ConsoleChannel()}
    while await deliver_once(engine, channels, random=Random()):
        pass
