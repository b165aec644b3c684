from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry

from cnd import sweeps
from cnd.models import Heartbeat


class Scheduler(PersistentScheduler):
    """Celery's own scheduler, which also proves that beat lives and never piles up sweeps that nobody reads."""

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        Heartbeat.renew(Heartbeat.Part.BEAT)
        if not sweeps.has_unread():
            super().apply_entry(entry, producer=producer)
