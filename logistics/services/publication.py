"""The programme is published: an immutable numbered version of what stands in the draft (RULES 5).

Whoever publishes holds the lock of the programme's row, under which the draft is moved as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cnd import clock, journal
from cnd.actors import Actor, require_secretariat
from cnd.canonical import sha256_of
from cnd.errors import Invalid, Refused
from cnd.models import ResourceVersion
from cnd.versions import Outdated, require_version
from logistics.domain.programme import Row, content_of, difference, in_order, is_new
from logistics.models import Application, EventKind, Placement, Programme, ProgrammeVersion
from logistics.services import occupancy
from logistics.services.holders import told
from logistics.services.notices.programme import tell_organisers
from logistics.services.placements import RESOURCE, locked_programme
from logistics.services.published import latest_version
from sessions.models import MeetingSession
from sessions.services.rules import rule_book

PUBLIC = ("programme", "side-events", "availability")


@dataclass(frozen=True)
class Preview:
    """What would be published now."""

    number: int
    rows: list[Row]
    difference: dict[str, list[Any]]
    seen: str
    """What to hand to the publication, so that it publishes this and nothing else."""
    frozen: list[EventKind]
    """Kinds whose programme is frozen and in which something would change: the note must say why."""

    @property
    def is_new(self) -> bool:
        return is_new(self.difference)


def preview_of(session: MeetingSession) -> Preview:
    """Return what a publication would publish, and what it would change."""
    return _preview(session, latest_version(session))


def publish_programme(
    *, session: MeetingSession, note: str = "", actor: Actor, expected_version: int | None = None, seen: str = ""
) -> ProgrammeVersion:
    """Publish the draft: all placed events that are accepted. `note` says in public what is new.

    `expected_version` is the draft's, `seen` what a preview showed. Once a kind of events is frozen a change of its
    published programme needs a note. Raises NotPermitted, Invalid, Outdated, and Refused where nothing is new.
    """
    require_secretariat(actor)
    note = note.strip()
    with journal.decision(
        session.chain, action="publish_programme", subject="programme", actor=actor, reason=note
    ) as draft:
        programme = locked_programme(session)
        require_version(session.chain, RESOURCE, ResourceVersion.STAFF, expected_version)
        last = latest_version(session)
        preview = _preview(session, last)
        if seen and seen != preview.seen:
            raise Outdated("outdated", _("The draft was changed since you looked at it. Look again, then publish."))
        if not preview.is_new:
            raise Refused("nothing_new", _("The draft holds nothing that is not published already."))
        _require_note(preview, note)
        _publish_cells(session)
        version = _version(programme, last, preview, note)
        programme.last_version = version.number
        programme.save(update_fields=["last_version"])
        draft.change("programme", _facts(last), _facts(version))
        draft.touch(*PUBLIC)
        draft.touch(RESOURCE, audience=ResourceVersion.STAFF)
        draft.publish()
        tell_organisers(session, version)
    return version


def _facts(version: ProgrammeVersion | None) -> dict[str, Any] | None:
    return {"version": version.number, "sha256": version.sha256} if version else None


def _preview(session: MeetingSession, last: ProgrammeVersion | None) -> Preview:
    rows = in_order(_row(each) for each in _placements(session))
    found = difference(last.content["events"] if last else [], rows)
    number = last.number + 1 if last else 1
    return Preview(
        number=number,
        rows=rows,
        difference=found,
        seen=sha256_of({"version": number, "events": rows}),
        frozen=_frozen(session, found) if last else [],
    )


def _placements(session: MeetingSession) -> list[Placement]:
    placed = Placement.objects.filter(application__kind__session=session, application__state=Application.State.ACCEPTED)
    return list(
        placed.select_related("application__kind", "application__organiser", "room")
        .prefetch_related("application__cosponsors__delegation")
        .order_by("pk")
    )


def _row(placement: Placement) -> Row:
    event = placement.application
    return {
        "event": event.reference,
        "kind": event.kind.code,
        "title": event.title,
        "abstract": event.abstract,
        "theme": event.theme,
        "form": event.form,
        "organiser": event.organiser.code,
        # A delegation has its names where they are kept; another body has no other than this one.
        "cosponsors": [
            {"delegation": each.delegation.code if each.delegation else None, "name": each.name}
            for each in sorted(event.cosponsors.all(), key=lambda each: each.pk)
        ],
        "starts_at": clock.rfc3339(placement.starts_at),
        "ends_at": clock.rfc3339(placement.ends_at),
        "room": placement.room.code if placement.room else None,
    }


def _frozen(session: MeetingSession, found: Mapping[str, list[Any]]) -> list[EventKind]:
    """Return the kinds of which something changes after the freeze of their programme."""
    references = {
        *found["added"],
        *(each["event"] for part in ("moved", "changed", "removed") for each in found[part]),
    }
    touched = {each.rpartition("-")[0] for each in references}
    kinds = [kind for kind in session.event_kinds.all() if kind.code in touched]
    if not kinds:
        return []
    book, now = rule_book(session), session.chain.now()
    return [
        kind for kind in kinds if book.has(kind.scope, "freeze_at") and book.instant(kind.scope, "freeze_at") <= now
    ]


def _require_note(preview: Preview, note: str) -> None:
    if preview.frozen and not note:
        message = _("The programme is frozen: say in public why it is changed all the same.")
        raise Invalid("note_missing", message, fields={"note": [message]})


def _publish_cells(session: MeetingSession) -> None:
    try:
        occupancy.publish_events(session=session)
    except occupancy.Occupied as fault:
        # Only the secretariat publishes, and may know who it is.
        message = _("Somebody else has a room of the draft: %(who)s.") % {"who": "; ".join(told(session, fault.taken))}
        raise Refused("occupied", message) from None


def _version(programme: Programme, last: ProgrammeVersion | None, preview: Preview, note: str) -> ProgrammeVersion:
    session = programme.session
    at = clock.now()
    session_at = session.chain.to_session(at)
    content = content_of(
        session=session.code,
        number=preview.number,
        at=clock.rfc3339(session_at),
        note=note,
        is_rehearsal=session.is_rehearsal,
        previous=last.content if last else None,
        rows=preview.rows,
    )
    return ProgrammeVersion.objects.create(
        programme=programme,
        number=preview.number,
        at=at,
        session_at=session_at,
        note=note,
        content=content,
        sha256=sha256_of(content),
    )
