"""The January window, rehearsed: many apply at once, some wrongly; decisions, withdrawals, promotions, a programme."""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError
from django.db import connection

from cnd.actors import COMMAND
from cnd.errors import DomainError
from logistics.models import Application, EventKind, Placement, Placing
from logistics.models.application import COUNTED, HOLDING
from logistics.services import decisions
from logistics.services.drafts import begin_draft
from logistics.services.places import settle
from logistics.services.placing import apply_placing, request_placing
from logistics.services.publication import publish_programme
from logistics.services.queue import confirm_promotion, withdraw_application
from logistics.services.submission import submit_application
from logistics.services.windows import terms_of
from sessions.management.chapters import Doings, Rehearsal
from sessions.models import Delegation, MeetingSession

VIENNA = ZoneInfo("Europe/Vienna")
OPENS, CLOSED = datetime(2024, 1, 4, tzinfo=VIENNA), datetime(2024, 1, 12, tzinfo=VIENNA)
DECIDED = datetime(2024, 1, 29, 10, tzinfo=VIENNA)
CLIENTS = 4
LATE, INCOMPLETE, GREEDY, DOUBLE = 3, 5, 4, 6
PATIENCE_S = 60
State = Application.State


def at_once(calls: Iterable[Callable[[], Any]]) -> Counter[str]:
    """Do all of this by several clients; count what came of it: `done`, or the code of a refusal."""

    def one(call: Callable[[], Any]) -> str:
        try:
            call()
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(CLIENTS) as clients:
        return Counter(clients.map(one, calls))


def said(found: Counter[str]) -> str:
    """Say how often what happened."""
    return ", ".join(f"{count} {name}" for name, count in sorted(found.items()))


