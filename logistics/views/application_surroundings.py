"""What applications show on the pages of others: the delegation's, the secretariat's overview, the session's own."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from logistics.models import Application
from logistics.views.application_reading import KindStanding, kinds_of
from logistics.views.own_applications import why_not_begun
from logistics.views.side_events import public_kinds
from sessions.models import Delegation, MeetingSession
from sessions.services.rules import rule_book
from sessions.views.surroundings import Due, Item, Surrounding, register_surrounding

State = Application.State


def register() -> None:
    """Have it shown there."""
    register_surrounding(
        "applications",
        Surrounding(
            panel=("logistics/delegation/_panel.html", panel_of),
            due=due_of,
            decisions=decisions_of,
            section=("logistics/public/_section.html", section_of),
        ),
    )


def panel_of(session: MeetingSession, delegation: Delegation) -> dict[str, Any]:
    """Return a delegation's own applications, and of which kinds it can begin one."""
    applications = list(
        Application.objects.filter(organiser=delegation, discarded_at=None)
        .select_related("kind")
        .order_by("kind__position", "receipt_number", "pk")
    )
    book = rule_book(session)
    standings = {each.pk: KindStanding.of(each, book) for each in kinds_of(session)}
    return {
        "rows": [{"application": each, "said": standings[each.kind_id].said(each)} for each in applications],
        "kinds": [
            {"kind": each.kind, "window": each.window, "limits": each.limits}
            for each in standings.values()
            if not why_not_begun(each, delegation)
        ],
    }


def due_of(session: MeetingSession, delegation: Delegation) -> Iterator[Due]:
    """Yield by when a delegation must confirm a place or hand in a correction."""
    asked = Application.objects.filter(organiser=delegation, kind__session=session, due_at__isnull=False)
    for each in asked:
        title = (
            _("Confirm the place of your side event “%(title)s”")
            if each.state == State.PROMOTED
            else _("Correct the application for your side event “%(title)s”")
        )
        assert each.due_at is not None
        yield Due(
            name=f"application/{each.pk}",
            title=title % {"title": each.title},
            at=each.due_at,
            is_closing=True,
            is_done=False,
            is_as_filed=False,
            is_announced=False,
        )


def decisions_of(session: MeetingSession) -> Iterator[Item]:
    """Yield what the secretariat has to check and to announce, kind by kind."""
    queue = reverse("logistics:staff-side-events", args=[session.code])
    kinds = session.event_kinds.annotate(
        count_unchecked=Count(
            "applications", filter=Q(applications__state=State.UNDER_REVIEW, applications__prepared="")
        ),
        count_prepared=Count("applications", filter=~Q(applications__prepared="") & Q(applications__isnull=False)),
    )
    for kind in kinds:
        if n := kind.count_unchecked:
            said = ngettext("One application waits for a check.", "%(n)d applications wait for a check.", n)
            yield Item(said % {"n": n}, _("Check them"), f"{queue}?kind={kind.code}&state=to_check", more=kind.name)
        if n := kind.count_prepared:
            said = ngettext(
                "One decision is prepared, not announced.", "%(n)d decisions are prepared, not announced.", n
            )
            announce = reverse("logistics:staff-side-events-announce", args=[session.code, kind.code])
            yield Item(said % {"n": n}, _("Look at them and announce them"), announce, more=kind.name)


def section_of(session: MeetingSession) -> dict[str, Any]:
    """Return what the session's public page says of side events."""
    return {"kinds": public_kinds(session)}
