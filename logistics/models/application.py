from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cnd.models import PersonalDatum
from logistics.models.file import SentFile
from sessions.models import Delegation, MeetingSession
from sessions.models.session import Named


class EventKind(Named):
    """A kind of side event: its window, and the parent row under whose lock its queue is decided (RULES 5).

    Its rules are those of its scope; another kind is another row.
    """

    session = models.ForeignKey(MeetingSession, on_delete=models.PROTECT, related_name="event_kinds")
    code = models.SlugField(_("code"), max_length=32)
    scope = models.SlugField(_("scope in the rule book"), max_length=48)
    position = models.PositiveIntegerField(default=0)
    last_receipt_number = models.PositiveIntegerField(default=0)
    last_receipt_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["session", "position", "code"]
        constraints = [
            models.UniqueConstraint(fields=["session", "code"], name="event_kind_code_once"),
            models.UniqueConstraint(fields=["session", "scope"], name="event_kind_scope_once"),
        ]

    def __str__(self) -> str:
        return self.code


class ApplicationQuerySet(models.QuerySet["Application"]):
    def holding(self) -> "ApplicationQuerySet":
        """Those that hold one of the places."""
        return self.filter(state__in=HOLDING)

    def waiting(self) -> "ApplicationQuerySet":
        return self.filter(state=Application.State.WAITING)

    def counted(self) -> "ApplicationQuerySet":
        """Those that count towards what one organiser may have (RULES 5)."""
        return self.filter(state__in=COUNTED)

    def received(self) -> "ApplicationQuerySet":
        return self.filter(receipt_number__isnull=False)

    def in_order_of_receipt(self) -> "ApplicationQuerySet":
        return self.order_by("receipt_number", "pk")


