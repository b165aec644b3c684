from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person who signs in. The role says which faces open; what of a delegation one may touch says a membership."""

    class Role(models.TextChoices):
        SECRETARIAT = "secretariat", _("Secretariat")
        DELEGATION = "delegation", _("Delegation")

    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.DELEGATION)
    function = models.CharField(
        _("function"),
        max_length=100,
        blank=True,
        help_text=_("What others see in public records instead of a name, for instance “Conference officer A”."),
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(role__in=["secretariat", "delegation"]), name="user_role_known")
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
