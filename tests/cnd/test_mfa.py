"""The second step of signing in: apps, recovery codes, who must have one, and the ways around it that there are not."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from cnd import clock, journal
from cnd.adapter import SecondFactorAdapter
from cnd.models import JournalEntry, Notice
from cnd.users import system_chain
from tests.cnd.second_steps import SECRET, STAFF, code_of, give_code, make, set_up_app, with_app
from tests.cnd.signing_in import PASSWORD, is_signed_in, link_in_mail, sign_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_locked_out() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def events() -> list[str]:
    kept = JournalEntry.objects.filter(chain__code=journal.SYSTEM, action="change_sign_in").order_by("number")
    return [change["after"] for entry in kept for change in entry.changes]


# --- signing in with it ---------------------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing(client: Client) -> None:
    with_app()

    assert sign_in(client, "officer")["Location"] == reverse("mfa_authenticate")
    assert not is_signed_in(client)
    assert client.get(reverse("after-sign-in"))["Location"].startswith(reverse("login"))


def test_password_and_code_open_and_lead_where_one_wanted(client: Client) -> None:
    with_app()
    sign_in(client, "officer", next="/cnd67/staff/roster/")

    assert give_code(client, code_of())["Location"] == "/cnd67/staff/roster/"
    assert is_signed_in(client)


def test_a_code_opens_once(client: Client) -> None:
    with_app()
    code = code_of()
    sign_in(client, "officer")
    give_code(client, code)
    other = Client()
    sign_in(other, "officer")

    with time_machine.travel(clock.now() + timedelta(seconds=31), tick=True):
        give_code(other, code)

    assert (is_signed_in(client), is_signed_in(other)) == (True, False)


@pytest.mark.parametrize("periods", [-1, 0, 1])
def test_a_clock_that_is_half_a_minute_off_is_no_hindrance(client: Client, periods: int) -> None:
    with_app()
    sign_in(client, "officer")

    give_code(client, code_of(periods=periods))

    assert is_signed_in(client)


@pytest.mark.parametrize("code", ["", "000000", "abc", "999999999999"])
def test_a_wrong_code_opens_nothing(client: Client, code: str) -> None:
    with_app()
    sign_in(client, "officer")

    give_code(client, code)

    assert not is_signed_in(client)


def test_codes_are_guessed_five_times_and_no_more(client: Client) -> None:
    with_app()
    sign_in(client, "officer")
    for _time in range(5):
        give_code(client, "000000")
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    sign_in(elsewhere, "officer")

    for each in (client, elsewhere):
        give_code(each, code_of())

    assert (is_signed_in(client), is_signed_in(elsewhere)) == (False, False)
    assert "Too many wrong attempts. Try again in 15 minutes" in text_of(give_code(client, code_of()))


def test_a_recovery_code_opens_once(client: Client) -> None:
    user = with_app()
    codes = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    opened = []
    for _time in range(2):
        client = Client()
        sign_in(client, "officer")
        give_code(client, codes[0])
        opened.append(is_signed_in(client))

    assert opened == [True, False]


def test_the_second_step_of_one_account_opens_no_other(client: Client) -> None:
    with_app()
    other = make("other", **STAFF)
    TOTP.activate(other, generate_totp_secret())
    sign_in(client, "other")

    give_code(client, code_of())

    assert not is_signed_in(client)


def test_a_new_password_does_not_spare_the_second_step(client: Client) -> None:
    user = with_app("kenya", email="kenya@example.org")
    client.post(reverse("account_reset_password"), {"email": "kenya@example.org"})
    page = client.get(link_in_mail(user), follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "another long 1", "password2": "another long 1"})

    assert sign_in(client, "kenya", "another long 1")["Location"] == reverse("mfa_authenticate")


# --- setting it up --------------------------------------------------------------------------------------------------


def test_an_app_is_set_up_with_recovery_codes_and_the_journal_says_so(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    user = make("kenya", email="kenya@example.org")
    sign_in(client, "kenya")

    with django_capture_on_commit_callbacks(execute=True):
        answer = set_up_app(client)

    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    assert sorted(Authenticator.objects.values_list("type", flat=True)) == ["recovery_codes", "totp"]
    assert sorted(events()) == ["recovery_codes_added", "totp_added"]
    assert Notice.objects.filter(cause__kind="account_changed", recipient=user, channel="email").count() == 2
    assert journal.verify(system_chain()) == 3


def test_setting_it_up_ends_every_login_without_it(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make("kenya", email="kenya@example.org")
    elsewhere = Client()
    sign_in(elsewhere, "kenya")
    sign_in(client, "kenya")

    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(client)

    assert (elsewhere.get(reverse("mfa_index")).status_code, client.get(reverse("mfa_index")).status_code) == (302, 200)


def test_secrets_are_stored_encrypted(client: Client) -> None:
    user = with_app()
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert SECRET not in kept
    codes = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    assert [code for code in codes if code in kept] == []


def test_secrets_survive_another_key_as_long_as_the_old_one_is_known(settings: Settings) -> None:
    adapter, old = SecondFactorAdapter(), django_settings.SECRET_KEY
    stored = adapter.encrypt(SECRET)

    settings.SECRET_KEY = "another key, much longer than the one before it was"
    with pytest.raises(ValidationError):
        adapter.decrypt(stored)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert adapter.decrypt(stored) == SECRET


def test_who_signed_in_long_ago_shows_again_who_they_are(client: Client) -> None:
    make("kenya", email="kenya@example.org")
    sign_in(client, "kenya")

    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=True):
        pages = ["mfa_activate_totp", "mfa_add_webauthn"]
        leading = [client.get(reverse(page))["Location"].split("?")[0] for page in pages]
        assert leading == [reverse("account_reauthenticate")] * 2
        wanted = reverse("mfa_activate_totp")
        client.post(f"{reverse('account_reauthenticate')}?next={wanted}", {"password": PASSWORD})
        assert client.get(wanted).status_code == 200


def test_a_focal_point_gives_it_up_again(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with_app("kenya", email="kenya@example.org")
    sign_in(client, "kenya")
    give_code(client, code_of())

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.exists()
    assert sorted(events()) == ["recovery_codes_removed", "totp_removed"]
