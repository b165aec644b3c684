"""Load on an HTTP server of this machine: so many connections, each asking again as soon as it is answered.

One process around one selector, which does as little as it can for an answer, so that the server is what is measured;
how busy both were is told with every measurement.
"""

import contextlib
import os
import selectors
import socket
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 16


class Unexpected(Exception):
    """An answer that is not the one that was to be measured."""


@dataclass(frozen=True)
class Load:
    """What was measured in one run."""

    requests: int
    seconds: float
    p50_ms: float
    p95_ms: float
    client_cpu: float
    """Share of one core that the client took."""
    server_cpu: float | None
    """Share of one core that the server's worker took, where the machine tells (Linux)."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds

    @property
    def server_us(self) -> float | None:
        """Processor time that the server's worker took for one answer: what others on the machine disturb least."""
        return None if self.server_cpu is None else self.server_cpu * self.seconds / self.requests * 1_000_000


class Connection:
    """One kept-alive connection with at most one request under way."""

    def __init__(self, port: int, request: bytes, status: bytes) -> None:
        self._port = port
        self.socket = self._connected()
        self._request = request
        self._start = b"HTTP/1.1 " + status
        self._got = b""
        self._length = 0
        self.asked_at = 0.0

    def _connected(self) -> socket.socket:
        connected = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    @property
    def is_over(self) -> bool:
        """Tell whether the server will close after this answer, as one does that keeps no connections."""
        return b"connection: close" in self._got[: self._got.find(b"\r\n\r\n")].lower()

    def close(self) -> None:
        self.socket.close()

    def renew(self) -> None:
        self.close()
        self.socket = self._connected()

    def ask(self) -> None:
        """Send the request; it is short enough to leave in one piece."""
        self._got, self._length = b"", 0
        self.asked_at = time.perf_counter()
        self.socket.sendall(self._request)

    def take(self) -> bool:
        """Read what is there; tell whether the answer is complete. Raises Unexpected."""
        part = self.socket.recv(262_144)
        self._got += part
        if not self._length and (end := self._got.find(b"\r\n\r\n")) >= 0:
            head = self._got[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self._length = end + 4 + size
        if not part or not self._got.startswith(self._start[: len(self._got)]):
            raise Unexpected(f"expected {self._start.decode()}, got {self._got[:200]!r}")
        return 0 < self._length <= len(self._got)


def run(port: int, request: bytes, *, status: str, seconds: float, most: int, worker: int | None) -> Load:
    """Ask over all connections for so many seconds, or until `most` answers. Raises Unexpected for any other status.

    `worker` is the process whose time is counted as the server's.
    """
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        connections = [Connection(port, request, status.encode()) for _ in range(CONNECTIONS)]
        for each in connections:
            stack.callback(each.close)
            selector.register(each.socket, selectors.EVENT_READ, each)
        waits: list[float] = []
        mine, theirs, began = time.process_time(), cpu_seconds(worker), time.perf_counter()
        until = began + seconds
        for each in connections:
            each.ask()
        now = began
        while now < until and len(waits) < most:
            ready = selector.select(10)
            if not ready:
                raise Unexpected("no answer for ten seconds")
            for key, _mask in ready:
                if key.data.take():
                    now = time.perf_counter()
                    waits.append(now - key.data.asked_at)
                    if key.data.is_over:
                        selector.unregister(key.fileobj)
                        key.data.renew()
                        selector.register(key.data.socket, selectors.EVENT_READ, key.data)
                    key.data.ask()
        took = time.perf_counter() - began
        spent = cpu_seconds(worker)
        waits.sort()
        return Load(
            requests=len(waits),
            seconds=took,
            p50_ms=statistics.median(waits) * 1000,
            p95_ms=waits[int(len(waits) * 0.95)] * 1000,
            client_cpu=(time.process_time() - mine) / took,
            server_cpu=None if spent is None or theirs is None else (spent - theirs) / took,
        )


def cpu_seconds(pid: int | None) -> float | None:
    """Return how much processor time a process has taken; None where the machine does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
