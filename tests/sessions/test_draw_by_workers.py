"""The draw by real worker processes on both transports: killed, sent twice, its message lost, and still exactly one."""

from datetime import timedelta

import pytest
import time_machine

from cnd import clock
from sessions.models import Drawing
from sessions.tasks import advance_drawing
from tests.sessions.once import assert_drawn_once, assert_journal_holds, assert_undrawn
from tests.sessions.scenes import announce_now, inscribe_states, make_session
from tests.workers import KillPoint, Workers, eventually


@pytest.fixture
def due(workers: Workers) -> Drawing:
    """Return a drawing whose announced moment is just past by the machine's own clock, which the workers read."""
    with time_machine.travel(clock.now() - timedelta(seconds=90)):
        session = make_session()
        inscribe_states(session, 12)
        return announce_now(session, lead_s=60)


def is_drawn(drawing: Drawing) -> bool:
    return Drawing.objects.filter(pk=drawing.pk, state=Drawing.State.DRAWN).exists()


# Right after the claim, and in the midst of the draw; test_draw_killed.py takes every statement in turn.
@pytest.mark.parametrize("before", [2, 24])
def test_worker_killed_in_the_middle_leaves_nothing_and_the_next_one_draws(
    workers: Workers, due: Drawing, before: int
) -> None:
    first = workers.worker(kill=KillPoint("sessions.advance_drawing", before=before, whole_worker=True))
    workers.beat()
    eventually(lambda: workers.has_killed and not first.is_alive(), "the worker was killed", workers)
    assert_undrawn(due)

    workers.worker()

    eventually(lambda: is_drawn(due), "the next worker drew", workers)
    assert_drawn_once(due)
    assert_journal_holds(due.debate.session)


def test_draw_whose_message_was_lost_is_found_by_the_sweep(workers: Workers, due: Drawing) -> None:
    with workers.receive_from_here():
        advance_drawing.delay(due.pk)
    workers.lose_messages()

    workers.worker()
    workers.beat()

    eventually(lambda: is_drawn(due), "the sweep found it", workers)
    assert_drawn_once(due)


def test_task_sent_many_times_to_two_workers_draws_once(workers: Workers, due: Drawing) -> None:
    workers.worker(concurrency=2)
    workers.worker(concurrency=2)
    with workers.receive_from_here():
        for _ in range(6):
            advance_drawing.delay(due.pk)

    eventually(lambda: is_drawn(due), "it was drawn", workers)
    eventually(
        lambda: sum(process.text().count("succeeded") for process in workers.processes) >= 6, "all were run", workers
    )
    assert_drawn_once(due)
    assert_journal_holds(due.debate.session)
