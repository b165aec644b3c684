"""What anybody can read without signing in: sessions, and the list of speakers in every version."""

import json
import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from cnd.actors import COMMAND
from cnd.canonical import sha256_of
from sessions.models import Delegation, Drawing, GeneralDebate, Inscription, ListVersion, MeetingSession
from sessions.services.draw import annul, ask_annulment
from sessions.services.floor import fill_vacancies, record_absent, record_exchange
from sessions.services.inscriptions import change_level, withdraw
from sessions.views import speakers
from tests.sessions.public_pages import names_in_order, queries, section, speaks, text_of, url, waiting_session
from tests.sessions.scenes import (
    VIENNA,
    announce_now,
    as_officer,
    correct,
    draw_now,
    drawn_session,
    inscribe_states,
    inscribed,
    make_session,
    published,
    states,
)

pytestmark = pytest.mark.django_db


# --- home and session -------------------------------------------------------------------------------------------------


def test_the_start_page_leads_to_every_session(client: Client) -> None:
    make_session()
    page = client.get("/")
    assert url("session") in page.content.decode()
    assert "14 March 2024 – 22 March 2024" in text_of(page)


def test_the_start_page_without_a_session_says_so(client: Client) -> None:
    assert "No session yet" in text_of(client.get("/"))


def test_a_session_shows_its_meetings_in_their_own_zone(client: Client) -> None:
    make_session()
    shown = section(client.get(url("session")), "Segments and meetings")
    assert "Meeting 1: 14 March 2024, 10:00–13:00 Meeting 2: 14 March 2024, 15:00–18:00" in shown


def test_the_end_of_a_day_is_shown_as_24_00(client: Client) -> None:
    make_session()
    shown = section(client.get(url("session")), "Windows and deadlines")
    assert "Applications for high-level side events close 11 January 2024, 24:00 organisers" in shown


def test_a_session_shows_how_many_are_inscribed(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 7)
    inscribed(session, "VA")
    assert "7 Member States inscribed 114 speaking slots 0 statements on behalf of regional groups 1 observers" in (
        section(client.get(url("session")), "General debate")
    )


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2024, 1, 10, 9, tzinfo=VIENNA), "not yet open opens 15 January 2024, 10:00 (Vienna), closes 26"),
        (datetime(2024, 2, 1, 9, tzinfo=VIENNA), "open closes 26 February 2024, 18:00 (Vienna)"),
        (datetime(2024, 2, 27, 9, tzinfo=VIENNA), "closed since 26 February 2024, 18:00 (Vienna)"),
    ],
)
def test_a_session_says_whether_inscriptions_are_open(client: Client, at: datetime, said: str) -> None:
    make_session(at)
    assert f"Inscription {said}" in section(client.get(url("session")), "General debate")


def test_a_corrected_deadline_shows_what_it_was_and_why(client: Client) -> None:
    session = make_session(datetime(2024, 2, 1, 9, tzinfo=VIENNA))
    correct(session, "debate.inscription_closes", datetime(2024, 2, 27, 0, tzinfo=VIENNA))
    shown = section(client.get(url("session")), "Windows and deadlines")
    assert "Corrected; it was 26 February 2024, 18:00 (Vienna): test 26 February 2024, 24:00 delegations" in shown


def test_the_next_deadline_is_marked_and_only_it(client: Client) -> None:
    make_session()
    shown = section(client.get(url("session")), "Windows and deadlines")
    assert "Drawing of lots next 29 February 2024, 10:00" in shown
    assert shown.count(" next ") == 1


def test_an_announced_drawing_stands_among_the_deadlines_at_its_announced_moment(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 3)
    announce_now(session, lead_s=3600)
    shown = section(client.get(url("session")), "Windows and deadlines")
    assert "Drawing of lots next (announced) 27 February 2024, 10:0" in shown


def test_names_are_in_the_readers_language_with_the_pages_direction(client: Client) -> None:
    make_session()
    page = client.get(url("session"), headers={"Accept-Language": "ar"}).content.decode()
    assert 'dir="rtl"' in page
    assert "لجنة المخدرات، الدورة السابعة والستون" in page


