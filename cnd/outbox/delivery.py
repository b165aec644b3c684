"""Delivery: what waits in the outbox is handed to the mail server, at least once, and what became of it is written.

A mail is claimed by a conditional update with a lease, handed over outside any transaction, and then settled. Whoever
dies in between leaves a claim whose lease runs out; the mail is repeated with the same Message-ID. Attempts are counted
when they begin, so that a mail which kills its worker is not repeated for ever.
"""

import contextlib
import logging
import re
import smtplib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Count, Exists, F, Min, OuterRef, Q
from django.utils.translation import gettext as _
from structlog.contextvars import bound_contextvars

from cnd import clock, journal, sweeps
from cnd.actors import Actor, require_secretariat
from cnd.errors import Refused
from cnd.models import Cause, Chain, MailLane, Notice, ResourceVersion
from cnd.outbox.kinds import kind_of
from cnd.outbox.mail import address_of, as_mail
from cnd.outbox.smtp import NoAnswer
from cnd.outbox.telling import channels_of, write_notices

logger = logging.getLogger(__name__)

State = Notice.State
CHUNK = 50
"""How many mails a delivery looks up at a time."""
BATCH = 500
"""How many mails of a chain one sweep lets lapse; the next one goes on."""


def lease_length() -> timedelta:
    return timedelta(seconds=settings.MAIL_LEASE_SECONDS)


# --- what is to be done -----------------------------------------------------------------------------------------------


def wanted_deliveries() -> int:
    """Return how many deliveries should be set going: one for each free lane if any mail is due."""
    at = clock.now()
    if not Notice.objects.deliverable(at).exists():
        return 0
    taken = MailLane.objects.exclude(_free(at)).filter(number__lt=settings.MAIL_PARALLEL).count()
    return max(settings.MAIL_PARALLEL - taken, 0)


def let_lapse() -> None:
    """Let lapse what waits and is not worth sending any more. Called by the sweep."""
    at = clock.now()
    waiting = Notice.objects.filter(state=State.WAITING, next_attempt_at__isnull=False, asked_again_at__isnull=True)
    idle = waiting.filter(Q(leased_until__isnull=True) | Q(leased_until__lte=at))
    for chain in Chain.objects.all():
        # From what waits to its cause, not the other way round: what waits is little, what was ever told is much.
        late = Cause.objects.filter(pk=OuterRef("cause_id"), chain=chain, worth_until__lte=chain.to_session(at))
        lapsing = idle.filter(Exists(late)).order_by("next_attempt_at")
        if not lapsing.exists():
            continue  # no lock is taken for nothing, every few seconds
        with transaction.atomic():
            # What another has locked is left to it: two updates of many rows could each wait for the other.
            found = lapsing.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH]
            Notice.objects.filter(pk__in=list(found)).update(state=State.LAPSED, next_attempt_at=None)


def resend(*, notice: Notice, actor: Actor) -> None:
    """Have a parked or lapsed mail sent now, with all its attempts before it; one that waits already stays as it is.

    Raises NotPermitted; Refused for one that was sent, or whose cause is gone.
    """
    require_secretariat(actor)
    chain, resource = notice.cause.chain, f"notice:{notice.pk}"
    with journal.decision(chain, action="resend_notice", subject=resource, actor=actor) as draft:
        now = Notice.objects.select_for_update(of=("self",)).select_related("cause").get(pk=notice.pk)
        if now.state == State.WAITING:
            return
        if now.state not in (State.PARKED, State.LAPSED) or now.cause.state == Cause.State.CANCELLED:
            raise Refused("not_to_be_resent", _("Only what could not be sent, or lapsed, can be sent again."))
        draft.change(f"{resource}/state", now.state, State.WAITING)
        draft.touch("notices", audience=ResourceVersion.STAFF)
        now.state, now.attempts, now.last_error, now.leased_until = State.WAITING, 0, "", None
        now.next_attempt_at = now.asked_again_at = clock.now()
        now.save()
        sweeps.hint()


