"""Bookings over the API: made, answered, moved, cancelled, checked in; and what those without part in them see."""

from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from cnd import journal
from cnd.actors import COMMAND
from logistics.models import Booking
from sessions.models import MeetingSession
from tests.cnd.api_client import Api, problem_of, token_of
from tests.logistics.bilaterals import asked, at, booking_session, met, now_of, real
from tests.logistics.clients import client_of, client_of_staff
from tests.sessions.kept import kept
from tests.sessions.scenes import focal_point

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/sessions/cnd67/"
LIST = f"{ROOT}bookings/"
SCOPES = ("bookings:read", "bookings:write")
NINE = {"room": "b1", "starts_at": "2024-03-14T08:00:00Z", "requester": "AT", "counterpart": "BR"}
SECRETS = {"purpose": "The gas pipeline", "participants": "Anna Example", "nameplates": "AUSTRIA"}

loaded = kept(lambda: booking_session().pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    cache.clear()
    return MeetingSession.objects.get(pk=loaded)


austria = client_of("AT", *SCOPES)
brazil = client_of("BR", *SCOPES)
kenya = client_of("KE", *SCOPES)
staff = client_of_staff(*SCOPES)


def one(pk: int, step: str = "") -> str:
    return f"{LIST}{pk}/{step and step + '/'}"


def test_a_delegation_books_and_reads_what_it_booked(austria: Api) -> None:
    answer = austria.post(LIST, NINE | SECRETS | {"people": 8, "equipment": ["flags"]})
    made = Booking.objects.get()
    assert (answer.status_code, answer["Location"]) == (201, f"http://testserver{one(made.pk)}")
    body = answer.json()
    assert body.pop("warnings") == []
    assert {name: body[name] for name in ("id", "room", "starts_at", "ends_at", "requester", "counterpart")} == {
        "id": made.pk,
        "room": "b1",
        "starts_at": "2024-03-14T08:00:00Z",
        "ends_at": "2024-03-14T08:30:00Z",
        "requester": "AT",
        "counterpart": "BR",
    }
    assert {name: body[name] for name in SECRETS} == SECRETS
    read = austria.get(one(made.pk))
    assert (read.json(), read["ETag"]) == (body, answer["ETag"])
    assert austria.get(one(made.pk), if_none_match=read["ETag"]).status_code == 304
    assert austria.get(LIST).json()["results"] == [body]


def test_sent_again_under_its_key_it_counts_once(austria: Api) -> None:
    first = austria.post(LIST, NINE, idempotency_key="k1")
    again = austria.post(LIST, NINE, idempotency_key="k1")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert Booking.objects.count() == 1


def test_a_taken_slot_is_409_with_the_nearest_free_ones(austria: Api, kenya: Api) -> None:
    austria.post(LIST, NINE)
    answer = kenya.post(LIST, NINE | {"requester": "KE"})
    assert problem_of(answer) == (409, "slot_taken")
    assert answer.json()["details"]["nearest"][0] == {"room": "b2", "starts_at": "2024-03-14T08:00:00.000000Z"}


@pytest.mark.parametrize(
    ("sent", "at_fault"),
    [
        ({}, ["requester", "room", "starts_at"]),
        (NINE | {"starts_at": "2024-03-14T09:00:00"}, ["starts_at"]),
        (NINE | {"starts_at": "0001-01-01T00:00:00+10:00"}, ["starts_at"]),
        (NINE | {"room": "nowhere"}, ["room"]),
        (NINE | {"counterpart": "ZZ"}, ["counterpart"]),
        (NINE | {"purpse": "x", "people": 0}, ["people", "purpse"]),
    ],
)
def test_every_member_at_fault_is_named(austria: Api, sent: Any, at_fault: list[str]) -> None:
    answer = austria.post(LIST, sent)
    assert (problem_of(answer), sorted(answer.json()["errors"])) == ((400, "invalid"), at_fault)
    assert Booking.objects.count() == 0


def test_the_counterpart_confirms_what_it_has_read(austria: Api, brazil: Api) -> None:
    made = austria.post(LIST, NINE)
    pk = made.json()["id"]
    assert problem_of(brazil.post(one(pk, "confirm")))[0] == 428
    confirmed = brazil.post(one(pk, "confirm"), if_match=made["ETag"])
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "agreed")
    assert problem_of(austria.post(one(pk, "cancel"), {}, if_match=made["ETag"])) == (412, "outdated")


def test_the_requester_does_not_answer_for_the_counterpart(austria: Api) -> None:
    pk = austria.post(LIST, NINE).json()["id"]
    assert problem_of(austria.post(one(pk, "confirm"), if_match="*")) == (403, "not_your_booking")


