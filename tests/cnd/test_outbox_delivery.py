"""Delivery over SMTP, one behaviour of the mail server after the other: what becomes of the mail, and when."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from pytest_django import Settings

from cnd import clock
from cnd.models import Chain, JournalEntry, MailLane, Notice
from cnd.outbox import delivery
from cnd.outbox.delivery import backlog, deliver, wanted_deliveries
from tests.cnd.chains import make_chain
from tests.cnd.letters import outcome, reader, told
from tests.servers import free_port
from tests.smtp import DRIP, DROP, HANG, MailServer, silent_server

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letter_kinds")]

State = Notice.State
DELAYS = [60.0, 300.0, 1800.0]
TIMEOUT_S = 0.3


@pytest.fixture(autouse=True)
def _delays(settings: Settings) -> None:
    settings.EMAIL_TIMEOUT = TIMEOUT_S
    settings.MAIL_RETRY_DELAYS_S = DELAYS


@pytest.fixture
def chain() -> Chain:
    return make_chain()


@pytest.fixture
def notice(server: MailServer, chain: Chain) -> Notice:
    """Return a mail that waits to be sent."""
    return told(chain, reader())


def fresh(notice: Notice) -> Notice:
    return Notice.objects.get(pk=notice.pk)


def sent_ids(server: MailServer) -> list[str]:
    return [str(mail["Message-ID"]) for mail in server.accepted]


def after(seconds: float) -> Any:
    return time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=True)


# --- a good server ----------------------------------------------------------------------------------------------------


def test_mail_that_waits_is_sent_once(server: MailServer, notice: Notice) -> None:
    assert (deliver(), deliver()) == (1, 0)

    assert sent_ids(server) == [notice.message_id]
    assert outcome(notice) == (State.SENT, 1, "")
    assert fresh(notice).sent_at is not None


def test_many_mails_share_one_connection(server: MailServer, chain: Chain) -> None:
    for number in range(5):
        told(chain, reader(f"reader{number}"), key=f"news{number}")

    assert deliver() == 5

    assert (len(server.accepted), server.connections) == (5, 1)


def test_server_that_ends_connections_gets_the_rest_over_new_ones(server: MailServer, chain: Chain) -> None:
    server.mails_a_connection = 2
    notices = [told(chain, reader(f"reader{number}"), key=f"news{number}") for number in range(5)]

    assert deliver() == 5

    assert server.connections == 3
    assert [outcome(notice) for notice in notices] == [(State.SENT, 1, "")] * 5


def test_nothing_is_sent_within_a_transaction(
    server: MailServer, notice: Notice, monkeypatch: pytest.MonkeyPatch
) -> None:
    depth = len(connection.savepoint_ids)
    seen = []
    accept = server.handle_DATA

    async def looking(*args: Any) -> str:
        seen.append(len(connection_of_test.savepoint_ids))
        return await accept(*args)

    connection_of_test = connection
    monkeypatch.setattr(server, "handle_DATA", looking)
    deliver()

    assert seen == [depth]


def test_delivery_writes_no_journal_entry(server: MailServer, notice: Notice) -> None:
    before = JournalEntry.objects.count()

    deliver()

    assert JournalEntry.objects.count() == before


# --- a bad one --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("reply", ["451 try again later", "550 no such user <reader@example.org>"])
def test_refused_mail_waits_for_its_next_attempt(server: MailServer, notice: Notice, stage: str, reply: str) -> None:
    server.manners[stage] = reply
    at = clock.now()

    assert deliver() == 0

    assert outcome(notice) == (State.WAITING, 1, reply.replace("<reader@example.org>", "<…>"))
    next_at = fresh(notice).next_attempt_at
    assert next_at is not None
    assert DELAYS[0] <= (next_at - at).total_seconds() < DELAYS[0] + 5


def test_refused_mail_keeps_no_other_from_going_out(server: MailServer, notice: Notice, chain: Chain) -> None:
    server.manners_for["reader@example.org"] = "550 no such user"
    other = told(chain, reader("other"), key="other")

    assert deliver() == 1

    assert sent_ids(server) == [other.message_id]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("stage", "manners", "error"),
    [
        ("mail", "421 closing", "421 closing"),
        ("mail", "530 authenticate first", "530 authenticate first"),
        ("data", "421 closing", "421 closing"),
        ("rcpt", HANG, "NoAnswer: The mail server did not answer in time."),
        ("data", HANG, "NoAnswer: The mail server did not answer in time."),
        ("data", DRIP, "NoAnswer: The mail server did not answer in time."),
        ("data", DROP, "SMTPServerDisconnected: Connection unexpectedly closed"),
    ],
)
def test_server_in_trouble_costs_one_mail_one_attempt_and_ends_the_batch(
    server: MailServer, notice: Notice, chain: Chain, stage: str, manners: str, error: str
) -> None:
    server.manners[stage] = manners
    other = told(chain, reader("other"), key="other")

    assert deliver() == 0

    assert outcome(notice) == (State.WAITING, 1, error)
    assert outcome(other) == (State.WAITING, 0, "")
    assert backlog().server_error == error


def test_server_that_is_not_there_costs_one_mail_one_attempt(
    server: MailServer, notice: Notice, chain: Chain, settings: Settings
) -> None:
    settings.EMAIL_PORT = free_port()
    other = told(chain, reader("other"), key="other")

    assert deliver() == 0

    assert outcome(notice) == (State.WAITING, 1, "ConnectionRefusedError: [Errno 111] Connection refused")
    assert outcome(other) == (State.WAITING, 0, "")


def test_server_that_never_greets_is_left_in_time(server: MailServer, notice: Notice, settings: Settings) -> None:
    began = clock.now()
    with silent_server() as settings.EMAIL_PORT:
        deliver()

    assert outcome(notice) == (State.WAITING, 1, "NoAnswer: The mail server did not answer in time.")
    assert (clock.now() - began).total_seconds() < 8 * TIMEOUT_S


def test_mail_lost_from_sight_is_repeated_with_the_same_message_id(server: MailServer, notice: Notice) -> None:
    server.manners["data"] = DROP
    deliver()
    server.manners.clear()

    with after(DELAYS[0] + 1):
        assert deliver() == 1

    assert server.times_by_id() == {notice.message_id: 2}
    assert outcome(notice) == (State.SENT, 2, "")


def test_delays_grow_until_the_mail_is_parked(server: MailServer, notice: Notice) -> None:
    server.manners["data"] = "451 not now"
    waited = []
    for _ in DELAYS:
        deliver()
        at, next_at = clock.now(), fresh(notice).next_attempt_at
        assert next_at is not None
        waited.append(round((next_at - at).total_seconds(), -1))
        Notice.objects.update(next_attempt_at=at)
    deliver()

    assert waited == DELAYS
    assert outcome(notice) == (State.PARKED, 4, "451 not now")
    assert deliver() == 0


# --- dying with a mail in hand ----------------------------------------------------------------------------------------


def claimed(notice: Notice) -> None:
    """Leave the mail as a worker does that dies while it sends it."""
    assert delivery._claim(fresh(notice))


def test_mail_in_a_dead_workers_hands_is_repeated_when_the_lease_has_run_out(
    server: MailServer, notice: Notice, settings: Settings
) -> None:
    claimed(notice)

    assert deliver() == 0
    with after(settings.MAIL_LEASE_SECONDS + 1):
        assert deliver() == 1
    assert outcome(notice) == (State.SENT, 2, "")


def test_mail_that_kills_every_worker_is_parked(server: MailServer, notice: Notice) -> None:
    for _ in range(len(DELAYS) + 1):
        claimed(notice)
        Notice.objects.update(leased_until=None)

    assert deliver() == 0

    assert outcome(notice) == (State.PARKED, 5, "What became of the last attempt is not known.")
    assert server.accepted == []


def test_lane_of_a_dead_worker_is_free_when_its_lease_has_run_out(
    server: MailServer, notice: Notice, settings: Settings
) -> None:
    assert delivery._take_lane() is not None

    assert (wanted_deliveries(), deliver()) == (0, 0)
    with after(settings.MAIL_LEASE_SECONDS + 1):
        assert (wanted_deliveries(), deliver()) == (1, 1)


# --- lanes ------------------------------------------------------------------------------------------------------------


def test_server_in_trouble_is_left_alone_for_longer_and_longer(
    server: MailServer, notice: Notice, chain: Chain, settings: Settings
) -> None:
    settings.MAIL_PAUSES_S = [5.0, 15.0, 60.0]
    settings.EMAIL_PORT, good = free_port(), settings.EMAIL_PORT
    for number in range(5):
        told(chain, reader(f"reader{number}"), key=f"more{number}")
    pauses = []
    for _ in range(4):
        at = clock.now()
        deliver()
        assert wanted_deliveries() == 0
        resting_until = MailLane.objects.get().resting_until
        assert resting_until is not None
        pauses.append(round((resting_until - at).total_seconds()))
        MailLane.objects.update(resting_until=None)
    settings.EMAIL_PORT = good
    deliver()

    assert pauses == [5, 15, 60, 60]
    assert backlog().server_failures == 0


def test_nothing_is_wanted_while_nothing_is_due(server: MailServer) -> None:
    assert wanted_deliveries() == 0


def test_there_are_as_many_deliveries_as_may_be_under_way(
    server: MailServer, notice: Notice, settings: Settings
) -> None:
    settings.MAIL_PARALLEL = 3

    assert wanted_deliveries() == 3
    delivery._take_lane()
    assert wanted_deliveries() == 2


def test_batch_ends_when_its_time_is_up(server: MailServer, chain: Chain, settings: Settings) -> None:
    settings.MAIL_BATCH_SECONDS, server.slowness_s = 0.2, 0.15
    for number in range(5):
        told(chain, reader(f"reader{number}"), key=f"news{number}")

    assert deliver() in {1, 2}
    assert wanted_deliveries() == 1


def test_batch_that_lost_its_lane_ends(server: MailServer, chain: Chain, settings: Settings) -> None:
    lane = delivery._take_lane()
    assert lane is not None
    told(chain, reader())
    with after(settings.MAIL_LEASE_SECONDS + 1):
        assert delivery._take_lane() is not None
        assert delivery._Batch(lane).run() == 0
