"""The arrival of a request: stamped first, believed of trusted proxies alone, and what a window is judged by."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from cnd import clock
from cnd.arrival import STAMP, Arrivals, arrival_of
from cnd.env import networks
from cnd.errors import Refused
from cnd.models import User
from cnd.wsgi import application
from sessions.models import Delegation, Inscription
from sessions.services.inscriptions import inscribe, inscription_window
from tests.cnd.api_client import Api, token_of
from tests.sessions.scenes import as_focal_point, focal_point, make_session

AT = datetime(2024, 2, 26, 17, 0, 30, tzinfo=UTC)


def request(start: str = "", peer: str = "10.0.0.7") -> Any:
    made = RequestFactory().get("/")
    made.META |= {"REMOTE_ADDR": peer, STAMP: AT} | ({"HTTP_X_REQUEST_START": start} if start else {})
    return made


@pytest.fixture(autouse=True)
def _one_trusted_network(settings: Any) -> None:
    settings.TRUSTED_PROXIES = networks(["10.0.0.0/24", "2001:db8::/32"])


@pytest.mark.once
def test_the_stack_begins_with_the_stamp() -> None:
    assert isinstance(application, Arrivals)


@pytest.mark.once
def test_the_stamp_is_there_before_anything_else_is_done() -> None:
    seen: list[datetime] = []

    def inside(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.append(environ[STAMP])
        return []

    before = clock.now()
    Arrivals(inside)({}, lambda *_: None)

    assert before <= seen[0] <= clock.now()


@pytest.mark.once
def test_without_a_proxys_word_it_came_when_it_was_stamped() -> None:
    assert arrival_of(request()) == AT


@pytest.mark.once
def test_outside_the_stack_it_came_now() -> None:
    before = clock.now()

    assert before <= arrival_of(RequestFactory().get("/")) <= clock.now()


@pytest.mark.once
@pytest.mark.parametrize(
    ("start", "seconds"),
    [
        ("t=1708966825.000", 5),
        ("1708966825.000", 5),
        ("t=1708966829.500-4.500", 5),  # nginx: now, and for how long it has had the request
        ("t=1708966770.000", 60),
        ("t=1708966769.999", 0),  # too far back
        ("t=1708966829.000-60.000", 0),
        ("t=1708966830.001", 0),  # not yet
        ("t=1708966825", 0),
        ("t=99999999999.000", 0),
        ("yesterday", 0),
        ("t=1708966825.000, t=1708966826.000", 0),
        ("t=nan", 0),
    ],
)
def test_a_trusted_proxy_is_believed_up_to_a_minute_back(start: str, seconds: int) -> None:
    assert arrival_of(request(start)) == AT - timedelta(seconds=seconds)


@pytest.mark.once
@pytest.mark.parametrize("peer", ["10.0.1.7", "", "unix", "2001:db9::1"])
def test_nobody_else_is_believed(peer: str) -> None:
    assert arrival_of(request("t=1708966825.000", peer)) == AT


@pytest.mark.once
@pytest.mark.parametrize("peer", ["::ffff:10.0.0.7", "2001:db8::1"])
def test_a_proxy_is_known_by_its_address_of_either_kind(peer: str) -> None:
    assert arrival_of(request("t=1708966825.000", peer)) == AT - timedelta(seconds=5)


# --- what is judged by it -------------------------------------------------------------------------------------------


def post(client: Client, **headers: str) -> int:
    """Send Austria's inscription; return the status of the answer."""
    address = reverse("sessions:delegation-inscribe", args=["cnd67", "AT"])
    answer = client.post(address, {"level": "ministerial", "statement": "own"}, headers=headers)
    return int(answer.status_code)


def start(seconds_ago: float) -> str:
    return f"t={clock.now().timestamp() - seconds_ago:.3f}"


@pytest.fixture
def austria(settings: Any, db: None) -> Client:
    """Return a client signed in for Austria, half a minute after the end of the window, behind a proxy of ours."""
    settings.TRUSTED_PROXIES = networks(["127.0.0.1"])
    session = make_session(AT)
    assert inscription_window(session.debate)[1] == AT - timedelta(seconds=30)
    client = Client()
    client.force_login(focal_point(session, "AT"))
    return client


def test_what_arrived_in_time_is_inscribed_though_the_window_closed_meanwhile(austria: Client) -> None:
    assert (post(austria, x_request_start=start(45)), Inscription.objects.count()) == (302, 1)


def test_what_arrived_after_the_end_is_refused(austria: Client) -> None:
    assert (post(austria, x_request_start=start(1)), Inscription.objects.count()) == (409, 0)


@pytest.mark.parametrize(("seconds", "expected"), [(45, (201, 1)), (1, (409, 0))])
def test_the_same_over_the_api(austria: Client, seconds: int, expected: tuple[int, int]) -> None:
    api = Api(token_of(User.objects.get(username="focal-at")))
    given = {"delegation": "AT", "level": "ministerial"}

    answer = api.post("/api/v1/sessions/cnd67/inscriptions/", given, x_request_start=start(seconds))

    assert (answer.status_code, Inscription.objects.count()) == expected


def test_a_client_cannot_say_itself_when_it_came(austria: Client, settings: Any) -> None:
    settings.TRUSTED_PROXIES = networks(["10.0.0.0/24"])

    assert (post(austria, x_request_start=start(45)), Inscription.objects.count()) == (409, 0)


def test_what_arrived_before_the_opening_is_refused_though_the_window_opened_meanwhile(db: None) -> None:
    opened = datetime(2024, 1, 15, 9, 0, 0, tzinfo=UTC)
    session = make_session(opened + timedelta(seconds=1))
    early = clock.now() - timedelta(seconds=10)

    with pytest.raises(Refused) as caught:
        inscribe(
            debate=session.debate,
            delegation=Delegation.objects.get(session=session, code="AT"),
            level="ministerial",
            actor=as_focal_point(session, "AT"),
            arrived_at=early,
        )

    assert caught.value.code == "window_closed"
