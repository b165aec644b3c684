"""A real worker and a real beat as processes of their own, for a rehearsal that may kill them."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.conf import settings

FAREWELL_S = 15


class Crew:
    """The two programs that do what is due. The worker may be killed as `kill -9` does, and started again."""

    def __init__(self, log: IO[bytes]) -> None:
        self._log = log
        self.kills = 0
        self.worker = self._worker()
        self.beat = self._start("beat", "--pidfile=", f"--schedule={settings.VAR_DIR}/beat-schedule")

    def _worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker", "--pool=prefork", "--concurrency=2", "--without-gossip", "--without-mingle")

    def _start(self, part: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "cnd", part, "--loglevel=warning", *options]
        # A group of its own, so that its pool dies with it.
        return subprocess.Popen(
            command, cwd=settings.BASE_DIR, stdout=self._log, stderr=self._log, start_new_session=True
        )

    def kill_worker(self) -> None:
        """Kill the worker and whatever it is doing, with no chance to tidy up."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait()
        self.kills += 1

    def start_worker(self) -> None:
        """Start another worker, as a service manager does."""
        self.worker = self._worker()

    def stop(self) -> None:
        """End both in an orderly way, or by force if they take too long."""
        for part in (self.worker, self.beat):
            part.terminate()
        for part in (self.worker, self.beat):
            with contextlib.suppress(subprocess.TimeoutExpired):
                part.wait(FAREWELL_S)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(part.pid, signal.SIGKILL)
            part.wait()


@contextlib.contextmanager
def crew() -> Iterator[Crew]:
    """Run worker and beat, and leave none of them behind."""
    with (Path(settings.VAR_DIR) / "worker.log").open("ab") as log:
        both = Crew(log)
        try:
            yield both
        finally:
            both.stop()
