"""The API, version 1: what each app offers, under one root."""

from typing import Any

from django.http import HttpResponse
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from cnd.problems import as_response


@csrf_exempt
def nothing_here(request: Any, rest: str = "") -> HttpResponse:
    """Answer what no app offers as a problem, not as a page."""
    return as_response(404, "not_found", "Not found", "There is nothing at this address; see /api/schema/.")


urlpatterns = [
    path("", include("sessions.api_urls")),
    re_path(r"^(?P<rest>.*)$", nothing_here),
]
