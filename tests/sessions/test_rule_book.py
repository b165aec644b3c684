"""The rule book: read by services, corrected by staff, every old value kept."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from cnd import clock, journal
from cnd.actors import COMMAND, PUBLIC, Actor, actor_for
from cnd.errors import Invalid, NotPermitted, Refused
from cnd.models import JournalEntry, ResourceVersion, User
from sessions.models import Drawing, MeetingSession, Rule
from sessions.services import rules
from sessions.services.rules import before_correction, correct_rule, rule_book
from sessions.services.setup import load_session
from sessions.services.slots import sync_slots

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> MeetingSession:
    return load_session("cnd67", actor=COMMAND, say=lambda line: None)


@pytest.fixture
def officer() -> Actor:
    return actor_for(User.objects.create_user("officer", role=User.Role.SECRETARIAT))


def rule(session: MeetingSession, name: str) -> Rule:
    scope, key = name.split(".")
    return session.rules.get(scope=scope, key=key)


def announce(session: MeetingSession, state: str = "announced") -> Drawing:
    now = clock.now()
    is_drawn = state in {"drawn", "annulled"}
    has_ended = state in {"withdrawn", "annulled"}
    return Drawing.objects.create(
        debate=session.debate,
        attempt=1,
        state=state,
        is_rehearsal=False,
        announcement={},
        announcement_sha256="0" * 64,
        announced_at=now,
        draw_at=now + timedelta(hours=2),
        seals_at=now + timedelta(hours=2),
        drawn_at=now if is_drawn else None,
        bundle={} if is_drawn else None,
        ended_at=now if has_ended else None,
        end_reason="a mistake" if has_ended else "",
    )


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "scope", "key", "value"),
    [
        (rules.RuleBook.integer, "debate", "slots", 114),
        (rules.RuleBook.duration, "debate", "statement_national", timedelta(minutes=5)),
        (rules.RuleBook.instant, "debate", "draw_at", datetime(2024, 2, 29, 9, 0, tzinfo=UTC)),
        (rules.RuleBook.date, "debate", "announcement_on", date(2024, 2, 27)),
        (rules.RuleBook.time, "rooms", "day_opens", time(8, 30)),
        (rules.RuleBook.boolean, "draw", "drand_required", True),
        (rules.RuleBook.text, "debate", "draw_place", "Intersessional meeting of the Commission"),
        (rules.RuleBook.text, "debate", "ordering", "over_segment"),
        (rules.RuleBook.choice, "debate", "ordering", "over_segment"),
        (rules.RuleBook.list, "debate", "levels", ["above_ministerial", "ministerial", "below_ministerial"]),
        (rules.RuleBook.limit, "side-event-high-level", "places", 11),
        (rules.RuleBook.limit, "side-event-regular", "places", None),
    ],
)
def test_a_rule_is_read_as_what_services_compute_with(
    session: MeetingSession, read: Callable[..., Any], scope: str, key: str, value: Any
) -> None:
    assert read(rule_book(session), scope, key) == value


def test_a_missing_rule_is_named(session: MeetingSession) -> None:
    with pytest.raises(Refused) as refusal:
        rule_book(session).integer("debate", "speakers_a_minute")

    assert refusal.value.code == "rule_missing"
    assert str(refusal.value) == "The rule book has no rule debate.speakers_a_minute."


def test_a_rule_of_another_type_is_named(session: MeetingSession) -> None:
    with pytest.raises(Refused) as refusal:
        rule_book(session).duration("debate", "slots")

    assert refusal.value.code == "rule_missing"
    assert str(refusal.value) == "The rule debate.slots is not of the type duration."


def test_the_whole_book_is_one_query(session: MeetingSession, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        book = rule_book(session)
        book.integer("debate", "slots")
        book.duration("debate", "statement_group")
        book.has("draw", "drand_lead")


# --- correcting -------------------------------------------------------------------------------------------------------


def test_a_correction_keeps_the_old_value_with_who_when_and_why(session: MeetingSession, officer: Actor) -> None:
    before = clock.now()

    corrected = correct_rule(
        rule=rule(session, "bilateral.slots_a_day"), value=3, reason="a third room was found", actor=officer
    )

    kept = corrected.corrections.get()
    assert corrected.value == 3
    assert (kept.number, kept.old_value, kept.new_value, kept.reason) == (1, 2, 3, "a third room was found")
    assert kept.by == officer.user
    assert before <= kept.at <= clock.now()
    assert kept.session_at == session.chain.to_session(kept.at)
    assert rule_book(session).integer("bilateral", "slots_a_day") == 3


def test_corrections_of_a_rule_are_numbered_on(session: MeetingSession, officer: Actor) -> None:
    national = rule(session, "debate.statement_national")

    correct_rule(rule=national, value=timedelta(minutes=4), reason="time is short", actor=officer)

    assert list(national.corrections.values_list("number", "old_value", "new_value")) == [
        (1, 180, 300),
        (2, 300, 240),
    ]


def test_a_correction_is_one_entry_and_a_new_public_version(session: MeetingSession, officer: Actor) -> None:
    before = JournalEntry.objects.count()

    correct_rule(rule=rule(session, "bilateral.slots_a_day"), value=3, reason="a third room", actor=officer)

    entry = JournalEntry.objects.last()
    assert entry is not None
    assert JournalEntry.objects.count() == before + 1
    assert (entry.action, entry.subject, entry.reason) == ("correct_rule", "rule:bilateral.slots_a_day", "a third room")
    assert entry.actor == officer.reference
    assert entry.changes == [{"what": "rule:bilateral.slots_a_day", "before": 2, "after": 3}]
    assert entry.resources == [["rules", "public"]]
    version = ResourceVersion.objects.get(chain=session.chain, resource="rules", audience=ResourceVersion.PUBLIC)
    assert version.version == entry.public_number
    assert journal.verify(session.chain) == before + 1


@pytest.mark.parametrize("value", [timedelta(minutes=5), 300])
def test_an_equal_value_changes_nothing(session: MeetingSession, officer: Actor, value: Any) -> None:
    before = JournalEntry.objects.count()

    correct_rule(rule=rule(session, "debate.statement_national"), value=value, reason="again", actor=officer)

    assert JournalEntry.objects.count() == before
    assert rule(session, "debate.statement_national").corrections.count() == 1


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_correction_without_a_reason_is_refused(session: MeetingSession, officer: Actor, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        correct_rule(rule=rule(session, "bilateral.slots_a_day"), value=3, reason=reason, actor=officer)

    assert refusal.value.code == "reason_required"
    assert list(refusal.value.fields) == ["reason"]
    assert rule(session, "bilateral.slots_a_day").value == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bilateral.slots_a_day", "three"),
        ("bilateral.slots_a_day", True),
        ("debate.ordering", "by age"),
        ("debate.draw_at", "soon"),
        ("draw.drand_required", 1),
    ],
)
def test_a_wrong_value_is_refused_beside_its_field(
    session: MeetingSession, officer: Actor, name: str, value: Any
) -> None:
    before = rule(session, name).value

    with pytest.raises(Invalid) as refusal:
        correct_rule(rule=rule(session, name), value=value, reason="why not", actor=officer)

    assert refusal.value.code == "value_not_valid"
    assert list(refusal.value.fields) == ["value"]
    assert rule(session, name).value == before


@pytest.mark.parametrize("actor", [PUBLIC, "delegate"])
def test_only_the_secretariat_corrects_rules(session: MeetingSession, actor: Any) -> None:
    if actor == "delegate":
        actor = actor_for(User.objects.create_user("delegate", role=User.Role.DELEGATION))

    with pytest.raises(NotPermitted):
        correct_rule(rule=rule(session, "bilateral.slots_a_day"), value=3, reason="we need more", actor=actor)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("debate.inscription_opens", "2024-02-26T17:00:00Z"),
        ("debate.inscription_closes", "2024-01-15T09:00:00Z"),
        ("side-event-regular.applications_close", "2024-01-01T00:00:00Z"),
        ("bilateral.day_opens", "18:00"),
        ("bilateral.last_day", "2024-03-13"),
    ],
)
def test_a_window_that_would_end_before_it_begins_is_refused(
    session: MeetingSession, officer: Actor, name: str, value: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        correct_rule(rule=rule(session, name), value=value, reason="a slip", actor=officer)

    assert refusal.value.code == "window_not_valid"


def test_first_and_last_day_may_be_the_same(session: MeetingSession, officer: Actor) -> None:
    corrected = correct_rule(
        rule=rule(session, "bilateral.last_day"), value=date(2024, 3, 14), reason="one day only", actor=officer
    )

    assert corrected.value == "2024-03-14"


def test_a_hook_can_refuse_a_correction_whole(
    session: MeetingSession, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "_hooks", {})
    seen = []

    def refuse(rule: Rule, value: Any) -> None:
        seen.append((rule.name, rule.value, value))
        raise Refused("not_now", "Not now.")

    before_correction("rooms", "turnaround", refuse)

    with pytest.raises(Refused):
        correct_rule(rule=rule(session, "rooms.turnaround"), value=1_200, reason="cleaning", actor=officer)

    assert seen == [("rooms.turnaround", 900, 1_200)]
    assert rule(session, "rooms.turnaround").corrections.count() == 0


# --- the slots follow their rule --------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 100, 114, 120])
def test_the_slots_follow_their_rule(session: MeetingSession, officer: Actor, count: int) -> None:
    correct_rule(rule=rule(session, "debate.slots"), value=count, reason="another hall", actor=officer)

    assert list(session.debate.slots.values_list("number", flat=True)) == list(range(1, count + 1))
    assert set(session.debate.slots.values_list("status", flat=True)) == {"undrawn"}


def test_rule_and_slots_change_in_one_entry(session: MeetingSession, officer: Actor) -> None:
    correct_rule(rule=rule(session, "debate.slots"), value=120, reason="another hall", actor=officer)

    entry = JournalEntry.objects.last()
    assert entry is not None
    assert entry.changes == [
        {"what": "slots", "before": 114, "after": 120},
        {"what": "rule:debate.slots", "before": 114, "after": 120},
    ]
    assert entry.resources == [["rules", "public"], ["slots", "public"]]


def test_slots_that_stay_are_not_touched(session: MeetingSession) -> None:
    before = dict(session.debate.slots.values_list("number", "updated_at"))

    sync_slots(session.debate, 115)

    after = dict(session.debate.slots.values_list("number", "updated_at"))
    assert {number: after[number] for number in before} == before


def test_a_debate_cannot_be_without_slots(session: MeetingSession, officer: Actor) -> None:
    with pytest.raises(Invalid) as refusal:
        correct_rule(rule=rule(session, "debate.slots"), value=0, reason="a slip", actor=officer)

    assert refusal.value.code == "slots_not_valid"


FROZEN: list[tuple[str, Any]] = [
    ("debate.slots", 120),
    ("debate.ordering", "within_meetings"),
    ("debate.slots_of_meetings", [57, 57]),
    ("debate.levels", ["ministerial"]),
]


@pytest.mark.parametrize(("name", "value"), FROZEN)
@pytest.mark.parametrize(("state", "code"), [("announced", "drawing_open"), ("drawn", "drawing_done")])
def test_what_a_drawing_froze_cannot_be_corrected_under_it(
    session: MeetingSession, officer: Actor, name: str, value: Any, state: str, code: str
) -> None:
    announce(session, state)
    before = JournalEntry.objects.count()

    with pytest.raises(Refused) as refusal:
        correct_rule(rule=rule(session, name), value=value, reason="another hall", actor=officer)

    assert refusal.value.code == code
    assert session.debate.slots.count() == 114
    assert JournalEntry.objects.count() == before


@pytest.mark.parametrize(("name", "value"), FROZEN)
@pytest.mark.parametrize("state", ["withdrawn", "annulled"])
def test_once_the_drawing_has_ended_it_can_be_corrected(
    session: MeetingSession, officer: Actor, name: str, value: Any, state: str
) -> None:
    announce(session, state)

    assert correct_rule(rule=rule(session, name), value=value, reason="another hall", actor=officer).value == value


def test_a_speaking_time_can_be_corrected_while_a_drawing_is_open(session: MeetingSession, officer: Actor) -> None:
    announce(session)

    corrected = correct_rule(
        rule=rule(session, "debate.statement_national"), value=240, reason="time is short", actor=officer
    )

    assert corrected.value == 240
