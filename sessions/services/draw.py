"""The drawing itself: values come in, and the moment they are all there it is drawn, exactly once (RULES 3, 2–5).

Exactly once does not rest on the lease, which only keeps two workers from doing the same work: it rests on the lock of
the debate, the state read under it, and the unique constraints of drawing, lots and slots.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from cnd import clock, journal, sweeps
from cnd.actors import PUBLIC, WORKER, Actor, require_secretariat
from cnd.errors import Invalid, Refused
from cnd.journal import Draft
from cnd.models import ResourceVersion, User
from sessions.domain import sources as domain
from sessions.domain.proof import make_bundle
from sessions.models import Delegation, Drawing, DrawSource, Lot, NumbersEntry, RegionalGroup
from sessions.services import deadlines
from sessions.services.inscriptions import locked
from sessions.services.list_events import publish_list
from sessions.services.notices.drawings import tell_annulled, tell_result, tell_source_failed
from sessions.services.relays import fetch_signatures

Kind = DrawSource.Kind
RETRY = timedelta(seconds=5)


def announced_source(source: DrawSource) -> dict[str, Any]:
    """Return what the announcement says of a source."""
    return dict(source.drawing.announcement["sources"][source.position])


def awaited_round(source: DrawSource) -> int | None:
    """Return the drand round whose value this source awaits, if it awaits one now."""
    if source.value is not None:
        return None
    at = clock.now()
    named = announced_source(source)
    # At the deadline itself, not when a sweep comes by: nobody may choose between a round and its substitute.
    if source.failed_at is not None or (source.kind == Kind.DRAND and at >= source.deadline):
        named = named["substitute"]
    if named["kind"] != Kind.DRAND or at < clock.parse_rfc3339(named["not_before"]):
        return None
    return int(named["round"])


def _of(drawing: Drawing | int) -> Drawing:
    pk = drawing if isinstance(drawing, int) else drawing.pk
    return Drawing.objects.select_related("debate__session__chain").get(pk=pk)


# --- values -----------------------------------------------------------------------------------------------------------


def hand_in_drand(*, drawing: Drawing, signature: str, actor: Actor = PUBLIC, round_number: int | None = None) -> bool:
    """Store the value of the awaited drand round; anyone may, since the value proves itself (it takes a second).

    True when it was stored, False when it was there already. Raises Invalid when it is not the chain's own value;
    Refused when no round is awaited now.
    """
    drawing = _of(drawing)
    is_open = drawing.state == Drawing.State.ANNOUNCED
    sources = list(drawing.sources.all())
    awaited = {awaited_round(source): source for source in sources if is_open}
    awaited.pop(None, None)
    if not awaited:
        is_there = is_open and any((source.value or {}).get("kind") == Kind.DRAND for source in sources)
        if is_there or drawing.state == Drawing.State.DRAWN:
            return False
        raise Refused("no_value_awaited", _("No value is awaited now."))
    number = round_number or min(each for each in awaited if each)
    source = awaited.get(number)
    if source is None:
        raise Invalid("wrong_round", _("Round %(n)d is not the announced one.") % {"n": number})
    is_substitute = number != announced_source(source).get("round")
    try:
        value = domain.drand_value(number, signature, substituted=is_substitute)
    except ValueError as fault:
        raise Invalid("not_genuine", str(fault), fields={"signature": [str(fault)]}) from fault
    with journal.decision(
        drawing.debate.session.chain, action="hand_in_value", subject=drawing.resource, actor=actor
    ) as draft:
        locked(drawing.debate)
        source = DrawSource.objects.select_related("drawing").get(pk=source.pk)
        is_open = source.drawing.state == Drawing.State.ANNOUNCED
        if source.value is None and not (is_open and awaited_round(source) == number):
            raise Refused("no_value_awaited", _("Round %(n)d is no longer awaited.") % {"n": number})
        sweeps.hint()
        return _store(drawing, source, value, draft)


def _store(drawing: Drawing, source: DrawSource, value: dict[str, Any], draft: Draft) -> bool:
    at = clock.now()
    stored = DrawSource.objects.filter(pk=source.pk, value__isnull=True).update(value=value, obtained_at=at)
    if stored:
        source.value, source.obtained_at = value, at
        draft.change(f"{drawing.resource}/values/{source.position}", None, value)
        draft.touch("draws", drawing.resource)
        # What is due must not wait for the lease of a worker that looked too early.
        Drawing.objects.filter(pk=drawing.pk).update(leased_until=None)
    return bool(stored)


def enter_numbers(*, source: DrawSource, numbers: Sequence[int], actor: Actor) -> NumbersEntry:
    """Enter the numbers as one of two members of staff saw them; until the deadline a further entry corrects it.

    Raises Refused outside [not before, deadline) and for a third person; Invalid when the format is not as announced.
    """
    require_secretariat(actor)
    if actor.user is None:
        raise Refused("person_needed", _("Numbers are entered by a person who is signed in."))
    drawing = _of(source.drawing_id)
    try:
        in_order = domain.check_numbers(announced_source(source), numbers)
    except ValueError as fault:
        raise Invalid("numbers_unfit", str(fault), fields={"numbers": [str(fault)]}) from fault
    with journal.decision(
        drawing.debate.session.chain, action="enter_numbers", subject=drawing.resource, actor=actor
    ) as draft:
        locked(drawing.debate)
        at = clock.now()
        if not source.not_before <= at < source.deadline or drawing.state != Drawing.State.ANNOUNCED:
            raise Refused("not_now", _("Numbers can be entered from the announced moment until the deadline only."))
        latest = latest_numbers(source)
        if actor.user not in latest and len(latest) == 2:
            raise Refused("two_people", _("Two other people have entered these numbers."))
        mine = source.entries.filter(by=actor.user).order_by("-pk").first()
        if mine and mine.numbers == in_order:
            return mine
        entry = NumbersEntry.objects.create(source=source, by=actor.user, numbers=in_order, at=at)
        is_public = len(latest | {actor.user: in_order}) == 2
        # Until the second is in, nobody may read the first: not here either.
        draft.change(f"{drawing.resource}/numbers/{source.position}", None, in_order if is_public else "entered")
        draft.touch(drawing.resource, audience=ResourceVersion.PUBLIC if is_public else ResourceVersion.STAFF)
    return entry


def latest_numbers(source: DrawSource) -> dict[User, list[int]]:
    """Return what each person entered last, in the order in which they first did."""
    latest: dict[User, list[int]] = {}
    for entry in source.entries.select_related("by").order_by("pk"):
        latest[entry.by] = entry.numbers
    return latest


# --- the draw ---------------------------------------------------------------------------------------------------------


def due_drawings() -> list[int]:
    """Return the ids of the drawings that a worker should take up now."""
    return list(Drawing.objects.claimable(clock.now()).order_by("pk").values_list("pk", flat=True))


def claim(drawing_id: int) -> bool:
    """Take a sealed drawing into this worker's hands for the length of a lease."""
    at = clock.now()
    lease = at + timedelta(seconds=settings.LEASE_SECONDS)
    return bool(Drawing.objects.filter(pk=drawing_id).claimable(at).update(leased_until=lease))


