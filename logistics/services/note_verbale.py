"""The note verbale by which a delegation asks for rooms: handed in, and confirmed once by staff (RULES 6)."""

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Refused
from cnd.journal import Draft
from cnd.models import ResourceVersion
from logistics.models import NoteVerbale
from logistics.services.booking_holds import BOOKINGS, audience_of, lock_delegations
from logistics.services.booking_rules import SCOPE, BookingRules, require_reason
from logistics.services.sent_files import PDF, checked_file
from sessions.models import Delegation, MeetingSession
from sessions.services.access import require_acts_for
from sessions.services.rules import rule_book


def hand_in_note(*, delegation: Delegation, name: str, content: bytes, actor: Actor) -> NoteVerbale:
    """Keep the note of a delegation, a PDF; another one takes its place until it is confirmed.

    Raises NotPermitted, Invalid, and Refused once it is confirmed.
    """
    require_acts_for(actor, delegation)
    session = _session_of(delegation)
    most = rule_book(session).integer(SCOPE, "note_bytes_max")
    sent = checked_file(session=session, name=name, content=content, allowed=[PDF], most_bytes=most)
    with journal.decision(
        session.chain, action="hand_in_note", subject=f"delegation:{delegation.code}", actor=actor
    ) as draft:
        lock_delegations(delegation)
        note = NoteVerbale.objects.select_related("file").filter(delegation=delegation).first()
        if note is not None and note.confirmed_at is not None:
            raise Refused("note_confirmed", _("The note verbale is confirmed already."))
        sent.save()
        before = note.file.sha256 if note and note.file else None
        note = note or NoteVerbale(delegation=delegation)
        note.file, note.handed_in_at = sent, session.chain.now()
        note.save()
        _note_change(draft, delegation, before, sent.sha256)
    return note


def confirm_note(*, delegation: Delegation, actor: Actor) -> NoteVerbale:
    """Confirm that a delegation's note is there, also one on paper; for all its bookings. Again: changes nothing."""
    require_secretariat(actor)
    session = _session_of(delegation)
    with journal.decision(
        session.chain, action="confirm_note", subject=f"delegation:{delegation.code}", actor=actor
    ) as draft:
        lock_delegations(delegation)
        now = session.chain.now()
        note, _is_new = NoteVerbale.objects.get_or_create(delegation=delegation, defaults={"handed_in_at": now})
        if note.confirmed_at is None:
            note.confirmed_at = now
            note.save(update_fields=["confirmed_at"])
            _note_change(draft, delegation, None, "confirmed")
    return note


def require_note(delegation: Delegation, rules: BookingRules, actor: Actor, reason: str) -> None:
    """Raise Refused where the rules want a note verbale and none is confirmed, unless staff give a reason."""
    if not rules.needs_note or NoteVerbale.objects.filter(delegation=delegation, confirmed_at__isnull=False).exists():
        return
    if not actor.is_secretariat:
        raise Refused("note_missing", _("A booking needs a note verbale, confirmed by the secretariat."))
    require_reason(reason, _("Without a note verbale a booking needs a reason."))


def _session_of(delegation: Delegation) -> MeetingSession:
    return MeetingSession.objects.select_related("chain").get(pk=delegation.session_id)


def _note_change(draft: Draft, delegation: Delegation, before: str | None, after: str) -> None:
    draft.change(f"note-verbale:{delegation.code}", before, after)
    draft.touch(BOOKINGS, audience=ResourceVersion.STAFF)
    draft.touch(BOOKINGS, audience=audience_of(delegation))
