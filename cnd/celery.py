"""The Celery application. A message is only a hint: what is due stands in the database and is found by the sweeps."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cnd.settings")

app = Celery("cnd")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
