from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CndConfig(AppConfig):
    name = "cnd"
    label = "cnd"
    verbose_name = _("Ground")

    def ready(self) -> None:
        # Every process that sends a task needs the configured app as Celery's current one.
        from cnd import account_notices, account_signals, api_schema, celery, logins, logs, second_factor  # noqa: F401

        logs.configure()
