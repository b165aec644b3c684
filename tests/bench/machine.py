"""What was measured on: the machine, how busy others kept it, the disk, and the versions."""

import os
import platform
import statistics
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ["django", "djangorestframework", "gunicorn", "granian", "psycopg", "redis"]


def facts(folder: Path) -> dict[str, Any]:
    """Return what stands above the numbers."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "load_average_before": round(os.getloadavg()[0], 2),
        "fsync_ms": fsync_ms(folder),
        "versions": {name: version(name) for name in PACKAGES},
    }


def processor() -> str:
    """Return the processor's name as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def fsync_ms(folder: Path) -> float:
    """Return how long it takes to have 8 kB safely on this disk: the least that a durable transaction takes here."""
    took: list[float] = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(50):
            began = time.perf_counter()
            file.write(bytes(8192))
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)
