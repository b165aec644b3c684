"""Where a delegation stands and what it may do for itself; nobody else's delegation can be reached."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from cnd import clock
from cnd.actors import COMMAND
from cnd.models import Chain, JournalEntry, Notice
from sessions.models import Delegation, Inscription, MeetingSession, Membership
from sessions.services.inscriptions import change_level, withdraw
from sessions.services.roster_import import import_roster
from tests.sessions.public_pages import queries, section, speaks, text_of, url, waiting_session
from tests.sessions.scenes import (
    VIENNA,
    announce_now,
    draw_now,
    focal_point,
    inscribe_states,
    inscribed,
    make_session,
    officer,
    published,
    state,
)

pytestmark = pytest.mark.django_db

WINDOW_OPEN = datetime(2024, 2, 1, 9, tzinfo=VIENNA)
BEFORE_WINDOW = datetime(2024, 1, 10, 9, tzinfo=VIENNA)


def signed_in(session: MeetingSession, code: str = "AT") -> Client:
    """Return a browser of the focal point of a delegation."""
    client = Client()
    client.force_login(focal_point(session, code))
    return client


def of(code: str, statement: str = "national") -> Inscription:
    return Inscription.objects.filter(delegation__code=code, statement=statement).latest("receipt_number")


def action(name: str, inscription: Inscription) -> str:
    return url(f"delegation-{name}", inscription.delegation.code, inscription.receipt_number)


# --- whose page it is -------------------------------------------------------------------------------------------------


def test_whoever_is_not_signed_in_is_asked_to(client: Client) -> None:
    make_session()
    assert client.get(url("delegation"))["Location"] == "/sign-in/?next=/cnd67/delegation/"


def test_a_focal_point_comes_to_the_page_of_the_own_delegation() -> None:
    session = make_session()
    page = signed_in(session).get(url("delegation"))
    assert page.context["delegation"].code == "AT"
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize(
    "address",
    [
        url("delegation-of", "BE"),
        url("delegation-inscribe", "BE"),
        *[url(f"delegation-{name}", "BE", 1) for name in ("receipt", "change", "withdraw", "undo")],
        # The receipt of another delegation below one's own address.
        *[url(f"delegation-{name}", "AT", 1) for name in ("receipt", "change", "withdraw", "undo")],
        url("delegation-of", "ZZ"),
    ],
)
def test_somebody_elses_delegation_cannot_be_reached(address: str) -> None:
    session = make_session(WINDOW_OPEN)
    other = inscribed(session, "BE")
    client = signed_in(session)
    given = {"level": "above_ministerial", "speaker_name": "X"}
    assert client.get(address).status_code == 404
    assert client.post(address, given).status_code in {404, 405}
    other.refresh_from_db()
    assert (other.level, other.speaker, other.withdrawn_at, Inscription.objects.count()) == (
        "ministerial",
        None,
        None,
        1,
    )


def test_a_membership_of_another_session_opens_nothing() -> None:
    session = make_session()
    chain = Chain.objects.create(code="cnd68")
    other = MeetingSession.objects.create(code="cnd68", chain=chain, names={"en": "Next"}, time_zone="Europe/Vienna")
    elsewhere = Delegation.objects.create(session=other, code="AT", kind="ngo", names={"en": "Another AT"})
    client = signed_in(session)
    Membership.objects.update(delegation=elsewhere)
    assert client.get(url("delegation-of", "AT")).status_code == 404
    assert "You act for no delegation in this session" in text_of(client.get(url("delegation")))


def test_whoever_acts_for_several_switches_between_them() -> None:
    session = make_session()
    user = focal_point(session, "AT")
    Membership.objects.create(user=user, delegation=state(session, "KE"))
    page = signed_in(session).get(url("delegation"))
    assert [each.code for each in page.context["delegations"]] == ["AT", "KE"]
    assert signed_in(session).get(url("delegation-of", "KE")).context["delegation"].code == "KE"


def test_whoever_acts_for_none_is_told_whom_to_ask() -> None:
    session = make_session()
    client = signed_in(session)
    Membership.objects.all().delete()
    assert "Ask the secretariat to record for which delegation you act." in text_of(client.get(url("delegation")))


def test_the_secretariat_is_led_to_the_roster() -> None:
    make_session()
    client = Client()
    client.force_login(officer())
    assert url("roster") in client.get(url("delegation")).content.decode()


# --- where it stands --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (BEFORE_WINDOW, "Inscriptions open 15 January 2024, 10:00 (Vienna)"),
        (WINDOW_OPEN, "Inscriptions are open until 26 February 2024, 18:00 (Vienna)"),
        (datetime(2024, 2, 27, 9, tzinfo=VIENNA), "Inscriptions closed 26 February 2024, 18:00 (Vienna)"),
    ],
)
def test_whoever_is_not_inscribed_learns_until_when_they_can_be(at: datetime, said: str) -> None:
    session = make_session(at)
    assert f"You are not inscribed {said}" in text_of(signed_in(session).get(url("delegation")))


def test_an_inscription_shows_receipt_level_speaker_and_speaking_time() -> None:
    session = make_session()
    made = inscribed(session, "AT", speaker_name="Maria Musterfrau", speaker_title="Minister of Health")
    said = section(signed_in(session).get(url("delegation")), "National statement")
    assert f"Receipt {made.receipt_number}, 27 February 2024, 09:0" in said
    assert "Level ministerial Speaker Maria Musterfrau, Minister of Health Speaking time 5 minutes" in said


def test_after_the_draw_it_shows_place_slot_and_lot() -> None:
    session = make_session()
    inscribe_states(session, 20)
    drawing = draw_now(announce_now(session))
    row = published(drawing)["speakers"][7]
    lot = drawing.lots.get(delegation__code=row["delegation"])
    size = drawing.lots.filter(group=lot.group).count()
    said = section(signed_in(session, row["delegation"]).get(url("delegation")), "National statement")
    assert f"8 place of 20 {row['slot']} slot number, which never changes {lot.group_rank} lot of {size} in" in said
    assert "7 speakers before you." in said


def test_gaps_and_those_who_have_spoken_do_not_count_as_before_one() -> None:
    session = make_session()
    inscribe_states(session, 9)
    drawing = draw_now(announce_now(session))
    rows = published(drawing)["speakers"]
    speaks(session, 2)
    withdraw(inscription=of(rows[3]["delegation"]), actor=COMMAND)
    assert "2 speakers before you." in text_of(signed_in(session, rows[5]["delegation"]).get(url("delegation")))
    assert "You are next." in text_of(signed_in(session, rows[2]["delegation"]).get(url("delegation")))
    assert "You have spoken." in text_of(signed_in(session, rows[0]["delegation"]).get(url("delegation")))


def test_a_waiting_delegation_sees_its_position() -> None:
    session, drawing = waiting_session()
    [queue] = [each["delegations"] for each in published(drawing)["waiting"] if each["delegations"]]
    said = text_of(signed_in(session, queue[1]).get(url("delegation")))
    assert "Waiting list of your group: 2 of 3." in said


def test_a_change_after_the_announcement_is_shown_as_pending() -> None:
    session = make_session()
    made = inscribed(session, "AT")
    announce_now(session)
    change_level(inscription=made, level="above_ministerial", actor=COMMAND)
    said = "pending Austria changed its level to: Above ministerial. Applied right after the draw."
    assert said in section(signed_in(session).get(url("delegation")), "National statement")


def test_what_comes_next_are_the_deadlines_of_delegations_in_order() -> None:
    session = make_session()
    assert [each.title for each in signed_in(session).get(url("delegation")).context["due"]] == [
        "Drawing of lots",
        "Programme of the high-level side events is frozen; after it nobody is promoted",
        "Programme of the regular side events is frozen; after it nobody is promoted",
        "Nominations of co-chairs and panellists of the first roundtable close, before it begins",
        "Nominations of co-chairs and panellists of the second roundtable close",
    ]


def test_an_announced_drawing_is_due_at_its_announced_moment() -> None:
    session = make_session()
    inscribe_states(session, 3)
    drawing = announce_now(session, lead_s=3600)
    due = signed_in(session).get(url("delegation")).context["due"][0]
    assert (due.title, due.is_announced, due.at) == (
        "Drawing of lots",
        True,
        session.chain.to_session(drawing.draw_at),
    )


# --- what happened ----------------------------------------------------------------------------------------------------


def history(client: Client) -> list[tuple[str, str]]:
    """Return what happened and by whom, the first first."""
    return [(each.sentence, each.by) for each in reversed(client.get(url("delegation")).context["history"])]


def test_the_history_tells_what_was_done_and_by_whom() -> None:
    session = make_session(WINDOW_OPEN)
    client = signed_in(session)
    client.post(url("delegation-inscribe", "AT"), {"level": "ministerial"})
    change_level(inscription=of("AT"), level="above_ministerial", actor=COMMAND)
    given = {"level": "above_ministerial", "speaker_name": "A. N. Other", "speaker_title": ""}
    client.post(action("change", of("AT")), given)
    client.post(action("withdraw", of("AT")))
    client.post(action("undo", of("AT")))
    assert history(client) == [
        ("Inscribed under receipt 1. National statement, level: Ministerial.", "your delegation"),
        ("National statement: level changed from Ministerial to Above ministerial.", "the secretariat"),
        ("National statement: the speaker was changed.", "your delegation"),
        ("National statement: withdrawn.", "your delegation"),
        ("National statement: the withdrawal was taken back.", "your delegation"),
    ]


def test_the_history_tells_nothing_of_others() -> None:
    session = make_session()
    rows = "delegation,statement,level\nAT,national,ministerial\nBE,national,ministerial\n"
    import_roster(debate=session.debate, text=rows, actor=COMMAND, reason="from a file")
    assert history(signed_in(session)) == [
        ("Inscribed under receipt 1. National statement, level: Ministerial.", "the secretariat")
    ]


def test_the_history_tells_what_the_drawing_and_others_gave() -> None:
    session, drawing = waiting_session()
    row = next(each for each in published(drawing)["speakers"] if each["group"] == "african")
    heir = published(drawing)["waiting"][0]["delegations"][0]
    # Not before the drawing, which was drawn a minute ahead of its time.
    with time_machine.travel(clock.now().replace(year=clock.now().year + 1), tick=True):
        withdraw(inscription=of(row["delegation"]), actor=COMMAND)
        told = [sentence for sentence, _by in history(signed_in(session, heir))]
        given_back = [sentence for sentence, _by in history(signed_in(session, row["delegation"]))]
    lot = drawing.lots.get(delegation__code=heir)
    assert told[1:] == [
        "Drawing of lots 1 was announced.",
        f"The lots of drawing 1 were drawn. Your lot: {lot.group_rank} in your group, {lot.rank} of all.",
        f"You were given slot {row['slot']}.",
    ]
    assert f"You gave slot {row['slot']} back." in given_back


# --- what it does -----------------------------------------------------------------------------------------------------


def test_a_delegation_inscribes_itself_while_inscriptions_are_open() -> None:
    session = make_session(WINDOW_OPEN)
    client = signed_in(session)
    given = {"level": "ministerial", "speaker_name": "Maria Musterfrau", "speaker_title": "Minister"}
    answer = client.post(url("delegation-inscribe", "AT"), given, follow=True)
    assert "You are inscribed, under receipt 1." in text_of(answer)
    made: Any = of("AT")
    assert (made.statement, made.level, made.speaker.value) == (
        "national",
        "ministerial",
        {"name": "Maria Musterfrau", "title": "Minister"},
    )


def test_an_observer_inscribes_its_own_kind_of_statement() -> None:
    session = make_session(WINDOW_OPEN)
    signed_in(session, "VA").post(url("delegation-inscribe", "VA"), {"level": "below_ministerial"})
    assert of("VA", "other").level == "below_ministerial"


def test_outside_the_window_a_delegation_cannot_inscribe_itself() -> None:
    session = make_session()
    answer = signed_in(session).post(url("delegation-inscribe", "AT"), {"level": "ministerial"})
    assert (answer.status_code, Inscription.objects.count()) == (409, 0)
    assert "Inscriptions closed 26 February 2024, 18:00 (Vienna); ask the secretariat." in text_of(answer)


def test_only_the_recorded_chair_inscribes_for_its_group() -> None:
    session = make_session(WINDOW_OPEN)
    client, address = signed_in(session), url("delegation-inscribe", "AT")
    assert f"{address}?for=group" not in client.get(url("delegation")).content.decode()
    assert client.post(address, {"level": "ministerial", "statement": "group"}).status_code == 409
    assert Inscription.objects.count() == 0
    austria = state(session, "AT")
    assert austria.group is not None
    austria.group.chair = austria
    austria.group.save()
    assert f"{address}?for=group" in client.get(url("delegation")).content.decode()
    assert client.post(address, {"level": "ministerial", "statement": "group"}).status_code == 302
    assert of("AT", "group").group == austria.group


def test_a_form_without_a_level_says_so_beside_the_field() -> None:
    session = make_session(WINDOW_OPEN)
    answer = signed_in(session).post(url("delegation-inscribe", "AT"), {"speaker_name": "Kept as typed"})
    assert answer.status_code == 422
    assert 'id="id_level_error"' in answer.content.decode()
    assert 'value="Kept as typed"' in answer.content.decode()


def test_a_delegation_changes_its_level_and_its_speaker() -> None:
    session = make_session()
    inscribed(session, "AT")
    client = signed_in(session)
    given = {"level": "above_ministerial", "speaker_name": "A. N. Other", "speaker_title": "Minister"}
    answer = client.post(action("change", of("AT")), given, follow=True)
    assert "Recorded: level Above ministerial, speaker A. N. Other, Minister." in text_of(answer)
    made: Any = of("AT")
    assert (made.level, made.speaker.value["name"]) == ("above_ministerial", "A. N. Other")


def test_after_the_draw_the_level_page_says_at_which_place_one_would_stand() -> None:
    session = make_session()
    inscribe_states(session, 9)
    drawing = draw_now(announce_now(session))
    row = next(row for row in published(drawing)["speakers"] if row["level"] == "below_ministerial")
    client = signed_in(session, row["delegation"])
    said = text_of(client.get(action("change", of(row["delegation"]))))
    assert "Above ministerial: you would stand at place 4." in said
    client.post(action("change", of(row["delegation"])), {"level": "above_ministerial"})
    assert [each["place"] for each in published(drawing)["speakers"] if each["slot"] == row["slot"]] == [4]


def test_withdrawing_says_first_what_is_lost_and_who_gets_it() -> None:
    session, drawing = waiting_session()
    row = next(each for each in published(drawing)["speakers"] if each["group"] == "african")
    heir = published(drawing)["waiting"][0]["delegations"][0]
    client = signed_in(session, row["delegation"])
    said = text_of(client.get(action("withdraw", of(row["delegation"]))))
    assert f"You lose slot {row['slot']} and place {row['place']} of the list." in said
    assert f"Slot {row['slot']} goes to {state(session, heir).name}, first on the waiting list" in said
    assert of(row["delegation"]).withdrawn_at is None
    client.post(action("withdraw", of(row["delegation"])))
    assert of(row["delegation"]).withdrawn_at is not None


def test_a_withdrawal_is_taken_back_until_the_lots_are_drawn() -> None:
    session = make_session()
    inscribe_states(session, 3)
    made = inscribed(session, "AT")
    drawing = announce_now(session)
    client = signed_in(session)
    client.post(action("withdraw", made))
    assert action("undo", made) in client.get(url("delegation")).content.decode()
    client.post(action("undo", made))
    assert (of("AT").withdrawn_at, drawing.events.filter(cancelled_at=None).count()) == (None, 0)
    client.post(action("withdraw", made))
    draw_now(drawing)
    assert action("undo", made) not in client.get(url("delegation")).content.decode()
    answer = client.post(action("undo", made))
    assert (answer.status_code, "This can no longer be taken back" in text_of(answer)) == (409, True)


def test_every_change_is_journalled_as_the_users_own() -> None:
    session = make_session()
    made = inscribed(session, "AT")
    user = focal_point(session, "AT")
    signed_in(session).post(action("change", made), {"level": "above_ministerial"})
    entry = JournalEntry.objects.order_by("number").reverse()[0]
    assert (entry.action, entry.actor, entry.subject) == ("change_inscription", f"user:{user.pk}", "delegation:AT")


def test_the_number_of_queries_does_not_grow_with_list_and_history() -> None:
    session = make_session()
    inscribe_states(session, 5)
    drawing = draw_now(announce_now(session))
    code = published(drawing)["speakers"][-1]["delegation"]
    client = signed_in(session, code)
    client.get(url("delegation"))  # this begins the visit
    few: Any = queries(client, url("delegation"))
    for level in ("ministerial", "above_ministerial", "below_ministerial") * 3:
        change_level(inscription=of(code), level=level, actor=COMMAND)
    for late in Delegation.objects.filter(session=session, group__code="african").exclude(inscriptions__pk__gt=0)[:9]:
        inscribed(session, late.code)
    # How many it takes to word the unread ones is bounded by how many are shown: test_portal.
    Notice.objects.update(read_at=clock.now())
    assert queries(client, url("delegation")) == few
