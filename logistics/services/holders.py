"""What stands behind the holder of a time, such as event:5, in words for those who may know: the secretariat."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from django.utils.translation import gettext as _

from cnd.instants import instant_text
from logistics.models import Application, Block
from logistics.services.occupancy import Taken
from sessions.models import MeetingSession

Namer = Callable[[Collection[int]], Mapping[int, str]]
_namers: dict[str, Namer] = {}


def register_holders(prefix: str, namer: Namer) -> None:
    """Have holders `prefix:pk` be named by `namer(pks)`. Registering a prefix again replaces it."""
    _namers[prefix] = namer


def names_of(holders: Iterable[str]) -> dict[str, str]:
    """Return a name for each holder, in one query a kind; its own code for one that nobody names."""
    wanted = sorted(set(holders))
    of_prefix: dict[str, list[int]] = defaultdict(list)
    for holder in wanted:
        prefix, _colon, pk = holder.partition(":")
        of_prefix[prefix].append(int(pk))
    named = {
        f"{prefix}:{pk}": name
        for prefix, pks in of_prefix.items()
        if prefix in _namers
        for pk, name in _namers[prefix](pks).items()
    }
    return {holder: named.get(holder, holder) for holder in wanted}


def told(session: MeetingSession, taken: Iterable[Taken]) -> list[str]:
    """Say who has what when, in the meeting's zone, once for both layers."""
    found = sorted(set(taken), key=lambda each: (each.starts_at, each.holder))
    names = names_of(each.holder for each in found)
    zone = session.time_zone
    return [
        _("%(what)s: %(from)s to %(until)s")
        % {
            "what": names[each.holder],
            "from": instant_text(each.starts_at, zone, place=False),
            "until": instant_text(each.ends_at, zone),
        }
        for each in found
    ]


def _events(pks: Collection[int]) -> dict[int, str]:
    found = Application.objects.filter(pk__in=pks).select_related("kind")
    return {each.pk: f"{each.reference} “{each.title}”" for each in found}


def _blocks(pks: Collection[int]) -> dict[int, str]:
    found = Block.objects.filter(pk__in=pks)
    return {each.pk: _("Blocked: %(reason)s") % {"reason": each.reason} for each in found}


def register() -> None:
    """Make events and blocks known."""
    register_holders("event", _events)
    register_holders("block", _blocks)
