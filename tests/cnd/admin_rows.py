"""A row of everything that is sent or held for other systems, so that the administration has something to show."""

from datetime import timedelta

from cnd import clock
from cnd.actors import COMMAND, actor_for
from cnd.models import ApiToken, IdempotencyKey, MailLane
from cnd.outbox.texts import save_text
from logistics.models import (
    Block,
    Cell,
    NoteVerbale,
    Offer,
    Placement,
    Placing,
    Programme,
    ProgrammeVersion,
    Proposal,
    Revision,
    SentFile,
    Waiting,
)
from sessions.models import MeetingSession
from sessions.services.invitations import invite
from tests.logistics.bilaterals import asked
from tests.logistics.windows import drafted
from tests.sessions import scenes


def make(session: MeetingSession) -> None:
    """Invite somebody, word a notice, and give somebody a token."""
    delegation, at = scenes.state(session, "KE"), clock.now()
    invite(delegation=delegation, name="One", email="one@example.org", language="en", actor=COMMAND)
    officer = actor_for(scenes.officer())
    save_text(chain=session.chain, kind="invitation", language="en", subject="Come", body="{link}", actor=officer)
    MailLane.objects.get_or_create(number=1)
    user = scenes.focal_point(session, "KE")
    ApiToken.objects.create(user=user, prefix="cnd_1", hash="0" * 64, created_at=at, expires_at=at + timedelta(days=1))
    IdempotencyKey.objects.create(owner=f"user:{user.pk}", key="k", request_hash="0" * 64, created_at=at)
    make_side_events(session)
    make_meetings(session)


def make_side_events(session: MeetingSession) -> None:
    """Have one row of all that surrounds the meeting, whatever it says."""
    at, until = clock.now(), clock.now() + timedelta(hours=1)
    room = session.rooms.all()[0]
    programme = Programme.objects.get(session=session)
    application = drafted(session, "AT")
    Revision.objects.create(application=application, number=1, at=at, session_at=at, fields=[], content_sha256="0" * 64)
    flyer = {"name": "flyer.pdf", "media_type": "application/pdf", "size": 1, "sha256": "0" * 64}
    SentFile.objects.create(session=session, content=b"x", sent_at=at, **flyer)
    Block.objects.create(room=room, starts_at=at, ends_at=until, reason="Repairs")
    Cell.objects.create(session=session, layer=Cell.Layer.DRAFT, resource=room.resource, number=1, holder="block:1")
    Placement.objects.create(application=application, room=room, starts_at=at, ends_at=until)
    Placing.objects.create(programme=programme, asked_at=at, limit_s=10)
    ProgrammeVersion.objects.create(programme=programme, number=1, at=at, session_at=at, content={}, sha256="0" * 64)


def make_meetings(session: MeetingSession) -> None:
    """Have one row of everything about bilateral meetings, whatever it says."""
    booking, at = asked(session), clock.now()
    times = {"room": booking.room, "starts_at": booking.starts_at, "ends_at": booking.ends_at}
    Proposal.objects.create(booking=booking, made_at=at, **times)
    waiting = Waiting.objects.create(session=session, delegation=booking.requester, joined_at=at, **times)
    Offer.objects.create(waiting=waiting, made_at=at, expires_at=at, **times)
    NoteVerbale.objects.create(delegation=booking.requester, handed_in_at=at)
