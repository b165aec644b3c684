"""The Celery application. A message is only a hint: what is due stands in the database and is found by the sweeps."""

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery, signals
from django_structlog.celery.receivers import CeleryReceiver
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cnd.settings")

TRANSPORT_ALIASES["filesystem"] = "cnd.folder_transport:Transport"
app = Celery("cnd")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A task carries the id of the request that set it going: put on where it is sent, taken up where it is run.
app.steps["worker"].add(DjangoStructLogInitStep)
_sending = CeleryReceiver()
signals.before_task_publish.connect(_sending.receiver_before_task_publish)


@signals.setup_logging.connect
def _log_as_django_does(**_told: Any) -> None:
    from django.conf import settings

    dictConfig(settings.LOGGING)
