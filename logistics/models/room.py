from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from logistics.models.file import SentFile
from sessions.models import Delegation, MeetingSession
from sessions.models.session import Named


class Layout(models.TextChoices):
    """How the seats of a room stand."""

    THEATRE = "theatre", _("Theatre")
    CLASSROOM = "classroom", _("Classroom")
    BOARDROOM = "boardroom", _("Boardroom")
    U_SHAPE = "u_shape", _("U-shape")
    LOUNGE = "lounge", _("Lounge")


class RoomQuerySet(models.QuerySet["Room"]):
    def in_use(self) -> "RoomQuerySet":
        """Those not taken out of the inventory."""
        return self.filter(retired_at__isnull=True)

    def for_events(self) -> "RoomQuerySet":
        return self.in_use().filter(is_for_events=True)

    def for_bilaterals(self) -> "RoomQuerySet":
        return self.in_use().filter(is_for_bilaterals=True)


class Room(Named):
    """A room of the conference building: for side events, for bilateral meetings, or held for one delegation."""

    session = models.ForeignKey(MeetingSession, on_delete=models.PROTECT, related_name="rooms")
    code = models.SlugField(_("code"), max_length=32)
    building = models.CharField(_("building"), max_length=64, blank=True)
    floor = models.CharField(_("floor"), max_length=16, blank=True)
    capacity = models.PositiveIntegerField(_("seats"))
    layout = models.CharField(_("layout"), max_length=16, choices=Layout.choices, default=Layout.THEATRE)
    equipment = models.JSONField(_("equipment"), default=list, blank=True, help_text=_("Words of rooms.equipment."))
    is_accessible = models.BooleanField(_("step-free access"), default=True)
    is_for_events = models.BooleanField(_("for side events"), default=False)
    is_for_bilaterals = models.BooleanField(_("for bilateral meetings, by slot"), default=False)
    held_for = models.ForeignKey(
        Delegation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="rooms_held",
        verbose_name=_("held for"),
    )
    opens = models.TimeField(_("opens"), null=True, blank=True, help_text=_("Empty: as the rule book says."))
    closes = models.TimeField(_("closes"), null=True, blank=True, help_text=_("Empty: as the rule book says."))
    plan = models.ForeignKey(SentFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(_("taken out of the inventory"), null=True, blank=True)

    objects = RoomQuerySet.as_manager()

    class Meta:
        ordering = ["session", "position", "code"]
        constraints = [
            models.UniqueConstraint(fields=["session", "code"], name="room_code_once"),
            models.CheckConstraint(
                condition=Q(held_for__isnull=True) | Q(is_for_events=False, is_for_bilaterals=False),
                name="held_room_is_for_nobody_else",
            ),
            models.CheckConstraint(
                condition=Q(opens__isnull=True) | Q(closes__isnull=True) | Q(closes__gt=F("opens")),
                name="room_closes_after_it_opens",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def resource(self) -> str:
        """The name under which its time is taken."""
        return f"room:{self.pk}"


class Block(models.Model):
    """A time at which a room cannot be used, and why; half-open. It is lifted, never deleted."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="blocks")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.TextField(_("reason"))
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    class Meta:
        ordering = ["room", "starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="block_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return f"block {self.pk} of {self.room_id}"

    @property
    def holder(self) -> str:
        """The name under which it takes time."""
        return f"block:{self.pk}"
