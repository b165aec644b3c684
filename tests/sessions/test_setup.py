"""A session loaded from its file: complete, once, and never against what was decided since."""

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cnd import clock, journal
from cnd.actors import COMMAND, PUBLIC, actor_for
from cnd.errors import Invalid, NotFound, NotPermitted, Refused
from cnd.models import Chain, JournalEntry, ResourceVersion, User
from sessions.models import Meeting, MeetingSession, Rule, RuleCorrection
from sessions.services.rules import correct_rule
from sessions.services.session_file import DATA
from sessions.services.setup import load_session
from tests.sessions.cnd67_rules import CND67

pytestmark = pytest.mark.django_db

LANGUAGES = {"ar", "zh", "en", "fr", "ru", "es"}


def load(name: str | Path = "cnd67", **how: Any) -> tuple[MeetingSession, list[str]]:
    said: list[str] = []
    return load_session(name, actor=COMMAND, say=said.append, **how), said


@pytest.fixture
def copy(tmp_path: Path) -> Callable[..., Path]:
    """Return a way to make a copy of the file with something replaced."""

    def make(*replacements: tuple[str, str]) -> Path:
        shutil.copy(DATA / "delegations.csv", tmp_path)
        text = (DATA / "cnd67.toml").read_text(encoding="utf-8")
        for old, new in replacements:
            assert text.count(old) >= 1
            text = text.replace(old, new, 1)
        path = tmp_path / "copy.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return make


# --- what CND67 holds -------------------------------------------------------------------------------------------------


def test_the_rule_book_holds_exactly_the_values_of_the_briefing() -> None:
    session, _said = load()

    marks = {
        rule.name: " ".join(filter(None, ["D" if rule.is_default else "", rule.audience if rule.is_deadline else ""]))
        for rule in session.rules.all()
    }
    assert {rule.name: (rule.type, rule.value, marks[rule.name]) for rule in session.rules.all()} == CND67


def test_every_rule_says_what_it_is_and_where_it_comes_from() -> None:
    session, _said = load()

    for rule in session.rules.all():
        rule.full_clean(exclude=["value"])
        assert rule.title
        assert rule.source
        assert bool(rule.audience) == (rule.is_deadline or rule.scope == "notices")
        assert rule.is_deadline or not (rule.is_opening or rule.reminders_to)
        assert bool(rule.choices) == (rule.type == Rule.Type.CHOICE)
        assert (rule.unit == "s") == (rule.type == Rule.Type.DURATION)


def test_the_two_corrections_of_the_briefing_stand_with_old_value_and_reason() -> None:
    session, _said = load()

    corrections = RuleCorrection.objects.filter(rule__session=session).order_by("rule__key")
    assert [
        (each.rule.name, each.number, each.old_value, each.new_value, each.reason[:11]) for each in corrections
    ] == [
        ("debate.statement_group", 1, 300, 420, "The Chair s"),
        ("debate.statement_national", 1, 180, 300, "The Chair s"),
    ]


def test_the_segments_have_their_days() -> None:
    session, _said = load()

    assert list(session.segments.values_list("code", "opens_on", "closes_on")) == [
        ("high-level", date(2024, 3, 14), date(2024, 3, 15)),
        ("regular", date(2024, 3, 18), date(2024, 3, 22)),
    ]


def test_the_high_level_segment_meets_morning_and_afternoon_on_both_days() -> None:
    load()

    assert [(each.segment.code, each.number, each.opens_at, each.closes_at) for each in Meeting.objects.all()] == [
        ("high-level", 1, datetime(2024, 3, 14, 9, tzinfo=UTC), datetime(2024, 3, 14, 12, tzinfo=UTC)),
        ("high-level", 2, datetime(2024, 3, 14, 14, tzinfo=UTC), datetime(2024, 3, 14, 17, tzinfo=UTC)),
        ("high-level", 3, datetime(2024, 3, 15, 9, tzinfo=UTC), datetime(2024, 3, 15, 12, tzinfo=UTC)),
        ("high-level", 4, datetime(2024, 3, 15, 14, tzinfo=UTC), datetime(2024, 3, 15, 17, tzinfo=UTC)),
    ]


def test_the_five_groups_have_their_member_states() -> None:
    session, _said = load()

    assert Counter(session.delegations.values_list("kind", "group__code")) == {
        ("member_state", "african"): 54,
        ("member_state", "asia_pacific"): 54,
        ("member_state", "eastern_european"): 23,
        ("member_state", "latin_american_caribbean"): 33,
        ("member_state", "western_european_others"): 29,
        ("observer_state", None): 2,
        ("observer_organization", None): 1,
    }


