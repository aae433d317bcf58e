"""The small server for machines, in threads of its own: a process whose event loop stands must still answer."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from socket import socket
from socketserver import ThreadingMixIn
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from bot.app import App
from bot.extras import installing
from bot.listening import listening
from bot.looping import Loop, Turns
from bot.monitor import health
from bot.monitor.counts import Counts

log = logging.getLogger(__name__)

Answer = tuple[str, str, bytes]
Answering = Callable[..., list[bytes]]
_TEXT, _JSON = "text/plain; charset=utf-8", "application/json"
_NO_EXTRA = f"/metrics needs the extra metrics: {installing('metrics')}\n"


class _Handler(WSGIRequestHandler):
    timeout = 10  # seconds; who says nothing is not waited for

    def log_message(self, *_: object) -> None:
        """Say nothing of each of the visits that come every few seconds."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, listener: socket, answer: Answering) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()  # the one of its own, which only knows IPv4
        self.socket = listener
        self.server_name, self.server_port = listener.getsockname()[:2]
        self.setup_environ()
        self.set_app(answer)


@contextmanager
def serving(app: App, loops: Sequence[Loop], turns: Turns, counts: Counts) -> Iterator[None]:
    """Serve at `monitor.listen`, if it is set. Raises ConfigError where nobody can listen there."""
    listen = app.settings.monitor.listen
    if listen is None:
        yield
        return
    server = _Server(listening("monitor.listen", listen), _answering(app, loops, turns, counts))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answering(app: App, loops: Sequence[Loop], turns: Turns, counts: Counts) -> Answering:
    """The WSGI application."""
    metrics = _metrics(app, turns, counts)
    pages = {"/healthz": _alive, "/readyz": lambda: _ready(app, loops, turns), "/metrics": metrics}

    def answer(environ: dict[str, str], start_response: Callable[..., object]) -> list[bytes]:
        page = pages.get(environ.get("PATH_INFO", ""))
        if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            status, kind, body = "405 Method Not Allowed", _TEXT, b"only GET\n"
        elif page is None:
            status, kind, body = "404 Not Found", _TEXT, b"there are /healthz, /readyz and /metrics\n"
        else:
            status, kind, body = page()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

    return answer


def _alive() -> Answer:
    return "200 OK", _TEXT, b"ok\n"


def _ready(app: App, loops: Sequence[Loop], turns: Turns) -> Answer:
    wrong = health.problems(app.engine, loops, turns)
    body = json.dumps({"ready": not wrong, "problems": wrong}) + "\n"
    return "503 Service Unavailable" if wrong else "200 OK", _JSON, body.encode()


def _metrics(app: App, turns: Turns, counts: Counts) -> Callable[[], Answer]:
    try:
        from bot.monitor.metrics import registry, shown  # imported here: the extra may not be installed
    except ModuleNotFoundError:
        return lambda: ("501 Not Implemented", _TEXT, _NO_EXTRA.encode())
    numbers = registry(app, counts, turns)
    return lambda: ("200 OK", "text/plain; version=0.0.4; charset=utf-8", shown(numbers))
