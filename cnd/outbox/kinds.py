"""The kinds of notices and the audiences they go to. Apps register theirs when they are ready."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext

from cnd.models import Cause, Chain, User

Text = str | Promise
Fill = Callable[[Cause, User], Mapping[str, str]]


def _nothing(_cause: Cause, _user: User) -> Mapping[str, str]:
    return {}


def _nowhere(_cause: Cause, _user: User) -> str:
    return ""


@dataclass(frozen=True)
class Kind:
    """One kind of notice. Subject and body hold `{placeholders}`; `fill` gives their values for one reader.

    `fill` and `link` are called with the reader's language active. `link` returns a path of this service.
    """

    code: str
    title: Text
    subject: Text
    body: Text
    placeholders: Mapping[str, Text] = field(default_factory=dict)
    """What may stand in the text, each with what it stands for."""
    fill: Fill = _nothing
    link: Callable[[Cause, User], str] = _nowhere
    calendar: Callable[[Cause, User], bytes | None] | None = None
    """What is attached as a calendar file."""
    is_optional: bool = False
    """Whether a reader may ask not to be mailed this any more."""
    for_inactive: bool = False
    """Whether it goes to an account that cannot sign in yet, or no more."""
    address: Callable[[Cause, User], str] | None = None
    """Where it is mailed to instead of the account's address, such as a new address to be confirmed; empty: nowhere."""
    is_secret: bool = False
    """Whether what `link` and `fill` give opens an account: mailed to its owner, never shown to anybody."""
    is_of_accounts: bool = False
    """Whether it is told on the system's chain: worded once, for every session."""


@dataclass(frozen=True)
class Audience:
    """A set of people by name, such as `group` in `group:african`; `members` asks who that is now."""

    name: str
    title: Text
    members: Callable[[Chain, str], Iterable[User]]
    """Called with the chain and what stands behind the colon."""


@dataclass(frozen=True)
class Letterhead:
    """What every notice of a chain says of the meeting: its name in the active language, and its zone."""

    title: str
    time_zone: str = ""


_letterheads: list[Callable[[Chain], Letterhead | None]] = []
_kinds: dict[str, Kind] = {}
_audiences: dict[str, Audience] = {}


def register_kind(*kinds: Kind) -> None:
    """Make kinds of notices known. Registering a code again replaces it."""
    _kinds.update({kind.code: kind for kind in kinds})


def register_audience(*audiences: Audience) -> None:
    """Make audiences known. Registering a name again replaces it."""
    _audiences.update({audience.name: audience for audience in audiences})


def register_letterhead(of_chain: Callable[[Chain], Letterhead | None]) -> None:
    """Make known what meeting a chain belongs to; None where it is none that the app knows."""
    _letterheads[:] = [*(each for each in _letterheads if each != of_chain), of_chain]


def letterhead(chain: Chain) -> Letterhead:
    """Return what notices of this chain say of the meeting, in the active language."""
    found = (of_chain(chain) for of_chain in _letterheads)
    return next((each for each in found if each is not None), Letterhead(gettext("Meeting-logistics planner")))


def kind_of(code: str) -> Kind:
    """Return a kind by its code. Raises KeyError."""
    return _kinds[code]


def kinds() -> list[Kind]:
    """Return all kinds, by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def recipients(chain: Chain, audience: str) -> list[User]:
    """Return who belongs to an audience now, each once, by account. Raises KeyError for an unknown audience."""
    name, _colon, which = audience.partition(":")
    found = {user.pk: user for user in _audiences[name].members(chain, which)}
    return [found[key] for key in sorted(found)]


register_audience(
    Audience("user", "", lambda _chain, which: User.objects.filter(pk=int(which))),
    Audience("secretariat", "", lambda _chain, _which: User.objects.filter(role=User.Role.SECRETARIAT, is_active=True)),
)
