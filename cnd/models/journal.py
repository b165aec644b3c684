"""The chain of entries, its public checkpoints, and the versions that resources have by it (DESIGN)."""

from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cnd import clock


class Chain(models.Model):
    """One hash-chained sequence of entries, with the clock of what it records."""

    code = models.SlugField(_("code"), max_length=32, unique=True)
    clock_offset_s = models.BigIntegerField(
        _("clock offset in seconds"), default=0, help_text=_("Session time is real time plus this.")
    )
    is_rehearsal = models.BooleanField(
        _("rehearsal"), default=False, help_text=_("True for ever once the clock was shifted.")
    )
    last_number = models.PositiveBigIntegerField(default=0)
    last_public_number = models.PositiveBigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(clock_offset_s=0) | Q(is_rehearsal=True), name="chain_shifted_is_rehearsal"
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def clock_offset(self) -> timedelta:
        return timedelta(seconds=self.clock_offset_s)

    def now(self) -> datetime:
        """Return the session's own time."""
        return clock.now() + self.clock_offset

    def to_session(self, real: datetime) -> datetime:
        """Translate a real moment into session time, in UTC."""
        # In UTC, since Python adds to the wall clock of any other zone: an hour would go astray over a summer.
        return real.astimezone(UTC) + self.clock_offset

    def to_real(self, session: datetime) -> datetime:
        """Translate a moment of session time into real time, in UTC."""
        return session.astimezone(UTC) - self.clock_offset


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Refuse to change or remove rows; `bulk_create` and `create` remain."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("the journal is append-only")

    def delete(self) -> NoReturn:
        raise TypeError("the journal is append-only")


class AppendOnly(models.Model):
    """A row that is written once."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("the journal is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("the journal is append-only")


class JournalEntry(AppendOnly):
    """One decision: who, when, what, before, after, why, and which resources it touched for whom."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="entries")
    number = models.PositiveBigIntegerField(_("number"))
    public_number = models.PositiveBigIntegerField(_("public number"), null=True, blank=True)
    at = models.DateTimeField(_("real time"))
    session_at = models.DateTimeField(_("session time"))
    actor = models.CharField(_("actor"), max_length=64, help_text=_("A reference, never a name."))
    action = models.CharField(_("action"), max_length=64)
    subject = models.CharField(_("subject"), max_length=128)
    reason = models.TextField(_("reason"), blank=True)
    changes = models.JSONField(_("changes"), default=list)
    resources = models.JSONField(_("resources"), default=list)
    nonce = models.CharField(max_length=32)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["chain", "number"]
        verbose_name_plural = _("journal entries")
        constraints = [
            models.UniqueConstraint(fields=["chain", "number"], name="entry_number_once"),
            models.UniqueConstraint(fields=["chain", "public_number"], name="entry_public_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.chain_id}/{self.number} {self.action}"

    def content(self, chain_code: str) -> dict[str, Any]:
        """Return everything the hash is taken over."""
        return {
            "chain": chain_code,
            "number": self.number,
            "public_number": self.public_number,
            "at": clock.rfc3339(self.at),
            "session_at": clock.rfc3339(self.session_at),
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "reason": self.reason,
            "changes": self.changes,
            "resources": self.resources,
            "nonce": self.nonce,
            "previous": self.previous_hash,
        }


class Checkpoint(AppendOnly):
    """A public seal of the chain's head. It hides the entry's own hash, so that private activity cannot be counted."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="checkpoints")
    number = models.PositiveBigIntegerField()
    public_number = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    seal = models.CharField(max_length=64)

    class Meta:
        ordering = ["chain", "-at", "-pk"]
        indexes = [models.Index(fields=["chain", "-at"], name="checkpoint_latest")]

    def __str__(self) -> str:
        return f"{self.chain_id} {self.seal[:12]}"


class ResourceVersion(models.Model):
    """The version of one resource for one audience: the number of its last entry, for the public its public number."""

    PUBLIC = "public"
    STAFF = "staff"

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="versions")
    resource = models.CharField(max_length=64)
    audience = models.CharField(max_length=32)
    version = models.PositiveBigIntegerField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "resource", "audience"], name="resource_version_once")]

    def __str__(self) -> str:
        return f"{self.resource} for {self.audience}: {self.version}"


class PersonalDatum(models.Model):
    """What is known of a person, kept apart so that it can be erased; entries hold its key and a salted hash."""

    key = models.UUIDField(primary_key=True)
    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="personal_data")
    value = models.JSONField(null=True)
    salt = models.CharField(max_length=32, blank=True)
    hash = models.CharField(max_length=64)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = _("personal data")
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | (Q(value__isnull=True) & Q(salt="")),
                name="erased_means_gone",
            )
        ]

    def __str__(self) -> str:
        return str(self.key)
