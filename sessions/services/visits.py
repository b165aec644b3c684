"""When a focal point last looked at the page of a delegation: what happened since is shown as new.

It leaves no entry in the journal: looking decides nothing.
"""

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils.translation import gettext as _

from cnd import clock
from cnd.actors import Actor
from cnd.errors import NotPermitted
from sessions.models import Membership

ONE_VISIT = timedelta(minutes=30)
"""Within this time of its beginning, looking again is the same visit."""


def note_visit(*, membership: Membership, actor: Actor) -> datetime | None:
    """Note that the focal point is here now; return when the visit before this one began, None if there was none.

    Raises NotPermitted for somebody else's membership.
    """
    if actor.user is None or actor.user.pk != membership.user_id:
        raise NotPermitted("not_your_visit", _("You do not act for this delegation."))
    now = clock.now()
    is_over = Q(visited_at__isnull=True) | Q(visited_at__lte=now - ONE_VISIT)
    if membership.visited_at is None or membership.visited_at <= now - ONE_VISIT:
        # Of two pages opened at once one begins the visit; the other one sees that it has begun.
        Membership.objects.filter(is_over, pk=membership.pk).update(previous_visit_at=F("visited_at"), visited_at=now)
        membership.refresh_from_db(fields=["visited_at", "previous_visit_at"])
    return membership.previous_visit_at
