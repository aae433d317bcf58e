"""An HTTP server on 127.0.0.1 that can be ended at any time, with all of its connections and threads."""

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class Closing:
    """What is closed where the block ends that it is made for."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        raise NotImplementedError


class Loopback(ThreadingHTTPServer):
    """It serves from construction on, until `hang_up` and `end`."""

    daemon_threads = False  # so that closing waits for them: a thread left over would disturb the next test
    request_queue_size = 128

    def __init__(self, port: int, handler: type["Handler"], tls: ssl.SSLContext | None = None) -> None:
        self._open: set[socket.socket] = set()
        self._tls = tls
        super().__init__(("127.0.0.1", port), handler)
        self.port: int = self.server_address[1]
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def server_bind(self) -> None:
        # HTTPServer's own looks up the machine's name, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
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

    def hang_up(self) -> None:
        """Take no more connections, and cut those that there are."""
        self.shutdown()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Wait for the end of all threads."""
        self.server_close()
        self._thread.join()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is what many tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def write(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Answer the request."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304) and "content-length" not in {name.lower() for name in headers}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The journals are enough, and a line here would hold the token."""
