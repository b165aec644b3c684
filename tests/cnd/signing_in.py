"""Somebody who signs in through the page, and the links that are mailed to them."""

import html
import re
from typing import Any

from django.test import Client
from django.urls import reverse

from cnd.models import Cause, User
from cnd.outbox.kinds import kind_of

PASSWORD = "a long password 1"
ADDRESS = "w.kamau@example.org"


def sign_in(client: Client, login: str = "kenya", password: str = PASSWORD, **more: str) -> Any:
    return client.post(reverse("login"), {"login": login, "password": password, **more})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def link_in_mail(user: User, kind: str = "password_reset") -> str:
    """Return the link as the mail that waits would have it."""
    cause = Cause.objects.filter(kind=kind).latest("pk")
    return kind_of(kind).link(cause, User.objects.get(pk=user.pk))
