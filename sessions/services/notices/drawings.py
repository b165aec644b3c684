"""Told of a drawing of lots and of the list that follows: announced, withdrawn, drawn, annulled, a place changed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cnd.models import Cause, User
from cnd.outbox.kinds import Kind, register_kind
from cnd.outbox.telling import cancel, tell
from sessions.domain.published_list import Entry, entries_of
from sessions.models import Drawing, DrawSource, Inscription, Level, ListEvent, ListVersion, MeetingSession
from sessions.services.calendars import calendar_of_rule
from sessions.services.deadlines import DRAW_AT
from sessions.services.notices.values import OWN, own_delegations, own_link, session_of, when

ANNOUNCED, ANNOUNCEMENT_WITHDRAWN = "drawing_announced", "announcement_withdrawn"
RESULT, ANNULLED = "drawing_result", "drawing_annulled"
LIST_CHANGED, SOURCE_FAILED = "place_changed", "source_failed"
Statement = Inscription.Statement


def tell_announced(drawing: Drawing) -> None:
    """Tell every inscribed delegation and the staff for when a drawing is announced, and its hash.

    Once its moment has come, the result is told instead.
    """
    _tell_all(drawing, ANNOUNCED, "announced", worth_until=drawing.debate.session.chain.to_session(drawing.draw_at))


def tell_announcement_withdrawn(drawing: Drawing) -> None:
    """Tell the same people that the announcement was withdrawn; what was not sent of it is sent no more."""
    cancel(chain=drawing.debate.session.chain, prefix=f"{drawing.resource}:")
    _tell_all(drawing, ANNOUNCEMENT_WITHDRAWN, "withdrawn")


def tell_result(drawing: Drawing) -> None:
    """Tell every inscribed delegation what the lots gave it, and the staff that they are drawn."""
    _tell_all(drawing, RESULT, "result")


def tell_annulled(drawing: Drawing) -> None:
    """Tell the same people that the result holds no more; what was not sent of it is sent no more."""
    cancel(chain=drawing.debate.session.chain, prefix=f"{drawing.resource}:")
    _tell_all(drawing, ANNULLED, "annulled")


def tell_places_changed(drawing: Drawing, event: ListEvent, version: ListVersion, given: Iterable[str]) -> None:
    """Tell those whose place an event changed: who received a slot, who exchanged places, who was absent."""
    other = event.facts.get("with")
    named = {
        ListEvent.Kind.EXCHANGED: [event.facts.get("delegation"), other],
        ListEvent.Kind.ABSENT: [event.facts.get("delegation")],
    }.get(ListEvent.Kind(event.kind), [])
    for code in sorted({*given, *filter(None, named)}):
        context = {"delegation": code, "version": version.number, "event": event.kind}
        if event.kind == ListEvent.Kind.EXCHANGED:
            context["other"] = other if code == event.facts["delegation"] else event.facts["delegation"]
        _tell(drawing, LIST_CHANGED, f"event:{event.number}:{code}", f"delegation:{code}", **context)


def tell_source_failed(drawing: Drawing, source: DrawSource, *, is_unequal: bool = False) -> None:
    """Tell the staff that a source gave no valid value in time, and what takes its place."""
    context: dict[str, Any] = {"position": source.position, "unequal": is_unequal}
    _tell(drawing, SOURCE_FAILED, f"source:{source.position}", "secretariat", **context)


def _tell_all(drawing: Drawing, kind: str, what: str, *, worth_until: datetime | None = None) -> None:
    for audience in ("inscribed", "secretariat"):
        _tell(drawing, kind, f"{what}:{audience}", audience, worth_until)


def _tell(
    drawing: Drawing, kind: str, what: str, audience: str, worth_until: datetime | None = None, **more: Any
) -> None:
    tell(
        chain=drawing.debate.session.chain,
        kind=kind,
        key=f"{drawing.resource}:{what}",
        audience=audience,
        context={"attempt": drawing.attempt, **more},
        worth_until=worth_until,
    )


# --- what is said -----------------------------------------------------------------------------------------------------


def _drawing_of(session: MeetingSession, cause: Cause) -> Drawing:
    of_session = Drawing.objects.filter(debate__session=session).defer("bundle")
    return of_session.get(attempt=cause.context["attempt"])


def _fill(cause: Cause, user: User) -> Mapping[str, str]:
    session = session_of(cause)
    drawing = _drawing_of(session, cause)
    chain = session.chain
    values = {
        "attempt": str(drawing.attempt),
        "draw_at": when(session, user, chain.to_session(drawing.draw_at)),
        "sha256": drawing.announcement_sha256,
        "proof_sha256": drawing.bundle_sha256,
        "reason": drawing.end_reason,
        "verify": settings.SITE_URL + reverse("sessions:verify-script"),
    }
    if drawing.drawn_at is not None:
        values["drawn_at"] = when(session, user, chain.to_session(drawing.drawn_at))
    if cause.kind == ANNOUNCED:
        values["part"] = _part(session, drawing, user)
    if cause.kind == RESULT:
        values["outcome"] = _outcome(session, drawing, user)
    return values


def _part(session: MeetingSession, drawing: Drawing, user: User) -> str:
    """Say how the reader's delegations take part, as the announcement froze it."""
    levels = {each["code"]: each["level"] for each in drawing.announcement["roster"]}
    lines = [_("This drawing is a rehearsal.")] if drawing.is_rehearsal else []
    if user.is_secretariat:
        lines.append(
            ngettext("%(n)d delegation takes part.", "%(n)d delegations take part.", len(levels)) % {"n": len(levels)}
        )
        return "\n".join(lines)
    for delegation in own_delegations(session, user):
        if delegation.code in levels:
            what = {"name": delegation.name, "level": Level(levels[delegation.code]).label}
            lines.append(_("%(name)s takes part; level: %(level)s.") % what)
        else:
            lines.append(
                _("%(name)s takes no part: only national statements inscribed before are drawn.")
                % {"name": delegation.name}
            )
    return "\n".join(lines)


