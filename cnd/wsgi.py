"""The WSGI entry point: `gunicorn cnd.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cnd.settings")
django_application = get_wsgi_application()

from cnd.arrival import Arrivals  # noqa: E402

application = Arrivals(django_application)
