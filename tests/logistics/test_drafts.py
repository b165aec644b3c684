"""Drafts: begun, edited, discarded; and flyers, which are what they are and not what they are called."""

import io
import zlib
from datetime import timedelta

import pytest
from PIL import Image

from cnd import journal
from cnd.actors import Actor
from cnd.errors import Invalid, NotPermitted, Refused
from logistics.models import SentFile
from logistics.services.content import content_of
from logistics.services.drafts import attach_flyer, begin_draft, discard_draft, edit_application, remove_flyer
from logistics.services.sent_files import media_type_of
from logistics.services.submission import submit_application
from sessions.models import MeetingSession
from tests.logistics.sent import PDF
from tests.logistics.windows import CONTENT, OPENING, drafted, kind_of, received, windowed
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, correct, count_entries, state

pytestmark = pytest.mark.django_db


loaded = kept(lambda: windowed(OPENING.replace(year=2023)).pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    """Return a session long before any window."""
    return MeetingSession.objects.select_related("chain").get(pk=loaded)


def picture(format_: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(made, format_)
    return made.getvalue()


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_is_begun_at_any_time_and_may_be_empty(session: MeetingSession) -> None:
    made = begin_draft(kind=kind_of(session), organiser=state(session, "AT"), actor=as_focal_point(session, "AT"))
    assert (made.state, made.receipt_number, made.title) == ("draft", None, "")


def test_what_was_given_is_read_back(session: MeetingSession) -> None:
    said = content_of(drafted(session))
    assert {name: said[name] for name in CONTENT} == CONTENT


def test_the_same_again_changes_nothing(session: MeetingSession) -> None:
    made = drafted(session)
    entries = count_entries(session)
    edit_application(application=made, content=CONTENT, actor=as_focal_point(session, "AT"))
    assert count_entries(session) == entries


def test_names_stand_in_no_entry_of_the_journal(session: MeetingSession) -> None:
    made = drafted(session)
    edit_application(application=made, content={"speakers": [{"name": "Carla", "title": ""}]}, actor=_own(session))
    changes = str(list(session.chain.entries.values_list("changes", flat=True)))
    assert [each for each in ("Anna", "Berta", "Carla", "anna@") if each in changes] == []
    assert journal.verify(session.chain) > 0


@pytest.mark.parametrize(
    "content",
    [
        {"form": "by letter"},
        {"attendance": -3},
        {"length_min": True},
        {"title": "x" * 201},
        {"wished_times": [("noon", "evening")]},
        {"cosponsors": [{"delegation": "XX"}]},
        {"cosponsors": [{"delegation": "AT"}]},
        {"cosponsors": [{"name": "Somebody", "kind": "club"}]},
        {"speakers": "all of us"},
        {"receipt_number": 1},
    ],
)
def test_what_cannot_be_kept_is_named(session: MeetingSession, content: dict[str, object]) -> None:
    made = drafted(session)
    with pytest.raises(Invalid) as refusal:
        edit_application(application=made, content=content, actor=_own(session))
    assert list(refusal.value.fields) == list(content)


def test_nobody_else_touches_a_draft(session: MeetingSession) -> None:
    made, stranger = drafted(session), as_focal_point(session, "KE")
    with pytest.raises(NotPermitted):
        edit_application(application=made, content={"title": "Mine"}, actor=stranger)
    with pytest.raises(NotPermitted):
        discard_draft(application=made, actor=stranger)
    with pytest.raises(NotPermitted):
        attach_flyer(application=made, name="a.pdf", content=PDF, actor=stranger)


def test_a_discarded_draft_is_submitted_no_more(session: MeetingSession) -> None:
    made = discard_draft(application=drafted(session), actor=_own(session))
    assert discard_draft(application=made, actor=_own(session)).discarded_at == made.discarded_at
    with pytest.raises(Refused) as refusal:
        submit_application(application=made, actor=_own(session), arrived_at=session.chain.to_real(OPENING))
    assert refusal.value.code == "discarded"


def _own(session: MeetingSession) -> Actor:
    return as_focal_point(session, "AT")


# --- flyers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(PDF, "application/pdf"), (picture("PNG"), "image/png"), (picture("JPEG"), "image/jpeg")],
)
def test_a_flyer_is_told_by_its_content(content: bytes, media_type: str) -> None:
    assert media_type_of(content) == media_type


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.4\nand no more",
        picture("GIF"),
        picture("PNG")[:50],
        picture("JPEG")[:200],
        b"\x89PNG\r\n\x1a\n" + zlib.compress(b"nothing"),
    ],
)
def test_what_is_none_is_refused_whatever_it_is_called(content: bytes) -> None:
    assert media_type_of(content) == ""


def test_a_flyer_is_attached_replaced_and_removed(session: MeetingSession) -> None:
    made = attach_flyer(application=drafted(session), name="../x/Our <flyer>.exe", content=PDF, actor=_own(session))
    assert made.flyer
    assert (made.flyer.name, made.flyer.media_type, made.flyer.size) == (
        "Our _flyer_.pdf",
        "application/pdf",
        len(PDF),
    )
    assert bytes(SentFile.objects.get().content) == PDF
    again = attach_flyer(application=made, name="flyer.pdf", content=PDF, actor=_own(session))
    assert again.flyer_id == made.flyer_id
    assert remove_flyer(application=again, actor=_own(session)).flyer is None


def test_a_flyer_above_the_rules_size_is_refused(session: MeetingSession) -> None:
    correct(session, "side-event-high-level.flyer_bytes_max", 10)
    with pytest.raises(Invalid) as refusal:
        attach_flyer(application=drafted(session), name="a.pdf", content=PDF, actor=_own(session))
    assert refusal.value.code == "file_too_large"


def test_a_flyer_of_a_received_application_is_a_small_edit(session: MeetingSession) -> None:
    correct(session, "side-event-high-level.applications_open", OPENING.replace(year=2023) - timedelta(days=1))
    made = received(session)
    flown = attach_flyer(application=made, name="a.pdf", content=PDF, actor=_own(session))
    assert [each.fields for each in flown.revisions.all()] == [[], ["flyer"]]
    assert flown.content_sha256 == made.content_sha256
