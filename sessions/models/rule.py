from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions.models.session import MeetingSession


class Rule(models.Model):
    """One value of the rule book: typed, with its unit and its source. What it once was stands in its corrections."""

    class Type(models.TextChoices):
        INTEGER = "integer", _("Whole number")
        DURATION = "duration", _("Duration in seconds")
        INSTANT = "instant", _("Date and time")
        DATE = "date", _("Date")
        TIME = "time", _("Time of day")
        BOOLEAN = "boolean", _("Yes or no")
        TEXT = "text", _("Text")
        CHOICE = "choice", _("One of several")
        LIST = "list", _("List")

    session = models.ForeignKey(MeetingSession, on_delete=models.PROTECT, related_name="rules")
    scope = models.SlugField(_("scope"), max_length=48)
    key = models.SlugField(_("key"), max_length=64)
    type = models.CharField(_("type"), max_length=16, choices=Type.choices)
    unit = models.CharField(_("unit"), max_length=32, blank=True)
    value = models.JSONField(
        _("value"),
        blank=True,
        help_text=_("Instants in RFC 3339 UTC; durations in seconds; dates and times of day in ISO 8601."),
    )
    choices = models.JSONField(_("choices"), default=list, blank=True)
    title = models.CharField(_("title"), max_length=200)
    source = models.CharField(_("source"), max_length=200, blank=True)
    is_default = models.BooleanField(_("default"), default=False, help_text=_("The briefing left it open."))
    is_deadline = models.BooleanField(_("deadline"), default=False)
    audience = models.CharField(_("audience"), max_length=32, blank=True, help_text=_("Whom a deadline concerns."))
    is_opening = models.BooleanField(
        _("opening"), default=False, help_text=_("Told when the moment has come, not by reminders before it.")
    )
    reminders_to = models.CharField(
        _("reminders to"),
        max_length=32,
        blank=True,
        help_text=_("An audience, if others are reminded than it concerns."),
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["session", "position", "scope", "key"]
        constraints = [models.UniqueConstraint(fields=["session", "scope", "key"], name="rule_once")]

    def __str__(self) -> str:
        return f"{self.scope}.{self.key}"

    @property
    def name(self) -> str:
        return f"{self.scope}.{self.key}"


class RuleCorrection(models.Model):
    """A rule that was announced and then corrected: what it was, who changed it, when and why."""

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="corrections")
    number = models.PositiveIntegerField()
    old_value = models.JSONField()
    new_value = models.JSONField()
    at = models.DateTimeField(_("real time"))
    session_at = models.DateTimeField(_("session time"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    reason = models.TextField(_("reason"))

    class Meta:
        ordering = ["rule", "number"]
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="rule_correction_once")]

    def __str__(self) -> str:
        return f"{self.rule_id}#{self.number}"
