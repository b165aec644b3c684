"""Tokens: a user's own keys for other systems, with scopes, an end, and no way to show them twice.

A token acts as its user and can do no more than they: it ends with the account, with what the account stands for, at
its expiry, and when it is revoked. What it opens is asked of the database each time. The cache only knows for a minute
which tokens are good, so that polling what is public costs nothing; revoking says so there too.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cnd import clock, journal
from cnd.actors import Actor
from cnd.errors import Invalid, NotFound, NotPermitted, Refused
from cnd.models import ApiToken, ResourceVersion, User
from cnd.shared_cache import may_fail
from cnd.users import system_chain

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BEGINNING, SECRET = 8, 43
SHAPE = re.compile(rf"cnd_[0-9A-Za-z]{{{BEGINNING}}}_[0-9A-Za-z]{{{SECRET}}}")
DAYS = (30, 90, 180, 365)
MOST_TOKENS = 20
LONGEST_NAME = 80
KNOWN_FOR_S = 60
USED_EVERY = timedelta(minutes=1)
REFUSED = 0
"""What the cache says of a token that is no longer good; of a good one, its id."""


# --- what other parts say of tokens -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scope:
    """Something a token may be allowed; `roles` are those who can allow it."""

    code: str
    title: str | Promise
    roles: frozenset[str]


_scopes: dict[str, Scope] = {}
_standing: dict[str, Callable[[User], bool]] = {}


def register_scope(code: str, title: str | Promise, roles: Collection[str]) -> None:
    """Offer a scope to the users of these roles; `title` may be lazy. Registering a code again replaces it."""
    _scopes[code] = Scope(code, title, frozenset(roles))


def register_standing(name: str, stands: Callable[[User], bool]) -> None:
    """Have every token end whose user no longer `stands` for anything. Registering a name again replaces it."""
    _standing[name] = stands


def scopes_for(user: User) -> list[Scope]:
    """Return what this user may allow a token, by code."""
    return [_scopes[code] for code in sorted(_scopes) if user.role in _scopes[code].roles]


def known_scopes() -> dict[str, Scope]:
    """Return every scope there is."""
    return dict(_scopes)


# --- made and revoked -------------------------------------------------------------------------------------------------


def create_token(*, user: User, name: str, scopes: Collection[str], days: int, actor: Actor) -> tuple[ApiToken, str]:
    """Make a token for oneself; return it with its text, which nobody can read again.

    Raises NotPermitted for somebody else, Invalid naming every fault, Refused when there are too many.
    """
    _require_self(user, actor)
    _require_valid(user, name, scopes, days)
    text = f"cnd_{_random(BEGINNING)}_{_random(SECRET)}"
    with journal.decision(system_chain(), action="create_token", subject=f"user:{user.pk}", actor=actor) as draft:
        User.objects.select_for_update().get(pk=user.pk)
        live = live_tokens(user)
        # So that a form sent twice makes one token, whose text was shown.
        if live.filter(name=name.strip()).exists():
            raise Invalid(
                "token_name_taken",
                _("You have a token of this name already."),
                fields={"name": [_("You have a token of this name already.")]},
            )
        if live.count() >= MOST_TOKENS:
            raise Refused(
                "too_many_tokens",
                _("You have %(most)d tokens already; revoke one that is no longer needed.") % {"most": MOST_TOKENS},
            )
        now = clock.now()
        token = ApiToken.objects.create(
            user=user,
            name=name.strip(),
            prefix=text[: len("cnd_") + BEGINNING],
            hash=hash_of(text),
            scopes=sorted(set(scopes)),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        # Neither what it is called, which may name somebody, nor its hash.
        draft.change(
            f"token:{token.pk}",
            None,
            {"begins": token.prefix, "scopes": token.scopes, "expires": clock.rfc3339(token.expires_at)},
        )
        draft.touch("tokens", audience=ResourceVersion.STAFF)
    return token, text


def revoke_token(*, token: ApiToken, actor: Actor) -> ApiToken:
    """End one of one's own tokens at once. Again: changes nothing. Raises NotFound for somebody else's."""
    if actor.user is None or token.user_id != actor.user.pk:
        raise NotFound("no_such_token", _("There is no such token."))
    with journal.decision(system_chain(), action="revoke_token", subject=f"user:{token.user_id}", actor=actor) as draft:
        token = ApiToken.objects.select_for_update(of=("self",)).select_related("user").get(pk=token.pk)
        if token.revoked_at is not None:
            return token
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        draft.change(f"token:{token.pk}", "valid", "revoked")
        draft.touch("tokens", audience=ResourceVersion.STAFF)
        transaction.on_commit(lambda: _forget(token))
    return token


def live_tokens(user: User) -> QuerySet[ApiToken]:
    """Return the user's tokens that are neither revoked nor expired."""
    return ApiToken.objects.filter(user=user, revoked_at__isnull=True, expires_at__gt=clock.now())


