"""Processes that die as `kill -9` makes them die: a copy of this one, before a chosen statement of its own."""

import os
import signal
from collections.abc import Callable
from typing import Any

from django.db import connection, connections


def dies_before(point: int, call: Callable[[], object]) -> bool:
    """Run `call` in a copy of this process that is killed before its `point`-th statement, commits counted too.

    True when it was killed, False when it ran to its end before. Raises RuntimeError when it failed otherwise.
    """
    # A connection cannot be shared by two processes; each opens its own.
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _count_to(point)
            call()
            status = 0
        finally:
            os._exit(status)
    _, ended = os.waitpid(pid, 0)
    if os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL:
        return True
    if ended != 0:
        raise RuntimeError(f"the process failed before point {point}")
    return False


def _count_to(point: int) -> None:
    passed = 0

    def pass_point() -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(execute: Callable[..., Any], *args: Any) -> Any:
        pass_point()
        return execute(*args)

    commit = connection._commit  # type: ignore[attr-defined]

    def counted_commit() -> Any:
        pass_point()
        return commit()

    connection.execute_wrappers.append(counted)
    connection._commit = counted_commit  # type: ignore[attr-defined]
