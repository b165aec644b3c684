"""When whom to remind of what: a pure function of the deadlines and of how long before them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sessions.domain.reminders import Moment, end_of_day, plan, read_offsets
from tests.sessions.scenes import (
    VIENNA,
)
from tests.sessions.told import CLOSES, DAY, NEW_YEAR, H, vienna


def moment(at: datetime, **more: Any) -> Moment:
    return Moment("debate.x", "0", at, "delegations", **more)


def test_a_deadline_is_reminded_of_at_every_offset_and_until_it_has_come() -> None:
    found = plan([moment(CLOSES)], [7 * DAY, DAY, 3 * H])
    assert [(each.key, each.due_at, each.worth_until, each.audience) for each in found] == [
        ("deadline:debate.x#0:604800", CLOSES - 7 * DAY, CLOSES, "delegations"),
        ("deadline:debate.x#0:86400", CLOSES - DAY, CLOSES, "delegations"),
        ("deadline:debate.x#0:10800", CLOSES - 3 * H, CLOSES, "delegations"),
    ]


def test_reminders_go_to_whom_the_rule_names_for_them() -> None:
    assert [each.audience for each in plan([moment(CLOSES, reminders_to="not-inscribed")], [DAY])] == ["not-inscribed"]


def test_an_opening_is_told_once_when_it_has_come_and_until_what_opened_closes() -> None:
    found = plan([moment(NEW_YEAR, is_opening=True, ends_at=CLOSES)], [7 * DAY, DAY])
    assert [(each.due_at, each.worth_until) for each in found] == [(NEW_YEAR, CLOSES)]


def test_without_offsets_nothing_is_planned_of_a_deadline() -> None:
    assert plan([moment(CLOSES)], []) == []


def test_over_the_night_of_the_clocks_change_a_day_is_24_hours() -> None:
    """Vienna's clocks went forward on 31 March 2024 at 02:00."""
    at = vienna(2024, 3, 31, 12)
    (found,) = plan([moment(at)], [DAY])
    assert found.due_at == datetime(2024, 3, 30, 10, tzinfo=UTC)
    assert found.due_at.astimezone(VIENNA) == vienna(2024, 3, 30, 11)
    assert (at.astimezone(UTC) - found.due_at) == DAY


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ((2024, 3, 30), datetime(2024, 3, 30, 23, tzinfo=UTC)),
        ((2024, 3, 31), datetime(2024, 3, 31, 22, tzinfo=UTC)),
        ((2024, 10, 27), datetime(2024, 10, 27, 23, tzinfo=UTC)),
    ],
)
def test_a_day_ends_where_the_meeting_is_also_when_it_has_23_or_25_hours(
    day: tuple[int, int, int], end: datetime
) -> None:
    assert end_of_day(date(*day), VIENNA) == end


def test_offsets_are_read_from_texts_the_longest_first_and_each_once() -> None:
    assert read_offsets(["3 h", "7 d", "1 day", "24 h"]) == [7 * DAY, DAY, 3 * H]


@pytest.mark.parametrize("texts", [["soon"], [7], ["0 s"], ["7"], ["-1 d"], ["1 d"] * 21, ["367 d"], [f"{10**15} d"]])
def test_what_is_no_offset_is_refused(texts: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_offsets(texts)
