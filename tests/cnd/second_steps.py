"""Accounts with a second step of signing in, and the codes that their apps would show."""

import re
import time
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client
from django.urls import reverse

from cnd.actors import COMMAND
from cnd.models import User
from cnd.users import create_user
from tests.cnd.signing_in import PASSWORD

SECRET = generate_totp_secret()
STAFF = {"role": User.Role.SECRETARIAT, "function": "Officer"}


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


def set_up_app(client: Client) -> Any:
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r"<code[^>]*>([A-Z2-7]+)</code>", page)
    assert found
    return client.post(reverse("mfa_activate_totp"), {"code": code_of(found[1])})
