"""Told to a delegation that waits: a slot is offered, the offer ended, the hours it waited for are over."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.clock import parse_rfc3339, rfc3339
from cnd.models import Cause, User
from cnd.outbox.kinds import Kind, Text, register_kind
from cnd.outbox.telling import tell
from logistics.models import Offer, Waiting
from logistics.services.notices.bookings import room_text
from logistics.services.notices.links import waiting_link
from sessions.services.notices.values import OWN, session_of, when

OFFERED, OFFER_ENDED, LAPSED = "slot_offered", "slot_offer_ended", "waiting_lapsed"


def tell_offered(offer: Offer) -> None:
    """Offer a slot to who stood first in line."""
    _tell(OFFERED, offer.waiting, f"offer:{offer.pk}:made", **_of(offer))


def tell_offer_ended(offer: Offer) -> None:
    """Tell who did not take a slot up that it went on."""
    _tell(OFFER_ENDED, offer.waiting, f"offer:{offer.pk}:ended", **_of(offer))


def tell_lapsed(entry: Waiting) -> None:
    """Tell who waited in vain that the time is over."""
    _tell(LAPSED, entry, f"waiting:{entry.pk}:lapsed", room=None, starts_at=rfc3339(entry.starts_at), expires_at=None)


def _of(offer: Offer) -> dict[str, Any]:
    return {
        "room": offer.room.code,
        "starts_at": rfc3339(offer.starts_at),
        "expires_at": rfc3339(offer.expires_at),
    }


def _tell(kind: str, entry: Waiting, key: str, **said: Any) -> None:
    tell(
        chain=entry.session.chain,
        kind=kind,
        key=key,
        audience=f"delegation:{entry.delegation.code}",
        context={"waiting": entry.pk, "delegation": entry.delegation.code, **said},
    )


def _fill(cause: Cause, user: User) -> Mapping[str, str]:
    session, said = session_of(cause), cause.context
    expires_at = said["expires_at"]
    return {
        "delegation": session.delegations.get(code=said["delegation"]).name,
        "room": room_text(session, said["room"]) if said["room"] else _("any room"),
        "time": when(session, user, parse_rfc3339(said["starts_at"])),
        "expires": when(session, user, parse_rfc3339(expires_at), closing=True) if expires_at else "–",
    }


_COMMON: Mapping[str, Text] = {
    "delegation": OWN,
    "room": gettext_lazy("the room and where it is"),
    "time": gettext_lazy("when it begins"),
    "expires": gettext_lazy("until when it can be taken"),
}


def register() -> None:
    """Make these kinds known."""
    register_kind(
        Kind(
            code=OFFERED,
            title=gettext_lazy("Slot offered from the waiting list"),
            subject=gettext_lazy("A slot is free: take it by {expires}"),
            body=gettext_lazy(
                "A slot that {delegation} waits for is free and held for you:\n\n{room}\n{time}\n\nTake it by {expires}"
                "; then it goes to the next in line.\n\n{link}"
            ),
            placeholders=_COMMON,
            fill=_fill,
            link=waiting_link,
        ),
        Kind(
            code=OFFER_ENDED,
            title=gettext_lazy("Offer from the waiting list ended"),
            subject=gettext_lazy("Offer ended: {room}"),
            body=gettext_lazy("The slot offered to {delegation} was not taken up.\n\n{room}\n{time}\n\n{link}"),
            placeholders=_COMMON,
            fill=_fill,
            link=waiting_link,
        ),
        Kind(
            code=LAPSED,
            title=gettext_lazy("Waiting for a room ended"),
            subject=gettext_lazy("No room became free: {delegation}"),
            body=gettext_lazy("{delegation} waited in vain.\n\n{room}\n{time}\n\n{link}"),
            placeholders=_COMMON,
            fill=_fill,
            link=waiting_link,
        ),
    )
