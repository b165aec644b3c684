from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cnd.models import PersonalDatum
from logistics.models.booking import Booking
from logistics.models.room import Room
from sessions.models import Delegation, MeetingSession


class WaitingQuerySet(models.QuerySet["Waiting"]):
    def in_line(self) -> "WaitingQuerySet":
        """Those to whom a freed slot may be offered, in the order in which they came."""
        return self.filter(state=Waiting.State.WAITING).order_by("pk")

    def standing(self) -> "WaitingQuerySet":
        return self.filter(state__in=[Waiting.State.WAITING, Waiting.State.OFFERED])


class Waiting(models.Model):
    """A delegation that waits: for one slot of one room, or for any room within some hours of a day (RULES 6)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        OFFERED = "offered", _("A slot is offered")
        SERVED = "served", _("Booked")
        LEFT = "left", _("Left")
        LAPSED = "lapsed", _("Lapsed")

    session = models.ForeignKey(MeetingSession, on_delete=models.PROTECT, related_name="waiting")
    delegation = models.ForeignKey(Delegation, on_delete=models.PROTECT, related_name="waiting")
    counterpart = models.ForeignKey(
        Delegation, on_delete=models.PROTECT, null=True, blank=True, related_name="waiting_asked"
    )
    room = models.ForeignKey(
        Room, on_delete=models.PROTECT, null=True, blank=True, related_name="waiting", help_text=_("Empty: any room.")
    )
    starts_at = models.DateTimeField(_("from"), help_text=_("Slots that begin then or later."))
    ends_at = models.DateTimeField(_("until"), help_text=_("Slots that end by then."))
    people = models.PositiveIntegerField(_("people"), null=True, blank=True)
    equipment = models.JSONField(_("equipment"), default=list, blank=True)
    details = models.ForeignKey(
        PersonalDatum, on_delete=models.PROTECT, null=True, blank=True, related_name="waiting_for_rooms"
    )
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.WAITING)
    joined_at = models.DateTimeField(_("since, session time"))
    ended_at = models.DateTimeField(_("ended, session time"), null=True, blank=True)

    objects = WaitingQuerySet.as_manager()

    class Meta:
        ordering = ["session", "pk"]
        verbose_name_plural = _("waiting")
        indexes = [models.Index(fields=["session", "state"], name="waiting_in_line")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="waiting_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "offered"], ended_at__isnull=True)
                | Q(state__in=["served", "left", "lapsed"], ended_at__isnull=False),
                name="waiting_ended_at_its_end",
            ),
        ]

    def __str__(self) -> str:
        return f"waiting {self.pk}"


class Offer(models.Model):
    """A freed slot that is held for whoever stood first in line, for a time (RULES 6)."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    waiting = models.ForeignKey(Waiting, on_delete=models.PROTECT, related_name="offers")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="offers")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    made_at = models.DateTimeField(_("made, session time"))
    expires_at = models.DateTimeField(_("to be accepted by, session time"))
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OPEN)
    answered_at = models.DateTimeField(_("answered, session time"), null=True, blank=True)
    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, null=True, blank=True, related_name="offer")

    class Meta:
        ordering = ["waiting", "pk"]
        indexes = [models.Index(fields=["state", "expires_at"], name="offer_to_be_answered")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="offer_ends_after_it_begins"),
            models.UniqueConstraint(fields=["waiting"], condition=Q(state="open"), name="one_open_offer"),
            models.UniqueConstraint(fields=["waiting", "room", "starts_at"], name="a_slot_is_offered_once"),
            models.CheckConstraint(
                condition=Q(state="accepted", booking__isnull=False) | (~Q(state="accepted") & Q(booking__isnull=True)),
                name="accepted_means_booked",
            ),
        ]

    def __str__(self) -> str:
        return f"offer {self.pk}"

    @property
    def holder(self) -> str:
        """The name under which it takes time."""
        return f"offer:{self.pk}"
