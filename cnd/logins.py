"""Logins that have ended are forgotten: the session, and its line among those that its owner sees."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

from cnd import clock, sweeps


def forget_ended_logins() -> None:
    """Remove what ended; looks before it writes, so that a sweep with nothing to do locks nothing."""
    ended = Session.objects.filter(expire_date__lt=clock.now())
    if ended.exists():
        ended.delete()
    lost = UserSession.objects.filter(~Exists(Session.objects.filter(session_key=OuterRef("session_key"))))
    if lost.exists():
        lost.delete()


sweeps.register("logins", forget_ended_logins)
