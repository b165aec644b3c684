"""What other systems hold: tokens to sign in with, and the keys under which their writes count once."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cnd.models.journal import PersonalDatum


class ApiToken(models.Model):
    """A token of a user, who chose what it may do. The secret itself was shown once and is not kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80, help_text=_("What it is for, such as “Door displays”."))
    prefix = models.CharField(_("begins with"), max_length=16, unique=True)
    hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        ordering = ["user", "-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.prefix}…"


class IdempotencyKey(models.Model):
    """The answer that a write was given, kept under the key its sender chose, in the transaction of the write."""

    owner = models.CharField(max_length=64, help_text=_("The acting user's reference, as in the journal."))
    key = models.CharField(max_length=128)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    personal = models.ForeignKey(
        PersonalDatum,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="answers",
        help_text=_("The person whom the answer names: erased there, it is erased here."),
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"
