"""Slots and speakers of a drawn CND67 over HTTP, beside constants through the same stack and a bare application.

Two constants, since a poll is answered before most of the stack is passed. One comes from an ordinary view behind the
whole stack: the aim is 0.80 of it for an answer and 0.90 for a 304. The other comes from where polls are answered, and
shows what the question to the database costs on top of a mere answer there.
"""

import contextlib
import functools
import http.client
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cnd.supervisor import end_with
from tests import servers
from tests.bench import load

ROOT = Path(__file__).resolve().parent.parent.parent
SLOTS = "/api/v1/sessions/cnd67/slots/"
SPEAKERS = "/api/v1/sessions/cnd67/speakers/"
FEW = ("bare WSGI, same bytes", "slots, plain", "slots, conditional (304)")
"""What every kind of server is compared by."""
ROUNDS = 3
SECONDS = 1.5
MOST = 10_000
PATIENCE_S = 60

SCENE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.sessions.scenes import drawn_session
drawn_session(114)
"""


@dataclass(frozen=True)
class Case:
    """One request, repeated."""

    name: str
    port: int
    path: str
    status: str
    against: str = ""
    """The case that this one is a ratio to."""
    beside: str = ""
    """Another one."""
    etag: str = ""
    is_fresh: bool = False
    """Every run asks for something that was not asked before, so that nothing kept is served."""

    def request(self, number: int) -> bytes:
        path = f"{self.path}?run={number}" if self.is_fresh else self.path
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Accept: application/json"]
        lines += [f"If-None-Match: {self.etag}"] if self.etag else []
        return ("\r\n".join([*lines, "", ""])).encode()


def production(database_url: str, redis_url: str, folder: Path) -> dict[str, str]:
    """Return the environment of a production that answers plain HTTP on this machine."""
    (folder / "static").mkdir(exist_ok=True)
    return bare(folder) | {
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "CND_ENV": "production",
        "CND_VAR": str(folder),
        "SECRET_KEY": "measured and thrown away, longer than fifty characters",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SITE_URL": "https://127.0.0.1",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "MAIL_FROM": "bench@127.0.0.1",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECURE_SSL_REDIRECT": "false",
        # Counted as ever, and never used up.
        "THROTTLE_ANONYMOUS": "999999/s",
        "LOG_LEVEL": "WARNING",
    }


def bare(folder: Path) -> dict[str, str]:
    """Return an environment without anything of the caller's."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(folder), "BENCH_BODY": str(folder / "body.json")}


def make_scene(database_url: str, folder: Path) -> None:
    """Have CND67 with 114 inscriptions drawn in this database (with a rehearsal's seed, so not as production)."""
    env = bare(folder) | {"DJANGO_SETTINGS_MODULE": "cnd.settings", "CND_ENV": "test", "CND_VAR": str(folder)}
    env["DATABASE_URL"] = database_url
    subprocess.run([sys.executable, "-c", SCENE], cwd=ROOT, env=env, check=True, timeout=120)


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def worker(self) -> int | None:
        """Return the process that answers; None where the machine does not tell."""
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        except OSError:
            return None
        # Beside it may stand one that only tidies up.
        return max(map(int, children), key=lambda pid: load.cpu_seconds(pid) or 0, default=None)

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Ask once; return status, headers by lower-case name, and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


GTHREAD = "gunicorn gthread, 4 threads"
SERVERS = {
    GTHREAD: ["gunicorn", "--no-control-socket", "--worker-class", "gthread", "--workers", "1", "--threads", "4"],
    "gunicorn gthread, 1 thread": ["gunicorn", "--no-control-socket", "--worker-class", "gthread", "--threads", "1"],
    "gunicorn sync": ["gunicorn", "--no-control-socket", "--worker-class", "sync", "--workers", "1"],
    "granian, 1 thread": ["granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "1"],
    "granian, 4 threads": ["granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "4"],
}
CHOSEN = "granian, 4 threads"
"""The quickest for polls: while one thread waits for the database another goes on (README, “Deployment”)."""


@contextlib.contextmanager
def served(kind: str, application: str, env: dict[str, str], log: Path) -> Iterator[Server]:
    """Serve an application with one process of a kind of server."""
    port = servers.free_port()
    command = [sys.executable, "-m", *SERVERS[kind], application]
    command += ["--bind", f"127.0.0.1:{port}"] if "gunicorn" in command else ["--port", str(port), "--no-ws"]
    ended = functools.partial(end_with, os.getpid(), signal.SIGTERM)
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out, preexec_fn=ended)
    try:
        until = time.monotonic() + PATIENCE_S
        server = Server(port, process.pid)
        while True:
            try:
                server.get("/")
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"{application} does not start: {log.read_text()[-1000:]}") from None
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(15)


