"""How a flyer is given out, by pages and API alike: as a file to be kept, never as a page of this site."""

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from logistics.models import Application, SentFile


def given(application: Application) -> HttpResponse:
    """Return the flyer of an application; whoever calls has asked who may have it. Raises Http404 without one."""
    if application.flyer_id is None:
        raise Http404("no flyer")
    flyer = SentFile.objects.get(pk=application.flyer_id)
    response = HttpResponse(bytes(flyer.content), content_type=flyer.media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, flyer.name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Should a browser show it after all, nothing in it may run or load.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
