"""What moves the reminders: a corrected deadline, other offsets, an announced drawing; and who is told of it."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from cnd import journal
from cnd.actors import COMMAND
from cnd.clock import rfc3339
from cnd.errors import Invalid
from cnd.models import Cause, Notice
from sessions.models import MeetingSession, Rule
from sessions.services.announcements import withdraw_announcement
from sessions.services.deadlines import deadlines_for
from sessions.services.rules import correct_rule
from sessions.services.session_file import DATA
from sessions.services.setup import load_session
from tests.sessions.scenes import (
    announce_now,
    correct,
    focal_point,
    inscribed,
    make_session,
    officer,
    quiet,
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
from tests.threads import at_once

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
    users = [name_of(session, "AT"), name_of(session, "KE")]
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
    assert readers(session, "rule_corrected") == [name_of(session, "AT"), name_of(session, "KE")]
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


def test_once_a_drawing_is_announced_nobody_is_reminded_to_announce_it(session: MeetingSession, clock: Any) -> None:
    at_the_quotas(session, clock)
    before = planned(session, "debate.announcement_on")
    assert list(before) == ["debate.announcement_on#0:10800"]
    drawing = announce_now(session, lead_s=4 * 86400)
    assert planned(session, "debate.announcement_on") == {}
    withdraw_announcement(drawing=drawing, reason="test", actor=COMMAND)
    assert planned(session, "debate.announcement_on") == before


def test_while_a_drawing_is_announced_another_wish_of_the_rule_book_moves_nothing(
    session: MeetingSession, clock: Any
) -> None:
    at_the_quotas(session, clock)
    announce_now(session, lead_s=4 * 86400)
    before = planned(session, "debate.draw_at")
    correct(session, "debate.draw_at", vienna(2024, 3, 5, 10))
    assert planned(session, "debate.draw_at") == before
    assert (len(told(session, "deadline_moved")), len(told(session, "rule_corrected"))) == (0, 4)


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
