"""The tests' own ground: real servers, real workers, deaths at a chosen statement."""

import os
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from django.db import connection

from cnd.models import Heartbeat
from tests.workers import KillPoint, Workers, database_url, eventually, members

LATELY = timedelta(minutes=1)


def worker_was_seen() -> bool:
    return Heartbeat.seen_within(Heartbeat.Part.WORKER, LATELY)


def test_database_is_the_chosen_one(transactional_db: None) -> None:
    assert connection.vendor == os.environ["TEST_DATABASE"]


@pytest.mark.sqlite
def test_database_is_a_file_that_waits_for_its_turn(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        modes = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "busy_timeout")]
    assert modes == ["wal", 30_000]


@pytest.mark.postgresql
def test_another_process_opens_the_same_database(transactional_db: None) -> None:
    with psycopg.connect(database_url()) as other:
        assert other.execute("SELECT current_database()").fetchone() == (connection.settings_dict["NAME"],)


def test_redis_protocol_server_answers(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping() is True


def test_worker_takes_what_beat_sends(workers: Workers) -> None:
    workers.worker()
    workers.beat()

    eventually(worker_was_seen, "the worker took a sweep", workers)


# What follows asks the transport; the database is but the one beside which the worker runs.
@pytest.mark.once
def test_worker_takes_what_the_test_sends(workers: Workers) -> None:
    from cnd.tasks import sweep

    workers.worker()
    with workers.receive_from_here():
        sweep.delay()

    eventually(worker_was_seen, "the worker took a sweep", workers)


@pytest.mark.once
def test_lost_messages_never_arrive(workers: Workers) -> None:
    from cnd.tasks import sweep

    with workers.receive_from_here():
        sweep.delay()
    workers.lose_messages()
    worker = workers.worker()
    worker.stop()

    assert not worker_was_seen()
    assert "received" not in worker.text()


@pytest.mark.once
def test_killed_worker_leaves_no_pool(workers: Workers) -> None:
    worker = workers.worker()

    assert len(members(worker.pid)) > 1

    worker.kill()

    eventually(lambda: not members(worker.pid), "nothing of the worker is left", workers)


@pytest.mark.parametrize("whole_worker", [False, True])
def test_kill_point_kills_once_before_its_statement(workers: Workers, whole_worker: bool) -> None:
    from cnd.tasks import sweep

    point = KillPoint("cnd.sweep", before=1, whole_worker=whole_worker)
    first = workers.worker(kill=point)
    with workers.receive_from_here():
        sweep.delay()
        eventually(lambda: workers.has_killed, "the worker was killed", workers)
        if whole_worker:
            eventually(lambda: not first.is_alive(), "the whole worker died", workers)
            workers.worker(kill=point)
        assert not worker_was_seen()
        sweep.delay()

    eventually(worker_was_seen, "the next run went through", workers)


def test_kill_point_counts_statements_and_commits(workers: Workers) -> None:
    from cnd.tasks import sweep

    workers.worker(kill=KillPoint("cnd.sweep"))
    with workers.receive_from_here():
        sweep.delay()

    eventually(lambda: workers.points_passed is not None, "the points were counted", workers)
    assert urlsplit(database_url()).scheme in {"sqlite", "postgres"}
    assert (workers.points_passed or 0) >= 1
    assert not workers.has_killed
