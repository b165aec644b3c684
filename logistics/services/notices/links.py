"""Where a notice leads: to the very application or meeting, on the page of whoever reads it."""

from django.urls import reverse

from cnd.models import Cause, User
from sessions.services.notices.values import session_of


def application_link(cause: Cause, user: User) -> str:
    """Return the page of the application."""
    code, said = session_of(cause).code, cause.context
    if user.is_secretariat:
        return reverse("logistics:staff-side-event", args=[code, said["application"]])
    return reverse("logistics:own-side-event", args=[code, said["delegation"], said["application"]])


def meeting_link(cause: Cause, user: User) -> str:
    """Return the page of the meeting."""
    code, said = session_of(cause).code, cause.context
    if user.is_secretariat:
        return reverse("logistics:booking", args=[code, said["booking"]])
    return reverse("logistics:meeting", args=[code, said["delegation"], said["booking"]])


def waiting_link(cause: Cause, user: User) -> str:
    """Return the page on which one sees for what one waits."""
    code = session_of(cause).code
    if user.is_secretariat:
        return reverse("logistics:bookings-waiting", args=[code])
    return reverse("logistics:meetings", args=[code, cause.context["delegation"]])
