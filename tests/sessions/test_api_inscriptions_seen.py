"""Inscriptions over the API: who may see and do what, and how cheaply it is read."""

from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from cnd.actors import COMMAND
from cnd.models import User
from cnd.second_factor import PROVEN
from sessions.models import MeetingSession, Membership
from sessions.services.inscriptions import withdraw
from tests.cnd.api_client import Api, problem_of, token_of
from tests.sessions.kept import kept
from tests.sessions.scenes import (
    VIENNA,
    count_entries,
    focal_point,
    inscribed,
    make_session,
    officer,
)

pytestmark = pytest.mark.django_db

LIST = "/api/v1/sessions/cnd67/inscriptions/"
AT = {"delegation": "AT", "level": "ministerial"}
ANNA = {"speaker_name": "Anna Example", "speaker_title": "Minister"}

loaded = kept(lambda: make_session(datetime(2024, 2, 1, 9, tzinfo=VIENNA)).pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    """Return a session in the middle of its window."""
    cache.clear()
    return MeetingSession.objects.get(pk=loaded)


@pytest.fixture
def austria(session: MeetingSession) -> Api:
    return Api(token_of(focal_point(session, "AT")))


@pytest.fixture
def staff(session: MeetingSession) -> Api:
    return Api(token_of(officer()))


def one(receipt: int, step: str = "") -> str:
    return f"{LIST}{receipt}/{step and step + '/'}"


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "cnd_00000000_" + "0" * 43, "nonsense"])
def test_nobody_reads_or_writes_without_a_good_token(session: MeetingSession, token: str) -> None:
    stranger = Api(token)
    inscribed(session, "AT")
    wanted = 'Bearer realm="cnd"' + (
        ', error="invalid_token", error_description="unknown, expired or revoked"' if token else ""
    )
    for answer in (
        stranger.get(LIST),
        stranger.get(one(1)),
        stranger.post(LIST, AT),
        stranger.patch(one(1), {}),
        stranger.post(one(1, "withdraw")),
        stranger.post(one(1, "undo-withdrawal")),
    ):
        assert problem_of(answer)[0] == 401
        assert answer["WWW-Authenticate"] == wanted


@pytest.mark.parametrize("scope", ["inscriptions:read", "inscriptions:write"])
def test_a_token_does_what_its_scopes_say_and_no_more(session: MeetingSession, scope: str) -> None:
    made = inscribed(session, "AT")
    limited = Api(token_of(focal_point(session, "AT"), scope))
    receipt = made.receipt_number
    reads = [limited.get(LIST), limited.get(one(receipt)), limited.client.head(LIST, headers=limited.headers)]
    writes = [
        limited.post(LIST, AT),
        limited.patch(one(receipt), {"level": "above_ministerial"}, if_match="*"),
        limited.post(one(receipt, "withdraw"), if_match="*"),
        limited.post(one(receipt, "undo-withdrawal"), if_match="*"),
    ]
    refused = writes if scope == "inscriptions:read" else reads
    missing = "inscriptions:write" if scope == "inscriptions:read" else "inscriptions:read"
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert {answer["WWW-Authenticate"] for answer in refused} == {
        f'Bearer realm="cnd", error="insufficient_scope", scope="{missing}"'
    }
    allowed = reads if scope == "inscriptions:read" else writes
    assert [answer.status_code for answer in allowed] == ([200] * 3 if allowed is reads else [409, 200, 200, 200])


def test_another_delegations_focal_point_finds_nothing(session: MeetingSession) -> None:
    made = inscribed(session, "AT", speaker_name="Anna")
    brazil = Api(token_of(focal_point(session, "BR")))
    receipt, entries = made.receipt_number, count_entries(session)
    foreign = [
        brazil.get(one(receipt)),
        brazil.patch(one(receipt), {"level": "above_ministerial"}, if_match="*"),
        brazil.post(one(receipt, "withdraw"), if_match="*"),
        brazil.post(one(receipt, "undo-withdrawal"), if_match="*"),
    ]
    none = brazil.get(one(receipt + 7))
    assert {problem_of(answer) for answer in foreign} == {(404, "no_such_inscription")}
    assert [answer.json() | {"request_id": ""} for answer in foreign] == [none.json() | {"request_id": ""}] * 4
    assert brazil.get(LIST).json()["results"] == []
    assert brazil.get(f"{LIST}?delegation=AT").json()["count"] == 0
    assert problem_of(brazil.post(LIST, AT)) == (403, "not_your_delegation")
    assert count_entries(session) == entries


def test_another_sessions_address_finds_nothing(session: MeetingSession, austria: Api) -> None:
    inscribed(session, "AT")
    for url in ("/api/v1/sessions/other/inscriptions/", "/api/v1/sessions/other/inscriptions/1/"):
        assert problem_of(austria.get(url))[0] == 404
    assert problem_of(austria.post("/api/v1/sessions/other/inscriptions/", AT))[0] == 404


def test_the_secretariat_sees_all_in_the_order_of_receipt(session: MeetingSession, staff: Api) -> None:
    for code in ("FR", "AT", "BR"):
        inscribed(session, code)
    rows = staff.get(LIST).json()["results"]
    assert [(row["receipt"], row["delegation"]) for row in rows] == [(1, "FR"), (2, "AT"), (3, "BR")]


def test_a_token_ends_with_its_users_delegation(session: MeetingSession, austria: Api) -> None:
    Membership.objects.all().delete()
    assert problem_of(austria.get(LIST)) == (401, "invalid_token")


