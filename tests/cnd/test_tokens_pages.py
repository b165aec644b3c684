"""One's own tokens in the portal: made, shown once, revoked; nobody else's."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from cnd import clock
from cnd.actors import actor_for
from cnd.models import ApiToken, User
from cnd.tokens import create_token, find_token, revoke_token
from tests.cnd.api_client import ALL

pytestmark = pytest.mark.django_db

PAGE = "/account/tokens/"
NEW = f"{PAGE}new/"
GIVEN = {"name": "Door displays", "scopes": ["inscriptions:read"], "days": "30"}
PASSWORD = "a long password 1"


@pytest.fixture
def user() -> User:
    cache.clear()
    return User.objects.create_user("officer", role=User.Role.SECRETARIAT, password=PASSWORD)


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    """Return the browser of somebody who has just signed in."""
    client.post("/sign-in/", {"login": user.username, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(user.pk)
    return client


def made(user: User, name: str = "Door displays") -> ApiToken:
    return create_token(user=user, name=name, scopes=ALL, days=30, actor=actor_for(user))[0]


def test_a_token_is_shown_once_and_kept_by_no_cache(signed_in: Client, user: User) -> None:
    answer = signed_in.post(NEW, GIVEN)
    [text] = set(re.findall(r'data-copy="(cnd_[^"]+)"', answer.content.decode()))
    found = find_token(text)
    assert found
    assert (found.user, found.name, found.scopes) == (user, "Door displays", ["inscriptions:read"])
    assert found.expires_at - found.created_at == timedelta(days=30)
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    page = signed_in.get(PAGE).content.decode()
    assert text not in page
    assert found.prefix in page


def test_sending_the_form_again_makes_no_second_token(signed_in: Client) -> None:
    assert [signed_in.post(NEW, GIVEN).status_code for _each in range(2)] == [200, 422]
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("at_fault", ["name", "scopes", "days"])
def test_what_is_missing_is_said_beside_its_field(signed_in: Client, at_fault: str) -> None:
    answer = signed_in.post(NEW, {name: value for name, value in GIVEN.items() if name != at_fault})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [at_fault])


def test_no_longer_than_a_year(signed_in: Client) -> None:
    assert list(signed_in.post(NEW, GIVEN | {"days": "366"}).context["form"].errors) == ["days"]


def test_whoever_signed_in_long_ago_shows_again_who_they_are(signed_in: Client) -> None:
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
        for answer in (signed_in.get(NEW), signed_in.post(NEW, GIVEN)):
            assert answer.headers["Location"].startswith("/account/reauthenticate/?next=")
        assert signed_in.get(PAGE).status_code == 200
    assert ApiToken.objects.count() == 0


def test_staff_need_a_login_with_their_second_factor(signed_in: Client, settings: Any) -> None:
    settings.REQUIRE_STAFF_MFA = True
    for answer in (signed_in.get(PAGE), signed_in.get(NEW), signed_in.post(NEW, GIVEN)):
        assert answer.headers["Location"].startswith(f"{reverse('mfa_index')}?next=")
    assert ApiToken.objects.count() == 0


@pytest.mark.parametrize("url", [PAGE, NEW, f"{PAGE}1/revoke/"])
def test_nobody_comes_here_without_signing_in(client: Client, url: str) -> None:
    assert client.get(url).headers["Location"] == f"/sign-in/?next={url}"


def test_revoking_asks_once_more_and_ends_the_token(signed_in: Client, user: User) -> None:
    token = made(user)
    url = f"{PAGE}{token.pk}/revoke/"
    assert signed_in.get(url).status_code == 200
    assert ApiToken.objects.get().revoked_at is None
    assert signed_in.post(url).headers["Location"] == PAGE
    assert ApiToken.objects.get().revoked_at is not None
    assert f"{PAGE}{token.pk}/revoke/" not in signed_in.get(PAGE).content.decode()


def test_anothers_token_is_as_if_there_were_none(signed_in: Client) -> None:
    other = User.objects.create_user("other", role=User.Role.SECRETARIAT)
    token = made(other, name="Their own")
    url = f"{PAGE}{token.pk}/revoke/"
    assert [signed_in.get(url).status_code, signed_in.post(url).status_code] == [404, 404]
    assert "Their own" not in signed_in.get(PAGE).content.decode()
    assert ApiToken.objects.get().revoked_at is None


def test_those_that_count_stand_first(signed_in: Client, user: User) -> None:
    names = ["first", "second", "third"]
    tokens = [made(user, name) for name in names]
    revoke_token(token=tokens[2], actor=actor_for(user))
    ApiToken.objects.filter(pk=tokens[1].pk).update(expires_at=clock.now())
    rows = signed_in.get(PAGE).context["rows"]
    assert [(row["token"].name, row["state"]) for row in rows] == [
        ("first", "valid"),
        ("third", "revoked"),
        ("second", "expired"),
    ]


def test_the_page_costs_the_same_queries_whatever_is_listed(
    signed_in: Client, user: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(15):
        made(user, str(number))
    with django_assert_max_num_queries(8):
        signed_in.get(PAGE)
