"""Mails as they will look, before anything is saved or sent, each shown in a frame that can do nothing."""

import secrets
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_sameorigin

from sessions.views.staff_base import StaffMixin

KEPT = 14
"""How many previews of one person are kept at a time: twice a message in every language."""
_KEY = "mail-previews"

# A mail brings its styles with it, and nothing else.
of_a_mail = csp_replace(
    {
        "default-src": [NONE],
        "style-src": [UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "form-action": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
        "sandbox": [],
    }
)


def keep_preview(request: HttpRequest, html: str) -> str:
    """Keep a mail for the frame that asks for it next; return the name it is asked for by."""
    name = secrets.token_urlsafe(12)
    kept = list(request.session.get(_KEY, []))[-(KEPT - 1) :]
    request.session[_KEY] = [*kept, [name, html]]
    return name


@method_decorator([of_a_mail, xframe_options_sameorigin], name="dispatch")
class Preview(StaffMixin):
    """What the frame shows: only to whoever made the preview."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kept = dict(request.session.get(_KEY, []))
        if self.kwargs["name"] not in kept:
            raise Http404("no such preview")
        return HttpResponse(kept[self.kwargs["name"]])
