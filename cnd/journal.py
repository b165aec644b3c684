"""The journal: one append-only, hash-chained entry for every decision, in the decision's own transaction.

A service opens `decision(...)`; the outermost one writes the entry as its last statements, so that locks are always
taken in the order parent, children, chain row (DESIGN).
"""

import hashlib
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cnd import clock
from cnd.actors import Actor, require_secretariat
from cnd.canonical import canonical, sha256_of
from cnd.models import Chain, Checkpoint, JournalEntry, PersonalDatum, ResourceVersion

SYSTEM = "system"
CHECKPOINT_EVERY = timedelta(hours=1)


@dataclass
class Draft:
    """What a decision has to say so far. A draft that says nothing leaves no entry."""

    chain_id: int
    action: str
    subject: str
    actor: Actor
    reason: str
    changes: list[dict[str, Any]] = field(default_factory=list)
    resources: set[tuple[str, str]] = field(default_factory=set)
    seals: bool = False
    after: list[Callable[["JournalEntry"], object]] = field(default_factory=list)

    def change(self, what: str, before: Any, after: Any) -> None:
        """Note that `what` went from `before` to `after` (JSON values; personal data only as `refer` gives them)."""
        if before != after:
            self.changes.append({"what": what, "before": before, "after": after})

    def touch(self, *resources: str, audience: str = ResourceVersion.PUBLIC) -> None:
        """Give these resources a new version for this audience."""
        self.resources.update((resource, audience) for resource in resources)

    def publish(self) -> None:
        """Take a public checkpoint together with the entry."""
        self.seals = True


_open: ContextVar[Draft | None] = ContextVar("open_decision", default=None)


@contextmanager
def decision(chain: Chain, *, action: str, subject: str, actor: Actor, reason: str = "") -> Iterator[Draft]:
    """Open the transaction of one decision and write its one entry at the end.

    Inside another decision on the same chain it joins that one: the outermost names the entry.
    Raises RuntimeError when the outer decision is on another chain.
    """
    outer = _open.get()
    if outer is not None:
        if outer.chain_id != chain.pk:
            raise RuntimeError("one decision concerns one chain")
        yield outer
        return
    draft = Draft(chain.pk, action, subject, actor, reason)
    token = _open.set(draft)
    try:
        with transaction.atomic():
            yield draft
            if draft.changes:
                _write(draft)
    finally:
        _open.reset(token)


def after_entry(chain: Chain, call: Callable[[JournalEntry], object]) -> None:
    """Have `call` called with the entry of the open decision on this chain, in its transaction; none open: never."""
    draft = _open.get()
    if draft is not None and draft.chain_id == chain.pk:
        draft.after.append(call)


def _write(draft: Draft) -> JournalEntry:
    # NO KEY: rows that refer to the chain, such as personal data, lock its key; two writers must not wait on that.
    chain = Chain.objects.select_for_update(no_key=True).get(pk=draft.chain_id)
    at = clock.now()
    is_public = any(audience == ResourceVersion.PUBLIC for _, audience in draft.resources)
    entry = JournalEntry(
        chain=chain,
        number=chain.last_number + 1,
        public_number=chain.last_public_number + 1 if is_public else None,
        at=at,
        session_at=chain.to_session(at),
        actor=draft.actor.reference,
        action=draft.action,
        subject=draft.subject,
        reason=draft.reason,
        changes=draft.changes,
        resources=sorted(list(pair) for pair in draft.resources),
        nonce=secrets.token_hex(16),
        previous_hash=chain.last_hash,
    )
    entry.hash = sha256_of(entry.content(chain.code))
    entry.save()
    chain.last_number = entry.number
    chain.last_public_number = entry.public_number or chain.last_public_number
    chain.last_hash = entry.hash
    chain.save(update_fields=["last_number", "last_public_number", "last_hash"])
    ResourceVersion.objects.bulk_create(
        [
            ResourceVersion(
                chain=chain,
                resource=resource,
                audience=audience,
                version=chain.last_public_number if audience == ResourceVersion.PUBLIC else entry.number,
                changed_at=at,
            )
            for resource, audience in sorted(draft.resources)
        ],
        update_conflicts=True,
        unique_fields=["chain", "resource", "audience"],
        update_fields=["version", "changed_at"],
    )
    if draft.seals:
        _seal(chain, at)
    for call in draft.after:
        call(entry)
    return entry


