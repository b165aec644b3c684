"""What staff do about notices that are on their way: cancel what is not sent, take that back, send again."""

from django.utils.translation import gettext as _

from cnd import clock, journal, sweeps
from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid, Refused
from cnd.models import Cause, Notice, ResourceVersion
from sessions.models import MeetingSession
from sessions.services.deadlines import follow_rules, lock_rules

State = Notice.State
STUCK = (State.PARKED, State.LAPSED)
"""What was not delivered and is not tried any more."""


def subject_of(cause: Cause) -> str:
    """Name a cause as the journal does."""
    return f"notices:{cause.pk}"


def cancel_cause(*, cause: Cause, reason: str, actor: Actor) -> int:
    """Cancel a cause that waits, or what of it was not sent yet; return how many notices will not go out.

    What was sent stays sent. Raises NotPermitted, Invalid without a reason, Refused when there is nothing to cancel.
    """
    require_secretariat(actor)
    if not reason.strip():
        raise Invalid("reason_missing", _("Say why."), fields={"reason": [_("Say why.")]})
    with journal.decision(
        cause.chain, action="cancel_notices", subject=subject_of(cause), actor=actor, reason=reason.strip()
    ) as draft:
        cause = Cause.objects.select_for_update(of=("self",)).get(pk=cause.pk)
        unsent = Notice.objects.filter(cause=cause, state__in=[State.WAITING, State.PARKED])
        count = unsent.update(state=State.CANCELLED, next_attempt_at=None)
        if cause.state == Cause.State.WAITING:
            cause.state, cause.settled_at = Cause.State.CANCELLED, clock.now()
        elif not count:
            raise Refused("nothing_to_cancel", _("There is nothing left to cancel: all of it is sent or settled."))
        cause.is_withheld = True
        cause.save(update_fields=["state", "settled_at", "is_withheld"])
        draft.change(f"cause:{cause.key}", "to be sent", {"cancelled": count})
        draft.touch("notices", audience=ResourceVersion.STAFF)
    return count


def reinstate_cause(*, cause: Cause, actor: Actor) -> int:
    """Take staff's cancellation back: the cause waits again, its notices are sent; return how many of those there are.

    Raises NotPermitted; Refused where staff did not cancel it, or its deadline was set anew since.
    """
    require_secretariat(actor)
    session = MeetingSession.objects.select_related("chain").filter(chain=cause.chain_id).first()
    with journal.decision(cause.chain, action="reinstate_notices", subject=subject_of(cause), actor=actor) as draft:
        if session is not None:
            lock_rules(session)
        cause = Cause.objects.select_related("chain").select_for_update(of=("self",)).get(pk=cause.pk)
        if not cause.is_withheld:
            raise Refused("not_cancelled", _("Nobody has cancelled this, or it was taken back already."))
        cause.is_withheld = False
        if cause.state == Cause.State.CANCELLED:
            cause.state, cause.settled_at = Cause.State.WAITING, None
        cause.save(update_fields=["is_withheld", "state", "settled_at"])
        cancelled = Notice.objects.filter(cause=cause, state=State.CANCELLED)
        count = cancelled.update(state=State.WAITING, next_attempt_at=clock.now(), attempts=0)
        if session is not None:
            # A reminder of what was set anew in the meantime says what no longer holds.
            follow_rules(session)
            cause.refresh_from_db()
            if cause.state == Cause.State.CANCELLED:
                raise Refused("set_anew", _("The deadline was set anew since: this reminder would be wrong."))
        draft.change(f"cause:{cause.key}", "cancelled", {"to be sent": count})
        draft.touch("notices", audience=ResourceVersion.STAFF)
        sweeps.hint()
    return count


def resend_stuck(*, cause: Cause, actor: Actor) -> int:
    """Send every mail of a cause again that was parked or has lapsed, in as many queries as one; return how many.

    Raises NotPermitted; Refused for a cause that is cancelled.
    """
    require_secretariat(actor)
    with journal.decision(cause.chain, action="resend_notices", subject=subject_of(cause), actor=actor) as draft:
        cause = Cause.objects.select_for_update(of=("self",)).get(pk=cause.pk)
        if cause.state == Cause.State.CANCELLED:
            raise Refused("cancelled", _("This was cancelled; nothing of it is sent any more."))
        stuck = Notice.objects.select_for_update().filter(cause=cause, state__in=STUCK).order_by("pk")
        states = dict(stuck.values_list("pk", "state"))
        at = clock.now()
        Notice.objects.filter(pk__in=states).update(
            state=State.WAITING, attempts=0, last_error="", leased_until=None, next_attempt_at=at, asked_again_at=at
        )
        for pk, state in states.items():
            draft.change(f"notice:{pk}/state", state, State.WAITING)
        draft.touch("notices", audience=ResourceVersion.STAFF)
        sweeps.hint()
    return len(states)
