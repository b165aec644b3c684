"""Having a programme proposed: asked for by staff, searched by a worker, looked at, taken over, and taken back.

Whatever dies meanwhile, the run is taken up again when its lease is over; there is one at a time, by constraint.
"""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from cnd import clock, journal, sweeps
from cnd.actors import WORKER, Actor, require_secretariat
from cnd.clock import parse_rfc3339
from cnd.errors import Invalid, Refused
from cnd.journal import Draft as Entry
from cnd.models import JournalEntry, ResourceVersion
from cnd.versions import Outdated, version_of
from logistics.domain.placement import Progress, place
from logistics.models import Application, Placement, Placing, Programme, Room
from logistics.services.draft import Draft
from logistics.services.placements import RESOURCE, drop_placement, facts_of, locked_programme, set_draft
from logistics.services.placing_problem import problem_of, stored
from sessions.models import MeetingSession

State = Placing.State
LEAST_S, MOST_S = 5, 120
TOLD_EVERY_S = 1.0


def request_placing(*, session: MeetingSession, actor: Actor, limit_s: int = 30) -> Placing:
    """Have a worker search for a programme, for up to `limit_s` seconds; while one does, that run is returned.

    Raises NotPermitted, Invalid for a time out of bounds, Refused when there is nothing to place.
    """
    require_secretariat(actor)
    if not LEAST_S <= limit_s <= MOST_S:
        said = _("From %(least)d to %(most)d seconds.") % {"least": LEAST_S, "most": MOST_S}
        raise Invalid("limit_not_valid", said, fields={"limit_s": [said]})
    with journal.decision(session.chain, action="request_placing", subject="programme", actor=actor) as entry:
        programme = locked_programme(session)
        if (running := under_way(programme)) is not None:
            return running
        if not Application.objects.filter(kind__session=session, state=Application.State.ACCEPTED).exists():
            raise Refused("nothing_to_place", _("No event is accepted yet."))
        placing = Placing.objects.create(
            programme=programme, asked_by=actor.user, asked_at=clock.now(), limit_s=limit_s
        )
        _noted(entry, placing, None)
        sweeps.hint()
    return placing


def under_way(programme: Programme) -> Placing | None:
    """Return the run that waits for a worker or is with one."""
    return programme.placings.filter(state__in=[State.WAITING, State.RUNNING]).first()


def cancel_placing(*, placing: Placing, actor: Actor) -> Placing:
    """End a run, at once or as soon as its worker looks up; what has ended stays as it is. Raises NotPermitted."""
    require_secretariat(actor)
    with _decision(placing, "cancel_placing", actor) as entry:
        placing = _locked(placing)
        if placing.state in (State.WAITING, State.RUNNING):
            before = placing.state
            placing.state, placing.ended_at = State.CANCELLED, clock.now()
            placing.cancel_asked_at, placing.leased_until = placing.ended_at, None
            placing.save(update_fields=["state", "ended_at", "cancel_asked_at", "leased_until"])
            _noted(entry, placing, before)
    return placing


# --- the worker's part ------------------------------------------------------------------------------------------------


def _claimable() -> Q:
    return Q(state=State.WAITING) | Q(state=State.RUNNING, leased_until__lte=clock.now())


def due_placings() -> list[int]:
    """Return the runs that are in nobody's hands."""
    return list(Placing.objects.filter(_claimable()).order_by("pk").values_list("pk", flat=True))


def advance_placing(placing_id: int) -> bool:
    """Take a run up, unless another worker has it, and search; tell whether it was this one that ended it."""
    claimed = Placing.objects.filter(_claimable(), pk=placing_id).update(
        state=State.RUNNING, leased_until=clock.now() + _lease()
    )
    if not claimed:
        return False
    placing = Placing.objects.select_related("programme__session__chain").get(pk=placing_id)
    try:
        found = _searched(placing)
    except Exception as fault:
        _end(placing, State.FAILED, {"error": type(fault).__name__})
        raise
    return _end(placing, State.PROPOSED, found)


def _lease() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


def _searched(placing: Placing) -> dict[str, Any]:
    session = placing.programme.session
    version = version_of(session.chain, RESOURCE, ResourceVersion.STAFF)
    problem = problem_of(Draft(session))
    proposal = place(
        problem,
        seconds=placing.limit_s,
        on_progress=_seldom(lambda progress: _tell(placing, progress)),
        is_cancelled=_asked_seldom(lambda: not Placing.objects.filter(pk=placing.pk, state=State.RUNNING).exists()),
    )
    return stored(proposal) | {"draft": version}


def _seldom(call: Callable[[Progress], None]) -> Callable[[Progress], None]:
    last = [0.0]

    def told(progress: Progress) -> None:
        if monotonic() - last[0] >= TOLD_EVERY_S:
            last[0] = monotonic()
            call(progress)

    return told


def _asked_seldom(ask: Callable[[], bool]) -> Callable[[], bool]:
    last: list[Any] = [monotonic(), False]

    def asked() -> bool:
        if monotonic() - last[0] >= TOLD_EVERY_S:
            last[:] = [monotonic(), ask()]
        return bool(last[1])

    return asked


