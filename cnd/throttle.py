"""How many requests one may send: counted by token, or by address where there is none, in the cache that all share.

Fixed windows, each sender's beginning at a second of their own, so that not all come back at the same one. One round
trip to the cache a request at most; of polls a process counts some ahead (cnd.shares). Where the cache does not answer,
requests are let through, and that is logged.

What is left is told as draft-ietf-httpapi-ratelimit-headers-11 says: `RateLimit-Policy` and `RateLimit`.
"""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.redis import RedisCache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from cnd import clock
from cnd.shared_cache import may_fail
from cnd.shares import Shares

if TYPE_CHECKING:
    # Its module reads the settings that name this one.
    from rest_framework.views import APIView

SECONDS_OF = {"s": 1, "m": 60, "h": 3600, "d": 86400}
READING = {"GET", "HEAD", "OPTIONS"}
MOST_AHEAD = 20

Headers = dict[str, str]


class Key(NamedTuple):
    """Under what is counted, for how long, and how many at once."""

    name: str
    kept_s: int
    ahead: int


@dataclass(frozen=True)
class Subject:
    """Whose requests are counted together: a token (by its hash), a signed-in user, or an address."""

    kind: str
    id: str

    @property
    def policy(self) -> str:
        return "anonymous" if self.kind == "address" else "token"