def advance(drawing_id: int) -> bool:
    """Bring a sealed drawing as far as it goes now: fetch what is awaited, settle what is due, and draw.

    True when it is drawn. May be called any number of times, by anybody, at once.
    """
    if not claim(drawing_id):
        return Drawing.objects.filter(pk=drawing_id, state=Drawing.State.DRAWN).exists()
    drawing = _of(drawing_id)
    for source in drawing.sources.all():
        number = awaited_round(source)
        if number:
            _fetch(drawing, number)
    return settle_and_draw(drawing_id)


def _fetch(drawing: Drawing, number: int) -> None:
    for signature in fetch_signatures(number):
        try:
            hand_in_drand(drawing=drawing, signature=signature, actor=WORKER, round_number=number)
            return
        except Invalid:
            continue  # a relay that lies keeps nobody from asking the next one
        except Refused:
            return  # its deadline passed meanwhile


def settle_and_draw(drawing_id: int) -> bool:
    """In one transaction: settle every source that is due, and draw if every value is there. True when drawn."""
    drawing = _of(drawing_id)
    with journal.decision(drawing.debate.session.chain, action="draw", subject=drawing.resource, actor=WORKER) as draft:
        debate = locked(drawing.debate)
        drawing = _of(drawing_id)
        if drawing.state != Drawing.State.ANNOUNCED:
            return drawing.state == Drawing.State.DRAWN
        sources = list(drawing.sources.order_by("position"))
        if clock.now() >= drawing.seals_at:
            for source in sources:
                source.drawing = drawing
                _settle(drawing, source, draft)
        if any(source.value is None for source in sources):
            draft.action = "settle_sources"
            Drawing.objects.filter(pk=drawing.pk).update(leased_until=clock.now() + RETRY)
            return False
        drawing.debate = debate
        _draw(drawing, [source.value for source in sources], draft)
    return True


