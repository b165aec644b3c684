"""Applications over the API, and the public register of receipts."""

from typing import Any

import pytest
from django.core.cache import cache

from cnd import journal
from cnd.actors import COMMAND
from cnd.clock import rfc3339
from cnd.models import ApiToken, IdempotencyKey
from logistics.models import Application
from sessions.models import MeetingSession
from tests.cnd.api_client import Api, problem_of, token_of
from tests.logistics.clients import client_of, client_of_staff
from tests.logistics.windows import CONTENT, WISHED, drafted, kind_of, others, received, windowed
from tests.sessions.kept import kept
from tests.sessions.scenes import correct, count_entries, focal_point, officer

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/sessions/cnd67/"
LIST = f"{ROOT}applications/"
RECEIPTS = f"{ROOT}receipts/"
SCOPES = ("applications:read", "applications:write")
INTERVALS = [{"starts_at": rfc3339(WISHED[0]), "ends_at": rfc3339(WISHED[1])}]
SENT: dict[str, Any] = CONTENT | {"wished_times": INTERVALS, "kind": "high-level", "delegation": "AT"}

loaded = kept(lambda: windowed().pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    cache.clear()
    return MeetingSession.objects.select_related("chain").get(pk=loaded)


austria = client_of("AT", *SCOPES)
kenya = client_of("KE", *SCOPES)
staff = client_of_staff(*SCOPES)


def one(pk: int, step: str = "") -> str:
    return f"{LIST}{pk}/{step and step + '/'}"


def test_from_draft_to_receipt(austria: Api) -> None:
    begun = austria.post(LIST, SENT)
    assert (begun.status_code, begun.json()["state"], begun.json()["receipt"]) == (201, "draft", None)
    pk = begun.json()["id"]
    assert begun["Location"] == f"http://testserver{one(pk)}"
    submitted = austria.post(one(pk, "submit"))
    made = Application.objects.get()
    assert (submitted.status_code, submitted.json()["state"], submitted.json()["receipt"]) == (200, "under_review", 1)
    assert (submitted.json()["reference"], submitted.json()["sha256"]) == ("high-level-1", made.content_sha256)
    read = austria.get(one(pk))
    assert read["ETag"] == submitted["ETag"]
    assert {name: read.json()[name] for name in ("contact", "speakers", "cosponsors", "wished_times")} == {
        "contact": CONTENT["contact"],
        "speakers": CONTENT["speakers"],
        "cosponsors": CONTENT["cosponsors"],
        "wished_times": INTERVALS,
    }


def test_an_incomplete_submission_names_every_field(austria: Api) -> None:
    pk = austria.post(LIST, {"kind": "high-level", "delegation": "AT", "title": "Only this"}).json()["id"]
    answer = austria.post(one(pk, "submit"))
    assert problem_of(answer) == (422, "incomplete")
    assert sorted(answer.json()["errors"]) == [
        "abstract",
        "attendance",
        "contact",
        "form",
        "length_min",
        "speakers",
        "theme",
    ]


def test_a_retried_submission_gets_the_same_answer(session: MeetingSession, austria: Api) -> None:
    pk = drafted(session).pk
    first = austria.post(one(pk, "submit"), Idempotency_Key="same")
    entries = count_entries(session)
    second = austria.post(one(pk, "submit"), Idempotency_Key="same")
    third = austria.post(one(pk, "submit"))
    assert first.json() == second.json() == third.json()
    assert (second["Idempotent-Replayed"], count_entries(session)) == ("true", entries)


def test_a_kept_answer_names_no_person(session: MeetingSession, austria: Api) -> None:
    austria.post(LIST, SENT)
    assert [each for each in ("Anna", "Berta", "anna@") if each in IdempotencyKey.objects.get().body] == []


def test_who_waits_is_told_the_position(session: MeetingSession, austria: Api) -> None:
    correct(session, "side-event-high-level.places", 1)
    others(session, 2)
    answer = austria.post(one(drafted(session).pk, "submit"))
    assert (answer.json()["state"], answer.json()["position"], answer.json()["place"]) == ("waiting", 2, None)


def test_a_position_that_moves_makes_a_new_version(session: MeetingSession, austria: Api) -> None:
    correct(session, "side-event-high-level.places", 1)
    _first, before = others(session, 2)
    pk = received(session).pk
    read = austria.get(one(pk))
    assert austria.get(one(pk), If_None_Match=read["ETag"]).status_code == 304
    Api(token_of(officer(), *SCOPES)).post(one(before.pk, "withdraw"))
    moved = austria.get(one(pk), If_None_Match=read["ETag"])
    assert (read.json()["position"], moved.status_code, moved.json()["position"]) == (2, 200, 1)


def test_an_edit_rests_on_what_was_read(session: MeetingSession, austria: Api) -> None:
    pk = drafted(session).pk
    read = austria.get(one(pk))
    assert problem_of(austria.patch(one(pk), {"title": "New"})) == (428, "version_missing")
    edited = austria.patch(one(pk), {"title": "New"}, If_Match=read["ETag"])
    assert (edited.status_code, edited.json()["title"]) == (200, "New")
    assert problem_of(austria.patch(one(pk), {"title": "Newer"}, If_Match=read["ETag"])) == (412, "outdated")
    assert problem_of(austria.post(one(pk, "submit"), If_Match=read["ETag"])) == (412, "outdated")


def test_every_fault_of_what_was_sent_is_named(austria: Api) -> None:
    backwards = {"starts_at": INTERVALS[0]["ends_at"], "ends_at": INTERVALS[0]["starts_at"]}
    answer = austria.post(LIST, SENT | {"cosponsors": [{"delegation": "XX"}], "wished_times": [backwards]})
    assert problem_of(answer) == (422, "content_not_valid")
    assert sorted(answer.json()["errors"]) == ["cosponsors", "wished_times"]
    assert list(austria.post(LIST, SENT | {"colour": "blue"}).json()["errors"]) == ["colour"]


# --- who may ----------------------------------------------------------------------------------------------------------


def test_another_delegations_application_is_none_at_all(session: MeetingSession, kenya: Api) -> None:
    pk = received(session).pk
    answers = [kenya.get(one(pk)), kenya.patch(one(pk), {"title": "x"}, If_Match="*")]
    answers += [
        kenya.post(one(pk, step)) for step in ("submit", "withdraw", "confirm", "answer-correction", "carry-over")
    ]
    assert {problem_of(each) for each in answers} == {(404, "no_such_application")}
    assert kenya.get(LIST).json()["results"] == []


def test_a_draft_for_another_delegation_is_refused(kenya: Api) -> None:
    assert problem_of(kenya.post(LIST, SENT)) == (403, "not_your_delegation")


def test_a_delegation_decides_nothing(session: MeetingSession, austria: Api) -> None:
    pk = received(session).pk
    answers = [austria.post(one(pk, step), {"reason": "x"}) for step in ("accept", "reject")]
    answers.append(austria.post(one(pk, "request-correction"), {"text": "x"}))
    assert {problem_of(each) for each in answers} == {(403, "secretariat_only")}


def test_a_token_does_what_its_scopes_say(session: MeetingSession) -> None:
    pk = drafted(session).pk
    reader = Api(token_of(focal_point(session, "AT"), "applications:read"))
    stranger = Api(token_of(focal_point(session, "AT"), "inscriptions:read"))
    assert reader.get(one(pk)).status_code == 200
    assert reader.post(one(pk, "submit")).status_code == 403
    assert stranger.get(one(pk)).status_code == 403
    assert Api().get(one(pk)).status_code == 401
    assert ApiToken.objects.count() == 2


# --- the secretariat --------------------------------------------------------------------------------------------------


def test_the_secretariat_decides(session: MeetingSession, staff: Api, austria: Api) -> None:
    first, second = received(session), received(session)
    asked = staff.post(one(first.pk, "request-correction"), {"text": "Name the second speaker."})
    assert (asked.json()["state"], asked.json()["correction"]) == ("correction_requested", "Name the second speaker.")
    assert austria.post(one(first.pk, "answer-correction")).json()["state"] == "under_review"
    assert staff.post(one(first.pk, "accept")).json()["state"] == "accepted"
    rejected = staff.post(one(second.pk, "reject"), {"reason": "Promotes a product."})
    assert (rejected.json()["state"], rejected.json()["place"]) == ("rejected", None)
    carried = austria.post(one(second.pk, "carry-over"))
    assert (carried.status_code, carried.json()["kind"], carried.json()["carried_from"]) == (201, "regular", second.pk)
    assert austria.post(one(first.pk, "withdraw"), {"reason": "x"}).json()["state"] == "withdrawn"


def test_the_list_is_of_ones_own_and_of_all_for_the_secretariat(
    session: MeetingSession, staff: Api, austria: Api
) -> None:
    own = received(session)
    others(session, 2)
    assert [each["id"] for each in austria.get(LIST).json()["results"]] == [own.pk]
    assert [each["receipt"] for each in staff.get(f"{LIST}?kind=high-level").json()["results"]] == [1, 2, 3]
    assert staff.get(f"{LIST}?state=draft").json()["results"] == []
    assert staff.get(f"{LIST}?colour=blue").status_code == 400
    read = austria.get(LIST)
    assert austria.get(LIST, If_None_Match=read["ETag"]).status_code == 304


# --- the register -----------------------------------------------------------------------------------------------------


def test_the_register_shows_number_time_hash_and_state(session: MeetingSession) -> None:
    made = received(session)
    answer = Api().get(RECEIPTS)
    assert answer.json()["results"] == [
        {
            "kind": "high-level",
            "receipt": 1,
            "received_at": made.receipt_at and made.receipt_at.isoformat().replace("+00:00", "Z"),
            "sha256": made.content_sha256,
            "state": "under_review",
            "position": None,
            "organiser": None,
        }
    ]
    assert Api().get(RECEIPTS, If_None_Match=answer["ETag"]).status_code == 304


def test_the_register_shows_the_organiser_once_it_is_decided(session: MeetingSession, staff: Api) -> None:
    made = received(session)
    before = Api().get(RECEIPTS)
    staff.post(one(made.pk, "accept"))
    after = Api().get(RECEIPTS, If_None_Match=before["ETag"])
    (line,) = after.json()["results"]
    assert (line["state"], line["organiser"]) == ("accepted", "AT")


def test_a_corrected_rule_shows_the_organiser_at_once(session: MeetingSession) -> None:
    received(session)
    before = Api().get(RECEIPTS)
    correct(session, "side-event-high-level.organiser_shown", "at_receipt")
    after = Api().get(RECEIPTS, If_None_Match=before["ETag"])
    assert [each["organiser"] for each in after.json()["results"]] == ["AT"]


def test_private_activity_leaves_the_register_as_it_is(session: MeetingSession, austria: Api) -> None:
    made = received(session)
    before = Api().get(RECEIPTS)
    drafted(session, "KE")
    austria.patch(one(made.pk), {"speakers": [{"name": "Carla", "title": ""}]}, If_Match="*")
    assert Api().get(RECEIPTS, If_None_Match=before["ETag"]).status_code == 304


def test_the_register_is_paged_and_filtered_by_kind(session: MeetingSession) -> None:
    others(session, 3)
    page = Api().get(f"{RECEIPTS}?page_size=2&kind=high-level").json()
    assert ([each["receipt"] for each in page["results"]], page["count"]) == ([1, 2], 3)
    assert Api().get(f"{RECEIPTS}?kind=regular").json()["results"] == []
    assert Api().get("/api/v1/sessions/none/receipts/").status_code == 404


def test_a_change_of_the_register_is_found_in_the_changes(session: MeetingSession) -> None:
    received(session)
    changes = Api().get(f"{ROOT}changes/").json()["results"]
    assert changes[-1]["resources"] == [{"name": "receipts", "url": f"http://testserver{RECEIPTS}"}]


def test_an_erased_name_is_gone_from_the_answer(session: MeetingSession, austria: Api) -> None:
    made = received(session)
    read = austria.get(one(made.pk))
    assert made.speakers
    journal.erase_personal(datum=made.speakers, actor=COMMAND, reason="asked for")
    after = austria.get(one(made.pk), If_None_Match=read["ETag"])
    assert (after.status_code, after.json()["speakers"]) == (200, [])
    assert kind_of(session).last_receipt_number == 1
