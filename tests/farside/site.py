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
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


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


class Site:
    """A server on 127.0.0.1 with a port of its own, running from construction to `close`; a context manager."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._routes: dict[str, Route] = {}
        self._lock = threading.Lock()
        self._server = _Server(self, tls)
        self.port: int = self._server.server_address[1]
        self._scheme = "https" if tls else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cut all connections and end all threads."""
        self.closing.set()
        self._server.shutdown()
        self._server.cut_connections()
        self._server.server_close()
        self._thread.join()

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


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them: a thread left over would disturb the next test
    request_queue_size = 128

    def __init__(self, site: Site, tls: ssl.SSLContext | None) -> None:
        self.site, self._tls = site, tls
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks up the machine's name, which can take seconds.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request_thread(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        self._open.add(request)
        try:
            if self._tls:
                request = self._tls.wrap_socket(request, server_side=True)
                self._open.add(request)
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        except OSError:
            request.close()
        finally:
            self._open.discard(request)

    def cut_connections(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.site.answer(Seen(self.command, self.path, headers, body, time.monotonic()))
        if isinstance(answer, Misbehaviour):
            self.close_connection = True
            answer.act(self.connection, self.server.site.closing)
        else:
            self._write(*answer)

    def _write(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304) and "content-length" not in {name.lower() for name in headers}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The journal is enough."""


@cache
def _zeros(size: int) -> bytes:
    packer, piece = zlib.compressobj(9, wbits=31), bytes(1 << 20)
    parts = [packer.compress(piece[: min(len(piece), size - start)]) for start in range(0, size, len(piece))]
    return b"".join(parts) + packer.flush()
