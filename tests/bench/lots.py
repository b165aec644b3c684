"""Drawing lots: the pure functions alone, for CND67 and for a hundred thousand."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from sessions.domain.lots import interleave, ranking
from sessions.domain.quotas import propose_quotas

D = "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"
GROUPS = {"african": 54, "asia_pacific": 54, "eastern_european": 23, "grulac": 33, "weog": 29}
LONGEST_S = 3.0
MOST = 200


def measure() -> dict[str, Any]:
    """Return for each task how many lots or slots, its median duration, and how many that is a second."""
    few, many = 114, 100_000
    quotas = {count: propose_quotas(count, GROUPS) for count in (few, many)}
    tasks: dict[str, tuple[int, Callable[[], object]]] = {
        "ranking of 114 lots": (few, lambda: ranking(candidates(few), D)),
        "interleaving of 114 slots": (few, lambda: interleave(quotas[few], list(GROUPS))),
        "ranking of 100,000 lots": (many, lambda: ranking(candidates(many), D)),
        "interleaving of 100,000 slots": (many, lambda: interleave(quotas[many], list(GROUPS))),
    }
    return {name: {"count": count, **timed(count, task)} for name, (count, task) in tasks.items()}


def candidates(count: int) -> list[str]:
    return [f"S{number}" for number in range(count)]


def timed(count: int, task: Callable[[], object]) -> dict[str, float]:
    """Do it again and again, for three seconds or two hundred times."""
    took: list[float] = []
    until = time.perf_counter() + LONGEST_S
    while not took or (time.perf_counter() < until and len(took) < MOST):
        began = time.perf_counter()
        task()
        took.append(time.perf_counter() - began)
    median = statistics.median(took)
    return {"seconds": median, "per_second": count / median, "runs": len(took)}
