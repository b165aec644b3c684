import re

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LogisticsConfig(AppConfig):
    name = "logistics"
    label = "logistics"
    verbose_name = _("Meeting logistics")

    def ready(self) -> None:
        # Models are not loaded before this.
        from cnd.journal import register_shown
        from logistics.services import scopes, session_parts
        from logistics.services.applications import shown_of
        from logistics.services.notices import application_texts
        from logistics.views import application_surroundings
        from sessions.api_changes import register_addresses

        session_parts.register()
        scopes.register()
        application_texts.register()
        register_shown("applications", shown_of)
        application_surroundings.register()
        register_addresses((re.compile(r"receipts"), "api-receipts"))
