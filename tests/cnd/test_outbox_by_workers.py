"""The outbox by real worker processes on both transports, with a real mail server: killed, cut off, sent twice.

Lost none, late none while a worker runs, one row a key, and a mail repeated at most once for each death inside a
delivery.
"""

import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from cnd import clock
from cnd.models import Cause, Chain, Heartbeat, MailLane, Notice, User
from cnd.outbox.delivery import deliver
from cnd.outbox.telling import tell
from tests.cnd.chains import make_chain
from tests.cnd.letters import PLAIN, reader, told
from tests.servers import broker
from tests.smtp import HANG, MailServer
from tests.workers import KillPoint, Process, Workers, eventually

pytestmark = pytest.mark.usefixtures("letter_kinds")

State = Notice.State
KINDS = "tests.cnd.letters_of_workers"
SWEEP_S, LEASE_S, RETRY_S = 0.5, 2.0, 0.5
LATE = timedelta(seconds=LEASE_S + 2 * SWEEP_S + RETRY_S)
SLACK = timedelta(seconds=6)
"""What two busy cores may add to every moment here; the rule itself (DESIGN) has none."""


@pytest.fixture
def post(workers: Workers, server: MailServer) -> Workers:
    """Return workers that deliver to the mail server."""
    return mailing(workers, server)


def mailing(workers: Workers, server: MailServer) -> Workers:
    workers._settings |= {
        "email_url": f"smtp://127.0.0.1:{server.port}",
        "email_timeout_s": 1,
        "mail_lease_seconds": LEASE_S,
        "mail_retry_delays_s": ",".join([str(RETRY_S)] * 10),
        "mail_pauses_s": "0.2",
        "sweep_seconds": SWEEP_S,
    }
    return workers


@pytest.fixture
def chain(transactional_db: None) -> Chain:
    MailLane.objects.create(number=0)
    return make_chain()


def all_sent() -> bool:
    mails = Notice.objects.filter(channel="email")
    return not Cause.objects.filter(state="waiting").exists() and not mails.exclude(state=State.SENT).exists()


def assert_kept(server: MailServer, causes: int, *, kills: int = 0) -> None:
    """Every cause was mailed once, or once more for a death inside its delivery; nothing else was."""
    mails = Notice.objects.filter(channel="email")
    times = server.times_by_id()
    assert mails.count() == causes
    assert set(times) == set(mails.values_list("message_id", flat=True))
    assert sum(times.values()) <= causes + kills
    assert set(mails.values_list("state", flat=True)) == {State.SENT}


def later(chain: Chain, user: User, number: int, seconds: float) -> Cause:
    due_at = clock.now() + timedelta(seconds=seconds)
    return tell(chain=chain, kind=PLAIN.code, key=f"later/{number}", audience=f"user:{user.pk}", due_at=due_at)


def statement_that_settles(chain: Chain) -> int:
    """Return which statement of a delivery, commits counted, writes that the first mail went out."""
    told(chain, reader(channels="email"), key="first")
    passed: list[str] = []

    def counted(execute: Callable[..., object], sql: str, *more: object) -> object:
        passed.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(counted):
        deliver()
    claimed, settled = [place for place, sql in enumerate(passed) if sql.startswith('UPDATE "cnd_notice"')]
    assert claimed < settled
    return 1 + settled


# --- the way of a mail ------------------------------------------------------------------------------------------------


def test_mail_goes_out_by_the_hint_of_its_cause_alone(
    post: Workers, server: MailServer, chain: Chain, settings: Settings, no_messages: None
) -> None:
    # No beat sends another, so that the hint must live until these cores come to it.
    settings.SWEEP_SECONDS = post._settings["sweep_seconds"] = 30.0
    post.worker(include=KINDS)
    with post.receive_from_here():
        told(chain, reader())

    eventually(all_sent, "it was sent without beat", post)
    assert_kept(server, 1)


