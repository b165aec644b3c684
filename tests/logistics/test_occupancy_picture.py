"""How full the rooms are, drawn: the bars and what is read out of them say what the table beside them says."""

import html
import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from logistics.services.check_in import check_in
from sessions.models import MeetingSession
from sessions.services.clock import shift_clock
from tests.logistics.bilaterals import at, booking_session, met, now_of, room
from tests.logistics.meeting_pages import of_staff, page
from tests.sessions.kept import kept
from tests.sessions.scenes import COMMAND, as_officer

pytestmark = pytest.mark.django_db

loaded = kept(lambda: booking_session().pk)
PARTS = ("By room", "By day", "By regional group of the requester")


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


@dataclass
class Part:
    """One part of the page: its picture as it is drawn and read out, and its table, row by row."""

    title: str
    label: str
    bars: list[tuple[str, int, int, str]]
    """Name, width of what is taken and of what was used in hundredths, and what is written behind the bar."""
    rows: list[dict[str, str]]


def without_markup(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", text))).strip()


def parts_of(answer: Any) -> list[Part]:
    """Read the page as it was sent."""
    text = answer.content.decode()
    found = []
    for section in re.findall(r'<section class="section" aria-labelledby="part-\d">(.*?)</section>', text, re.S):
        title = without_markup(re.findall(r"<h2[^>]*>(.*?)</h2>", section, re.S)[0])
        figure = re.search(r'<figure class="bars" role="img" aria-label="(.*?)">(.*?)</figure>', section, re.S)
        drawn = r"<span>(.*?)</span>.*?bar-full\" width=\"(\d+)\".*?bar-used\" width=\"(\d+)\".*?<span>(.*?)</span>"
        bars = re.findall(drawn, figure[2], re.S) if figure else []
        rows = []
        for row in re.findall(r"<tr>(.*?)</tr>", section.partition("<tbody>")[2], re.S):
            cells = re.findall(r'<td class="num" data-label="(.*?)">(.*?)</td>', row, re.S)
            rows.append({"": without_markup(re.findall(r"<th[^>]*>(.*?)</th>", row, re.S)[0]), **dict(cells)})
        found.append(
            Part(
                title,
                html.unescape(figure[1]) if figure else "",
                [(without_markup(name), int(full), int(used), said) for name, full, used, said in bars],
                rows,
            )
        )
    return found


def occupied(session: MeetingSession) -> Client:
    """Have some slots be taken, in two rooms, on two days, by two groups; one of them is used. Return a browser."""
    used = met(session)
    met(session, "AT", "KE", where="b1", when=at(12))
    met(session, "FR", "BR", where="b1", when=at(15))
    met(session, "KE", "RO", where="b2", when=at(9, day=15))
    shift_clock(session=session, to=at(9, 1), actor=COMMAND, reason="test")
    check_in(booking=now_of(used), actor=as_officer())
    return of_staff()


def test_every_bar_is_as_long_as_its_share_in_the_table_and_says_the_same(session: MeetingSession) -> None:
    parts = parts_of(occupied(session).get(page("bookings-occupancy")))
    assert [each.title for each in parts] == list(PARTS)
    for part in parts:
        assert [(name, f"{full} %", said) for name, full, _used, said in part.bars] == [
            (row[""], row["Share"], row["Share"]) for row in part.rows
        ]


def test_what_was_used_is_drawn_in_the_same_measure(session: MeetingSession) -> None:
    rooms, days, groups = parts_of(occupied(session).get(page("bookings-occupancy")))
    for part, totals in ((rooms, [int(row["Slots"]) for row in rooms.rows]), (days, [int(days.rows[0]["Slots"])] * 2)):
        assert [used for _name, _full, used, _said in part.bars] == [
            round(100 * int(row["Used"]) / total) for row, total in zip(part.rows, totals, strict=True)
        ]
    # One of four, among those that a group of Western European and other States asked for.
    assert [used for name, _full, used, _said in groups.bars if name.startswith("Group of Western")] == [25]


def test_the_numbers_are_those_of_the_meetings(session: MeetingSession) -> None:
    rooms, days, groups = parts_of(occupied(session).get(page("bookings-occupancy")))
    names = [room(session, code).name for code in ("b1", "b2")]
    assert [(row[""], row["Taken"], row["Used"]) for row in rooms.rows[:2]] == [
        (names[0], "3", "1"),
        (names[1], "1", "0"),
    ]
    assert [(row["Taken"], row["Used"]) for row in days.rows] == [("3", "1"), ("1", "0")]
    assert {row[""]: (row["Taken"], row["Share"]) for row in groups.rows if row["Taken"] != "0"} == {
        "Group of African States": ("1", "25 %"),
        "Group of Western European and other States": ("3", "75 %"),
    }


def test_what_is_read_out_of_a_picture_names_every_row_of_the_table_with_its_share(session: MeetingSession) -> None:
    for part in parts_of(occupied(session).get(page("bookings-occupancy"))):
        rows = ", ".join(f"{row['']} {row['Share']}" for row in part.rows)
        assert part.label == f"{part.title}: {rows}"


def test_a_language_from_right_to_left_has_the_same_bars(session: MeetingSession) -> None:
    staff = occupied(session)
    english = parts_of(staff.get(page("bookings-occupancy")))
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = "ar"
    answer = staff.get(page("bookings-occupancy"))
    arabic = parts_of(answer)
    assert 'dir="rtl"' in answer.content.decode()
    lengths = [[[bar[1:3] for bar in each.bars] for each in parts] for parts in (english, arabic)]
    assert lengths[0] == lengths[1]
    for part in arabic:
        assert part.label.startswith(f"{part.title}: {part.bars[0][0]} ")


def test_where_nothing_is_booked_every_bar_is_empty_and_no_group_is_drawn(session: MeetingSession) -> None:
    answer = of_staff().get(page("bookings-occupancy"))
    rooms, days, groups = parts_of(answer)
    for part in (rooms, days):
        assert len(part.bars) == len(part.rows) > 0
        assert {bar[1:] for bar in part.bars} == {(0, 0, "0 %")}
    assert (groups.bars, groups.rows, groups.label) == ([], [], "")
    assert answer.content.decode().count("Nothing is booked yet.") == 1


def test_without_rooms_that_are_booked_by_slot_no_picture_is_drawn_of_them(session: MeetingSession) -> None:
    session.rooms.update(is_for_bilaterals=False)
    rooms, days, _groups = parts_of(of_staff().get(page("bookings-occupancy")))
    assert (rooms.bars, rooms.rows) == ([], [])
    assert {(row["Slots"], row["Share"]) for row in days.rows} == {("0", "0 %")}
