from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cnd.models import Chain


class Named(models.Model):
    """Something with the United Nations' own names, one a language, carried as data."""

    names = models.JSONField(_("names"), default=dict, help_text=_("A name for each of ar, zh, en, fr, ru, es."))

    class Meta:
        abstract = True

    @property
    def name(self) -> str:
        """The name in the reader's language, else in English."""
        language = (get_language() or "en").split("-")[0]
        return str(self.names.get(language) or self.names.get("en", ""))


class MeetingSession(Named):
    """A session of a commission. (Not called Session, which in Django is somebody's login.)"""

    code = models.SlugField(_("code"), max_length=32, unique=True)
    chain = models.OneToOneField(Chain, on_delete=models.PROTECT, related_name="meeting_session")
    time_zone = models.CharField(_("time zone"), max_length=64)

    class Meta:
        ordering = ["code"]
        verbose_name = _("meeting session")

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_rehearsal(self) -> bool:
        return self.chain.is_rehearsal

    @property
    def session_now(self) -> datetime:
        return self.chain.now()


class Segment(Named):
    """A part of the session, such as the high-level segment."""

    session = models.ForeignKey(MeetingSession, on_delete=models.PROTECT, related_name="segments")
    code = models.SlugField(_("code"), max_length=32)
    opens_on = models.DateField(_("first day"))
    closes_on = models.DateField(_("last day"))

    class Meta:
        ordering = ["session", "opens_on", "code"]
        constraints = [
            models.UniqueConstraint(fields=["session", "code"], name="segment_code_once"),
            models.CheckConstraint(condition=Q(closes_on__gte=F("opens_on")), name="segment_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return self.code


class Meeting(models.Model):
    """One sitting of a segment, from the gavel to the gavel; half-open [opens_at, closes_at)."""

    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="meetings")
    number = models.PositiveSmallIntegerField(_("number"))
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))

    class Meta:
        ordering = ["segment", "number"]
        constraints = [
            models.UniqueConstraint(fields=["segment", "number"], name="meeting_number_once"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="meeting_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id}/{self.number}"
