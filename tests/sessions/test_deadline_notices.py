"""Reminders of the deadlines: planned when a session is loaded, told when their moment has come."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from cnd.models import Cause, Notice
from sessions.models import MeetingSession
from sessions.services.deadlines import deadlines_for, follow_rules
from tests.sessions.scenes import (
    correct,
    inscribed,
    make_session,
    state,
)
from tests.sessions.told import (
    CLOSES,
    DAY,
    NEW_YEAR,
    H,
    causes,
    name_of,
    planned,
    reader,
    readers,
    sweep,
    told,
    vienna,
    words,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[Any]:
    """The real clock, set to the New Year before the session."""
    with time_machine.travel(NEW_YEAR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def session(clock: Any) -> MeetingSession:
    """A session in earnest, with a focal point of Austria and one of Kenya."""
    session = make_session(None)
    reader(session, "AT")
    reader(session, "KE")
    return session


# --- planned when the session is loaded -------------------------------------------------------------------------------


def test_loading_a_session_plans_the_reminders_of_every_deadline(session: MeetingSession) -> None:
    assert planned(session, "debate.inscription") == {
        "debate.inscription_opens#0:0": vienna(2024, 1, 15, 10),
        "debate.inscription_closes#0:604800": CLOSES - 7 * DAY,
        "debate.inscription_closes#0:86400": CLOSES - DAY,
        "debate.inscription_closes#0:10800": CLOSES - 3 * H,
    }
    deadlines = [each for each in deadlines_for(session) if each.rule.is_deadline]
    assert {key.split("#")[0] for key in planned(session)} == {each.rule.name for each in deadlines}


def test_reminders_of_the_inscription_go_to_whoever_has_not_inscribed(session: MeetingSession) -> None:
    found = causes(session, "deadline:debate.inscription_closes")
    assert {(cause.audience, cause.worth_until) for cause in found} == {("not-inscribed", CLOSES)}


def test_a_deadline_that_is_a_day_lasts_until_its_end(session: MeetingSession) -> None:
    end = vienna(2024, 2, 28)
    assert planned(session, "debate.announcement_on")["debate.announcement_on#0:86400"] == end - DAY
    (cause,) = causes(session, "deadline:debate.announcement_on#0:86400")
    assert (cause.audience, cause.worth_until) == ("secretariat", end)


def test_organisers_are_those_of_the_rules_own_scope(session: MeetingSession) -> None:
    (cause,) = causes(session, "deadline:side-event-regular.applications_open")
    assert (cause.kind, cause.audience) == ("window_opens", "organisers:side-event-regular")
    assert cause.worth_until == vienna(2024, 1, 27)


def test_reminders_whose_moment_is_past_are_not_made(session: MeetingSession) -> None:
    """The high-level applications opened on 4 January and close on the 12th: 7 days before is still to come."""
    assert list(planned(session, "side-event-high-level.applications_close")) == [
        "side-event-high-level.applications_close#0:604800",
        "side-event-high-level.applications_close#0:86400",
        "side-event-high-level.applications_close#0:10800",
    ]
    later = make_session_again(session, vienna(2024, 1, 11, 10))
    assert list(planned(later, "side-event-high-level.applications_close")) == [
        "side-event-high-level.applications_close#0:10800"
    ]


def make_session_again(session: MeetingSession, at: datetime) -> MeetingSession:
    """Return the session as if it had been loaded at another moment."""
    Notice.objects.all().delete()
    Cause.objects.all().delete()
    with time_machine.travel(at, tick=False):
        follow_rules(session)
    return session


def test_planning_again_changes_nothing(session: MeetingSession, django_assert_max_num_queries: Any) -> None:
    before = list(Cause.objects.order_by("pk").values())
    with django_assert_max_num_queries(8):
        follow_rules(session)
    assert list(Cause.objects.order_by("pk").values()) == before


def test_every_planned_cause_knows_the_entry_that_set_its_deadline(session: MeetingSession) -> None:
    assert set(Cause.objects.values_list("entry_number", flat=True)) == {1}
    correct(session, "debate.draw_at", vienna(2024, 3, 1, 10))
    assert {cause.entry_number for cause in causes(session, "deadline:debate.draw_at#1")} == {2}


# --- told by the sweep ------------------------------------------------------------------------------------------------


def test_the_reminder_reaches_those_who_have_not_inscribed_by_mail_and_in_the_portal(
    session: MeetingSession, clock: Any
) -> None:
    clock.move_to(CLOSES - 8 * DAY)
    inscribed(session, "AT")
    clock.move_to(CLOSES - 7 * DAY)
    sweep()
    kenya = name_of(session, "KE")
    of_inscription = Notice.objects.filter(cause__key="deadline:debate.inscription_closes#0:604800")
    assert sorted(of_inscription.values_list("recipient__username", "channel", "state")) == [
        (kenya, "email", "waiting"),
        (kenya, "portal", "sent"),
    ]


def test_a_focal_point_who_came_later_is_reminded_too(session: MeetingSession, clock: Any) -> None:
    late = reader(session, "BR")
    clock.move_to(CLOSES - DAY)
    sweep()
    assert late.username in readers(session, "deadline_reminder")


def test_the_reminder_says_what_to_do_by_when_in_both_zones(session: MeetingSession, clock: Any) -> None:
    user = reader(session, "BR", time_zone="America/Sao_Paulo")
    clock.move_to(CLOSES - DAY)
    sweep()
    notice = Notice.objects.filter(cause__key="deadline:debate.inscription_closes#0:86400", recipient=user).first()
    assert notice is not None
    subject, body = words(session, "deadline_reminder", user)
    assert subject == "Reminder: Inscription on the list of speakers closes"
    assert "26 February 2024, 18:00 (Vienna) = 26 February 2024, 14:00 (Sao Paulo)" in body
    assert "Your delegation has not inscribed yet. Afterwards only the secretariat can enter it." in body


def test_an_opening_is_told_to_all_when_it_has_come(session: MeetingSession, clock: Any) -> None:
    clock.move_to(vienna(2024, 1, 15, 10) - timedelta(seconds=1))
    sweep()
    opened = "deadline:debate.inscription_opens#0:0"
    assert Notice.objects.filter(cause__key=opened).count() == 0
    clock.move_to(vienna(2024, 1, 15, 10))
    sweep()
    reached = Notice.objects.filter(cause__key=opened).values_list("recipient__username", flat=True)
    assert set(reached) == {name_of(session, "AT"), name_of(session, "KE")}


def test_three_days_without_sweeps_tell_what_is_still_worth_it_and_let_the_rest_lapse(
    session: MeetingSession, clock: Any
) -> None:
    draw_at = vienna(2024, 2, 29, 10)
    clock.move_to(draw_at - 8 * DAY)
    sweep()
    clock.move_to(CLOSES + H)
    sweep()
    assert {
        cause.key: cause.state for cause in causes(session, "deadline:debate.") if cause.due_at > draw_at - 8 * DAY
    } == {
        "deadline:debate.inscription_closes#0:86400": "lapsed",
        "deadline:debate.inscription_closes#0:10800": "lapsed",
        "deadline:debate.announcement_on#0:86400": "waiting",
        "deadline:debate.announcement_on#0:10800": "waiting",
        "deadline:debate.draw_at#0:604800": "told",
        "deadline:debate.draw_at#0:86400": "waiting",
        "deadline:debate.draw_at#0:10800": "waiting",
    }


def test_planning_anew_keeps_what_waits_for_a_sweep(session: MeetingSession, clock: Any) -> None:
    clock.move_to(CLOSES - 3 * H + timedelta(minutes=1))
    correct(session, "debate.statement_national", timedelta(minutes=4))
    follow_rules(session)
    (cause,) = causes(session, "deadline:debate.inscription_closes#0:10800")
    assert cause.state == Cause.State.WAITING
    sweep()
    assert {cause.state for cause in causes(session, "deadline:debate.inscription_closes#0:10800")} == {"told"}


def test_in_a_rehearsal_delegations_are_told_in_the_portal_alone_in_the_sessions_own_time() -> None:
    session = make_session(CLOSES - DAY - H)
    user = reader(session, "AT")
    with time_machine.travel(session.chain.to_real(CLOSES - DAY), tick=False):
        sweep()
    assert told(session, "deadline_reminder") == [(user.username, "portal")]


# --- read by pages and feeds ------------------------------------------------------------------------------------------


def test_deadlines_come_in_order_and_say_whom_they_concern(session: MeetingSession) -> None:
    austria, ngo = state(session, "AT"), state(session, "PS")
    found = deadlines_for(session, austria)
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert {each.rule.name for each in found if not each.concerns} == {"debate.announcement_on"}
    assert {each.rule.scope for each in deadlines_for(session, ngo) if not each.concerns} == {
        "debate",
        "side-event-high-level",
        "side-event-regular",
    }


def test_a_corrected_deadline_says_what_it_was(session: MeetingSession, clock: Any) -> None:
    moved_to = vienna(2024, 3, 1, 12)
    clock.shift(timedelta(seconds=5))
    correct(session, "debate.inscription_closes", moved_to)
    (found,) = [each for each in deadlines_for(session) if each.rule.name == "debate.inscription_closes"]
    assert (found.at, found.corrections, found.sequence, found.set_by) == (moved_to, [(CLOSES, "test")], 1, "1")
    assert found.changed_at == NEW_YEAR + timedelta(seconds=5)


def test_all_deadlines_of_a_session_take_few_queries(
    session: MeetingSession, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(6):
        deadlines_for(session, state(session, "AT"))


def test_the_titles_of_deadlines_can_be_translated(session: MeetingSession) -> None:
    from sessions.services.rule_titles import KNOWN

    assert {each.rule.title for each in deadlines_for(session)} <= set(KNOWN)
