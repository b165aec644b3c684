"""What is not to be sent any more, and what staff send again."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from cnd import clock
from cnd.actors import actor_for
from cnd.errors import NotPermitted, Refused
from cnd.models import Chain, JournalEntry, Notice, User
from cnd.outbox import delivery
from cnd.outbox.delivery import backlog, deliver, let_lapse, resend
from cnd.outbox.telling import cancel
from tests.cnd.chains import make_chain
from tests.cnd.letters import BROKEN, OPTIONAL, outcome, reader, told
from tests.smtp import MailServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letter_kinds")]

State = Notice.State


@pytest.fixture
def chain() -> Chain:
    return make_chain()


@pytest.fixture
def notice(server: MailServer, chain: Chain) -> Notice:
    """Return a mail that waits to be sent."""
    return told(chain, reader())


def officer() -> User:
    return reader("officer", role=User.Role.SECRETARIAT)


def fresh(notice: Notice) -> Notice:
    return Notice.objects.get(pk=notice.pk)


def after(seconds: float) -> Any:
    return time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=True)


# --- not to be sent any more ------------------------------------------------------------------------------------------


def test_what_is_not_worth_sending_any_more_lapses(server: MailServer, chain: Chain) -> None:
    notice = told(chain, reader(), worth_until=clock.now() + timedelta(hours=1))

    with after(3600):
        assert deliver() == 0

    assert outcome(notice) == (State.LAPSED, 1, "")
    assert server.accepted == []


def test_sweep_lets_lapse_what_waits_for_its_next_attempt(server: MailServer, chain: Chain) -> None:
    server.manners["data"] = "451 not now"
    notice = told(chain, reader(), worth_until=clock.now() + timedelta(seconds=10))
    other = told(chain, reader("other"), key="other", worth_until=clock.now() + timedelta(seconds=30))
    deliver()

    with after(20):
        let_lapse()

    assert outcome(notice) == (State.LAPSED, 1, "451 not now")
    assert outcome(other)[0] == State.WAITING


def test_sweep_lets_lapse_by_the_sessions_own_time(server: MailServer) -> None:
    ahead = make_chain("ahead", clock_offset_s=86_400, is_rehearsal=True)
    notice = told(ahead, officer(), worth_until=ahead.now() + timedelta(seconds=10))

    with after(20):
        let_lapse()

    assert outcome(notice)[0] == State.LAPSED


def test_cancelled_mail_is_not_sent(server: MailServer, notice: Notice, chain: Chain) -> None:
    assert cancel(chain=chain, prefix="news") == 1

    assert deliver() == 0
    assert outcome(notice) == (State.CANCELLED, 0, "")


def test_mail_cancelled_on_its_way_was_sent(server: MailServer, notice: Notice, chain: Chain) -> None:
    on_its_way = fresh(notice)
    assert delivery._claim(on_its_way)
    cancel(chain=chain, prefix="news")

    delivery._settle_sent(on_its_way)

    assert outcome(notice)[0] == State.SENT


def test_mail_cancelled_on_its_way_that_then_failed_stays_cancelled(
    server: MailServer, notice: Notice, chain: Chain
) -> None:
    on_its_way = fresh(notice)
    assert delivery._claim(on_its_way)
    cancel(chain=chain, prefix="news")

    delivery._fail(on_its_way, "451 not now")

    assert outcome(notice)[0] == State.CANCELLED


def test_reader_whose_account_was_closed_is_not_mailed(server: MailServer, notice: Notice) -> None:
    User.objects.update(is_active=False)

    assert deliver() == 0

    assert outcome(notice) == (State.CANCELLED, 1, "The reader is not told by e-mail any more.")


@pytest.mark.parametrize("facts", [{"email": ""}, {"channels": "portal"}])
def test_reader_who_can_be_mailed_no_more_is_told_in_the_portal(
    server: MailServer, chain: Chain, facts: dict[str, str]
) -> None:
    user = reader(channels="email")
    notice = told(chain, user)
    User.objects.update(**facts)

    assert deliver() == 0

    assert outcome(notice)[0] == State.CANCELLED
    assert [each.cause_id for each in Notice.objects.inbox(user)] == [notice.cause_id]


def test_reader_who_unsubscribed_meanwhile_is_not_mailed(server: MailServer, chain: Chain) -> None:
    notice = told(chain, reader(), kind=OPTIONAL)
    User.objects.update(muted_kinds=[OPTIONAL.code])

    assert deliver() == 0
    assert outcome(notice)[0] == State.CANCELLED


def test_text_that_cannot_be_made_is_a_failed_attempt_and_says_no_secret(
    server: MailServer, chain: Chain, caplog: pytest.LogCaptureFixture
) -> None:
    notice = told(chain, reader(), kind=BROKEN)
    other = told(chain, reader("other"), key="other")

    assert deliver() == 1

    assert outcome(notice) == (State.WAITING, 1, "The text could not be made (LookupError).")
    assert set(server.times_by_id()) == {other.message_id}
    assert "secret" not in caplog.text


# --- staff ------------------------------------------------------------------------------------------------------------


def parked(notice: Notice, state: str = State.PARKED) -> Notice:
    Notice.objects.filter(pk=notice.pk).update(state=state, attempts=4, last_error="550 no", next_attempt_at=None)
    return fresh(notice)


@pytest.mark.parametrize("state", [State.PARKED, State.LAPSED])
def test_parked_and_lapsed_mail_is_sent_again_at_once(server: MailServer, chain: Chain, state: str) -> None:
    notice = told(chain, reader(), worth_until=clock.now() + timedelta(seconds=1))

    with after(2):
        resend(notice=parked(notice, state), actor=actor_for(officer()))
        let_lapse()
        assert deliver() == 1

    assert outcome(notice) == (State.SENT, 1, "")
    entry = JournalEntry.objects.get(chain=chain)
    assert (entry.action, entry.subject) == ("resend_notice", f"notice:{notice.pk}")


def test_sending_again_twice_is_sending_again_once(server: MailServer, notice: Notice, chain: Chain) -> None:
    parked(notice)
    for _ in range(2):
        resend(notice=notice, actor=actor_for(officer()))

    assert JournalEntry.objects.filter(chain=chain).count() == 1


def test_what_was_sent_or_cancelled_is_not_sent_again(server: MailServer, notice: Notice, chain: Chain) -> None:
    deliver()
    with pytest.raises(Refused):
        resend(notice=notice, actor=actor_for(officer()))

    gone = told(chain, reader(), key="gone")
    cancel(chain=chain, prefix="gone")
    with pytest.raises(Refused):
        resend(notice=gone, actor=actor_for(officer()))


def test_staff_alone_send_again(server: MailServer, notice: Notice) -> None:
    with pytest.raises(NotPermitted):
        resend(notice=parked(notice), actor=actor_for(reader()))

    assert outcome(notice)[0] == State.PARKED


def test_backlog_counts_by_state_and_names_the_age_of_the_oldest(server: MailServer, chain: Chain) -> None:
    told(chain, reader(), key="sent")
    deliver()
    told(chain, reader(), key="waiting")
    parked(told(chain, reader(), key="parked"))

    with after(60):
        found = backlog()

    assert found.counts == {"waiting": 1, "sent": 1, "cancelled": 0, "lapsed": 0, "parked": 1}
    assert [round(each.total_seconds()) if each else 0 for each in (found.oldest_waiting, found.overdue)] == [60, 60]
