from celery import shared_task

from cnd import idempotency, journal, sweeps
from cnd.models import Heartbeat
from cnd.outbox import delivery, telling


@shared_task(name="cnd.sweep")
def sweep() -> None:
    """Prove that the worker lives, then look for everything that is due."""
    Heartbeat.renew(Heartbeat.Part.WORKER)
    sweeps.sweep()


@shared_task(name="cnd.deliver", expires=sweeps.lifetime_s())
def deliver() -> None:
    """Send the mails that are due, for a few seconds."""
    delivery.deliver()


def look_for_mail() -> None:
    """Send a task for every delivery that should be under way; a task is no mail, and whichever runs takes all."""
    delivery.let_lapse()
    for _ in range(delivery.wanted_deliveries()):
        deliver.delay()


sweeps.register("checkpoints", journal.seal_hourly)
sweeps.register("old keys", idempotency.forget_old_keys)
# In this order, so that what falls due is sent by the same sweep.
sweeps.register("causes", telling.fall_due)
sweeps.register("mail", look_for_mail)
