"""Chapters of a rehearsal that others than the meeting itself register."""

import argparse
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sessions.models import MeetingSession

Doings = dict[datetime, Callable[[], None]]


@dataclass(frozen=True)
class Rehearsal:
    """What a chapter is given."""

    session: MeetingSession
    options: Mapping[str, Any]
    chance: random.Random
    say: Callable[[str], None]


@dataclass(frozen=True)
class Chapter:
    """What happens on which day of the two months, and what is rehearsed after the drawing, with worker and beat."""

    add_arguments: Callable[[argparse.ArgumentParser], None]
    on_day: Callable[[Rehearsal], Doings]
    at_end: Callable[[Rehearsal], None]


_chapters: list[Chapter] = []


def register_chapter(chapter: Chapter) -> None:
    """Have a chapter be part of every rehearsal."""
    if chapter not in _chapters:
        _chapters.append(chapter)


def chapters() -> list[Chapter]:
    """Return the chapters in the order of registration."""
    return list(_chapters)
