"""Reminders that follow the deadlines: planned from data, moved with them, told when their moment has come."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from cnd import journal
from cnd.actors import COMMAND
from cnd.clock import rfc3339
from cnd.errors import Invalid
from cnd.models import Cause, Notice
from sessions.domain.reminders import Moment, end_of_day, plan, read_offsets
from sessions.models import GeneralDebate, MeetingSession, Rule
from sessions.services.announcements import withdraw_announcement
from sessions.services.deadlines import deadlines_for, follow_rules
from sessions.services.rules import correct_rule
from sessions.services.session_file import DATA
from sessions.services.setup import load_session
from tests.sessions.scenes import (
    VIENNA,
    announce_now,
    correct,
    focal_point,
    inscribed,
    make_session,
    officer,
    quiet,
    state,
)
from tests.sessions.told import causes, planned, reader, readers, sweep, told, words
from tests.threads import at_once

pytestmark = pytest.mark.django_db

NEW_YEAR = datetime(2024, 1, 2, 9, tzinfo=VIENNA)
CLOSES = datetime(2024, 2, 26, 18, tzinfo=VIENNA)
DAY, H = timedelta(days=1), timedelta(hours=1)


def vienna(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=VIENNA)  # type: ignore[arg-type,misc]


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


def names(session: MeetingSession, code: str) -> str:
    return session.delegations.get(code=code).memberships.get().user.username


# --- the plan is a pure function --------------------------------------------------------------------------------------


def moment(at: datetime, **more: Any) -> Moment:
    return Moment("debate.x", "0", at, "delegations", **more)


def test_a_deadline_is_reminded_of_at_every_offset_and_until_it_has_come() -> None:
    found = plan([moment(CLOSES)], [7 * DAY, DAY, 3 * H])
    assert [(each.key, each.due_at, each.worth_until, each.audience) for each in found] == [
        ("deadline:debate.x#0:604800", CLOSES - 7 * DAY, CLOSES, "delegations"),
        ("deadline:debate.x#0:86400", CLOSES - DAY, CLOSES, "delegations"),
        ("deadline:debate.x#0:10800", CLOSES - 3 * H, CLOSES, "delegations"),
    ]


def test_reminders_go_to_whom_the_rule_names_for_them() -> None:
    assert [each.audience for each in plan([moment(CLOSES, reminders_to="not-inscribed")], [DAY])] == ["not-inscribed"]


def test_an_opening_is_told_once_when_it_has_come_and_until_what_opened_closes() -> None:
    found = plan([moment(NEW_YEAR, is_opening=True, ends_at=CLOSES)], [7 * DAY, DAY])
    assert [(each.due_at, each.worth_until) for each in found] == [(NEW_YEAR, CLOSES)]


def test_without_offsets_nothing_is_planned_of_a_deadline() -> None:
    assert plan([moment(CLOSES)], []) == []


def test_over_the_night_of_the_clocks_change_a_day_is_24_hours() -> None:
    """Vienna's clocks went forward on 31 March 2024 at 02:00."""
    at = vienna(2024, 3, 31, 12)
    (found,) = plan([moment(at)], [DAY])
    assert found.due_at == datetime(2024, 3, 30, 10, tzinfo=UTC)
    assert found.due_at.astimezone(VIENNA) == vienna(2024, 3, 30, 11)
    assert (at.astimezone(UTC) - found.due_at) == DAY


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ((2024, 3, 30), datetime(2024, 3, 30, 23, tzinfo=UTC)),
        ((2024, 3, 31), datetime(2024, 3, 31, 22, tzinfo=UTC)),
        ((2024, 10, 27), datetime(2024, 10, 27, 23, tzinfo=UTC)),
    ],
)
def test_a_day_ends_where_the_meeting_is_also_when_it_has_23_or_25_hours(
    day: tuple[int, int, int], end: datetime
) -> None:
    assert end_of_day(date(*day), VIENNA) == end


def test_offsets_are_read_from_texts_the_longest_first_and_each_once() -> None:
    assert read_offsets(["3 h", "7 d", "1 day", "24 h"]) == [7 * DAY, DAY, 3 * H]


