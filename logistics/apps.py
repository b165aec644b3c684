from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LogisticsConfig(AppConfig):
    name = "logistics"
    label = "logistics"
    verbose_name = _("Meeting logistics")

    def ready(self) -> None:
        # Models are not loaded before this.
        from logistics import addresses
        from logistics.services import holders, published, session_parts
        from logistics.services.notices import programme as programme_notices
        from logistics.services.notices import rooms as room_notices
        from logistics.views import programme_section

        session_parts.register()
        holders.register()
        published.register()
        programme_notices.register()
        room_notices.register()
        addresses.register()
        programme_section.register()