@dataclass(frozen=True)
class Policy:
    """So many requests in so many seconds."""

    name: str
    quota: int
    window_s: int

    @property
    def ahead(self) -> int:
        """How many requests a process counts at once: a hundredth, so that several processes differ by little."""
        return min(max(self.quota // 100, 1), MOST_AHEAD)

    def window_of(self, who: str, at_s: float) -> tuple[int, int]:
        """Return the number of the window that is open for this sender, and in how many seconds it ends."""
        past = at_s + zlib.crc32(who.encode()) % self.window_s
        number = int(past // self.window_s)
        return number, max(1, math.ceil((number + 1) * self.window_s - past))


@dataclass
class Counted:
    """What a request has counted against so far: policy, what is left, seconds to the end of the window."""

    subject: Subject
    left: dict[Policy, tuple[int, int]]

    @property
    def headers(self) -> Headers:
        if not self.left:
            return {}
        return {
            "RateLimit-Policy": ", ".join(f'"{each.name}";q={each.quota};w={each.window_s}' for each in self.left),
            "RateLimit": ", ".join(
                f'"{each.name}";r={max(left, 0)};t={ends_in_s}' for each, (left, ends_in_s) in self.left.items()
            ),
        }

    def refuse_excess(self) -> None:
        """Raise TooMany if one of the policies has nothing left."""
        violated = {policy.name: ends_in_s for policy, (left, ends_in_s) in self.left.items() if left < 0}
        if violated:
            raise TooMany(max(violated.values()), list(violated), self.headers)


class TooMany(Throttled):
    """One has used up what one may send; `headers` say of which policy and until when."""

    default_detail = _("Too many requests; Retry-After says in how many seconds to come back.")
    extra_detail_singular = extra_detail_plural = ""

    def __init__(self, wait_s: int, violated: list[str], headers: Headers) -> None:
        super().__init__()
        self.headers = headers | {"Retry-After": str(wait_s)}
        self.more = {"violated-policies": violated}


def check(request: HttpRequest, subject: Subject, *more: str) -> Headers:
    """Count a request of `subject`, once however often it is asked; return the headers that say what is left.

    `more` names further policies that the resource has. Raises TooMany.
    """
    counted, _read = take(request, subject, *more)
    counted.refuse_excess()
    return counted.headers


def take(request: HttpRequest, subject: Subject, *more: str, read: str = "") -> tuple[Counted, int | None]:
    """Count a request and, in the same round trip, read the whole number that the cache keeps under `read`."""
    counted = counted_of(request)
    if counted is None or counted.subject != subject:
        counted = Counted(subject, {})
        request.counted = counted  # type: ignore[attr-defined]
    names = [subject.policy, *([] if request.method in READING else ["writes"]), *more]
    known = {policy.name for policy in counted.left}
    policies = [policy for policy in map(policy_named, names) if policy and policy.name not in known]
    who, at_s = f"{subject.kind}:{subject.id}", clock.now().timestamp()
    windows = [policy.window_of(f"{policy.name}:{who}", at_s) for policy in policies]
    keys = [
        Key(f"throttle:{policy.name}:{who}:{number}", policy.window_s, policy.ahead)
        for policy, (number, _ends) in zip(policies, windows, strict=True)
    ]
    if not keys and not read:
        return counted, None
    counts, found = _count(keys, read)
    # No counts where the cache does not answer.
    for policy, count, (_number, ends_in_s) in zip(policies, counts, windows, strict=False):
        counted.left[policy] = (policy.quota - count, ends_in_s)
    return counted, found


def counted_of(request: HttpRequest) -> Counted | None:
    """Return what this request has counted against."""
    counted: Counted | None = getattr(request, "counted", None)
    return counted


def policy_named(name: str) -> Policy | None:
    """Return the policy as the settings have it."""
    return policy_of(name, settings.THROTTLE_RATES[name])


@lru_cache(maxsize=64)
def policy_of(name: str, rate: str) -> Policy | None:
    """Read a rate such as "600/min"; None for "", which is no limit. Raises ValueError for anything else."""
    if not rate:
        return None
    quota, _slash, period = rate.partition("/")
    if period[:1] not in SECONDS_OF or not quota.isdigit():
        raise ValueError(f"{rate!r} is no rate; 600/min is one, with s, min, hour or day")
    return Policy(name, int(quota), SECONDS_OF[period[0]])


def address_of(request: HttpRequest) -> Subject:
    """Return the address as what is counted; of IPv6 the network, since one sender has all of it."""
    try:
        address = ip_address(BaseThrottle().get_ident(request).partition("%")[0])  # type: ignore[arg-type]
    except ValueError:
        return Subject("address", "unknown")
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64)
    return Subject("address", str(address))


# --- the cache --------------------------------------------------------------------------------------------------------


def _count(keys: Sequence[Key], read: str) -> tuple[list[int], int | None]:
    with may_fail("requests are not counted"):
        return _count_in(caches["default"], keys, read)
    return [], None


def _count_in(cache: BaseCache, keys: Sequence[Key], read: str) -> tuple[list[int], int | None]:
    if isinstance(cache, RedisCache):
        return _count_in_redis(cache, keys, read)
    return [_count_here(cache, each.name, each.kept_s) for each in keys], cache.get(read) if read else None


def _count_here(cache: BaseCache, key: str, kept_s: int) -> int:
    cache.add(key, 0, kept_s)
    try:
        return cache.incr(key)
    except ValueError:
        return 1  # thrown out to make room, between the two lines


_shares = Shares()


def _count_in_redis(cache: RedisCache, keys: Sequence[Key], read: str) -> tuple[list[int], int | None]:
    if read or len(keys) != 1:
        return _ask_redis(cache, [(each, 1) for each in keys], read)
    # A poll: its sender's next number was most likely counted already.
    [key] = keys
    count = _shares.next(key.name)
    if count is None:
        [last], _read = _ask_redis(cache, [(key, key.ahead)], "")
        count = last - key.ahead + 1
        _shares.keep(key.name, count, last)
    return [count], None


def _ask_redis(cache: RedisCache, keys: Sequence[tuple[Key, int]], read: str) -> tuple[list[int], int | None]:
    # The cache's own verbs take two round trips to count; its client does all of it in one.
    with cache._cache.get_client(write=True).pipeline(transaction=False) as pipe:
        for key, by in keys:
            pipe.incrby(cache.make_key(key.name), by)
            pipe.expire(cache.make_key(key.name), key.kept_s)
        if read:
            pipe.get(cache.make_key(read))
        answers: list[Any] = pipe.execute()
    found = answers.pop() if read else None
    return [int(answer) for answer in answers[::2]], None if found is None else int(found)


# --- in Django REST framework -----------------------------------------------------------------------------------------


class Throttle(BaseThrottle):
    """Counts what its credentials have not counted already, and what `throttle_scope` of the view names."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        plain: HttpRequest = request._request
        scope: str = getattr(view, "throttle_scope", "")
        counted = counted_of(plain)
        user = request.user
        if counted is not None:
            subject = counted.subject
        elif user is not None and user.is_authenticated:
            subject = Subject("user", str(user.pk))
        else:
            subject = address_of(plain)
        view.headers.update(check(plain, subject, *([scope] if scope else [])))
        return True
