"""Messages in a folder: whole or not there, whoever writes and reads at the same moment."""

import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

import cnd.celery  # noqa: F401 - which puts the transport in the place of kombu's own
from tests.threads import at_once

pytestmark = pytest.mark.once

QUEUE = "cnd"
MANY = 100


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    folders = {"data_folder_in": "messages", "data_folder_out": "messages", "control_folder": "control"}
    options = {name: str(tmp_path / folder) for name, folder in folders.items()}
    for folder in options.values():
        Path(folder).mkdir(exist_ok=True)
    with Connection("filesystem://localhost", transport_options=options) as opened:
        yield opened


def read(channel: Any, patience_s: float = 30) -> Any:
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        try:
            return channel._get(QUEUE)
        except Empty:
            continue
    raise AssertionError("nothing came")


def test_messages_come_in_the_order_in_which_they_were_sent(connection: Connection) -> None:
    channel = connection.channel()
    for number in range(3):
        channel._put(QUEUE, {"number": number})
        time.sleep(0.002)

    assert [channel._get(QUEUE)["number"] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Empty):
        channel._get(QUEUE)


def test_every_message_is_read_whole_and_once_while_others_are_written(connection: Connection) -> None:
    def write(writer: int) -> None:
        channel = connection.clone().channel()
        for number in range(MANY):
            channel._put(QUEUE, {"number": writer * MANY + number})

    def read_all() -> list[int]:
        channel = connection.clone().channel()
        return sorted(read(channel)["number"] for _ in range(2 * MANY))

    found, *_written = at_once(read_all, lambda: write(0), lambda: write(1))

    assert found == list(range(2 * MANY))


def test_a_message_that_cannot_be_read_is_passed_over(connection: Connection, tmp_path: Path) -> None:
    channel = connection.channel()
    (tmp_path / "messages" / f"0_left.{QUEUE}.msg").touch()
    channel._put(QUEUE, {"number": 1})

    assert read(channel) == {"number": 1}


def test_a_queue_is_bound_by_many_at_once(connection: Connection) -> None:
    def bind() -> list[Any]:
        channel = connection.clone().channel()
        channel._queue_bind("cnd", QUEUE, "", QUEUE)
        return [each.queue for each in channel.get_table("cnd")]

    assert at_once(*[bind] * 8) == [[QUEUE]] * 8
