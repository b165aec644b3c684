"""Real Celery processes for the tests: a worker, beat, on either transport, over the test database."""

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from cnd.supervisor import end_with

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60.0


@dataclass(frozen=True)
class KillPoint:
    """Where a worker dies once: before the given statement (commits counted) of the named task (tests.kill_points)."""

    task: str
    before: int = 0
    """0: it never dies, and the number of points is counted."""
    whole_worker: bool = False


class Process:
    """One process of Celery, in a group of its own together with what it starts."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=functools.partial(end_with, os.getpid(), signal.SIGKILL),
            )
        self.pid = self._process.pid

    def text(self) -> str:
        """Return what it has printed."""
        return self.log.read_text("utf-8", "replace")

    def is_alive(self) -> bool:
        """Tell whether the process itself still runs; a pool's process may be dead all the same."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill it and its pool as `kill -9` does, with no chance to tidy up."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it in an orderly way, or after ten seconds by force."""
        if self.is_alive():
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        self.kill()


class Workers:
    """Workers and beats that share one transport of their own and the test database."""

    def __init__(self, transport: str, folder: Path, redis_url: str = "", **settings: object) -> None:
        self.transport = transport
        self.folder = folder
        self.queue = f"cnd-test-{uuid.uuid4().hex[:12]}"
        self.processes: list[Process] = []
        self._redis_url = redis_url if transport == "redis" else ""
        self._settings = settings
        self.flag = folder / "killed"
        folder.mkdir(parents=True, exist_ok=True)

    # --- starting ---------------------------------------------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        """Return the environment of the processes: this test's database, transport and queue, quick sweeps."""
        own = {
            "CND_ENV": "test",
            "CND_VAR": str(self.folder),
            "CND_QUEUE": self.queue,
            "DATABASE_URL": database_url(),
            "SWEEP_SECONDS": "0.5",
            "LEASE_SECONDS": "2",
            **{name.upper(): str(value) for name, value in self._settings.items()},
        }
        if self._redis_url:
            own["REDIS_URL"] = self._redis_url
        return {**os.environ, **own}

    def worker(
        self, *, kill: KillPoint | None = None, concurrency: int = 1, wait: bool = True, include: str = ""
    ) -> Process:
        """Start a worker, which loads the module `include` too, and wait until it takes messages."""
        number = len(self.processes)
        command = ["worker", "--pool", "prefork", "--concurrency", str(concurrency), "--loglevel", "INFO"]
        command += ["--without-gossip", "--without-mingle", "--hostname", f"w{number}-{self.queue}@localhost"]
        told: dict[str, str] = {}
        modules = [include, "tests.kill_points" if kill is not None else ""]
        if any(modules):
            command += ["-I", ",".join(filter(None, modules))]
        if kill is not None:
            told = {"KILL_TASK": kill.task, "KILL_BEFORE": str(kill.before), "KILL_FLAG": str(self.flag)}
            told["KILL_SCOPE"] = "worker" if kill.whole_worker else "process"
        process = self._start(f"worker-{number}", command, told)
        if wait:
            eventually(lambda: " ready." in process.text(), "the worker is ready", self, process)
        return process

    def beat(self) -> Process:
        """Start beat, which sends the sweeps."""
        number = len(self.processes)
        schedule = self.folder / f"beat-schedule-{number}"
        return self._start(f"beat-{number}", ["beat", "--loglevel", "INFO", "--pidfile", "", "-s", str(schedule)], {})

    def _start(self, name: str, command: list[str], told: dict[str, str]) -> Process:
        celery = [sys.executable, "-m", "celery", "-A", "cnd", *command]
        process = Process(name, celery, {**self.environment(), **told}, self.folder / f"{name}.log")
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """Kill everything that was started here."""
        for process in self.processes:
            process.kill()
        if self._redis_url:
            import redis

            with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self._redis_url) as client:
                client.delete(self.queue)

    # --- looking ----------------------------------------------------------------------------------------------------

    @property
    def has_killed(self) -> bool:
        """Whether the kill point was reached."""
        return self.flag.exists()

    @property
    def points_passed(self) -> int | None:
        """How many statements and commits the task's last complete run had; None before the first."""
        count = self.flag.with_name(self.flag.name + ".count")
        return int(text) if count.exists() and (text := count.read_text()) else None

    def lose_messages(self) -> None:
        """Remove every unread message of the transport."""
        if self._redis_url:
            import redis

            with redis.Redis.from_url(self._redis_url) as client:
                client.delete(self.queue)
        else:
            shutil.rmtree(self.folder / "broker" / "messages", ignore_errors=True)
            (self.folder / "broker" / "messages").mkdir(parents=True)

    @contextlib.contextmanager
    def receive_from_here(self) -> Iterator[None]:
        """Have messages that the test's own process sends go to these workers."""
        from cnd.celery import app

        messages = str(self.folder / "broker" / "messages")
        control = str(self.folder / "broker" / "control")
        for folder in (messages, control):
            Path(folder).mkdir(parents=True, exist_ok=True)
        folders = {"data_folder_in": messages, "data_folder_out": messages, "control_folder": control}
        wanted: dict[str, Any] = {
            "broker_url": self._redis_url or "filesystem://localhost",
            "broker_transport_options": {} if self._redis_url else folders,
            "task_default_queue": self.queue,
        }
        before = {name: app.conf[name] for name in wanted}
        _reconnect(app, wanted)
        try:
            yield
        finally:
            _reconnect(app, before)


def _reconnect(app: Any, conf: dict[str, Any]) -> None:
    from kombu import pools

    app.conf.update(conf)
    pools.reset()
    app._pool = None
    app.__dict__.pop("amqp", None)


def members(group: int) -> list[int]:
    """Return the living processes of a process group; one that only waits to be buried does not live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name, in brackets, may itself hold blanks and brackets.
            state, _, pgid = stat.read_text().rpartition(")")[2].split()[:3]
            if int(pgid) == group and state != "Z":
                found.append(int(stat.parent.name))
    return found


def database_url() -> str:
    """Return the URL under which another process opens the test database."""
    from django.db import connection

    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    password = f":{quote(found['PASSWORD'], safe='')}" if found["PASSWORD"] else ""
    port = f":{found['PORT']}" if found["PORT"] else ""
    return f"postgres://{quote(found['USER'], safe='')}{password}@{found['HOST']}{port}/{found['NAME']}"


def eventually(
    holds: Callable[[], object],
    what: str,
    workers: Workers | None = None,
    process: Process | None = None,
    patience_s: float = PATIENCE_S,
) -> None:
    """Wait until something holds; if it never does, fail with what the processes printed last."""
    until = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > until or (process is not None and not process.is_alive()):
            shown = [process] if process is not None else workers.processes if workers is not None else []
            logs = "\n".join(f"--- {each.name}\n{each.text()[-3000:]}" for each in shown)
            pytest.fail(f"never came true: {what}\n{logs}", pytrace=False)
        time.sleep(0.05)


@pytest.fixture(params=[pytest.param("filesystem", marks=pytest.mark.sqlite), "redis"])
def transport(request: pytest.FixtureRequest) -> str:
    """Name the transport; a test that uses it runs once on each, on the embedded one with the embedded database."""
    return str(request.param)


@pytest.fixture
def workers(
    request: pytest.FixtureRequest, transport: str, transactional_db: None, tmp_path: Path
) -> Iterator[Workers]:
    """Return the means to start real workers and beat on this transport over the test database."""
    url = request.getfixturevalue("redis_url") if transport == "redis" else ""
    started = Workers(transport, tmp_path / "celery", url)
    try:
        yield started
    finally:
        started.stop()