@pytest.mark.parametrize("texts", [["soon"], [7], ["0 s"], ["7"], ["-1 d"], ["1 d"] * 21])
def test_what_is_no_offset_is_refused(texts: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_offsets(texts)


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
    kenya = names(session, "KE")
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
    assert set(reached) == {names(session, "AT"), names(session, "KE")}


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


# --- a deadline that moves --------------------------------------------------------------------------------------------

MOVED_TO = vienna(2024, 3, 1, 12)


def test_moving_a_deadline_takes_its_reminders_along(session: MeetingSession) -> None:
    correct(session, "debate.inscription_closes", MOVED_TO)
    assert planned(session, "debate.inscription_closes") == {
        "debate.inscription_closes#1:604800": MOVED_TO - 7 * DAY,
        "debate.inscription_closes#1:86400": MOVED_TO - DAY,
        "debate.inscription_closes#1:10800": MOVED_TO - 3 * H,
    }
    assert {cause.state for cause in causes(session, "deadline:debate.inscription_closes#0")} == {"cancelled"}


def test_moving_a_deadline_cancels_what_of_its_reminders_is_not_sent(session: MeetingSession, clock: Any) -> None:
    clock.move_to(CLOSES - DAY)
    sweep()
    correct(session, "debate.inscription_closes", MOVED_TO)
    told_of = Notice.objects.filter(cause__key="deadline:debate.inscription_closes#0:86400")
    assert set(told_of.values_list("channel", "state")) == {("email", "cancelled"), ("portal", "sent")}


def test_whoever_it_concerns_is_told_once_that_a_deadline_moved(session: MeetingSession) -> None:
    correct(session, "debate.inscription_closes", MOVED_TO)
    users = [names(session, "AT"), names(session, "KE")]
    assert told(session, "deadline_moved") == [(user, channel) for user in users for channel in ("email", "portal")]
    assert told(session, "rule_corrected") == []
    user = session.delegations.get(code="KE").memberships.get().user
    subject, body = words(session, "deadline_moved", user)
    assert subject == "Moved: Inscription on the list of speakers closes"
    assert "now 1 March 2024, 12:00 (Vienna);\nbefore 26 February 2024, 18:00 (Vienna).\n\nReason: test" in body


def test_the_same_value_again_tells_nobody(session: MeetingSession) -> None:
    correct(session, "debate.inscription_closes", CLOSES)
    assert (told(session, "deadline_moved"), causes(session, "rule:")) == ([], [])


def test_of_two_moves_only_the_later_one_is_mailed(session: MeetingSession) -> None:
    correct(session, "debate.inscription_closes", MOVED_TO)
    correct(session, "debate.inscription_closes", MOVED_TO + DAY)
    mails = Notice.objects.filter(cause__kind="deadline_moved", channel="email").order_by("cause", "pk")
    assert list(mails.values_list("cause__key", "state")) == [
        ("rule:debate.inscription_closes#1", "cancelled"),
        ("rule:debate.inscription_closes#1", "cancelled"),
        ("rule:debate.inscription_closes#2", "waiting"),
        ("rule:debate.inscription_closes#2", "waiting"),
    ]
    assert set(planned(session, "debate.inscription_closes")) == {
        f"debate.inscription_closes#2:{seconds}" for seconds in (604800, 86400, 10800)
    }


def test_a_rule_that_was_corrected_is_told_with_both_values_and_the_reason(session: MeetingSession) -> None:
    correct(session, "debate.statement_national", timedelta(minutes=3))
    assert readers(session, "rule_corrected") == [names(session, "AT"), names(session, "KE")]
    user = session.delegations.get(code="AT").memberships.get().user
    subject, body = words(session, "rule_corrected", user)
    assert subject == "Rule corrected: Speaking time of a national statement"
    assert "now 3 minutes;\nbefore 5 minutes.\n\nReason: test" in body


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("debate.slots", 100, "now 100 slots;\nbefore 114 slots."),
        ("roundtable.parallel", False, "now no;\nbefore yes."),
        ("roundtable-1.day", date(2024, 3, 15), "now 15 March 2024;\nbefore 14 March 2024."),
        ("documents.kinds", [], "now –;\nbefore conference room paper; presentation."),
        ("side-event-regular.correct_within", 3600, "now 1 hour;\nbefore 2 days."),
        ("opening-ceremony.opens", vienna(2024, 3, 14, 9), "now 14 March 2024, 09:00 (Vienna);"),
        ("side-event-regular.applications_close", vienna(2024, 1, 26), "now 25 January 2024, 24:00 (Vienna);"),
    ],
)
def test_values_of_every_type_are_told_as_people_write_them(
    session: MeetingSession, name: str, value: Any, line: str
) -> None:
    correct(session, name, value)
    user = session.delegations.get(code="AT").memberships.get().user
    kind = "deadline_moved" if name.endswith("_close") else "rule_corrected"
    assert line in words(session, kind, user)[1]


