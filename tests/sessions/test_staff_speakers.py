"""Keeping the list: who is next, absences, vacant slots, exchanges; nothing is recorded from a stale screen."""

from typing import Any

import pytest
from django.test import Client

from sessions.models import Drawing, Inscription, ListVersion, MeetingSession, Slot
from sessions.services.inscriptions import inscribe, withdraw
from tests.sessions.scenes import as_officer, drawn_session, make_session, states
from tests.sessions.staff_pages import last_entry, signed_in, text_of, told, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn() -> tuple[MeetingSession, Drawing]:
    return drawn_session(20)


def press(client: Client, kind: str, page: Any, **other: Any) -> Any:
    """Press a button of a page as it was shown."""
    upcoming = page.context["next"]
    shown = {
        "kind": kind,
        "delegation": upcoming["delegation"],
        "statement": upcoming["statement"],
        "seen": page.context["seen"],
    }
    return client.post(url("staff-speakers-event"), shown | other)


def order(page: Any) -> list[str]:
    return [row["delegation"] for section in page.context["sections"] for row in section["rows"]]


def test_before_the_draw_there_is_no_list() -> None:
    make_session()
    client = signed_in()

    assert "No list yet" in text_of(client.get(url("staff-speakers")))
    assert client.get(url("staff-speakers-fill")).status_code == 409


@pytest.mark.usefixtures("drawn")
def test_list_is_shown_in_its_order_with_the_next_one_first() -> None:
    page = signed_in().get(url("staff-speakers"))

    content = ListVersion.objects.get().content
    assert order(page) == [row["delegation"] for row in content["speakers"]]
    assert page.context["next"]["place"] == 1


@pytest.mark.usefixtures("drawn")
def test_pressing_has_spoken_brings_the_next_one() -> None:
    client = signed_in()
    page = client.get(url("staff-speakers"))
    first, second = order(page)[:2]

    response = press(client, "spoken", page)

    after = client.get(response["Location"])
    assert (after.context["next"]["delegation"], after.context["spoken"]) == (second, 1)
    assert Slot.objects.get(delegation__code=first).status == "spoken"


@pytest.mark.usefixtures("drawn")
def test_pressing_twice_records_once() -> None:
    client = signed_in()
    page = client.get(url("staff-speakers"))
    press(client, "absent", page)

    response = press(client, "absent", page)

    assert ListVersion.objects.count() == 2
    assert told(response)[-1].startswith("The list has changed while you were looking.")


@pytest.mark.usefixtures("drawn")
def test_who_is_absent_stands_behind_the_last_of_their_level() -> None:
    client = signed_in()
    page = client.get(url("staff-speakers"))
    first = order(page)[0]
    of_level = len(page.context["sections"][0]["rows"])

    press(client, "absent", page)

    after = client.get(url("staff-speakers"))
    assert order(after)[of_level - 1] == first
    assert after.context["sections"][0]["rows"][-1]["absences"] == 1


@pytest.mark.usefixtures("drawn")
def test_whoever_is_not_next_is_refused_in_words() -> None:
    client = signed_in()
    page = client.get(url("staff-speakers"))

    response = press(client, "spoken", page, delegation=order(page)[3])

    assert "is not next on the list" in told(response)[0]
    assert ListVersion.objects.count() == 1


@pytest.mark.usefixtures("drawn")
def test_an_unknown_event_or_delegation_records_nothing() -> None:
    client = signed_in()
    page = client.get(url("staff-speakers"))

    unknown = press(client, "sung", page)
    nobody = press(client, "spoken", page, delegation="XX")

    assert (told(unknown), nobody.status_code) == (["Unknown kind of event."], 404)
    assert ListVersion.objects.count() == 1


@pytest.mark.usefixtures("drawn")
def test_every_event_stands_there_with_time_and_person() -> None:
    client = signed_in()
    page = client.get(url("staff-speakers"))
    press(client, "spoken", page)

    [told_event] = client.get(url("staff-speakers")).context["events"]

    assert told_event.sentence == f"{page.context['next']['name']} has spoken."
    assert told_event.who == "Conference officer (officer)"


