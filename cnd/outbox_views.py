"""Unsubscribing by the address in a mail: a page with one button, and the one click of mail programs (RFC 8058)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cnd.actors import actor_for
from cnd.outbox.kinds import kind_of, kinds
from cnd.outbox.muting import mute_kind, unmute_kind
from cnd.outbox.texts import notice_of_token


# Whoever has the token may unsubscribe and undo it, and nothing else: there is no cookie that could be ridden on.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show what one unsubscribes from, and do or undo it. Opening the page alone changes nothing."""
    notice = notice_of_token(token)
    if notice is None or notice.cause.kind not in {kind.code for kind in kinds() if kind.is_optional}:
        raise Http404
    kind, user = kind_of(notice.cause.kind), notice.recipient
    if request.method != "POST":
        context = {"kind": kind, "is_muted": kind.code in user.muted_kinds}
        return render(request, "cnd/unsubscribe.html", context)
    change = unmute_kind if "undo" in request.POST else mute_kind
    change(user=user, kind=kind.code, actor=actor_for(user))
    if "List-Unsubscribe" in request.POST:
        # A mail program waits for a plain answer; RFC 8058, section 3.2 forbids to send it elsewhere.
        return HttpResponse(status=200, content_type="text/plain")
    return redirect("unsubscribe", token)