def test_a_rule_of_the_secretariats_own_is_told_to_it_alone(session: MeetingSession) -> None:
    officer()
    correct(session, "debate.announcement_on", date(2024, 2, 28))
    assert readers(session, "deadline_moved") == ["officer"]


def test_the_journal_of_a_correction_has_one_entry_and_verifies(session: MeetingSession) -> None:
    correct(session, "debate.inscription_closes", MOVED_TO)
    assert journal.verify(session.chain) == 2


# --- the offsets are data ---------------------------------------------------------------------------------------------


def test_other_offsets_plan_every_deadline_anew(session: MeetingSession) -> None:
    correct(session, "notices.reminder_offsets", ["2 d", "3 h"])
    assert planned(session, "debate.inscription_closes") == {
        "debate.inscription_closes#0:172800": CLOSES - 2 * DAY,
        "debate.inscription_closes#0:10800": CLOSES - 3 * H,
    }
    assert planned(session, "debate.inscription_opens") == {"debate.inscription_opens#0:0": vienna(2024, 1, 15, 10)}


def test_offsets_that_come_back_bring_their_reminders_back(session: MeetingSession) -> None:
    before = planned(session)
    correct(session, "notices.reminder_offsets", [])
    assert {key for key in planned(session) if not key.endswith(":0")} == set()
    correct(session, "notices.reminder_offsets", ["7 d", "1 d", "3 h"])
    assert planned(session) == before


def test_offsets_are_corrected_without_a_word_to_delegations(session: MeetingSession) -> None:
    officer()
    correct(session, "notices.reminder_offsets", ["2 d"])
    assert readers(session, "rule_corrected") == ["officer"]


def test_what_is_no_length_of_time_is_refused_as_an_offset(session: MeetingSession) -> None:
    with pytest.raises(Invalid) as refused:
        correct(session, "notices.reminder_offsets", ["soon"])
    assert list(refused.value.fields) == ["value"]