def test_another_time_is_proposed_and_taken(austria: Api, brazil: Api) -> None:
    pk = austria.post(LIST, NINE).json()["id"]
    place = {"room": "b2", "starts_at": "2024-03-14T12:30:00Z"}
    proposed = brazil.post(one(pk, "propose"), place, if_match="*")
    assert (proposed.status_code, proposed.json()["proposal"]["room"]) == (200, "b2")
    assert austria.get(one(pk)).json()["proposal"] == proposed.json()["proposal"]
    taken = austria.post(one(pk, "accept-proposal"), if_match="*").json()
    assert (taken["room"], taken["starts_at"], taken["state"]) == ("b2", "2024-03-14T12:30:00Z", "agreed")
    assert taken["proposal"] is None


def test_declined_and_cancelled_stay_readable_with_who_and_why(austria: Api, brazil: Api) -> None:
    pk = austria.post(LIST, NINE).json()["id"]
    brazil.post(one(pk, "decline"), {"reason": "Elsewhere"}, if_match="*")
    read = austria.get(one(pk)).json()
    assert (read["state"], read["ended_by"], read["reason"]) == ("declined", "BR", "Elsewhere")


def test_moving_changing_approving_and_checking_in(session: MeetingSession, austria: Api, staff: Api) -> None:
    booking = asked(session, counterpart=None)
    pk = booking.pk
    moved = austria.post(one(pk, "move"), {"room": "b3", "starts_at": "2024-03-14T08:45:00Z"}, if_match="*")
    assert (moved.json()["room"], moved.json()["state"]) == ("b3", "agreed")
    assert austria.patch(one(pk), {"people": 5}, if_match="*").json()["people"] == 5
    assert problem_of(austria.post(one(pk, "approve"), if_match="*")) == (403, "secretariat_only")
    assert staff.post(one(pk, "approve"), if_match="*").json()["state"] == "confirmed"
    early = austria.post(one(pk, "check-in"), if_match="*")
    assert (problem_of(early), sorted(early.json()["details"])) == (
        (409, "not_the_time"),
        ["closes_at", "now", "opens_at"],
    )
    with time_machine.travel(real(session, at(9, 40))):
        on_time = Api(token_of(focal_point(session, "AT"), *SCOPES))
        assert on_time.post(one(pk, "check-in"), if_match="*").json()["state"] == "held"


def test_a_token_without_the_scope_does_nothing(session: MeetingSession) -> None:
    reader = Api(token_of(focal_point(session, "AT"), "bookings:read"))
    assert problem_of(reader.post(LIST, NINE)) == (403, "insufficient_scope")
    assert problem_of(Api(token_of(focal_point(session, "AT"), "inscriptions:read")).get(LIST))[0] == 403
    assert problem_of(Api().get(LIST))[0] == 401


# --- what others see --------------------------------------------------------------------------------------------------


def test_what_is_private_is_on_no_path_of_anybody_else(
    session: MeetingSession, austria: Api, brazil: Api, kenya: Api
) -> None:
    pk = austria.post(LIST, NINE | SECRETS).json()["id"]
    stranger = Api()
    refused = kenya.post(LIST, NINE | {"requester": "KE"})
    paths = [LIST, one(pk), f"{ROOT}waiting/", f"{ROOT}free-times/?one=KE&other=AT"]
    public = [
        f"{ROOT}availability/",
        f"{ROOT}rooms/b1/availability/",
        f"{ROOT}changes/",
        f"{ROOT}journal/head/",
    ]
    answers = [kenya.get(path) for path in paths + public] + [stranger.get(path) for path in public] + [refused]
    steps = ("confirm", "decline", "propose", "accept-proposal", "refuse-proposal", "move", "cancel", "check-in")
    answers += [kenya.post(one(pk, step), {}, if_match="*") for step in steps]
    found = [answer.content.decode() for answer in answers]
    assert [body for body in found for secret in SECRETS.values() if secret in body] == []
    assert {problem_of(answer) for answer in answers[-len(steps) :]} == {(404, "no_such_booking")}
    assert kenya.get(LIST).json()["results"] == []
    assert brazil.get(one(pk)).json()["purpose"] == SECRETS["purpose"]


def test_what_is_free_says_nothing_of_by_whom(session: MeetingSession, austria: Api) -> None:
    before = Api().get(f"{ROOT}rooms/b1/availability/?day=2024-03-14")
    assert [slot["free"] for slot in before.json()["slots"]] == [True] * 12
    asked(session)
    after = Api().get(f"{ROOT}rooms/b1/availability/?day=2024-03-14", if_none_match=before["ETag"])
    assert after.status_code == 200
    assert after.json()["slots"][0] == {
        "starts_at": "2024-03-14T08:00:00Z",
        "ends_at": "2024-03-14T08:30:00Z",
        "free": False,
    }
    assert Api().get(f"{ROOT}rooms/b1/availability/?day=2024-03-14", if_none_match=after["ETag"]).status_code == 304


