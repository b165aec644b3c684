"""Told to a delegation for which a room is held."""

from collections.abc import Mapping

from django.urls import reverse
from django.utils.translation import gettext_lazy

from cnd.models import Cause, User
from cnd.outbox.kinds import Kind, register_kind
from cnd.outbox.telling import tell
from logistics.models import Room
from sessions.models import Delegation
from sessions.services.notices.values import OWN, session_of

HELD, RELEASED = "room_held", "room_released"


def tell_held(room: Room, delegation: Delegation) -> None:
    """Tell a delegation that a room is its own."""
    _tell(HELD, room, delegation)


def tell_released(room: Room, delegation: Delegation) -> None:
    """Tell a delegation that a room is its own no longer."""
    _tell(RELEASED, room, delegation)


def _tell(kind: str, room: Room, delegation: Delegation) -> None:
    chain = room.session.chain
    prefix = f"room:{room.pk}:{kind}:"
    # The room's lock keeps others away: the count tells this time from all earlier ones.
    earlier = Cause.objects.filter(chain=chain, key__startswith=prefix).count()
    tell(
        chain=chain,
        kind=kind,
        key=f"{prefix}{earlier + 1}",
        audience=f"delegation:{delegation.code}",
        context={"delegation": delegation.code, "room": room.code},
    )


def _fill(cause: Cause, _user: User) -> Mapping[str, str]:
    session = session_of(cause)
    room = session.rooms.get(code=cause.context["room"])
    return {
        "delegation": session.delegations.get(code=cause.context["delegation"]).name,
        "room": room.name,
        "building": room.building or "–",
        "floor": room.floor or "–",
    }


def _link(cause: Cause, _user: User) -> str:
    return f"{reverse('logistics:rooms', args=[session_of(cause).code])}#{cause.context['room']}"


_PLACEHOLDERS = {
    "delegation": OWN,
    "room": gettext_lazy("the room"),
    "building": gettext_lazy("its building"),
    "floor": gettext_lazy("its floor"),
}


def register() -> None:
    """Make these kinds known."""
    register_kind(
        Kind(
            code=HELD,
            title=gettext_lazy("Delegation room held"),
            subject=gettext_lazy("{room} is held for {delegation}"),
            body=gettext_lazy(
                "{room} is held for {delegation} alone.\n\nBuilding {building}, floor {floor}\n\n"
                "All rooms with their plans:\n{link}"
            ),
            placeholders=_PLACEHOLDERS,
            fill=_fill,
            link=_link,
        ),
        Kind(
            code=RELEASED,
            title=gettext_lazy("Delegation room given back"),
            subject=gettext_lazy("{room} is no longer held for {delegation}"),
            body=gettext_lazy(
                "{room} is no longer held for {delegation}. Ask the secretariat if this is a surprise.\n\n{link}"
            ),
            placeholders=_PLACEHOLDERS,
            fill=_fill,
            link=_link,
        ),
    )
