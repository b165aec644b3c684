"""Accounts: made and changed by superusers, each time with an entry in the system's own chain (DESIGN)."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor
from cnd.errors import Invalid, NotPermitted
from cnd.models import Chain, PersonalDatum, ResourceVersion, User

RIGHTS = ("role", "function", "is_active", "is_staff", "is_superuser")
"""What the journal says of an account in clear."""
PERSON = ("username", "first_name", "last_name", "email")
"""What it only refers to, so that it can be erased."""


def system_chain() -> Chain:
    """Return the chain of accounts and settings, made by whoever needs it first."""
    chain, _is_new = Chain.objects.get_or_create(code=journal.SYSTEM)
    return chain


def is_superuser(actor: Actor) -> bool:
    """Tell whether the actor may do anything: a superuser, or a command on the server's own shell."""
    if actor.user:
        return actor.user.is_active and actor.user.is_superuser
    return actor.kind == "command"


def require_superuser(actor: Actor) -> None:
    """Raise NotPermitted unless the actor is a superuser."""
    if not is_superuser(actor):
        raise NotPermitted("superusers_only", _("Only a superuser may make or change accounts."))


def create_user(*, username: str, password: str, actor: Actor, reason: str = "", **facts: Any) -> User:
    """Make an account; `facts` are any of RIGHTS and PERSON. Raises NotPermitted, Invalid."""
    require_superuser(actor)
    user = User(username=username)
    _set(user, facts)
    with journal.decision(
        system_chain(), action="create_user", subject="accounts", actor=actor, reason=reason
    ) as draft:
        _set_password(user, password)
        _check_and_save(user)
        draft.subject = f"user:{user.pk}"
        draft.change(f"user:{user.pk}", None, _rights(user) | {"person": _person(user)})
        draft.touch("accounts", audience=ResourceVersion.STAFF)
    return user


def change_user(*, user: User, actor: Actor, password: str = "", reason: str = "", **facts: Any) -> User:
    """Change an account, and its password if one is given; what is not named in `facts` stays.

    Changing nothing leaves no entry. Raises NotPermitted, Invalid.
    """
    require_superuser(actor)
    with journal.decision(
        system_chain(), action="change_user", subject=f"user:{user.pk}", actor=actor, reason=reason
    ) as draft:
        user = User.objects.select_for_update().get(pk=user.pk)
        rights, person = _rights(user), _named(user)
        _set(user, facts)
        if password:
            _set_password(user, password)
            draft.change(f"user:{user.pk}:password", "set", "set anew")
        _check_and_save(user)
        for name, before in rights.items():
            draft.change(f"user:{user.pk}:{name}", before, getattr(user, name))
        if _named(user) != person:
            draft.change(f"user:{user.pk}:person", journal.refer(_kept(person)), _person(user))
        draft.touch("accounts", audience=ResourceVersion.STAFF)
    return user


def change_own_password(*, user: User, password: str, actor: Actor) -> None:
    """Give oneself another password. Raises NotPermitted for somebody else's account, Invalid for a weak one."""
    if actor.user is None or actor.user.pk != user.pk or not user.is_active:
        raise NotPermitted("not_your_account", _("This is not your account."))
    with journal.decision(
        system_chain(), action="change_own_password", subject=f"user:{user.pk}", actor=actor
    ) as draft:
        _set_password(user, password)
        user.save(update_fields=["password"])
        draft.change(f"user:{user.pk}:password", "set", "set anew")
        draft.touch("accounts", audience=ResourceVersion.STAFF)


def _set(user: User, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        if name not in RIGHTS + PERSON:
            raise TypeError(f"an account has no {name} that could be set")
        setattr(user, name, value)


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise _invalid({"password": fault.messages}) from fault
    user.set_password(password)


def _check_and_save(user: User) -> None:
    try:
        user.full_clean()
        user.save()
    except ValidationError as fault:
        raise _invalid(fault.message_dict) from fault
    except IntegrityError as fault:
        # Somebody took the name between the check and the writing.
        raise _invalid({"username": [_("A user with that username already exists.")]}) from fault


def _invalid(errors: dict[str, list[str]]) -> Invalid:
    fields = {"" if name == NON_FIELD_ERRORS else name: messages for name, messages in errors.items()}
    return Invalid("account_invalid", " ".join(text for each in fields.values() for text in each), fields=fields)


def _rights(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in RIGHTS}


def _named(user: User) -> dict[str, Any]:
    return {"user": user.pk} | {name: getattr(user, name) for name in PERSON}


def _person(user: User) -> dict[str, str] | None:
    return journal.refer(_kept(_named(user)))


def _kept(person: dict[str, Any]) -> PersonalDatum:
    """Keep these personal data, once however often they are referred to."""
    chain = system_chain()
    standing = PersonalDatum.objects.filter(chain=chain, value=person).first()
    return standing or journal.keep_personal(chain, person)
