"""How a sent file is handed out: as what it was found to be, and so that nothing in it can act here."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from logistics.models import SentFile


def send_file(request: HttpRequest, sent: SentFile, *, save: bool = False) -> HttpResponse:
    """Return a file with its hash as its tag; whoever has it gets 304. A PDF or picture is shown unless `save`."""
    etag = f'"{sent.sha256}"'
    response: HttpResponse
    if etag in request.headers.get("If-None-Match", ""):
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(bytes(sent.content), content_type=sent.media_type)
        name = sent.name.encode("ascii", "replace").decode().replace("?", "_")
        response["Content-Disposition"] = f'{"attachment" if save else "inline"}; filename="{name}"'
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        response["X-Content-Type-Options"] = "nosniff"
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    return response
