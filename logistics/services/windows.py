"""The window of a kind of side event: the lock under which its queue is decided, and what the rule book says of it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor
from cnd.errors import Refused
from cnd.instants import instant_text
from logistics.domain.queue import Limits, Standing
from logistics.models import EventKind
from sessions.services.rules import RuleBook, rule_book


@dataclass(frozen=True)
class Terms:
    """What the rule book says of one kind of side event; instants are session time."""

    opens_at: datetime
    closes_at: datetime
    limits: Limits
    organisers: tuple[str, ...]
    cosponsors: tuple[str, ...]
    required: tuple[str, ...]
    complete_only: bool
    themes: tuple[str, ...]
    forms: tuple[str, ...]
    length_max: timedelta
    equipment: tuple[str, ...]
    first_day: date
    last_day: date
    small_edits: frozenset[str]
    checklist: tuple[str, ...]
    flyer_bytes_max: int
    shows_organiser_at_receipt: bool
    carried_over_to: str
    """The scope of the kind as which it can be carried over; empty for none."""

    def is_open(self, at: datetime) -> bool:
        """Tell whether a request that arrived then may submit; half-open (RULES 1)."""
        return self.opens_at <= at < self.closes_at


def terms_of(kind: EventKind, book: RuleBook | None = None) -> Terms:
    """Read the rules of a kind: one query. Raises Refused for a missing rule."""
    book, scope = book or rule_book(kind.session), kind.scope
    return Terms(
        opens_at=book.instant(scope, "applications_open"),
        closes_at=book.instant(scope, "applications_close"),
        limits=Limits(
            places=book.limit(scope, "places"),
            per_organiser=book.limit(scope, "per_organiser"),
            member_states_first=book.boolean(scope, "member_states_first"),
            confirm_within=book.duration(scope, "confirm_within"),
            correct_within=book.duration(scope, "correct_within"),
            freeze_at=book.instant(scope, "freeze_at"),
        ),
        organisers=_words(book, scope, "organisers"),
        cosponsors=_words(book, scope, "cosponsors"),
        required=_words(book, scope, "required"),
        complete_only=book.boolean(scope, "complete_only"),
        themes=_words(book, scope, "themes"),
        forms=_words(book, scope, "forms"),
        length_max=book.duration(scope, "length_max"),
        equipment=_words(book, "rooms", "equipment"),
        first_day=book.date(scope, "first_day"),
        last_day=book.date(scope, "last_day"),
        small_edits=frozenset(_words(book, scope, "small_edits")),
        checklist=_words(book, scope, "checklist"),
        flyer_bytes_max=book.integer(scope, "flyer_bytes_max"),
        shows_organiser_at_receipt=book.choice(scope, "organiser_shown") == "at_receipt",
        carried_over_to=book.text(scope, "carried_over_to") if book.has(scope, "carried_over_to") else "",
    )


def _words(book: RuleBook, scope: str, key: str) -> tuple[str, ...]:
    return tuple(str(each) for each in book.list(scope, key))


def locked(kind: EventKind) -> EventKind:
    """Take the lock under which everything of this window is decided."""
    # NO KEY: drafts begun meanwhile refer to the row and need not wait. Two statements, so that session and chain are
    # read as they stand after the wait and are not locked too.
    EventKind.objects.select_for_update(no_key=True).order_by().get(pk=kind.pk)
    return EventKind.objects.select_related("session__chain").get(pk=kind.pk)


def locked_in_order(kinds: Iterable[EventKind]) -> dict[int, EventKind]:
    """Take the locks of several windows; return the windows by their keys."""
    # In one order whoever asks, so that two decisions about the same two never wait for each other.
    wanted = {each.pk: each for each in kinds}
    return {pk: locked(wanted[pk]) for pk in sorted(wanted)}


@dataclass
class Turn:
    """One decision under the lock of a window. All instants are session time."""

    kind: EventKind
    terms: Terms
    draft: journal.Draft
    actor: Actor
    at: datetime
    """When the request arrived: by this is judged what is open and what is overdue."""
    now: datetime
    counted: list[Standing] | None = None
    """All that count, as they were read when the window was settled; None once that changed."""

    @property
    def limits(self) -> Limits:
        return self.terms.limits


@contextmanager
def turn_of(
    kind: EventKind,
    *,
    action: str,
    subject: str,
    actor: Actor,
    reason: str = "",
    arrived_at: datetime | None = None,
    also: EventKind | None = None,
) -> Iterator[Turn]:
    """Open one decision under the lock of a window, and of another one's too where both are concerned."""
    with journal.decision(kind.session.chain, action=action, subject=subject, actor=actor, reason=reason) as draft:
        held = locked_in_order(filter(None, (kind, also)))
        yield turn_in(held[kind.pk], draft, actor, arrived_at=arrived_at)


def turn_in(kind: EventKind, draft: journal.Draft, actor: Actor, *, arrived_at: datetime | None = None) -> Turn:
    """Return a turn in a window whose lock is held."""
    chain = kind.session.chain
    now = chain.now()
    return Turn(kind, terms_of(kind), draft, actor, chain.to_session(arrived_at) if arrived_at else now, now)


def require_open(turn: Turn) -> None:
    """Raise Refused unless the request arrived in the window (RULES 1 and 5)."""
    terms, zone = turn.terms, turn.kind.session.time_zone
    if terms.is_open(turn.at):
        return
    if turn.at < terms.opens_at:
        said = _("Applications are not open yet: they open %(at)s.") % {"at": instant_text(terms.opens_at, zone)}
    else:
        said = _("Applications closed %(at)s.") % {"at": instant_text(terms.closes_at, zone, closing=True)}
    details: dict[str, Any] = {"opens_at": terms.opens_at, "closes_at": terms.closes_at, "now": turn.at}
    raise Refused("window_closed", said, details=details)
