"""What a process has counted ahead in the shared cache, so that it need not ask there for every request.

Never more is let through than is allowed: what is counted ahead is counted. What one process has ahead of it, another
takes for used.
"""

import threading

MOST_SENDERS = 10_000


class Shares:
    """Numbers taken ahead, by what they count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead: dict[str, tuple[int, int]] = {}

    def next(self, key: str) -> int | None:
        """Return the next number of what was taken ahead, None when there is nothing left of it."""
        with self._lock:
            count, last = self._ahead.pop(key, (0, 0))
            if count >= last:
                return None
            if count + 1 < last:
                self._ahead[key] = (count + 1, last)
            return count + 1

    def keep(self, key: str, count: int, last: int) -> None:
        """Keep the numbers after `count` up to `last`."""
        with self._lock:
            if len(self._ahead) >= MOST_SENDERS:
                # Windows that are over, mostly; whoever is still there takes anew.
                self._ahead.clear()
            if count < last:
                self._ahead[key] = (count, last)
