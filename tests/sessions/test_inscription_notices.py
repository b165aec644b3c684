"""What a delegation is told of its inscription, and nobody else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cnd import clock
from cnd.actors import COMMAND
from cnd.models import Cause, Notice, User
from sessions.models import MeetingSession
from sessions.services.inscriptions import (
    change_inscription,
    change_level,
    edit_speaker,
    inscribe,
    undo_withdrawal,
    withdraw,
)
from sessions.services.memberships import grant_membership, revoke_membership
from sessions.services.roster_import import import_roster
from tests.sessions.scenes import (
    VIENNA,
    announce_now,
    as_officer,
    focal_point,
    inscribed,
    make_session,
    officer,
    state,
)
from tests.sessions.told import causes, reader, readers, told, words

pytestmark = pytest.mark.django_db

JANUARY = datetime(2024, 1, 20, 12, tzinfo=VIENNA)


def by(user: User) -> Any:
    from cnd.actors import actor_for

    return actor_for(user)


# --- inscriptions -----------------------------------------------------------------------------------------------------


@pytest.fixture
def session() -> MeetingSession:
    """A rehearsal in the window, with focal points of Austria, Brazil and Kenya and one member of staff."""
    session = make_session(JANUARY)
    for code in ("AT", "BR", "KE"):
        focal_point(session, code)
    officer()
    return session


def test_an_inscription_is_acknowledged_to_its_delegation_with_receipt_and_time(session: MeetingSession) -> None:
    user = focal_point(session, "AT")
    made = inscribe(debate=session.debate, delegation=state(session, "AT"), level="ministerial", actor=by(user))
    assert told(session, "inscription_received") == [("focal-at", "portal")]
    subject, body = words(session, "inscription_received", user)
    assert subject == "Inscribed under receipt 1: Austria"
    assert "Receipt 1, 20 January 2024, 12:00 (Vienna)\nNational statement\nLevel: Ministerial" in body
    assert body.endswith("/cnd67/delegation/AT/")
    assert Cause.objects.get(kind="inscription_received").key == f"inscription:{made.pk}:received"


def test_in_earnest_the_receipt_goes_by_mail_and_portal() -> None:
    with time_machine.travel(JANUARY, tick=False):
        session = make_session(None)
        user, foreign = reader(session, "AT"), reader(session, "KE")
        inscribed(session, "AT")
        assert told(session, "inscription_received") == [(user.username, "email"), (user.username, "portal")]
        assert Notice.objects.filter(recipient=foreign).count() == 0


def test_nobody_of_another_delegation_is_ever_told_of_an_inscription(session: MeetingSession) -> None:
    made = inscribed(session, "AT")
    change_level(inscription=made, level="above_ministerial", actor=COMMAND)
    edit_speaker(inscription=made, name="Someone", title="Minister", actor=COMMAND)
    withdraw(inscription=made, actor=COMMAND)
    undo_withdrawal(inscription=made, actor=COMMAND)
    assert set(Notice.objects.values_list("recipient__username", flat=True)) == {"focal-at"}
    kinds = ["received", "changed", "changed", "withdrawn", "restored"]
    assert [cause.kind for cause in causes(session, "inscription:")] == [f"inscription_{kind}" for kind in kinds]


def test_a_change_of_level_says_which_and_by_whom(session: MeetingSession) -> None:
    user = focal_point(session, "AT")
    made = inscribed(session, "AT")
    change_level(inscription=made, level="above_ministerial", actor=by(user))
    assert "was changed by your delegation" in words(session, "inscription_changed", user)[1]
    change_level(inscription=made, level="below_ministerial", actor=as_officer())
    body = words(session, "inscription_changed", user)[1]
    assert "was changed by the secretariat" in body
    assert "Level: Below ministerial; before: Above ministerial." in body


def test_who_speaks_is_not_said_in_a_notice_nor_kept_in_its_cause(session: MeetingSession) -> None:
    made = inscribed(session, "AT", speaker_name="Maria Example", speaker_title="Minister")
    edit_speaker(inscription=made, name="Anna Sample", title="Minister", actor=COMMAND)
    body = words(session, "inscription_changed", focal_point(session, "AT"))[1]
    assert "The speaker was changed." in body
    assert [name for name in ("Maria", "Anna") if name in body + str(list(Cause.objects.values()))] == []


def test_level_and_speaker_changed_together_are_told_in_one_notice(session: MeetingSession) -> None:
    made = inscribed(session, "AT")
    change_inscription(inscription=made, level="above_ministerial", speaker_name="Anna Sample", actor=COMMAND)
    assert len(told(session, "inscription_changed")) == 1
    body = words(session, "inscription_changed", focal_point(session, "AT"))[1]
    assert "Level: Above ministerial; before: Ministerial.\nThe speaker was changed." in body


def test_the_same_change_there_and_back_is_told_every_time(session: MeetingSession) -> None:
    made = inscribed(session, "AT")
    for level in ("above_ministerial", "ministerial", "above_ministerial"):
        change_level(inscription=made, level=level, actor=COMMAND)
    assert len(told(session, "inscription_changed")) == 3


def test_what_is_asked_for_again_is_told_once(session: MeetingSession) -> None:
    made = inscribed(session, "AT")
    for _again in range(2):
        change_level(inscription=made, level="above_ministerial", actor=COMMAND)
    for _again in range(2):
        withdraw(inscription=made, actor=COMMAND)
    assert (len(told(session, "inscription_changed")), len(told(session, "inscription_withdrawn"))) == (1, 1)


def test_what_was_refused_is_told_to_nobody(session: MeetingSession) -> None:
    from cnd.errors import Refused

    inscribed(session, "AT")
    with pytest.raises(Refused):
        inscribed(session, "AT")
    assert len(causes(session, "inscription:")) == 1


def test_a_late_inscription_says_that_it_stands_last(session: MeetingSession) -> None:
    inscribed(session, "BR")
    with time_machine.travel(clock.now() + timedelta(days=38), tick=False):
        announce_now(session)
        inscribed(session, "AT")
    assert readers(session, "inscription_late") == ["focal-at"]
    body = words(session, "inscription_late", focal_point(session, "AT"))[1]
    assert "the delegation stands last on the waiting list of its group" in body


def test_everybody_of_an_imported_roster_is_acknowledged(session: MeetingSession) -> None:
    import_roster(
        debate=session.debate, text="delegation,level\nAT,ministerial\nKE,ministerial\n", actor=COMMAND, reason="x"
    )
    assert told(session, "inscription_received") == [("focal-at", "portal"), ("focal-ke", "portal")]


def test_acknowledging_an_inscription_costs_few_queries(session: MeetingSession) -> None:
    with CaptureQueriesContext(connection) as inscribing:
        inscribed(session, "AT")
    of_outbox = [each["sql"] for each in inscribing if "cnd_cause" in each["sql"] or "cnd_notice" in each["sql"]]
    assert len(of_outbox) <= 4


# --- whoever acts for a delegation no longer -------------------------------------------------------------------------


@pytest.mark.parametrize("state_of_mail", ["waiting", "parked", "lapsed"])
def test_mail_that_waits_goes_to_nobody_whose_access_was_revoked(state_of_mail: str) -> None:
    session = make_session(None)
    gone, stays = reader(session, "AT"), reader(session, "AT")
    grant_membership(user=gone, delegation=state(session, "FR"), actor=as_officer())
    inscribed(session, "AT", reason="late")
    inscribed(session, "FR", reason="late")
    mails = Notice.objects.filter(channel="email", cause__kind="inscription_received").order_by("pk")
    mails.update(state=state_of_mail)

    revoke_membership(membership=gone.memberships.get(delegation__code="AT"), actor=as_officer())
    some = [(mail.recipient, mail.cause.audience, mail.state) for mail in mails]
    revoke_membership(membership=gone.memberships.get(), actor=as_officer())

    assert some == [
        (gone, "delegation:AT", "cancelled"),
        (stays, "delegation:AT", state_of_mail),
        (gone, "delegation:FR", state_of_mail),
    ]
    assert [mail.state for mail in mails.filter(recipient=gone)] == ["cancelled", "cancelled"]
