from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from cnd.models import JournalEntry, PersonalDatum
from logistics.models.file import SentFile
from logistics.models.room import Room
from sessions.models import Delegation, MeetingSession

CROSSED = gettext_noop("The two delegations meet at another time: the other request was confirmed.")
"""The reason that the service itself gives: kept in one language, told in the reader's."""


class BookingQuerySet(models.QuerySet["Booking"]):
    def standing(self) -> "BookingQuerySet":
        """Those that have their room, over or not."""
        return self.filter(state__in=STANDING)

    def counted(self) -> "BookingQuerySet":
        """Those that count towards the limits: who did not come had the slot."""
        return self.filter(state__in=COUNTED)

    def of_delegation(self, delegation: Delegation) -> "BookingQuerySet":
        return self.filter(Q(requester=delegation) | Q(counterpart=delegation))

    def seen_by(self, user_id: int) -> "BookingQuerySet":
        """Those of the delegations that this user acts for."""
        own = Delegation.objects.represented_by(user_id)
        return self.filter(Q(requester__in=own) | Q(counterpart__in=own))

    def in_order(self) -> "BookingQuerySet":
        return self.order_by("starts_at", "room__position", "pk")


class Booking(models.Model):
    """A slot of a room that a delegation has asked for, with what became of it (RULES 6). Never deleted.

    The room and the requester are held from the request on, the counterpart from its own yes.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("The counterpart has not answered")
        AGREED = "agreed", _("Agreed, to be confirmed by conference services")
        CONFIRMED = "confirmed", _("Confirmed")
        HELD = "held", _("Checked in")
        DECLINED = "declined", _("Declined")
        LAPSED = "lapsed", _("Lapsed")
        CANCELLED = "cancelled", _("Cancelled")
        RELEASED = "released", _("Released: nobody came")

    class Exceptional(models.TextChoices):
        GRID = "grid", _("Outside the grid")
        LIMIT = "limit", _("Beyond a limit")
        TIME = "time", _("Outside the time for booking")

    session = models.ForeignKey(MeetingSession, on_delete=models.PROTECT, related_name="bookings")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="bookings")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    requester = models.ForeignKey(Delegation, on_delete=models.PROTECT, related_name="bookings_requested")
    counterpart = models.ForeignKey(
        Delegation, on_delete=models.PROTECT, null=True, blank=True, related_name="bookings_asked"
    )
    state = models.CharField(_("state"), max_length=16, choices=State.choices)

    details = models.ForeignKey(
        PersonalDatum,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="bookings",
        help_text=_("Purpose, participants and nameplates: for its two delegations and staff."),
    )
    people = models.PositiveIntegerField(_("people"), null=True, blank=True)
    equipment = models.JSONField(_("equipment"), default=list, blank=True, help_text=_("Words of rooms.equipment."))

    requested_at = models.DateTimeField(_("requested, session time"))
    arrived_at = models.DateTimeField(_("request arrived, session time"))
    answer_by = models.DateTimeField(_("to be answered by, session time"), null=True, blank=True)
    agreed_at = models.DateTimeField(_("agreed, session time"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed, session time"), null=True, blank=True)
    checked_in_at = models.DateTimeField(_("checked in, session time"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended, session time"), null=True, blank=True)
    ended_by = models.CharField(
        _("ended by"), max_length=16, blank=True, help_text=_("Code of a delegation, secretariat, or service.")
    )
    reason = models.TextField(_("reason"), blank=True)

    exception = models.CharField(_("exception"), max_length=8, choices=Exceptional.choices, blank=True)
    exception_reason = models.TextField(_("reason of the exception"), blank=True)
    steps = models.PositiveIntegerField(default=0, help_text=_("How often it changed: names what is told of it."))
    sequence = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Of its invitation; empty as long as nobody was invited.")
    )

    entries = models.ManyToManyField(
        JournalEntry,
        related_name="+",
        editable=False,
        help_text=_("All that happened to it, whatever each entry is called after."),
    )

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["session", "starts_at", "pk"]
        indexes = [
            models.Index(fields=["room", "starts_at"], name="booking_of_room"),
            models.Index(fields=["state", "answer_by"], name="booking_to_be_answered"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="booking_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(counterpart__isnull=True) | ~Q(counterpart=F("requester")), name="nobody_meets_itself"
            ),
            models.CheckConstraint(
                condition=Q(state="requested", answer_by__isnull=False, counterpart__isnull=False)
                | (~Q(state="requested") & Q(answer_by__isnull=True)),
                name="asked_means_counterpart_and_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["declined", "lapsed", "cancelled", "released"], ended_at__isnull=False)
                | (~Q(state__in=["declined", "lapsed", "cancelled", "released"]) & Q(ended_at__isnull=True)),
                name="booking_ended_at_its_end",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(checked_in_at__isnull=False), name="held_means_checked_in"
            ),
        ]

    def __str__(self) -> str:
        return f"booking {self.pk}"

    @property
    def holder(self) -> str:
        """The name under which it takes time."""
        return f"booking:{self.pk}"

    @property
    def is_standing(self) -> bool:
        return self.state in STANDING

    @property
    def holds_counterpart(self) -> bool:
        """Tell whether the counterpart said yes, and so cannot be elsewhere."""
        return self.state in AGREED_STATES

    @property
    def parties(self) -> list[Delegation]:
        """Its one or two delegations."""
        return [self.requester, self.counterpart] if self.counterpart else [self.requester]

    @property
    def reason_told(self) -> str:
        """Why it ended, as it was given; what the service gives as a reason in the reader's language."""
        return gettext(CROSSED) if self.reason == CROSSED else self.reason

    def detail(self, name: str) -> str:
        """Return purpose, participants or nameplates; empty where there is none, or it was erased."""
        value = (self.details.value if self.details else None) or {}
        return str(value.get(name, ""))


State = Booking.State
AGREED_STATES = (State.AGREED.value, State.CONFIRMED.value, State.HELD.value)
STANDING = (State.REQUESTED.value, *AGREED_STATES)
COUNTED = (*STANDING, State.RELEASED.value)


class Proposal(models.Model):
    """Another time that the counterpart proposed. It holds nothing until it is accepted."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")
        GONE = "gone", _("Overtaken")

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="proposals")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OPEN)
    made_at = models.DateTimeField(_("proposed, session time"))
    answered_at = models.DateTimeField(_("answered, session time"), null=True, blank=True)

    class Meta:
        ordering = ["booking", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="proposal_ends_after_it_begins"),
            models.UniqueConstraint(fields=["booking"], condition=Q(state="open"), name="one_open_proposal"),
        ]

    def __str__(self) -> str:
        return f"proposal {self.pk} for {self.booking_id}"


class NoteVerbale(models.Model):
    """The note by which a delegation asks for rooms: handed in once, confirmed once by staff (RULES 6)."""

    delegation = models.OneToOneField(Delegation, on_delete=models.PROTECT, related_name="note_verbale")
    file = models.ForeignKey(SentFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    handed_in_at = models.DateTimeField(_("handed in, session time"))
    confirmed_at = models.DateTimeField(_("confirmed, session time"), null=True, blank=True)

    class Meta:
        ordering = ["delegation"]
        verbose_name_plural = _("notes verbales")

    def __str__(self) -> str:
        return f"note verbale of {self.delegation_id}"
