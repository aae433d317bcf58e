"""A line to a far side on loopback, which can be refused, cut, and made slow: a proxy that knows bytes only."""

import socket
import struct
import threading
import time
from contextlib import suppress

from farside.loopback import Closing

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST


class Line(Closing):
    """Listens on a port of its own and passes everything on to `port`, and back.

    slow   seconds that each piece of an answer is held back
    most   an answer is cut after so many bytes of it (None: never)
    """

    def __init__(self, port: int) -> None:
        self.slow: float = 0.0
        self.most: int | None = None
        self._to, self._open = port, set[socket.socket]()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._accept()

    def refuse(self) -> None:
        """Nobody listens any more, and what is connected is cut."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def listen(self) -> None:
        """The line is there again, and whole."""
        self.slow, self.most = 0.0, None
        if self._listener.fileno() < 0:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
            self._accept()

    def cut(self) -> None:
        """End all connections."""
        for one in list(self._open):
            _reset(one)

    def close(self) -> None:
        self.refuse()

    def _accept(self) -> None:
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._to), 5)
        except OSError:
            _reset(near)
            return
        far.settimeout(None)
        for one in (near, far):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(one)
        back = threading.Thread(target=self._pass_on, args=(far, near, True), daemon=True)
        back.start()
        self._pass_on(near, far, False)
        back.join()
        for one in (near, far):
            self._open.discard(one)
            one.close()

    def _pass_on(self, source: socket.socket, to: socket.socket, is_answer: bool) -> None:
        passed = 0
        with suppress(OSError):
            while piece := source.recv(65_536):
                if is_answer and self.slow:
                    time.sleep(self.slow)
                if is_answer and self.most is not None and passed + len(piece) > self.most:
                    to.sendall(piece[: max(0, self.most - passed)])
                    self._cut_pair(source, to)
                    return
                to.sendall(piece)
                passed += len(piece)
            to.shutdown(socket.SHUT_WR)
            return
        self._cut_pair(source, to)

    def _cut_pair(self, *pair: socket.socket) -> None:
        for one in pair:
            _reset(one)


def _reset(connection: socket.socket) -> None:
    """End a connection at once, for both; whoever reads it wakes up."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        connection.shutdown(socket.SHUT_RDWR)