def _settle(drawing: Drawing, source: DrawSource, draft: Draft) -> None:
    """Give a source its value, or its announced substitute, where its time has come."""
    at = clock.now()
    if source.value is not None or source.failed_at is not None:
        return
    if source.kind == Kind.REHEARSAL_SEED:
        named = announced_source(source)
        if at >= source.not_before and domain.seed_commitment(source.secret) == named["commitment"]:
            _store(drawing, source, domain.seed_value(source.secret), draft)
        elif at >= source.deadline:
            _store(drawing, source, domain.commitment_value(named["commitment"]), draft)
    elif at >= source.deadline:
        if source.kind == Kind.NUMBERS:
            latest = latest_numbers(source)
            if len(latest) == 2 and len({tuple(numbers) for numbers in latest.values()}) == 1:
                _store(drawing, source, domain.numbers_value(next(iter(latest.values())), _shown(latest)), draft)
                return
            tell_source_failed(drawing, source, is_unequal=len(latest) == 2)
            if announced_source(source)["substitute"]["kind"] == "omitted":
                _store(drawing, source, {"kind": "omitted", "substituted": True}, draft)
                return
        else:
            tell_source_failed(drawing, source)
        # Switched once: from now on the announced substitute round is awaited, and no other.
        DrawSource.objects.filter(pk=source.pk, failed_at__isnull=True).update(failed_at=at)
        draft.change(f"{drawing.resource}/values/{source.position}", "awaited", "failed; substitute awaited")
        draft.touch("draws", drawing.resource)


def _shown(people: Collection[User]) -> list[str]:
    """Return how the proof names those who entered numbers; two who share a function stay two."""
    named = [user.public_function for user in people]
    return named if len(set(named)) == len(named) else [f"{user.public_function} ({user.pk})" for user in people]


def _draw(drawing: Drawing, values: list[Any], draft: Draft) -> None:
    chain = drawing.debate.session.chain
    at = clock.now()
    bundle = make_bundle(drawing.announcement, values, drawn_at=at, drawn_at_session=chain.to_session(at))
    delegations = dict(Delegation.objects.filter(session=drawing.debate.session_id).values_list("code", "pk"))
    groups = dict(RegionalGroup.objects.filter(session=drawing.debate.session_id).values_list("code", "pk"))
    Lot.objects.bulk_create(
        Lot(
            drawing=drawing,
            delegation_id=delegations[each["code"]],
            group_id=groups[each["group"]],
            rank=each["rank"],
            group_rank=each["group_rank"],
            lot=each["lot"],
        )
        for each in bundle["result"]["lots"]
    )
    drawing.state = Drawing.State.DRAWN
    drawing.drawn_at = at
    drawing.bundle = bundle
    drawing.bundle_sha256 = bundle["sha256"]
    drawing.leased_until = None
    drawing.save(update_fields=["state", "drawn_at", "bundle", "bundle_sha256", "leased_until"])
    draft.change(drawing.resource, Drawing.State.ANNOUNCED.value, {"proof_sha256": drawing.bundle_sha256})
    draft.touch("draws", drawing.resource)
    publish_list(drawing, draft, forgiving=True)
    tell_result(drawing)