def _outcome(session: MeetingSession, drawing: Drawing, user: User) -> str:
    """Say what the lots gave the reader's delegations, as the first list was published."""
    content = ListVersion.objects.get(drawing=drawing, number=1).content
    if user.is_secretariat:
        held = sum(1 for row in content["speakers"] if row["slot"])
        waiting = sum(len(queue["delegations"]) for queue in content["waiting"])
        return _("Slots given: %(held)d. Delegations on waiting lists: %(waiting)d.") % {
            "held": held,
            "waiting": waiting,
        }
    lines = []
    for delegation in own_delegations(session, user):
        entries = entries_of(content, delegation.code)
        lines += [f"{delegation.name}: {_entry_text(session, entry)}" for entry in entries]
    return "\n".join(lines) or _("Your delegation has no place on the list.")


def _entry_text(session: MeetingSession, entry: Entry) -> str:
    what = {"place": entry.place, "of": entry.of, "slot": entry.slot}
    if entry.group:
        group = session.groups.get(code=entry.group).name
        return _("position %(place)d of %(of)d on the waiting list of the %(group)s.") % {**what, "group": group}
    if entry.slot is not None:
        return _("slot %(slot)d; place %(place)d of %(of)d on the list of speakers.") % what
    statement = Statement(entry.statement).label
    return _("%(statement)s: place %(place)d of %(of)d on the list of speakers.") % {**what, "statement": statement}


def _fill_place(cause: Cause, _user: User) -> Mapping[str, str]:
    session, said = session_of(cause), cause.context
    names = {
        each.code: each.name for each in session.delegations.filter(code__in=[said["delegation"], said.get("other")])
    }
    content = ListVersion.objects.get(
        drawing__debate__session=session, drawing__attempt=said["attempt"], number=said["version"]
    ).content
    entries = entries_of(content, said["delegation"])
    national = [entry for entry in entries if entry.statement == Statement.NATIONAL] or entries
    match said["event"]:
        case ListEvent.Kind.EXCHANGED:
            what = _("You exchanged places with %(name)s, as both agreed.") % {"name": names[said["other"]]}
        case ListEvent.Kind.ABSENT:
            what = _("You were absent when you were called, and stand at another place now.")
        case _:
            what = _("You received a slot that had become free.")
    return {
        "delegation": names[said["delegation"]],
        "what": what,
        "standing": "\n".join(_entry_text(session, entry) for entry in national),
        "version": str(said["version"]),
    }


def _fill_failure(cause: Cause, user: User) -> Mapping[str, str]:
    session = session_of(cause)
    drawing = _drawing_of(session, cause)
    named = drawing.announcement["sources"][cause.context["position"]]
    if cause.context["unequal"]:
        why = _("The two entries of the numbers are unequal.")
    elif named["kind"] == DrawSource.Kind.NUMBERS:
        why = _("The numbers were not entered twice before the deadline.")
    else:
        why = _("No valid value of the announced round of drand was obtained before its deadline.")
    substitute = named["substitute"]
    if substitute["kind"] == "omitted":
        instead = _("As announced, this source is left out.")
    else:
        instead = _("As announced, round %(n)s of drand takes its place.") % {"n": substitute.get("round", "")}
    return {"attempt": str(drawing.attempt), "why": why, "instead": instead}


def _draw_link(cause: Cause, _user: User) -> str:
    return reverse("sessions:draw-attempt", args=[session_of(cause).code, cause.context["attempt"]])


