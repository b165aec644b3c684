from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions.models.drawing import Drawing


class ListEvent(models.Model):
    """Something that changed the list after the draw was announced, in order of receipt. Nothing else changes it."""

    class Kind(models.TextChoices):
        WITHDRAWN = "withdrawn", _("Withdrawn")
        LEVEL_CHANGED = "level_changed", _("Level changed")
        LATE = "late", _("Inscribed late")
        VACANCIES_FILLED = "vacancies_filled", _("Vacant slots filled")
        ABSENT = "absent", _("Absent when called")
        EXCHANGED = "exchanged", _("Places exchanged")
        SPOKEN = "spoken", _("Has spoken")

    drawing = models.ForeignKey(Drawing, on_delete=models.PROTECT, related_name="events")
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(_("real time"))
    session_at = models.DateTimeField(_("session time"))
    cancelled_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    class Meta:
        ordering = ["drawing", "number"]
        constraints = [models.UniqueConstraint(fields=["drawing", "number"], name="list_event_number_once")]

    def __str__(self) -> str:
        return f"event {self.number} of {self.drawing_id}"


class ListVersion(models.Model):
    """A published version of the list of speakers, with every event since the draw. It never changes."""

    drawing = models.ForeignKey(Drawing, on_delete=models.PROTECT, related_name="list_versions")
    number = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("real time"))
    session_at = models.DateTimeField(_("session time"))
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["drawing", "number"]
        constraints = [models.UniqueConstraint(fields=["drawing", "number"], name="list_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of the list of {self.drawing_id}"
