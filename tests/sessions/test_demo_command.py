"""`make run` from its third step on: the real web, worker and beat in a folder of their own, and why not to start."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.servers import free_port
from tests.workers import eventually

# One process: the run that most of them look at is shared.
pytestmark = [pytest.mark.once, pytest.mark.xdist_group("demo_command")]
ROOT = Path(__file__).resolve().parent.parent.parent


def environment(var: Path, **changed: str) -> dict[str, str]:
    own = {
        "CND_ENV": "demo",
        "CND_VAR": str(var),
        "DATABASE_URL": f"sqlite:///{var / 'cnd.sqlite3'}",
        "REDIS_URL": "",
        "SECRET_KEY": "of this test alone",
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "SWEEP_SECONDS": "0.5",
    }
    return {**os.environ, **own, **changed}


def refusal(var: Path, **changed: str) -> str:
    """Return the one sentence for which the command does not start."""
    done = subprocess.run(
        [sys.executable, "manage.py", "demo"],
        cwd=ROOT,
        env=environment(var, **changed),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


class Served:
    """One run of the command."""

    def __init__(self, var: Path, output: Path) -> None:
        self.output = output
        told = environment(var)
        self.url = f"http://127.0.0.1:{told['PORT']}"
        with output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo"], cwd=ROOT, env=told, stdout=out, stderr=out
            )

    @property
    def text(self) -> str:
        return self.output.read_text("utf-8")

    def await_ready(self) -> None:
        eventually(
            lambda: "Stop: Ctrl-C" in self.text or self.process.poll() is not None, "it is ready", patience_s=120
        )
        assert "Stop: Ctrl-C" in self.text, self.text

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Serve once, with a look at it; return its folder, what it printed and what it answered."""
    folder = tmp_path_factory.mktemp("served")
    run = Served(folder / "var", folder / "output")
    try:
        run.await_ready()
        with urllib.request.urlopen(f"{run.url}/readyz") as answer:
            ready = answer.read().decode()
    finally:
        code = run.stop()
    assert code == 0
    return folder / "var", run.text.replace(run.url, "URL"), ready


@pytest.fixture
def var(served: tuple[Path, str, str], tmp_path: Path) -> Path:
    """Return a folder as a demonstration leaves it."""
    return Path(shutil.copytree(served[0], tmp_path / "var"))


def test_says_each_step_then_where_and_who_and_what_to_try(served: tuple[Path, str, str]) -> None:
    _, text, ready = served
    steps = re.findall(r"^\d/5 .*$", text, re.MULTILINE)
    sign_ins = re.findall(r"^  (\w+) +([a-z0-9]{4}(?:-[a-z0-9]{4}){3})  ", text, re.MULTILINE)

    assert steps == [
        "3/5 preparing the database …",
        "4/5 loading the demonstration …",
        "5/5 starting web, worker and beat …",
    ]
    assert "The planner serves the demonstration at  URL\n" in text
    assert [name for name, _ in sign_ins] == ["officer", "officer2", "austria", "brazil", "kenya"]
    assert re.findall(r"^  (\d)\. ", text, re.MULTILINE) == ["1", "2", "3"]
    assert '"ready": true' in ready


def test_pages_it_names_are_there(var: Path, tmp_path: Path) -> None:
    run = Served(var, tmp_path / "output")
    try:
        run.await_ready()
        named = re.findall(rf"{run.url}/\S+", run.text)
        statuses = []
        for url in named:
            with urllib.request.urlopen(url) as answer:
                statuses.append(answer.status)
    finally:
        run.stop()

    assert (len(statuses), set(statuses)) == (3, {200})


def test_stops_without_a_trace_of_python(served: tuple[Path, str, str]) -> None:
    var, text, _ = served

    assert text.endswith("Stopped.\n")
    assert "Traceback" not in text
    assert [log.name for log in (var / "log").iterdir() if "Traceback" in log.read_text("utf-8")] == []


def test_damaged_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cnd.sqlite3").write_text("this is no database at all, but it is long enough " * 100)

    assert refusal(tmp_path) == (
        f"{tmp_path}/cnd.sqlite3 is damaged or was made by another version of the planner (file is not a database): "
        f"run `make reset` to put {tmp_path} aside and begin afresh."
    )


def test_database_of_a_newer_version_is_one_sentence(var: Path) -> None:
    with sqlite3.connect(var / "cnd.sqlite3") as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('cnd', '9999_later', '2030-01-01')"
        )

    assert refusal(var) == (
        f"{var}/cnd.sqlite3 is damaged or was made by another version of the planner (it knows the migration "
        f"cnd.9999_later, this version does not): run `make reset` to put {var} aside and begin afresh."
    )


def test_database_that_lost_a_table_is_one_sentence(var: Path) -> None:
    with sqlite3.connect(var / "cnd.sqlite3") as database:
        database.execute("DROP TABLE cnd_user")

    assert "(no such table: " in refusal(var)


def test_database_with_other_peoples_accounts_gets_no_demonstration_sign_ins(var: Path) -> None:
    with sqlite3.connect(var / "cnd.sqlite3") as database:
        database.execute("DELETE FROM cnd_journalentry WHERE action = 'load_demonstration'")

    assert refusal(var).startswith("The database holds accounts that are not the demonstration's")


def test_database_server_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, DATABASE_URL=f"postgres://cnd:a-password@127.0.0.1:{free_port()}/cnd")

    assert sentence.startswith("The database of DATABASE_URL does not answer (")
    assert sentence.endswith("start it, or unset DATABASE_URL.")
    assert "a-password" not in sentence


def test_broker_that_does_not_answer_is_one_sentence(var: Path) -> None:
    sentence = refusal(var, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")

    assert sentence == "The broker of REDIS_URL does not answer: start it, or unset REDIS_URL."


def test_taken_port_is_said_before_anything_is_done(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        assert refusal(tmp_path, PORT=port).startswith(f"Port {port} is taken by another program: ")

    assert not (tmp_path / "cnd.sqlite3").exists()


def test_is_the_demonstrations_alone(tmp_path: Path) -> None:
    assert refusal(tmp_path, CND_ENV="test") == (
        "This is the demonstration's command and CND_ENV is test; use: make run"
    )
