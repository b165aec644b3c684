"""How often one may ask: counted by token, by user, by address (draft-ietf-httpapi-ratelimit-headers-11)."""

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache, caches
from django.http import HttpRequest
from django.test import Client, RequestFactory
from redis.connection import Connection

from cnd import clock, shared_cache, throttle
from cnd.models import User
from cnd.shares import Shares
from cnd.throttle import Policy, Subject, TooMany, address_of, check, policy_of
from cnd.tokens import hash_of
from tests.cnd.api_client import Api, problem_of, token_of

pytestmark = pytest.mark.django_db
URL = "/api/v1/sessions/"
SOMEBODY = Subject("address", "192.0.2.1")


@pytest.fixture(autouse=True)
def rates(settings: Any) -> None:
    cache.clear()
    settings.THROTTLE_RATES = {"anonymous": "3/min", "token": "5/min", "writes": "2/min", "draw-values": "12/min"}


@pytest.fixture(autouse=True)
def standing_clock() -> Iterator[Any]:
    """Have time stand, so that no window ends between two lines."""
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=clock.UTC), tick=False) as time:
        yield time


def request(method: str = "GET", **meta: Any) -> HttpRequest:
    return RequestFactory().generic(method, URL, **meta)


def left(headers: Any) -> dict[str, tuple[int, int]]:
    """Read RateLimit: what is left, and the seconds to the end of the window."""
    found = re.findall(r'"([a-z-]+)";r=([0-9]+);t=([0-9]+)', headers["RateLimit"])
    assert headers["RateLimit"] == ", ".join(f'"{name}";r={rest};t={ends}' for name, rest, ends in found)
    return {name: (int(rest), int(ends)) for name, rest, ends in found}


# --- what is told -----------------------------------------------------------------------------------------------------


def test_every_answer_says_what_is_left(client: Client) -> None:
    first, second = client.get(URL), client.get(URL, headers={"If-None-Match": client.get(URL)["ETag"]})
    assert (first.status_code, second.status_code) == (200, 304)
    assert first["RateLimit-Policy"] == second["RateLimit-Policy"] == '"anonymous";q=3;w=60'
    assert [left(each)["anonymous"][0] for each in (first, second)] == [2, 0]


def test_one_too_many_is_a_problem_that_says_when_to_come_back(client: Client, standing_clock: Any) -> None:
    answers = [client.get(URL) for _each in range(4)]
    refused = answers[-1]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert problem_of(refused) == (429, "throttled")
    assert refused.json()["violated-policies"] == ["anonymous"]
    wait_s = int(refused["Retry-After"])
    assert left(refused) == {"anonymous": (0, wait_s)}
    standing_clock.shift(timedelta(seconds=wait_s - 1))
    assert client.get(URL).status_code == 429
    standing_clock.shift(timedelta(seconds=1))
    assert client.get(URL).status_code == 200


def test_a_thousand_senders_throw_out_nobodys_count() -> None:
    for _each in range(3):
        check(request(), SOMEBODY)
    for number in range(1000):
        check(request(), Subject("address", str(number)))
    with pytest.raises(TooMany):
        check(request(), SOMEBODY)


def test_what_is_no_token_is_counted_by_its_address_alone() -> None:
    assert problem_of(Api("nonsense").get(URL)) == (401, "invalid_token")
    assert problem_of(Api("nonsense").get(f"{URL}cnd67/inscriptions/")) == (401, "invalid_token")
    headers = check(request(), Subject("token", hash_of("nonsense")))
    assert left(headers)["token"][0] == 4


def test_a_polled_answer_is_counted_too(client: Client) -> None:
    etag = client.get(URL)["ETag"]
    answers = [client.get(URL, headers={"If-None-Match": etag}).status_code for _each in range(3)]
    assert answers == [304, 304, 429]


