"""Notices in every state, as delivery leaves them, and readers who can be mailed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cnd import clock
from cnd.errors import DomainError
from cnd.models import Cause, Notice, User
from cnd.outbox.telling import tell
from sessions.models import MeetingSession
from sessions.services.messages import send_message
from tests.sessions.scenes import as_officer, focal_point, make_session

State = Notice.State


def told_session() -> MeetingSession:
    """Return a session in earnest, with the focal points of three delegations."""
    session = make_session(at=None)
    for code in ("AT", "DE", "KE"):
        reader(session, code)
    return session


def reader(session: MeetingSession, code: str, **more: Any) -> User:
    """Return a focal point who can be mailed."""
    user = focal_point(session, code)
    for name, value in {"email": f"{code.lower()}@example.org", **more}.items():
        setattr(user, name, value)
    user.save()
    return user


def message(session: MeetingSession, audience: str = "delegations", nonce: str = "a" * 32) -> Cause:
    return send_message(
        session=session,
        audience=audience,
        subject={"*": "The room has changed"},
        text={"*": "It is Boardroom D now."},
        actor=as_officer(),
        nonce=nonce,
    )


def coming(session: MeetingSession, key: str = "test/coming", **more: Any) -> Cause:
    """Plan a message for the next day."""
    facts: dict[str, Any] = {
        "kind": "message",
        "audience": "delegations",
        "context": {"subject": {"*": "Tomorrow"}, "text": {"*": "."}},
        "due_at": session.session_now + timedelta(days=1),
    }
    return tell(chain=session.chain, key=key, **(facts | more))


def put(cause: Cause, code: str, state: str, **more: Any) -> Notice:
    """Bring the mail to one reader to a state, as delivery leaves it."""
    notice = cause.notices.get(recipient__username=f"focal-{code.lower()}", channel="email")
    more |= {"sent_at": clock.now()} if state == State.SENT else {}
    more |= {} if state == State.WAITING else {"next_attempt_at": None}
    Notice.objects.filter(pk=notice.pk).update(state=state, **more)
    notice.refresh_from_db()
    return notice


def mails(cause: Cause) -> dict[str, str]:
    return dict(cause.notices.filter(channel="email").values_list("recipient__username", "state"))


def refusal(call: Callable[[], object]) -> DomainError:
    """Return what a call refuses; fail when it refuses nothing."""
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value
