"""What tokens may do with what surrounds a meeting."""

from django.utils.translation import gettext_lazy as _

from cnd.tokens import register_scope
from sessions.services.scopes import EVERYBODY

READ_APPLICATIONS = "applications:read"
WRITE_APPLICATIONS = "applications:write"


def register() -> None:
    """Offer these scopes."""
    register_scope(READ_APPLICATIONS, _("Read applications for side events, with contacts and speakers"), EVERYBODY)
    register_scope(WRITE_APPLICATIONS, _("Prepare, submit and withdraw applications for side events"), EVERYBODY)
