"""Relays of drand's chain on this machine: honest ones, liars, and some that never come to an end."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sessions.domain.drand import CHAIN_HASH
from tests.sessions.rounds import RANDOMNESS, SIGNATURE

Answer = Callable[[BaseHTTPRequestHandler, int], None]


def say(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def telling(number: int | None = None, signature: str | None = None) -> Answer:
    """Return a relay that tells this signature, and that it is this round's; by default the truth."""

    def answer(handler: BaseHTTPRequestHandler, asked: int) -> None:
        if signature is None and asked not in SIGNATURE:
            say(handler, b"not yet", 404)
            return
        told = {"round": number or asked, "signature": signature or SIGNATURE[asked]}
        say(handler, json.dumps(told | {"randomness": RANDOMNESS.get(asked, "")}).encode())

    return answer


honest = telling()
liar = telling(signature="b" + "0" * 95)


def silent(handler: BaseHTTPRequestHandler, asked: int) -> None:
    time.sleep(5)


def dripping(handler: BaseHTTPRequestHandler, asked: int) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(50):
            handler.wfile.write(b" ")
            time.sleep(0.1)


def hanging_up(handler: BaseHTTPRequestHandler, asked: int) -> None:
    handler.connection.close()


def saying(body: bytes, status: int = 200) -> Answer:
    return lambda handler, asked: say(handler, body, status)


@contextlib.contextmanager
def relay(answer: Answer = honest) -> Iterator[str]:
    """Serve a relay on a free port and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            chain, _, number = self.path.strip("/").split("/")
            if chain == CHAIN_HASH:
                answer(self, int(number))

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    # How soon it heeds that it shall end.
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
