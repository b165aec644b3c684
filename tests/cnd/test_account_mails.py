"""The mails of accounts, as they come out of a real mail server: to whom, and that their links open what they say."""

import re
from collections.abc import Iterator
from email.message import Message

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from cnd.actors import COMMAND
from cnd.models import Notice, User
from cnd.outbox.delivery import deliver
from cnd.users import create_user
from tests.cnd.signing_in import ADDRESS, PASSWORD, sign_in
from tests.smtp import MailServer

pytestmark = pytest.mark.django_db

NEW = "new@example.org"


@pytest.fixture(autouse=True)
def _nobody_is_locked_out() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def user() -> User:
    return create_user(username="kenya", password=PASSWORD, email=ADDRESS, actor=COMMAND)


def link_of(mail: Message) -> str:
    """Return the path of the one link of this service in the plain text of a mail."""
    text = next(part for part in mail.walk() if part.get_content_type() == "text/plain").get_payload(decode=True)
    assert isinstance(text, bytes)
    (link,) = set(re.findall(re.escape(settings.SITE_URL) + r"(/\S+)", text.decode()))
    return str(link)


def test_a_forgotten_password_is_set_anew_by_the_mail(server: MailServer, user: User, client: Client) -> None:
    client.post(reverse("account_reset_password"), {"email": ADDRESS})

    assert deliver() == 1
    (mail,) = server.accepted
    assert mail["To"] == ADDRESS
    page = client.get(link_of(mail), follow=True).redirect_chain[-1][0]
    client.post(page, {"password1": "another long one 3", "password2": "another long one 3"})
    assert User.objects.get().check_password("another long one 3")


def test_a_new_address_is_confirmed_from_its_own_mailbox_and_the_old_one_is_told(
    server: MailServer, user: User, client: Client
) -> None:
    sign_in(client)
    client.post(reverse("account_email"), {"email": NEW, "action_add": ""})
    deliver()
    (mail,) = server.accepted
    assert mail["To"] == NEW

    client.post(link_of(mail))
    deliver()

    assert sorted(str(each["To"]) for each in server.accepted[1:]) == sorted([NEW, ADDRESS])


def test_a_link_for_an_address_that_was_dropped_is_not_mailed(server: MailServer, user: User, client: Client) -> None:
    sign_in(client)
    client.post(reverse("account_email"), {"email": NEW, "action_add": ""})
    client.post(reverse("account_email"), {"email": NEW, "action_remove": ""})

    deliver()

    assert list(server.accepted) == []
    assert [notice.state for notice in Notice.objects.all()] == ["cancelled"]
