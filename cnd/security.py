"""What every answer says of the browser's powers, and how much may be sent."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cnd.file_body import RAW_TYPES
from cnd.problems import as_response, is_api

Answer = Callable[[HttpRequest], HttpResponse]

NOT_USED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "geolocation",
    "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
# Passkeys are this site's own.
POLICY = ", ".join(
    [f"{name}=()" for name in NOT_USED] + ["publickey-credentials-create=(self)", "publickey-credentials-get=(self)"]
)


class PermissionsPolicy:
    """Ask the browser for nothing that no page needs."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", POLICY)
        return response


class BodyLimit:
    """Refuse what is too large before a byte of it is read. Without a Content-Length nothing is read at all."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        most = settings.MOST_BYTES_OF_FILES if _is_file(request) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if _length(request) <= most:
            return self.get_response(request)
        if is_api(request):
            said = _("At most %(bytes)d bytes can be taken here.") % {"bytes": most}
            return as_response(413, "too_large", _("Too large"), said)
        return render(request, "413.html", {"megabytes": most // 1_000_000}, status=413)


def _is_file(request: HttpRequest) -> bool:
    """Tell whether a file is sent: with a form to a page, as it is to the API, which reads it where it takes one."""
    type_ = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    return type_ in RAW_TYPES if is_api(request) else type_ == "multipart/form-data"


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
