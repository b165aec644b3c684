"""Who has a room, a lane or a delegation at what time. The one truth about it, and never twice (DESIGN, "Occupancy").

A booking and a block take both layers; moving an event of the draft takes `draft` alone; publication replaces what the
events have in `published`. Called inside the decision that takes or gives up the time, after the locks of its parents.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cnd.errors import Invalid, Refused
from logistics.domain.cells import intervals_of, numbers_of
from logistics.models import Cell
from sessions.models import MeetingSession

Layer = Cell.Layer
BOTH = (Layer.DRAFT, Layer.PUBLISHED)
EVENTS = "event:"


@dataclass(frozen=True)
class Claim:
    """A resource that is wanted for a half-open interval of aware moments, multiples of five minutes."""

    resource: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Taken:
    """An interval in which somebody has a resource."""

    resource: str
    holder: str
    starts_at: datetime
    ends_at: datetime


class Occupied(Refused):
    """Somebody else has it at that time; `taken` says who and when."""

    def __init__(self, taken: list[Taken], message: str = "") -> None:
        # Who has it is for the caller to tell, to those who may know.
        super().__init__("occupied", message or _("This time is taken already."))
        self.taken = taken


def _numbers(starts_at: datetime, ends_at: datetime) -> range:
    try:
        return numbers_of(starts_at, ends_at)
    except ValueError:
        message = _("Times are multiples of five minutes, and the end comes after the beginning.")
        raise Invalid("time_not_valid", message, fields={"starts_at": [message]}) from None


def check(claim: Claim) -> None:
    """Raise Invalid for times that are no multiples of five minutes, or end before they begin."""
    _numbers(claim.starts_at, claim.ends_at)


def occupy(*, session: MeetingSession, holder: str, claims: Iterable[Claim], layers: Collection[str] = BOTH) -> None:
    """Take all of this for one holder, or nothing. Raises Invalid, and Occupied where somebody else has any of it."""
    wanted = [(claim, _numbers(claim.starts_at, claim.ends_at)) for claim in claims]
    cells = [
        Cell(session=session, layer=layer, resource=claim.resource, number=number, holder=holder)
        for layer in sorted(layers)
        for claim, numbers in sorted(wanted, key=lambda each: (each[0].resource, each[0].starts_at))
        for number in numbers
    ]
    try:
        # A savepoint, so that whoever calls can still ask who has it.
        with transaction.atomic():
            Cell.objects.bulk_create(cells, batch_size=500)
    except IntegrityError:
        raise Occupied(in_the_way(claims=[claim for claim, _numbers in wanted], layers=layers, but=holder)) from None


def release(*, holder: str, layers: Collection[str] = BOTH) -> None:
    """Give up all that a holder has in these layers."""
    Cell.objects.filter(holder=holder, layer__in=layers).delete()


def in_the_way(*, claims: Iterable[Claim], layers: Collection[str] = BOTH, but: str = "") -> list[Taken]:
    """Return what others than `but` have of what is wanted, by resource and time: to be friendly before it is tried."""
    found: set[Taken] = set()
    for claim in claims:
        found.update(
            each
            for each in taken([claim.resource], claim.starts_at, claim.ends_at, layers=layers)
            if each.holder != but
        )
    return sorted(found, key=lambda each: (each.resource, each.starts_at, each.holder))


def taken(
    resources: Collection[str], starts_at: datetime, ends_at: datetime, *, layers: Collection[str] = BOTH
) -> list[Taken]:
    """Return who has any of these resources within an interval, in one query, by resource and time. Raises Invalid."""
    numbers = _numbers(starts_at, ends_at)
    rows = Cell.objects.filter(
        resource__in=resources, number__gte=numbers.start, number__lt=numbers.stop, layer__in=layers
    )
    of_holder: dict[tuple[str, str], set[int]] = defaultdict(set)
    for resource, holder, number in rows.order_by().values_list("resource", "holder", "number"):
        of_holder[resource, holder].add(number)
    found = [
        Taken(resource, holder, begins, ends)
        for (resource, holder), steps in of_holder.items()
        for begins, ends in intervals_of(steps)
    ]
    return sorted(found, key=lambda each: (each.resource, each.starts_at, each.holder))


def publish_events(*, session: MeetingSession) -> None:
    """Have the events in public what they have in the draft. Raises Occupied where a booking has it."""
    events = Cell.objects.filter(session=session, holder__startswith=EVENTS)
    draft = list(events.filter(layer=Layer.DRAFT).order_by("resource", "number"))
    cells = [
        Cell(session=session, layer=Layer.PUBLISHED, resource=each.resource, number=each.number, holder=each.holder)
        for each in draft
    ]
    try:
        # A savepoint, so that whoever calls can still ask who has it.
        with transaction.atomic():
            events.filter(layer=Layer.PUBLISHED).delete()
            Cell.objects.bulk_create(cells, batch_size=500)
    except IntegrityError:
        wanted: dict[tuple[str, str], set[int]] = defaultdict(set)
        for each in draft:
            wanted[each.resource, each.holder].add(each.number)
        found = [
            other
            for (resource, _holder), steps in wanted.items()
            for starts_at, ends_at in intervals_of(steps)
            for other in taken([resource], starts_at, ends_at, layers=[Layer.PUBLISHED])
            if not other.holder.startswith(EVENTS)
        ]
        raise Occupied(found) from None