def _staff_link(cause: Cause, _user: User) -> str:
    return reverse("sessions:staff-draw", args=[session_of(cause).code])


def _calendar(cause: Cause, _user: User) -> bytes | None:
    return calendar_of_rule(session_of(cause), DRAW_AT)


_ATTEMPT = {"attempt": gettext_lazy("the number of the drawing")}
_REASON = {"reason": gettext_lazy("the published reason")}
_VERIFY = {"verify": gettext_lazy("the address of the program that verifies it")}
_ANNOUNCEMENT = {
    "draw_at": gettext_lazy("when the lots are drawn"),
    "sha256": gettext_lazy("SHA-256 of the announcement"),
}


def register() -> None:
    """Make these kinds known."""
    register_kind(
        Kind(
            code=ANNOUNCED,
            title=gettext_lazy("Drawing of lots announced"),
            subject=gettext_lazy("Drawing of lots {attempt} announced"),
            body=gettext_lazy(
                "Drawing of lots {attempt} is announced for {draw_at}.\n\n{part}\n\n"
                "Roster, quotas and sources of randomness are frozen under this SHA-256:\n{sha256}\n\n"
                "Keep it: with it anyone can check the result without trusting anybody.\n"
                "The announcement: {link}\nThe program that verifies it: {verify}"
            ),
            placeholders={
                **_ATTEMPT,
                **_ANNOUNCEMENT,
                **_VERIFY,
                "part": gettext_lazy("how the reader's delegation takes part"),
            },
            fill=_fill,
            link=_draw_link,
            calendar=_calendar,
        ),
        Kind(
            code=ANNOUNCEMENT_WITHDRAWN,
            title=gettext_lazy("Announcement of a drawing withdrawn"),
            subject=gettext_lazy("Drawing of lots {attempt} will not take place as announced"),
            body=gettext_lazy(
                "The announcement of drawing {attempt}, for {draw_at}, was withdrawn. Nothing was drawn.\n\n"
                "Reason: {reason}\n\nA new announcement follows with a notice of its own.\n\n{link}"
            ),
            placeholders={**_ATTEMPT, **_ANNOUNCEMENT, **_REASON},
            fill=_fill,
            link=_draw_link,
        ),
        Kind(
            code=RESULT,
            title=gettext_lazy("Result of the drawing of lots"),
            subject=gettext_lazy("Result of drawing of lots {attempt}"),
            body=gettext_lazy(
                "The lots were drawn: {drawn_at}.\n\n{outcome}\n\nResult and proof: {link}\n"
                "SHA-256 of the proof:\n{proof_sha256}\n\n"
                "Anyone can verify it with the hash of the announcement and this program: {verify}"
            ),
            placeholders={
                **_ATTEMPT,
                **_VERIFY,
                "drawn_at": gettext_lazy("when the lots were drawn"),
                "outcome": gettext_lazy("what the lots gave the reader's delegation"),
                "proof_sha256": gettext_lazy("SHA-256 of the proof"),
            },
            fill=_fill,
            link=_draw_link,
        ),
        Kind(
            code=ANNULLED,
            title=gettext_lazy("Result of a drawing annulled"),
            subject=gettext_lazy("Drawing of lots {attempt} annulled"),
            body=gettext_lazy(
                "The result of drawing {attempt} was annulled: slots and places of it no longer hold. Two members of "
                "the secretariat decided it.\n\nReason: {reason}\n\nAnnouncement, result and proof stay public: {link}"
            ),
            placeholders={**_ATTEMPT, **_REASON},
            fill=_fill,
            link=_draw_link,
        ),
        Kind(
            code=LIST_CHANGED,
            title=gettext_lazy("Place on the list of speakers changed"),
            subject=gettext_lazy("Your place on the list of speakers: {delegation}"),
            body=gettext_lazy("{what}\n\n{delegation}: {standing}\nVersion {version} of the list.\n\n{link}"),
            placeholders={
                "delegation": OWN,
                "what": gettext_lazy("what happened"),
                "standing": gettext_lazy("where the delegation stands now"),
                "version": gettext_lazy("the version of the list"),
            },
            fill=_fill_place,
            link=own_link,
        ),
        Kind(
            code=SOURCE_FAILED,
            title=gettext_lazy("A source of the drawing failed"),
            subject=gettext_lazy("Drawing of lots {attempt}: a source failed"),
            body=gettext_lazy(
                "{why}\n\n{instead} Nobody has a choice in this; look whether the public should be told.\n\n{link}"
            ),
            placeholders={
                **_ATTEMPT,
                "why": gettext_lazy("what failed"),
                "instead": gettext_lazy("what takes its place"),
            },
            fill=_fill_failure,
            link=_staff_link,
        ),
    )