# --- checkpoints ------------------------------------------------------------------------------------------------------


def _seal_of(hash_: str, at: datetime) -> str:
    return hashlib.sha256(f"{hash_}/{clock.rfc3339(at)}".encode("ascii")).hexdigest()


def _seal(chain: Chain, at: datetime) -> Checkpoint:
    checkpoint = Checkpoint(
        chain=chain,
        number=chain.last_number,
        public_number=chain.last_public_number,
        at=at,
        seal=_seal_of(chain.last_hash, at),
    )
    checkpoint.save()
    return checkpoint


def seal_hourly() -> None:
    """Take a checkpoint of every chain whose last one is an hour old, whether or not anything happened since."""
    at = clock.now()
    for chain_id in Chain.objects.values_list("pk", flat=True):
        with transaction.atomic():
            chain = Chain.objects.select_for_update(no_key=True).get(pk=chain_id)
            last = Checkpoint.objects.filter(chain=chain).first()
            if chain.last_number and (last is None or at - last.at >= CHECKPOINT_EVERY):
                _seal(chain, at)


# --- personal data ----------------------------------------------------------------------------------------------------


def _salted(salt: str, value: Any) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + canonical(value)).hexdigest()


def keep_personal(chain: Chain, value: dict[str, Any]) -> PersonalDatum:
    """Store data of a person where they can be erased."""
    salt = secrets.token_hex(16)
    return PersonalDatum.objects.create(
        key=uuid.uuid4(), chain=chain, value=value, salt=salt, hash=_salted(salt, value)
    )


def refer(datum: PersonalDatum | None) -> dict[str, str] | None:
    """Return what an entry says of personal data: key and salted hash, never the data."""
    return {"personal": str(datum.key), "hash": datum.hash} if datum else None


Shown = Callable[[PersonalDatum], Iterable[tuple[str, str]]]
_shown: dict[str, Shown] = {}


def register_shown(name: str, where: Shown) -> None:
    """Have what `where(datum)` returns, as (resource, audience), get a new version when a person's data are erased.

    Registering a name again replaces it.
    """
    _shown[name] = where


def erase_personal(*, datum: PersonalDatum, actor: Actor, reason: str) -> None:
    """Erase a person's data for good; every entry that refers to them still verifies. A second call changes nothing."""
    require_secretariat(actor)
    with decision(
        datum.chain, action="erase_personal", subject=f"personal:{datum.key}", actor=actor, reason=reason
    ) as draft:
        erased = PersonalDatum.objects.filter(pk=datum.pk, erased_at__isnull=True).update(
            value=None, salt="", erased_at=clock.now()
        )
        if erased:
            # Answers kept for those who ask twice say the same as the data did.
            datum.answers.update(body="")
            draft.change(f"personal:{datum.key}", "kept", "erased")
            draft.touch("personal-data", audience=ResourceVersion.STAFF)
            for where in _shown.values():
                draft.resources.update(where(datum))


# --- verification -----------------------------------------------------------------------------------------------------


class BrokenLink(Exception):
    """The first place at which the journal does not verify."""


