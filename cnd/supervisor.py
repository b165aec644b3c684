"""Web, worker and beat in one terminal: the demonstration's stand-in for the service manager of a real installation."""

import contextlib
import ctypes
import errno
import fcntl
import functools
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from django.conf import settings

PATIENCE_S = 60.0
"""How long the parts may take until they answer."""
FAREWELL_S = 5.0
"""How long a part may take to finish what it is doing once it is told to stop. Being killed later harms no draw."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
STEADY_S = 60.0
"""A part that lived this long is restarted at once again."""
LOG_BYTES = 5_000_000
TICK_S = 0.1


class CannotServe(Exception):
    """The reason why the service does not start here, in one sentence that says what to do."""


class Stopped(BaseException):
    """Someone asked to stop; like KeyboardInterrupt no error, and nothing that a handler of errors should catch."""


# --- what two copies may not share ----------------------------------------------------------------------------------


@contextlib.contextmanager
def only_one(var: Path, url: str) -> Iterator[bool]:
    """Hold var/ for this process; yield whether the one before it ended without tidying up.

    Raises CannotServe if another process holds it or it cannot be written.
    """
    try:
        var.mkdir(parents=True, exist_ok=True)
        (var / "log").mkdir(exist_ok=True)
        lock = (var / "run.lock").open("a+", encoding="utf-8")
    except OSError as fault:
        raise CannotServe(
            f"{var} cannot be written ({fault.strerror}): run `make reset` to put it aside, "
            "or name another folder: CND_VAR=/some/folder make run"
        ) from fault
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotServe(
                f"{var} is already served ({lock.read().strip() or 'just starting'}): stop that one with Ctrl-C in its "
                "terminal, or give this one a folder and a port of its own: CND_VAR=/some/folder PORT=8001 make run"
            ) from None
        was_killed = lock.tell() > 0
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {url}")
        lock.flush()
        try:
            yield was_killed
        finally:
            lock.truncate(0)


def listen(host: str, port: int, patience_s: float = 0) -> socket.socket:
    """Open the socket that the web part will serve, before anything else is begun. Raises CannotServe."""
    until = time.monotonic() + patience_s
    while True:
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(64)
            return listener
        except (OSError, OverflowError) as fault:
            listener.close()
            number = getattr(fault, "errno", None)
            if number == errno.EADDRINUSE and time.monotonic() < until:
                time.sleep(TICK_S)
                continue
            reason = {
                errno.EADDRINUSE: f"Port {port} is taken by another program: choose another one, for instance",
                errno.EACCES: f"Port {port} may not be opened by this user: choose one above 1023, for instance",
            }.get(number or 0, f"{host} port {port} cannot be opened ({fault}): name an address of this machine:")
            example = "PORT=8001 make run" if port != 8001 else "PORT=8002 make run"
            if number not in {errno.EADDRINUSE, errno.EACCES}:
                example = "HOST=127.0.0.1 make run"
            raise CannotServe(f"{reason} {example}") from fault


def address(host: str, port: int) -> str:
    """Return the URL at which a browser on this machine finds the service."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


# --- the parts ------------------------------------------------------------------------------------------------------


@functools.cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def end_with(parent: int, number: int) -> None:
    """Let the kernel send this process a signal when its parent dies, even by kill -9. For use between fork and exec.

    Only Linux knows it (prctl PR_SET_PDEATHSIG); elsewhere a killed launcher's parts must be ended by hand.
    """
    if sys.platform == "linux":
        _libc().prctl(1, number, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), number)


