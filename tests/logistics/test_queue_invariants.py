"""Whatever comes in whatever order: what the queue promises holds after every step (RULES 5)."""

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnd import journal
from cnd.actors import COMMAND
from cnd.errors import DomainError
from logistics.domain.queue import HOLDING, Limits, Promotion, Standing, in_order
from logistics.domain.queue import settle as steps_of
from logistics.models import Application
from logistics.services import decisions, queue
from logistics.services.places import look_for_overdue
from logistics.services.submission import submit_application
from sessions.models import MeetingSession
from tests.logistics.windows import IN_WINDOW, again, drafted, kind_of, windowed
from tests.sessions.kept import kept
from tests.sessions.scenes import correct

pytestmark = pytest.mark.django_db

PLACES, MOST = 3, 2
ORGANISERS = ("AT", "KE", "RO", "BR")
ACTS: dict[str, Callable[[Application], object]] = {
    "submit": lambda each: submit_application(application=each, actor=COMMAND),
    "withdraw": lambda each: queue.withdraw_application(application=each, actor=COMMAND),
    "confirm": lambda each: queue.confirm_promotion(application=each, actor=COMMAND),
    "answer": lambda each: queue.answer_correction(application=each, actor=COMMAND),
    "reopen": lambda each: queue.reopen_application(application=each, actor=COMMAND, reason="test"),
    "carry over": lambda each: queue.carry_over(application=each, actor=COMMAND),
    "correct": lambda each: decisions.request_correction(application=each, text="test", actor=COMMAND),
    "accept": lambda each: decisions.accept_application(application=each, actor=COMMAND),
    "reject": lambda each: decisions.reject_application(application=each, actor=COMMAND, reason="test"),
    "prepare": lambda each: decisions.prepare_decision(
        application=each, decision="reject", reason="test", actor=COMMAND
    ),
    "announce": lambda each: decisions.announce_decisions(kind=each.kind, actor=COMMAND),
}

loaded = kept(lambda: _drafts().pk)


def _drafts() -> MeetingSession:
    session = windowed()
    correct(session, "side-event-high-level.places", PLACES)
    for code in ORGANISERS * 3:
        drafted(session, code, cosponsors=[])
    return session


def promised(session: MeetingSession, known: dict[int, tuple[object, ...]]) -> None:
    """Check everything that the queue promises; `known` are the receipts that were given before."""
    received = list(Application.objects.filter(kind=kind_of(session)).received().in_order_of_receipt())
    held = [each.place for each in received if each.state in HOLDING]
    assert len(held) <= PLACES
    assert len(set(held)) == len(held)
    counted = Counter(each.organiser_id for each in received if each.state in HOLDING or each.state == "waiting")
    assert max(counted.values(), default=0) <= MOST
    if any(each.state == "waiting" for each in received):
        assert len(held) == PLACES
    times = [each.receipt_at for each in received if each.receipt_at]
    assert all(one < other for one, other in itertools.pairwise(times))
    assert [each.receipt_number for each in received] == list(range(1, len(received) + 1))
    receipts = {each.pk: (each.receipt_number, each.receipt_at, each.content_sha256) for each in received}
    assert known.items() <= receipts.items()
    known.update(receipts)


step = st.tuples(st.sampled_from([*ACTS, "submit", "submit", "merge", "wait"]), st.integers(0, 11), st.integers(0, 11))


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(step, min_size=15, max_size=40))
def test_every_sequence_of_steps_keeps_what_is_promised(loaded: int, steps: list[tuple[str, int, int]]) -> None:
    session = MeetingSession.objects.select_related("chain").get(pk=loaded)
    drafts = list(Application.objects.filter(kind=kind_of(session)).order_by("pk"))
    with (
        transaction.atomic(),
        time_machine.travel(session.chain.to_real(IN_WINDOW + timedelta(hours=1)), tick=True) as clock,
    ):
        known: dict[int, tuple[object, ...]] = {}
        for act, one, other in steps:
            try:
                if act == "wait":
                    clock.shift(timedelta(hours=20))
                    look_for_overdue()
                elif act == "merge":
                    decisions.merge_applications(
                        first=again(drafts[one]), second=again(drafts[other]), actor=COMMAND, reason="test"
                    )
                else:
                    ACTS[act](again(drafts[one]))
            except DomainError:
                pass  # what cannot be is refused; it must have left everything as it was
            promised(session, known)
        assert journal.verify(session.chain) > 0
        transaction.set_rollback(True)


# --- the rules alone --------------------------------------------------------------------------------------------------

NOON = IN_WINDOW
FREEZE = NOON + timedelta(days=50)
states = st.sampled_from(["under_review", "correction_requested", "promoted", "accepted", "waiting"])


@st.composite
def queues(draw: st.DrawFn) -> list[Standing]:
    """Return a queue as it can be: places apart, deadlines where they are asked for."""
    found: list[Standing] = []
    for number, state in enumerate(draw(st.lists(states, max_size=25)), start=1):
        hours = draw(st.integers(-48, 48))
        found.append(
            Standing(
                key=number,
                state=state,
                receipt=number,
                organiser=draw(st.integers(1, 9)),
                is_member_state=draw(st.booleans()),
                place=None if state == "waiting" else number,
                due_at=NOON + timedelta(hours=hours) if state in ("correction_requested", "promoted") else None,
            )
        )
    return found


def limits(places: int | None, *, first: bool = False, freeze_at: datetime = FREEZE) -> Limits:
    return Limits(places, MOST, first, timedelta(hours=48), timedelta(hours=48), freeze_at)


@given(standings=queues(), places=st.one_of(st.none(), st.integers(1, 12)), first=st.booleans())
def test_settling_fills_every_place_in_order_and_none_beyond(
    standings: list[Standing], places: int | None, first: bool
) -> None:
    steps = steps_of(standings, limits(places, first=first), at=NOON, now=NOON)
    lapsed = {each.key for each in steps if not isinstance(each, Promotion)}
    promoted = [each for each in steps if isinstance(each, Promotion)]
    held = [each.place for each in standings if each.place and each.key not in lapsed]
    waiting = in_order([each for each in standings if each.state == "waiting"], member_states_first=first)
    free = len(waiting) if places is None else max(0, places - len(held))
    assert [each.key for each in promoted] == [each.key for each in waiting[:free]]
    taken = held + [each.place for each in promoted]
    assert len(set(taken)) == len(taken)
    assert lapsed == {each.key for each in standings if each.due_at is not None and each.due_at <= NOON}


@given(standings=queues())
def test_from_the_freeze_on_nobody_is_promoted_and_nothing_is_still_due(standings: list[Standing]) -> None:
    steps = steps_of(standings, limits(12, freeze_at=NOON), at=NOON, now=NOON)
    assert {each.key for each in steps} == {each.key for each in standings if each.due_at is not None}
    assert not any(isinstance(each, Promotion) for each in steps)
