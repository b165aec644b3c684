"""Telling people: a cause is written in the transaction of what happened; its notices when it falls due (DESIGN).

Nothing here talks to a mail server. That is `cnd.outbox.delivery`, after commit.
"""

import logging
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from cnd import clock, journal, sweeps
from cnd.models import Cause, Chain, Notice, User
from cnd.outbox.kinds import Kind, kind_of, recipients

logger = logging.getLogger(__name__)

Channel = Notice.Channel
BATCH = 500
"""How many causes one sweep lets fall due; the next one goes on."""


def tell(
    *,
    chain: Chain,
    kind: str,
    key: str,
    audience: str,
    context: dict[str, Any] | None = None,
    due_at: datetime | None = None,
    worth_until: datetime | None = None,
) -> Cause:
    """Have an audience told, now or at `due_at`, unless that is later than `worth_until` (both session time).

    Called inside the decision that is the cause; once for a key, again changes nothing. `context` holds JSON values for
    the kind's `fill`: ids and codes, never personal data. Raises KeyError for a kind that is not registered.
    """
    kind_of(kind)
    at = clock.now()
    now = chain.to_session(at)
    due_at = due_at or now
    is_due = due_at <= now
    # No savepoint of its own: it stands and falls with the decision that tells.
    with transaction.atomic(savepoint=False):
        cause, is_new = Cause.objects.get_or_create(
            chain=chain,
            key=key,
            defaults={
                "kind": kind,
                "audience": audience,
                "context": context or {},
                "due_at": due_at,
                "worth_until": worth_until,
                "state": _state_at(now, worth_until) if is_due else Cause.State.WAITING,
                "settled_at": at if is_due else None,
            },
        )
        if not is_new:
            return cause
        journal.after_entry(chain, lambda entry: Cause.objects.filter(pk=cause.pk).update(entry_number=entry.number))
        if is_due and _tell_readers(cause, chain, at):
            sweeps.hint()
    return cause


def cancel(*, chain: Chain, prefix: str) -> int:
    """Cancel every cause whose key begins so, and what of it was not sent yet; return how many notices will not go out.

    Called inside the decision by which the cause is gone. What was sent stays sent.
    """
    at = clock.now()
    with transaction.atomic():
        # Locked first: a cause that is just being told in a sweep has written all its notices, or will write none.
        causes = Cause.objects.filter(chain=chain, key__startswith=prefix)
        list(causes.select_for_update().order_by("pk").values_list("pk"))
        unsent = Notice.objects.filter(cause__in=causes, state__in=[Notice.State.WAITING, Notice.State.PARKED])
        count = unsent.update(state=Notice.State.CANCELLED, next_attempt_at=None)
        count += causes.filter(state=Cause.State.WAITING).update(state=Cause.State.CANCELLED, settled_at=at)
    return count


def cancel_for(*, user: User, causes: QuerySet[Cause]) -> int:
    """Cancel what of these causes was not sent to a reader whom they concern no longer; return how many notices.

    Called inside the decision by which that is so. What lapsed is not sent again either.
    """
    states = [Notice.State.WAITING, Notice.State.PARKED, Notice.State.LAPSED]
    unsent = Notice.objects.filter(recipient=user, cause__in=causes, state__in=states)
    return unsent.update(state=Notice.State.CANCELLED, next_attempt_at=None)


def fall_due() -> None:
    """Let every cause fall due whose moment has come: write its notices, or let it lapse. Called by the sweep."""
    for chain in Chain.objects.all():
        due = Cause.objects.filter(chain=chain, state=Cause.State.WAITING, due_at__lte=chain.now())
        for cause_id in due.order_by("due_at", "pk").values_list("pk", flat=True)[:BATCH]:
            try:
                _tell_due(cause_id, chain)
            except Exception:
                # One that cannot be told must not keep the others from being told; the next sweep tries it again.
                logger.exception("cause %s cannot be told", cause_id)


def _tell_due(cause_id: int, chain: Chain) -> None:
    with transaction.atomic():
        # Whoever cancels it or another sweep may have been faster; the lock makes one of them see the other.
        cause = Cause.objects.select_for_update(of=("self",)).filter(pk=cause_id).first()
        if cause is not None and cause.state == Cause.State.WAITING:
            _let_fall_due(cause, chain, clock.now())


def _let_fall_due(cause: Cause, chain: Chain, at: datetime) -> None:
    cause.state, cause.settled_at = _state_at(chain.to_session(at), cause.worth_until), at
    cause.save(update_fields=["state", "settled_at"])
    _tell_readers(cause, chain, at)


def _state_at(now: datetime, worth_until: datetime | None) -> str:
    is_worth = worth_until is None or now < worth_until
    return Cause.State.TOLD if is_worth else Cause.State.LAPSED


def _tell_readers(cause: Cause, chain: Chain, at: datetime) -> bool:
    """Write the notices of a cause that fell due; tell whether there is anything to send."""
    if cause.state != Cause.State.TOLD:
        return False
    kind = kind_of(cause.kind)
    told = [(user, channel) for user in recipients(chain, cause.audience) for channel in channels_of(user, kind, chain)]
    write_notices(cause, told, at)
    return any(channel == Channel.EMAIL for _user, channel in told)


def write_notices(cause: Cause, readers: Iterable[tuple[User, str]], at: datetime) -> None:
    """Write the notices of a cause for these readers and channels; those that are there stay as they are."""
    notices = [_notice(cause, user, channel, at) for user, channel in readers]
    Notice.objects.bulk_create(notices, batch_size=500, ignore_conflicts=True)


def channels_of(user: User, kind: Kind, chain: Chain) -> list[str]:
    """Return over which channels this person is told, as they chose; of a rehearsal only staff are mailed (DESIGN)."""
    if not user.is_active and not kind.for_inactive:
        return []
    if kind.for_inactive:
        return [Channel.EMAIL]
    may_mail = bool(user.email) and (user.is_secretariat or not chain.is_rehearsal)
    is_muted = kind.is_optional and kind.code in user.muted_kinds
    by_mail = may_mail and not is_muted and user.channels != User.Channels.PORTAL
    in_portal = user.channels != User.Channels.EMAIL or not by_mail
    return [str(Channel.EMAIL)] * by_mail + [str(Channel.PORTAL)] * in_portal


def _notice(cause: Cause, user: User, channel: str, at: datetime) -> Notice:
    is_mail = channel == Channel.EMAIL
    return Notice(
        cause=cause,
        recipient=user,
        channel=channel,
        state=Notice.State.WAITING if is_mail else Notice.State.SENT,
        message_id=f"<{uuid.uuid4().hex}@{settings.MAIL_DOMAIN}>",
        created_at=at,
        next_attempt_at=at if is_mail else None,
        sent_at=None if is_mail else at,
    )
