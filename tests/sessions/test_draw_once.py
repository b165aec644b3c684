"""Exactly once, whoever presses at the same moment: threads on the database of the run (RULES 3)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from cnd import clock
from cnd.actors import COMMAND, PUBLIC
from sessions.domain import drand
from sessions.models import Drawing, ListVersion, Lot, MeetingSession
from sessions.services import draw
from sessions.services.announcements import NumbersFormat, Sources, announce, withdraw_announcement
from sessions.services.draw import annul, ask_annulment, enter_numbers, hand_in_drand
from sessions.services.inscriptions import withdraw
from sessions.services.quotas import confirm_quotas, proposed_quotas
from tests.sessions.once import assert_drawn_once, assert_journal_holds
from tests.sessions.rounds import SIGNATURE
from tests.sessions.scenes import (
    announce_at,
    announce_now,
    as_officer,
    correct,
    draw_now,
    inscribed,
    ready_session,
)
from tests.threads import at_once, kinds

pytestmark = pytest.mark.django_db(transaction=True)

ROUND = 657413
MOMENT = drand.time_of_round(ROUND)
SECOND = timedelta(seconds=1)


@pytest.fixture
def session() -> MeetingSession:
    return ready_session(7, slots=5)


@pytest.fixture
def of_a_round() -> Drawing:
    """Return a drawing of the round whose value is known."""
    assert drand.is_genuine(ROUND, SIGNATURE[ROUND])  # remembered from here on, or every thread takes a second
    with time_machine.travel(MOMENT - timedelta(hours=2)):
        return announce_at(ready_session(7, slots=5), MOMENT, Sources())


def again(drawing: Drawing) -> Drawing:
    return Drawing.objects.select_related("debate__session__chain").get(pk=drawing.pk)


# --- the draw ---------------------------------------------------------------------------------------------------------


def test_eight_who_draw_at_once_draw_once(session: MeetingSession) -> None:
    drawing = announce_now(session)
    calls: list[Callable[[], bool]] = [lambda: draw.settle_and_draw(drawing.pk), lambda: draw.advance(drawing.pk)]
    with time_machine.travel(drawing.seals_at + SECOND):
        outcomes = at_once(*calls * 4)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert outcomes[::2] == [True] * 4
    assert_drawn_once(drawing)
    assert_journal_holds(session)


def test_one_claim_of_eight_succeeds(session: MeetingSession) -> None:
    drawing = announce_now(session)
    with time_machine.travel(drawing.seals_at + SECOND, tick=False):
        assert kinds(at_once(*[lambda: draw.claim(drawing.pk)] * 8)) == {"True": 1, "False": 7}


def test_value_handed_in_by_many_while_workers_draw_and_staff_would_withdraw(of_a_round: Drawing) -> None:
    drawing = of_a_round

    def hand_in() -> object:
        return hand_in_drand(drawing=again(drawing), signature=SIGNATURE[ROUND], actor=PUBLIC)

    def withdraw_it() -> object:
        return withdraw_announcement(drawing=again(drawing), reason="too late", actor=COMMAND).state

    calls = [hand_in] * 4 + [lambda: draw.settle_and_draw(drawing.pk), lambda: draw.advance(drawing.pk)]
    with time_machine.travel(MOMENT + SECOND):
        outcomes = at_once(*calls, withdraw_it, withdraw_it)
        assert draw.settle_and_draw(drawing.pk) is True

    assert kinds(outcomes[:4]) == {"True": 1, "False": 3}
    assert kinds(outcomes[6:]) == {"sealed": 2}
    assert_drawn_once(drawing)
    assert_journal_holds(drawing.debate.session)


def test_withdrawal_and_draw_at_the_very_moment_of_sealing_end_in_one_of_the_two(session: MeetingSession) -> None:
    drawing = announce_now(session)

    def withdraw_it() -> object:
        return withdraw_announcement(drawing=again(drawing), reason="just in time", actor=COMMAND).state

    with time_machine.travel(drawing.seals_at - timedelta(milliseconds=30)):
        at_once(*[withdraw_it, lambda: draw.settle_and_draw(drawing.pk)] * 4)
    with time_machine.travel(drawing.seals_at + SECOND):
        draw.settle_and_draw(drawing.pk)

    drawing.refresh_from_db()
    assert (drawing.state, drawing.bundle is None) in {("withdrawn", True), ("drawn", False)}
    assert_journal_holds(session)


def test_database_too_takes_one_result_of_a_drawing(session: MeetingSession) -> None:
    drawing = draw_now(announce_now(session))
    for model, key in ((Lot, {"rank": 99}), (ListVersion, {})):
        copied = model.objects.filter(drawing=drawing).first()
        assert copied is not None
        copied.pk = None
        for name, value in key.items():
            setattr(copied, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            copied.save(force_insert=True)


# --- what surrounds it ------------------------------------------------------------------------------------------------


def test_both_staff_announcing_at_once_announce_once(session: MeetingSession) -> None:
    draw_at = session.chain.now() + timedelta(hours=2)
    officers = [as_officer(name) for name in ("A", "B")]

    def press(number: int) -> Callable[[], object]:
        return lambda: (
            announce(
                debate=session.debate,
                sources=Sources(has_rehearsal_seed=True),
                actor=officers[number % 2],
                draw_at=draw_at,
            ).attempt
        )

    assert kinds(at_once(*[press(number) for number in range(8)])) == {"1": 1, "already_announced": 7}
    assert Drawing.objects.count() == 1
    assert_journal_holds(session)


def test_both_staff_annulling_at_once_annul_once(session: MeetingSession) -> None:
    drawing = draw_now(announce_now(session))
    ask_annulment(drawing=drawing, reason="test", actor=as_officer("A"))
    second = as_officer("B")

    outcomes = at_once(*[lambda: str(annul(drawing=again(drawing), actor=second).state)] * 8)

    assert kinds(outcomes) == {"'annulled'": 8}
    annulled = [entry for entry in session.chain.entries.all() if entry.action == "annul"]
    assert len(annulled) == 1
    assert_journal_holds(session)


def test_withdrawals_and_late_inscriptions_during_the_draw_are_each_in_or_after_it(session: MeetingSession) -> None:
    drawing = announce_now(session)
    inscriptions = list(session.debate.inscriptions.national())[:3]

    def goes(number: int) -> Callable[[], object]:
        return lambda: withdraw(inscription=inscriptions[number], actor=COMMAND).pk

    def comes(code: str) -> Callable[[], object]:
        return lambda: inscribed(session, code).pk

    with time_machine.travel(drawing.seals_at + SECOND):
        outcomes = at_once(
            *[goes(number) for number in range(3)],
            *[comes(code) for code in ("ZW", "VA", "ZM")],
            *[lambda: draw.settle_and_draw(drawing.pk)] * 2,
        )

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    content = drawing.list_versions.latest("number").content
    assert [event["number"] for event in content["events"]] == [1, 2, 3, 4, 5, 6]
    numbers = list(drawing.list_versions.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    standing = {row["delegation"] for row in content["speakers"]}
    assert standing & {each.delegation.code for each in inscriptions} == set()
    assert_journal_holds(session)


def test_numbers_entered_by_three_people_at_once_are_those_of_two(session: MeetingSession) -> None:
    correct(session, "draw.drand_required", False)
    form = NumbersFormat("dice", count=1, minimum=1, maximum=6)
    drawing = announce_at(session, clock.now() + SECOND, Sources(has_drand=False, numbers=form))
    source = drawing.sources.get()
    actors = [as_officer(name) for name in "ABC"]

    def enter(number: int) -> Callable[[], object]:
        return lambda: enter_numbers(source=source, numbers=[4], actor=actors[number]).numbers

    with time_machine.travel(drawing.draw_at + SECOND):
        outcomes = at_once(*[enter(number) for number in range(3)])

    assert kinds(outcomes) == {"[4]": 2, "two_people": 1}


def test_inscriptions_at_once_have_receipts_without_gap_or_double(session: MeetingSession) -> None:
    before = session.debate.inscriptions.count()
    codes = ["ZW", "ZM", "VA", "EU", "YE", "VN", "UZ", "UG"]

    outcomes = at_once(*[lambda code=code: inscribed(session, code).pk for code in codes])

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    receipts = list(session.debate.inscriptions.order_by("receipt_number").values_list("receipt_number", "receipt_at"))
    assert [number for number, _ in receipts] == list(range(1, before + 9))
    times = [at for _, at in receipts]
    assert times == sorted(set(times))


def test_one_delegation_inscribed_by_eight_at_once_is_inscribed_once(session: MeetingSession) -> None:
    outcomes = at_once(*[lambda: inscribed(session, "ZW").delegation.code] * 8)
    assert kinds(outcomes) == {"'ZW'": 1, "already_inscribed": 7}


def test_rules_corrected_while_others_inscribe_make_nobody_wait_for_ever(session: MeetingSession) -> None:
    def correct_slots(value: int) -> Callable[[], object]:
        return lambda: correct(session, "debate.slots", value)

    def inscribe_one(code: str) -> Callable[[], object]:
        return lambda: inscribed(session, code).pk

    for value, codes in ((6, ["ZW", "ZM", "YE", "VN"]), (7, ["UZ", "UG", "UY", "TN"])):
        outcomes = at_once(*[correct_slots(value)] * 4, *[inscribe_one(code) for code in codes])
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert session.debate.slots.count() == 7
    assert_journal_holds(session)


def test_quotas_confirmed_by_four_at_once_are_one_entry(session: MeetingSession) -> None:
    quotas = dict.fromkeys(proposed_quotas(session.debate), 0) | {"african": 5}
    before = session.chain.entries.count()

    at_once(*[lambda: confirm_quotas(debate=session.debate, quotas=quotas, actor=COMMAND, reason="agreed")] * 4)

    assert session.chain.entries.count() - before == 1