def test_a_token_ends_with_its_account(session: MeetingSession, austria: Api) -> None:
    User.objects.update(is_active=False)
    assert problem_of(austria.get(LIST)) == (401, "invalid_token")


# --- our own pages ----------------------------------------------------------------------------------------------------


def test_who_is_signed_in_may_read_and_needs_the_csrf_token_to_write(session: MeetingSession) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(focal_point(session, "AT"))
    assert client.get(LIST).status_code == 200
    refused = client.post(LIST, AT, content_type="application/json", headers={"Idempotency-Key": "a"})
    assert problem_of(refused)[0] == 403
    client.cookies["csrftoken"] = "a" * 32
    key = {"Idempotency-Key": "a", "X-CSRFToken": "a" * 32}
    assert client.post(LIST, AT, content_type="application/json", headers=key).status_code == 201


def test_staff_signed_in_without_their_second_factor_are_refused(session: MeetingSession, settings: Any) -> None:
    settings.REQUIRE_STAFF_MFA = True
    client = Client()
    client.force_login(officer())
    assert problem_of(client.get(LIST)) == (403, "second_factor_required")
    session_of_login = client.session
    session_of_login[PROVEN] = officer().pk
    session_of_login.save()
    assert client.get(LIST).status_code == 200


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "receipts"),
    [
        ("delegation=at", [1]),
        ("group=latin_american_caribbean", [2]),
        ("level=above_ministerial", [2]),
        ("withdrawn=true", [3]),
        ("withdrawn=false", [1, 2]),
        ("statement=own", [1, 2, 3]),
        ("statement=group", []),
        ("page_size=2&page=2", [3]),
    ],
)
def test_the_list_is_filtered_and_comes_in_pages(
    session: MeetingSession, staff: Api, query: str, receipts: list[int]
) -> None:
    inscribed(session, "AT")
    inscribed(session, "BR", level="above_ministerial")
    withdraw(inscription=inscribed(session, "FR"), actor=COMMAND)
    assert [row["receipt"] for row in staff.get(f"{LIST}?{query}").json()["results"]] == receipts


@pytest.mark.parametrize("query", ["level=royal", "withdrawn=maybe", "statement=x", "page_size=501", "colour=red"])
def test_what_cannot_be_asked_for_is_named(staff: Api, query: str) -> None:
    answer = staff.get(f"{LIST}?{query}")
    assert (problem_of(answer)[0], list(answer.json()["errors"])) == (400, [query.split("=")[0]])


def test_nothing_new_is_a_304_and_a_change_is_not(session: MeetingSession, austria: Api, staff: Api) -> None:
    made = inscribed(session, "AT")
    urls = (LIST, one(made.receipt_number))
    before = {(api, url): api.get(url)["ETag"] for api in (austria, staff) for url in urls}
    for (api, url), etag in before.items():
        answer = api.get(url, if_none_match=etag)
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)
    withdraw(inscription=made, actor=COMMAND)
    for (api, url), etag in before.items():
        answer = api.get(url, if_none_match=etag)
        assert (answer.status_code, answer["ETag"] != etag) == (200, True)


def test_anothers_inscription_changes_nothing_for_a_focal_point(session: MeetingSession, austria: Api) -> None:
    etag = austria.get(LIST)["ETag"]
    inscribed(session, "BR")
    assert austria.get(LIST, if_none_match=etag).status_code == 304


def test_nobody_in_between_keeps_an_answer(session: MeetingSession, austria: Api) -> None:
    for answer in (
        austria.post(LIST, AT),
        austria.get(LIST),
        austria.get(one(1)),
        austria.get(one(9)),
        Api().get(LIST),
    ):
        assert answer["Cache-Control"] == "private, no-cache"
        assert {"Authorization", "Cookie"} <= set(answer["Vary"].split(", "))


def test_the_list_costs_the_same_queries_whether_1_or_30_are_inscribed(
    session: MeetingSession, staff: Api, django_assert_num_queries: Any
) -> None:
    staff.get(LIST)
    for code in ("AT", "BR", "FR", "DE", "KE", "JP", "IN", "CL"):
        inscribed(session, code)
        with django_assert_num_queries(5):
            staff.get(LIST)


def test_head_and_options_answer_like_get(session: MeetingSession, austria: Api) -> None:
    inscribed(session, "AT")
    for url in (LIST, one(1)):
        head = austria.client.head(url, headers=austria.headers)
        assert (head.status_code, head.content, head["ETag"]) == (200, b"", austria.get(url)["ETag"])
    allowed = {url: austria.client.options(url, headers=austria.headers)["Allow"] for url in (LIST, one(1))}
    assert allowed == {LIST: "GET, POST, HEAD, OPTIONS", one(1): "GET, PATCH, HEAD, OPTIONS"}


def test_pages_of_other_origins_may_send_what_writes_need(client: Client) -> None:
    asked = {
        "Origin": "https://delegation.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,idempotency-key,if-match,content-type",
    }
    answer = client.options(LIST, headers=asked)
    assert answer.status_code == 200
    assert {"authorization", "idempotency-key", "if-match"} <= set(answer["Access-Control-Allow-Headers"].split(", "))
    assert "PATCH" in answer["Access-Control-Allow-Methods"].split(", ")
    assert "Access-Control-Allow-Credentials" not in answer
