"""Signing in: by which name, how often one may be wrong, where it leads and how long it lasts."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from cnd import clock, journal
from cnd.actors import COMMAND
from cnd.logins import forget_ended_logins
from cnd.models import JournalEntry, Notice, User
from cnd.users import change_user, create_user
from tests.cnd.signing_in import ADDRESS, PASSWORD, is_signed_in, sign_in, text_of

OTHER = "another long one 3"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_locked_out() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def user() -> User:
    return create_user(username="kenya", password=PASSWORD, email=ADDRESS, actor=COMMAND)


def last_entry() -> JournalEntry:
    return JournalEntry.objects.filter(chain__code=journal.SYSTEM).order_by("-number")[0]


# --- by which name --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["kenya", "KENYA", ADDRESS, ADDRESS.upper(), f" {ADDRESS} "])
def test_one_signs_in_by_username_or_address(user: User, client: Client, login: str) -> None:
    assert sign_in(client, login)["Location"] == reverse("after-sign-in")
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize("login", ["kenya", ADDRESS, "nobody", "nobody@example.org"])
def test_what_was_wrong_is_not_told(user: User, client: Client, login: str) -> None:
    answer = sign_in(client, login, "wrong password 1")

    assert "The name or the password is wrong." in text_of(answer)
    assert not is_signed_in(client)


def test_an_address_that_an_account_no_longer_has_opens_it_no_more(user: User, client: Client) -> None:
    change_user(user=user, email="new@example.org", actor=COMMAND)

    sign_in(client, ADDRESS)
    assert not is_signed_in(client)
    sign_in(client, "new@example.org")
    assert is_signed_in(client)
    assert list(EmailAddress.objects.values_list("email", flat=True)) == ["new@example.org"]


def test_two_accounts_never_have_one_address(user: User) -> None:
    from cnd.errors import Invalid

    with pytest.raises(Invalid) as refusal:
        create_user(username="other", password=PASSWORD, email=ADDRESS.upper(), actor=COMMAND)

    assert list(refusal.value.fields) == ["email"]


def test_a_closed_account_is_told_what_to_do(user: User, client: Client) -> None:
    change_user(user=user, is_active=False, actor=COMMAND)

    assert sign_in(client)["Location"] == reverse("account_inactive")
    assert not is_signed_in(client)


def test_nobody_opens_an_account(client: Client) -> None:
    codes = [client.get(f"/account/{page}/").status_code for page in ("signup", "sign-up", "openid/signup", "login")]

    assert codes == [404] * 4


def test_nobody_signs_in_by_any_other_door(user: User, client: Client) -> None:
    doors = ["/admin/login/", "/accounts/login/", "/api/v1/", "/account/security/code/"]
    for door in doors:
        client.post(door, {"username": "kenya", "login": "kenya", "password": PASSWORD})

    assert not is_signed_in(client)


# --- where it leads, and what it leaves ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)", "https:///x"],
)
def test_signing_in_and_out_never_leads_to_another_site(user: User, client: Client, wanted: str) -> None:
    assert sign_in(client, next=wanted)["Location"] == reverse("after-sign-in")
    assert client.post(reverse("logout"), {"next": wanted})["Location"] == reverse("home")


def test_a_login_session_from_before_is_not_taken_over(user: User, client: Client) -> None:
    client.get(reverse("login"))
    session = client.session
    session["planted"] = True
    session.save()
    planted = str(session.session_key)
    client.cookies["sessionid"] = planted

    sign_in(client)

    assert client.cookies["sessionid"].value != planted
    stranger = Client()
    stranger.cookies["sessionid"] = planted
    assert stranger.get(reverse("after-sign-in"))["Location"].startswith(reverse("login"))


def test_a_login_ends_at_a_fixed_moment_however_busy_one_is(user: User, client: Client) -> None:
    sign_in(client)
    begun = clock.now()

    with time_machine.travel(begun + timedelta(hours=11, minutes=59)):
        assert client.get(reverse("mfa_index")).status_code == 200
        session = client.session
        session["busy"] = True
        session.save()
    with time_machine.travel(begun + timedelta(hours=12, minutes=1)):
        assert client.get(reverse("mfa_index"))["Location"].startswith(reverse("login"))


# --- too often wrong -----------------------------------------------------------------------------------------------


def wrong(count: int, login: str = "kenya", **more: Any) -> None:
    client = Client(**more)
    for _time in range(count):
        sign_in(client, login, "wrong password 1")


def test_after_five_wrong_passwords_the_right_one_must_wait(user: User, client: Client) -> None:
    wrong(5)

    said = text_of(sign_in(client))

    assert "Too many wrong attempts. Try again in 15 minutes" in said
    assert not is_signed_in(client)
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=5), tick=True):
        sign_in(client)
    assert is_signed_in(client)


def test_the_count_is_the_accounts_whatever_it_is_called(user: User, client: Client) -> None:
    wrong(2, "kenya")
    wrong(2, ADDRESS)
    wrong(1, "KENYA", headers={"host": "localhost"})

    assert "Too many wrong attempts" in text_of(sign_in(client))


def test_one_locked_account_locks_no_other_and_no_other_address_helps(user: User, client: Client) -> None:
    create_user(username="austria", password=PASSWORD, actor=COMMAND)
    wrong(5)

    assert "Too many" in text_of(sign_in(Client(REMOTE_ADDR="192.0.2.7")))
    sign_in(client, "austria")
    assert is_signed_in(client)


def test_who_guesses_at_many_accounts_is_locked_out_by_address(client: Client) -> None:
    for number in range(20):
        sign_in(Client(REMOTE_ADDR="192.0.2.7"), f"guess-{number}", "wrong password 1")

    assert "Too many" in text_of(sign_in(Client(REMOTE_ADDR="192.0.2.7"), "guess-20"))
    assert "Too many" not in text_of(sign_in(client, "guess-20"))


def test_names_that_nobody_has_are_locked_alike(client: Client) -> None:
    wrong(5, "nobody")

    assert "Too many wrong attempts. Try again in 15 minutes" in text_of(sign_in(client, "nobody"))


def test_signing_in_rightly_counts_for_nothing(user: User) -> None:
    for _time in range(8):
        client = Client()
        sign_in(client)
        assert is_signed_in(client)


# --- where one is signed in -----------------------------------------------------------------------------------------


def test_one_sees_ones_logins_and_ends_all_the_others(user: User, client: Client) -> None:
    elsewhere = Client(HTTP_USER_AGENT="Old telephone")
    sign_in(elsewhere)
    sign_in(client)
    assert "Old telephone" in text_of(client.get(reverse("usersessions_list")))

    client.post(reverse("usersessions_list"))

    assert UserSession.objects.filter(user=user).count() == 1
    assert elsewhere.get(reverse("mfa_index"))["Location"].startswith(reverse("login"))
    assert client.get(reverse("mfa_index")).status_code == 200


# --- another password ----------------------------------------------------------------------------------------------


def change(client: Client, old: str = PASSWORD, new: str = OTHER) -> Any:
    told = {"oldpassword": old, "password1": new, "password2": new}
    return client.post(reverse("account_change_password"), told)


def test_another_password_ends_every_other_login_and_is_in_the_journal(user: User, client: Client) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    sign_in(client)

    change(client)

    user.refresh_from_db()
    assert user.check_password(OTHER)
    assert (last_entry().action, last_entry().actor) == ("change_own_password", f"user:{user.pk}")
    assert not elsewhere.get("/").context["user"].is_authenticated
    assert client.get(reverse("mfa_index")).status_code == 200
    assert Notice.objects.filter(cause__kind="account_changed", channel="email").count() == 1


@pytest.mark.parametrize(("old", "new"), [("wrong one 9", OTHER), (PASSWORD, "short"), (PASSWORD, "password123456")])
def test_a_password_is_not_changed_for_a_weak_or_by_a_wrong_one(user: User, client: Client, old: str, new: str) -> None:
    sign_in(client)

    assert 'class="field-error"' in change(client, old, new).content.decode()
    assert User.objects.get().check_password(PASSWORD)


# --- the demonstration ---------------------------------------------------------------------------------------------


def test_the_demonstrations_one_click_signs_in(client: Client, settings: Settings, monkeypatch: Any) -> None:
    from types import SimpleNamespace

    from cnd import sign_in as offered

    create_user(username="visitor", password=PASSWORD, actor=COMMAND)
    visitor = SimpleNamespace(username="visitor", password=PASSWORD, function="Visitor")
    monkeypatch.setattr(offered, "_providers", [lambda: [visitor]])
    settings.CND_ENV = "demo"
    page = client.get(reverse("login")).content.decode()
    form = next(each for each in re.findall(r"<form.*?</form>", page, re.DOTALL) if "demo-button" in each)
    fields = dict(re.findall(r'name="(login|password)" value="([^"]*)"', form))

    client.post(reverse("login"), fields)

    assert is_signed_in(client)


def test_where_wrong_passwords_cannot_be_counted_nobody_signs_in(
    user: User, client: Client, settings: Settings
) -> None:
    # Nothing listens there.
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"},
        "bodies": settings.CACHES["bodies"],
    }

    assert "Nobody can sign in for the moment" in text_of(sign_in(client))
    assert not is_signed_in(client)


def test_ended_logins_are_forgotten_and_others_are_not(user: User, client: Client) -> None:
    sign_in(Client())
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=True):
        sign_in(client)

    with time_machine.travel(clock.now() + timedelta(hours=12, minutes=30), tick=True):
        forget_ended_logins()

    assert list(Session.objects.values_list("pk", flat=True)) == [client.session.session_key]
    assert list(UserSession.objects.values_list("session_key", flat=True)) == [client.session.session_key]


def test_an_account_made_on_the_servers_shell_has_its_address_too(client: Client) -> None:
    User.objects.create_superuser("root", "root@example.org", PASSWORD)

    sign_in(client, "root")

    assert list(EmailAddress.objects.values_list("email", "verified")) == [("root@example.org", True)]
