"""The HTTP side: the paths of the Bot API, its four ways to pass parameters, its files, and the pages for people."""

import json
import re
import socket
import threading
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fakes.telegram import page
from fakes.telegram.faults import Cut, Fault
from fakes.telegram.model import Json, Upload
from farside.loopback import Handler, Loopback

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
        self.port = self._server.port

    def stop(self) -> None:
        self.closing.set()
        self._server.hang_up()
        with self.api.changed:
            self.api.updates.stopped = True
            self.api.updates.end_poll("the server is stopped")
        self._server.end()

    close = stop


class _Server(Loopback):
    def __init__(self, listener: Listener, port: int) -> None:
        self.listener = listener
        super().__init__(port, _Handler)


class _Handler(Handler):
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        body = self.body()
        path = unquote(urlsplit(self.path).path)
        if found := _CALL.fullmatch(path):
            self._call(found[1], found[2], self._values(body))
        elif found := _FILE.fullmatch(path):
            self._file(found[1], found[2])
        elif path.startswith("/bot"):
            self._answer(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        else:
            status, headers, text = page.serve(self.server.listener.api, path, self._values(body))
            self.write(status, {"Content-Type": "text/html; charset=utf-8", **headers}, text.encode())

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
            self.write(status, {"Content-Type": "text/html"}, _GARBAGE)
        else:
            self._answer(status, body)

    def _file(self, token: str, path: str) -> None:
        api = self.server.listener.api
        upload = api.files.at(path)
        if token != api.token or not upload:
            self._answer(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        else:
            self.write(200, {"Content-Type": upload.type}, upload.data)

    def _answer(self, status: int, body: Json) -> None:
        self.write(status, {"Content-Type": "application/json"}, json.dumps(body).encode())

    do_GET = do_POST = _serve  # noqa: N815


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
