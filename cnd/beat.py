from pathlib import Path
from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry
from django.conf import settings

from cnd.models import Heartbeat


class Scheduler(PersistentScheduler):
    """Celery's own scheduler, which also proves that beat lives and never piles up sweeps that nobody reads."""

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        Heartbeat.renew(Heartbeat.Part.BEAT)
        if not settings.REDIS_URL and any((Path(settings.BROKER_DIR) / "messages").glob("*.msg")):
            # 20,000 waiting files take the embedded transport minutes to read, and one sweep finds all there is.
            return
        super().apply_entry(entry, producer=producer)
