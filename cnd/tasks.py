from celery import shared_task

from cnd import journal, sweeps
from cnd.models import Heartbeat

sweeps.register("checkpoints", journal.seal_hourly)


@shared_task(name="cnd.sweep")
def sweep() -> None:
    """Prove that the worker lives, then look for everything that is due."""
    Heartbeat.renew(Heartbeat.Part.WORKER)
    sweeps.sweep()
