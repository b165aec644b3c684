from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sessions.models.debate import GeneralDebate
from sessions.models.delegation import Delegation, RegionalGroup


class DrawingQuerySet(models.QuerySet["Drawing"]):
    def announced(self) -> "DrawingQuerySet":
        return self.filter(state=Drawing.State.ANNOUNCED)

    def claimable(self, at: datetime) -> "DrawingQuerySet":
        """Announced, sealed by now, and in nobody's hands."""
        return self.announced().filter(seals_at__lte=at).filter(Q(leased_until__isnull=True) | Q(leased_until__lte=at))


class Drawing(models.Model):
    """One drawing of lots, from its announcement on. What was announced, drawn or proven never changes (RULES 3)."""

    class State(models.TextChoices):
        ANNOUNCED = "announced", _("Announced")
        WITHDRAWN = "withdrawn", _("Withdrawn before sealing")
        DRAWN = "drawn", _("Drawn")
        ANNULLED = "annulled", _("Annulled")

    debate = models.ForeignKey(GeneralDebate, on_delete=models.PROTECT, related_name="drawings")
    attempt = models.PositiveIntegerField(_("attempt"))
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.ANNOUNCED)
    is_rehearsal = models.BooleanField(_("rehearsal"))
    announcement = models.JSONField(_("announcement"))
    announcement_sha256 = models.CharField(_("SHA-256 of the announcement"), max_length=64)
    announced_at = models.DateTimeField(_("announced"))
    draw_at = models.DateTimeField(_("drawing, real time"))
    seals_at = models.DateTimeField(_("sealed from"), help_text=_("From then on it cannot be withdrawn."))
    leased_until = models.DateTimeField(null=True, blank=True)
    drawn_at = models.DateTimeField(_("drawn"), null=True, blank=True)
    bundle = models.JSONField(_("proof"), null=True, blank=True)
    bundle_sha256 = models.CharField(_("SHA-256 of the proof"), max_length=64, blank=True)
    ended_at = models.DateTimeField(_("withdrawn or annulled"), null=True, blank=True)
    end_reason = models.TextField(_("reason"), blank=True)
    annulment_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    annulment_reason = models.TextField(_("reason for the annulment"), blank=True)

    objects = DrawingQuerySet.as_manager()

    class Meta:
        ordering = ["debate", "attempt"]
        constraints = [
            models.UniqueConstraint(fields=["debate", "attempt"], name="drawing_attempt_once"),
            models.UniqueConstraint(
                fields=["debate"], condition=Q(state="announced"), name="one_open_announcement_a_debate"
            ),
            models.UniqueConstraint(fields=["debate"], condition=Q(state="drawn"), name="one_result_a_debate"),
            models.CheckConstraint(
                condition=Q(state__in=["drawn", "annulled"], drawn_at__isnull=False, bundle__isnull=False)
                | Q(state__in=["announced", "withdrawn"], drawn_at__isnull=True, bundle__isnull=True),
                name="drawn_means_proven",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["withdrawn", "annulled"], ended_at__isnull=False) & ~Q(end_reason="")
                | Q(state__in=["announced", "drawn"], ended_at__isnull=True),
                name="drawing_ends_with_a_reason",
            ),
            models.CheckConstraint(condition=Q(seals_at__gt=F("announced_at")), name="sealed_after_announced"),
        ]

    def __str__(self) -> str:
        return f"drawing {self.attempt} of debate {self.debate_id}"

    @property
    def resource(self) -> str:
        return f"draws/{self.attempt}"


class DrawSource(models.Model):
    """One announced source of randomness, and what came of it."""

    class Kind(models.TextChoices):
        DRAND = "drand", _("drand round")
        NUMBERS = "numbers", _("Numbers entered by hand")
        REHEARSAL_SEED = "rehearsal_seed", _("Rehearsal seed")

    drawing = models.ForeignKey(Drawing, on_delete=models.PROTECT, related_name="sources")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    not_before = models.DateTimeField(_("not before, real time"))
    deadline = models.DateTimeField(_("deadline, real time"))
    failed_at = models.DateTimeField(_("failed; its substitute applies"), null=True, blank=True)
    secret = models.CharField(max_length=80, blank=True, help_text=_("A rehearsal's seed, unseen until its instant."))
    value = models.JSONField(null=True, blank=True)
    obtained_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["drawing", "position"]
        constraints = [
            models.UniqueConstraint(fields=["drawing", "position"], name="source_position_once"),
            models.CheckConstraint(condition=Q(deadline__gt=F("not_before")), name="source_deadline_after_start"),
            models.CheckConstraint(
                condition=Q(value__isnull=True, obtained_at__isnull=True)
                | Q(value__isnull=False, obtained_at__isnull=False),
                name="source_value_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.drawing_id}"


class NumbersEntry(models.Model):
    """Numbers as one member of staff entered them. A correction is a further row; the last one counts."""

    source = models.ForeignKey(DrawSource, on_delete=models.PROTECT, related_name="entries")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    numbers = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["source", "pk"]
        verbose_name_plural = _("numbers entered")

    def __str__(self) -> str:
        return f"{self.source_id} by {self.by_id}"


class Lot(models.Model):
    """The lot of one delegation in one drawing."""

    drawing = models.ForeignKey(Drawing, on_delete=models.PROTECT, related_name="lots")
    delegation = models.ForeignKey(Delegation, on_delete=models.PROTECT, related_name="lots")
    group = models.ForeignKey(RegionalGroup, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveIntegerField()
    group_rank = models.PositiveIntegerField()
    lot = models.CharField(max_length=64)

    class Meta:
        ordering = ["drawing", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["drawing", "delegation"], name="lot_once"),
            models.UniqueConstraint(fields=["drawing", "rank"], name="lot_rank_once"),
            models.UniqueConstraint(fields=["drawing", "group", "group_rank"], name="lot_group_rank_once"),
        ]

    def __str__(self) -> str:
        return f"lot {self.rank} of {self.drawing_id}"
