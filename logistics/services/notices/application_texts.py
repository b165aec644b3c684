"""How notices about applications for side events are worded."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.clock import parse_rfc3339
from cnd.models import Cause, User
from cnd.outbox.kinds import Kind, Text, register_kind
from logistics.models import Application
from logistics.services.notices import applications as told
from logistics.services.notices.links import application_link
from sessions.services.notices.values import session_of, when

State = Application.State


def _fill(cause: Cause, user: User) -> Mapping[str, str]:
    session, said = session_of(cause), cause.context
    rows = Application.objects.select_related("kind", "organiser")
    application = rows.get(pk=said["application"])
    into = rows.filter(pk=said.get("into")).first()
    received = application.receipt_at
    due_at = said.get("due_at")
    return {
        "delegation": application.organiser.name,
        "title": application.title or _("without a title"),
        "kind": application.kind.name,
        "receipt": str(application.receipt_number or "–"),
        "received": when(session, user, received) if received else "–",
        "sha256": application.content_sha256 or "–",
        "place": str(said.get("place") or "–"),
        "position": str(said.get("position") or "–"),
        "due": when(session, user, parse_rfc3339(due_at), closing=True) if due_at else "–",
        "correction": application.correction or "–",
        "reason": application.reason or "–",
        "awaited": told.answer_awaited(said.get("was", "")),
        "standing": _standing(said.get("state", ""), said.get("place")),
        "by": _("the secretariat") if said.get("by_staff") else _("the organiser"),
        "into": _into(into),
    }


def _standing(state: str, place: int | None) -> str:
    if place:
        return _("It holds place %(place)d and is under review.") % {"place": place}
    if state == State.WAITING:
        return _("All places are held: it is on the waiting list, at its old receipt.")
    return str(State(state).label) if state else "–"


def _into(application: Application | None) -> str:
    if application is None:
        return "–"
    named = {"kind": application.kind.name, "delegation": application.organiser.name}
    if application.receipt_number is None:
        return _("%(kind)s, as a draft") % named
    return _("%(kind)s, receipt %(receipt)d of %(delegation)s") % {**named, "receipt": application.receipt_number}


_COMMON: dict[str, Text] = {
    "delegation": gettext_lazy("the main organiser"),
    "title": gettext_lazy("the title of the event"),
    "kind": gettext_lazy("the kind of side event"),
    "receipt": gettext_lazy("the number of the receipt"),
}
_RECEIPT: dict[str, Text] = {
    "received": gettext_lazy("when it was received"),
    "sha256": gettext_lazy("the SHA-256 of the content received"),
}
_PLACE = {"place": gettext_lazy("the place")}
_POSITION = {"position": gettext_lazy("the position on the waiting list")}
_DUE = {"due": gettext_lazy("by when to answer")}
_CORRECTION = {"correction": gettext_lazy("what is to be corrected")}
_REASON = {"reason": gettext_lazy("the reason")}
_AWAITED = {"awaited": gettext_lazy("what was or is to be answered")}
_STANDING = {"standing": gettext_lazy("where the application stands")}
_BY = {"by": gettext_lazy("who did it: the organiser or the secretariat")}
_INTO = {"into": gettext_lazy("the application that it became or is part of")}


def _kind(code: str, title: Text, subject: Text, body: Text, *placeholders: Mapping[str, Text]) -> Kind:
    known = dict(_COMMON)
    for each in placeholders:
        known.update(each)
    return Kind(
        code=code, title=title, subject=subject, body=body, placeholders=known, fill=_fill, link=application_link
    )


def register() -> None:
    """Make these kinds known."""
    register_kind(
        _kind(
            told.RECEIVED,
            gettext_lazy("Application received"),
            gettext_lazy("Received under receipt {receipt}: {title}"),
            gettext_lazy(
                "The application of {delegation} was received ({kind}).\n\n{title}\nReceipt {receipt}, {received}\n"
                "SHA-256 of the content: {sha256}\n\nIt holds place {place} and is under review.\n\n{link}"
            ),
            _RECEIPT,
            _PLACE,
        ),
        _kind(
            told.QUEUED,
            gettext_lazy("Application received, on the waiting list"),
            gettext_lazy("On the waiting list under receipt {receipt}: {title}"),
            gettext_lazy(
                "The application of {delegation} was received ({kind}).\n\n{title}\nReceipt {receipt}, {received}\n"
                "SHA-256 of the content: {sha256}\n\n"
                "All places are held. It is on the waiting list, at position {position}. When a place becomes free for "
                "it you are told at once.\n\n{link}"
            ),
            _RECEIPT,
            _POSITION,
        ),
        _kind(
            told.PROMOTED,
            gettext_lazy("A place became free"),
            gettext_lazy("Confirm your place by {due}: {title}"),
            gettext_lazy(
                "A place became free for the application of {delegation} ({kind}, receipt {receipt}): place {place}.\n"
                "\n{title}\n\nConfirm it by {due}. Otherwise the application lapses, and the place goes to the next.\n"
                "\n{link}"
            ),
            _PLACE,
            _DUE,
        ),
        _kind(
            told.CONFIRMED,
            gettext_lazy("Place confirmed"),
            gettext_lazy("Confirmed: {title}"),
            gettext_lazy(
                "The place for the application of {delegation} ({kind}, receipt {receipt}) was confirmed by {by}.\n\n"
                "{title}\n\nIt is under review.\n\n{link}"
            ),
            _BY,
        ),
        _kind(
            told.CORRECTION,
            gettext_lazy("Correction requested"),
            gettext_lazy("Correct your application by {due}: {title}"),
            gettext_lazy(
                "The secretariat asks for a correction of the application of {delegation} ({kind}, receipt {receipt})."
                "\n\n{title}\n\n{correction}\n\nHand the correction in by {due}; until then the place is kept. "
                "Otherwise the application lapses.\n\n{link}"
            ),
            _CORRECTION,
            _DUE,
        ),
        _kind(
            told.CORRECTED,
            gettext_lazy("Correction handed in"),
            gettext_lazy("Corrected: {title}"),
            gettext_lazy(
                "The correction of the application of {delegation} ({kind}, receipt {receipt}) was handed in by {by}."
                "\n\n{title}\n\nIt is under review again.\n\n{link}"
            ),
            _BY,
        ),
        _kind(
            told.ACCEPTED,
            gettext_lazy("Application accepted"),
            gettext_lazy("Accepted: {title}"),
            gettext_lazy(
                "The side event of {delegation} is accepted ({kind}, receipt {receipt}).\n\n{title}\n\n"
                "You are told when and where it takes place once the programme is published.\n\n{link}"
            ),
        ),
        _kind(
            told.REJECTED,
            gettext_lazy("Application rejected"),
            gettext_lazy("Not accepted: {title}"),
            gettext_lazy(
                "The application of {delegation} was not accepted ({kind}, receipt {receipt}).\n\n{title}\n\n"
                "Reason: {reason}\n\nWhat can be done now is shown on the page of your delegation:\n{link}"
            ),
            _REASON,
        ),
        _kind(
            told.MERGED,
            gettext_lazy("Applications merged"),
            gettext_lazy("Merged: {title}"),
            gettext_lazy(
                "The application of {delegation} ({kind}, receipt {receipt}) was merged into another: {into}.\n\n"
                "{title}\n\nReason: {reason}\n\nIts main organiser stays; the other is a co-sponsor.\n\n{link}"
            ),
            _REASON,
            _INTO,
        ),
        _kind(
            told.LAPSED,
            gettext_lazy("Application lapsed"),
            gettext_lazy("Lapsed: {title}"),
            gettext_lazy(
                "The application of {delegation} ({kind}, receipt {receipt}) has lapsed: it was not answered in time "
                "({awaited}).\n\n{title}\n\nIts place goes to the next. Only the secretariat can reopen it.\n\n{link}"
            ),
            _AWAITED,
        ),
        _kind(
            told.WITHDRAWN,
            gettext_lazy("Application withdrawn"),
            gettext_lazy("Withdrawn: {title}"),
            gettext_lazy(
                "The application of {delegation} ({kind}, receipt {receipt}) was withdrawn by {by}.\n\n{title}\n\n"
                "Only the secretariat can reopen it.\n\n{link}"
            ),
            _BY,
        ),
        _kind(
            told.REOPENED,
            gettext_lazy("Application reopened"),
            gettext_lazy("Reopened: {title}"),
            gettext_lazy(
                "The application of {delegation} ({kind}) stands again, under its old receipt {receipt}.\n\n{title}\n\n"
                "{standing}\n\n{link}"
            ),
            _STANDING,
        ),
        _kind(
            told.CARRIED,
            gettext_lazy("Application carried over"),
            gettext_lazy("Carried over: {title}"),
            gettext_lazy(
                "The application of {delegation} ({kind}, receipt {receipt}) was carried over: {into}.\n\n{title}\n\n"
                "A draft counts only once it is submitted in its window.\n\n{link}"
            ),
            _INTO,
        ),
        _kind(
            told.REMINDER,
            gettext_lazy("Reminder of an answer that is due"),
            gettext_lazy("Reminder, by {due}: {title}"),
            gettext_lazy(
                "By {due} {awaited}; otherwise the application of {delegation} ({kind}, receipt {receipt}) lapses.\n\n"
                "{title}\n\n{link}"
            ),
            _DUE,
            _AWAITED,
        ),
    )
