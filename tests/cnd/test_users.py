"""Accounts and memberships: who may make and change them, and what the journal keeps of it."""

import json
from typing import Any

import pytest

from cnd import journal
from cnd.actors import COMMAND, Actor, actor_for
from cnd.errors import Invalid, NotPermitted, Refused
from cnd.models import JournalEntry, PersonalDatum, User
from cnd.users import change_own_password, change_user, create_user, system_chain
from sessions.models import Delegation, MeetingSession, Membership
from sessions.services.memberships import grant_membership, revoke_membership
from tests.sessions.scenes import as_focal_point, as_officer, focal_point, make_session, officer

PASSWORD = "a long password 2"

pytestmark = pytest.mark.django_db


def entries() -> list[JournalEntry]:
    return list(JournalEntry.objects.filter(chain__code=journal.SYSTEM).order_by("number"))


def make(username: str = "kenya", **facts: Any) -> User:
    return create_user(username=username, password=PASSWORD, actor=COMMAND, **facts)


def delegation_of(session: MeetingSession, code: str = "KE") -> Delegation:
    return Delegation.objects.get(session=session, code=code)


# --- accounts -------------------------------------------------------------------------------------------------------


def test_an_account_can_sign_in_with_its_password() -> None:
    user = make(role=User.Role.SECRETARIAT, function="Conference officer A")

    assert user.check_password(PASSWORD)
    assert user.is_secretariat


def test_making_an_account_is_one_entry_of_the_system_chain() -> None:
    user = make(function="Focal point of Kenya")

    (entry,) = entries()
    assert (entry.action, entry.subject, entry.actor) == ("create_user", f"user:{user.pk}", "command")
    assert entry.changes[0]["after"]["function"] == "Focal point of Kenya"
    assert journal.verify(system_chain()) == 1


def test_the_journal_holds_neither_name_nor_address_nor_password() -> None:
    user = make("w.kamau", first_name="Wanjiku", last_name="Kamau", email="w.kamau@example.org")
    change_user(user=user, actor=COMMAND, last_name="Njoroge", password="another long one 3")

    kept = json.dumps([[entry.changes, entry.subject, entry.reason] for entry in entries()])
    secrets = ("kamau", "Kamau", "Wanjiku", "Njoroge", PASSWORD, "another long one 3", "pbkdf2")
    assert [secret for secret in secrets if secret in kept] == []


def test_a_persons_data_are_kept_once_however_often_they_are_referred_to() -> None:
    user = make(last_name="Kamau")
    change_user(user=user, actor=COMMAND, last_name="Njoroge")
    change_user(user=user, actor=COMMAND, last_name="Kamau")

    assert sorted(PersonalDatum.objects.values_list("value__last_name", flat=True)) == ["Kamau", "Njoroge"]


def test_the_chain_verifies_after_a_persons_data_are_erased() -> None:
    user = make(last_name="Kamau")
    change_user(user=user, actor=COMMAND, last_name="Njoroge")

    for datum in PersonalDatum.objects.all():
        journal.erase_personal(datum=datum, actor=COMMAND, reason="asked for")

    assert journal.verify(system_chain()) == 4


def test_changing_an_account_names_what_it_was_and_what_it_is() -> None:
    user = make()

    change_user(user=user, actor=COMMAND, is_active=False, reason="left the mission")

    entry = entries()[-1]
    assert entry.changes == [{"what": f"user:{user.pk}:is_active", "before": True, "after": False}]
    assert entry.reason == "left the mission"


def test_changing_nothing_leaves_no_entry() -> None:
    user = make()

    change_user(user=user, actor=COMMAND, is_active=True)

    assert len(entries()) == 1


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"username": "taken"}, "username"),
        ({"username": "has blanks"}, "username"),
        ({"role": "emperor"}, "role"),
        ({"email": "nowhere"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password123456"}, "password"),
    ],
)
def test_what_is_wrong_with_an_account_is_named_by_its_field(facts: dict[str, str], field: str) -> None:
    make("taken")
    given = {"username": "kenya", "password": PASSWORD, **facts}

    with pytest.raises(Invalid) as refusal:
        create_user(actor=COMMAND, **given)

    assert list(refusal.value.fields) == [field]
    assert User.objects.count() == 1
    assert len(entries()) == 1


@pytest.mark.parametrize("actor", [as_officer, lambda: actor_for(make("plain")), lambda: Actor("public")])
def test_only_superusers_make_accounts(actor: object) -> None:
    acting = actor()  # type: ignore[operator]

    with pytest.raises(NotPermitted):
        create_user(username="friend", password=PASSWORD, actor=acting)

    assert not User.objects.filter(username="friend").exists()


def test_an_inactive_superuser_changes_nothing() -> None:
    actor = actor_for(make("root", is_superuser=True, is_active=False))

    with pytest.raises(NotPermitted):
        change_user(user=officer(), actor=actor, is_superuser=True)


def test_somebody_gives_themselves_another_password() -> None:
    user = make()

    change_own_password(user=user, password="another long one 3", actor=actor_for(user))

    assert User.objects.get(pk=user.pk).check_password("another long one 3")
    assert entries()[-1].changes == [{"what": f"user:{user.pk}:password", "before": "set", "after": "set anew"}]


def test_nobody_gives_somebody_else_a_password() -> None:
    user = make()

    with pytest.raises(NotPermitted):
        change_own_password(user=user, password="another long one 3", actor=as_officer())


# --- memberships ----------------------------------------------------------------------------------------------------


def test_granting_a_membership_is_one_entry_of_the_system_chain() -> None:
    session = make_session()
    user = make()

    grant_membership(user=user, delegation=delegation_of(session), actor=as_officer())

    assert [membership.user for membership in Membership.objects.all()] == [user]
    assert entries()[-1].changes == [{"what": "membership:cnd67/KE", "before": None, "after": f"user:{user.pk}"}]


def test_granting_a_membership_again_changes_nothing() -> None:
    session = make_session()
    user = make()

    for _time in range(2):
        grant_membership(user=user, delegation=delegation_of(session), actor=as_officer())

    assert Membership.objects.count() == 1
    assert len(entries()) == 2


def test_an_account_of_the_secretariat_gets_no_membership() -> None:
    session = make_session()

    with pytest.raises(Refused):
        grant_membership(user=officer("other"), delegation=delegation_of(session), actor=as_officer())


def test_a_focal_point_grants_nothing() -> None:
    session = make_session()

    with pytest.raises(NotPermitted):
        grant_membership(user=make(), delegation=delegation_of(session), actor=as_focal_point(session, "KE"))


def test_a_revoked_membership_is_gone_and_stays_in_the_journal() -> None:
    session = make_session()
    user = focal_point(session, "KE")
    membership = Membership.objects.get()

    for _time in range(2):
        revoke_membership(membership=membership, actor=as_officer(), reason="left the mission")

    assert not Membership.objects.exists()
    (entry,) = entries()
    assert entry.changes == [{"what": "membership:cnd67/KE", "before": f"user:{user.pk}", "after": None}]
