"""The outbox: what is to be told, to whom, and what became of it. Written in the transaction of its cause (DESIGN)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cnd.logs import request_id
from cnd.models.journal import Chain


class Cause(models.Model):
    """Something worth telling an audience at a moment of the chain's own time: an event, or a reminder of a deadline.

    Who belongs to the audience is asked when it falls due, so that whoever joined since is told too.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Not due yet")
        TOLD = "told", _("Told")
        CANCELLED = "cancelled", _("Cancelled")
        LAPSED = "lapsed", _("Lapsed")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="causes")
    key = models.CharField(max_length=160, help_text=_("What caused it; once only in its chain."))
    kind = models.CharField(_("kind"), max_length=48)
    audience = models.CharField(_("audience"), max_length=96)
    context = models.JSONField(default=dict)
    due_at = models.DateTimeField(_("due, session time"))
    worth_until = models.DateTimeField(_("worth telling until, session time"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.WAITING)
    is_withheld = models.BooleanField(
        _("withheld"), default=False, help_text=_("Cancelled by staff, so that no plan brings it back.")
    )
    entry_number = models.PositiveBigIntegerField(_("journal entry"), null=True, blank=True)
    request_id = models.CharField(
        _("request"), max_length=64, blank=True, default=request_id, help_text=_("As the log has it.")
    )
    settled_at = models.DateTimeField(_("told, cancelled or lapsed, real time"), null=True, blank=True)

    class Meta:
        ordering = ["chain", "due_at", "pk"]
        indexes = [
            models.Index(fields=["chain", "due_at"], condition=Q(state="waiting"), name="cause_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["chain", "key"], name="cause_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_at__isnull=True)
                | Q(state__in=["told", "cancelled", "lapsed"], settled_at__isnull=False),
                name="cause_state_known",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class NoticeQuerySet(models.QuerySet["Notice"]):
    def deliverable(self, at: datetime) -> "NoticeQuerySet":
        """Mails that are due, not sent, and in nobody's hands."""
        return self.filter(channel=Notice.Channel.EMAIL, state=Notice.State.WAITING, next_attempt_at__lte=at).filter(
            Q(leased_until__isnull=True) | Q(leased_until__lte=at)
        )

    def inbox(self, user: Any) -> "NoticeQuerySet":
        """What a user finds in the portal, newest first."""
        return self.filter(recipient=user, channel=Notice.Channel.PORTAL, state=Notice.State.SENT).order_by(
            "-sent_at", "-pk"
        )


class Notice(models.Model):
    """One cause told to one person over one channel. Exactly one row a key; delivered at least once."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PORTAL = "portal", _("Portal")

    class State(models.TextChoices):
        WAITING = "waiting", _("To be sent")
        SENT = "sent", _("Sent")
        CANCELLED = "cancelled", _("Cancelled")
        LAPSED = "lapsed", _("Lapsed")
        PARKED = "parked", _("Parked: could not be sent")

    cause = models.ForeignKey(Cause, on_delete=models.PROTECT, related_name="notices")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices")
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.WAITING)
    message_id = models.CharField(max_length=128, unique=True, help_text=_("The same at every attempt."))
    created_at = models.DateTimeField(_("written, real time"))
    next_attempt_at = models.DateTimeField(_("next attempt, real time"), null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    sent_at = models.DateTimeField(_("sent, real time"), null=True, blank=True)
    read_at = models.DateTimeField(_("read, real time"), null=True, blank=True)
    asked_again_at = models.DateTimeField(
        _("sent again by staff, real time"), null=True, blank=True, help_text=_("From then on it does not lapse.")
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["next_attempt_at", "id"], condition=Q(state="waiting"), name="notice_waiting"),
            models.Index(fields=["recipient", "channel", "-sent_at"], name="notice_inbox"),
            models.Index(fields=["state"], condition=Q(state="parked"), name="notice_parked"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["cause", "recipient", "channel"], name="notice_once"),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="notice_sent_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(next_attempt_at__isnull=False), name="notice_waiting_is_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause_id} to {self.recipient_id} by {self.channel}"


class MailLane(models.Model):
    """One connection to the mail server at a time: in whose hands it is, and how long it rests after a failure.

    There are as many as deliveries may be under way at once, so that a dead mail server holds up no more workers.
    """

    number = models.PositiveSmallIntegerField(primary_key=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    resting_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text=_("In a row; 0 when the last mail went out."))
    last_error = models.CharField(_("last error"), max_length=500, blank=True)

    def __str__(self) -> str:
        return str(self.number)


class NoticeText(models.Model):
    """The secretariat's own wording of a kind of notice in one language; without it the product's own is taken."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="notice_texts")
    kind = models.CharField(_("kind"), max_length=48)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))

    class Meta:
        ordering = ["chain", "kind", "language"]
        constraints = [models.UniqueConstraint(fields=["chain", "kind", "language"], name="notice_text_once")]

    def __str__(self) -> str:
        return f"{self.kind} ({self.language})"