def test_all_rooms_are_filtered_by_what_one_needs(session: MeetingSession) -> None:
    found = Api().get(f"{ROOT}availability/?day=2024-03-14&people=15&equipment=projector").json()
    assert [each["room"] for each in found] == ["b6"]
    assert problem_of(Api().get(f"{ROOT}availability/?day=soon"))[0] == 400
    assert problem_of(Api().get(f"{ROOT}rooms/d1/availability/"))[0] == 404
    assert problem_of(Api().get("/api/v1/sessions/nowhere/availability/"))[0] == 404


def test_what_changed_of_what_is_free_is_found_in_the_changes(session: MeetingSession) -> None:
    last = Api().get(f"{ROOT}changes/").json()["last"]
    asked(session)
    (change,) = Api().get(f"{ROOT}changes/?since={last}").json()["results"]
    assert change["resources"] == [{"name": "availability", "url": f"http://testserver{ROOT}availability/"}]


def test_times_for_two_are_told_to_one_of_them(session: MeetingSession, austria: Api, kenya: Api) -> None:
    met(session, "BR", "FR", where="b1")
    found = austria.get(f"{ROOT}free-times/?one=AT&other=BR&day=2024-03-14").json()
    assert found[0] == {
        "starts_at": "2024-03-14T08:45:00Z",
        "ends_at": "2024-03-14T09:15:00Z",
        "rooms": ["b1", "b2", "b3", "b4", "b5", "b6"],
    }
    assert problem_of(kenya.get(f"{ROOT}free-times/?one=AT&other=BR")) == (403, "not_your_delegation")


def test_erased_words_are_gone_from_every_answer(session: MeetingSession, austria: Api) -> None:
    first = austria.post(LIST, NINE | SECRETS, idempotency_key="k1")
    booking = now_of(Booking.objects.get())
    assert booking.details
    journal.erase_personal(datum=booking.details, actor=COMMAND, reason="asked for")
    read = austria.get(one(booking.pk), if_none_match=first["ETag"])
    assert (read.status_code, [read.json()[name] for name in SECRETS]) == (200, [None] * 3)
    assert problem_of(austria.post(LIST, NINE | SECRETS, idempotency_key="k1")) == (410, "answer_erased")
    assert journal.verify(session.chain) > 0


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_who_waits_is_offered_what_is_set_free_and_takes_it(
    session: MeetingSession, austria: Api, brazil: Api, kenya: Api
) -> None:
    pk = austria.post(LIST, NINE).json()["id"]
    wish = {"delegation": "KE", "counterpart": "FR", "room": "b1", "starts_at": NINE["starts_at"]}
    joined = kenya.post(f"{ROOT}waiting/", wish)
    assert (joined.status_code, joined.json()["state"]) == (201, "waiting")
    brazil.post(one(pk, "decline"), if_match="*")
    url = joined["Location"].removeprefix("http://testserver")
    assert kenya.get(url).json()["offer"]["room"] == "b1"
    assert problem_of(austria.post(LIST, NINE)) == (409, "slot_taken")
    served = kenya.post(f"{url}accept/").json()
    assert (served["state"], Booking.objects.get(pk=served["booking"]).state) == ("served", "requested")
    assert problem_of(austria.get(url)) == (404, "no_such_waiting")


def test_nobody_waits_for_what_is_free(kenya: Api) -> None:
    answer = kenya.post(f"{ROOT}waiting/", {"delegation": "KE", "day": "2024-03-14"})
    assert problem_of(answer) == (409, "slot_free")
    assert len(answer.json()["details"]["nearest"]) == 5


def test_an_offer_is_let_go_and_the_line_left(session: MeetingSession, austria: Api, brazil: Api, kenya: Api) -> None:
    pk = austria.post(LIST, NINE).json()["id"]
    wish = {"delegation": "KE", "room": "b1", "starts_at": NINE["starts_at"]}
    mine = kenya.post(f"{ROOT}waiting/", wish)["Location"].removeprefix("http://testserver")
    second = brazil.post(f"{ROOT}waiting/", wish | {"delegation": "BR"})["Location"].removeprefix("http://testserver")
    austria.post(one(pk, "cancel"), if_match="*")
    assert kenya.post(f"{mine}decline/").json()["state"] == "left"
    assert brazil.get(second).json()["state"] == "offered"
    assert brazil.post(f"{second}leave/").json()["state"] == "left"
    assert [each["state"] for each in kenya.get(f"{ROOT}waiting/?state=left").json()["results"]] == ["left"]