@pytest.mark.usefixtures("drawn")
def test_every_version_stands_there_with_its_hash() -> None:
    page = signed_in().get(url("staff-speakers"))

    assert ListVersion.objects.get().sha256 in page.content.decode()


# --- vacant slots -----------------------------------------------------------------------------------------------------


def with_late_ones(session: MeetingSession) -> list[str]:
    """Have two delegations inscribed late, who then wait."""
    late = [each for each in states(session, "african", 54) if not each.inscriptions.exists()][:2]
    for delegation in late:
        inscribe(debate=session.debate, delegation=delegation, level="ministerial", actor=as_officer(), reason="late")
    return [each.code for each in late]


def test_filling_shows_who_gets_what_and_then_does_just_that(drawn: tuple[MeetingSession, Drawing]) -> None:
    late = with_late_ones(drawn[0])
    client = signed_in()
    page = client.get(url("staff-speakers-fill"))
    promised = {each["slot"]: each["code"] for each in page.context["filled"]}

    response = client.post(url("staff-speakers-fill"), {"seen": page.context["seen"]})

    given = dict(Slot.objects.filter(number__in=promised).values_list("number", "delegation__code"))
    assert list(promised.values()) == late
    assert given == promised
    assert told(response) == ["The vacant slots are filled."]


def test_filling_from_a_stale_screen_is_refused(drawn: tuple[MeetingSession, Drawing]) -> None:
    with_late_ones(drawn[0])
    client = signed_in()
    page = client.get(url("staff-speakers-fill"))
    withdraw(inscription=Inscription.objects.get(receipt_number=1), actor=as_officer("other"))
    versions = ListVersion.objects.count()

    response = client.post(url("staff-speakers-fill"), {"seen": page.context["seen"]})

    assert told(response)[0].startswith("The list has changed")
    assert ListVersion.objects.count() == versions


@pytest.mark.usefixtures("drawn")
def test_with_nobody_waiting_nothing_is_offered_to_fill() -> None:
    client = signed_in()

    assert "There is nothing to fill" in text_of(client.get(url("staff-speakers-fill")))
    assert url("staff-speakers-fill") not in client.get(url("staff-speakers")).content.decode()


# --- exchanges --------------------------------------------------------------------------------------------------------


def of_level(level: str) -> list[str]:
    slots = Slot.objects.filter(level=level, status="assigned").order_by("place")
    return [str(slot.delegation) for slot in slots]


def exchange(client: Client, one: str, other: str, **given: Any) -> Any:
    seen = client.get(url("staff-speakers-exchange")).context["form"]["seen"].value()
    data = {"one": one, "other": other, "reason": "both missions wrote", "seen": seen}
    return client.post(url("staff-speakers-exchange"), data | given)


@pytest.mark.usefixtures("drawn")
def test_two_of_one_level_exchange_their_places_with_who_agreed() -> None:
    one, other = of_level("ministerial")[:2]

    response = exchange(signed_in(), one, other)

    assert response["Location"] == url("staff-speakers")
    assert of_level("ministerial")[:2] == [other, one]
    assert last_entry().reason == "both missions wrote"


@pytest.mark.usefixtures("drawn")
def test_an_exchange_across_levels_is_refused_on_its_page() -> None:
    response = exchange(signed_in(), of_level("ministerial")[0], of_level("above_ministerial")[0])

    assert response.status_code == 409
    assert "within one level only" in response.context["form"].non_field_errors()[0]


@pytest.mark.usefixtures("drawn")
def test_an_exchange_needs_two_delegations_and_who_agreed() -> None:
    client = signed_in()
    one = of_level("ministerial")[0]

    same = exchange(client, one, one)
    silent = exchange(client, one, of_level("ministerial")[1], reason="")

    assert (same.status_code, list(same.context["form"].errors)) == (422, ["other"])
    assert (silent.status_code, list(silent.context["form"].errors)) == (422, ["reason"])


@pytest.mark.usefixtures("drawn")
def test_an_exchange_from_a_stale_screen_is_refused() -> None:
    one, other = of_level("ministerial")[:2]

    response = exchange(signed_in(), one, other, seen=0)

    assert told(response)[0].startswith("The list has changed")
    assert of_level("ministerial")[:2] == [one, other]
