"""Inscriptions once a drawing is announced: withdrawals, changes of level and late ones wait for it (RULES 2, 3)."""

import pytest

from cnd.actors import COMMAND
from cnd.errors import Refused
from sessions.models import MeetingSession
from sessions.services.inscriptions import change_level, undo_withdrawal, withdraw
from tests.sessions.kept import kept
from tests.sessions.scenes import announce_now, inscribe_states, inscribed, last_entry, make_session

pytestmark = pytest.mark.django_db

loaded = kept(lambda: make_session().pk)


@pytest.fixture
def closed(loaded: int) -> MeetingSession:
    """Return a session on the day on which the window is closed and the quotas are confirmed."""
    return MeetingSession.objects.get(pk=loaded)


@pytest.fixture
def announced(closed: MeetingSession) -> MeetingSession:
    inscribe_states(closed, 6)
    announce_now(closed)
    return closed


def pending(session: MeetingSession) -> list[tuple[str, str]]:
    events = session.debate.drawings.get().events.filter(cancelled_at__isnull=True)
    return [(event.kind, event.facts["delegation"]) for event in events.order_by("number")]


def test_withdrawal_after_the_announcement_is_a_pending_event(announced: MeetingSession) -> None:
    inscription = announced.debate.inscriptions.all()[0]
    withdraw(inscription=inscription, actor=COMMAND)
    assert pending(announced) == [("withdrawn", inscription.delegation.code)]


def test_pending_withdrawal_can_be_taken_back(announced: MeetingSession) -> None:
    inscription = withdraw(inscription=announced.debate.inscriptions.all()[0], actor=COMMAND)
    undo_withdrawal(inscription=inscription, actor=COMMAND)
    assert pending(announced) == []


def test_withdrawal_before_the_announcement_cannot_be_taken_back_after_it(closed: MeetingSession) -> None:
    gone = withdraw(inscription=inscribe_states(closed, 3)[0], actor=COMMAND)
    announce_now(closed)
    with pytest.raises(Refused) as refused:
        undo_withdrawal(inscription=gone, actor=COMMAND)
    assert refused.value.code == "too_late_to_undo"


def test_receipt_given_up_for_a_later_one_does_not_come_back(announced: MeetingSession) -> None:
    old = withdraw(inscription=announced.debate.inscriptions.all()[0], actor=COMMAND)
    anew = inscribed(announced, old.delegation.code)
    withdraw(inscription=anew, actor=COMMAND)
    with pytest.raises(Refused) as refused:
        undo_withdrawal(inscription=old, actor=COMMAND)
    assert refused.value.code == "inscribed_anew"


def test_later_receipt_withdrawn_can_come_back_as_late(announced: MeetingSession) -> None:
    old = withdraw(inscription=announced.debate.inscriptions.all()[0], actor=COMMAND)
    anew = withdraw(inscription=inscribed(announced, old.delegation.code), actor=COMMAND)
    undo_withdrawal(inscription=anew, actor=COMMAND)
    code = old.delegation.code
    assert pending(announced) == [("withdrawn", code), ("late", code)]


def test_change_of_level_after_the_announcement_is_a_pending_event(announced: MeetingSession) -> None:
    inscription = announced.debate.inscriptions.filter(level="ministerial")[0]
    change_level(inscription=inscription, level="above_ministerial", actor=COMMAND)
    assert pending(announced) == [("level_changed", inscription.delegation.code)]


def test_inscription_after_the_announcement_is_late(announced: MeetingSession) -> None:
    inscribed(announced, "ZW")
    assert pending(announced) == [("late", "ZW")]


def test_pending_event_is_public_with_the_drawing(announced: MeetingSession) -> None:
    withdraw(inscription=announced.debate.inscriptions.all()[0], actor=COMMAND)
    assert ["draws/1", "public"] in last_entry(announced).resources
