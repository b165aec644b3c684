"""Threads that all begin at one moment, each with a database connection of its own."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import connections

T = TypeVar("T")

PATIENCE_S = 60.0


def at_once(*calls: Callable[[], T]) -> list[T | Exception]:
    """Run every call in a thread of its own, all at once; return what each returned or raised, in order."""
    start = threading.Barrier(len(calls))
    outcomes: list[T | Exception] = [TimeoutError("it never ended")] * len(calls)

    def run(number: int, call: Callable[[], T]) -> None:
        try:
            start.wait(PATIENCE_S)
            outcomes[number] = call()
        except Exception as fault:
            outcomes[number] = fault
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return outcomes


def kinds(outcomes: Sequence[object]) -> dict[str, int]:
    """Count the outcomes: a refusal by its code, another exception by its name, anything else by what it is."""
    counted: dict[str, int] = {}
    for outcome in outcomes:
        name = getattr(outcome, "code", type(outcome).__name__) if isinstance(outcome, Exception) else repr(outcome)
        counted[name] = counted.get(name, 0) + 1
    return counted
