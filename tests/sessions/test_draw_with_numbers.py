"""Numbers entered by two people, each for themselves: shown, corrected, compared (RULES 3, step 2)."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import time_machine

from cnd.actors import COMMAND, PUBLIC
from cnd.canonical import canonical
from cnd.errors import Invalid, NotPermitted, Refused
from cnd.models import JournalEntry
from sessions.domain.drand import time_of_round
from sessions.domain.proof import verify
from sessions.models import Drawing, DrawSource, MeetingSession, NumbersEntry
from sessions.services import draw
from sessions.services.announcements import NumbersFormat, Sources
from sessions.services.draw import enter_numbers, hand_in_drand
from tests.sessions.kept import kept
from tests.sessions.rounds import RANDOMNESS, SIGNATURE
from tests.sessions.scenes import (
    announce_at,
    as_focal_point,
    as_officer,
    correct,
    count_entries,
    last_entry,
    officer,
    ready_session,
)

pytestmark = pytest.mark.django_db

ROUND = 657413
MOMENT = time_of_round(ROUND)
DEADLINE = MOMENT - timedelta(seconds=2)
NUMBERS_AT = DEADLINE - timedelta(minutes=30)
SECOND = timedelta(seconds=1)
LOTTERY = NumbersFormat("Lotto 3 aus 45", count=3, minimum=1, maximum=45)


def make_ready() -> int:
    with time_machine.travel(MOMENT - timedelta(days=2)):
        session = ready_session(7, slots=5)
        correct(session, "draw.drand_required", False)
        return session.pk


ready = kept(make_ready)


@pytest.fixture
def session(ready: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=ready)


def announced(session: MeetingSession, *, has_drand: bool) -> Drawing:
    with time_machine.travel(NUMBERS_AT - timedelta(hours=2)):
        return announce_at(session, NUMBERS_AT, Sources(has_drand=has_drand, numbers=LOTTERY))


@pytest.fixture
def alone(session: MeetingSession) -> Drawing:
    """Return a drawing of numbers alone, which the known round would replace."""
    return announced(session, has_drand=False)


@pytest.fixture
def beside(session: MeetingSession) -> Drawing:
    """Return a drawing of numbers and the known round."""
    return announced(session, has_drand=True)


def enter(
    drawing: Drawing, name: str, numbers: Sequence[int], *, before_deadline: timedelta = timedelta(minutes=5)
) -> NumbersEntry:
    with time_machine.travel(DEADLINE - before_deadline, tick=False):
        return enter_numbers(source=drawing.sources.get(kind="numbers"), numbers=numbers, actor=as_officer(name))


def drawn(drawing: Drawing) -> dict[str, object]:
    """Draw after everything's moment, with the known round handed in where it is awaited; return the proof."""
    with time_machine.travel(MOMENT + SECOND, tick=False):
        draw.advance(drawing.pk)
        drawing.refresh_from_db()
        if drawing.state == "announced":
            hand_in_drand(drawing=drawing, signature=SIGNATURE[ROUND])
            assert draw.advance(drawing.pk) is True
    drawing.refresh_from_db()
    assert drawing.bundle is not None
    verify(drawing.bundle, announced=drawing.announcement_sha256)
    return drawing.bundle


# --- two people -------------------------------------------------------------------------------------------------------


def test_equal_numbers_of_two_people_are_drawn_with(alone: Drawing) -> None:
    enter(alone, "A", [22, 3, 17])
    enter(alone, "B", [3, 17, 22])
    bundle = drawn(alone)
    assert bundle["values"] == [
        {
            "kind": "numbers",
            "numbers": [3, 17, 22],
            "entered_by": ["Conference A", "Conference B"],
            "substituted": False,
        }
    ]


def test_result_without_drand_says_on_whose_entries_it_rests(alone: Drawing) -> None:
    enter(alone, "A", [3, 17, 22])
    enter(alone, "B", [3, 17, 22])
    bundle = drawn(alone)
    assert bundle["statement"] == "this result rests on the numbers as entered by Conference A and Conference B"
    assert bundle["unchecked"] == ["sources/0: the numbers are as entered by Conference A and Conference B"]


