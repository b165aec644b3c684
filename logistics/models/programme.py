from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from logistics.models.application import Application
from logistics.models.room import Room
from sessions.models import MeetingSession


class Programme(models.Model):
    """The programme of side events of a session: the parent row under whose lock its draft is moved and published."""

    session = models.OneToOneField(MeetingSession, on_delete=models.PROTECT, related_name="programme")
    last_version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["session"]

    def __str__(self) -> str:
        return f"programme of {self.session_id}"


class Placement(models.Model):
    """Where and when an accepted event stands in the draft; half-open. A virtual one has no room."""

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="placement")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, blank=True, related_name="placements")
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    is_pinned = models.BooleanField(_("pinned"), default=False, help_text=_("The solver leaves it where it is."))

    class Meta:
        ordering = ["starts_at", "room", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="event_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return f"placement of {self.application_id}"


class ProgrammeVersion(models.Model):
    """A published version of the programme, with the difference to the one before. It never changes.

    It names no persons: speakers are read where they can be erased.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("real time"))
    session_at = models.DateTimeField(_("session time"))
    note = models.TextField(_("what is new, in words"), blank=True)
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["programme", "number"]
        constraints = [models.UniqueConstraint(fields=["programme", "number"], name="programme_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of programme {self.programme_id}"


class Placing(models.Model):
    """One run of the solver: asked for, taken up by a worker under a lease, ended with a proposal or without."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for a worker")
        RUNNING = "running", _("Running")
        PROPOSED = "proposed", _("Proposed")
        APPLIED = "applied", _("Taken over into the draft")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="placings")
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(_("asked for, real time"))
    limit_s = models.PositiveIntegerField(_("seconds it may take"))
    leased_until = models.DateTimeField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    progress = models.JSONField(default=dict)
    proposal = models.JSONField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["programme", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme"], condition=Q(state__in=["waiting", "running"]), name="one_placing_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"placing {self.pk}"
