"""What tokens may do with bookings of rooms."""

from django.utils.translation import gettext_lazy as _

from cnd.tokens import register_scope
from sessions.services.scopes import EVERYBODY

READ_BOOKINGS = "bookings:read"
WRITE_BOOKINGS = "bookings:write"


def register() -> None:
    """Offer the scopes of bookings."""
    register_scope(READ_BOOKINGS, _("Read bookings of rooms, with purpose and participants"), EVERYBODY)
    register_scope(WRITE_BOOKINGS, _("Book rooms, answer, move, cancel, check in and wait"), EVERYBODY)
