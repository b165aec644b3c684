"""The roster from a CSV file: previewed, every bad row named, taken whole or not at all."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnd.actors import COMMAND
from cnd.errors import Invalid, NotPermitted
from sessions.models import Inscription, MeetingSession
from sessions.services.csv_rows import decode
from sessions.services.roster_import import import_roster, read_roster
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, count_entries, inscribed, last_entry, make_session, state

pytestmark = pytest.mark.django_db


loaded = kept(lambda: make_session().pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


def take(session: MeetingSession, text: str) -> int:
    return import_roster(debate=session.debate, text=text, actor=COMMAND, reason="test")


def faults(session: MeetingSession, text: str) -> list[tuple[int, str]]:
    return [(fault.line, fault.column) for fault in read_roster(session.debate, text).faults]


def rows(session: MeetingSession) -> list[tuple[str, str, str]]:
    found = session.debate.inscriptions.in_order_of_receipt()
    return list(found.values_list("delegation__code", "statement", "level"))


# --- what is taken ----------------------------------------------------------------------------------------------------


def test_rows_are_inscribed_in_their_order(session: MeetingSession) -> None:
    take(session, "delegation,level\nKE,ministerial\nAT,above_ministerial\nBR,below_ministerial\n")
    assert rows(session) == [
        ("KE", "national", "ministerial"),
        ("AT", "national", "above_ministerial"),
        ("BR", "national", "below_ministerial"),
    ]


def test_import_says_how_many_it_inscribed(session: MeetingSession) -> None:
    assert take(session, "delegation,level\nKE,ministerial\nAT,ministerial\n") == 2


def test_whole_file_is_one_entry_of_the_journal(session: MeetingSession) -> None:
    before = count_entries(session)
    take(session, "delegation,level\nKE,ministerial\nAT,ministerial\n")
    entry = last_entry(session)
    assert (count_entries(session) - before, entry.action, len(entry.changes)) == (1, "import_roster", 2)


def test_kind_of_statement_defaults_to_ones_own(session: MeetingSession) -> None:
    take(session, "delegation,statement,level\nAT,,ministerial\nEU,,ministerial\nAT,group,ministerial\n")
    assert [row[1] for row in rows(session)] == ["national", "other", "group"]


def test_speakers_are_taken_with_it(session: MeetingSession) -> None:
    text = "delegation,level,speaker_name,speaker_title\nAT,ministerial,Ada Lovelace,Minister of Justice\n"
    take(session, text)
    speaker = Inscription.objects.get().speaker
    assert speaker is not None
    assert speaker.value == {"name": "Ada Lovelace", "title": "Minister of Justice"}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_are_separated_by_comma_semicolon_or_tab(session: MeetingSession, separator: str) -> None:
    take(session, f"delegation{separator}level\r\nAT{separator}ministerial\r\n")
    assert rows(session) == [("AT", "national", "ministerial")]


@pytest.mark.parametrize("level", ["ministerial", "Ministerial", "MINISTERIAL", " ministerial "])
def test_levels_are_read_in_any_case(session: MeetingSession, level: str) -> None:
    take(session, f"delegation,level\nat,{level}\n")
    assert rows(session) == [("AT", "national", "ministerial")]


def test_level_may_be_written_as_the_pages_show_it(session: MeetingSession) -> None:
    take(session, "delegation,level\nAT,Above ministerial\n")
    assert rows(session) == [("AT", "national", "above_ministerial")]


def test_columns_may_come_in_any_order_with_a_byte_order_mark(session: MeetingSession) -> None:
    take(session, "\ufeffLevel, Delegation\nministerial,AT\n")
    assert rows(session) == [("AT", "national", "ministerial")]


def test_empty_lines_are_passed_over(session: MeetingSession) -> None:
    take(session, "delegation,level\n\nAT,ministerial\n,\n\n")
    assert rows(session) == [("AT", "national", "ministerial")]


def test_file_taken_twice_changes_nothing(session: MeetingSession) -> None:
    text = "delegation,statement,level\nAT,,ministerial\nAT,group,ministerial\nEU,,ministerial\n"
    take(session, text)
    before = (rows(session), count_entries(session))
    assert take(session, text) == 0
    assert (rows(session), count_entries(session)) == before


def test_only_new_rows_are_inscribed(session: MeetingSession) -> None:
    inscribed(session, "AT")
    assert take(session, "delegation,level\nAT,ministerial\nBR,ministerial\n") == 1


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [(1, "delegation"), (1, "level")]),
        ("delegation\nAT\n", [(1, "level")]),
        ("delegation,level,colour\nAT,ministerial,red\n", [(1, "colour")]),
        ("delegation,level,level\nAT,ministerial,ministerial\n", [(1, "")]),
        ("delegation,level\nXX,ministerial\n", [(2, "delegation")]),
        ("delegation,level\nAT,royal\n", [(2, "level")]),
        ("delegation,level\nAT,\n", [(2, "level")]),
        ("delegation,level\nXX,royal\n", [(2, "delegation"), (2, "level")]),
        ("delegation,level\nAT\n", [(2, "")]),
        ("delegation,level\nAT,ministerial,more\n", [(2, "")]),
        ("delegation,level\nAT,ministerial\nAT,ministerial\n", [(3, "")]),
        ("delegation,statement,level\nEU,national,ministerial\n", [(2, "statement")]),
        ("delegation,statement,level\nAT,other,ministerial\n", [(2, "statement")]),
        ("delegation,statement,level\nAT,sung,ministerial\n", [(2, "statement")]),
        ("delegation,statement,level\nAT,group,ministerial\nFR,group,ministerial\n", [(3, "")]),
        (f"delegation,level,speaker_name\nAT,ministerial,{'x' * 201}\n", [(2, "speaker_name")]),
        ("delegation,level\nAT,minis\x00terial\n", [(2, ""), (2, "level")]),
        ('delegation,level\n"AT,ministerial\n', [(2, "")]),
    ],
)
def test_every_fault_is_named_by_line_and_column(
    session: MeetingSession, text: str, found: list[tuple[int, str]]
) -> None:
    assert faults(session, text) == found


def test_lines_are_counted_as_an_editor_counts_them(session: MeetingSession) -> None:
    text = 'delegation,level,speaker_title\nAT,ministerial,"Minister\nof Justice"\nXX,ministerial,\n'
    assert faults(session, text) == [(4, "delegation")]


def test_fault_says_line_column_and_what_is_wrong(session: MeetingSession) -> None:
    (fault,) = read_roster(session.debate, "delegation,level\nXX,ministerial\n").faults
    assert str(fault) == "line 2, delegation: No delegation has the code “XX”."


def test_level_that_differs_from_the_roster_is_a_fault(session: MeetingSession) -> None:
    inscribed(session, "AT")
    assert faults(session, "delegation,level\nAT,above_ministerial\n") == [(2, "level")]


def test_group_that_another_delegation_chairs_is_a_fault(session: MeetingSession) -> None:
    inscribed(session, "AT", statement="group")
    assert faults(session, "delegation,statement,level\nFR,group,ministerial\n") == [(2, "statement")]


def test_more_than_a_thousand_rows_are_refused(session: MeetingSession) -> None:
    assert faults(session, "delegation,level\n" + "AT,ministerial\n" * 1001) == [(1, "")]


def test_one_bad_row_keeps_all_others_out(session: MeetingSession) -> None:
    before = count_entries(session)
    with pytest.raises(Invalid) as refused:
        take(session, "delegation,level\nAT,ministerial\nXX,ministerial\nYY,ministerial\nBR,ministerial\n")
    assert [fault.split(":")[0] for fault in refused.value.fields["file"]] == [
        "line 3, delegation",
        "line 4, delegation",
    ]
    assert (rows(session), count_entries(session)) == ([], before)


def test_after_the_window_a_file_needs_a_reason(session: MeetingSession) -> None:
    with pytest.raises(Invalid) as refused:
        import_roster(debate=session.debate, text="delegation,level\nAT,ministerial\n", actor=COMMAND)
    assert refused.value.code == "reason_missing"
    assert rows(session) == []


def test_only_staff_import(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        import_roster(debate=session.debate, text="", actor=as_focal_point(session, "AT"))


def test_preview_changes_nothing(session: MeetingSession) -> None:
    before = count_entries(session)
    preview = read_roster(session.debate, "delegation,level\nAT,ministerial\nXX,ministerial\n")
    assert [(row.line, row.delegation, row.is_known) for row in preview.rows] == [(2, state(session, "AT"), False)]
    assert (rows(session), count_entries(session)) == ([], before)


def test_file_that_is_no_utf_8_is_refused_in_words() -> None:
    with pytest.raises(Invalid) as refused:
        decode("Österreich".encode("latin-1"))
    assert refused.value.code == "not_utf8"


def test_file_with_a_byte_order_mark_is_decoded() -> None:
    assert decode("delegation".encode("utf-8-sig")) == "delegation"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.tuples(st.sampled_from(["AT", "BR", "XX", "EU", ""]), st.sampled_from(["ministerial", "royal", ""])),
        max_size=6,
    )
)
def test_every_row_is_either_good_or_named(session: MeetingSession, lines: list[tuple[str, str]]) -> None:
    text = "\n".join(["delegation,level", *(",".join(cells) for cells in lines)])
    preview = read_roster(session.debate, text)
    numbers = {number for number, cells in enumerate(lines, start=2) if any(cells)}
    good, bad = {row.line for row in preview.rows}, {fault.line for fault in preview.faults}
    assert (good | bad, good & bad) == (numbers, set())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60) | st.text(alphabet='delgationv,;\t"\n\r ATBR', max_size=60))
def test_whatever_the_file_holds_it_is_previewed_without_a_crash(session: MeetingSession, text: str) -> None:
    preview = read_roster(session.debate, text)
    assert preview.rows == [] or preview.faults == []