@dataclass(frozen=True)
class Backlog:
    """What the outbox has in hand: mails by state, how old the oldest waiting one is, and how the mail server does."""

    counts: Mapping[str, int]
    """Every state of Notice.State, and how many mails are in it."""
    oldest_waiting: timedelta | None
    """Since the oldest mail still to be sent was written."""
    overdue: timedelta | None
    """Since the mail that is due longest was due; one that waits for its next attempt is not due."""
    server_failures: int
    """How often in a row the mail server did not answer; 0 when it last did."""
    server_error: str


def backlog() -> Backlog:
    """Return what the outbox has in hand now, in three queries."""
    at = clock.now()
    mails = Notice.objects.filter(channel=Notice.Channel.EMAIL).order_by()
    counts = dict.fromkeys(State.values, 0) | dict(mails.values_list("state").annotate(number=Count("pk")))
    waiting = mails.filter(state=State.WAITING).aggregate(oldest=Min("created_at"), due=Min("next_attempt_at"))
    lane = MailLane.objects.filter(number__lt=settings.MAIL_PARALLEL).order_by("-failures", "number").first()
    return Backlog(
        counts=counts,
        oldest_waiting=at - waiting["oldest"] if waiting["oldest"] else None,
        overdue=at - waiting["due"] if waiting["due"] and waiting["due"] < at else None,
        server_failures=lane.failures if lane else 0,
        server_error=lane.last_error if lane else "",
    )


# --- delivering -------------------------------------------------------------------------------------------------------


def deliver() -> int:
    """Send what is due, over one lane, until nothing is, time is up or the mail server fails; return how many went out.

    Any number of these may run; beyond MAIL_PARALLEL they find no lane and do nothing.
    """
    lane = _take_lane()
    return 0 if lane is None else _Batch(lane).run()


class _Unreachable(Exception):
    """The mail server itself is in trouble; nothing more is tried over this lane for a while."""


class _Batch:
    """What is sent over one lane in one go, all of it over one connection if the mail server lets it."""

    def __init__(self, lane: MailLane) -> None:
        self.lane = lane
        self.post: BaseEmailBackend = get_connection()
        self.until = clock.now() + timedelta(seconds=settings.MAIL_BATCH_SECONDS)
        self.sent = 0
        self.sent_since_opened: int | None = None
        """None while there is no connection."""

    def run(self) -> int:
        try:
            for notice in self._due():
                if not self._keeps_lane():
                    break
                self._open(notice)
                if _claim(notice):
                    with bound_contextvars(request_id=notice.cause.request_id):
                        self._deliver(notice)
        except _Unreachable as trouble:
            _leave_lane(self.lane, str(trouble))
        else:
            _leave_lane(self.lane, is_well=self.sent_since_opened is not None)
        finally:
            self._close()
        return self.sent

    def _due(self) -> Iterator[Notice]:
        while (at := clock.now()) < self.until:
            due = Notice.objects.deliverable(at).order_by("next_attempt_at", "pk")
            found = list(due.select_related("cause__chain", "recipient")[:CHUNK])
            if not found:
                return
            for notice in found:
                if clock.now() >= self.until:
                    return
                yield notice

    def _keeps_lane(self) -> bool:
        """Renew the lane's lease in time for the next mail; False when it ran out and another batch has the lane."""
        at = clock.now()
        assert self.lane.leased_until is not None
        if self.lane.leased_until - at >= lease_length() * 3 / 4:
            return True
        until = at + lease_length()
        mine = MailLane.objects.filter(pk=self.lane.pk, leased_until=self.lane.leased_until)
        self.lane.leased_until = until
        return bool(mine.update(leased_until=until))

    def _open(self, notice: Notice) -> None:
        """Open the connection before anything is claimed: that takes as long as sending a mail does."""
        try:
            if self.sent_since_opened is None:
                self.post.open()
                self.sent_since_opened = 0
        except OSError as fault:
            # One mail bears the failure, so that a server which never comes back is seen by staff. The rest keep
            # their attempts: the lane rests, and every further try costs one mail one attempt.
            if _claim(notice):
                _fail(notice, said_of(fault))
            raise _Unreachable(said_of(fault)) from fault

    def _close(self) -> None:
        self.sent_since_opened = None
        with contextlib.suppress(OSError):
            self.post.close()

    def _deliver(self, notice: Notice) -> None:
        try:
            mail = _mail_of(notice)
        except Exception as fault:
            # Whatever a kind's own code raises: the other mails go out. Its message may hold a secret link.
            logger.error("notice %s cannot be made into a mail: %s", notice.pk, type(fault).__name__)
            _fail(notice, _("The text could not be made (%(fault)s).") % {"fault": type(fault).__name__})
            return
        if mail is not None:
            self._send(notice, mail)

    def _send(self, notice: Notice, mail: EmailMultiAlternatives) -> None:
        try:
            self.post.send_messages([mail])
        except Exception as fault:
            if is_hang_up(fault) and self.sent_since_opened:
                # A server may end a connection after so many mails. This one goes first on the next connection.
                _give_back(notice)
                self._close()
                return
            _fail(notice, said_of(fault))
            if is_servers_trouble(fault):
                raise _Unreachable(said_of(fault)) from fault
        else:
            _settle_sent(notice)
            self.sent += 1
            self.sent_since_opened = (self.sent_since_opened or 0) + 1


