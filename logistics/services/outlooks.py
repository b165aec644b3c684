"""What an act upon an application does, said before it is confirmed."""

from django.utils.translation import gettext as _

from cnd.actors import Actor
from cnd.instants import instant_text
from logistics.domain.queue import has_room_for, place_for_new, queue_of
from logistics.models import Application
from logistics.models.application import HOLDING
from logistics.services.applications import counts, standings_of
from logistics.services.carrying import carried_content, target_of
from logistics.services.content import missing_in
from logistics.services.windows import Terms, terms_of

State = Application.State
ACTS = (
    "submit", "discard", "withdraw", "confirm", "answer_correction", "carry_over",
    "accept", "reject", "request_correction", "reopen", "merge",
)  # fmt: skip


def outlook(
    *, application: Application, act: str, actor: Actor | None = None, other: Application | None = None
) -> list[str]:
    """Return in sentences what an act would do as things stand; `other` is the second application of a merge.

    Who comes next is said to staff alone. Raises KeyError for an act that there is not.
    """
    terms = terms_of(application.kind)
    is_staff = actor is not None and actor.is_secretariat
    match act:
        case "submit":
            return _submitting(application, terms)
        case "discard":
            return [_("The draft is put aside. It was never received.")]
        case "withdraw" | "reject":
            said = [_("The application no longer counts; its receipt stays in the public register.")]
            return [*_giving_up(application, terms, is_staff), *said]
        case "confirm":
            return [_("The application keeps place %(place)d and is under review.") % {"place": application.place or 0}]
        case "answer_correction":
            return [_("The application is under review again and keeps place %(place)d.") % _place(application)]
        case "accept":
            return [_("The side event is accepted at place %(place)d; the organiser is told.") % _place(application)]
        case "request_correction":
            due_at = terms.limits.due_at(application.kind.session.session_now, terms.limits.correct_within)
            at = instant_text(due_at, application.kind.session.time_zone)
            return [_("The place is kept until %(at)s; without an answer by then the application lapses.") % {"at": at}]
        case "reopen":
            return _reopening(application, terms)
        case "carry_over":
            return _carrying(application, terms)
        case "merge":
            return _merging(application, other, terms, is_staff)
    raise KeyError(act)


def _place(application: Application) -> dict[str, int]:
    return {"place": application.place or 0}


def _submitting(application: Application, terms: Terms) -> list[str]:
    counted = standings_of(application.kind)
    said = [_("The receipt with its number and time is public at once. What is not a small edit stays as it is.")]
    if place_for_new(counted, terms.limits) is not None:
        if terms.limits.places is not None:
            held = sum(each.state in HOLDING for each in counted)
            free = {"free": terms.limits.places - held, "places": terms.limits.places}
            said.append(_("As things stand %(free)d of %(places)d places are free.") % free)
    else:
        position = len(queue_of(counted, terms.limits)) + 1
        said.append(_("As things stand all places are held: it would wait, at about position %(n)d.") % {"n": position})
    return said


def _giving_up(application: Application, terms: Terms, is_staff: bool) -> list[str]:
    if application.state == State.WAITING:
        return [_("This gives up its position on the waiting list.")]
    if application.place is None:
        return []
    said = [_("This gives up place %(place)d.") % _place(application)]
    if is_staff:
        said.append(_next(application, terms))
    return said


def _next(application: Application, terms: Terms) -> str:
    """Say to whom a place would go that this application gives up."""
    if application.kind.session.session_now >= terms.limits.freeze_at:
        return _("The programme is frozen: nobody is promoted.")
    waiting = queue_of(standings_of(application.kind), terms.limits)
    if not waiting:
        return _("Nobody waits: the place is free.")
    first = Application.objects.select_related("organiser").get(pk=waiting[0].key)
    return _("It goes to %(name)s, first on the waiting list.") % {"name": first.organiser.name}


def _reopening(application: Application, terms: Terms) -> list[str]:
    counted = standings_of(application.kind)
    if not has_room_for(counted, application.organiser_id, terms.limits):
        return [_("The organiser has as many applications as it may: this cannot be reopened.")]
    place = place_for_new(counted, terms.limits)
    if place is not None:
        return [_("It takes place %(place)d and is under review.") % {"place": place}]
    return [_("It waits, at its old receipt %(receipt)d.") % {"receipt": application.receipt_number or 0}]


def _carrying(application: Application, terms: Terms) -> list[str]:
    target = target_of(application.kind, terms)
    if target is None:
        return [_("Applications of this kind are not carried over.")]
    there = terms_of(target)
    said = [_("Wished and impossible times on other days are left out.")]
    if there.is_open(target.session.session_now) and not missing_in(
        target, carried_content(application, target, there), terms=there
    ):
        said.insert(0, _("It is received at once as: %(kind)s, with a receipt of its own.") % {"kind": target.name})
        if application.state == State.WAITING:
            said.append(_("This gives up its position on the waiting list."))
    else:
        said.insert(0, _("It becomes a draft of: %(kind)s, to be submitted in its window.") % {"kind": target.name})
        if application.state == State.WAITING:
            said.append(_("It keeps its position on the waiting list until that draft is received."))
    return said


def _merging(application: Application, other: Application | None, terms: Terms, is_staff: bool) -> list[str]:
    if other is None or not (counts(application) and counts(other)):
        return [_("Two applications that stand are merged.")]
    kept, gone = sorted((application, other), key=lambda each: each.receipt_number or 0)
    names = {"receipt": kept.receipt_number, "kept": kept.organiser.name, "gone": gone.organiser.name}
    said = [
        _("Receipt %(receipt)d stays, with %(kept)s as the main organiser; %(gone)s becomes co-sponsor.") % names,
        _("The stronger of the two states is kept."),
    ]
    if kept.place is not None and gone.place is not None:
        said.append(_("This gives up place %(place)d.") % _place(gone))
        if is_staff:
            said.append(_next(gone, terms))
    return said
