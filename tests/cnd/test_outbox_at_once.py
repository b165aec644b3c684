"""The outbox under many hands: threads on PostgreSQL, and the amount of work for ten thousand notices."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from cnd import clock
from cnd.models import Cause, Chain, Notice, User
from cnd.outbox.delivery import backlog, deliver, let_lapse, wanted_deliveries
from cnd.outbox.telling import cancel, fall_due, tell, write_notices
from tests.cnd.chains import make_chain
from tests.cnd.letters import PLAIN, reader, told
from tests.smtp import MailServer
from tests.threads import at_once, kinds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("letter_kinds")]

State = Notice.State


def many(chain: Chain, count: int) -> None:
    """Have one cause wait to be mailed to so many readers."""
    User.objects.bulk_create(User(username=f"r{each}", email=f"r{each}@example.org") for each in range(count))
    cause = Cause.objects.create(
        chain=chain,
        key="many",
        kind=PLAIN.code,
        due_at=clock.now(),
        state="told",
        settled_at=clock.now(),
        audience="nobody",
    )
    write_notices(cause, [(user, "email") for user in User.objects.all()], clock.now())


@pytest.mark.postgresql
def test_deliveries_at_once_send_every_mail_once(server: MailServer, settings: Settings) -> None:
    settings.MAIL_PARALLEL = 4
    server.slowness_s = 0.005
    many(make_chain(), 60)

    outcomes = at_once(*[deliver] * 6)

    assert sum(each for each in outcomes if isinstance(each, int)) == 60
    assert set(server.times_by_id().values()) == {1}
    assert len(server.accepted) == 60
    assert 1 < server.most_at_once <= 4
    assert set(Notice.objects.values_list("state", "attempts")) == {(State.SENT, 1)}


@pytest.mark.postgresql
def test_no_more_deliveries_than_lanes_are_under_way(server: MailServer) -> None:
    server.slowness_s = 0.01
    many(make_chain(), 20)

    at_once(*[deliver] * 5)

    assert (server.most_at_once, server.connections, len(server.accepted)) == (1, 1, 20)


@pytest.mark.postgresql
def test_sweeps_at_once_write_each_notice_once() -> None:
    chain, user = make_chain(), reader(channels="email")
    for number in range(20):
        tell(
            chain=chain,
            kind=PLAIN.code,
            key=f"k{number}",
            audience=f"user:{user.pk}",
            due_at=clock.now() + timedelta(hours=1),
        )

    with time_machine.travel(clock.now() + timedelta(hours=2), tick=True):
        outcomes = at_once(*[fall_due] * 4)

    assert kinds(outcomes) == {"None": 4}
    assert Notice.objects.count() == 20
    assert set(Cause.objects.values_list("state", flat=True)) == {"told"}


def moved(chain: Chain, user: User, number: int) -> Callable[[], None]:
    """Return the decision that moves a deadline: its reminders are cancelled, and there are new ones."""

    def move() -> None:
        with transaction.atomic():
            cancel(chain=chain, prefix=f"deadline/{number}/1/")
            tell(
                chain=chain,
                kind=PLAIN.code,
                key=f"deadline/{number}/2/",
                audience=f"user:{user.pk}",
                due_at=clock.now() + timedelta(days=9),
            )

    return move


@pytest.mark.postgresql
def test_deadline_that_moves_while_its_reminder_falls_due_is_not_told_by_its_old_time(server: MailServer) -> None:
    chain, user = make_chain(), reader(channels="email")
    for number in range(8):
        tell(
            chain=chain,
            kind=PLAIN.code,
            key=f"deadline/{number}/1/",
            audience=f"user:{user.pk}",
            due_at=clock.now() + timedelta(hours=1),
        )

    with time_machine.travel(clock.now() + timedelta(hours=2), tick=True):
        outcomes = at_once(fall_due, *[moved(chain, user, number) for number in range(8)], fall_due)
        deliver()

    assert kinds(outcomes) == {"None": 10}
    assert server.accepted == []
    assert set(Notice.objects.values_list("state", flat=True)) <= {State.CANCELLED}
    assert Cause.objects.filter(key__endswith="/2/", state="waiting").count() == 8


@pytest.mark.postgresql
def test_mail_cancelled_while_it_is_sent_ends_as_what_became_of_it(server: MailServer) -> None:
    chain = make_chain()
    server.slowness_s = 0.02
    for number in range(12):
        told(chain, reader(f"reader{number}", channels="email"), key=f"news/{number}")

    at_once(deliver, lambda: cancel(chain=chain, prefix="news/"))

    went_out = {str(mail["Message-ID"]) for mail in server.accepted}
    assert {notice.message_id for notice in Notice.objects.filter(state=State.SENT)} == went_out
    assert Notice.objects.exclude(state=State.SENT).exclude(state=State.CANCELLED).count() == 0


@pytest.mark.postgresql
def test_sweeps_that_let_lapse_and_decisions_that_cancel_do_not_wait_for_each_other() -> None:
    chain = make_chain()
    many(chain, 300)
    Cause.objects.update(worth_until=clock.now())

    outcomes = at_once(let_lapse, lambda: cancel(chain=chain, prefix="many"), let_lapse)

    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert Notice.objects.filter(state=State.WAITING).count() == 0


def test_ten_thousand_notices_are_found_by_an_index_and_in_portions() -> None:
    chain = make_chain()
    many(chain, 10_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    due = Notice.objects.deliverable(clock.now()).order_by("next_attempt_at", "pk")[:50]

    assert "notice_waiting" in due.explain()
    for call, most in ((wanted_deliveries, 2), (let_lapse, 5), (fall_due, 2), (backlog, 3)):
        with CaptureQueriesContext(connection) as captured:
            call()
        assert len(captured) <= most, call


def test_a_mail_costs_few_queries_however_many_wait(server: MailServer, settings: Settings) -> None:
    settings.MAIL_BATCH_SECONDS = 60
    many(make_chain(), 60)
    with CaptureQueriesContext(connection) as captured:
        assert deliver() == 60

    # Claim, wording, letterhead, settle; and a look for more every fifty.
    assert len(captured) <= 60 * 4 + 12
