"""A TCP switch in front of PostgreSQL: what the network and the node do to a database."""

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Literal, Self

Mode = Literal["open", "refuse", "swallow", "slow"]

SLOW_SECONDS = 0.03


class Switch:
    """Forwards loopback connections to a Unix socket.

    open: forwards. refuse: closes every connection, old and new, at once (server gone).
    swallow: accepts and never answers, old connections too (packets dropped, process frozen).
    slow: forwards, each message late by SLOW_SECONDS (a database far away, or overloaded).
    """

    def __init__(self, target: str, mode: Mode) -> None:
        self._target = target
        self._mode: Mode = mode
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._listener.close()
        self.set("refuse")

    def set(self, mode: Mode) -> None:
        with self._lock:
            self._mode = mode
            if mode in ("swallow", "slow"):
                return
            for one in self._sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._sockets.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._mode == "refuse":
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                self._sockets += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        before = 0.0
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                # Once for a message, however many pieces it comes in.
                if self._mode == "slow" and time.monotonic() - before > SLOW_SECONDS:
                    time.sleep(SLOW_SECONDS)
                before = time.monotonic()
                if self._mode != "swallow":
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
