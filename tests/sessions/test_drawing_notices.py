"""What the meeting tells of a drawing: announced, drawn, annulled, a place changed, a source failed."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cnd import clock
from cnd.actors import COMMAND
from cnd.models import Cause, Notice, User
from cnd.outbox.kinds import kind_of
from cnd.outbox.texts import placeholders
from sessions.models import Delegation, Drawing, DrawSource, MeetingSession, Membership
from sessions.services import draw
from sessions.services.announcements import NumbersFormat, Sources, withdraw_announcement
from sessions.services.draw import annul, ask_annulment, enter_numbers
from sessions.services.floor import fill_vacancies, record_absent, record_exchange
from sessions.services.inscriptions import (
    change_level,
    withdraw,
)
from tests.sessions.public_pages import waiting_session
from tests.sessions.scenes import (
    announce_now,
    as_officer,
    draw_now,
    focal_point,
    inscribe_states,
    inscribed,
    make_session,
    officer,
    published,
    state,
)
from tests.sessions.told import causes, readers, told, words

pytestmark = pytest.mark.django_db


# --- drawings ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def ready() -> MeetingSession:
    """A rehearsal after the window: Austria and Kenya inscribed, Brazil not, one member of staff with an address."""
    session = make_session()
    for code in ("AT", "BR", "KE"):
        focal_point(session, code)
    staff = officer()
    staff.email = "officer@example.org"
    staff.save()
    for code in ("AT", "KE"):
        inscribed(session, code)
    return session


def test_a_drawing_is_announced_to_every_inscribed_delegation_and_the_staff_with_its_hash(
    ready: MeetingSession,
) -> None:
    drawing = announce_now(ready)
    assert told(ready, "drawing_announced") == [
        ("focal-at", "portal"),
        ("focal-ke", "portal"),
        ("officer", "email"),
        ("officer", "portal"),
    ]
    subject, body = words(ready, "drawing_announced", focal_point(ready, "KE"))
    assert subject == "Drawing of lots 1 announced"
    assert drawing.announcement_sha256 in body
    assert "Kenya takes part; level: Ministerial." in body
    assert "/cnd67/draw/1/\n" in body
    assert body.endswith("/verify_draw.py")
    assert "2 delegations take part." in words(ready, "drawing_announced", officer())[1]


def test_an_announcement_is_worth_telling_until_its_moment(ready: MeetingSession) -> None:
    drawing = announce_now(ready)
    until = ready.chain.to_session(drawing.draw_at)
    assert {cause.worth_until for cause in causes(ready, "draws/1:announced")} == {until}


def test_an_observer_is_told_that_only_national_statements_are_drawn(ready: MeetingSession) -> None:
    user = focal_point(ready, "PS")
    inscribed(ready, "PS")
    announce_now(ready)
    assert "takes no part: only national statements" in words(ready, "drawing_announced", user)[1]


def test_a_withdrawn_announcement_is_told_with_its_reason_and_mailed_no_more(ready: MeetingSession) -> None:
    drawing = announce_now(ready)
    withdraw_announcement(drawing=drawing, reason="The hall is closed.", actor=COMMAND)
    assert readers(ready, "announcement_withdrawn") == ["focal-at", "focal-ke", "officer"]
    assert "Reason: The hall is closed." in words(ready, "announcement_withdrawn", focal_point(ready, "AT"))[1]
    mail = Notice.objects.get(cause__kind="drawing_announced", channel="email")
    assert mail.state == Notice.State.CANCELLED


def test_the_result_says_to_each_delegation_its_slot_and_place_and_where_the_proof_is(ready: MeetingSession) -> None:
    drawing = draw_now(announce_now(ready))
    assert readers(ready, "drawing_result") == ["focal-at", "focal-ke", "officer"]
    rows = {row["delegation"]: row for row in published(drawing)["speakers"]}
    for code, name in (("AT", "Austria"), ("KE", "Kenya")):
        body = words(ready, "drawing_result", focal_point(ready, code))[1]
        row = rows[code]
        said = f"{name}: slot {row['slot']}; place {row['place']} of {len(rows)} on the list of speakers."
        assert said in body
        assert drawing.bundle_sha256 in body
    assert "Slots given: 2. Delegations on waiting lists: 0." in words(ready, "drawing_result", officer())[1]


def test_the_result_says_the_position_on_a_waiting_list() -> None:
    session, drawing = waiting_session()
    first = drawing.list_versions.get(number=1).content
    (queue,) = [each for each in first["waiting"] if each["delegations"]]
    user = focal_point(session, queue["delegations"][1])
    Notice.objects.create(
        cause=Cause.objects.get(key="draws/1:result:inscribed"),
        recipient=user,
        channel="portal",
        state="sent",
        message_id="<x>",
        created_at=clock.now(),
        sent_at=clock.now(),
    )
    body = words(session, "drawing_result", user)[1]
    assert "position 2 of 2 on the waiting list of the Group of African States." in body


def test_whoever_acts_for_two_delegations_reads_of_both_in_one_notice(ready: MeetingSession) -> None:
    user = focal_point(ready, "AT")
    user.memberships.create(delegation=Delegation.objects.get(session=ready, code="KE"))
    draw_now(announce_now(ready))
    body = words(ready, "drawing_result", user)[1]
    assert [name for name in ("Austria: slot", "Kenya: slot") if name in body] == ["Austria: slot", "Kenya: slot"]
    assert told(ready, "drawing_result").count(("focal-at", "portal")) == 1


def test_an_annulled_result_is_told_with_its_reason(ready: MeetingSession) -> None:
    drawing = draw_now(announce_now(ready))
    ask_annulment(drawing=drawing, reason="A state was missing.", actor=as_officer())
    annul(drawing=drawing, actor=as_officer("second"))
    assert readers(ready, "drawing_annulled") == ["focal-at", "focal-ke", "officer", "second"]
    assert "Reason: A state was missing." in words(ready, "drawing_annulled", focal_point(ready, "AT"))[1]
    assert Notice.objects.get(cause__kind="drawing_result", channel="email").state == Notice.State.CANCELLED


def test_advancing_a_drawing_again_tells_the_result_once(ready: MeetingSession) -> None:
    drawing = draw_now(announce_now(ready))
    draw_now(drawing)
    assert len(causes(ready, "draws/1:result")) == 2


# --- the list after the draw ------------------------------------------------------------------------------------------


def test_both_who_exchange_places_are_told_and_nobody_else(ready: MeetingSession) -> None:
    focal_point(ready, "DE")
    inscribed(ready, "DE")
    drawing = draw_now(announce_now(ready))
    record_exchange(debate=ready.debate, one=state(ready, "AT"), other=state(ready, "KE"), actor=COMMAND)
    assert readers(ready, "place_changed") == ["focal-at", "focal-ke"]
    rows = {row["delegation"]: row for row in published(drawing)["speakers"]}
    subject, body = words(ready, "place_changed", focal_point(ready, "AT"))
    assert subject == "Your place on the list of speakers: Austria"
    assert "You exchanged places with Kenya" in body
    assert f"Austria: slot {rows['AT']['slot']}; place {rows['AT']['place']} of 3" in body
    assert "You exchanged places with Austria" in words(ready, "place_changed", focal_point(ready, "KE"))[1]


def test_whoever_receives_a_slot_from_the_waiting_list_is_told() -> None:
    session, drawing = waiting_session()
    content = published(drawing)
    (queue,) = [each["delegations"] for each in content["waiting"] if each["delegations"]]
    holder = next(row["delegation"] for row in content["speakers"] if row["group"] == "african")
    for code in (*queue, holder):
        focal_point(session, code)
    from sessions.models import Inscription

    withdraw(inscription=Inscription.objects.get(delegation__code=holder), actor=COMMAND)
    assert readers(session, "place_changed") == [f"focal-{queue[0].lower()}"]
    body = words(session, "place_changed", focal_point(session, queue[0]))[1]
    assert "You received a slot that had become free." in body
    assert readers(session, "inscription_withdrawn") == [f"focal-{holder.lower()}"]


def test_everybody_who_is_given_a_vacant_slot_is_told() -> None:
    session, drawing = waiting_session()
    (queue,) = [each["delegations"] for each in published(drawing)["waiting"] if each["delegations"]]
    for code in queue:
        focal_point(session, code)
    fill_vacancies(debate=session.debate, actor=COMMAND)
    assert readers(session, "place_changed") == sorted(f"focal-{code.lower()}" for code in queue)


def test_whoever_was_absent_when_called_is_told(ready: MeetingSession) -> None:
    drawing = draw_now(announce_now(ready))
    code = published(drawing)["speakers"][0]["delegation"]
    record_absent(debate=ready.debate, delegation=state(ready, code), statement="national", actor=COMMAND)
    assert readers(ready, "place_changed") == [f"focal-{code.lower()}"]
    assert "You were absent" in words(ready, "place_changed", focal_point(ready, code))[1]


# --- failures ---------------------------------------------------------------------------------------------------------

BALLS = NumbersFormat("Balls drawn in the room", 3, 1, 45)
NUMBERS_AND_DRAND = Sources(numbers=BALLS)


def after_the_deadline(drawing: Drawing) -> None:
    source = drawing.sources.get(kind=DrawSource.Kind.NUMBERS)
    with time_machine.travel(source.deadline + timedelta(seconds=1), tick=True):
        draw.advance(drawing.pk)


def test_numbers_nobody_entered_are_a_failure_that_staff_are_told_of(ready: MeetingSession) -> None:
    drawing = announce_now(ready, sources=NUMBERS_AND_DRAND, lead_s=7200)
    after_the_deadline(drawing)
    after_the_deadline(drawing)
    assert told(ready, "source_failed") == [("officer", "email"), ("officer", "portal")]
    subject, body = words(ready, "source_failed", officer())
    assert subject == "Drawing of lots 1: a source failed"
    assert "The numbers were not entered twice before the deadline." in body
    assert "As announced, this source is left out." in body


def test_unequal_numbers_are_a_failure_that_staff_are_told_of(ready: MeetingSession) -> None:
    drawing = announce_now(ready, sources=NUMBERS_AND_DRAND, lead_s=7200)
    source = drawing.sources.get(kind=DrawSource.Kind.NUMBERS)
    with time_machine.travel(source.not_before + timedelta(seconds=1), tick=True):
        enter_numbers(source=source, numbers=[1, 2, 3], actor=as_officer())
        enter_numbers(source=source, numbers=[1, 2, 4], actor=as_officer("second"))
    after_the_deadline(drawing)
    assert "The two entries of the numbers are unequal." in words(ready, "source_failed", officer())[1]


def test_a_round_without_a_value_is_a_failure_that_staff_are_told_of(ready: MeetingSession) -> None:
    drawing = announce_now(ready, sources=Sources(), lead_s=7200)
    source = drawing.sources.get()
    with time_machine.travel(source.deadline + timedelta(seconds=1), tick=True):
        draw.settle_and_draw(drawing.pk)
    body = words(ready, "source_failed", officer())[1]
    assert f"round {drawing.announcement['sources'][0]['substitute']['round']} of drand takes its place" in body


# --- all of them ------------------------------------------------------------------------------------------------------


def test_every_placeholder_of_every_kind_is_documented_and_filled(ready: MeetingSession) -> None:
    """A kind's text uses what it documents, and its fill gives all of it."""
    made = inscribed(ready, "BR")
    change_level(inscription=made, level="above_ministerial", actor=COMMAND)
    drawing = draw_now(announce_now(ready))
    code = published(drawing)["speakers"][0]["delegation"]
    record_absent(debate=ready.debate, delegation=state(ready, code), statement="national", actor=COMMAND)
    for cause in Cause.objects.filter(chain=ready.chain).select_related("chain"):
        kind = kind_of(cause.kind)
        user = officer() if cause.audience == "secretariat" else focal_point(ready, "BR")
        assert set(kind.placeholders) <= set(kind.fill(cause, user)) | {"name", "session", "link"}
        assert set(kind.placeholders) <= set(placeholders(kind))


# --- how much it takes ------------------------------------------------------------------------------------------------


@pytest.fixture
def crowded() -> MeetingSession:
    """A rehearsal with 190 Member States inscribed, two focal points each."""
    session = make_session()
    inscribe_states(session, 190)
    delegations = list(Delegation.objects.filter(inscriptions__isnull=False))
    users = User.objects.bulk_create(
        User(username=f"u{number}-{each.code}", role=User.Role.DELEGATION) for each in delegations for number in (1, 2)
    )
    Membership.objects.bulk_create(
        Membership(user=user, delegation=each)
        for user, each in zip(users, [each for each in delegations for _twice in (1, 2)], strict=True)
    )
    return session


def test_announcing_and_drawing_for_190_delegations_takes_few_queries(crowded: MeetingSession) -> None:
    with CaptureQueriesContext(connection) as announcing:
        drawing = announce_now(crowded)
    with CaptureQueriesContext(connection) as drawing_lots:
        draw_now(drawing)
    assert len(told(crowded, "drawing_announced")) == 380
    assert len(told(crowded, "drawing_result")) == 380
    assert (len(announcing) < 80, len(drawing_lots) < 100) == (True, True), (len(announcing), len(drawing_lots))