def test_whoever_is_refused_what_is_not_public_is_counted_too(client: Client) -> None:
    private = f"{URL}cnd67/inscriptions/"
    refused = [client.get(private) for _each in range(4)]
    assert [answer.status_code for answer in refused] == [401, 401, 401, 429]
    assert [left(answer)["anonymous"][0] for answer in refused] == [2, 1, 0, 0]
    writer = Api(token_of(User.objects.create_user("officer", role=User.Role.SECRETARIAT), "inscriptions:write"))
    answers = [writer.get(private) for _each in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]
    assert [left(answer)["token"][0] for answer in answers] == [4, 3, 2, 1, 0, 0]


def test_who_is_signed_in_is_counted_as_themselves(client: Client) -> None:
    client.force_login(User.objects.create_user("officer", role=User.Role.SECRETARIAT))
    answers = [client.get(f"{URL}cnd67/inscriptions/") for _each in range(2)]
    assert [left(answer)["token"][0] for answer in answers] == [4, 3]


def test_what_is_not_there_is_counted_too(client: Client) -> None:
    answers = [client.get(f"{URL}nowhere/") for _each in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]


# --- who is counted ---------------------------------------------------------------------------------------------------


def test_a_token_is_counted_as_itself_and_not_by_address(client: Client) -> None:
    user = User.objects.create_user("officer", role=User.Role.SECRETARIAT)
    one, other = Api(token_of(user)), Api(token_of(user))
    assert [client.get(URL).status_code for _each in range(4)] == [200, 200, 200, 429]
    assert [one.get(URL).status_code for _each in range(6)] == [200] * 5 + [429]
    assert left(other.get(URL)) == {"token": (4, left(other.get(URL))["token"][1])}


def test_bad_tokens_are_counted_by_address(client: Client) -> None:
    answers = [Api(f"cnd_aaaaaaaa_{number:043}").get(URL) for number in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert client.get(URL).status_code == 429


def test_writes_are_counted_beside_all_others() -> None:
    headers = [check(request("POST"), SOMEBODY), check(request("PATCH"), SOMEBODY)]
    assert {name: rest for name, (rest, _ends) in left(headers[1]).items()} == {"anonymous": 1, "writes": 0}
    with pytest.raises(TooMany) as refused:
        check(request("DELETE"), SOMEBODY)
    assert refused.value.more == {"violated-policies": ["writes"]}


def test_a_request_is_counted_once_however_often_it_is_asked() -> None:
    same = request()
    assert check(same, SOMEBODY) == check(same, SOMEBODY)
    assert {rest for rest, _ends in left(check(same, SOMEBODY, "draw-values")).values()} == {2, 11}


def test_no_rate_is_no_limit(settings: Any) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"anonymous": ""}
    assert [check(request(), SOMEBODY) for _each in range(9)] == [{}] * 9