def test_a_file_with_offsets_that_are_none_is_refused_naming_the_rule(tmp_path: Path) -> None:
    shutil.copy(DATA / "delegations.csv", tmp_path)
    text = (DATA / "cnd67.toml").read_text(encoding="utf-8").replace('["7 d", "1 d", "3 h"]', '["soon"]')
    (tmp_path / "faulty.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=r"rule notices\.reminder_offsets: “soon” is not a duration"):
        load_session(tmp_path / "faulty.toml", actor=COMMAND, say=quiet)


def test_loading_the_file_again_takes_over_who_is_reminded(session: MeetingSession, tmp_path: Path) -> None:
    shutil.copy(DATA / "delegations.csv", tmp_path)
    text = (DATA / "cnd67.toml").read_text(encoding="utf-8").replace('reminders_to = "not-inscribed"\n', "")
    (tmp_path / "changed.toml").write_text(text, encoding="utf-8")
    before = planned(session)
    load_session(tmp_path / "changed.toml", actor=COMMAND, say=quiet)
    assert {cause.audience for cause in causes(session, "deadline:debate.inscription_closes")} == {"delegations"}
    assert planned(session) == before


# --- the announced drawing --------------------------------------------------------------------------------------------


def at_the_quotas(session: MeetingSession, clock: Any) -> None:
    clock.move_to(vienna(2024, 2, 20))
    inscribed(session, "AT")
    clock.move_to(vienna(2024, 2, 27, 9))
    sweep()


def announced_at(session: MeetingSession) -> datetime:
    return GeneralDebate.objects.get(session=session).drawings.get().draw_at


def test_an_announced_drawing_moves_the_reminders_to_its_moment_and_back(session: MeetingSession, clock: Any) -> None:
    at_the_quotas(session, clock)
    before = planned(session, "debate.draw_at")
    assert list(before) == ["debate.draw_at#0:86400", "debate.draw_at#0:10800"]
    drawing = announce_now(session, lead_s=4 * 86400)
    assert planned(session, "debate.draw_at") == {
        "debate.draw_at#draw-1:86400": drawing.draw_at - DAY,
        "debate.draw_at#draw-1:10800": drawing.draw_at - 3 * H,
    }
    withdraw_announcement(drawing=drawing, reason="test", actor=COMMAND)
    assert planned(session, "debate.draw_at") == before


def test_while_a_drawing_is_announced_another_wish_of_the_rule_book_moves_nothing(
    session: MeetingSession, clock: Any
) -> None:
    at_the_quotas(session, clock)
    announce_now(session, lead_s=4 * 86400)
    before = planned(session, "debate.draw_at")
    correct(session, "debate.draw_at", vienna(2024, 3, 5, 10))
    assert planned(session, "debate.draw_at") == before
    assert (len(told(session, "deadline_moved")), len(told(session, "rule_corrected"))) == (0, 4)


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
    clock.shift(timedelta(seconds=5))
    correct(session, "debate.inscription_closes", MOVED_TO)
    (found,) = [each for each in deadlines_for(session) if each.rule.name == "debate.inscription_closes"]
    assert (found.at, found.corrections, found.sequence, found.set_by) == (MOVED_TO, [(CLOSES, "test")], 1, "1")
    assert found.changed_at == NEW_YEAR + timedelta(seconds=5)


def test_all_deadlines_of_a_session_take_few_queries(
    session: MeetingSession, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(6):
        deadlines_for(session, state(session, "AT"))


def test_the_titles_of_deadlines_can_be_translated(session: MeetingSession) -> None:
    from sessions.services.rule_titles import KNOWN

    assert {each.rule.title for each in deadlines_for(session)} <= set(KNOWN)


# --- at once ----------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_corrections_at_once_leave_the_reminders_of_the_later_one_alone() -> None:
    with time_machine.travel(NEW_YEAR, tick=True):
        session = make_session(None)
        focal_point(session, "AT")
        rule = session.rules.get(scope="debate", key="inscription_closes")

        def moved(by: timedelta) -> Rule:
            return correct_rule(rule=rule, value=CLOSES + by, reason="test", actor=COMMAND)

        outcomes = at_once(*[lambda n=n: moved(n * DAY) for n in range(1, 5)])
        assert [type(outcome) for outcome in outcomes] == [Rule] * 4
        rule.refresh_from_db()
        (found,) = [each for each in deadlines_for(session) if each.rule.name == rule.name]
        assert found.set_by == "4"
        assert planned(session, rule.name) == {
            f"{rule.name}#4:{int(offset.total_seconds())}": found.at - offset for offset in (7 * DAY, DAY, 3 * H)
        }
        assert rule.value == rfc3339(found.at).replace(".000000", "")
        waiting = Cause.objects.filter(chain=session.chain, key__startswith=f"rule:{rule.name}#")
        assert sorted(waiting.values_list("key", flat=True)) == [f"rule:{rule.name}#{n}" for n in range(1, 5)]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_correcting_and_announcing_at_once_never_wait_for_each_other() -> None:
    session = make_session()
    inscribed(session, "AT")
    rule = session.rules.get(scope="debate", key="draw_at")

    def announced() -> object:
        return announce_now(session, lead_s=3600)

    def corrected() -> object:
        return correct_rule(rule=rule, value=vienna(2024, 3, 5, 10), reason="test", actor=COMMAND)

    outcomes = at_once(announced, corrected)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert {key.split(":")[0] for key in planned(session, "debate.draw_at")} <= {"debate.draw_at#draw-1"}
