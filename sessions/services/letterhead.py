"""What notices say of a meeting session."""

from cnd.models import Chain
from cnd.outbox.kinds import Letterhead
from sessions.models import MeetingSession


def letterhead_of(chain: Chain) -> Letterhead | None:
    """Return the name of the chain's session, in the active language, and its time zone; None if it has none."""
    session: MeetingSession | None = getattr(chain, "meeting_session", None)  # kept by the chain once it was asked
    return Letterhead(session.title, session.time_zone) if session else None
