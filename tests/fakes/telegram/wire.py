"""The HTTP side: the paths of the Bot API, its four ways to pass parameters, its files, and the pages for people."""

import json
import re
import socket
import threading
from contextlib import suppress
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fakes.telegram import page
from fakes.telegram.faults import Cut, Fault
from fakes.telegram.model import Json, Upload

if TYPE_CHECKING:
    from fakes.telegram.server import FakeTelegram

_CALL = re.compile(r"/bot([^/]+)/(?:test/)?([A-Za-z0-9]+)")
_FILE = re.compile(r"/file/bot([^/]+)/(?:test/)?(.+)")
_GARBAGE = b"<html>garbage</html>"


class Listener:
    """The socket on 127.0.0.1, which can be closed for a while and opened again on the same port."""

    def __init__(self, api: "FakeTelegram", port: int) -> None:
        self.api, self.port = api, port
        self.closing = threading.Event()
        self.start()

    def start(self) -> None:
        self.closing.clear()
        self.api.updates.stopped = False
        self._server = _Server(self, self.port)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.cut_connections()
        with self.api.changed:
            self.api.updates.stopped = True
            self.api.updates.end_poll("the server is stopped")
        self._server.server_close()
        self._thread.join()

    close = stop


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them: a thread left over would disturb the next test
    request_queue_size = 128

    def __init__(self, listener: Listener, port: int) -> None:
        self.listener = listener
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks up the machine's name, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request_thread(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        self._open.add(request)
        try:
            super().process_request_thread(request, client_address)
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
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = unquote(urlsplit(self.path).path)
        if found := _CALL.fullmatch(path):
            self._call(found[1], found[2], self._values(body))
        elif found := _FILE.fullmatch(path):
            self._file(found[1], found[2])
        elif path.startswith("/bot"):
            self._answer(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        else:
            status, headers, text = page.serve(self.server.listener.api, path, self._values(body))
            self._write(status, text.encode(), "text/html; charset=utf-8", headers)

    def _values(self, body: bytes) -> dict[str, Any]:
        values: dict[str, Any] = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        return values | _body_values(self.headers.get("Content-Type", ""), body)

    def _call(self, token: str, method: str, values: dict[str, Any]) -> None:
        try:
            status, body, fault = self.server.listener.api.perform(token, method, values)
        except Cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if fault and fault.late:
            self.server.listener.closing.wait(fault.late)
        if fault and _is_garbled(fault):
            self._write(status, _GARBAGE, "text/html")
        else:
            self._answer(status, body)

    def _file(self, token: str, path: str) -> None:
        api = self.server.listener.api
        upload = api.files.at(path)
        if token != api.token or not upload:
            self._answer(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        else:
            self._write(200, upload.data, upload.type)

    def _answer(self, status: int, body: Json) -> None:
        self._write(status, json.dumps(body).encode(), "application/json")

    def _write(self, status: int, body: bytes, type: str, headers: dict[str, str] | None = None) -> None:  # noqa: A002
        self.send_response(status)
        for name, value in {"Content-Type": type, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The journal is enough, and a line here would hold the token."""


def _is_garbled(fault: Fault) -> bool:
    return fault.garbage or (fault.status or 0) > 500


def _body_values(type: str, body: bytes) -> dict[str, Any]:  # noqa: A002
    if type.startswith("application/json"):
        values = json.loads(body or b"{}")
        return values if isinstance(values, dict) else {}
    if type.startswith("multipart/form-data"):
        return _multipart(type, body)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _multipart(type: str, body: bytes) -> dict[str, Any]:  # noqa: A002
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + type.encode() + b"\r\n\r\n" + body)
    values: dict[str, Any] = {}
    for part in form.iter_parts():
        name = str(part.get_param("name", "", header="content-disposition"))
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        filename = part.get_filename()
        values[name] = data.decode() if filename is None else Upload(filename, data, part.get_content_type())
    return values
