"""What notices say of a meeting session."""

from cnd.models import Chain
from cnd.outbox.kinds import Letterhead
from sessions.models import MeetingSession


def letterhead_of(chain: Chain) -> Letterhead | None:
    """Return the name of the chain's session, in the active language, and its time zone; None if it has none."""
    session = MeetingSession.objects.filter(chain=chain).first()
    return Letterhead(session.title, session.time_zone) if session else None
