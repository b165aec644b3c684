from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cnd.models import PersonalDatum
from sessions.models.delegation import Delegation, RegionalGroup
from sessions.models.session import MeetingSession


class Level(models.TextChoices):
    """The three levels of representation that order the list (RULES 2)."""

    ABOVE_MINISTERIAL = "above_ministerial", _("Above ministerial")
    MINISTERIAL = "ministerial", _("Ministerial")
    BELOW_MINISTERIAL = "below_ministerial", _("Below ministerial")


class GeneralDebate(models.Model):
    """The general debate of a session: the parent row under whose lock everything of it is decided."""

    session = models.OneToOneField(MeetingSession, on_delete=models.PROTECT, related_name="debate")
    last_receipt_number = models.PositiveIntegerField(default=0)
    last_receipt_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["session"]

    def __str__(self) -> str:
        return f"general debate of {self.session_id}"


class InscriptionQuerySet(models.QuerySet["Inscription"]):
    def standing(self) -> "InscriptionQuerySet":
        """Those not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)

    def national(self) -> "InscriptionQuerySet":
        """Member States' national statements: those who take part in the drawing."""
        return self.filter(statement=Inscription.Statement.NATIONAL)

    def in_order_of_receipt(self) -> "InscriptionQuerySet":
        return self.order_by("receipt_number")


class Inscription(models.Model):
    """A delegation that asked for the floor. The receipt never changes."""

    class Statement(models.TextChoices):
        GROUP = "group", _("On behalf of a regional group")
        NATIONAL = "national", _("National statement")
        OTHER = "other", _("Statement of an observer or organisation")

    debate = models.ForeignKey(GeneralDebate, on_delete=models.PROTECT, related_name="inscriptions")
    delegation = models.ForeignKey(Delegation, on_delete=models.PROTECT, related_name="inscriptions")
    statement = models.CharField(_("statement"), max_length=16, choices=Statement.choices)
    group = models.ForeignKey(
        RegionalGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="inscriptions",
        help_text=_("The group on whose behalf, or of which a Member State is."),
    )
    level = models.CharField(_("level"), max_length=24, choices=Level.choices)
    speaker = models.ForeignKey(
        PersonalDatum, on_delete=models.PROTECT, null=True, blank=True, related_name="inscriptions"
    )
    receipt_number = models.PositiveIntegerField(_("receipt"))
    receipt_at = models.DateTimeField(_("received"), help_text=_("Session time; rises strictly with the number."))
    received_real_at = models.DateTimeField(_("real time of receipt"))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = InscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["debate", "receipt_number"]
        constraints = [
            models.UniqueConstraint(fields=["debate", "receipt_number"], name="receipt_once"),
            models.UniqueConstraint(
                fields=["debate", "delegation"],
                condition=~Q(statement="group") & Q(withdrawn_at__isnull=True),
                name="one_own_statement_a_delegation",
            ),
            models.UniqueConstraint(
                fields=["debate", "group"],
                condition=Q(statement="group", withdrawn_at__isnull=True),
                name="one_statement_a_group",
            ),
            models.CheckConstraint(
                condition=Q(statement="other", group__isnull=True) | (~Q(statement="other") & Q(group__isnull=False)),
                name="statement_has_its_group",
            ),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="inscription_level_known"),
        ]

    def __str__(self) -> str:
        return f"{self.statement}:{self.delegation_id}"


class Quota(models.Model):
    """How many of the slots a group has, as staff confirmed it."""

    debate = models.ForeignKey(GeneralDebate, on_delete=models.PROTECT, related_name="quotas")
    group = models.ForeignKey(RegionalGroup, on_delete=models.PROTECT, related_name="quotas")
    slots = models.PositiveIntegerField(_("slots"))

    class Meta:
        ordering = ["debate", "group__code"]
        constraints = [models.UniqueConstraint(fields=["debate", "group"], name="quota_once")]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.slots}"


class Slot(models.Model):
    """A speaking slot as it stands now. Its number is what the lot gave and never changes; a place may."""

    class Status(models.TextChoices):
        UNDRAWN = "undrawn", _("Not yet drawn")
        ASSIGNED = "assigned", _("Assigned")
        VACANT = "vacant", _("Vacant")
        SPOKEN = "spoken", _("Has spoken")

    debate = models.ForeignKey(GeneralDebate, on_delete=models.PROTECT, related_name="slots")
    number = models.PositiveIntegerField(_("number"))
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.UNDRAWN)
    group = models.ForeignKey(RegionalGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="slots")
    delegation = models.ForeignKey(Delegation, on_delete=models.PROTECT, null=True, blank=True, related_name="slots")
    level = models.CharField(_("level"), max_length=24, choices=Level.choices, blank=True)
    place = models.PositiveIntegerField(_("place"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated"))

    class Meta:
        ordering = ["debate", "number"]
        constraints = [
            models.UniqueConstraint(fields=["debate", "number"], name="slot_number_once"),
            models.UniqueConstraint(fields=["debate", "delegation"], name="one_slot_a_delegation"),
            models.CheckConstraint(
                condition=Q(status="undrawn", group__isnull=True, delegation__isnull=True)
                | Q(status="vacant", group__isnull=False, delegation__isnull=True)
                | Q(status__in=["assigned", "spoken"], group__isnull=False, delegation__isnull=False),
                name="slot_status_tells_the_truth",
            ),
        ]

    def __str__(self) -> str:
        return f"slot {self.number}"
