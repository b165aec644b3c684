from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from cnd import clock


class Heartbeat(models.Model):
    """The proof that worker and beat live: a row each, renewed by every sweep taken or sent."""

    class Part(models.TextChoices):
        WORKER = "worker", _("Worker")
        BEAT = "beat", _("Beat")

    part = models.CharField(max_length=16, choices=Part.choices, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.part

    @classmethod
    def renew(cls, part: str) -> None:
        """Write that this part lives now. One statement, no journal entry (DESIGN)."""
        Heartbeat.objects.bulk_create(
            [Heartbeat(part=part, seen_at=clock.now())],
            update_conflicts=True,
            unique_fields=["part"],
            update_fields=["seen_at"],
        )

    @classmethod
    def seen_within(cls, part: str, age: timedelta) -> bool:
        """Tell whether this part renewed its row at most `age` ago, in real time."""
        since: datetime = clock.now() - age
        return cls.objects.filter(part=part, seen_at__gte=since).exists()
