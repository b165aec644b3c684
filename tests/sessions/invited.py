"""People who were invited, and the links that are mailed to them."""

from typing import Any

from cnd.models import User
from sessions.models import Invitation, MeetingSession
from sessions.services.invitations import Invited, accept_invitation, invite, path_of
from tests.sessions.scenes import as_officer, state

PASSWORD = "a long password 7"
ADDRESS = "wanjiku.kamau@example.org"


def invited(session: MeetingSession, code: str = "KE", email: str = ADDRESS, **more: Any) -> Invited:
    facts = {"name": "Wanjiku Kamau", "language": "en", "actor": as_officer(), **more}
    return invite(delegation=state(session, code), email=email, **facts)


def opened(session: MeetingSession, code: str = "KE", email: str = ADDRESS) -> Invitation:
    invitation = invited(session, code, email).invitation
    assert invitation is not None
    return invitation


def token_of(invitation: Invitation) -> str:
    return path_of(invitation).rstrip("/").rpartition("/")[2]


def accept(invitation: Invitation, password: str = PASSWORD) -> User:
    return accept_invitation(invitation=invitation, token=token_of(invitation), password=password)
