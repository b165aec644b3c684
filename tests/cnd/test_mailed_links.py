"""A forgotten password, and another address: links that are mailed, open once, and tell nobody who has an account."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from cnd import clock, journal
from cnd.actors import COMMAND
from cnd.models import Cause, JournalEntry, Notice, User
from cnd.outbox.kinds import kind_of
from cnd.users import change_user, create_user, system_chain
from tests.cnd.signing_in import ADDRESS, PASSWORD, is_signed_in, link_in_mail, sign_in, text_of

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


# --- a forgotten password ------------------------------------------------------------------------------------------


def ask(client: Client, address: str = ADDRESS) -> Any:
    return client.post(reverse("account_reset_password"), {"email": address}, follow=True)


def test_whoever_asks_is_told_the_same_whether_there_is_an_account(user: User, client: Client) -> None:
    answers = [ask(Client(), address) for address in (ADDRESS, "nobody@example.org")]

    assert len({(answer.status_code, tuple(answer.redirect_chain)) for answer in answers}) == 1
    plain = [re.sub(r'csrfmiddlewaretoken" value="\w+"', "", answer.content.decode()) for answer in answers]
    assert plain[0] == plain[1]
    (notice,) = Notice.objects.all()
    assert (notice.recipient, notice.channel, notice.cause.kind) == (user, "email", "password_reset")


def test_the_link_is_stored_nowhere(user: User, client: Client) -> None:
    ask(client)

    cause = Cause.objects.get()
    assert cause.context == {}
    assert link_in_mail(user).split("-")[-1] not in f"{cause.key}{cause.context}"


def test_the_link_sets_another_password_once_and_signs_nobody_in(user: User, client: Client) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    ask(client)
    link = link_in_mail(user)
    page = client.get(link, follow=True)

    answer = client.post(page.redirect_chain[-1][0], {"password1": OTHER, "password2": OTHER})

    assert answer["Location"] == reverse("account_reset_password_from_key_done")
    assert User.objects.get().check_password(OTHER)
    assert last_entry().action == "reset_password"
    assert not is_signed_in(client)
    assert not elsewhere.get("/").context["user"].is_authenticated
    assert "not valid any more" in text_of(Client().get(link, follow=True))


def test_the_link_opens_nothing_when_it_is_old_or_altered(user: User, client: Client) -> None:
    ask(client)
    link = link_in_mail(user)
    altered = link[:-2] + ("a" if link[-2] != "a" else "b") + "/"

    assert "not valid any more" in text_of(client.get(altered, follow=True))
    with time_machine.travel(clock.now() + timedelta(hours=2, seconds=5)):
        assert "not valid any more" in text_of(client.get(link, follow=True))
    assert "not valid any more" not in text_of(client.get(link, follow=True))


def test_no_link_is_mailed_to_a_closed_account(user: User, client: Client) -> None:
    change_user(user=user, is_active=False, actor=COMMAND)

    ask(client)

    assert not Notice.objects.exists()


def test_a_link_is_mailed_to_who_reads_the_portal_only_and_shown_there_to_nobody(user: User, client: Client) -> None:
    user.channels = User.Channels.PORTAL
    user.save()

    ask(client)

    assert list(Notice.objects.values_list("channel", flat=True)) == ["email"]


def test_links_are_mailed_so_often_and_no_more(user: User, client: Client) -> None:
    codes = [client.post(reverse("account_reset_password"), {"email": ADDRESS}).status_code for _time in range(4)]

    assert codes == [302, 302, 302, 429]
    assert "asked too often" in text_of(client.post(reverse("account_reset_password"), {"email": ADDRESS}))


# --- another address -----------------------------------------------------------------------------------------------


def give(client: Client, address: str) -> Any:
    return client.post(reverse("account_email"), {"email": address, "action_add": ""})


def test_another_address_counts_once_it_is_confirmed_and_the_old_one_is_told(user: User, client: Client) -> None:
    sign_in(client)
    give(client, "new@example.org")
    user.refresh_from_db()
    assert user.email == ADDRESS
    cause = Cause.objects.get(kind="email_confirmation")
    kind = kind_of("email_confirmation")
    assert kind.address is not None
    assert kind.address(cause, user) == "new@example.org"

    client.post(link_in_mail(user, "email_confirmation"))

    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert list(EmailAddress.objects.values_list("email", "verified")) == [("new@example.org", True)]
    assert last_entry().action == "confirm_address"
    told = Cause.objects.get(kind="address_changed")
    old = kind_of("address_changed")
    assert old.address is not None
    assert old.address(told, user) == ADDRESS
    assert ADDRESS not in f"{told.context}{told.key}"
    assert journal.verify(system_chain()) == 2


def test_an_address_is_confirmed_in_any_browser(user: User, client: Client) -> None:
    sign_in(client)
    give(client, "new@example.org")

    answer = Client().post(link_in_mail(user, "email_confirmation"))

    assert answer["Location"] == reverse("login")
    assert User.objects.get().email == "new@example.org"


def test_somebody_elses_address_is_not_taken_over(user: User, client: Client) -> None:
    other = create_user(username="other", password=PASSWORD, email="other@example.org", actor=COMMAND)
    sign_in(client)
    give(client, "other@example.org")

    client.post(link_in_mail(user, "email_confirmation"))

    assert [User.objects.get(pk=each.pk).email for each in (user, other)] == [ADDRESS, "other@example.org"]


def test_an_altered_confirmation_changes_nothing(user: User, client: Client) -> None:
    sign_in(client)
    give(client, "new@example.org")
    link = link_in_mail(user, "email_confirmation")

    assert client.post(link[:-3] + "xx/").status_code == 404
    assert "not valid any more" in text_of(client.get(link[:-3] + "xx/"))
    assert User.objects.get().email == ADDRESS
