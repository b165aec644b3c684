"""What the notices of a meeting have in common: session, moments and delegations as one reader reads them."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cnd.models import Cause, User
from cnd.outbox.texts import moment_text
from sessions.models import Delegation, MeetingSession

OWN = _("the reader's delegation")


def session_of(cause: Cause) -> MeetingSession:
    """Return the meeting session that a cause belongs to."""
    # Kept by the chain once it was asked: text and link of a notice ask once for all notices of a page.
    session: MeetingSession = cause.chain.meeting_session
    return session


def when(session: MeetingSession, user: User, moment: datetime, *, closing: bool = False) -> str:
    """Write a moment of session time in the meeting's zone and, where it differs, in the reader's own."""
    return moment_text(moment, session.time_zone, user, closing=closing)


def own_delegations(session: MeetingSession, user: User) -> list[Delegation]:
    """Return the delegations of the session that the reader acts for."""
    own = Delegation.objects.filter(session=session, memberships__user=user)
    return list(own.select_related("group").order_by("code"))


def session_link(cause: Cause, _user: User) -> str:
    return reverse("sessions:session", args=[session_of(cause).code])


def own_link(cause: Cause, user: User) -> str:
    """Return the page of the delegation that it is about, else of the reader's own; staff get the session's."""
    session = session_of(cause)
    code = cause.context.get("delegation")
    if user.is_secretariat:
        return reverse("sessions:staff", args=[session.code])
    if code:
        return reverse("sessions:delegation-of", args=[session.code, code])
    return reverse("sessions:delegation", args=[session.code])