def _require_self(user: User, actor: Actor) -> None:
    if actor.user is None or actor.user.pk != user.pk or not user.is_active:
        raise NotPermitted("not_your_account", _("This is not your account."))


def _require_valid(user: User, name: str, scopes: Collection[str], days: int) -> None:
    faults: dict[str, list[str]] = {}
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        faults["name"] = [_("Give it a name of at most %(most)d characters.") % {"most": LONGEST_NAME}]
    if not scopes or not set(scopes) <= {scope.code for scope in scopes_for(user)}:
        faults["scopes"] = [_("Choose what it may do.")]
    if days not in DAYS:
        faults["days"] = [_("Choose how long it is valid.")]
    if faults:
        raise Invalid("token_invalid", " ".join(said for each in faults.values() for said in each), fields=faults)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _each in range(length))


# --- used -------------------------------------------------------------------------------------------------------------


def hash_of(text: str) -> str:
    """Return what is kept of a token. It holds 256 random bits, so that no salt and no slow hash is needed."""
    return hashlib.sha256(text.encode()).hexdigest()


def key_of(hash_: str) -> str:
    """Return under which key the cache knows the token with this hash."""
    return f"token:{hash_}"


def find_token(text: str) -> ApiToken | None:
    """Return the token with this text if it is good now, with its user; note that it was used."""
    if not SHAPE.fullmatch(text):
        return None
    token = ApiToken.objects.select_related("user").filter(hash=hash_of(text)).first()
    if token is None or not is_good(token):
        return None
    _note_use(token)
    return token


def is_good(token: ApiToken) -> bool:
    """Tell whether a token counts now: not ended, and of an account that is open and stands for something."""
    return (
        token.revoked_at is None
        and token.expires_at > clock.now()
        and token.user.is_active
        and all(stands(token.user) for stands in _standing.values())
    )


def scopes_of(token: ApiToken) -> frozenset[str]:
    """Return what a token allows now: what was chosen, as far as its user's role still has it."""
    return frozenset(token.scopes) & {scope.code for scope in scopes_for(token.user)}


def know(token: ApiToken) -> None:
    """Have the cache know for a minute, and not beyond its expiry, that a token is good."""
    left_s = int((token.expires_at - clock.now()).total_seconds())
    with may_fail("which tokens are good is asked of the database"):
        # Added, not set: a revocation that came in between has the last word.
        cache.add(key_of(token.hash), token.pk, min(KNOWN_FOR_S, max(left_s, 1)))


def _forget(token: ApiToken) -> None:
    with may_fail("which tokens are good is asked of the database"):
        # Kept longer than any "good" that somebody who read before the revocation is about to add.
        cache.set(key_of(token.hash), REFUSED, 10 * KNOWN_FOR_S)


def _note_use(token: ApiToken) -> None:
    now = clock.now()
    if token.last_used_at is not None and now - token.last_used_at < USED_EVERY:
        return
    is_due = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USED_EVERY)
    ApiToken.objects.filter(is_due, pk=token.pk).update(last_used_at=now)
    token.last_used_at = now