def test_numbers_are_drawn_with_at_their_deadline_and_not_before(alone: Drawing) -> None:
    enter(alone, "A", [3, 17, 22])
    enter(alone, "B", [3, 17, 22])
    with time_machine.travel(DEADLINE - timedelta(microseconds=1), tick=False):
        assert draw.advance(alone.pk) is False
    with time_machine.travel(DEADLINE + timedelta(minutes=1), tick=False):
        assert draw.advance(alone.pk) is True


def test_numbers_enter_d_before_drand(beside: Drawing) -> None:
    enter(beside, "A", [3, 17, 22])
    enter(beside, "B", [3, 17, 22])
    assert drawn(beside)["result"]["d"] == f"3.17.22./{RANDOMNESS[ROUND]}"  # type: ignore[index]


def test_two_people_of_one_function_stay_two_in_the_proof(alone: Drawing) -> None:
    for name in ("A", "B"):
        user = officer(name)
        user.function = "Conference officer"
        user.save()
        enter(alone, name, [3, 17, 22])
    keys = [officer(name).pk for name in ("A", "B")]
    assert drawn(alone)["values"][0]["entered_by"] == [f"Conference officer ({key})" for key in keys]  # type: ignore[index]


# --- what fails -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [("A", [3, 17, 22])],
        [("A", [3, 17, 22]), ("B", [3, 17, 23])],
        [("A", [3, 17, 22]), ("B", [3, 17, 22]), ("A", [3, 17, 23])],
    ],
    ids=["none", "one", "unequal", "corrected apart"],
)
def test_missing_or_unequal_numbers_are_left_out_beside_drand(
    beside: Drawing, entries: list[tuple[str, list[int]]]
) -> None:
    for name, numbers in entries:
        enter(beside, name, numbers)
    bundle = drawn(beside)
    assert bundle["values"][0] == {"kind": "omitted", "substituted": True}  # type: ignore[index]
    assert bundle["result"]["d"] == RANDOMNESS[ROUND]  # type: ignore[index]


@pytest.mark.parametrize("entries", [[], [("A", [3, 17, 22])], [("A", [3, 17, 22]), ("B", [3, 17, 23])]])
def test_missing_or_unequal_numbers_alone_are_replaced_by_the_announced_round(
    alone: Drawing, entries: list[tuple[str, list[int]]]
) -> None:
    for name, numbers in entries:
        enter(alone, name, numbers)
    bundle = drawn(alone)
    assert (bundle["statement"], bundle["unchecked"]) == (
        "",
        [f"sources/0: no valid value was stored before the deadline; round {ROUND} was used"],
    )


def test_failure_is_settled_once(alone: Drawing, session: MeetingSession) -> None:
    with time_machine.travel(DEADLINE, tick=False):
        draw.advance(alone.pk)
        before = count_entries(session)
        draw.settle_and_draw(alone.pk)
    assert count_entries(session) == before
    assert DrawSource.objects.get().failed_at == DEADLINE


# --- corrections ------------------------------------------------------------------------------------------------------


def test_unequal_numbers_corrected_in_time_are_equal(alone: Drawing) -> None:
    enter(alone, "A", [3, 17, 22])
    enter(alone, "B", [3, 17, 23])
    enter(alone, "B", [3, 17, 22])
    assert drawn(alone)["values"][0]["numbers"] == [3, 17, 22]  # type: ignore[index]


def test_correction_is_a_further_entry_and_the_first_stays_visible(alone: Drawing) -> None:
    enter(alone, "A", [3, 17, 22])
    enter(alone, "A", [3, 17, 23])
    assert list(NumbersEntry.objects.values_list("numbers", flat=True)) == [[3, 17, 22], [3, 17, 23]]


def test_same_numbers_again_are_no_further_entry(alone: Drawing, session: MeetingSession) -> None:
    first = enter(alone, "A", [3, 17, 22])
    before = count_entries(session)
    assert enter(alone, "A", [22, 17, 3]) == first
    assert count_entries(session) == before


