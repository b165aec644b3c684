from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions.models import MeetingSession


class SentFile(models.Model):
    """A small file that somebody sent: checked by its content, never changed.

    It lies in the database, so that it is there with the transaction that names it, for every web and in every backup.
    """

    session = models.ForeignKey(MeetingSession, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    media_type = models.CharField(_("type"), max_length=64)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    sent_at = models.DateTimeField(_("sent, real time"))

    class Meta:
        ordering = ["session", "pk"]

    def __str__(self) -> str:
        return self.name