class Window:
    """The window for high-level side events of one rehearsal."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        session = rehearsal.session
        self.kind = EventKind.objects.select_related("session__chain").get(session=session, code="high-level")
        states = list(Delegation.objects.filter(session=session, kind="member_state").order_by("code"))
        self.organisers = rehearsal.chance.sample(states, min(rehearsal.options["applicants"] + LATE, len(states)))

    def on_day(self) -> Doings:
        return {
            OPENS: self.apply,
            CLOSED: self.come_late,
            DECIDED: self.decide,
            DECIDED + timedelta(days=3): self.go_on,
        }

    def _draft(self, organiser: Delegation, number: int, *, is_complete: bool = True) -> Application:
        content = {
            "title": f"Side event {number} of {organiser.name}",
            "abstract": "What it is about.",
            "theme": terms_of(self.kind).themes[number % 3],
            "form": "in_person",
            "length_min": 60,
            "attendance": 40,
            "contact": {"name": "Example Contact", "email": f"{organiser.code.lower()}@example.invalid"},
            "speakers": [{"name": "Example Speaker", "title": "Minister"}] if is_complete else [],
        }
        return begin_draft(kind=self.kind, organiser=organiser, actor=COMMAND, content=content)

    def _submit(self, draft: Application) -> Callable[[], Any]:
        return lambda: submit_application(application=Application.objects.get(pk=draft.pk), actor=COMMAND)

    def apply(self) -> None:
        """Submit everything at the opening: incomplete ones, three of one organiser, double clicks among them."""
        incomplete = self.organisers[:INCOMPLETE]
        complete = self.organisers[INCOMPLETE:-LATE]
        drafts = [self._draft(each, 1) for each in complete]
        drafts += [self._draft(each, number) for each in complete[:GREEDY] for number in (2, 3)]
        faulty = [self._draft(each, 1, is_complete=False) for each in incomplete]
        calls = [self._submit(each) for each in [*drafts, *faulty, *drafts[GREEDY : GREEDY + DOUBLE]]]
        self.rehearsal.chance.shuffle(calls)
        found = at_once(calls)
        received = Application.objects.filter(kind=self.kind, receipt_number__isnull=False).count()
        self.rehearsal.say(f"    4 January: {len(calls)} submissions at once: {said(found)}; {received} receipts")
        require(received == len(complete) + GREEDY, "each applicant has a receipt, and nobody more than two")
        check_register(self.rehearsal.session)

    def come_late(self) -> None:
        found = at_once([self._submit(self._draft(each, 1)) for each in self.organisers[-LATE:]])
        self.rehearsal.say(f"    12 January: {LATE} come late: {said(found)}")
        require(set(found) == {"window_closed"}, "who comes late is refused")

    def _standing(self, *states: str) -> list[Application]:
        found = Application.objects.filter(kind=self.kind, state__in=states).order_by("receipt_number")
        return list(found.select_related("kind__session__chain", "organiser"))

    def decide(self) -> None:
        """Accept most, reject two in one announcement, have one withdrawn; leave one promotion without an answer."""
        held = self._standing(State.UNDER_REVIEW)
        for application in held[3:]:
            decisions.prepare_decision(application=application, decision="accept", actor=COMMAND)
        for application in held[:2]:
            decisions.prepare_decision(application=application, decision="reject", reason="rehearsal", actor=COMMAND)
        decided = decisions.announce_decisions(kind=self.kind, actor=COMMAND)
        withdraw_application(application=held[2], actor=COMMAND)
        promoted = self._standing(State.PROMOTED)
        for application in promoted[1:]:
            confirm_promotion(application=application, actor=COMMAND)
        self.rehearsal.say(f"    29 January: {len(decided)} decided together, 1 withdrawn, {len(promoted)} promoted")

    def go_on(self) -> None:
        """Confirm and accept whoever was promoted since."""
        # Who did not answer in time lapses first; whoever is promoted instead has their own time to answer.
        settle(self.kind, actor=COMMAND)
        for application in self._standing(State.PROMOTED):
            confirm_promotion(application=application, actor=COMMAND)
        for application in self._standing(State.UNDER_REVIEW):
            decisions.accept_application(application=application, actor=COMMAND)
        states = Counter(each.state for each in Application.objects.filter(kind=self.kind).exclude(state=State.DRAFT))
        self.rehearsal.say(f"    {self.rehearsal.session.session_now:%d %B}: {said(states)}")
        check_register(self.rehearsal.session)

    def make_programme(self) -> None:
        """Have a worker place what is accepted, take it over and publish it."""
        session = self.rehearsal.session
        placing = request_placing(session=session, actor=COMMAND, limit_s=10)
        until = time.monotonic() + PATIENCE_S
        while placing.state in (Placing.State.WAITING, Placing.State.RUNNING):
            if time.monotonic() > until:
                raise CommandError(f"the worker proposed no programme within {PATIENCE_S} s")
            time.sleep(0.3)
            placing.refresh_from_db()
        apply_placing(placing=placing, actor=COMMAND)
        version = publish_programme(session=session, note="rehearsal", actor=COMMAND)
        placed = list(Placement.objects.filter(application__kind=self.kind).order_by("starts_at"))
        self.rehearsal.say(f"    a worker placed {len(placed)} events, published as version {version.number}")
        require(len(placed) == len(self._standing(State.ACCEPTED)), "every accepted event is placed")
        pairs = itertools.pairwise(placed)
        require(all(one.ends_at <= other.starts_at for one, other in pairs), "one high-level event at a time")


def require(is_so: bool, promise: str) -> None:
    """Raise CommandError unless what was promised is so."""
    if not is_so:
        raise CommandError(f"the promise is broken: {promise}")


def check_register(session: MeetingSession) -> None:
    """See that receipts rise strictly, no more places are held than there are, and nobody is above the limit."""
    for kind in EventKind.objects.filter(session=session).select_related("session"):
        terms = terms_of(kind)
        received = Application.objects.filter(kind=kind, receipt_number__isnull=False).order_by("receipt_number")
        times = [each.receipt_at for each in received if each.receipt_at]
        numbers = [each.receipt_number for each in received]
        require(numbers == list(range(1, len(numbers) + 1)), "receipts are numbered without a gap")
        require(all(one < two for one, two in itertools.pairwise(times)), "receipts rise in time")
        held = sum(each.state in HOLDING for each in received)
        of_one = Counter(each.organiser_id for each in received if each.state in COUNTED)
        require(not terms.limits.places or held <= terms.limits.places, "no more places are held than there are")
        most = terms.limits.per_organiser
        require(not most or max(of_one.values(), default=0) <= most, "nobody is above the limit")
