"""Signing in through another service: into an account that there is, by an address both have verified, and no other."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from cnd.actors import COMMAND
from cnd.models import JournalEntry, User
from cnd.users import change_user, create_user
from tests import openid
from tests.cnd.signing_in import ADDRESS, PASSWORD, is_signed_in, sign_in, text_of

pytestmark = pytest.mark.django_db

LOGIN = "/account/oidc/oidc/login/"


@pytest.fixture
def provider(settings: Settings) -> Iterator[openid.Provider]:
    cache.clear()
    with openid.serving() as provider:
        settings.SOCIALACCOUNT_PROVIDERS = provider.settings()
        settings.OIDC = {**settings.OIDC, "NAME": "Mission ID"}
        provider.claims = {"sub": "42", "email": ADDRESS, "email_verified": True, "name": "Wanjiku Kamau"}
        yield provider


@pytest.fixture
def user() -> User:
    return create_user(username="kenya", password=PASSWORD, email=ADDRESS, actor=COMMAND)


def go(client: Client, **more: str) -> Any:
    """Go to the provider and come back with what it says."""
    leads = client.post(LOGIN, more)
    state = parse_qs(urlsplit(leads["Location"]).query)["state"][0]
    return client.get(f"{LOGIN}callback/", {"code": "anything", "state": state})


def test_it_is_offered_where_it_is_configured(provider: openid.Provider, client: Client, settings: Settings) -> None:
    assert "Sign in with Mission ID" in text_of(client.get(reverse("login")))
    settings.OIDC = {**settings.OIDC, "NAME": ""}
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "Mission ID" not in text_of(client.get(reverse("login")))
    assert client.post(LOGIN).status_code == 404


def test_the_same_verified_address_opens_the_account_and_is_linked(
    provider: openid.Provider, user: User, client: Client
) -> None:
    answer = go(client, next="/cnd67/delegation/")

    assert (answer["Location"], client.session["_auth_user_id"]) == ("/cnd67/delegation/", str(user.pk))
    assert SocialAccount.objects.get().user == user
    (entry,) = JournalEntry.objects.filter(action="change_sign_in")
    assert entry.changes == [{"what": f"user:{user.pk}:sign_in", "before": None, "after": "identity_linked"}]
    assert User.objects.get().check_password(PASSWORD)


def test_what_is_linked_opens_it_again(provider: openid.Provider, user: User, client: Client) -> None:
    go(Client())

    go(client)

    assert is_signed_in(client)
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize(
    "claims",
    [{"email_verified": False}, {"email_verified": "false"}, {"email_verified": "true"}, {"email": "x@example.org"}],
    ids=["unverified", "the word false", "the word true", "another address"],
)
def test_nothing_else_opens_or_makes_an_account(
    provider: openid.Provider, user: User, client: Client, claims: dict[str, Any]
) -> None:
    provider.claims |= claims

    answer = go(client)

    assert "There is no account for you" in text_of(answer)
    assert (is_signed_in(client), User.objects.count(), SocialAccount.objects.count()) == (False, 1, 0)


def test_an_address_that_the_account_has_not_verified_opens_nothing(
    provider: openid.Provider, user: User, client: Client
) -> None:
    EmailAddress.objects.update(verified=False)

    go(client)

    assert not is_signed_in(client)
    assert User.objects.get().check_password(PASSWORD)


def test_a_closed_account_stays_closed(provider: openid.Provider, user: User, client: Client) -> None:
    go(Client())
    change_user(user=user, is_active=False, actor=COMMAND)

    assert go(client)["Location"] == reverse("account_inactive")
    assert not is_signed_in(client)


def test_the_second_step_is_asked_for_here_too(provider: openid.Provider, user: User, client: Client) -> None:
    TOTP.activate(user, generate_totp_secret())

    assert go(client)["Location"] == reverse("mfa_authenticate")
    assert not is_signed_in(client)


def test_no_other_identity_is_linked_by_hand(provider: openid.Provider, user: User, client: Client) -> None:
    provider.claims |= {"email": "mallory@example.org", "sub": "666"}
    sign_in(client)

    go(client, process="connect")

    assert SocialAccount.objects.count() == 0


def test_an_answer_that_nobody_asked_for_signs_nobody_in(provider: openid.Provider, user: User, client: Client) -> None:
    answer = client.get(f"{LOGIN}callback/", {"code": "anything", "state": "forged"})

    assert "Signing in did not work" in text_of(answer)
    assert not is_signed_in(client)


def test_a_link_alone_begins_nothing(provider: openid.Provider, client: Client) -> None:
    answer = client.get(LOGIN)

    assert (answer.status_code, "Location" in answer) == (200, False)


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example/"])
def test_it_never_leads_to_another_site(provider: openid.Provider, user: User, client: Client, wanted: str) -> None:
    assert go(client, next=wanted)["Location"] == reverse("after-sign-in")


@pytest.mark.once
def test_the_form_may_lead_to_the_provider_and_half_a_configuration_does_not_start() -> None:
    told = {"OIDC_SERVER_URL": "https://id.example.org/realm", "OIDC_CLIENT_ID": "planner", "OIDC_NAME": "Mission ID"}
    code = "from django.conf import settings as s; print(s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"

    def started(**more: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "CND_VAR", "CND_ENV", "DJANGO_SETTINGS_MODULE")}
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, cwd=django_settings.BASE_DIR, env={**kept, **more}, capture_output=True, text=True
        )

    assert started(**told, OIDC_CLIENT_SECRET="s").stdout == "[\"'self'\", 'https://id.example.org']\n"
    assert "OIDC_CLIENT_SECRET" in started(**told).stderr
