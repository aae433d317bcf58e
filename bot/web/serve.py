"""The web server, in the event loop of the process: it ends when that is told to, not by signals of its own."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import uvicorn

from bot import listening as sockets
from bot.app import App
from bot.web.site import site
from bot.web.visit import Web

log = logging.getLogger(__name__)

_FINISH = 3  # seconds that answers may still take when the program stops


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listening(listen: str) -> socket.socket:
    """A socket for the pages. Raises ConfigError."""
    return sockets.listening("web.listen", listen)


async def serve(app: App, base: str, listener: socket.socket, stop: asyncio.Event) -> None:
    """Answer visitors until `stop`."""
    web = Web(app.engine, app.settings, base, lambda: datetime.now(UTC))
    # A reverse proxy on the same machine says whom it speaks for; others are not believed, whatever is in the
    # environment.
    config = uvicorn.Config(
        site(web), lifespan="off", log_config=None, access_log=False,
        server_header=False, forwarded_allow_ips="127.0.0.1", timeout_graceful_shutdown=_FINISH, limit_concurrency=200,
    )  # fmt: skip
    server = _Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    stopping = asyncio.create_task(stop.wait())
    log.info("pages at %s, for %s", app.settings.web.listen, base)
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving
