"""Merging two applications into one (RULES 5)."""

from django.utils.translation import gettext as _

from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid, Refused
from logistics.domain.queue import stronger
from logistics.models import Application, CoSponsor
from logistics.services.applications import application_of, counts, locked_application, move, revised, subject_of
from logistics.services.notices import applications as notices
from logistics.services.places import settle_in, settled_turn

State = Application.State


def merge_applications(*, first: Application, second: Application, actor: Actor, reason: str) -> Application:
    """Merge two applications of one kind; return the one that is kept. Again: changes nothing.

    Kept are the earlier receipt, its main organiser and the stronger of the two states; the other main organiser
    becomes co-sponsor. A place becomes free only where both held one. Raises NotPermitted, Invalid without a
    reason, Refused.
    """
    require_secretariat(actor)
    if not reason.strip():
        message = _("Say why.")
        raise Invalid("reason_missing", message, fields={"reason": [message]})
    if first.pk == second.pk or first.kind_id != second.kind_id:
        raise Refused("cannot_merge", _("Two applications of one kind are merged."))
    with settled_turn(
        first.kind, action="merge_applications", subject=subject_of(first), actor=actor, reason=reason
    ) as turn:
        # In the order of their keys, as everybody locks them.
        pair = [locked_application(each) for each in sorted((first, second), key=lambda each: each.pk)]
        for one, other in (pair, reversed(pair)):
            if one.merged_into_id == other.pk:
                return other
        if not all(map(counts, pair)):
            raise Refused("cannot_merge", _("Only applications that hold a place or wait for one are merged."))
        kept, gone = sorted(pair, key=lambda each: each.receipt_number or 0)
        state = stronger(kept.state, gone.state)
        source = kept if kept.state == state else gone
        values = {name: getattr(source, name) for name in ("due_at", "correction", "decided_at")}
        place = kept.place if kept.place is not None else gone.place
        # The other first: for a moment both would have the place.
        move(gone, turn.draft, State.MERGED, merged_into=kept, reason=reason.strip())
        move(kept, turn.draft, state, place=place, **values)
        changed = _with_cosponsors_of(gone, kept)
        kept = application_of(kept.pk)
        if changed:
            revised(kept, turn.draft, ["cosponsors"])
        notices.tell_merged(kept, gone)
        settle_in(turn)
    return kept


def _with_cosponsors_of(gone: Application, kept: Application) -> bool:
    """Have the other organiser and who stood beside it stand beside the one that is kept."""
    known = {(each.delegation_id, each.name) for each in kept.cosponsors.all()} | {(kept.organiser_id, "")}
    offered = [CoSponsor(application=kept, delegation=gone.organiser, kind=gone.organiser.kind)]
    offered += [
        CoSponsor(application=kept, delegation_id=each.delegation_id, name=each.name, kind=each.kind)
        for each in gone.cosponsors.all()
    ]
    new = {(each.delegation_id, each.name): each for each in reversed(offered)}
    made = [each for key, each in new.items() if key not in known]
    CoSponsor.objects.bulk_create(made)
    return bool(made)
