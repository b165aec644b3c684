"""What tokens may do with a session, and when a focal point's tokens end."""

from django.utils.translation import gettext_lazy as _

from cnd.models import User
from cnd.tokens import register_scope, register_standing
from sessions.models import Membership

READ_INSCRIPTIONS = "inscriptions:read"
WRITE_INSCRIPTIONS = "inscriptions:write"

EVERYBODY = (User.Role.SECRETARIAT, User.Role.DELEGATION)


def register() -> None:
    """Offer the scopes of sessions; have the tokens of those end who act for no delegation any more."""
    register_scope(READ_INSCRIPTIONS, _("Read inscriptions, with the names of speakers"), EVERYBODY)
    register_scope(WRITE_INSCRIPTIONS, _("Inscribe, change and withdraw"), EVERYBODY)
    register_standing("delegation", acts_for_any)


def acts_for_any(user: User) -> bool:
    """Tell whether a user is of the secretariat or acts for any delegation."""
    return user.is_secretariat or Membership.objects.filter(user=user).exists()