def cases(product: Server, plain: Server, etags: dict[str, str]) -> list[Case]:
    """Return what is measured, each after what it is compared with."""
    bare, nothing = "bare WSGI, same bytes", "bare WSGI, empty 304"
    whole, empty = "constant, where polls are", "empty 304, where polls are"
    far, far_empty = "constant, ordinary view", "empty 304, ordinary view"
    return [
        Case(bare, plain.port, "/", "200"),
        Case(nothing, plain.port, "/empty", "304"),
        Case(far, product.port, "/api/v1/bench/constant/", "200", bare),
        Case(far_empty, product.port, "/api/v1/bench/empty/", "304", nothing),
        Case(whole, product.port, "/api/v1/bench/polled/", "200", bare),
        Case(empty, product.port, "/api/v1/bench/polled/empty/", "304", nothing),
        Case("slots, plain", product.port, SLOTS, "200", far, whole),
        Case("slots, conditional (304)", product.port, SLOTS, "304", far_empty, empty, etag=etags[SLOTS]),
        Case("speakers, plain", product.port, SPEAKERS, "200", far, whole),
        Case("speakers, conditional (304)", product.port, SPEAKERS, "304", far_empty, empty, etag=etags[SPEAKERS]),
    ]


def measure(database_url: str, redis_url: str, folder: Path) -> dict[str, Any]:
    """Measure all cases on the chosen server, and three on every other."""
    make_scene(database_url, folder)
    env = production(database_url, redis_url, folder)
    found = measured(CHOSEN, env, folder, ROUNDS)
    few = {kind: found if kind == CHOSEN else measured(kind, env, folder, 1, FEW) for kind in SERVERS}
    found["servers"] = {
        kind: {name: each["requests_per_second"] for name, each in one["cases"].items() if name in FEW}
        for kind, one in few.items()
    }
    return found


def measured(kind: str, env: dict[str, str], folder: Path, rounds: int, only: tuple[str, ...] = ()) -> Any:
    """Measure cases in turn on one kind of server, several times round; return medians, ratios and single runs."""
    with served(kind, "cnd.wsgi:application", env, folder / "product.log") as product:
        status, headers, body = product.get(SLOTS)
        if status != 200 or body.count(b'"number"') != 114:
            raise SystemExit(f"the slots are not those of a drawn CND67: {status} {body[:300]!r}")
        etags = {SLOTS: headers["etag"], SPEAKERS: product.get(SPEAKERS)[1]["etag"]}
        (folder / "body.json").write_bytes(body)
        with served(kind, "tests.bench.bare:application", bare(folder), folder / "bare.log") as plain:
            wanted = [case for case in cases(product, plain, etags) if not only or case.name in only]
            workers = {server.port: server.worker() for server in (product, plain)}
            return {
                "bytes": len(body),
                "connections": load.CONNECTIONS,
                "server": f"{kind}, one process",
                "rounds": rounds,
                "cases": in_turn(wanted, workers, rounds),
            }


def in_turn(wanted: list[Case], workers: dict[int, int | None], rounds: int) -> dict[str, Any]:
    """Measure cases one after the other, several times round; return the summary of each."""
    runs: dict[str, list[load.Load]] = {case.name: [] for case in wanted}
    for number in range(-1, rounds):
        for case in wanted:
            run = load.run(
                case.port,
                case.request(number),
                status=case.status,
                seconds=SECONDS if number >= 0 else 0.4,
                most=MOST,
                worker=workers[case.port],
            )
            # The first round only warms up.
            if number >= 0:
                runs[case.name].append(run)
    return {case.name: summary(case, runs) for case in wanted}


def summary(case: Case, runs: dict[str, list[load.Load]]) -> dict[str, Any]:
    """Return the medians of a case's runs, and its ratio to what it is compared with, taken round by round."""
    mine = runs[case.name]
    found: dict[str, Any] = {
        "requests_per_second": statistics.median(run.rate for run in mine),
        "p50_ms": statistics.median(run.p50_ms for run in mine),
        "p95_ms": statistics.median(run.p95_ms for run in mine),
        "client_cpu": statistics.median(run.client_cpu for run in mine),
        "server_cpu": median_or_none([run.server_cpu for run in mine]),
        "server_us": median_or_none([run.server_us for run in mine]),
        "runs": [asdict(run) for run in mine],
    }
    if case.against in runs:
        found["against"], found["ratio"] = case.against, ratio(mine, runs[case.against])
    if case.beside in runs:
        found["beside"], found["ratio_beside"] = case.beside, ratio(mine, runs[case.beside])
    return found


def ratio(mine: list[load.Load], other: list[load.Load]) -> float:
    return statistics.median(one.rate / two.rate for one, two in zip(mine, other, strict=True))


def median_or_none(values: list[float | None]) -> float | None:
    """Return the median of what the machine told, if it told anything."""
    told = [value for value in values if value is not None]
    return statistics.median(told) if told else None
