"""A web site on 127.0.0.1 for tests: it answers what a test scripts, misbehaves where told, and keeps a journal.

    with Site() as site:
        site.route("/papers", (200, {"Content-Type": "text/html"}, b"..."))
        site.route("/api", [(503, {}, b""), (200, {}, b"[]")])      # one after the other; the last one stays
        site.route("/echo", lambda seen: (200, {}, seen.body))
        site.route("/slow", drip(b"abc"))
        ... site.url("/papers") ... site.seen[-1].headers["user-agent"]

A route with a query string matches that query only, one without matches any. What has no route is answered 404.
"""

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from farside.loopback import Closing, Handler, Loopback


@dataclass(frozen=True)
class Seen:
    """A request as it came: `path` with its query, header names in lower case, `at` in seconds of `time.monotonic`."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


@dataclass(frozen=True)
class Misbehaviour:
    """What is done on the bare connection instead of an answer, which is closed afterwards."""

    act: Callable[[socket.socket, threading.Event], None]


Answer = tuple[int, Mapping[str, str], bytes] | Misbehaviour
Route = Answer | Callable[[Seen], Answer] | list[Answer]


def redirect(to: str, status: int = 302) -> Answer:
    """An answer that sends the client elsewhere."""
    return status, {"Location": to}, b""


def zipped(body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer packed with gzip."""
    return 200, {"Content-Encoding": "gzip", **(headers or {})}, gzip.compress(body)


def bomb(size: int = 200_000_000) -> Answer:
    """An answer that unpacks to `size` zeros, packed to a thousandth of it."""
    return 200, {"Content-Encoding": "gzip"}, _zeros(size)


def raw(data: bytes) -> Misbehaviour:
    """Send these bytes, whatever they are, and hang up; nothing at all for b""."""
    return Misbehaviour(lambda connection, closing: connection.sendall(data))


def cut(body: bytes, promised: int) -> Misbehaviour:
    """Promise so many bytes, send `body`, and hang up."""
    return raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % promised + body)


def silent() -> Misbehaviour:
    """Take the request and never answer."""

    def act(connection: socket.socket, closing: threading.Event) -> None:
        closing.wait()

    return Misbehaviour(act)


def drip(body: bytes, seconds: float = 1.0, status: bytes = b"200 OK") -> Misbehaviour:
    """Send the head at once and then a byte each second: no read ever times out."""

    def act(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body)))
        for byte in body:
            if closing.wait(seconds):
                return
            connection.sendall(bytes([byte]))

    return Misbehaviour(act)


def endless(piece: bytes = b"x" * 65536, headers: bytes = b"", first: bytes = b"") -> Misbehaviour:
    """Send a body without a length: `first`, and then `piece` for ever."""

    def act(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n" + first)
        while not closing.is_set():
            connection.sendall(piece)

    return Misbehaviour(act)


class Site(Closing):
    """A server on 127.0.0.1 with a port of its own, running from construction to `close`; a context manager."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._routes: dict[str, Route] = {}
        self._lock = threading.Lock()
        self._server = _Server(self, tls)
        self.port = self._server.port
        self._scheme = "https" if tls else "http"

    def close(self) -> None:
        """Cut all connections and end all threads."""
        self.closing.set()
        self._server.hang_up()
        self._server.end()

    def url(self, path: str = "", host: str = "127.0.0.1") -> str:
        """The address of a path; `host` is another name under which the site is reached."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def route(self, path: str, route: Route) -> None:
        """Answer `path` so, from now on."""
        with self._lock:
            self._routes[path] = list(route) if isinstance(route, list) else route

    def paths(self) -> list[str]:
        """The paths that were asked for, with their queries, in order."""
        return [seen.path for seen in self.seen]

    def answer(self, seen: Seen) -> Answer:
        """Write the request into the journal and choose its answer."""
        with self._lock:
            self.seen.append(seen)
            route = self._routes.get(seen.path) or self._routes.get(seen.path.partition("?")[0])
            if isinstance(route, list):
                route = route.pop(0) if len(route) > 1 else route[0]
        if callable(route):
            return route(seen)
        return route or (404, {"Content-Type": "text/plain"}, b"not found")


class _Server(Loopback):
    def __init__(self, site: Site, tls: ssl.SSLContext | None) -> None:
        self.site = site
        super().__init__(0, _Handler, tls)


class _Handler(Handler):
    server: _Server

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.site.answer(Seen(self.command, self.path, headers, self.body(), time.monotonic()))
        if isinstance(answer, Misbehaviour):
            self.close_connection = True
            answer.act(self.connection, self.server.site.closing)
        else:
            self.write(*answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815


@cache
def _zeros(size: int) -> bytes:
    packer, piece = zlib.compressobj(9, wbits=31), bytes(1 << 20)
    parts = [packer.compress(piece[: min(len(piece), size - start)]) for start in range(0, size, len(piece))]
    return b"".join(parts) + packer.flush()
