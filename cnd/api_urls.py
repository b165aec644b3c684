"""The API, version 1: what each app offers, under one root."""

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import include, path, re_path, resolve
from django.views.decorators.csrf import csrf_exempt

from cnd.problems import as_response


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer what no app offers as a problem, not as a page; what lacks but its last slash by where it is."""
    if not request.path_info.endswith("/"):
        whole = f"{request.path_info}/"
        if resolve(whole).func is not nothing_here:
            query = request.META.get("QUERY_STRING", "")
            # The method and what was sent go along.
            return HttpResponsePermanentRedirect(f"{whole}?{query}" if query else whole, preserve_request=True)
    return as_response(404, "not_found", "Not found", "There is nothing at this address; see /api/schema/.")


urlpatterns = [
    path("", include("sessions.api_urls")),
    path("", include("logistics.api_urls")),
    re_path(r"^(?P<rest>.*)$", nothing_here),
]