def _mail_of(notice: Notice) -> EmailMultiAlternatives | None:
    """Return the mail to be sent; None if it is not to be sent any more, which is then written."""
    cause, user = notice.cause, notice.recipient
    kind, chain = kind_of(cause.kind), cause.chain
    is_late = cause.worth_until is not None and chain.now() >= cause.worth_until
    if is_late and notice.asked_again_at is None:
        _settle(notice, state=State.LAPSED)
        return None
    channels = channels_of(user, kind, chain)
    if Notice.Channel.EMAIL not in channels:
        # Closed, without an address, unsubscribed or at home in the portal since: told there, if anywhere.
        write_notices(cause, [(user, channel) for channel in channels], clock.now())
        _settle(notice, state=State.CANCELLED, last_error=_("The reader is not told by e-mail any more."))
        return None
    address = address_of(notice)
    if not address:
        _settle(notice, state=State.PARKED, last_error=_("There is no address."))
        return None
    return as_mail(notice, address)


# --- claims and what became of them -----------------------------------------------------------------------------------


def _claim(notice: Notice) -> bool:
    """Take a mail into these hands for the length of a lease, if nothing befell it since it was read; count the try."""
    at = clock.now()
    until = at + lease_length()
    mine = Notice.objects.deliverable(at).filter(pk=notice.pk, attempts=notice.attempts)
    if not mine.update(leased_until=until, attempts=F("attempts") + 1):
        return False
    notice.leased_until, notice.attempts = until, notice.attempts + 1
    if notice.attempts > len(settings.MAIL_RETRY_DELAYS_S) + 1:
        _settle(notice, state=State.PARKED, last_error=_("What became of the last attempt is not known."))
        return False
    return True


def _settle(notice: Notice, **facts: Any) -> None:
    """Write what became of a mail that did not go out, unless it was cancelled or claimed by another meanwhile."""
    facts = {"leased_until": None, "next_attempt_at": None, **facts}
    mine = Notice.objects.filter(pk=notice.pk, state=State.WAITING, leased_until=notice.leased_until)
    mine.update(**facts)


def _settle_sent(notice: Notice) -> None:
    # Sent wins over everything: a cause that was cancelled while the mail was on its way came too late for it. The row
    # says what the reader knows, and its attempt need not be the last that was begun.
    facts = {"state": State.SENT, "sent_at": clock.now(), "last_error": ""}
    Notice.objects.filter(pk=notice.pk).exclude(state=State.SENT).update(
        leased_until=None, next_attempt_at=None, **facts
    )


