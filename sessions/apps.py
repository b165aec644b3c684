from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionsConfig(AppConfig):
    name = "sessions"
    # Django's own login sessions already own the label "sessions"; ours must differ from the first migration on.
    label = "cnd_sessions"
    verbose_name = _("Meeting sessions")

    def ready(self) -> None:
        # Models are not loaded before this.
        from cnd.journal import register_shown
        from cnd.outbox.kinds import register_letterhead
        from cnd.sign_in import register_demo_sign_ins
        from sessions.services import audiences, gauges, invitations, messages, notices, scopes
        from sessions.services.demonstration import sign_ins
        from sessions.services.inscriptions import shown_of
        from sessions.services.letterhead import letterhead_of

        register_demo_sign_ins(sign_ins)
        register_letterhead(letterhead_of)
        audiences.register()
        invitations.register()
        gauges.register()
        messages.register()
        notices.register()
        scopes.register()
        register_shown("inscriptions", shown_of)