def _tell(placing: Placing, progress: Progress) -> None:
    # No entry in the journal: how far it is decides nothing.
    Placing.objects.filter(pk=placing.pk, state=State.RUNNING).update(
        progress={
            "phase": progress.phase,
            "placed": progress.placed,
            "of": progress.of,
            "elapsed_s": round(progress.elapsed_s),
        },
        leased_until=clock.now() + _lease(),
    )


def _end(placing: Placing, state: str, found: dict[str, Any]) -> bool:
    with _decision(placing, "end_placing", WORKER) as entry:
        fresh = _locked(placing)
        if fresh.state != State.RUNNING:
            return False
        fresh.state, fresh.proposal, fresh.ended_at, fresh.leased_until = state, found, clock.now(), None
        fresh.save(update_fields=["state", "proposal", "ended_at", "leased_until"])
        _noted(entry, fresh, State.RUNNING)
    return True


# --- taken over, and back ---------------------------------------------------------------------------------------------


def apply_placing(*, placing: Placing, actor: Actor) -> Placing:
    """Have the draft be as proposed; what the proposal could not place leaves its place only if it has one by no pin.

    Again: changes nothing. Raises NotPermitted; Outdated when the draft was changed since the search; Refused.
    """
    require_secretariat(actor)
    with _decision(placing, "apply_placing", actor) as entry:
        placing = _locked(placing)
        session = placing.programme.session
        if placing.state == State.APPLIED:
            return placing
        if placing.state != State.PROPOSED or placing.proposal is None:
            raise Refused("nothing_proposed", _("There is no proposal to take over."))
        if version_of(session.chain, RESOURCE, ResourceVersion.STAFF) != placing.proposal["draft"]:
            raise Outdated(
                "outdated", _("The draft was changed since the search began. Have a programme proposed anew.")
            )
        before = {
            each.application.reference: facts_of(each)
            for each in Placement.objects.filter(application__kind__session=session).select_related(
                "application__kind", "room"
            )
        }
        _stand(session, placing.proposal["placements"], entry)
        placing.proposal = placing.proposal | {"before": before}
        placing.state = State.APPLIED
        placing.save(update_fields=["state", "proposal"])
        _noted(entry, placing, State.PROPOSED)
        _rests_on(entry, placing, "applied")
    return placing


def undo_placing(*, placing: Placing, actor: Actor) -> Placing:
    """Have the draft be as it was before a proposal was taken over. Again: changes nothing.

    Raises NotPermitted; Outdated when the draft was changed since; Refused.
    """
    require_secretariat(actor)
    with _decision(placing, "undo_placing", actor) as entry:
        placing = _locked(placing)
        session = placing.programme.session
        if placing.state == State.PROPOSED:
            return placing
        if placing.state != State.APPLIED or placing.proposal is None:
            raise Refused("nothing_applied", _("There is nothing to take back."))
        if version_of(session.chain, RESOURCE, ResourceVersion.STAFF) != placing.proposal.get("applied"):
            raise Outdated("outdated", _("The draft was changed since: move events back one by one."))
        _stand(session, placing.proposal["before"], entry)
        placing.state = State.PROPOSED
        placing.save(update_fields=["state"])
        _noted(entry, placing, State.APPLIED)
        _rests_on(entry, placing, "draft")
    return placing


def _rests_on(entry: Entry, placing: Placing, name: str) -> None:
    """Keep the version that this very entry gives the draft: what the way back, or forth, rests on."""
    entry.touch(RESOURCE, audience=ResourceVersion.STAFF)

    def remember(made: JournalEntry) -> None:
        Placing.objects.filter(pk=placing.pk).update(proposal=(placing.proposal or {}) | {name: made.number})

    entry.after.append(remember)


def _stand(session: MeetingSession, wanted: dict[str, dict[str, Any]], entry: Entry) -> None:
    """Have the accepted events stand where they are wanted, by reference, and no others that are not pinned."""
    accepted = {
        each.reference: each
        for each in Application.objects.filter(kind__session=session, state=Application.State.ACCEPTED).select_related(
            "kind__session__chain"
        )
    }
    rooms = {room.code: room for room in Room.objects.filter(session=session)}
    for placement in Placement.objects.filter(application__in=accepted.values(), is_pinned=False).select_related(
        "application__kind__session__chain"
    ):
        if placement.application.reference not in wanted:
            drop_placement(application=placement.application, draft=entry)
    set_draft(
        session=session,
        wanted={
            accepted[key].pk: (
                rooms[each["room"]] if each["room"] else None,
                parse_rfc3339(each["starts_at"]),
                parse_rfc3339(each["ends_at"]),
            )
            for key, each in wanted.items()
            if key in accepted
        },
        draft=entry,
    )


# --- what they have in common -----------------------------------------------------------------------------------------


def _decision(placing: Placing, action: str, actor: Actor) -> Any:
    chain = placing.programme.session.chain
    return journal.decision(chain, action=action, subject=f"placing:{placing.pk}", actor=actor)


def _locked(placing: Placing) -> Placing:
    locked_programme(placing.programme.session)
    Placing.objects.select_for_update().get(pk=placing.pk)
    return Placing.objects.select_related("programme__session__chain").get(pk=placing.pk)


def _noted(entry: Entry, placing: Placing, before: str | None) -> None:
    entry.change(f"placing:{placing.pk}", before, placing.state)
    entry.touch("placings", audience=ResourceVersion.STAFF)
