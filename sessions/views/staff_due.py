"""What the secretariat has before it: due in these days, to be decided, failed. Each item leads to its deed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cnd import clock, doctor
from cnd.health import OK, Finding, examined
from cnd.instants import day_text, instant_text
from cnd.models import Cause, Heartbeat, Notice
from cnd.outbox.delivery import backlog
from sessions.models import Drawing, DrawSource, Invitation, MeetingSession, Membership
from sessions.services.deadlines import Deadline, deadlines_for
from sessions.services.rule_titles import title_of
from sessions.views.staff_notices import Words, parked_by_chain
from sessions.views.surroundings import Item

AHEAD = timedelta(days=7)
REMINDERS_SHOWN = 4
LAPSED_SINCE = timedelta(days=7)
LATE_AFTER = timedelta(minutes=10)
EXPIRES_WITHIN = timedelta(hours=24)


def _page(session: MeetingSession, name: str, *args: Any) -> str:
    return reverse(f"sessions:{name}", args=[session.code, *args])


# --- due --------------------------------------------------------------------------------------------------------------


def due_items(session: MeetingSession) -> list[Item]:
    """Return deadlines and reminders of today and the next days; where there are none, the next deadline of all."""
    now = session.session_now
    until = now + AHEAD
    coming = [each for each in deadlines_for(session, now=now) if not each.is_past]
    near = [each for each in coming if each.at <= until] or coming[:1]
    items = [_deadline(session, each, now) for each in near]
    waiting = Cause.objects.filter(chain=session.chain, state=Cause.State.WAITING, due_at__lte=until)
    reminders = list(waiting.order_by("due_at", "pk")[: REMINDERS_SHOWN + 1])
    items += _reminders(session, reminders[:REMINDERS_SHOWN], now)
    items.sort(key=lambda item: item.at or now)
    if len(reminders) > REMINDERS_SHOWN:
        count = waiting.count() - REMINDERS_SHOWN
        said = ngettext("One more notice goes out.", "%(n)d more notices go out.", count) % {"n": count}
        items.append(Item(said, _("See what is coming"), f"{_page(session, 'notices')}?state=waiting"))
    return items


def _deadline(session: MeetingSession, deadline: Deadline, now: datetime) -> Item:
    rule = deadline.rule
    return Item(
        said=title_of(rule),
        verb=_("See the rule"),
        url=_page(session, "rule", rule.scope, rule.key),
        at=deadline.at,
        is_closing=deadline.is_closing,
        is_today=_is_today(session, deadline.at, now, is_end=deadline.is_closing),
    )


def _reminders(session: MeetingSession, causes: list[Cause], now: datetime) -> list[Item]:
    if not causes:
        return []
    words = Words.of(session, causes)
    return [_reminder(session, cause, words.told(cause), now) for cause in causes]


def _reminder(session: MeetingSession, cause: Cause, words: dict[str, Any], now: datetime) -> Item:
    return Item(
        said=f"{words['title']}: {words['about']}" if words["about"] else words["title"],
        verb=_("See whom it reaches"),
        url=_page(session, "notices-of", cause.pk),
        at=cause.due_at,
        is_today=_is_today(session, cause.due_at, now),
        more=words["audience"],
    )


def _is_today(session: MeetingSession, at: datetime, now: datetime, *, is_end: bool = False) -> bool:
    # A window that ends at midnight ends on the day before.
    local = at.astimezone(session.zone) - timedelta(microseconds=1 if is_end else 0)
    return local.date() == now.astimezone(session.zone).date()


# --- waiting for a decision -------------------------------------------------------------------------------------------


def decision_items(session: MeetingSession, state: dict[str, Any]) -> list[Item]:
    """Return what somebody has to decide; `state` is what the overview knows of the general debate."""
    return [*_before_the_draw(session, state), *_of_drawing(session, state), *_people(session)]


def _before_the_draw(session: MeetingSession, state: dict[str, Any]) -> Iterator[Item]:
    if state["drawing"] is not None:
        return
    is_closed = state["window"]["state"] == "closed"
    if not state["inscribed"]:
        if state["window"]["state"] != "soon":
            said = _("Nobody is inscribed yet.")
            yield Item(said, _("Import a roster"), _page(session, "roster-import"))
    elif is_closed and not state["has_quotas"]:
        said = _("The quotas of the regional groups wait to be confirmed.")
        yield Item(said, _("Confirm the quotas"), _page(session, "quotas"))
    elif is_closed:
        if not state["is_as_proposed"]:
            said = _("What is confirmed is not what is proposed for the roster of now.")
            yield Item(said, _("Look at the quotas"), _page(session, "quotas"))
        said = _("The drawing waits to be announced; by rule on %(day)s.") % {
            "day": day_text(state["announcement_on"], session.time_zone)
        }
        yield Item(said, _("Announce the drawing"), _page(session, "staff-draw"))


def _of_drawing(session: MeetingSession, state: dict[str, Any]) -> Iterator[Item]:
    drawing: Drawing | None = state["drawing"]
    if drawing is None:
        return
    if drawing.annulment_asked_by_id is not None:
        said = _("An annulment is asked for; a second member of staff must agree or keep the result.")
        yield Item(said, _("Agree or keep the result"), _page(session, "staff-draw"))
    if drawing.state == Drawing.State.ANNOUNCED:
        for source in state["sources"]:
            if source.kind == DrawSource.Kind.NUMBERS and source.not_before <= clock.now() < source.deadline:
                deadline = session.chain.to_session(source.deadline)
                words = {"n": source.people, "at": instant_text(deadline, session.time_zone, seconds=True)}
                said = _("The numbers are entered by two people, %(n)d of them so far, until %(at)s.") % words
                yield Item(said, _("Enter the numbers"), _page(session, "staff-draw-numbers", drawing.attempt))
        if count := state["pending"]:
            said = ngettext(
                "One change waits and is applied right after the draw.",
                "%(n)d changes wait and are applied right after the draw.",
                count,
            )
            yield Item(said % {"n": count}, _("See what waits for the draw"), _page(session, "staff-draw"))
    elif state.get("vacant") and state.get("waiting"):
        words = {"n": state["vacant"], "waiting": state["waiting"]}
        said = _("Vacant slots: %(n)d. Delegations that wait for one: %(waiting)d.") % words
        yield Item(said, _("Fill the vacant slots"), _page(session, "staff-speakers-fill"))
    if late := state.get("late"):
        said = ngettext(
            "One delegation was inscribed late and stands behind the waiting lists.",
            "%(n)d delegations were inscribed late and stand behind the waiting lists.",
            late,
        )
        yield Item(said % {"n": late}, _("See the list"), _page(session, "staff-speakers"))


def _people(session: MeetingSession) -> Iterator[Item]:
    at = clock.now()
    standing = Invitation.objects.filter(delegation__session=session, accepted_at__isnull=True, revoked_at__isnull=True)
    counts = standing.aggregate(
        expired=Count("pk", filter=Q(expires_at__lte=at)),
        expiring=Count("pk", filter=Q(expires_at__gt=at, expires_at__lte=at + EXPIRES_WITHIN)),
    )
    people = _page(session, "people")
    if n := counts["expired"]:
        said = ngettext("One invitation has expired unused.", "%(n)d invitations have expired unused.", n)
        yield Item(said % {"n": n}, _("Invite them again"), people)
    if n := counts["expiring"]:
        said = ngettext("One invitation expires within a day.", "%(n)d invitations expire within a day.", n)
        yield Item(said % {"n": n}, _("See who was invited"), people)
    invited = Exists(standing.filter(delegation=OuterRef("pk")))
    acting = Exists(Membership.objects.filter(delegation=OuterRef("pk"), user__is_active=True))
    if n := session.delegations.exclude(acting | invited).count():
        said = ngettext(
            "One delegation has nobody who acts for it.", "%(n)d delegations have nobody who acts for them.", n
        )
        yield Item(said % {"n": n}, _("Invite focal points"), people)


# --- failed -----------------------------------------------------------------------------------------------------------


def failed_items(session: MeetingSession, state: dict[str, Any]) -> list[Item]:
    """Return what went wrong and what to do about it."""
    return [*_of_engine(), *_of_notices(session), *_of_sources(session, state)]


def _of_engine() -> Iterator[Item]:
    found = [*examined(), doctor.beat()]
    for each in found:
        if each.state != OK:
            yield Item(_said(each), more=each.todo)
    mails = backlog()
    if mails.server_failures:
        said = _("The mail server does not answer; mails wait and are tried again: %(error)s")
        yield Item(said % {"error": mails.server_error})


def _said(finding: Finding) -> str:
    known = dict(Heartbeat.Part.choices)
    return f"{known.get(finding.part, finding.part.capitalize())}: {finding.said}"


def _of_notices(session: MeetingSession) -> Iterator[Item]:
    at, now = clock.now(), session.session_now
    notices = _page(session, "notices")
    of_session = Notice.objects.filter(cause__chain=session.chain)
    counts = of_session.aggregate(
        lapsed=Count("pk", filter=Q(state=Notice.State.LAPSED, cause__settled_at__gte=at - LAPSED_SINCE)),
    )
    causes = Cause.objects.filter(chain=session.chain).aggregate(
        lapsed=Count("pk", filter=Q(state=Cause.State.LAPSED, settled_at__gte=at - LAPSED_SINCE)),
        late=Count("pk", filter=Q(state=Cause.State.WAITING, due_at__lt=now - LATE_AFTER)),
    )
    parked, parked_of_accounts = parked_by_chain(session)
    if n := parked:
        said = ngettext("One mail could not be delivered.", "%(n)d mails could not be delivered.", n)
        yield Item(said % {"n": n}, _("Send them again"), f"{notices}?state=stuck")
    if n := parked_of_accounts:
        said = ngettext(
            "One mail about an account could not be delivered.",
            "%(n)d mails about accounts could not be delivered.",
            n,
        )
        yield Item(said % {"n": n}, _("See whose address is wrong"), f"{notices}?of=accounts&state=stuck")
    if n := counts["lapsed"]:
        said = ngettext("One mail lapsed before it could be sent.", "%(n)d mails lapsed before they could be sent.", n)
        yield Item(said % {"n": n}, _("See which lapsed"), f"{notices}?state=stuck")
    if n := causes["lapsed"]:
        said = ngettext(
            "One notice lapsed: its moment had passed before anybody could be told.",
            "%(n)d notices lapsed: their moment had passed before anybody could be told.",
            n,
        )
        yield Item(said % {"n": n}, _("See what was not told"), f"{notices}?state=lapsed")
    if n := causes["late"]:
        said = ngettext("One notice is overdue.", "%(n)d notices are overdue.", n)
        yield Item(said % {"n": n}, _("See what is overdue"), f"{notices}?state=waiting")


def _of_sources(session: MeetingSession, state: dict[str, Any]) -> Iterator[Item]:
    drawing: Drawing | None = state["drawing"]
    if drawing is None:
        return
    for source in state["sources"]:
        if source.failed_at is not None:
            said = _("A source of randomness has failed: %(source)s. Its announced substitute applies.")
            words = {"source": source.get_kind_display()}
            yield Item(said % words, _("See the sources"), _page(session, "staff-draw"))
    if drawing.state == Drawing.State.ANNOUNCED and clock.now() > drawing.draw_at + LATE_AFTER:
        at = instant_text(session.chain.to_session(drawing.draw_at), session.time_zone)
        said = _("The drawing was due at %(at)s and still waits for a value.") % {"at": at}
        yield Item(said, _("Look at the drawing"), _page(session, "staff-draw"))