def _fail(notice: Notice, error: str) -> None:
    """Have a mail tried again after a delay that grows, or park it when all delays are used up."""
    delays = settings.MAIL_RETRY_DELAYS_S
    if notice.attempts > len(delays):
        _settle(notice, state=State.PARKED, last_error=error)
        logger.warning("notice %s is parked: %s", notice.pk, error)
    else:
        next_at = clock.now() + timedelta(seconds=delays[notice.attempts - 1])
        _settle(notice, next_attempt_at=next_at, last_error=error)


def _give_back(notice: Notice) -> None:
    """Undo a claim: the attempt does not count, and the mail is due as before."""
    _settle(notice, next_attempt_at=notice.next_attempt_at, attempts=notice.attempts - 1)


# --- lanes ------------------------------------------------------------------------------------------------------------


def _free(at: datetime) -> Q:
    return (Q(leased_until__isnull=True) | Q(leased_until__lte=at)) & (
        Q(resting_until__isnull=True) | Q(resting_until__lte=at)
    )


def _take_lane() -> MailLane | None:
    at = clock.now()
    until = at + lease_length()
    for number in range(settings.MAIL_PARALLEL):
        lane, _is_new = MailLane.objects.get_or_create(number=number)
        if MailLane.objects.filter(_free(at), pk=number).update(leased_until=until):
            lane.leased_until = until
            return lane
    return None


def _leave_lane(lane: MailLane, trouble: str = "", *, is_well: bool = False) -> None:
    """Give a lane back; after trouble it rests, longer each time, so that a dead server holds up nobody for long."""
    facts: dict[str, Any] = {"failures": 0, "resting_until": None, "last_error": ""} if is_well else {}
    if trouble:
        pauses = settings.MAIL_PAUSES_S or [0.0]
        pause = pauses[min(lane.failures, len(pauses) - 1)]
        resting_until = clock.now() + timedelta(seconds=pause)
        facts = {"failures": lane.failures + 1, "resting_until": resting_until, "last_error": trouble}
        logger.warning("the mail server is in trouble, nothing is sent for %s s: %s", pause, trouble)
    MailLane.objects.filter(pk=lane.pk, leased_until=lane.leased_until).update(leased_until=None, **facts)


# --- faults -----------------------------------------------------------------------------------------------------------

CLOSING = 421
"""The reply with which a server ends a connection (RFC 5321, section 3.8)."""
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


def _answer_of(fault: Exception) -> tuple[int, str]:
    """Return the reply that refused something, 0 if it was none."""
    code, said = 0, b""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(fault.recipients.values()), (0, b""))
    elif isinstance(fault, smtplib.SMTPResponseException):
        code, said = fault.smtp_code, fault.smtp_error if isinstance(fault.smtp_error, bytes) else b""
    return code, said.decode("utf-8", "replace")


def is_hang_up(fault: Exception) -> bool:
    """Tell whether the server ended the connection in so many words, or without any."""
    if isinstance(fault, smtplib.SMTPServerDisconnected):
        return not isinstance(fault, NoAnswer)
    return _answer_of(fault)[0] == CLOSING


def is_servers_trouble(fault: Exception) -> bool:
    """Tell whether it is the server or the way to it that failed, not this mail alone."""
    # The sender is the same for every mail: who refuses it refuses all of them.
    if isinstance(fault, smtplib.SMTPServerDisconnected | smtplib.SMTPSenderRefused):
        return True
    if isinstance(fault, smtplib.SMTPException):
        return _answer_of(fault)[0] == CLOSING
    return isinstance(fault, OSError)


def said_of(fault: Exception) -> str:
    """Return what staff are told of a fault: the server's words, without anybody's address, in one line of bounds."""
    code, said = _answer_of(fault)
    text = f"{code} {said}" if code else f"{type(fault).__name__}: {fault}"
    return _ADDRESS.sub("…", " ".join(text.split())).replace("\0", "")[:300]
