"""Many writers at once leave one dense, verified chain, on either database."""

import pytest
from django.db import connection, transaction

from cnd import journal
from cnd.actors import COMMAND
from cnd.models import Chain, Checkpoint, ResourceVersion
from tests.cnd.chains import decide, entries, make_chain
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
EACH = 10


@pytest.fixture
def chain() -> Chain:
    return make_chain()


def test_eight_writers_leave_a_dense_chain_that_verifies(chain: Chain) -> None:
    def write() -> None:
        for number in range(EACH):
            if number % 2:
                decide(chain, "roster", audience=ResourceVersion.STAFF)
            else:
                decide(chain, "rules", "slots")

    assert at_once(*[write] * WRITERS) == [None] * WRITERS

    written = entries(chain)
    assert [entry.number for entry in written] == list(range(1, WRITERS * EACH + 1))
    public = [entry.public_number for entry in written if entry.public_number is not None]
    assert public == list(range(1, WRITERS * EACH // 2 + 1))
    assert journal.verify(chain) == WRITERS * EACH


def test_time_never_goes_back_along_the_chain(chain: Chain) -> None:
    at_once(*[lambda: decide(chain)] * WRITERS)
    times = [entry.at for entry in entries(chain)]
    assert times == sorted(times)


def test_writers_on_two_chains_do_not_mix(chain: Chain) -> None:
    other = make_chain("other")
    calls = [lambda: decide(chain), lambda: decide(other)] * (WRITERS // 2)

    assert at_once(*calls) == [None] * WRITERS

    assert (journal.verify(chain), journal.verify(other)) == (WRITERS // 2, WRITERS // 2)


def test_writers_who_also_keep_personal_data_do_not_wait_for_each_other_for_ever(chain: Chain) -> None:
    def write() -> None:
        with journal.decision(chain, action="edit", subject="s", actor=COMMAND) as draft:
            draft.change("speaker", None, journal.refer(journal.keep_personal(chain, {"name": "Ada"})))

    assert at_once(*[write] * WRITERS) == [None] * WRITERS

    assert journal.verify(chain) == WRITERS


def test_writer_who_fails_leaves_no_gap(chain: Chain) -> None:
    def fail() -> None:
        with transaction.atomic():
            decide(chain, "rules")
            raise ZeroDivisionError

    outcomes = at_once(*[lambda: decide(chain, "rules"), fail] * (WRITERS // 2))

    assert [type(outcome).__name__ for outcome in outcomes] == ["NoneType", "ZeroDivisionError"] * (WRITERS // 2)
    assert journal.verify(chain) == WRITERS // 2


def test_verification_while_others_write_finds_nothing_wrong(chain: Chain) -> None:
    decide(chain, "rules", publish=True)

    def write() -> None:
        for _ in range(EACH):
            decide(chain, "rules", publish=True)

    def verify() -> int:
        return min(journal.verify(Chain.objects.get(pk=chain.pk)) for _ in range(EACH))

    outcomes = at_once(*[write, verify] * 3)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert journal.verify(chain) == 3 * EACH + 1


def test_hourly_checkpoint_is_taken_once_by_sweeps_at_once(chain: Chain) -> None:
    decide(chain)

    assert at_once(*[journal.seal_hourly] * WRITERS) == [None] * WRITERS

    assert Checkpoint.objects.count() == 1


@pytest.mark.sqlite
def test_sqlite_takes_the_write_lock_when_a_decision_begins() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
