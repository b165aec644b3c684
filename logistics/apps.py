import re

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LogisticsConfig(AppConfig):
    name = "logistics"
    label = "logistics"
    verbose_name = _("Meeting logistics")

    def ready(self) -> None:
        from logistics.services import session_parts

        session_parts.register()
        _register_applications()
        _register_programme()
        _register_bookings()


# Models are not loaded before `ready`, so each imports what it registers.


def _register_applications() -> None:
    from cnd.journal import register_shown
    from logistics.services import scopes
    from logistics.services.applications import shown_of
    from logistics.services.notices import application_texts
    from sessions.api_changes import register_addresses

    scopes.register()
    application_texts.register()
    register_shown("applications", shown_of)
    register_addresses((re.compile(r"receipts"), "api-receipts"))


def _register_programme() -> None:
    from logistics.services import placements

    placements.register()


def _register_bookings() -> None:
    from cnd import sweeps
    from cnd.journal import register_shown
    from logistics.services import booking_outlook, grid_change, lapses, scopes_bookings
    from logistics.services.booking_holds import shown_of
    from logistics.services.notices import bookings, waiting
    from logistics.services.waiting import lapse_waiting

    booking_outlook.register()
    grid_change.register()
    lapses.register()
    scopes_bookings.register()
    bookings.register()
    waiting.register()
    sweeps.register("waiting", lapse_waiting)
    register_shown("bookings", shown_of)