def test_every_delegation_has_the_names_of_the_list() -> None:
    session, _said = load()

    with (DATA / "delegations.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["iso2"]: row for row in csv.DictReader(file)}
    assert {each.code: each.names for each in session.delegations.all()} == {
        code: {language: row[f"name_{language}"] for language in LANGUAGES} for code, row in rows.items()
    }


def test_everything_named_has_a_name_in_each_of_the_six_languages() -> None:
    session, _said = load()

    for named in [session, *session.segments.all(), *session.groups.all(), *session.delegations.all()]:
        assert {language for language, name in named.names.items() if name} == LANGUAGES


def test_the_slots_are_there_and_undrawn() -> None:
    session, _said = load()

    assert list(session.debate.slots.values_list("number", "status")) == [
        (number, "undrawn") for number in range(1, 115)
    ]
    assert all(clock.now() - slot.updated_at < timedelta(minutes=1) for slot in session.debate.slots.all())


def test_every_public_resource_has_a_version_from_the_start() -> None:
    session, _said = load()

    versions = ResourceVersion.objects.filter(chain=session.chain, audience=ResourceVersion.PUBLIC)
    assert {each.resource: each.version for each in versions} == dict.fromkeys(
        ("session", "rules", "slots", "speakers", "draws", "rooms", "side-events", "programme", "receipts"), 1
    )


def test_the_session_begins_its_chain_with_one_entry() -> None:
    session, said = load()

    entry = JournalEntry.objects.get()
    assert (entry.chain.code, entry.number, entry.action, entry.subject) == (
        "cnd67",
        1,
        "load_session",
        "session:cnd67",
    )
    assert {"what": "rule:debate.statement_national#1", "before": 180, "after": 300} in [
        each | {"after": each["after"]["value"]} if each["what"].endswith("#1") else each for each in entry.changes
    ]
    assert not session.is_rehearsal
    assert journal.verify(session.chain) == 1
    assert said == [
        "cnd67: added 1 session, 5 regional groups, 2 segments, 4 meetings, 196 delegations, 133 rules, "
        "1 general debate, 2 kinds of side events, 11 rooms."
    ]


# --- once more --------------------------------------------------------------------------------------------------------


def everything(session: MeetingSession) -> list[Any]:
    tables = [
        Chain.objects.all(),
        MeetingSession.objects.all(),
        session.segments.all(),
        Meeting.objects.all(),
        session.groups.all(),
        session.delegations.all(),
        session.rules.all(),
        RuleCorrection.objects.all(),
        session.debate.slots.all(),
        JournalEntry.objects.all(),
        ResourceVersion.objects.all(),
    ]
    return [list(rows.order_by("pk").values()) for rows in tables]


def test_loading_twice_changes_nothing() -> None:
    session, _said = load()
    before = everything(session)

    _session, said = load()

    assert everything(session) == before
    assert said == ["cnd67: nothing to do, everything is there."]


def test_a_second_loading_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    load()

    with django_assert_max_num_queries(20):
        load()


def test_a_rule_corrected_since_is_left_and_reported() -> None:
    session, _said = load()
    officer = actor_for(User.objects.create_user("officer", role=User.Role.SECRETARIAT))
    correct_rule(rule=session.rules.get(scope="debate", key="slots"), value=120, reason="another hall", actor=officer)
    before = everything(session)

    _session, said = load()

    assert everything(session) == before
    assert said == [
        "cnd67: rule debate.slots is 120 here and 114 in the file: left as it is.",
        "cnd67: nothing to do, everything is there.",
    ]


def test_a_new_rule_of_the_file_is_added(copy: Callable[..., Path]) -> None:
    start = '[[rules]]\nscope = "accreditation"'
    fresh = '[[rules]]\nscope = "accreditation"\nkey = "badges"\ntype = "integer"\nvalue = 5\ntitle = "Badges"\n\n'
    session, _said = load(copy((start, start.replace("accreditation", "gone-in-this-copy"))))
    before = session.rules.count()

    _session, said = load(copy((start, fresh + start)))

    assert session.rules.get(scope="accreditation", key="badges").value == 5
    assert session.rules.count() == before + 2
    assert said == ["cnd67: added 2 rules."]
    entry = JournalEntry.objects.last()
    assert entry is not None
    assert ["rules", "public"] in entry.resources
    assert journal.verify(session.chain) == 2


def test_changed_names_and_titles_are_taken_over(copy: Callable[..., Path]) -> None:
    session, _said = load()

    _session, said = load(
        copy(
            ("Group of African States", "African Group"),
            ("Commission on Narcotic Drugs, sixty-seventh session", "CND67"),
            ("Time between two speakers", "Changeover"),
        )
    )

    session.refresh_from_db()
    assert session.names["en"] == "CND67"
    assert session.groups.get(code="african").names["en"] == "African Group"
    assert session.rules.get(scope="debate", key="changeover").title == "Changeover"
    assert said == [
        "cnd67: description of session updated.",
        "cnd67: description of group:african updated.",
        "cnd67: description of rule debate.changeover updated.",
    ]
    assert ResourceVersion.objects.get(chain=session.chain, resource="slots").version == 2


def test_a_value_changed_in_the_file_overrides_nothing(copy: Callable[..., Path]) -> None:
    session, _said = load()

    _session, said = load(copy(("value = 114", "value = 115"), ("opens_on = 2024-03-18", "opens_on = 2024-03-19")))

    assert session.rules.get(scope="debate", key="slots").value == 114
    assert session.segments.get(code="regular").opens_on == date(2024, 3, 18)
    assert said == [
        "cnd67: segment:regular is 2024-03-18 – 2024-03-22 here and 2024-03-19 – 2024-03-22 in the file: "
        "left as it is.",
        "cnd67: rule debate.slots is 114 here and 115 in the file: left as it is.",
        "cnd67: nothing to do, everything is there.",
    ]


def test_another_session_is_another_file(copy: Callable[..., Path]) -> None:
    load()

    other, _said = load(copy(('code = "cnd67"', 'code = "cnd68"'), ("value = 114", "value = 20")))

    assert other.chain.code == "cnd68"
    assert other.debate.slots.count() == 20
    assert MeetingSession.objects.count() == 2


# --- a rehearsal ------------------------------------------------------------------------------------------------------


def test_a_session_can_be_loaded_with_its_clock_elsewhere() -> None:
    there = datetime(2024, 2, 27, 8, tzinfo=UTC)

    session, _said = load(clock_at=there)

    assert timedelta() <= session.session_now - there < timedelta(minutes=1)
    assert session.is_rehearsal
    entry = JournalEntry.objects.get()
    assert timedelta() <= entry.session_at - there < timedelta(minutes=1)


def test_a_second_loading_leaves_the_clock_alone() -> None:
    session, _said = load(clock_at=datetime(2024, 2, 27, 8, tzinfo=UTC))
    offset = session.chain.clock_offset_s

    load(clock_at=datetime(2024, 3, 1, 8, tzinfo=UTC))

    assert Chain.objects.get().clock_offset_s == offset


def test_no_clock_is_shifted_where_rehearsals_are_not_allowed(settings: Any) -> None:
    settings.ALLOW_REHEARSAL = False

    with pytest.raises(Refused):
        load(clock_at=datetime(2024, 2, 27, 8, tzinfo=UTC))

    assert not Chain.objects.exists()


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("value = 114", "value = -1", "rule debate.slots: A whole number lies between 0 and 1000000000; -1 does not."),
        ('value = "3 min"', 'value = "3"', "rule debate.statement_national: “3” is not a duration such as"),
        ('"not-inscribed"', '"uninscribed"', "rule debate.inscription_closes: there is no audience uninscribed"),
        ('audience = "delegations"', 'audience = "everybody"', "there is no audience everybody"),
        ('value = "over_segment"', 'value = "by_age"', "rule debate.ordering: “by_age” is not one of:"),
        ('title = "Drawing of lots"', "", "rule debate.draw_at: title is missing."),
        ('key = "draw_at"', 'key = "slots"', "copy.toml: the rule debate.slots stands 2 times"),
        ('fr = "Débat de haut niveau"', "", "segment high-level: fr is missing."),
        ("2024-02-29T10:00:00", "2024-03-31T02:30:00", "rule debate.draw_at: There is no 02:30 on 2024-03-31"),
        ('code = "african"', 'code = "africa"', "delegations.csv: DZ: a Member State is in a group of the session"),
        ('"Europe/Vienna"', '"Europe/Wien"', "copy.toml: there is no time zone Europe/Wien"),
        ('unit = "slots"', 'units = "slots"', "rule debate.slots: units is not known"),
        ("[names]", "[names", "copy.toml: "),
    ],
)
def test_a_faulty_file_is_refused_whole_and_the_place_named(
    copy: Callable[..., Path], old: str, new: str, why: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        load(copy((old, new)))

    assert why in str(refusal.value)
    assert not Chain.objects.exists()


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(NotFound, match=r"There is no file .*cnd99\.toml\."):
        load("cnd99")


def test_only_the_secretariat_loads_sessions() -> None:
    with pytest.raises(NotPermitted):
        load_session("cnd67", actor=PUBLIC, say=print)


def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_session", "cnd67")
    call_command("load_session", "cnd67")

    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("cnd67: added 1 session, 5 regional groups,")
    assert second == "cnd67: nothing to do, everything is there."


def test_the_command_ends_in_one_sentence_when_refused() -> None:
    with pytest.raises(CommandError, match=r"^There is no file "):
        call_command("load_session", "cnd99")