@dataclass
class Part:
    """One of the three programs, in a session of its own, so that the terminal's Ctrl-C reaches the supervisor only."""

    name: str
    command: list[str]
    log: Path
    inherits: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE_S
    deaths: int = 0

    def start(self) -> None:
        """Start the program with its output at the end of its log."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        if sys.platform == "linux":
            _libc()  # Loaded before the fork: between fork and exec as little as possible may happen.
        parent = os.getpid()
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=self.inherits,
                start_new_session=True,
                # Killed, not asked: nobody would be left to see to it. Their own children notice: gunicorn's look for
                # their parent every second, Celery's pool has the kernel told the same.
                preexec_fn=functools.partial(end_with, parent, signal.SIGKILL),
            )
        self.started = time.monotonic()

    def has_died(self) -> bool:
        """Tell whether the program ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def signal(self, number: int) -> None:
        """Send the program itself a signal; it passes on to its own children what they need to know."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill_all(self) -> None:
        """End the program and whatever it started, at once."""
        if self.process is None:
            return
        # The group outlives its leader: a pool whose master was killed is still to be found by it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def parts(listener: socket.socket) -> list[Part]:
    """Return the three programs of the service, ready to start."""
    logs = Path(settings.VAR_DIR) / "log"
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "cnd"]
    web = [
        *python, "gunicorn", "cnd.wsgi:application",
        "--bind", f"fd://{listener.fileno()}", "--worker-class", "gthread", "--workers", "1", "--threads", "8",
        "--graceful-timeout", "3", "--worker-tmp-dir", str(logs.parent), "--no-control-socket",
    ]  # fmt: skip
    worker = [
        *celery, "worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "INFO", "--hostname", "worker@%h",
        "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    beat = [
        *celery, "beat", "--loglevel", "INFO", "--pidfile", "",
        "--schedule", str(Path(settings.VAR_DIR) / "beat-schedule"),
    ]  # fmt: skip
    return [
        Part("web", web, logs / "web.log", inherits=(listener.fileno(),)),
        Part("worker", worker, logs / "worker.log"),
        Part("beat", beat, logs / "beat.log"),
    ]


def forget_messages() -> None:
    """Remove what an earlier run left unread in the embedded transport: hints only, the next sweep finds the work."""
    for folder in ("messages", "control"):
        for left in (Path(settings.BROKER_DIR) / folder).glob("*"):
            with contextlib.suppress(OSError):
                left.unlink()


# --- the run --------------------------------------------------------------------------------------------------------


class Signals:
    """What the terminal or the system asks: the first signal to stop, a second one to stop at once."""

    NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.asked = 0
        self.interrupt = True
        """Whether the first signal breaks in at once. Not while parts are started: one might be lost from sight."""

    def __enter__(self) -> Self:
        self._before = {number: signal.getsignal(number) for number in self.NUMBERS}
        for number, before in self._before.items():
            if number != signal.SIGHUP or before is not signal.SIG_IGN:  # nohup
                signal.signal(number, self._ask)
        # The launcher holds them back until here, so that none of them finds a program that cannot stop yet.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self.NUMBERS)
        return self

    def __exit__(self, *fault: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _ask(self, number: int, frame: object) -> None:
        self.asked += 1
        if self.interrupt:
            self.interrupt = False
            raise Stopped

    def rest(self) -> None:
        """Sleep a tick. Raises Stopped if that was asked for."""
        if self.asked:
            raise Stopped
        time.sleep(TICK_S)


def answers(url: str, path: str) -> bool:
    """Tell whether the service answers 200 there."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def tend(running: list[Part], say: Callable[[str], None]) -> None:
    """Start again whatever died, after a pause that grows with every early death."""
    for part in running:
        now = time.monotonic()
        if not part.has_died():
            continue
        assert part.process is not None
        if not part.due:
            # What it started must not go on beside the next one: a web worker, say, that still answers.
            part.kill_all()
            if now - part.started > STEADY_S:
                part.pause = FIRST_PAUSE_S
            say(
                f"The {part.name} ended by itself (exit {part.process.returncode}) and starts again in "
                f"{part.pause:g} s; see {part.log}"
            )
            part.deaths += 1
            part.due = now + part.pause
            part.pause = min(part.pause * 2, LONGEST_PAUSE_S)
        elif now >= part.due:
            part.due = 0.0
            part.start()


def await_ready(url: str, running: list[Part], say: Callable[[str], None], signals: Signals) -> None:
    """Wait until the web answers and a worker was seen. Raises CannotServe, naming the log to look into."""
    until = time.monotonic() + PATIENCE_S
    web, worker = running[0], running[1]
    alive = False
    while True:
        tend(running, say)
        alive = alive or answers(url, "/healthz")
        if alive and answers(url, "/readyz"):
            return
        failed = next((part for part in running if part.deaths >= 3), None)
        if failed is None and time.monotonic() > until:
            failed = worker if alive else web
        if failed is not None:
            raise CannotServe(f"The {failed.name} does not start: {failed.log} says why.")
        signals.rest()


def stop(running: list[Part], signals: Signals) -> None:
    """End all parts: asked first, killed after some seconds or when asked twice; nothing of them is left."""
    before = signals.asked
    for part in running:
        part.signal(signal.SIGTERM)
    until = time.monotonic() + FAREWELL_S
    while any(not part.has_died() for part in running if part.process is not None):
        if time.monotonic() > until or signals.asked > before:
            break
        time.sleep(TICK_S / 2)
    for part in running:
        part.kill_all()


def supervise(
    *,
    host: str,
    port: int,
    say: Callable[[str], None],
    on_ready: Callable[[str], None],
    prepare: Callable[[], None] | None = None,
) -> int:
    """Serve web, worker and beat until asked to stop; return the exit code.

    Port and var/ are taken first, then `prepare` is called (migrations, data), then the parts are started. Raises
    CannotServe with one sentence; at that time nothing started here is left running.
    """
    url = address(host, port)
    ready = False
    with Signals() as signals:
        try:
            with (
                only_one(Path(settings.VAR_DIR), url) as was_killed,
                # The parts of a killed launcher need a moment to notice, and hold the port until then.
                listen(host, port, patience_s=FAREWELL_S if was_killed else 0) as listener,
            ):
                if prepare is not None:
                    prepare()
                signals.interrupt = False
                if not settings.REDIS_URL:
                    forget_messages()
                running = parts(listener)
                try:
                    for part in running:
                        part.start()
                    await_ready(url, running, say, signals)
                    ready = True
                    on_ready(url)
                    while True:
                        tend(running, say)
                        signals.rest()
                finally:
                    if signals.asked:
                        # A terminal that is gone must not keep the parts from being stopped.
                        with contextlib.suppress(OSError):
                            say("\nStopping, a few seconds (Ctrl-C again: at once) …")
                    stop(running, signals)
        except Stopped:
            with contextlib.suppress(OSError):
                say("Stopped." if ready else "Stopped before it was ready; the next start takes it up again.")
            return 0 if ready else 130