def verify(chain: Chain, *, seals: Iterable[tuple[datetime, str]] = ()) -> int:
    """Recompute the whole chain; return how many entries were verified.

    `seals` are checkpoints kept outside, as (at, seal). Raises BrokenLink naming the first broken link.
    """
    # Entries written while this reads are left to the next verification: the head is read first.
    chain.refresh_from_db()
    head = chain.last_number
    previous, number, public_number = "0" * 64, 0, 0
    versions: dict[tuple[str, str], int] = {}
    heads = {0: (previous, 0)}
    references: dict[str, str] = {}
    for entry in JournalEntry.objects.filter(chain=chain, number__lte=head).order_by("number").iterator():
        link = f"{chain.code}/{number + 1}"
        if entry.number != number + 1:
            raise BrokenLink(f"{link}: the entry is missing; the next one is number {entry.number}")
        if entry.previous_hash != previous:
            raise BrokenLink(f"{link}: does not continue the entry before it")
        if sha256_of(entry.content(chain.code)) != entry.hash:
            raise BrokenLink(f"{link}: the content does not match its hash")
        if entry.public_number is not None and entry.public_number != public_number + 1:
            raise BrokenLink(f"{link}: public number {entry.public_number} follows {public_number}")
        number, public_number, previous = entry.number, entry.public_number or public_number, entry.hash
        heads[number] = (previous, public_number)
        for resource, audience in entry.resources:
            versions[resource, audience] = public_number if audience == ResourceVersion.PUBLIC else number
        references.update(_references(entry.changes))
    if (chain.last_number, chain.last_public_number, chain.last_hash) != (number, public_number, previous):
        raise BrokenLink(f"{chain.code}/{number + 1}: the head says {chain.last_number} entries, found {number}")
    last = JournalEntry.objects.filter(chain=chain).order_by("number").last()
    if last and last.number > Chain.objects.get(pk=chain.pk).last_number:
        raise BrokenLink(f"{chain.code}/{last.number}: the entry lies beyond the head")
    _verify_versions(chain, versions, number, public_number)
    _verify_checkpoints(chain, heads)
    for at, seal in seals:
        if not any(_seal_of(hash_, at) == seal.lower() for hash_, _ in heads.values()):
            raise BrokenLink(f"{chain.code}: no entry has the checkpoint {seal} of {clock.rfc3339(at)}")
    for datum in chain.personal_data.order_by("pk").iterator():
        is_own = datum.erased_at is not None or _salted(datum.salt, datum.value) == datum.hash
        if not is_own or references.get(str(datum.key), datum.hash) != datum.hash:
            raise BrokenLink(f"{chain.code}: personal data {datum.key} were altered outside the service")
    return number


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Yield key and hash of all personal data that a JSON value refers to."""
    if isinstance(value, dict) and value.keys() == {"personal", "hash"}:
        yield value["personal"], value["hash"]
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _references(part)


def _verify_versions(chain: Chain, versions: dict[tuple[str, str], int], number: int, public_number: int) -> None:
    kept = {(each.resource, each.audience): each.version for each in chain.versions.all()}
    now = Chain.objects.get(pk=chain.pk)  # read last: what was kept by then cannot lie beyond it
    for (resource, audience), version in sorted((versions | kept).items()):
        is_public = audience == ResourceVersion.PUBLIC
        if version > (now.last_public_number if is_public else now.last_number):
            raise BrokenLink(f"{chain.code}: version {version} of {resource} lies beyond the head")
        if (resource, audience) not in kept:
            raise BrokenLink(f"{chain.code}: the version of {resource} is missing")
        is_read = version <= (public_number if is_public else number)  # else it was written while this reads
        if is_read and versions.get((resource, audience)) != version:
            raise BrokenLink(f"{chain.code}: version {version} of {resource} has no entry")


def _verify_checkpoints(chain: Chain, heads: dict[int, tuple[str, int]]) -> None:
    kept = list(Checkpoint.objects.filter(chain=chain).order_by("pk"))
    now = Chain.objects.get(pk=chain.pk)
    for checkpoint in kept:
        link = f"{chain.code}/{checkpoint.number}"
        if checkpoint.number > now.last_number:
            raise BrokenLink(f"{link}: there is a checkpoint of this entry, but no entry")
        if checkpoint.number not in heads:
            continue  # written while this reads
        hash_, public_number = heads[checkpoint.number]
        if (_seal_of(hash_, checkpoint.at), public_number) != (checkpoint.seal, checkpoint.public_number):
            raise BrokenLink(f"{link}: differs from the checkpoint of {checkpoint.at}")
