from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person who signs in. The role says which faces open; what of a delegation one may touch says a membership."""

    class Role(models.TextChoices):
        SECRETARIAT = "secretariat", _("Secretariat")
        DELEGATION = "delegation", _("Delegation")

    class Channels(models.TextChoices):
        BOTH = "both", _("E-mail and portal")
        EMAIL = "email", _("E-mail only")
        PORTAL = "portal", _("Portal only")

    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.DELEGATION)
    function = models.CharField(
        _("function"),
        max_length=100,
        blank=True,
        help_text=_("What others see in public records instead of a name, for instance “Conference officer A”."),
    )
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=settings.LANGUAGES,
        default="en",
        help_text=_("Of the mails you get and, at first, of the pages."),
    )
    time_zone = models.CharField(
        _("your time zone"), max_length=64, blank=True, help_text=_("Shown beside the meeting's own time in mails.")
    )
    channels = models.CharField(_("notices"), max_length=8, choices=Channels.choices, default=Channels.BOTH)
    muted_kinds = models.JSONField(_("not wanted by e-mail"), default=list, blank=True)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="user_email_once",
                violation_error_code="email_taken",
                violation_error_message=_("Another account has this e-mail address."),
            ),
            models.CheckConstraint(condition=Q(role__in=["secretariat", "delegation"]), name="user_role_known"),
            models.CheckConstraint(condition=Q(channels__in=["both", "email", "portal"]), name="user_channels_known"),
        ]

    @property
    def is_secretariat(self) -> bool:
        return self.role == self.Role.SECRETARIAT

    @property
    def has_delegation(self) -> bool:
        return self.role == self.Role.DELEGATION

    @property
    def public_function(self) -> str:
        """The function shown in public records; never a personal name."""
        return self.function or f"{self.get_role_display()} {self.pk}"
