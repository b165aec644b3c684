"""Several at one moment, each with a connection of its own: on PostgreSQL and on SQLite."""

from collections.abc import Callable

import pytest

from cnd import journal
from cnd.actors import COMMAND
from logistics.models import Application
from logistics.services.queue import withdraw_application
from logistics.services.submission import submit_application
from sessions.models import MeetingSession
from tests.logistics.windows import drafted, kind_of, others, windowed
from tests.sessions.scenes import correct, states
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)

PLACES = 3


@pytest.fixture
def session() -> MeetingSession:
    """Return a session with three places in its high-level window."""
    made = windowed()
    correct(made, "side-event-high-level.places", PLACES)
    return made


def submitting(application: Application) -> Callable[[], str]:
    """Return a call that submits and returns what became of it."""
    return lambda: submit_application(application=application, actor=COMMAND).state


def test_ten_at_once_hold_three_places_and_wait_in_order(session: MeetingSession) -> None:
    drafts = [drafted(session, each.code) for each in states(session, "african", 10)]
    outcomes = at_once(*map(submitting, drafts))
    assert kinds(outcomes) == {"'under_review'": PLACES, "'waiting'": 7}
    received = list(Application.objects.received().in_order_of_receipt())
    assert [each.receipt_number for each in received] == list(range(1, 11))
    times = [each.receipt_at for each in received]
    assert times == sorted(set(times), key=str)
    assert [each.place for each in received] == [1, 2, 3, *[None] * 7]
    assert journal.verify(session.chain) > 10


def test_a_draft_submitted_four_times_at_once_has_one_receipt(session: MeetingSession) -> None:
    draft = drafted(session)
    assert kinds(at_once(*[submitting(draft)] * 4)) == {"'under_review'": 4}
    assert kind_of(session).last_receipt_number == 1


def test_four_of_one_organiser_at_once_are_two(session: MeetingSession) -> None:
    outcomes = at_once(*[submitting(drafted(session)) for _ in range(4)])
    assert kinds(outcomes) == {"'under_review'": 2, "limit_reached": 2}
    assert kind_of(session).last_receipt_number == 2


def test_two_withdrawals_at_once_promote_the_first_two(session: MeetingSession) -> None:
    made = others(session, PLACES + 3)

    def withdrawing(application: Application) -> Callable[[], str]:
        return lambda: withdraw_application(application=application, actor=COMMAND).state

    outcomes = at_once(withdrawing(made[0]), withdrawing(made[2]), withdrawing(made[0]))
    assert kinds(outcomes) == {"'withdrawn'": 3}
    found = Application.objects.filter(pk__in=[each.pk for each in made[PLACES:]]).order_by("receipt_number")
    assert [each.state for each in found] == ["promoted", "promoted", "waiting"]
    assert sorted(each.place for each in found if each.place) == [1, 3]
