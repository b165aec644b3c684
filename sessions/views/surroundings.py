"""What others than the meeting itself show on its pages: they register it, the pages ask.

A panel of the delegation's page, what a delegation must do by when, what the secretariat has before it, and a section
of the session's public page.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sessions.models import Delegation, MeetingSession


@dataclass(frozen=True)
class Due:
    """Something a delegation must do, or wait for, by a moment of session time."""

    name: str
    """The rule's, such as `debate.inscription_closes`."""
    title: str
    at: datetime
    is_closing: bool
    is_done: bool
    is_as_filed: bool
    """Its title is the session file's own, in English."""
    is_announced: bool


@dataclass(frozen=True)
class Item:
    """One thing before the secretariat, with the one link that deals with it, if that can be done here."""

    said: str
    verb: str = ""
    url: str = ""
    at: datetime | None = None
    """Session time."""
    is_closing: bool = False
    """Whether `at` is the end of a window, which at midnight is 24:00 of the day before."""
    is_today: bool = False
    more: str = ""


@dataclass(frozen=True)
class Surrounding:
    """What one part of what surrounds the meeting shows; each is asked with every page that has a place for it."""

    panel: tuple[str, Callable[[MeetingSession, Delegation], dict[str, Any]]] | None = None
    """A template for the page of a delegation, and what gives its context; the delegation is the reader's own."""
    due: Callable[[MeetingSession, Delegation], Iterable[Due]] | None = None
    """What a delegation must do by when, beside the deadlines of the rule book."""
    decisions: Callable[[MeetingSession], Iterable[Item]] | None = None
    """What the secretariat has to decide."""
    failed: Callable[[MeetingSession], Iterable[Item]] | None = None
    """What went wrong and what to do about it."""
    section: tuple[str, Callable[[MeetingSession], dict[str, Any]]] | None = None
    """A template for the public page of the session, and what gives its context."""


_known: dict[str, Surrounding] = {}


def register_surrounding(name: str, surrounding: Surrounding) -> None:
    """Have it shown, in the order of registration. Registering a name again replaces it."""
    _known[name] = surrounding


def panels_of(session: MeetingSession, delegation: Delegation) -> list[dict[str, Any]]:
    """Return the panels of a delegation's page: what the template is given, with its own name as `template`."""
    panels = [each.panel for each in _known.values() if each.panel]
    return [{"template": template, "panel": read(session, delegation)} for template, read in panels]


def sections_of(session: MeetingSession) -> list[dict[str, Any]]:
    """Return the sections of the session's public page, likewise."""
    sections = [each.section for each in _known.values() if each.section]
    return [{"template": template, "section": read(session)} for template, read in sections]


def due_around(session: MeetingSession, delegation: Delegation) -> Iterator[Due]:
    """Yield what a delegation must do by when, that is none of the rule book's own deadlines."""
    for each in _known.values():
        if each.due:
            yield from each.due(session, delegation)


def decisions_around(session: MeetingSession) -> Iterator[Item]:
    """Yield what the secretariat has to decide of it."""
    for each in _known.values():
        if each.decisions:
            yield from each.decisions(session)


def failed_around(session: MeetingSession) -> Iterator[Item]:
    """Yield what went wrong of it."""
    for each in _known.values():
        if each.failed:
            yield from each.failed(session)
