"""Killed before any statement whatever, a delivery loses no mail, and repeats one at most, with the same Message-ID."""

from datetime import timedelta

import pytest
import time_machine
from pytest_django import Settings

from cnd import clock
from cnd.models import Cause, MailLane, Notice
from cnd.outbox.delivery import deliver
from cnd.outbox.telling import fall_due, tell
from tests.cnd.chains import make_chain
from tests.cnd.letters import PLAIN, reader, told
from tests.kills import dies_before
from tests.smtp import MailServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("letter_kinds")]

MANY = 60


def test_delivery_killed_before_each_statement_in_turn(server: MailServer, settings: Settings) -> None:
    chain, user = make_chain(), reader()
    killed, repeated = 0, 0
    for point in range(1, MANY):
        notice = told(chain, user, key=f"news/{point}")
        is_dead = dies_before(point, deliver)
        with time_machine.travel(clock.now() + timedelta(seconds=settings.MAIL_LEASE_SECONDS + 1), tick=True):
            deliver()
        times = server.times_by_id()[notice.message_id]
        notice.refresh_from_db()

        assert notice.state == Notice.State.SENT
        assert 1 <= times <= 1 + is_dead
        killed, repeated = killed + is_dead, repeated + times - 1
        MailLane.objects.update(leased_until=None)
        if not is_dead:
            break

    # Only between the server's yes and the statement that writes it down is a mail repeated.
    assert (killed > 8, repeated) == (True, 1)


def test_sweep_killed_before_each_statement_in_turn_tells_each_reader_once() -> None:
    chain, user = make_chain(), reader()
    for point in range(1, MANY):
        cause = tell(
            chain=chain,
            kind=PLAIN.code,
            key=f"reminder/{point}",
            audience=f"user:{user.pk}",
            due_at=clock.now() + timedelta(milliseconds=1),
        )
        with time_machine.travel(clock.now() + timedelta(seconds=1), tick=True):
            is_dead = dies_before(point, fall_due)
            state, written = Cause.objects.get(pk=cause.pk).state, cause.notices.count()
            assert (state, written) in {("waiting", 0), ("told", 2)}
            fall_due()
        assert sorted(cause.notices.values_list("channel", flat=True)) == ["email", "portal"]
        if not is_dead:
            break
    else:
        pytest.fail("it was killed every time")
