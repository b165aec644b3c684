from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions.models import MeetingSession


class Cell(models.Model):
    """Five minutes of a room, of a lane or of a delegation, taken by one holder: nobody else can have them (DESIGN)."""

    class Layer(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    session = models.ForeignKey(MeetingSession, on_delete=models.PROTECT, related_name="cells")
    layer = models.CharField(max_length=16, choices=Layer.choices)
    resource = models.CharField(max_length=80, help_text=_("Such as room:3, lane:high-level/1, delegation:14."))
    number = models.BigIntegerField(help_text=_("Five-minute steps since 1970-01-01 00:00 UTC."))
    holder = models.CharField(max_length=48, help_text=_("Such as event:5, booking:7, block:2."))

    class Meta:
        ordering = ["layer", "resource", "number"]
        constraints = [models.UniqueConstraint(fields=["layer", "resource", "number"], name="never_twice")]
        indexes = [models.Index(fields=["holder", "layer"], name="cell_holder")]

    def __str__(self) -> str:
        return f"{self.layer} {self.resource} {self.number}: {self.holder}"