# --- annulment --------------------------------------------------------------------------------------------------------


def ask_annulment(*, drawing: Drawing, reason: str, actor: Actor) -> None:
    """Ask for a result to be annulled; nothing happens until a second member of staff agrees. Raises Refused."""
    require_secretariat(actor)
    if actor.user is None:
        raise Refused("person_needed", _("An annulment is asked for by a person who is signed in."))
    if not reason.strip():
        raise Invalid("reason_missing", _("Say why; the reason is public."), fields={"reason": [_("Say why.")]})
    with journal.decision(
        drawing.debate.session.chain, action="ask_annulment", subject=drawing.resource, actor=actor, reason=reason
    ) as draft:
        locked(drawing.debate)
        drawing = _of(drawing)
        _require_drawn(drawing)
        if drawing.annulment_asked_by_id is not None:
            raise Refused("already_asked", _("The annulment is asked for already; a second person must agree."))
        drawing.annulment_asked_by, drawing.annulment_reason = actor.user, reason
        drawing.save(update_fields=["annulment_asked_by", "annulment_reason"])
        draft.change(f"{drawing.resource}/annulment", None, "asked")
        draft.touch(drawing.resource, audience=ResourceVersion.STAFF)


def drop_annulment(*, drawing: Drawing, actor: Actor) -> None:
    """Take the request for an annulment back. Again: changes nothing."""
    require_secretariat(actor)
    with journal.decision(
        drawing.debate.session.chain, action="drop_annulment", subject=drawing.resource, actor=actor
    ) as draft:
        locked(drawing.debate)
        drawing = _of(drawing)
        _require_drawn(drawing)
        if drawing.annulment_asked_by_id is not None:
            drawing.annulment_asked_by, drawing.annulment_reason = None, ""
            drawing.save(update_fields=["annulment_asked_by", "annulment_reason"])
            draft.change(f"{drawing.resource}/annulment", "asked", None)
            draft.touch(drawing.resource, audience=ResourceVersion.STAFF)


def annul(*, drawing: Drawing, actor: Actor) -> Drawing:
    """Annul a result, as the second member of staff. Announcement, result and proof stay public for ever.

    Raises Refused when nobody asked, or the same person did.
    """
    require_secretariat(actor)
    with journal.decision(drawing.debate.session.chain, action="annul", subject=drawing.resource, actor=actor) as draft:
        deadlines.lock_rules(drawing.debate.session)
        debate = locked(drawing.debate)
        drawing = _of(drawing)
        if drawing.state == Drawing.State.ANNULLED:
            return drawing
        _require_drawn(drawing)
        if drawing.annulment_asked_by_id is None:
            raise Refused("annulment_not_asked", _("Nobody has asked for this annulment."))
        if actor.user is None or drawing.annulment_asked_by_id == actor.user.pk:
            raise Refused("second_person", _("A second member of staff must agree, not the one who asked."))
        at = clock.now()
        drawing.state = Drawing.State.ANNULLED
        drawing.ended_at = at
        drawing.end_reason = drawing.annulment_reason
        drawing.save(update_fields=["state", "ended_at", "end_reason"])
        draft.reason = drawing.end_reason
        debate.slots.update(status="undrawn", group=None, delegation=None, level="", place=None, updated_at=at)
        draft.change(drawing.resource, Drawing.State.DRAWN.value, Drawing.State.ANNULLED.value)
        draft.touch("draws", drawing.resource, "slots", "speakers")
        draft.publish()
        deadlines.follow_rules(drawing.debate.session)
        tell_annulled(drawing)
    return drawing


def _require_drawn(drawing: Drawing) -> None:
    if drawing.state != Drawing.State.DRAWN:
        raise Refused("not_drawn", _("There is no standing result of this drawing."))
