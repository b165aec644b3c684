"""What a user prefers, and the language in which the pages come."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cnd.actors import COMMAND, Actor, actor_for
from cnd.errors import DomainError, Invalid, NotPermitted
from cnd.models import JournalEntry, User
from cnd.outbox import kinds
from cnd.outbox.kinds import register_kind
from cnd.preferences import change_preferences
from tests.cnd.letters import OPTIONAL, PLAIN, reader

pytestmark = pytest.mark.django_db

PAGE = "/account/preferences/"
GIVEN = {"language": "fr", "time_zone": "Africa/Nairobi", "channels": "portal", "wanted_kinds": [OPTIONAL.code]}


@pytest.fixture(autouse=True)
def _two_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_kinds", {})
    register_kind(PLAIN, OPTIONAL)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def preferred(user: User) -> tuple[Any, ...]:
    user.refresh_from_db()
    return user.language, user.time_zone, user.channels, user.muted_kinds


def change(user: User, *, actor: Actor | None = None, **more: Any) -> User:
    facts = {"language": "en", "time_zone": "", "channels": "both", "muted_kinds": [], **more}
    return change_preferences(user=user, actor=actor or actor_for(user), **facts)


# --- the page ---------------------------------------------------------------------------------------------------------


def test_whoever_is_not_signed_in_is_asked_to(client: Client) -> None:
    assert client.get(PAGE)["Location"] == f"{reverse('login')}?next={PAGE}"


def test_the_page_shows_what_is_preferred_now() -> None:
    user = reader(language="es", time_zone="Asia/Tokyo", channels="email", muted_kinds=[OPTIONAL.code])
    client = signed_in(user)
    client.cookies["django_language"] = "en"
    page = client.get(PAGE)
    assert page.context["form"].initial == {
        "language": "es",
        "time_zone": "Asia/Tokyo",
        "channels": "email",
        "wanted_kinds": [],
    }
    assert '<option value="Asia/Tokyo" selected>Tokyo</option>' in page.content.decode()


def test_preferences_are_saved_and_the_pages_come_in_the_new_language() -> None:
    user = reader()
    answer = signed_in(user).post(PAGE, GIVEN, follow=True)
    assert preferred(user) == ("fr", "Africa/Nairobi", "portal", [])
    assert '<html lang="fr"' in answer.content.decode()


def test_what_is_not_ticked_is_muted_and_ticked_again_is_not() -> None:
    user = reader()
    client = signed_in(user)
    client.post(PAGE, GIVEN | {"wanted_kinds": []})
    assert preferred(user)[3] == [OPTIONAL.code]
    client.post(PAGE, GIVEN)
    assert preferred(user)[3] == []


def test_only_optional_kinds_are_offered() -> None:
    form = signed_in(reader()).get(PAGE).context["form"]
    assert form.fields["wanted_kinds"].choices == [(OPTIONAL.code, OPTIONAL.title)]


def test_where_nothing_is_optional_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_kinds", {})
    user = reader()
    client = signed_in(user)
    assert "wanted_kinds" not in client.get(PAGE).context["form"].fields
    client.post(PAGE, GIVEN)
    assert preferred(user)[:3] == ("fr", "Africa/Nairobi", "portal")


@pytest.mark.parametrize(
    ("name", "value"),
    [("language", "tlh"), ("time_zone", "Mars/Base"), ("time_zone", "../etc/passwd"), ("channels", "pigeon")],
)
def test_what_is_not_possible_is_said_beside_its_field(name: str, value: str) -> None:
    user = reader()
    answer = signed_in(user).post(PAGE, GIVEN | {name: value})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [name])
    assert f'id="id_{name}_error"' in answer.content.decode()
    assert preferred(user) == ("en", "", "both", [])


def test_the_chosen_zone_is_told_to_the_page_which_shows_times_in_it() -> None:
    assert 'data-own-zone="Asia/Tokyo"' in signed_in(reader(time_zone="Asia/Tokyo")).get(PAGE).content.decode()
    assert "data-own-zone" not in signed_in(reader("other")).get(PAGE).content.decode()


# --- the service ------------------------------------------------------------------------------------------------------


def test_a_change_leaves_an_entry_that_tells_neither_language_nor_zone() -> None:
    user = reader()
    change(user, language="ar", time_zone="Asia/Tokyo", channels="portal", muted_kinds=[OPTIONAL.code])
    entry = JournalEntry.objects.get(action="change_preferences")
    assert (entry.chain.code, entry.actor, entry.subject) == ("system", f"user:{user.pk}", f"user:{user.pk}")
    assert entry.changes == [
        {"what": f"user:{user.pk}:channels", "before": "both", "after": "portal"},
        {"what": f"user:{user.pk}:muted_kinds", "before": [], "after": [OPTIONAL.code]},
        {"what": f"user:{user.pk}:preferences", "before": None, "after": {"changed": ["language", "time_zone"]}},
    ]


def test_changing_nothing_leaves_no_entry() -> None:
    change(reader())
    assert JournalEntry.objects.count() == 0


def test_nobody_else_changes_them_not_even_the_secretariat() -> None:
    user = reader()
    for actor in (COMMAND, actor_for(reader("other")), actor_for(reader("staff", role=User.Role.SECRETARIAT))):
        with pytest.raises(NotPermitted):
            change(user, actor=actor, language="fr")
    assert preferred(user)[0] == "en"


def test_an_account_that_is_closed_changes_nothing() -> None:
    user = reader(is_active=False)
    with pytest.raises(NotPermitted):
        change(user, language="fr")


def test_what_must_be_mailed_cannot_be_muted() -> None:
    with pytest.raises(Invalid) as refused:
        change(reader(), muted_kinds=[PLAIN.code])
    fault: DomainError = refused.value
    assert list(fault.fields) == ["muted_kinds"]


# --- the language after signing in ------------------------------------------------------------------------------------


def sign_in_as(user: User, client: Client) -> Any:
    user.set_password("a long password 1")
    user.save()
    return client.post(reverse("login"), {"login": user.username, "password": "a long password 1"}, follow=True)


def test_after_signing_in_the_pages_come_in_the_language_of_the_account(client: Client) -> None:
    sign_in_as(reader(language="ru"), client)
    assert '<html lang="ru"' in client.get(PAGE).content.decode()


def test_a_language_chosen_in_this_browser_stays(client: Client) -> None:
    client.post(reverse("set_language"), {"language": "es"})
    sign_in_as(reader(language="ru"), client)
    assert '<html lang="es"' in client.get(PAGE).content.decode()
