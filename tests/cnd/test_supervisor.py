"""What `make run` keeps alive and how it ends, over stand-ins that start in no time."""

import functools
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import free_port
from tests.workers import eventually, members

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 20


class Run:
    """One supervisor with its stand-ins."""

    def __init__(self, var: Path, port: int, variant: str = "steady") -> None:
        self.var, self.port = var, port
        self.output = var.with_name(f"{var.name}-{time.monotonic_ns()}.out")
        environment = {**os.environ, "CND_VAR": str(var), "PORT": str(port), "VARIANT": variant}
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.cnd.supervised"],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
                # Whoever runs the tests under nohup hands on that this signal is ignored, which is heeded.
                preexec_fn=functools.partial(signal.signal, signal.SIGHUP, signal.SIG_DFL),
            )

    @property
    def text(self) -> str:
        return self.output.read_text("utf-8")

    def await_text(self, text: str) -> None:
        eventually(lambda: text in self.text or self.process.poll() is not None, text, patience_s=PATIENCE_S)
        assert text in self.text

    def pid(self, name: str) -> int:
        self.await_text("beat ")
        found = re.search(rf"^{name} (\d+)$", self.text, re.MULTILINE)
        assert found, self.text
        return int(found[1])

    @property
    def groups(self) -> list[int]:
        return [self.pid(name) for name in ("web", "worker", "beat")]

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def nothing_is_left(groups: list[int]) -> bool:
    return not any(members(group) for group in groups)


def children(parent: int) -> list[int]:
    """Return the living children of a process."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, ppid = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(ppid) == parent and state != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def started(variant: str = "steady", *, var: str = "var", port: int | None = None) -> Run:
        runs.append(Run(tmp_path / var, port or free_port(), variant))
        return runs[-1]

    yield started
    for run in runs:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(PATIENCE_S)


def test_serves_and_says_where(start: Callable[..., Run]) -> None:
    run = start()

    run.await_text(f"ready http://127.0.0.1:{run.port}")

    with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/healthz") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stops_cleanly_and_leaves_nothing(start: Callable[..., Run], number: int) -> None:
    run = start()
    groups = run.groups
    eventually(lambda: len(members(groups[1])) == 2, "the worker has a pool")

    assert run.end(number) == 0

    assert nothing_is_left(groups)
    assert run.text.endswith("Stopping, a few seconds (Ctrl-C again: at once) …\nStopped.\n")
    assert (run.var / "run.lock").read_text("utf-8") == ""


def test_stopped_while_starting_leaves_nothing(start: Callable[..., Run]) -> None:
    run = start("silent")
    run.await_text("preparing")
    # The log is opened before its program lives, so that only the programs themselves can be waited for.
    eventually(lambda: len(children(run.process.pid)) == 3, "all parts are started")
    groups = children(run.process.pid)

    assert run.end(signal.SIGINT) == 130

    assert nothing_is_left(groups)
    assert run.text.endswith("Stopped before it was ready; the next start takes it up again.\n")


def test_stopped_while_preparing_ends_at_once(start: Callable[..., Run]) -> None:
    run = start("slow")
    run.await_text("preparing")

    assert run.end(signal.SIGINT) == 130

    assert run.text == "preparing\nStopped before it was ready; the next start takes it up again.\n"


def test_part_that_does_not_listen_is_killed(start: Callable[..., Run]) -> None:
    run = start("stubborn")
    groups = run.groups

    assert run.end(signal.SIGINT) == 0

    assert nothing_is_left(groups)


def test_second_signal_stops_at_once(start: Callable[..., Run]) -> None:
    run = start("stubborn")
    groups = run.groups

    run.process.send_signal(signal.SIGINT)
    run.await_text("Stopping")
    began = time.monotonic()
    assert run.end(signal.SIGINT) == 0

    assert time.monotonic() - began < 0.9
    assert nothing_is_left(groups)


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_killed_part_is_started_again(start: Callable[..., Run], name: str) -> None:
    run = start()
    group = run.pid(name)

    os.kill(group, signal.SIGKILL)

    run.await_text(f"The {name} ended by itself (exit -9) and starts again in 0.5 s")
    eventually(lambda: children(run.process.pid)[2:], "three parts live again")
    assert nothing_is_left([group])


def test_supervisor_killed_takes_its_parts_along(start: Callable[..., Run]) -> None:
    run = start()
    groups = run.groups
    eventually(lambda: len(members(groups[1])) == 2, "the worker has a pool")

    run.process.kill()

    eventually(lambda: nothing_is_left(groups), "no orphan lives", patience_s=10)


def test_start_after_a_kill_takes_over(start: Callable[..., Run]) -> None:
    killed = start()
    killed.await_text("beat ")
    killed.process.kill()
    killed.process.wait()

    start(port=killed.port).await_text("ready")


def test_taken_port_is_one_sentence(start: Callable[..., Run]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        run = start(port=port)

        assert run.process.wait(PATIENCE_S) == 1

    assert run.text == (
        f"Port {port} is taken by another program: choose another one, for instance PORT=8001 make run\n"
    )


def test_second_run_on_one_folder_is_refused(start: Callable[..., Run]) -> None:
    first = start()
    first.await_text("ready")

    second = start()

    assert second.process.wait(PATIENCE_S) == 1
    assert second.text == (
        f"{first.var} is already served (process {first.process.pid}, http://127.0.0.1:{first.port}): stop that one "
        "with Ctrl-C in its terminal, or give this one a folder and a port of its own: "
        "CND_VAR=/some/folder PORT=8001 make run\n"
    )
    assert first.process.poll() is None


def test_part_that_never_starts_is_one_sentence_naming_its_log(start: Callable[..., Run]) -> None:
    run = start("broken")

    assert run.process.wait(PATIENCE_S) == 1

    log = run.var / "log" / "worker.log"
    assert run.text.endswith(f"The worker does not start: {log} says why.\n")
    assert "no worker today" in log.read_text("utf-8")


def test_unread_messages_of_an_earlier_run_are_removed(start: Callable[..., Run], tmp_path: Path) -> None:
    left = tmp_path / "var" / "broker" / "messages" / "1.cnd.msg"
    left.parent.mkdir(parents=True)
    left.write_text("{}")

    start().await_text("ready")

    assert not left.exists()


def test_folder_that_cannot_be_written_is_one_sentence(start: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "var" / "broker" / "messages").mkdir(parents=True)
    (tmp_path / "var" / "broker" / "control").mkdir()
    (tmp_path / "var" / "log").write_text("a file where the folder belongs")

    run = start()

    assert run.process.wait(PATIENCE_S) == 1
    assert run.text.startswith(f"{tmp_path / 'var'} cannot be written (")
    assert "make reset" in run.text
