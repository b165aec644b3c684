"""Accounts: made and changed by superusers, each time with an entry in the system's own chain (DESIGN)."""

import secrets
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.db.models import Q
from django.utils.translation import gettext as _

from cnd import journal
from cnd.account_notices import tell_event, tell_old_address
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


def change_own_password(*, user: User, password: str, actor: Actor, is_reset: bool = False) -> None:
    """Give oneself another password, signed in or (`is_reset`) by a link that was mailed.

    Every other login of the account ends. Raises NotPermitted for somebody else's account, Invalid for a weak one.
    """
    _require_own(user, actor)
    action = "reset_password" if is_reset else "change_own_password"
    with journal.decision(system_chain(), action=action, subject=f"user:{user.pk}", actor=actor) as draft:
        _set_password(user, password)
        user.save(update_fields=["password"])
        draft.change(f"user:{user.pk}:password", "set", "set anew")
        draft.touch("accounts", audience=ResourceVersion.STAFF)
        tell_event(user, "password_reset" if is_reset else "password")


def confirm_address(*, address: EmailAddress, actor: Actor) -> bool:
    """Make an address that its owner confirmed the account's own, and tell the old one; False if it is taken.

    Raises NotPermitted for somebody else's account.
    """
    _require_own(address.user, actor)
    try:
        with journal.decision(
            system_chain(), action="confirm_address", subject=f"user:{address.user_id}", actor=actor
        ) as draft:
            user = User.objects.select_for_update().get(pk=address.user_id)
            person = _named(user)
            user.email = address.email
            user.save(update_fields=["email"])
            settle_address(user)
            if _named(user) != person:
                before = journal.refer(_kept(person))
                draft.change(f"user:{user.pk}:person", before, _person(user))
                draft.touch("accounts", audience=ResourceVersion.STAFF)
                tell_event(user, "email")
                if before and person["email"]:
                    tell_old_address(user, before)
    except IntegrityError:
        return False
    address.refresh_from_db()
    return True


def record_event(*, user: User, event: str, actor: Actor) -> None:
    """Keep in the journal what the library of signing in did to an account, and tell its owner."""
    with journal.decision(system_chain(), action="change_sign_in", subject=f"user:{user.pk}", actor=actor) as draft:
        draft.change(f"user:{user.pk}:sign_in", None, event)
        draft.touch("accounts", audience=ResourceVersion.STAFF)
        tell_event(user, event)


def reset_second_factor(*, user: User, actor: Actor, reason: str = "") -> None:
    """Take every second factor from somebody who lost theirs, and end their logins. Raises NotPermitted."""
    from allauth.mfa.models import Authenticator
    from allauth.usersessions.models import UserSession

    require_superuser(actor)
    with journal.decision(
        system_chain(), action="reset_second_factor", subject=f"user:{user.pk}", actor=actor, reason=reason
    ) as draft:
        user = User.objects.select_for_update().get(pk=user.pk)
        factors = Authenticator.objects.filter(user=user)
        kinds = sorted(factors.values_list("type", flat=True))
        factors.delete()
        for login in UserSession.objects.filter(user=user):
            login.end()
        if kinds:
            draft.change(f"user:{user.pk}:second_factor", kinds, [])
            draft.touch("accounts", audience=ResourceVersion.STAFF)
            tell_event(user, "second_factor_reset")


# --- accounts that wait for their owner -------------------------------------------------------------------------------


def open_account(*, prefix: str, name: str, email: str, language: str, actor: Actor) -> User:
    """Make an account of a delegation that nobody can use until its owner has taken it up.

    For staff of the secretariat, too, who invite. Raises NotPermitted, Invalid.
    """
    if not (actor.is_secretariat or is_superuser(actor)):
        raise NotPermitted("secretariat_only", _("Only staff of the secretariat may do this."))
    username = f"{prefix.lower()}-{secrets.token_hex(3)}"
    user = User(username=username, last_name=name, email=email.lower(), language=language, is_active=False)
    user.set_unusable_password()
    with journal.decision(system_chain(), action="open_account", subject="accounts", actor=actor) as draft:
        _check_and_save(user)
        draft.change(f"user:{user.pk}", None, _rights(user) | {"person": _person(user)})
        draft.touch("accounts", audience=ResourceVersion.STAFF)
    return user


def is_untaken(user: User) -> bool:
    """Tell whether an account still waits for its owner; one that was made inactive later does not."""
    return not user.is_active and not user.has_usable_password()


def take_up_account(*, user: User, password: str, actor: Actor) -> None:
    """Make an account its owner's, who proved by a link that the address is theirs. Raises NotPermitted, Invalid."""
    if actor.user is None or actor.user.pk != user.pk or not is_untaken(user):
        raise NotPermitted("not_your_account", _("This is not your account."))
    with journal.decision(system_chain(), action="take_up_account", subject=f"user:{user.pk}", actor=actor) as draft:
        user.is_active = True
        _set_password(user, password)
        _check_and_save(user)
        draft.change(f"user:{user.pk}:is_active", False, True)
        draft.change(f"user:{user.pk}:password", None, "set")
        draft.touch("accounts", audience=ResourceVersion.STAFF)


def account_called(*names: str) -> User | None:
    """Return the account with one of these names as its username or address, whatever their case."""
    wanted = Q()
    for name in names:
        wanted |= Q(username__iexact=name) | Q(email__iexact=name)
    return User.objects.filter(wanted).order_by("pk").first() if names else None


def _require_own(user: User, actor: Actor) -> None:
    if actor.user is None or actor.user.pk != user.pk or not user.is_active:
        raise NotPermitted("not_your_account", _("This is not your account."))


def settle_address(user: User) -> None:
    """Have the library of signing in know the one address of an account, for which somebody vouched."""
    address, standing = user.email.lower(), EmailAddress.objects.filter(user=user)
    if is_untaken(user) or standing.filter(email=address, verified=True, primary=True).exists():
        return
    standing.exclude(email=address).delete()
    if address:
        standing.update_or_create(user=user, email=address, defaults={"verified": True, "primary": True})


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
    user.email = user.email.lower()
    try:
        user.full_clean()
        user.save()
        settle_address(user)
    except ValidationError as fault:
        raise _invalid(fault.message_dict) from fault
    except IntegrityError as fault:
        # Somebody took the name or the address between the check and the writing.
        raise _invalid({"username": [_("A user with that username already exists.")]}) from fault


def _invalid(errors: dict[str, list[str]]) -> Invalid:
    # The one rule about several fields at once, as Django sees it, is that addresses differ.
    fields = {"email" if name == NON_FIELD_ERRORS else name: messages for name, messages in errors.items()}
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