def test_a_session_without_a_general_debate_has_pages_all_the_same(client: Client) -> None:
    session = make_session()
    session.debate.slots.all().delete()
    GeneralDebate.objects.filter(session=session).delete()
    assert [client.get(url(name)).status_code for name in ("session", "speakers", "draw")] == [200, 200, 200]


@pytest.mark.parametrize("name", ["session", "speakers", "draw"])
def test_an_unknown_session_is_not_found(client: Client, name: str) -> None:
    assert client.get(reverse(f"sessions:{name}", args=["nothing"])).status_code == 404


# --- the list of speakers ---------------------------------------------------------------------------------------------


def test_before_the_draw_the_list_says_what_will_be_there_and_when(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 5)
    assert "It is planned for 29 February 2024, 10:00 (Vienna)" in text_of(client.get(url("speakers")))
    announce_now(session, lead_s=3600)
    assert "as soon as the lots are drawn: 27 February 2024, 10:0" in text_of(client.get(url("speakers")))


def test_the_list_shows_everyone_in_the_published_order(client: Client) -> None:
    session, drawing = drawn_session(20)
    names = {each.code: each.name for each in Delegation.objects.filter(session=session)}
    assert names_in_order(client.get(url("speakers"))) == [
        names[row["delegation"]] for row in published(drawing)["speakers"]
    ]


def test_the_list_is_grouped_by_statement_and_level(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 6)
    inscribed(session, "DZ", statement="group")
    inscribed(session, "VA", level="below_ministerial")
    draw_now(announce_now(session))
    page = client.get(url("speakers")).content.decode().partition('id="speakers"')[2].partition("versions-title")[0]
    assert [text.strip() for text in re.findall(r"<h2>(.*?)</h2>", page)] == [
        "Statements on behalf of regional groups",
        "Above ministerial",
        "Ministerial",
        "Below ministerial",
        "Observers and organisations",
    ]


def test_ordered_within_meetings_the_parts_name_their_meeting(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 6)
    correct(session, "debate.slots", 6)
    correct(session, "debate.slots_of_meetings", [3, 3])
    correct(session, "debate.ordering", "within_meetings")
    draw_now(announce_now(session))
    page = client.get(url("speakers")).content.decode()
    assert {heading[:10] for heading in re.findall(r"<h2>(Meeting .*?)</h2>", page)} == {"Meeting 1:", "Meeting 2:"}


def test_whoever_has_spoken_and_whoever_is_next_are_marked(client: Client) -> None:
    session, _drawing = drawn_session(6)
    speaks(session)
    page = client.get(url("speakers"))
    rows = re.findall(r"<tr.*?</tr>", page.content.decode().partition('id="speakers"')[2], re.S)
    marks = ["spoken" if "chip-spoken" in row else "next" if 'aria-current="true"' in row else "" for row in rows]
    assert [mark for mark in marks if mark] == ["spoken", "next"]
    assert "1 have spoken" in text_of(page)


def test_a_vacated_slot_nobody_waits_for_is_a_gap_that_names_its_slot(client: Client) -> None:
    _session, drawing = drawn_session(6)
    row = published(drawing)["speakers"][2]
    withdraw(inscription=Inscription.objects.get(delegation__code=row["delegation"]), actor=COMMAND)
    assert f"vacant, slot {row['slot']}" in names_in_order(client.get(url("speakers")))


def test_waiting_lists_stand_by_group_in_lot_order_late_ones_marked(client: Client) -> None:
    session, drawing = waiting_session()
    names = {each.code: each.name for each in Delegation.objects.filter(session=session)}
    [queue] = [each["delegations"] for each in published(drawing)["waiting"] if each["delegations"]]
    shown = section(client.get(url("speakers")), "Waiting lists")
    assert queue[-1] == "TD"
    assert f"Group of African States {names[queue[0]]} {names[queue[1]]} Chad (late)" in shown


@pytest.mark.parametrize(
    ("asked", "found"),
    [("austria", ["Austria"]), ("النمسا", ["Austria"]), ("AT", ["Austria"]), ("côte", []), ("zzz", [])],
)
def test_the_search_finds_names_in_every_language_and_codes(client: Client, asked: str, found: list[str]) -> None:
    session = make_session()
    for code in ("AT", "BE", "KE"):
        inscribed(session, code)
    draw_now(announce_now(session))
    assert names_in_order(client.get(url("speakers"), {"q": asked})) == found


