"""Meetings for calendar programs: a feed of one's own under a secret address, and one of each room for everybody.

Calendar programs cannot sign in, so the address itself is the key. It names a membership and is signed together with
what the account's password is stored as: it ends with the membership, with the account, and with the password.
"""

import hashlib
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import quote_etag
from django.utils.translation import override
from django.views.decorators.http import require_safe

from cnd.preconditions import is_known
from logistics.models import Room
from logistics.services.booking_calendars import calendar_of_delegation, calendar_of_room
from sessions.models import Membership

_signer = signing.Signer(salt="logistics.meetings.feed")
HASH_LENGTH = 16
CALENDAR = "text/calendar; charset=utf-8; method=PUBLISH"


def _key(membership: Membership) -> str:
    # The hash of a session is of the stored password too: another password, another address.
    return f"{membership.pk}-{membership.user.get_session_auth_hash()[:HASH_LENGTH]}"


def feed_url(membership: Membership) -> str:
    """Return the address of somebody's feed, without the server's name."""
    token = _signer.sign(_key(membership))
    return reverse("logistics:meetings-feed", args=[membership.delegation.session.code, token])


def membership_of_token(code: str, token: str) -> Membership | None:
    """Return for whom a feed was made; None for any other address, and for those that have ended."""
    try:
        pk, _dash, _hash = _signer.unsign(token).partition("-")
        found = Membership.objects.select_related("user", "delegation__session__chain").get(
            pk=int(pk), user__is_active=True, delegation__session__code=code
        )
    except (signing.BadSignature, ValueError, Membership.DoesNotExist):
        return None
    return found if _signer.sign(_key(found)) == token else None


@require_safe
def feed(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """Send the meetings of a delegation to whoever has one of its addresses, in the language of the account."""
    membership = membership_of_token(code, token)
    if membership is None:
        raise Http404
    delegation = membership.delegation
    with override(membership.user.language or None):
        content = calendar_of_delegation(delegation.session, delegation)
    return calendar_answer(request, content, f"{code}-{delegation.code}-meetings.ics")


@require_safe
def feed_of_room(request: HttpRequest, code: str, room: str) -> HttpResponse:
    """Send everybody when a room is booked by slot, in the language of the request: not by whom or for what."""
    rooms = Room.objects.in_use().select_related("session__chain")
    found = get_object_or_404(rooms, session__code=code, code=room, is_for_bilaterals=True)
    return calendar_answer(request, calendar_of_room(found), f"{code}-{room}.ics")


def calendar_answer(request: HttpRequest, content: bytes, name: str) -> HttpResponse:
    """Return a calendar, or that the client has it already. No cache on the way may keep it."""
    etag = quote_etag(hashlib.sha256(content).hexdigest()[:32])
    known: dict[str, Any] = {"status": 304} if is_known(request, etag) else {"content": content}
    response = HttpResponse(content_type=CALENDAR, **known)
    response["Content-Disposition"] = f'inline; filename="{name}"'
    add_never_cache_headers(response)
    response["ETag"] = etag
    return response