class Application(models.Model):
    """What a delegation wants to hold as a side event, from the draft on. The receipt never changes."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        UNDER_REVIEW = "under_review", _("Under review")
        CORRECTION_REQUESTED = "correction_requested", _("Correction requested")
        PROMOTED = "promoted", _("Promoted, to be confirmed")
        ACCEPTED = "accepted", _("Accepted")
        WAITING = "waiting", _("Waiting")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        MERGED = "merged", _("Merged")
        LAPSED = "lapsed", _("Lapsed")

    class Form(models.TextChoices):
        IN_PERSON = "in_person", _("In person")
        VIRTUAL = "virtual", _("Virtual")
        HYBRID = "hybrid", _("Hybrid")

    class Decision(models.TextChoices):
        ACCEPT = "accept", _("Accept")
        REJECT = "reject", _("Reject")

    kind = models.ForeignKey(EventKind, on_delete=models.PROTECT, related_name="applications")
    organiser = models.ForeignKey(Delegation, on_delete=models.PROTECT, related_name="applications")
    state = models.CharField(_("state"), max_length=24, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField(_("begun, session time"), help_text=_("Counts for nothing."))
    discarded_at = models.DateTimeField(_("draft discarded"), null=True, blank=True)

    title = models.CharField(_("title"), max_length=200, blank=True)
    abstract = models.TextField(_("abstract"), blank=True)
    theme = models.CharField(_("theme"), max_length=120, blank=True)
    form = models.CharField(_("form"), max_length=16, choices=Form.choices, blank=True)
    attendance = models.PositiveIntegerField(_("people expected"), null=True, blank=True)
    length_min = models.PositiveIntegerField(_("length in minutes"), null=True, blank=True)
    equipment = models.JSONField(_("equipment"), default=list, blank=True, help_text=_("Words of rooms.equipment."))
    needs_accessible = models.BooleanField(_("needs step-free access"), default=False)
    technical_needs = models.TextField(_("technical needs"), blank=True)
    wished_times = models.JSONField(default=list, blank=True, help_text=_("Pairs of instants, RFC 3339 UTC."))
    impossible_times = models.JSONField(default=list, blank=True, help_text=_("Pairs of instants, RFC 3339 UTC."))
    contact = models.ForeignKey(PersonalDatum, on_delete=models.PROTECT, null=True, blank=True, related_name="contacts")
    speakers = models.ForeignKey(
        PersonalDatum, on_delete=models.PROTECT, null=True, blank=True, related_name="event_speakers"
    )
    flyer = models.ForeignKey(SentFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    receipt_number = models.PositiveIntegerField(_("receipt"), null=True, blank=True)
    receipt_at = models.DateTimeField(_("received"), null=True, blank=True, help_text=_("Session time; never changes."))
    arrived_at = models.DateTimeField(_("request arrived, session time"), null=True, blank=True)
    received_real_at = models.DateTimeField(_("real time of receipt"), null=True, blank=True)
    content_sha256 = models.CharField(_("SHA-256 of the content received"), max_length=64, blank=True)

    place = models.PositiveIntegerField(_("place"), null=True, blank=True)
    due_at = models.DateTimeField(
        _("to be answered by, session time"), null=True, blank=True, help_text=_("A correction or a confirmation.")
    )
    correction = models.TextField(_("what is to be corrected"), blank=True)
    checks = models.JSONField(_("guidelines checked"), default=dict, blank=True)
    prepared = models.CharField(_("decision prepared"), max_length=16, choices=Decision.choices, blank=True)
    prepared_reason = models.TextField(_("reason of the decision prepared"), blank=True)
    decided_at = models.DateTimeField(_("decision announced"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from")
    carried_from = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="carried_over_to"
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "receipt_number", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "receipt_number"], name="application_receipt_once"),
            models.UniqueConstraint(fields=["kind", "place"], name="one_application_a_place"),
            models.CheckConstraint(
                condition=Q(state="draft", receipt_number__isnull=True, receipt_at__isnull=True)
                | (~Q(state="draft") & Q(receipt_number__isnull=False, receipt_at__isnull=False)),
                name="received_means_receipt",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["under_review", "correction_requested", "promoted", "accepted"], place__isnull=False
                )
                | (
                    ~Q(state__in=["under_review", "correction_requested", "promoted", "accepted"])
                    & Q(place__isnull=True)
                ),
                name="four_states_hold_a_place",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["correction_requested", "promoted"], due_at__isnull=False)
                | (~Q(state__in=["correction_requested", "promoted"]) & Q(due_at__isnull=True)),
                name="answer_is_due_where_asked",
            ),
            models.CheckConstraint(
                condition=Q(discarded_at__isnull=True) | Q(state="draft"), name="only_drafts_are_discarded"
            ),
            models.CheckConstraint(
                condition=Q(state="merged", merged_into__isnull=False)
                | (~Q(state="merged") & Q(merged_into__isnull=True)),
                name="merged_into_another",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """Its public name once it is received, such as `high-level-4`."""
        return f"{self.kind.code}-{self.receipt_number}" if self.receipt_number else f"draft-{self.pk}"

    @property
    def holder(self) -> str:
        """The name under which it takes time."""
        return f"event:{self.pk}"


HOLDING = (
    Application.State.UNDER_REVIEW,
    Application.State.CORRECTION_REQUESTED,
    Application.State.PROMOTED,
    Application.State.ACCEPTED,
)
COUNTED = (*HOLDING, Application.State.WAITING)


class CoSponsor(models.Model):
    """Who stands behind an application beside its main organiser: a delegation of the session, or another body."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="cosponsors")
    delegation = models.ForeignKey(
        Delegation, on_delete=models.PROTECT, null=True, blank=True, related_name="cosponsored"
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=24, choices=Delegation.Kind.choices)

    class Meta:
        ordering = ["application", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "delegation"], name="cosponsor_once"),
            models.CheckConstraint(
                condition=Q(delegation__isnull=False, name="") | (Q(delegation__isnull=True) & ~Q(name="")),
                name="cosponsor_is_one_or_the_other",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.delegation_id)


class Revision(models.Model):
    """What was received, and every edit of it since, each with its own hash."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(_("real time"))
    session_at = models.DateTimeField(_("session time"))
    fields = models.JSONField(help_text=_("Which fields were edited; empty for what was received."))
    content_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["application", "number"]
        constraints = [models.UniqueConstraint(fields=["application", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"{self.application_id}#{self.number}"
