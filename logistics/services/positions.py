"""Who stands where on the waiting list of a window."""

from django.db.models import Q

from logistics.domain.queue import queue_of
from logistics.models import Application, EventKind
from logistics.services.applications import standings_of
from logistics.services.windows import Terms, terms_of
from sessions.models import Delegation, Rule


def positions_in(kind: EventKind, terms: Terms | None = None) -> dict[int, int]:
    """Return the position of everyone who waits, by key; 1 is promoted next."""
    waiting = queue_of(standings_of(kind), (terms or terms_of(kind)).limits)
    return {each.key: number for number, each in enumerate(waiting, start=1)}


def position_of(application: Application) -> int:
    """Return the position on the waiting list, 1 for who is promoted next; 0 for who does not wait."""
    if application.state != Application.State.WAITING:
        return 0
    kind, own = application.kind, application.organiser
    first = Rule.objects.filter(session=kind.session_id, scope=kind.scope, key="member_states_first", value=True)
    ahead = Application.objects.filter(kind=kind).waiting()
    before = Q(receipt_number__lt=application.receipt_number)
    if first.exists():
        member_state = Q(organiser__kind=Delegation.Kind.MEMBER_STATE)
        is_member_state = own.kind == Delegation.Kind.MEMBER_STATE
        before = before & member_state if is_member_state else before | member_state
    return int(ahead.filter(before).count()) + 1