def test_the_search_finds_a_slot_by_its_number(client: Client) -> None:
    session, drawing = drawn_session(8)
    row = published(drawing)["speakers"][4]
    name = Delegation.objects.get(session=session, code=row["delegation"]).name
    assert names_in_order(client.get(url("speakers"), {"q": str(row["slot"])})) == [name]


def test_the_list_can_be_filtered_by_group_and_an_unknown_group_filters_nothing(client: Client) -> None:
    session, _drawing = drawn_session(20)
    african = {each.name for each in states(session, "african", 60)}
    shown = names_in_order(client.get(url("speakers"), {"group": "african"}))
    assert (len(shown), set(shown) <= african) == (4, True)
    assert len(names_in_order(client.get(url("speakers"), {"group": "nothing"}))) == 20


def test_a_long_list_comes_in_pages_and_those_who_wait_follow_the_last_place(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting_session()  # two places, and three who wait
    whole = client.get(url("speakers"))
    assert 'rel="next"' not in whole.content.decode()
    monkeypatch.setattr(speakers, "PER_PAGE", 2)
    first, second, third = (client.get(url("speakers"), {"page": page}) for page in (1, 2, 3))
    assert (names_in_order(first), names_in_order(second)) == (names_in_order(whole), [])
    assert re.findall("Waiting lists|Nobody is waiting", text_of(first)) == []
    waiting = re.findall(r'<li value="(\d)">', second.content.decode() + third.content.decode())
    assert waiting == ["1", "2", "3"]
    assert section(third, "Waiting lists").endswith("Group of African States Chad (late)")
    assert "2 places" in text_of(third)
    assert "Nobody on this list matches" not in text_of(third)


def test_a_search_looks_through_every_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn_session(8)
    name = names_in_order(client.get(url("speakers")))[-1]
    monkeypatch.setattr(speakers, "PER_PAGE", 3)
    assert names_in_order(client.get(url("speakers"), {"q": name})) == [name]


# --- versions ---------------------------------------------------------------------------------------------------------


def test_every_version_tells_what_made_it(client: Client) -> None:
    session, drawing = waiting_session()
    holder = next(each for each in published(drawing)["speakers"] if each["group"] == "african")
    heir = published(drawing)["waiting"][0]["delegations"][0]
    withdraw(inscription=Inscription.objects.get(delegation__code=holder["delegation"]), actor=COMMAND)
    fill_vacancies(debate=session.debate, actor=COMMAND)
    names = {each.code: each.name for each in Delegation.objects.filter(session=session)}
    told = section(client.get(url("speakers")), "How this list came about")
    assert f"{names[holder['delegation']]} withdrew. {names[heir]} took slot {holder['slot']}." in told
    assert "Chad was inscribed late; level: Ministerial." in told
    assert "The lots were drawn." in told


def test_what_was_pending_at_the_draw_belongs_to_the_first_version(client: Client) -> None:
    session = make_session()
    inscriptions = inscribe_states(session, 6)
    drawing = announce_now(session)
    change_level(inscription=inscriptions[0], level="below_ministerial", actor=COMMAND)
    draw_now(drawing)
    name = inscriptions[0].delegation.name
    said = f"What made this version: The lots were drawn. {name} changed its level to: Below ministerial."
    assert said in text_of(client.get(url("speakers")))


def test_an_earlier_version_stays_readable_as_it_was(client: Client) -> None:
    drawn_session(6)
    before = names_in_order(client.get(url("speakers")))
    withdraw(inscription=Inscription.objects.order_by("pk")[0], actor=COMMAND)
    for page in (client.get(url("speakers-version", 1)), client.get(url("speakers"), {"version": "1"})):
        assert names_in_order(page) == before
        assert "This is an earlier version; the latest is 2." in text_of(page)
    assert names_in_order(client.get(url("speakers"))) != before


@pytest.mark.parametrize("version", ["0", "99", "x", "-1", "1.5", "٣", "9" * 30])
def test_an_unknown_version_is_not_found(client: Client, version: str) -> None:
    drawn_session(3)
    assert client.get(url("speakers"), {"version": version}).status_code == 404


def test_a_version_can_be_downloaded_as_it_was_hashed(client: Client) -> None:
    drawn_session(3)
    answer = client.get(url("speakers-file", 1))
    assert answer["Content-Disposition"] == 'attachment; filename="cnd67-list-1-1.json"'
    assert sha256_of(json.loads(answer.content)) == ListVersion.objects.get().sha256


def test_the_list_of_an_annulled_drawing_stays_readable_and_says_that_it_no_longer_holds(client: Client) -> None:
    _session, drawing = drawn_session(6)
    before = names_in_order(client.get(url("speakers")))
    ask_annulment(drawing=drawing, reason="The quotas were wrong.", actor=as_officer("one"))
    annul(drawing=drawing, actor=as_officer("other"))
    assert "There is no list yet" in text_of(client.get(url("speakers")))
    page = client.get(url("speakers"), {"attempt": "1"})
    assert names_in_order(page) == before
    assert "This list no longer holds" in text_of(page)


def test_everything_that_can_happen_on_the_floor_is_told(client: Client) -> None:
    session, drawing = drawn_session(9)
    speaks(session)
    rows = [row for row in published(drawing)["speakers"] if not row["spoken"]]
    of = {each.code: each for each in Delegation.objects.filter(session=session)}
    record_absent(debate=session.debate, delegation=of[rows[0]["delegation"]], statement="national", actor=COMMAND)
    pair = [of[row["delegation"]] for row in rows if row["level"] == "below_ministerial"][:2]
    record_exchange(debate=session.debate, one=pair[0], other=pair[1], actor=COMMAND, reason="both wrote")
    told = section(client.get(url("speakers")), "How this list came about")
    assert f"{of[rows[0]['delegation']].name} was absent when called." in told
    assert f"{pair[0].name} and {pair[1].name} exchanged places." in told
    assert "has spoken." in told


# --- what is not public, what it costs --------------------------------------------------------------------------------


def test_no_public_page_names_a_speaker(client: Client) -> None:
    session = make_session()
    inscribed(session, "AT", speaker_name="Maria Musterfrau", speaker_title="Minister of Something")
    inscribe_states(session, 4)
    drawing = draw_now(announce_now(session))
    addresses = [url("session"), url("speakers"), url("draw"), url("speakers-file", 1)]
    addresses += [url(name, drawing.attempt) for name in ("hall", "notice", "bundle", "announcement")]
    pages = "".join(client.get(address).content.decode() for address in addresses)
    assert ("Musterfrau" in pages, "Minister of Something" in pages) == (False, False)


def test_the_number_of_queries_does_not_grow_with_the_list(client: Client) -> None:
    addresses = [url("session"), url("speakers"), url("speakers-version", 1), url("draw"), url("hall", 1), "/"]
    session = make_session()
    inscribe_states(session, 4)
    announce_now(session)
    few_ahead = [queries(client, address) for address in (url("draw"), url("notice", 1), url("speakers"))]
    draw_now(Drawing.objects.get())
    few = [queries(client, address) for address in addresses]
    ask_annulment(drawing=Drawing.objects.get(), reason="again", actor=as_officer("one"))
    annul(drawing=Drawing.objects.get(), actor=as_officer("other"))
    inscribe_more(session)
    drawing = announce_now(session)
    more_ahead = [queries(client, address) for address in (url("draw"), url("notice", 2), url("speakers"))]
    draw_now(drawing)
    speaks(session, 4)
    more = [queries(client, address) for address in [*addresses[:4], url("hall", 2), "/"]]
    assert (more_ahead, more) == (few_ahead, few)


def inscribe_more(session: MeetingSession) -> None:
    """Inscribe thirty more Member States and all observers."""
    taken = set(Inscription.objects.values_list("delegation__code", flat=True))
    for code in [each.code for group in session.groups.all() for each in states(session, group.code, 9)]:
        if code not in taken:
            inscribed(session, code)
    for observer in Delegation.objects.filter(session=session, group__isnull=True):
        inscribed(session, observer.code)
