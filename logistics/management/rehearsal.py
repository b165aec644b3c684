"""What surrounds the meeting, as a chapter of a rehearsal."""

import argparse
from typing import Any

from logistics.management.rehearsed_applications import Window, check_register
from logistics.management.rehearsed_meetings import check_meetings, hold_meetings
from sessions.management.chapters import Chapter, Doings, Rehearsal, register_chapter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--applicants", type=int, default=60, help="how many apply for a side event (from 20 on)")
    parser.add_argument("--bookings", type=int, default=400, help="how many ask for a room for a bilateral meeting")


def on_day(rehearsal: Rehearsal) -> Doings:
    return Window(rehearsal).on_day()


def at_end(rehearsal: Rehearsal) -> Any:
    rehearsal.say("    side events: a programme")
    Window(rehearsal).make_programme()
    rehearsal.say("    rooms for bilateral meetings")
    hold_meetings(rehearsal)
    check_register(rehearsal.session)
    check_meetings(rehearsal.session)
    rehearsal.say("    register, programme and meetings agree with what is held: nothing is in two places")


def register() -> None:
    """Have it be rehearsed."""
    register_chapter(Chapter(add_arguments, on_day, at_end))