def test_third_person_is_refused(alone: Drawing) -> None:
    enter(alone, "A", [3, 17, 22])
    enter(alone, "B", [3, 17, 22])
    with pytest.raises(Refused) as refused:
        enter(alone, "C", [3, 17, 22])
    assert refused.value.code == "two_people"


@pytest.mark.parametrize(
    ("before_deadline", "is_possible"),
    [
        (timedelta(minutes=30, microseconds=1), False),
        (timedelta(minutes=30), True),
        (timedelta(microseconds=1), True),
        (timedelta(0), False),
        (-timedelta(hours=1), False),
    ],
)
def test_numbers_are_entered_from_their_moment_until_the_deadline_only(
    alone: Drawing, before_deadline: timedelta, is_possible: bool
) -> None:
    if is_possible:
        assert enter(alone, "A", [3, 17, 22], before_deadline=before_deadline).numbers == [3, 17, 22]
    else:
        with pytest.raises(Refused) as refused:
            enter(alone, "A", [3, 17, 22], before_deadline=before_deadline)
        assert refused.value.code == "not_now"


def test_after_the_deadline_nothing_is_corrected_any_more(alone: Drawing) -> None:
    enter(alone, "A", [3, 17, 22])
    with pytest.raises(Refused) as refused:
        enter(alone, "A", [3, 17, 23], before_deadline=timedelta(0))
    assert refused.value.code == "not_now"


@pytest.mark.parametrize("numbers", [[3, 17], [3, 17, 46], [3, 17, 17], []])
def test_numbers_not_as_announced_are_refused(alone: Drawing, numbers: list[int]) -> None:
    with pytest.raises(Invalid) as refused:
        enter(alone, "A", numbers)
    assert refused.value.code == "numbers_unfit"


def test_only_staff_enter_numbers(alone: Drawing, session: MeetingSession) -> None:
    for actor in (PUBLIC, as_focal_point(session, "AT")):
        with pytest.raises(NotPermitted):
            enter_numbers(source=alone.sources.get(), numbers=[3, 17, 22], actor=actor)


def test_command_is_no_person_who_enters(alone: Drawing) -> None:
    with pytest.raises(Refused) as refused:
        enter_numbers(source=alone.sources.get(), numbers=[3, 17, 22], actor=COMMAND)
    assert refused.value.code == "person_needed"


# --- what is shown when -----------------------------------------------------------------------------------------------


def journal_text() -> str:
    return canonical([entry.changes for entry in JournalEntry.objects.order_by("pk")]).decode()


def test_first_persons_numbers_stand_nowhere_in_the_journal_before_the_second_is_in(alone: Drawing) -> None:
    enter(alone, "A", [3, 17, 22])
    assert "[3,17,22]" not in journal_text()


def test_first_entry_is_told_to_staff_only(alone: Drawing, session: MeetingSession) -> None:
    enter(alone, "A", [3, 17, 22])
    assert last_entry(session).resources == [["draws/1", "staff"]]


def test_correction_before_the_second_is_in_is_told_to_staff_only(alone: Drawing, session: MeetingSession) -> None:
    enter(alone, "A", [3, 17, 22])
    enter(alone, "A", [3, 17, 23])
    assert "[3,17,23]" not in journal_text()
    assert last_entry(session).resources == [["draws/1", "staff"]]


def test_second_entry_and_every_correction_after_it_are_public(alone: Drawing, session: MeetingSession) -> None:
    enter(alone, "A", [3, 17, 22])
    for numbers in ([3, 17, 23], [3, 17, 22]):
        enter(alone, "B", numbers)
        entry = last_entry(session)
        assert (entry.resources, entry.changes[0]["after"]) == ([["draws/1", "public"]], numbers)


def test_first_persons_numbers_are_public_with_the_second_ones(alone: Drawing, session: MeetingSession) -> None:
    enter(alone, "A", [3, 17, 22])
    enter(alone, "B", [3, 17, 23])
    assert draw.latest_numbers(alone.sources.get()) == {officer("A"): [3, 17, 22], officer("B"): [3, 17, 23]}
