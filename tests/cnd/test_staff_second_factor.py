"""Staff sign in with a second step: whoever has none opens nothing, by no address, until it is set up."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from cnd.actors import COMMAND, actor_for
from cnd.errors import NotPermitted
from cnd.models import JournalEntry
from cnd.second_factor import PROVEN
from cnd.users import reset_second_factor
from tests.cnd.second_steps import SECRET, STAFF, code_of, give_code, make, set_up_app, with_app
from tests.cnd.signing_in import sign_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_locked_out() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def required(settings: Settings) -> None:
    settings.REQUIRE_STAFF_MFA = True


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
    closed = ["mfa_add_webauthn", "mfa_activate_totp", "mfa_view_recovery_codes", "account_email", "mfa_index"]
    leading = [client.get(reverse(each)).get("Location", "").split("?")[0] for each in closed]
    assert leading == [reverse("mfa_reauthenticate")] * len(closed)
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

    assert [query["sql"] for query in asked if re.search("django_session|cnd_user", str(query["sql"]))] == []


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
