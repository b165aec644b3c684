"""Killed before any statement whatever, a draw leaves nothing half done, and the next run completes it once."""

from datetime import timedelta

import pytest
import time_machine
from pytest_django import Settings

from sessions.domain import drand
from sessions.models import Drawing, MeetingSession
from sessions.services import draw
from sessions.services.announcements import Sources
from sessions.services.draw import annul, ask_annulment, hand_in_drand
from tests.kills import dies_before
from tests.sessions.once import assert_drawn_once, assert_journal_holds, assert_undrawn
from tests.sessions.relays import relay
from tests.sessions.rounds import SIGNATURE
from tests.sessions.scenes import announce_at, as_officer, ready_session

pytestmark = pytest.mark.django_db(transaction=True)

ROUND = 657413
MOMENT = drand.time_of_round(ROUND)
ANNOUNCED = MOMENT - timedelta(hours=2)
DUE = MOMENT + timedelta(seconds=1)
AFTER_THE_LEASE = DUE + timedelta(minutes=2)
MANY = 200


@pytest.fixture
def session() -> MeetingSession:
    """Return a session of two slots and four States."""
    # Remembered from here on, in copies of this process too.
    assert drand.is_genuine(ROUND, SIGNATURE[ROUND])
    with time_machine.travel(ANNOUNCED - timedelta(days=1)):
        return ready_session(4, slots=2)


def announced(session: MeetingSession) -> Drawing:
    with time_machine.travel(ANNOUNCED, tick=False):
        return announce_at(session, MOMENT, Sources())


def cleared(drawing: Drawing) -> None:
    """Have the next drawing possible."""
    ask_annulment(drawing=drawing, reason="for the next test", actor=as_officer("A"))
    annul(drawing=drawing, actor=as_officer("B"))


def test_worker_killed_before_each_statement_in_turn(session: MeetingSession, settings: Settings) -> None:
    with relay() as address:
        settings.DRAND_RELAYS = [address]
        killed = 0
        for point in range(1, MANY):
            drawing = announced(session)
            with time_machine.travel(DUE, tick=False):
                is_dead = dies_before(point, lambda drawing=drawing: draw.advance(drawing.pk))  # type: ignore[misc]
            if is_dead:
                killed += 1
                assert_undrawn(drawing)
                with time_machine.travel(AFTER_THE_LEASE, tick=False):
                    assert draw.due_drawings() == [drawing.pk]
                    assert draw.advance(drawing.pk) is True
            assert_drawn_once(drawing)
            assert_journal_holds(session)
            if not is_dead:
                break
            cleared(drawing)
    # Claim, value and draw are three transactions of several statements each.
    assert 30 < killed < MANY - 1


def test_killed_while_handing_in_the_value_is_stored_or_not_but_never_by_half(session: MeetingSession) -> None:
    drawing = announced(session)
    with time_machine.travel(DUE, tick=False):
        point = 1
        while dies_before(point, lambda: hand_in_drand(drawing=drawing, signature=SIGNATURE[ROUND])):
            assert drawing.sources.get().value is None
            assert_journal_holds(session)
            point += 1
        assert (drawing.sources.get().value or {})["round"] == ROUND
        assert draw.advance(drawing.pk) is True
    assert_drawn_once(drawing)
