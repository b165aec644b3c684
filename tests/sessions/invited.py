"""People who were invited, and the links that are mailed to them."""

from typing import Any

from cnd.models import Chain, User
from sessions.models import Delegation, Invitation, MeetingSession, RegionalGroup
from sessions.services.invitations import Invited, accept_invitation, invite, path_of
from tests.sessions.scenes import as_officer, state

PASSWORD = "a long password 7"
ADDRESS = "wanjiku.kamau@example.org"


NAMES = {"AT": "Austria", "BR": "Brazil", "KE": "Kenya"}


def meeting(more: int = 0) -> MeetingSession:
    """Return a session with three delegations by name, and more without: all that people are invited for."""
    chain = Chain.objects.create(code="cnd67")
    names = {"en": "Commission on Narcotic Drugs"}
    session = MeetingSession.objects.create(code="cnd67", chain=chain, time_zone="Europe/Vienna", names=names)
    group = RegionalGroup.objects.create(session=session, code="all", names={"en": "All"})
    codes = [*NAMES, *(f"X{number}" for number in range(more))]
    Delegation.objects.bulk_create(
        Delegation(
            session=session,
            code=code,
            names={"en": NAMES.get(code, code)},
            kind=Delegation.Kind.MEMBER_STATE,
            group=group,
        )
        for code in codes
    )
    return session


def invited(session: MeetingSession, code: str = "KE", email: str = ADDRESS, **more: Any) -> Invited:
    facts = {"name": "Wanjiku Kamau", "language": "en", "actor": as_officer(), **more}
    return invite(delegation=state(session, code), email=email, **facts)


def opened(session: MeetingSession, code: str = "KE", email: str = ADDRESS, **more: Any) -> Invitation:
    invitation = invited(session, code, email, **more).invitation
    assert invitation is not None
    return invitation


def token_of(invitation: Invitation) -> str:
    return path_of(invitation).rstrip("/").rpartition("/")[2]


def accept(invitation: Invitation, password: str = PASSWORD) -> User:
    return accept_invitation(invitation=invitation, token=token_of(invitation), password=password)
