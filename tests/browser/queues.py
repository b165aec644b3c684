"""A queue of applications in which everything stands that can, built through the services, for the pages to show."""

from dataclasses import dataclass
from datetime import datetime

from cnd.actors import COMMAND
from logistics.models import Application
from logistics.services.decisions import (
    accept_application,
    check_guideline,
    prepare_decision,
    reject_application,
    request_correction,
)
from logistics.services.queue import withdraw_application
from sessions.models import MeetingSession
from tests.logistics.windows import IN_WINDOW, again, drafted, others, received, windowed
from tests.sessions.scenes import as_officer

TITLES = (
    "Prevention in schools: ten years of evidence",
    "Access to medicines in humanitarian settings",
    "Alternative development and the rural economy",
    "Youth voices on the way forward",
    "Early warning of new psychoactive substances",
)


@dataclass(frozen=True)
class Queue:
    session: MeetingSession
    draft: Application
    """Complete, of Austria."""
    incomplete: Application
    """Of Austria too."""
    checked: Application
    """Of Austria, under review."""
    received: list[Application]
    """Of twelve other States: all places but Austria's, and one that waits."""
    waiting: Application
    promoted: Application
    corrected: Application
    accepted: Application
    rejected: Application


def queue(at: datetime = IN_WINDOW) -> Queue:
    """Return a full house: eleven places held, two waiting at first, then one of them promoted."""
    session = windowed(at)
    incomplete = drafted(session, "AT", title="Early warning", abstract="", speakers=[])
    checked = received(session, "AT", title=TITLES[0])
    made = others(session, 13)
    for application, title in zip(made, TITLES[1:], strict=False):
        Application.objects.filter(pk=application.pk).update(title=title)
    staff = as_officer()
    items = session.rules.get(scope="side-event-high-level", key="checklist").value
    check_guideline(application=checked, item=items[0], is_met=True, actor=staff)
    check_guideline(application=checked, item=items[3], is_met=False, actor=staff)
    accept_application(application=made[0], actor=staff)
    reject_application(application=made[1], actor=staff, reason="It promotes a product.")
    request_correction(application=made[2], text="Name a speaker from another region.", actor=staff)
    prepare_decision(application=made[3], decision="accept", actor=staff)
    prepare_decision(application=made[4], decision="reject", actor=staff, reason="Off the theme of the session.")
    withdraw_application(application=made[5], actor=COMMAND, reason="Note verbale of today")
    # Two places became free: the first two who waited have one each, to be confirmed.
    waiting = others(session, 16)[-1]
    return Queue(
        session=session,
        draft=drafted(session, "AT", title=TITLES[4]),
        incomplete=incomplete,
        checked=again(checked),
        received=made,
        waiting=again(waiting),
        promoted=again(made[10]),
        corrected=again(made[2]),
        accepted=again(made[0]),
        rejected=again(made[1]),
    )
