"""The slot grid and the limits as pure functions: zones, clocks that change, breaks (RULES 6)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.domain.cells import number_of
from logistics.domain.days import bounds_of
from logistics.domain.limits import Limits, answer_by, exceeded, offer_until
from logistics.domain.slots import Grid, Slot, by_nearness, free_slots, read_breaks

VIENNA = ZoneInfo("Europe/Vienna")
MIN, HOUR = timedelta(minutes=1), timedelta(hours=1)
CND67 = Grid(date(2024, 3, 14), date(2024, 3, 15), time(9), time(18), 30 * MIN, 15 * MIN, (), VIENNA)
NINE = datetime(2024, 3, 14, 8, tzinfo=UTC)


def starts(grid: Grid, day: date) -> list[str]:
    return [each.starts_at.astimezone(grid.zone).strftime("%H:%M") for each in grid.slots_of(day)]


def slot(minutes: int, length: int = 30) -> Slot:
    return Slot(NINE + minutes * MIN, NINE + (minutes + length) * MIN)


def test_a_day_has_twelve_slots_the_last_of_which_ends_before_the_day_does() -> None:
    found = CND67.slots_of(date(2024, 3, 14))
    assert (len(found), found[0], found[-1].ends_at) == (12, slot(0), NINE + 8 * HOUR + 45 * MIN)
    assert len(CND67.slots()) == 24


def test_a_slot_may_end_with_the_day() -> None:
    assert starts(replace(CND67, closes=time(9, 30)), date(2024, 3, 14)) == ["09:00"]


def test_after_a_break_the_grid_begins_anew() -> None:
    grid = replace(CND67, opens=time(12), closes=time(15, 30), breaks=read_breaks(["13:00-14:00"]))
    assert starts(grid, date(2024, 3, 14)) == ["12:00", "14:00", "14:45"]


def test_two_breaks_that_overlap_are_one() -> None:
    grid = replace(CND67, opens=time(12), closes=time(15), breaks=read_breaks(["12:00-13:00", "12:30-14:10"]))
    assert starts(grid, date(2024, 3, 14)) == ["14:10"]


def test_a_room_with_hours_of_its_own_has_the_slots_within_them() -> None:
    found = CND67.slots_of(date(2024, 3, 14), (time(10), time(11, 15)))
    assert found == [slot(90)]


def test_what_begins_beside_the_grid_is_no_slot() -> None:
    assert CND67.slot_at(NINE) == slot(0)
    assert CND67.slot_at(NINE + 5 * MIN) is None
    assert CND67.slot_at(NINE + timedelta(days=2)) is None


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 10, 27), 25), (date(2024, 3, 14), 24)])
def test_a_day_on_which_the_clocks_change_has_full_slots(day: date, hours: int) -> None:
    grid = replace(CND67, first_day=day, last_day=day, opens=time(0), closes=time(23), slot=HOUR, between=0 * MIN)
    found = grid.slots_of(day)
    assert len(found) == hours - 1
    assert {each.ends_at - each.starts_at for each in found} == {HOUR}
    begins, ends = bounds_of(day, VIENNA)
    assert ends - begins == hours * HOUR


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/New_York", "Pacific/Apia", "UTC"])
def test_in_every_zone_slots_lie_on_the_grid_of_five_minutes(zone: str) -> None:
    for each in replace(CND67, zone=ZoneInfo(zone)).slots():
        assert number_of(each.ends_at) - number_of(each.starts_at) == 6


@given(
    length=st.integers(1, 24).map(lambda n: n * 5 * MIN),
    between=st.integers(0, 12).map(lambda n: n * 5 * MIN),
    opens=st.integers(0, 12),
    closes=st.integers(13, 23),
    pause=st.tuples(st.integers(0, 11), st.integers(12, 23)) | st.none(),
    day=st.dates(date(2000, 1, 1), date(2030, 12, 31)),
)
def test_slots_never_overlap_lie_within_the_day_and_in_no_break(
    length: timedelta, between: timedelta, opens: int, closes: int, pause: tuple[int, int] | None, day: date
) -> None:
    breaks = ((time(pause[0]), time(pause[1])),) if pause else ()
    found = Grid(day, day, time(opens), time(closes), length, between, breaks, VIENNA).slots_of(day)
    assert all(two.starts_at - one.ends_at >= between for one, two in pairwise(found))
    for each in found:
        begins, ends = each.starts_at.astimezone(VIENNA), each.ends_at.astimezone(VIENNA)
        assert (begins.date(), ends.date()) == (day, day)
        assert time(opens) <= begins.time()
        assert ends.time() <= time(closes)
        assert not any(a < ends.time() and begins.time() < b for a, b in breaks)


@pytest.mark.parametrize(
    "change",
    [
        {"slot": 32 * MIN},
        {"slot": 0 * MIN},
        {"between": 7 * MIN},
        {"opens": time(9, 3)},
        {"opens": time(18)},
        {"last_day": date(2024, 3, 13)},
        {"last_day": date(2025, 3, 13)},
        {"slot": 10 * HOUR},
        {"breaks": ((time(9), time(18)),)},
    ],
)
def test_what_makes_no_slots_is_refused(change: dict[str, object]) -> None:
    CND67.check()
    with pytest.raises(ValueError):
        replace(CND67, **change).check()  # type: ignore[arg-type]


@pytest.mark.parametrize("line", ["13:00", "14:00-13:00", "13:00-25:00", "lunch", 13, "13-14"])
def test_a_line_that_is_no_break_is_refused(line: object) -> None:
    with pytest.raises(ValueError):
        read_breaks([line])


def test_a_slot_is_free_with_what_is_kept_free_after_it() -> None:
    taken = [(NINE + 35 * MIN, NINE + 40 * MIN)]
    assert free_slots([slot(0), slot(45)], taken) == [slot(0), slot(45)]
    assert free_slots([slot(0), slot(45)], taken, after=15 * MIN) == [slot(45)]


def test_of_two_slots_as_near_the_earlier_comes_first() -> None:
    assert by_nearness([slot(90), slot(0), slot(45)], NINE + 45 * MIN) == [slot(45), slot(0), slot(90)]


# --- limits -----------------------------------------------------------------------------------------------------------


def test_each_limit_is_named_that_one_more_slot_exceeds() -> None:
    held = [slot(0), slot(45)]
    two = Limits(in_all=2, a_day=2, consecutive=2)
    more = {"between": 15 * MIN, "zone": VIENNA}
    assert exceeded(two, held, slot(90), **more) == ["in_all", "a_day", "consecutive"]  # type: ignore[arg-type]
    assert exceeded(two, held, slot(135), **more) == ["in_all", "a_day"]  # type: ignore[arg-type]
    assert exceeded(two, held, slot(24 * 60), **more) == ["in_all"]  # type: ignore[arg-type]
    assert exceeded(Limits(), held, slot(90), **more) == []  # type: ignore[arg-type]


def test_a_slot_that_closes_a_gap_makes_one_run_of_two() -> None:
    found = exceeded(Limits(consecutive=2), [slot(0), slot(90)], slot(45), between=15 * MIN, zone=VIENNA)
    assert found == ["consecutive"]


def test_a_day_is_one_of_the_zone() -> None:
    late = Slot(datetime(2024, 3, 14, 22, 30, tzinfo=UTC), datetime(2024, 3, 14, 23, tzinfo=UTC))
    after = Slot(late.ends_at + HOUR, late.ends_at + 2 * HOUR)
    assert exceeded(Limits(a_day=1), [late], after, between=0 * MIN, zone=VIENNA) == []


def test_the_answer_is_due_by_the_earlier_of_its_time_and_the_cut_off() -> None:
    assert answer_by(NINE - 48 * HOUR, 24 * HOUR, NINE, 2 * HOUR) == NINE - 24 * HOUR
    assert answer_by(NINE - 3 * HOUR, 24 * HOUR, NINE, 2 * HOUR) == NINE - 2 * HOUR
    assert answer_by(NINE - HOUR, 24 * HOUR, NINE, 2 * HOUR) == NINE


def test_nothing_is_offered_from_the_cut_off_on() -> None:
    assert offer_until(NINE - 10 * HOUR, HOUR, NINE, 2 * HOUR) == NINE - 9 * HOUR
    assert offer_until(NINE - 2 * HOUR - MIN, HOUR, NINE, 2 * HOUR) == NINE - 2 * HOUR
    assert offer_until(NINE - 2 * HOUR, HOUR, NINE, 2 * HOUR) is None
