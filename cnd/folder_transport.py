"""The embedded transport: kombu's over a folder, in which nothing is ever seen half written.

kombu's own names a file before it fills it. Whoever looks at that very moment reads nothing, and a worker that cannot
read a message ends.
"""

import fcntl
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """kombu's channel, which fills a file before it gives it the name of a message."""

    def _put(self, queue: str, payload: Any, **_told: Any) -> None:
        # Messages are read in the order of their names.
        name = f"{time.monotonic_ns() // 1_000_000}_{uuid.uuid4()}.{queue}.msg"
        half = Path(self.data_folder_out, f"{name}.half")
        half.write_text(dumps(payload), "utf-8")
        half.rename(half.with_suffix(""))

    def _get(self, queue: str) -> Any:
        try:
            return super()._get(queue)
        except ValueError:
            # What a machine left that lost its power. It is gone now, and a hint is no loss.
            raise Empty from None

    def get_table(self, exchange: str) -> Any:
        with self._table(exchange):
            return super().get_table(exchange)

    def _queue_bind(self, exchange: str, *binding: str) -> None:
        with self._table(exchange):
            super()._queue_bind(exchange, *binding)

    @contextmanager
    def _table(self, exchange: str) -> Iterator[None]:
        """Hold the table of an exchange: kombu's own lock comes after the file was emptied."""
        folder = Path(self.control_folder)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{exchange}.lock").open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """kombu's transport over a folder, with these channels."""

    Channel = Channel
