"""A real worker and a real beat as processes of their own, for a rehearsal that may kill them."""

import contextlib
import functools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from django.conf import settings

from cnd import clock
from cnd.models import Heartbeat
from cnd.supervisor import end_with

FAREWELL_S = 15
LONGEST_START = timedelta(seconds=20)
"""A worker that shows no sign of life for longer is late itself."""


class Crew:
    """The two programs that do what is due. The worker may be killed as `kill -9` does, and started again."""

    def __init__(self, log: IO[bytes]) -> None:
        self._log = log
        self.kills = 0
        self.absences: list[tuple[datetime, datetime]] = []
        """When no worker worked, from and until, in real time."""
        self._gone_at: datetime | None = clock.now()
        self.worker = self._start_worker()
        self.beat = self._start("beat", "--pidfile=", f"--schedule={settings.VAR_DIR}/beat-schedule")

    def _start_worker(self) -> subprocess.Popen[bytes]:
        self._started_at = clock.now()
        return self._start("worker", "--pool=prefork", "--concurrency=2", "--without-gossip", "--without-mingle")

    def _start(self, part: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "cnd", part, "--loglevel=warning", *options]
        return subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            # A group of its own, so that its pool dies with it; and it outlives nobody who started it.
            start_new_session=True,
            preexec_fn=functools.partial(end_with, os.getpid(), signal.SIGKILL),
        )

    def kill_worker(self) -> None:
        """Kill the worker and whatever it is doing, with no chance to tidy up."""
        self.look()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait()
        self.kills += 1
        # One that dies before it showed a sign of life prolongs the absence.
        self._gone_at = self._gone_at or clock.now()

    def start_worker(self) -> None:
        """Start another worker, as a service manager does."""
        self.worker = self._start_worker()

    def look(self) -> None:
        """See whether the worker started last works by now. Called often: only the latest sign of life is kept."""
        if self._gone_at is None:
            return
        beat = Heartbeat.objects.filter(part=Heartbeat.Part.WORKER, seen_at__gt=self._started_at).first()
        latest = self._started_at + LONGEST_START
        if beat is not None or clock.now() > latest:
            self.absences.append((self._gone_at, min(beat.seen_at, latest) if beat else latest))
            self._gone_at = None

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
