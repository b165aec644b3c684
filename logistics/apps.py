from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LogisticsConfig(AppConfig):
    name = "logistics"
    label = "logistics"
    verbose_name = _("Meeting logistics")

    def ready(self) -> None:
        from logistics.services import session_parts
        from logistics.views import journal_words

        session_parts.register()
        journal_words.register()
        _register_applications()
        _register_programme()
        _register_bookings()
        _register_meeting_pages()
        _register_demonstration()
        _register_rehearsal()


# Models are not loaded before `ready`, so each imports what it registers.


def _register_applications() -> None:
    from cnd.journal import register_shown
    from logistics.services import scopes
    from logistics.services.applications import shown_of
    from logistics.services.notices import application_texts
    from logistics.views import application_surroundings

    scopes.register()
    application_texts.register()
    register_shown("applications", shown_of)
    application_surroundings.register()


def _register_programme() -> None:
    from logistics import addresses
    from logistics.services import holders, placements, published
    from logistics.services.notices import programme, rooms
    from logistics.views import programme_section

    placements.register()
    holders.register()
    published.register()
    programme.register()
    rooms.register()
    addresses.register()
    programme_section.register()


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


def _register_meeting_pages() -> None:
    from logistics.services import door
    from logistics.views import meeting_surroundings

    door.register()
    meeting_surroundings.register()


def _register_demonstration() -> None:
    from logistics.services import demonstration

    demonstration.register()


def _register_rehearsal() -> None:
    from logistics.management import rehearsal

    rehearsal.register()
