"""Several loadings and corrections of a rule book at once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from cnd import journal
from cnd.actors import COMMAND
from cnd.errors import Invalid
from sessions.models import MeetingSession, Rule
from sessions.services.rules import correct_rule
from sessions.services.setup import load_session
from tests.sessions.cnd67_rules import CND67

pytestmark = pytest.mark.django_db(transaction=True)


def load() -> MeetingSession:
    return load_session("cnd67", actor=COMMAND, say=lambda line: None)


def at_once(count: int, work: Callable[[int], object]) -> list[Exception]:
    faults: list[Exception] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except Exception as fault:  # whatever it is, the test must see it
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_four_loadings_at_once_load_it_once() -> None:
    faults = at_once(4, lambda number: load())

    assert faults == []
    session = MeetingSession.objects.get()
    assert session.rules.count() == len(CND67)
    assert session.delegations.count() == 196
    assert session.debate.slots.count() == 114
    assert journal.verify(session.chain) == 1


def test_corrections_at_once_form_one_line() -> None:
    session = load()
    rule = session.rules.get(scope="debate", key="slots")

    faults = at_once(
        4,
        lambda number: correct_rule(rule=rule, value=[120, 121, 90, 91][number], reason="at once", actor=COMMAND),
    )

    assert faults == []
    corrections = list(rule.corrections.values_list("number", "old_value", "new_value"))
    assert [number for number, _old, _new in corrections] == [1, 2, 3, 4]
    assert [old for _number, old, _new in corrections] == [114] + [new for _number, _old, new in corrections[:-1]]
    assert session.debate.slots.count() == corrections[-1][2] == Rule.objects.get(pk=rule.pk).value
    assert journal.verify(session.chain) == 5


def test_both_ends_of_a_window_corrected_at_once_never_cross() -> None:
    session = load()
    ends = {rule.key: rule for rule in session.rules.filter(scope="rooms", key__startswith="day_")}

    faults = at_once(
        2,
        lambda number: correct_rule(
            rule=ends[["day_opens", "day_closes"][number]],
            value=["16:00", "12:00"][number],
            reason="at once",
            actor=COMMAND,
        ),
    )

    assert [type(fault) for fault in faults] == [Invalid]
    assert journal.verify(session.chain) == 2
