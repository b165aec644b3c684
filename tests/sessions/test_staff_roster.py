"""The roster's pages: found, added, changed, withdrawn; each refusal beside its field."""

from typing import Any

import pytest
from django.test import Client

from cnd.models import PersonalDatum
from sessions.models import Inscription, MeetingSession, Slot
from sessions.services.inscriptions import edit_speaker, inscribe, withdraw
from tests.sessions.scenes import (
    announce_now,
    as_officer,
    draw_now,
    drawn_session,
    inscribe_states,
    make_session,
    states,
)
from tests.sessions.staff_pages import last_entry, signed_in, text_of, told, url

pytestmark = pytest.mark.django_db

WHY = "asked for by note verbale"


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


def codes(client: Client, **query: Any) -> list[str]:
    rows = client.get(url("roster"), query).context["rows"]
    return [row["inscription"].delegation.code for row in rows]


def of(code: str) -> Inscription:
    return Inscription.objects.filter(delegation__code=code).latest("receipt_number")


# --- finding ----------------------------------------------------------------------------------------------------------


def test_roster_stands_in_order_of_receipt_or_by_code(session: MeetingSession) -> None:
    made = [each.delegation.code for each in inscribe_states(session, 12)]
    client = signed_in()

    assert (codes(client), codes(client, order="code")) == (made, sorted(made))


def test_roster_is_found_by_name_without_accents_code_and_speaker(session: MeetingSession) -> None:
    for code in ("CI", "TR", "AT"):
        delegation = session.delegations.get(code=code)
        speaker = "Jane Roe" if code == "AT" else ""
        inscribe(
            debate=session.debate,
            delegation=delegation,
            level="ministerial",
            speaker_name=speaker,
            actor=as_officer(),
            reason=WHY,
        )
    client = signed_in()

    found = [codes(client, q=wanted) for wanted in ("cote d'iv", "turkiye", "at", "jane", "nobody")]

    assert found == [["CI"], ["TR"], ["AT"], ["AT"], []]


def test_roster_is_filtered_by_group_and_level(session: MeetingSession) -> None:
    made = inscribe_states(session, 15)
    wanted = [
        each.delegation.code
        for each in made
        if each.group and each.group.code == "african" and each.level == "ministerial"
    ]

    assert codes(signed_in(), group="african", level="ministerial") == wanted


def test_a_filter_that_is_none_shows_everything(session: MeetingSession) -> None:
    inscribe_states(session, 3)

    assert len(codes(signed_in(), group="martian", level="cosmic")) == 3


def test_withdrawn_ones_are_shown_on_demand(session: MeetingSession) -> None:
    made = inscribe_states(session, 3)
    withdraw(inscription=made[0], actor=as_officer())
    client = signed_in()

    assert (len(codes(client)), len(codes(client, withdrawn="on"))) == (2, 3)


def test_roster_comes_in_pages_of_a_hundred(session: MeetingSession) -> None:
    inscribe_states(session, 105)
    client = signed_in()

    assert (len(codes(client)), len(codes(client, page=2))) == (100, 5)


def test_after_the_draw_the_roster_shows_the_slot() -> None:
    drawn_session(5)
    slot = Slot.objects.filter(status="assigned")[0]

    rows = signed_in().get(url("roster")).context["rows"]

    [row] = [row for row in rows if row["inscription"].delegation_id == slot.delegation_id]
    assert row["slot"].number == slot.number


# --- adding -----------------------------------------------------------------------------------------------------------


def add(client: Client, code: str = "AT", **given: Any) -> Any:
    data = {"delegation": code, "statement": "own", "level": "ministerial", "reason": WHY} | given
    return client.post(url("roster-add"), data)


def test_adding_a_delegation_gives_it_the_next_receipt(session: MeetingSession) -> None:
    response = add(signed_in(), speaker_name="Jane Roe", speaker_title="Minister")

    assert response["Location"] == url("roster")
    assert told(response) == ["Austria is inscribed, under receipt 1."]
    assert of("AT").speaker.value == {"name": "Jane Roe", "title": "Minister"}  # type: ignore[union-attr]
    assert (last_entry().action, last_entry().reason) == ("inscribe", WHY)


def test_outside_the_window_the_reason_is_asked_for_beside_its_field(session: MeetingSession) -> None:
    response = add(signed_in(), reason="")

    assert response.status_code == 422
    assert "reason" in response.context["form"].errors
    assert not Inscription.objects.exists()


def test_adding_twice_is_refused_in_words_and_adds_once(session: MeetingSession) -> None:
    client = signed_in()
    add(client)

    response = add(client)

    assert response.status_code == 409
    assert response.context["form"].non_field_errors() == ["Austria is already inscribed, under receipt 1."]
    assert Inscription.objects.count() == 1


def test_an_observer_cannot_speak_for_a_group(session: MeetingSession) -> None:
    response = add(signed_in(), "VA", statement="group")

    assert response.status_code == 422
    assert "statement" in response.context["form"].errors


def test_a_delegation_that_is_none_is_refused_beside_its_field(session: MeetingSession) -> None:
    assert "delegation" in add(signed_in(), "XX").context["form"].errors


# --- level, speaker, withdrawal ---------------------------------------------------------------------------------------


def test_level_is_changed_with_its_reason(session: MeetingSession) -> None:
    [made] = inscribe_states(session, 1, level="ministerial")

    response = signed_in().post(
        url("inscription-level", made.receipt_number), {"level": "above_ministerial", "reason": WHY}
    )

    made.refresh_from_db()
    assert (response["Location"], made.level, last_entry().reason) == (url("roster"), "above_ministerial", WHY)


