"""The second step of signing in: apps, recovery codes, who must have one, and the ways around it that there are not."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from cnd import clock, journal
from cnd.actors import COMMAND, actor_for
from cnd.adapter import SecondFactorAdapter
from cnd.errors import NotPermitted
from cnd.models import JournalEntry, Notice, User
from cnd.second_factor import PROVEN
from cnd.users import create_user, reset_second_factor, system_chain
from tests.cnd.signing_in import PASSWORD, is_signed_in, link_in_mail, sign_in, text_of

SECRET = generate_totp_secret()
STAFF = {"role": User.Role.SECRETARIAT, "function": "Officer"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_locked_out() -> None:
    cache.clear()


@pytest.fixture
def required(settings: Settings) -> None:
    settings.REQUIRE_STAFF_MFA = True


def make(username: str = "officer", **facts: Any) -> User:
    return create_user(username=username, password=PASSWORD, actor=COMMAND, **(facts or STAFF))


def with_app(username: str = "officer", **facts: Any) -> User:
    """Return an account with an authenticator app and recovery codes."""
    user = make(username, **facts)
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def code_of(secret: str = SECRET, periods: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods)))


def give_code(client: Client, code: str) -> Any:
    return client.post(reverse("mfa_authenticate"), {"code": code})


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


def set_up_app(client: Client) -> Any:
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r"<code[^>]*>([A-Z2-7]+)</code>", page)
    assert found
    return client.post(reverse("mfa_activate_totp"), {"code": code_of(found[1])})


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


# --- staff need it --------------------------------------------------------------------------------------------------

CLOSED = ["/cnd67/staff/", "/admin/", "/admin/cnd/user/", "/", "/after-sign-in/", "/account/email/"]


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize(
    "rights", [STAFF, {"is_staff": True}, {"is_superuser": True}], ids=["secretariat", "is_staff", "superuser"]
)
def test_staff_without_it_are_led_to_set_it_up(client: Client, rights: dict[str, Any]) -> None:
    make(**rights)
    sign_in(client, "officer")

    leading = {path: client.get(path).get("Location", "").split("?")[0] for path in CLOSED}

    assert leading == dict.fromkeys(CLOSED, reverse("mfa_index"))


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_staff_without_it_write_nothing(client: Client, method: str) -> None:
    make()
    sign_in(client, "officer")
    send = getattr(client, method)

    page, problem = send("/cnd67/staff/roster/add/"), send("/api/v1/sessions/")

    assert page["Location"].split("?")[0] == reverse("mfa_index")
    assert (problem.status_code, problem.json()["type"]) == (403, "urn:cnd:problem:second_factor_required")


@pytest.mark.usefixtures("required")
def test_what_sets_it_up_is_open_and_so_is_the_way_out(client: Client) -> None:
    make()
    sign_in(client, "officer")
    pages = ["mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_change_password"]

    assert [client.get(reverse(page)).status_code for page in pages] == [200] * 4
    assert client.post(reverse("logout"))["Location"] == reverse("home")


@pytest.mark.usefixtures("required")
@pytest.mark.django_db(transaction=True)
def test_once_it_is_set_up_everything_opens(client: Client) -> None:
    make(is_staff=True, **STAFF)
    sign_in(client, "officer")

    set_up_app(client)

    assert client.get("/admin/").status_code == 200


@pytest.mark.usefixtures("required")
def test_who_signs_in_with_it_is_asked_no_more(client: Client) -> None:
    with_app(is_staff=True, **STAFF)
    sign_in(client, "officer")
    give_code(client, code_of())

    assert client.get("/admin/").status_code == 200


@pytest.mark.usefixtures("required")
def test_a_login_from_before_it_was_set_up_must_show_it(client: Client) -> None:
    user = make(is_staff=True, **STAFF)
    sign_in(client, "officer")
    TOTP.activate(user, SECRET)

    led = client.get("/admin/")["Location"]
    assert led == f"{reverse('mfa_reauthenticate')}?next=%2Fadmin%2F"
    assert client.post(led, {"code": code_of()})["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.usefixtures("required")
def test_recovery_codes_alone_are_no_second_step(client: Client) -> None:
    user = make()
    RecoveryCodes.activate(user)
    sign_in(client, "officer")

    assert client.get("/cnd67/staff/")["Location"].split("?")[0] == reverse("mfa_index")


@pytest.mark.usefixtures("required")
def test_what_one_account_proved_counts_for_no_other(client: Client) -> None:
    first, second = with_app(), make("second", **STAFF)
    client.force_login(second)
    session = client.session
    session[PROVEN] = first.pk
    session.save()

    assert client.get("/cnd67/staff/").status_code == 302


@pytest.mark.usefixtures("required")
def test_staff_keep_the_last_one(client: Client) -> None:
    with_app()
    sign_in(client, "officer")
    give_code(client, code_of())

    answer = client.post(reverse("mfa_deactivate_totp"))

    assert "cannot deactivate" in text_of(answer)
    assert Authenticator.objects.filter(type="totp").exists()


@pytest.mark.usefixtures("required")
def test_staff_keep_their_last_passkey(client: Client) -> None:
    user = with_app()
    key = Authenticator.objects.create(user=user, type="webauthn", data={"name": "Key", "credential": {}})
    sign_in(client, "officer")
    give_code(client, code_of())
    Authenticator.objects.filter(type="totp").delete()

    client.post(reverse("mfa_remove_webauthn", args=[key.pk]))

    assert Authenticator.objects.filter(pk=key.pk).exists()


@pytest.mark.usefixtures("required")
def test_a_focal_point_needs_none(client: Client) -> None:
    make("kenya", email="kenya@example.org")
    sign_in(client, "kenya")

    assert client.get("/").status_code == 200


@pytest.mark.usefixtures("required")
def test_reading_the_api_asks_for_no_login(client: Client) -> None:
    client.force_login(make())

    with CaptureQueriesContext(connection) as asked:
        assert client.get("/api/v1/sessions/").status_code == 200

    assert [query["sql"] for query in asked if "django_session" in query["sql"] or "cnd_user" in query["sql"]] == []


# --- when it is lost ------------------------------------------------------------------------------------------------


def test_a_superuser_takes_it_away_and_ends_the_logins(client: Client) -> None:
    user = with_app()
    sign_in(client, "officer")
    give_code(client, code_of())
    assert UserSession.objects.count() == 1

    reset_second_factor(user=user, actor=COMMAND, reason="lost the telephone")

    assert not Authenticator.objects.exists()
    assert client.get(reverse("mfa_index"))["Location"].startswith(reverse("login"))
    (entry,) = JournalEntry.objects.filter(action="reset_second_factor")
    assert entry.changes == [
        {"what": f"user:{user.pk}:second_factor", "before": ["recovery_codes", "totp"], "after": []}
    ]


def test_nobody_else_takes_it_away() -> None:
    user = with_app()

    with pytest.raises(NotPermitted):
        reset_second_factor(user=user, actor=actor_for(user))

    assert Authenticator.objects.count() == 2


def test_in_the_administration_it_is_one_action(client: Client) -> None:
    user = with_app()
    root = make("root", is_superuser=True, is_staff=True, **STAFF)
    client.force_login(root)
    told = {"action": "take_second_factor", "_selected_action": [str(user.pk)]}

    client.post(reverse("admin:cnd_user_changelist"), told)

    assert not Authenticator.objects.exists()
