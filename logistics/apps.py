from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LogisticsConfig(AppConfig):
    name = "logistics"
    label = "logistics"
    verbose_name = _("Meeting logistics")

    def ready(self) -> None:
        # Models are not loaded before this.
        from cnd import sweeps
        from cnd.journal import register_shown
        from logistics.services import door, grid_change, lapses, scopes_bookings, session_parts
        from logistics.services.booking_holds import shown_of as bookings_shown_of
        from logistics.services.notices import bookings as booking_notices
        from logistics.services.notices import waiting as waiting_notices
        from logistics.services.waiting import lapse_waiting
        from logistics.views import meeting_surroundings

        session_parts.register()
        grid_change.register()
        lapses.register()
        scopes_bookings.register()
        booking_notices.register()
        waiting_notices.register()
        sweeps.register("waiting", lapse_waiting)
        register_shown("bookings", bookings_shown_of)
        door.register()
        meeting_surroundings.register()