@pytest.mark.parametrize(
    ("meta", "address"),
    [
        ({"REMOTE_ADDR": "192.0.2.7"}, "192.0.2.7"),
        ({"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::"),
        ({"REMOTE_ADDR": "::ffff:192.0.2.7"}, "192.0.2.7"),
        ({"REMOTE_ADDR": ""}, "unknown"),
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": "198.51.100.9"}, "192.0.2.7"),
    ],
)
def test_an_address_is_the_peers_own_unless_proxies_are_named(meta: dict[str, str], address: str) -> None:
    assert address_of(request(**meta)) == Subject("address", address)


def test_behind_a_proxy_only_what_it_added_is_believed(settings: Any) -> None:
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    forged = request(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.5, 198.51.100.9")
    assert address_of(forged) == Subject("address", "198.51.100.9")


def test_windows_of_different_senders_end_at_different_seconds() -> None:
    policy, at_s = Policy("anonymous", 3, 60), clock.now().timestamp()
    ends = {policy.window_of(f"192.0.2.{number}", at_s)[1] for number in range(100)}
    assert len(ends) > 30
    assert all(1 <= end <= 60 for end in ends)


def test_a_window_is_as_long_as_it_says() -> None:
    policy = Policy("anonymous", 3, 60)
    numbers = [policy.window_of("somebody", second / 2)[0] for second in range(1200)]
    assert {numbers.count(number) for number in set(numbers[120:-120])} == {120}


@pytest.mark.parametrize("rate", ["often", "1/fortnight", "1", "-1/min"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="no rate"):
        policy_of("anonymous", rate)


# --- the cache --------------------------------------------------------------------------------------------------------


def redis_at(url: str) -> dict[str, Any]:
    return {
        "default": {
            "BACKEND": "cnd.redis_cache.SharedRedis",
            "LOCATION": url,
            "OPTIONS": {"socket_connect_timeout": 1},
        },
        "bodies": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }


def test_counting_in_redis_takes_one_round_trip_and_ends(
    settings: Any, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = redis_at(redis_url)
    client = caches["default"]._cache.get_client(write=True)  # type: ignore[attr-defined]
    who = Subject("address", "the test of one round trip")
    client.delete(*client.scan_iter(f"*{who.id}*"), "none")
    trips: list[object] = []
    send = Connection.send_packed_command

    def counted(*args: Any, **more: Any) -> None:
        trips.append(args)
        send(*args, **more)

    monkeypatch.setattr(Connection, "send_packed_command", counted)
    headers = [check(request("POST"), who) for _each in range(2)]
    assert len(trips) == 2
    assert {rest for rest, _ends in left(headers[1]).values()} == {1, 0}
    keys = list(client.scan_iter(f"*{who.id}*"))
    assert len(keys) == 2
    assert all(0 < client.ttl(key) <= 60 for key in keys)


def test_polls_are_counted_ahead_and_never_is_more_let_through(
    settings: Any, redis_url: str, monkeypatch: pytest.MonkeyPatch, standing_clock: Any
) -> None:
    settings.CACHES = redis_at(redis_url)
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"anonymous": "300/min"}
    who = Subject("address", uuid.uuid4().hex)
    trips: list[object] = []
    send = Connection.send_packed_command

    def counted(*args: Any, **more: Any) -> None:
        trips.append(args)
        send(*args, **more)

    monkeypatch.setattr(Connection, "send_packed_command", counted)
    told, refused = [], 0
    # Two processes in turn, each with numbers of its own ahead.
    processes = [Shares(), Shares()]
    for number in range(400):
        monkeypatch.setattr(throttle, "_shares", processes[number % 2])
        try:
            told.append(check(request("GET"), who)["RateLimit"])
        except TooMany:
            refused += 1
    assert (len(told), refused) == (300, 100)
    assert len(set(told)) == 300
    # Three at a time, each time in one round trip; beside them the first greetings of the connections.
    assert 134 <= len(trips) <= 140


def test_a_token_is_known_through_redis(settings: Any, redis_url: str) -> None:
    settings.CACHES = redis_at(redis_url)
    api = Api(token_of(User.objects.create_user("officer", role=User.Role.SECRETARIAT)))
    assert [left(api.get(URL))["token"][0] for _each in range(2)] == [4, 3]


def test_where_the_cache_does_not_answer_requests_go_through_and_that_is_said_once(
    settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_cache, "_said_at_s", {})
    settings.CACHES = redis_at("redis://127.0.0.1:1")
    assert [check(request(), SOMEBODY) for _each in range(5)] == [{}] * 5
    said = [record.getMessage() for record in caplog.records if record.name == "cnd.shared_cache"]
    assert said == ["the cache does not answer: requests are not counted"]


def test_where_the_cache_does_not_answer_tokens_are_asked_of_the_database(settings: Any) -> None:
    text = token_of(User.objects.create_user("officer", role=User.Role.SECRETARIAT))
    settings.CACHES = redis_at("redis://127.0.0.1:1")
    assert Api(text).get(URL).status_code == 200
    assert problem_of(Api(text[:-1]).get(URL)) == (401, "invalid_token")
