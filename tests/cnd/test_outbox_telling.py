"""Causes and their notices: written once, when they fall due, for whoever belongs to the audience then."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cnd import clock, journal
from cnd.actors import COMMAND
from cnd.models import Cause, Chain, Notice, User
from cnd.outbox import kinds
from cnd.outbox.delivery import deliver, wanted_deliveries
from cnd.outbox.kinds import Audience
from cnd.outbox.telling import cancel, channels_of, fall_due, tell
from tests.cnd.chains import entries, make_chain
from tests.cnd.letters import OPTIONAL, PLAIN, reader

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letter_kinds")]


@pytest.fixture(autouse=True)
def _everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    def members(_chain: Chain, _which: str) -> Iterable[User]:
        return User.objects.all()

    monkeypatch.setitem(kinds._audiences, "everybody", Audience("everybody", "Everybody", members))


@pytest.fixture
def chain() -> Chain:
    return make_chain()


def in_hours(hours: float) -> Any:
    return clock.now() + timedelta(hours=hours)


def after(hours: float) -> Any:
    return time_machine.travel(in_hours(hours), tick=True)


def told(chain: Chain, key: str = "news", **more: Any) -> Cause:
    return tell(chain=chain, kind=PLAIN.code, key=key, **{"audience": "everybody", **more})


def notices(cause: Cause) -> list[tuple[str, str]]:
    return sorted(cause.notices.values_list("recipient__username", "channel"))


def state(cause: Cause) -> str:
    return Cause.objects.get(pk=cause.pk).state


# --- writing ----------------------------------------------------------------------------------------------------------


def test_event_is_told_at_once_over_the_channels_of_each(chain: Chain) -> None:
    reader("both")
    reader("mail", channels="email")
    reader("portal", channels="portal")

    assert notices(told(chain)) == [("both", "email"), ("both", "portal"), ("mail", "email"), ("portal", "portal")]


def test_same_key_is_told_once(chain: Chain) -> None:
    reader()
    first, second = told(chain), told(chain)

    assert first == second
    assert Notice.objects.count() == 2


def test_what_is_rolled_back_is_not_told(chain: Chain) -> None:
    reader()
    with transaction.atomic():
        told(chain)
        transaction.set_rollback(True)

    assert (Cause.objects.count(), Notice.objects.count()) == (0, 0)


def test_cause_knows_the_entry_that_caused_it(chain: Chain) -> None:
    with journal.decision(chain, action="decide", subject="thing", actor=COMMAND) as draft:
        draft.change("thing", 0, 1)
        cause = told(chain)

    assert Cause.objects.get(pk=cause.pk).entry_number == entries(chain)[-1].number


def test_kind_that_nobody_registered_is_refused(chain: Chain) -> None:
    with pytest.raises(KeyError):
        tell(chain=chain, kind="nothing", key="k", audience="everybody")


# --- falling due ------------------------------------------------------------------------------------------------------


def test_reminder_is_told_when_it_falls_due_and_to_whoever_joined_since(chain: Chain) -> None:
    reader("early", channels="email")
    cause = told(chain, due_at=in_hours(2))
    fall_due()
    assert (state(cause), notices(cause)) == (Cause.State.WAITING, [])

    reader("late", channels="email")
    with after(3):
        fall_due()

    assert (state(cause), notices(cause)) == (Cause.State.TOLD, [("early", "email"), ("late", "email")])


def test_reminder_falls_due_by_the_sessions_own_time() -> None:
    ahead = make_chain("ahead", clock_offset_s=7200, is_rehearsal=True)
    cause = told(ahead, due_at=in_hours(3))

    with after(1.1):
        fall_due()

    assert state(cause) == Cause.State.TOLD


def test_after_three_days_without_a_worker_what_is_worth_it_goes_out_and_the_rest_lapses(chain: Chain) -> None:
    user = reader(channels="email")
    past = told(chain, "opened", due_at=in_hours(1), worth_until=in_hours(48))
    coming = told(chain, "closes", due_at=in_hours(2), worth_until=in_hours(96))
    waiting = told(chain, "event", worth_until=in_hours(48))
    kept = told(chain, "for ever")

    with after(72):
        fall_due()
        assert wanted_deliveries() == 1
        assert deliver() == 2

    assert [state(each) for each in (past, coming)] == [Cause.State.LAPSED, Cause.State.TOLD]
    assert {each: str(Notice.objects.get(cause=each, recipient=user).state) for each in (coming, waiting, kept)} == {
        coming: Notice.State.SENT,
        waiting: Notice.State.LAPSED,
        kept: Notice.State.SENT,
    }


def test_cause_that_cannot_be_told_keeps_no_other_from_being_told(
    chain: Chain, caplog: pytest.LogCaptureFixture
) -> None:
    reader()
    broken = told(chain, "broken", audience="nobody:knows", due_at=in_hours(1))
    sound = told(chain, "sound", due_at=in_hours(2))

    with after(3):
        fall_due()

    assert [state(broken), state(sound)] == [Cause.State.WAITING, Cause.State.TOLD]
    assert caplog.messages == [f"cause {broken.pk} cannot be told"]


def test_many_readers_cost_no_more_queries_than_few(chain: Chain) -> None:
    queries = []
    for number, count in enumerate([1, 200]):
        User.objects.bulk_create(
            User(username=f"{number}-{each}", email=f"{number}-{each}@example.org") for each in range(count)
        )
        with CaptureQueriesContext(connection) as captured:
            told(chain, f"news{number}")
        queries.append(len(captured))

    # SQLite takes some ninety rows in one statement.
    assert queries[1] <= queries[0] + 5
    assert Notice.objects.count() == 2 * 1 + 2 * 201


# --- cancelling -------------------------------------------------------------------------------------------------------


def test_cause_that_is_gone_is_not_told(chain: Chain) -> None:
    reader(channels="email")
    told(chain, "deadline/1/a", due_at=in_hours(1))
    told(chain, "deadline/1/b")
    other = told(chain, "deadline/2/a", due_at=in_hours(1))

    assert cancel(chain=chain, prefix="deadline/1/") == 2
    with after(2):
        fall_due()
        assert deliver() == 1

    assert [notice.cause for notice in Notice.objects.filter(state="sent")] == [other]


def test_what_was_sent_stays_sent(chain: Chain) -> None:
    reader(channels="email")
    told(chain)
    deliver()

    assert cancel(chain=chain, prefix="news") == 0
    assert Notice.objects.get().state == Notice.State.SENT


# --- channels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "channels"),
    [
        ({}, ["email", "portal"]),
        ({"channels": "email"}, ["email"]),
        ({"channels": "portal"}, ["portal"]),
        ({"email": ""}, ["portal"]),
        ({"email": "", "channels": "email"}, ["portal"]),
        ({"muted_kinds": [OPTIONAL.code]}, ["portal"]),
        ({"muted_kinds": [OPTIONAL.code], "channels": "email"}, ["portal"]),
        ({"is_active": False}, []),
    ],
)
def test_channels_are_those_that_the_reader_chose(chain: Chain, facts: dict[str, Any], channels: list[str]) -> None:
    assert channels_of(reader(**facts), OPTIONAL, chain) == channels


@pytest.mark.parametrize(("role", "channels"), [("delegation", ["portal"]), ("secretariat", ["email", "portal"])])
def test_rehearsal_mails_staff_alone(role: str, channels: list[str]) -> None:
    assert channels_of(reader(role=role), PLAIN, make_chain(is_rehearsal=True)) == channels