def test_level_page_says_where_one_would_stand_after_the_draw() -> None:
    drawn_session(15)
    slot = Slot.objects.filter(level="ministerial").order_by("place")[0]
    inscription = Inscription.objects.get(delegation=slot.delegation_id)
    client = signed_in()
    promised = dict(client.get(url("inscription-level", inscription.receipt_number)).context["outlooks"])

    client.post(url("inscription-level", inscription.receipt_number), {"level": "below_ministerial"})

    slot.refresh_from_db()
    assert slot.place == promised["Below ministerial"]


def test_a_screen_of_a_withdrawn_inscription_says_so(session: MeetingSession) -> None:
    [made] = inscribe_states(session, 1)
    withdraw(inscription=made, actor=as_officer())
    address = url("inscription-level", made.receipt_number)

    response = signed_in().post(address, {"level": "ministerial"})

    assert response.status_code == 409
    assert response.context["form"].non_field_errors() == ["This inscription was withdrawn."]
    assert signed_in().get(address)["Location"] == url("roster")


def test_speaker_is_recorded_as_personal_data(session: MeetingSession) -> None:
    [made] = inscribe_states(session, 1)
    client = signed_in()

    client.post(url("inscription-speaker", made.receipt_number), {"speaker_name": "Ana Lim", "speaker_title": ""})

    assert PersonalDatum.objects.get().value == {"name": "Ana Lim", "title": ""}
    assert "Ana Lim" in text_of(client.get(url("roster")))


def test_withdrawal_before_any_drawing_can_be_taken_back(session: MeetingSession) -> None:
    [made] = inscribe_states(session, 1)
    client = signed_in()
    client.post(url("inscription-withdraw", made.receipt_number), {"reason": WHY})
    made.refresh_from_db()
    was_withdrawn = made.withdrawn_at is not None

    response = client.post(url("inscription-undo", made.receipt_number), {"reason": ""})

    made.refresh_from_db()
    assert (was_withdrawn, made.withdrawn_at, response["Location"]) == (True, None, url("roster"))


def test_withdrawing_twice_changes_nothing_the_second_time(session: MeetingSession) -> None:
    [made] = inscribe_states(session, 1)
    client = signed_in()
    address = url("inscription-withdraw", made.receipt_number)
    client.post(address, {"reason": WHY})
    number = last_entry().number

    assert client.post(address, {"reason": WHY}).status_code == 302
    assert last_entry().number == number


def test_withdrawal_page_names_slot_place_and_heir_after_the_draw() -> None:
    session = make_session()
    for delegation in states(session, "african", 54):
        inscribe(debate=session.debate, delegation=delegation, level="ministerial", actor=as_officer(), reason=WHY)
    for delegation in states(session, "asia_pacific", 54):
        inscribe(debate=session.debate, delegation=delegation, level="ministerial", actor=as_officer(), reason=WHY)
    for delegation in states(session, "western_european_others", 20):
        inscribe(debate=session.debate, delegation=delegation, level="ministerial", actor=as_officer(), reason=WHY)
    draw_now(announce_now(session))
    slot = Slot.objects.filter(group__code="african", status="assigned")[3]
    receipt = Inscription.objects.get(delegation=slot.delegation_id).receipt_number
    client = signed_in()

    losses = client.get(url("inscription-withdraw", receipt)).context["losses"]
    client.post(url("inscription-withdraw", receipt), {"reason": WHY})

    place = slot.place
    slot.refresh_from_db()
    assert losses[0] == f"Slot {slot.number} and place {place} of the list are lost."
    assert slot.delegation is not None
    assert losses[1] == (
        f"Slot {slot.number} goes to {slot.delegation.name}, first on the group's waiting list, "
        f"who will stand at place {slot.place}."
    )


def test_withdrawal_page_says_that_a_slot_nobody_waits_for_becomes_vacant() -> None:
    drawn_session(10)
    slot = Slot.objects.filter(status="assigned")[0]
    receipt = Inscription.objects.get(delegation=slot.delegation_id).receipt_number

    losses = signed_in().get(url("inscription-withdraw", receipt)).context["losses"]

    assert losses[1] == "Nobody of the group waits: the slot becomes vacant, and its place a gap."


def test_after_the_draw_the_undoing_is_refused_in_words() -> None:
    drawn_session(5)
    made = Inscription.objects.all()[0]
    withdraw(inscription=made, actor=as_officer())

    response = signed_in().post(url("inscription-undo", made.receipt_number), {"reason": ""})

    assert response.status_code == 409
    assert "can no longer be taken back" in text_of(response)


def test_an_inscription_that_is_none_is_not_found(session: MeetingSession) -> None:
    assert signed_in().get(url("inscription-level", 77)).status_code == 404


def test_roster_survives_a_speaker_whose_data_were_erased(session: MeetingSession) -> None:
    [made] = inscribe_states(session, 1)
    edit_speaker(inscription=made, name="Ana Lim", title="", actor=as_officer())
    client = signed_in()
    key = PersonalDatum.objects.get().key

    client.post(url("erase-person", key), {"reason": "the person asked"})

    assert "Ana Lim" not in text_of(client.get(url("roster")))
    assert client.get(url("inscription-speaker", made.receipt_number)).status_code == 200
