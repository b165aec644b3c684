"""Tokens: made for oneself, shown once, limited, and at an end at once when they are revoked."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from cnd import clock, journal
from cnd.actors import COMMAND, actor_for
from cnd.errors import Invalid, NotFound, NotPermitted, Refused
from cnd.models import ApiToken, JournalEntry, User
from cnd.tokens import MOST_TOKENS, create_token, find_token, hash_of, know, revoke_token, scopes_for, scopes_of
from cnd.users import system_chain
from tests.cnd.api_client import ALL, Api, problem_of, token_of

pytestmark = pytest.mark.django_db

PUBLIC = "/api/v1/sessions/"
PAGE = "/account/tokens/"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def user() -> User:
    return User.objects.create_user("officer", role=User.Role.SECRETARIAT)


@pytest.fixture
def other() -> User:
    return User.objects.create_user("other", role=User.Role.SECRETARIAT)


def make(user: User, **facts: Any) -> tuple[ApiToken, str]:
    given: dict[str, Any] = {"name": uuid.uuid4().hex, "scopes": ALL, "days": 90, "actor": actor_for(user)} | facts
    return create_token(user=user, **given)


# --- making -----------------------------------------------------------------------------------------------------------


def test_a_token_can_be_found_by_secret_scanners_and_is_kept_as_a_hash_alone(user: User) -> None:
    token, text = make(user)
    assert re.fullmatch(r"cnd_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}", text)
    assert text.startswith(f"{token.prefix}_")
    assert token.hash == hash_of(text)
    kept = ApiToken.objects.values().get()
    assert text.rpartition("_")[2] not in repr(kept)


def test_no_two_tokens_are_alike(user: User) -> None:
    assert len({make(user)[1] for _each in range(5)}) == 5


def test_making_and_revoking_stand_in_the_systems_journal_without_name_and_secret(user: User) -> None:
    token, _text = make(user, name="Anna's own")
    revoke_token(token=token, actor=actor_for(user))
    entries = list(JournalEntry.objects.filter(chain=system_chain()).order_by("number"))
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("create_token", f"user:{user.pk}"),
        ("revoke_token", f"user:{user.pk}"),
    ]
    assert entries[0].changes == [
        {
            "what": f"token:{token.pk}",
            "before": None,
            "after": {"begins": token.prefix, "scopes": sorted(ALL), "expires": clock.rfc3339(token.expires_at)},
        }
    ]
    assert "Anna" not in repr([entry.changes for entry in entries])
    assert journal.verify(system_chain()) == 2


@pytest.mark.parametrize(
    ("facts", "at_fault"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"days": 366}, "days"),
        ({"days": 0}, "days"),
    ],
)
def test_what_is_wrong_is_named(user: User, facts: dict[str, Any], at_fault: str) -> None:
    with pytest.raises(Invalid) as refused:
        make(user, **facts)
    assert list(refused.value.fields) == [at_fault]


def test_nobody_makes_a_token_for_somebody_else(user: User, other: User) -> None:
    for actor in (actor_for(other), COMMAND):
        with pytest.raises(NotPermitted):
            make(user, actor=actor)


def test_nobody_has_more_than_so_many(user: User) -> None:
    tokens = [make(user)[0] for _each in range(MOST_TOKENS)]
    with pytest.raises(Refused) as refused:
        make(user)
    assert refused.value.code == "too_many_tokens"
    revoke_token(token=tokens[0], actor=actor_for(user))
    assert make(user)[0].pk


def test_two_tokens_that_count_never_have_one_name(user: User) -> None:
    token, _text = make(user, name="Door displays")
    with pytest.raises(Invalid) as refused:
        make(user, name=" Door displays ")
    assert list(refused.value.fields) == ["name"]
    revoke_token(token=token, actor=actor_for(user))
    assert make(user, name="Door displays")[0].pk


def test_nobody_revokes_anothers_token(user: User, other: User) -> None:
    token, _text = make(user)
    for actor in (actor_for(other), COMMAND):
        with pytest.raises(NotFound):
            revoke_token(token=token, actor=actor)


def test_revoking_again_changes_nothing(user: User) -> None:
    token, _text = make(user)
    first = revoke_token(token=token, actor=actor_for(user))
    assert revoke_token(token=token, actor=actor_for(user)).revoked_at == first.revoked_at
    assert JournalEntry.objects.filter(action="revoke_token").count() == 1


# --- using ------------------------------------------------------------------------------------------------------------


def test_a_token_acts_as_its_user(user: User) -> None:
    token, text = make(user)
    found = find_token(text)
    assert found
    assert (found.pk, found.user, scopes_of(found)) == (token.pk, user, frozenset(ALL))


def test_a_scope_that_the_users_role_lost_is_lost(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnd import tokens

    token, _text = make(user)
    monkeypatch.setitem(tokens._scopes, ALL[0], tokens.Scope(ALL[0], "Read", frozenset({"delegation"})))
    assert scopes_of(token) == {ALL[1]}
    offered = [scope.code for scope in scopes_for(user)]
    assert [code for code in offered if code in ALL] == [ALL[1]]


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": "now"},
        {"expires_at": "now"},
        {"hash": "0" * 64},
    ],
)
def test_what_ended_is_found_no_more(user: User, change: dict[str, str]) -> None:
    _token, text = make(user)
    ApiToken.objects.update(**{name: clock.now() if value == "now" else value for name, value in change.items()})
    assert find_token(text) is None


def test_an_account_that_is_closed_ends_its_tokens(user: User) -> None:
    _token, text = make(user)
    User.objects.update(is_active=False)
    assert find_token(text) is None


def test_a_token_of_staff_counts_only_while_they_have_a_second_factor(user: User, settings: Any) -> None:
    settings.REQUIRE_STAFF_MFA = True
    token, text = make(user)
    assert find_token(text) is None
    factor = Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    assert find_token(text) == token
    factor.delete()
    assert find_token(text) is None


@pytest.mark.parametrize("text", ["", "cnd_", "cnd_aaaaaaaa_", "x" * 10_000, "cnd_aaaaaaaa_" + "é" * 43])
def test_what_is_no_token_costs_no_question(text: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert find_token(text) is None


def test_the_last_use_is_written_once_a_minute(user: User, django_assert_num_queries: Any) -> None:
    _token, text = make(user)
    began = clock.now()
    with time_machine.travel(began, tick=False) as time:
        find_token(text)
        time.shift(timedelta(seconds=59))
        with django_assert_num_queries(1):
            find_token(text)
        assert ApiToken.objects.get().last_used_at == began
        time.shift(timedelta(seconds=1))
        find_token(text)
        assert ApiToken.objects.get().last_used_at == began + timedelta(minutes=1)


# --- in front of what is public ---------------------------------------------------------------------------------------


def test_a_known_token_asks_the_database_nothing(user: User, django_assert_num_queries: Any) -> None:
    api = Api(token_of(user))
    etag = api.get(PUBLIC)["ETag"]
    with django_assert_num_queries(1):
        answer = api.get(PUBLIC, if_none_match=etag)
    assert answer.status_code == 304


def test_a_bad_token_is_refused_where_none_is_needed() -> None:
    answer = Api("cnd_aaaaaaaa_" + "a" * 43).get(PUBLIC)
    assert problem_of(answer) == (401, "invalid_token")
    assert answer["WWW-Authenticate"].startswith('Bearer realm="cnd", error="invalid_token"')


def test_other_schemes_and_cookies_are_nobody(client: Client, user: User, django_assert_num_queries: Any) -> None:
    client.force_login(user)
    etag = client.get(PUBLIC, headers={"Authorization": "Basic YTpi"})["ETag"]
    with django_assert_num_queries(1):  # the version: neither a login session nor a user
        assert client.get(PUBLIC, headers={"If-None-Match": etag}).status_code == 304


def test_revoking_counts_at_once_although_the_cache_knows_the_token(
    user: User, django_capture_on_commit_callbacks: Any
) -> None:
    text = token_of(user)
    api = Api(text)
    assert api.get(PUBLIC).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        revoke_token(token=ApiToken.objects.get(), actor=actor_for(user))
    assert problem_of(api.get(PUBLIC)) == (401, "invalid_token")


def test_who_read_before_the_revocation_does_not_bring_the_token_back(
    user: User, django_capture_on_commit_callbacks: Any
) -> None:
    text = token_of(user)
    read_before = ApiToken.objects.select_related("user").get()
    with django_capture_on_commit_callbacks(execute=True):
        revoke_token(token=read_before, actor=actor_for(user))
    know(read_before)
    assert problem_of(Api(text).get(PUBLIC)) == (401, "invalid_token")


def test_the_cache_forgets_a_token_at_its_expiry(user: User) -> None:
    text = token_of(user)
    api = Api(text)
    expires = ApiToken.objects.get().expires_at
    with time_machine.travel(expires - timedelta(seconds=10), tick=False) as time:
        assert api.get(PUBLIC).status_code == 200
        time.shift(timedelta(seconds=10))
        assert problem_of(api.get(PUBLIC)) == (401, "invalid_token")
