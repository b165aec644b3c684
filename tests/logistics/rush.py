"""Many clients at one moment: web processes of the service over the test database, and requests sent all at once."""

import asyncio
import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connections

from cnd.supervisor import end_with
from tests import servers

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 60


@dataclass(frozen=True)
class Submission:
    """One request that submits a draft, or asks for something else."""

    path: str
    token: str
    key: str
    body: str = "{}"

    def bytes_for(self, port: int) -> bytes:
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Authorization: Bearer {self.token}",
            f"Idempotency-Key: {self.key}",
            "Content-Type: application/json",
            f"Content-Length: {len(self.body.encode())}",
            "Connection: close",
        ]
        return "\r\n".join([*lines, "", self.body]).encode()


@dataclass(frozen=True)
class Answer:
    submission: Submission
    status: int
    body: dict[str, Any]
    took_s: float


def folder() -> Path:
    """Return the folder of this run."""
    return Path(os.environ["CND_VAR"])


def database_url() -> str:
    """Return the URL of the database that this test runs on."""
    told = connections["default"].settings_dict
    return f"postgres://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


@contextlib.contextmanager
def webs(count: int, processes: int = 1) -> Iterator[list[int]]:
    """Serve the test database by so many webs of several processes each; yield their ports."""
    environment = dict(os.environ) | {
        "DATABASE_URL": database_url(),
        "LOG_LEVEL": "WARNING",
        "DB_CONN_MAX_AGE": "60",
    }
    ended = functools.partial(end_with, os.getpid(), signal.SIGTERM)
    with contextlib.ExitStack() as stack:
        ports = [servers.free_port() for _ in range(count)]
        for port in ports:
            command = ["-m", "granian", "--interface", "wsgi", "--workers", str(processes), "--blocking-threads", "4"]
            log = stack.enter_context((folder() / f"web-{port}.log").open("wb"))
            web = subprocess.Popen(
                [sys.executable, *command, "--port", str(port), "--no-ws", "cnd.wsgi:application"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                preexec_fn=ended,
            )
            stack.callback(web.wait, 15)
            stack.callback(web.terminate)
        for port in ports:
            await_web(port)
        yield ports


def await_web(port: int) -> None:
    """Wait until a web answers. Raises TimeoutError."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            if (
                asyncio.run(_ask(port, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"))[0]
                == 200
            ):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError((folder() / f"web-{port}.log").read_text("utf-8", "replace")[-2000:])


async def _ask(port: int, request: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await _asked(reader, writer, request)
    finally:
        writer.close()


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    writer.write(request)
    await writer.drain()
    head, _blank, body = (await reader.read()).partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


async def _rush(ports: Sequence[int], submissions: Sequence[Submission], at: float) -> list[Answer]:
    # Connected before, so that at the moment itself there is nothing left to do but to send.
    opened = [await asyncio.open_connection("127.0.0.1", ports[n % len(ports)]) for n in range(len(submissions))]
    await asyncio.sleep(max(0.0, at - time.time()))
    began = time.monotonic()

    async def send(number: int) -> Answer:
        submission, (reader, writer) = submissions[number], opened[number]
        status, body = await _asked(reader, writer, submission.bytes_for(ports[number % len(ports)]))
        writer.close()
        return Answer(submission, status, json.loads(body), time.monotonic() - began)

    return await asyncio.gather(*(send(number) for number in range(len(submissions))))


def rush(ports: Sequence[int], submissions: Sequence[Submission], *, at: float) -> list[Answer]:
    """Send all of this at one moment (seconds since 1970), over so many connections; return the answers."""
    return asyncio.run(_rush(ports, submissions, at))
