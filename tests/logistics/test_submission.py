"""Submission is a moment: the window by arrival, completeness, the limit, the receipt (RULES 1 and 5)."""

from datetime import datetime, timedelta

import pytest
import time_machine

from cnd import journal
from cnd.actors import COMMAND
from cnd.canonical import sha256_of
from cnd.errors import Invalid, NotPermitted, Refused
from cnd.models import Cause
from logistics.models import Application
from logistics.services.content import document_of
from logistics.services.drafts import edit_application, missing_in
from logistics.services.submission import submit_application
from sessions.models import MeetingSession
from tests.logistics.windows import CLOSING, CONTENT, OPENING, again, drafted, kind_of, others, received, windowed
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, correct, count_entries, last_entry, state

pytestmark = pytest.mark.django_db
INSTANT = timedelta(microseconds=1)

loaded = kept(lambda: windowed().pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.select_related("chain").get(pk=loaded)


def submitted_at(session: MeetingSession, moment: datetime, code: str = "AT") -> Application:
    """Submit a complete draft by a request that arrived then."""
    draft = drafted(session, code)
    return submit_application(application=draft, actor=COMMAND, arrived_at=session.chain.to_real(moment))


@pytest.mark.parametrize("moment", [OPENING, CLOSING - INSTANT])
def test_who_arrives_in_the_window_is_received(session: MeetingSession, moment: datetime) -> None:
    made = submitted_at(session, moment)
    assert (made.state, made.place, made.receipt_number, made.arrived_at) == ("under_review", 1, 1, moment)


@pytest.mark.parametrize("moment", [OPENING - INSTANT, CLOSING])
def test_who_arrives_outside_the_window_is_told_when_it_is(session: MeetingSession, moment: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        submitted_at(session, moment)
    assert (refusal.value.code, refusal.value.details["opens_at"], refusal.value.details["closes_at"]) == (
        "window_closed",
        OPENING,
        CLOSING,
    )
    assert Application.objects.received().count() == 0


def test_an_incomplete_one_is_refused_naming_every_field(session: MeetingSession) -> None:
    draft = drafted(session, title="", speakers=[], length_min=95)
    with pytest.raises(Invalid) as refusal:
        submit_application(application=draft, actor=COMMAND)
    assert (refusal.value.code, sorted(refusal.value.fields)) == ("incomplete", ["length_min", "speakers", "title"])


def test_page_and_submission_ask_the_same(session: MeetingSession) -> None:
    kind = kind_of(session)
    assert missing_in(kind, CONTENT) == missing_in(kind, drafted(session)) == []
    assert sorted(each.field for each in missing_in(kind, {})) == [
        "abstract",
        "attendance",
        "contact",
        "form",
        "length_min",
        "speakers",
        "theme",
        "title",
    ]


def test_a_second_click_returns_the_same_receipt(session: MeetingSession) -> None:
    first = received(session)
    entries = count_entries(session)
    second = submit_application(application=first, actor=COMMAND)
    assert (second.receipt_number, second.receipt_at) == (first.receipt_number, first.receipt_at)
    assert count_entries(session) == entries


def test_a_third_of_one_organiser_is_refused(session: MeetingSession) -> None:
    received(session)
    received(session)
    with pytest.raises(Refused) as refusal:
        received(session)
    assert (refusal.value.code, refusal.value.details) == ("limit_reached", {"most": 2})


def test_number_and_time_rise_though_the_clock_stands_still(session: MeetingSession) -> None:
    with time_machine.travel(session.chain.to_real(OPENING), tick=False):
        made = others(session, 3)
    assert [each.receipt_number for each in made] == [1, 2, 3]
    assert [each.receipt_at for each in made] == [OPENING, OPENING + INSTANT, OPENING + 2 * INSTANT]


def test_when_a_draft_was_begun_counts_for_nothing(session: MeetingSession) -> None:
    early, late = drafted(session, "AT"), drafted(session, "KE")
    submit_application(application=late, actor=COMMAND)
    submit_application(application=early, actor=COMMAND)
    assert (again(late).receipt_number, again(early).receipt_number) == (1, 2)


def test_the_hash_is_that_of_the_content_without_a_name_in_it(session: MeetingSession) -> None:
    made = received(session)
    document = document_of(made)
    assert made.content_sha256 == sha256_of(document)
    assert [each for each in ("Anna", "Berta", "anna@") if each in str(document)] == []
    assert [(each.number, each.fields, each.content_sha256) for each in made.revisions.all()] == [
        (1, [], made.content_sha256)
    ]


def test_a_small_edit_is_a_revision_and_leaves_the_receipt(session: MeetingSession) -> None:
    made = received(session)
    own = as_focal_point(session, "AT")
    edited = edit_application(application=made, content={"speakers": [{"name": "Carla", "title": ""}]}, actor=own)
    assert (edited.receipt_number, edited.receipt_at, edited.content_sha256) == (
        made.receipt_number,
        made.receipt_at,
        made.content_sha256,
    )
    last = edited.revisions.last()
    assert last
    assert (last.number, last.fields, last.content_sha256 != made.content_sha256) == (2, ["speakers"], True)


def test_what_is_not_small_is_edited_by_the_secretariat_alone(session: MeetingSession) -> None:
    made = received(session)
    with pytest.raises(Refused) as refusal:
        edit_application(application=made, content={"title": "Other"}, actor=as_focal_point(session, "AT"))
    assert (refusal.value.code, list(refusal.value.fields)) == ("not_a_small_edit", ["title"])
    edited = edit_application(application=made, content={"title": "Other"}, actor=COMMAND, reason="as agreed")
    assert edited.title == "Other"


def test_an_edit_cannot_take_away_what_makes_it_complete(session: MeetingSession) -> None:
    made = received(session)
    with pytest.raises(Invalid) as refusal:
        edit_application(application=made, content={"speakers": []}, actor=as_focal_point(session, "AT"))
    assert list(refusal.value.fields) == ["speakers"]


def test_nobody_submits_for_another_delegation(session: MeetingSession) -> None:
    draft = drafted(session, "AT")
    with pytest.raises(NotPermitted):
        submit_application(application=draft, actor=as_focal_point(session, "KE"))


def test_who_cannot_organise_is_told_so(session: MeetingSession) -> None:
    assert state(session, "VA").kind != "member_state"
    with pytest.raises(NotPermitted) as refusal:
        drafted(session, "VA")
    assert refusal.value.code == "may_not_organise"


def test_with_precedence_a_member_state_waits_before_an_earlier_other(session: MeetingSession) -> None:
    correct(session, "side-event-high-level.member_states_first", True)
    correct(session, "side-event-high-level.organisers", ["member_state", "observer_state"])
    correct(session, "side-event-high-level.places", 1)
    received(session, "RO")
    observer, member = received(session, "VA"), received(session, "AT")
    positions = Cause.objects.filter(kind="application_waiting").order_by("pk").values_list("context", flat=True)
    assert [each["position"] for each in positions] == [1, 1]
    assert (observer.receipt_number, member.receipt_number) == (2, 3)


def test_the_receipt_is_told_and_journalled(session: MeetingSession) -> None:
    made = received(session)
    cause = Cause.objects.get(key=f"application:{made.pk}:received")
    entry = last_entry(session)
    assert (cause.kind, cause.audience, cause.entry_number) == ("application_received", "delegation:AT", entry.number)
    assert ["receipts", "public"] in entry.resources
    assert journal.verify(session.chain) == entry.number