def test_worker_killed_with_an_accepted_mail_in_hand_repeats_it_once(
    post: Workers, server: MailServer, chain: Chain
) -> None:
    # On one transport the pool's process dies, on the other the whole worker; test_outbox_killed.py takes every point.
    whole_worker = post.transport == "redis"
    point = KillPoint("cnd.deliver", before=statement_that_settles(chain), whole_worker=whole_worker)
    first = post.worker(include=KINDS, kill=point)
    post.beat()
    notices = [told(chain, reader(f"reader{each}", channels="email"), key=f"news/{each}") for each in range(3)]
    eventually(lambda: post.has_killed, "it was killed", post)
    if whole_worker:
        eventually(lambda: not first.is_alive(), "the whole worker died", post)
        post.worker(include=KINDS)

    eventually(all_sent, "the next one sent all", post)
    assert_kept(server, 4, kills=1)
    assert [server.times_by_id()[notice.message_id] for notice in notices] == [2, 1, 1]


def test_day_on_which_everything_goes_wrong(post: Workers, server: MailServer, chain: Chain) -> None:
    from cnd.tasks import deliver as task
    from cnd.tasks import sweep

    user = reader(channels="email")
    server.slowness_s = 0.02
    server.manners["data"] = "451 not yet"
    first, beat = post.worker(include=KINDS, concurrency=2), post.beat()
    for number in range(10):
        told(chain, reader(f"reader{number}", channels="email"), key=f"news/{number}")
        later(chain, user, number, number * 0.3)
    eventually(lambda: Notice.objects.filter(attempts__gt=0).exists(), "the first was refused", post)
    server.manners.clear()
    eventually(lambda: len(server.accepted) > 3, "some went out", post)
    first.kill()
    beat.kill()
    post.lose_messages()
    with post.receive_from_here():
        for _ in range(3):
            task.delay()
            sweep.delay()
    second = post.worker(include=KINDS, concurrency=2)
    since = clock.now()
    post.beat()

    eventually(all_sent, "all were sent", post, second)
    assert_kept(server, 20, kills=1)
    assert not late_ones(since)


def late_ones(since: datetime) -> list[Notice]:
    """Return what went out later than it may, counted from when it was due and a worker ran."""
    mails = Notice.objects.filter(channel="email", sent_at__gt=since).select_related("cause")
    return [each for each in mails if (each.sent_at or since) - max(each.cause.due_at, since) > LATE + SLACK]


def test_mail_server_that_hangs_holds_up_nothing_else(post: Workers, server: MailServer, chain: Chain) -> None:
    server.manners["data"] = HANG
    user = reader(channels="portal")
    for number in range(10):
        told(chain, reader(f"reader{number}", channels="email"), key=f"news/{number}")
    post.worker(include=KINDS, concurrency=2)
    post.beat()
    eventually(lambda: server.most_at_once == 1, "it hangs", post)
    causes = [later(chain, user, number, 0.4 * number) for number in range(6)]

    eventually(lambda: not Cause.objects.filter(state="waiting").exists(), "all were told in the portal", post)
    delays = [told_at - cause.due_at for cause in causes if (told_at := cause_told_at(cause))]
    assert len(delays) == 6
    assert max(delays) < timedelta(seconds=2 * SWEEP_S) + SLACK
    assert server.most_at_once == 1
    assert Notice.objects.filter(channel="email", attempts__gt=1).count() <= 1


def cause_told_at(cause: Cause) -> datetime | None:
    return Cause.objects.get(pk=cause.pk).settled_at


# --- the broker -------------------------------------------------------------------------------------------------------


def test_broker_killed_with_all_its_messages_delays_but_loses_nothing(
    server: MailServer, chain: Chain, tmp_path: Path
) -> None:
    user = reader(channels="email")
    with broker() as own:
        post = mailing(Workers("redis", tmp_path / "celery", own.url), server)
        try:
            worker = post.worker(include=KINDS)
            beat = post.beat()
            for number in range(6):
                later(chain, user, number, number * 0.5)
            eventually(lambda: server.accepted, "the first went out", post)
            own.end(signal.SIGKILL)
            told(chain, reader("other"), key="while it was gone")
            eventually(lambda: connection_lost(worker), "the worker noticed", post)
            own.start()

            eventually(all_sent, "worker and beat came back by themselves", post)
            assert worker.is_alive()
            assert beat.is_alive()
            assert Heartbeat.seen_within(Heartbeat.Part.BEAT, timedelta(seconds=30))
            assert_kept(server, 7)
        finally:
            post.stop()


def connection_lost(worker: Process) -> bool:
    return "Connection to broker lost" in worker.text() or "Cannot connect to" in worker.text()
