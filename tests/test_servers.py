"""The servers that the tests start for themselves."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from tests import servers
from tests.workers import eventually

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parent.parent
STARTER = """
import time
from tests import servers
with servers.postgresql() as database, servers.redis_server() as broker:
    print(database, broker, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with servers.postgresql() as url:
        yield url


def answers(url: str) -> bool:
    try:
        if urlsplit(url).scheme == "redis":
            with redis.Redis.from_url(url, socket_connect_timeout=2) as client:
                return bool(client.ping())
        psycopg.connect(url, connect_timeout=2).close()
        return True
    except (psycopg.Error, redis.RedisError):
        return False


def test_postgresql_has_what_the_constraints_need(postgresql: str) -> None:
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        row = connection.execute("SELECT current_setting('server_version_num')::int >= 150000").fetchone()

    assert row == (True,)


def test_servers_do_not_run_as_root(postgresql: str) -> None:
    with psycopg.connect(postgresql) as connection:
        row = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
    assert row is not None

    owner = Path(f"/proc/{row[0].splitlines()[0]}").stat().st_uid

    assert owner == (os.geteuid() or servers.NOBODY)


def test_given_postgresql_is_used(postgresql: str) -> None:
    with servers.postgresql(postgresql) as url:
        assert url == postgresql
    assert answers(postgresql)


def test_given_postgresql_that_does_not_answer_is_one_sentence_without_its_password() -> None:
    url = f"postgres://cnd:a-password@127.0.0.1:{servers.free_port()}/cnd"

    with pytest.raises(servers.NoServer, match="of DATABASE_URL does not answer") as caught, servers.postgresql(url):
        pass

    assert "a-password" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_given_database_of_another_kind_is_one_sentence() -> None:
    with (
        pytest.raises(servers.NoServer, match="does not name a PostgreSQL; unset it"),
        servers.postgresql("sqlite:///cnd.sqlite3"),
    ):
        pass


def test_given_user_without_the_right_to_create_databases_is_one_sentence(postgresql: str) -> None:
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS weak")
        connection.execute("CREATE ROLE weak LOGIN")

    with (
        pytest.raises(servers.NoServer, match="may not create databases"),
        servers.postgresql(postgresql.replace("cnd@", "weak@")),
    ):
        pass


def test_given_redis_that_does_not_answer_is_one_sentence() -> None:
    with (
        pytest.raises(servers.NoServer, match="of REDIS_URL does not answer; unset it"),
        servers.redis_server(f"redis://127.0.0.1:{servers.free_port()}/0"),
    ):
        pass


def test_no_postgresql_anywhere_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "postgresql_installations", list)

    with pytest.raises(servers.NoServer, match=r"^No PostgreSQL to test with: .* make test$"), servers.postgresql():
        pass


def test_no_redis_anywhere_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "redis_binaries", list)

    with pytest.raises(servers.NoServer, match=r"^No Redis-protocol server .* make test$"), servers.redis_server():
        pass


def test_binaries_in_a_closed_folder_are_copied_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    binaries = servers.redis_binaries()
    assert binaries
    (tmp_path / "closed").mkdir(mode=0o700)
    hidden = Path(shutil.copy2(binaries[0], tmp_path / "closed"))
    monkeypatch.setattr(servers, "redis_binaries", lambda: [hidden])

    with servers.redis_server() as url:
        assert answers(url)


def test_no_folder_for_an_ordinary_user_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "candidates", lambda: [Path("/nowhere")])

    sentence = r"^initdb cannot be run by an ordinary user in any of /nowhere: set TMPDIR"
    with pytest.raises(servers.NoServer, match=sentence), servers.postgresql():
        pass


def test_binary_that_does_not_run_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    binaries = [broken, *servers.redis_binaries()]
    monkeypatch.setattr(servers, "redis_binaries", lambda: binaries)

    with servers.redis_server() as url:
        assert answers(url)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_servers_end_with_whoever_started_them(number: int) -> None:
    # A folder that is open to everybody, as the killed one cannot remove what it made.
    place = tempfile.mkdtemp(prefix="cnd-test-", dir="/tmp")
    os.chmod(place, 0o755)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "cnd.settings", "TMPDIR": place}
    with subprocess.Popen(
        [sys.executable, "-c", STARTER], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL,
    ) as starter:  # fmt: skip
        assert starter.stdout is not None
        urls = starter.stdout.readline().split()
        assert [answers(url) for url in urls] == [True, True]

        starter.send_signal(number)
        starter.wait(20)

    eventually(lambda: not any(map(answers, urls)), "no server is left", patience_s=20)

    # A server that no longer answers still removes files of its own for a moment.
    def is_removed() -> bool:
        shutil.rmtree(place, ignore_errors=True)
        return not Path(place).exists()

    eventually(is_removed, "the folder is gone")
