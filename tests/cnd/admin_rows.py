"""A row of everything that is sent or held for other systems, so that the administration has something to show."""

from datetime import timedelta

from cnd import clock
from cnd.actors import COMMAND, actor_for
from cnd.models import ApiToken, IdempotencyKey, MailLane
from cnd.outbox.texts import save_text
from sessions.models import MeetingSession
from sessions.services.invitations import invite
from tests.sessions import scenes


def make(session: MeetingSession) -> None:
    """Invite somebody, word a notice, and give somebody a token."""
    delegation, at = scenes.state(session, "KE"), clock.now()
    invite(delegation=delegation, name="One", email="one@example.org", language="en", actor=COMMAND)
    officer = actor_for(scenes.officer())
    save_text(chain=session.chain, kind="invitation", language="en", subject="Come", body="{link}", actor=officer)
    MailLane.objects.get_or_create(number=1)
    user = scenes.focal_point(session, "KE")
    ApiToken.objects.create(user=user, prefix="cnd_1", hash="0" * 64, created_at=at, expires_at=at + timedelta(days=1))
    IdempotencyKey.objects.create(owner=f"user:{user.pk}", key="k", request_hash="0" * 64, created_at=at)
