"""Kinds of notices, readers and waiting mails for the tests of the outbox."""

from dataclasses import replace
from typing import Any

from cnd.models import Cause, Chain, Notice, User
from cnd.outbox.kinds import Kind
from cnd.outbox.telling import tell


def _fill(cause: Cause, _user: User) -> dict[str, str]:
    return {"thing": str(cause.context.get("thing", "the inscription"))}


def _raise(_cause: Cause, _user: User) -> dict[str, str]:
    raise LookupError("https://secret.example.org/key")


def _link(_cause: Cause, _user: User) -> str:
    return "/sign-in/"


PLAIN = Kind(
    "test_plain",
    "Something happened",
    "{thing}, {name}",
    "Dear {name},\n\nthere is news of {thing}.\n\n{link}",
    {"thing": "what it is about"},
    _fill,
    _link,
)
OPTIONAL = Kind(
    "test_optional",
    "Something one may do without",
    "News of {thing}",
    "There is news of {thing}.",
    {"thing": "what it is about"},
    _fill,
    _link,
    is_optional=True,
)


BROKEN = replace(PLAIN, code="test_broken", fill=_raise)


KINDS = (PLAIN, OPTIONAL, BROKEN)


def reader(name: str = "reader", **facts: Any) -> User:
    """Return a person of a delegation with an address; again the same one for the same name."""
    facts = {"email": f"{name}@example.org", "first_name": name.title(), **facts}
    user, _is_new = User.objects.get_or_create(username=name, defaults=facts)
    return user


def told(chain: Chain, user: User, *, kind: Kind = PLAIN, key: str = "news", **more: Any) -> Notice:
    """Tell one person something and return the mail that waits to be sent."""
    cause = tell(chain=chain, kind=kind.code, key=key, audience=f"user:{user.pk}", **more)
    return cause.notices.get(recipient=user, channel=Notice.Channel.EMAIL)


def outcome(notice: Notice) -> tuple[str, int, str]:
    """Return what became of a mail: its state, its attempts, and the last error."""
    now = Notice.objects.get(pk=notice.pk)
    return now.state, now.attempts, now.last_error
