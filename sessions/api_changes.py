"""Everything public that changed, in order, for a client that was away: the dense public sequence of the journal."""

import re
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from cnd import clock
from cnd.api import VersionedView, whole_number
from cnd.models import Chain, JournalEntry, ResourceVersion
from cnd.polling import Version, one_row
from sessions.public_schema import CHANGES, described
from sessions.serializers import ChangesShape

MOST = 500
USUAL = 100
HIGHEST = 2**63 - 1

# The number and the moment of the last public change; of sessions alone, not of accounts and tokens.
VERSION = """
SELECT chain.last_public_number, CAST(entry.at AS TEXT) FROM cnd_sessions_meetingsession session
JOIN cnd_chain chain ON chain.id = session.chain_id LEFT JOIN cnd_journalentry entry
ON entry.chain_id = chain.id AND entry.public_number = chain.last_public_number WHERE session.code = %s
"""

Address = tuple[re.Pattern[str], str]

ADDRESSES: list[Address] = [
    (re.compile(r"session"), "api-session"),
    (re.compile(r"slots"), "api-slots"),
    (re.compile(r"speakers"), "api-speakers"),
    (re.compile(r"rules"), "api-rules"),
    (re.compile(r"draws"), "api-draws"),
    (re.compile(r"draws/(?P<attempt>\d+)"), "api-draw"),
]
"""Where a public resource of a session is read, by its name."""


def register_addresses(*addresses: Address) -> None:
    """Have further public resources be found: a pattern of names, whose groups are arguments of the view named."""
    ADDRESSES.extend(each for each in addresses if each not in ADDRESSES)


def address_of(code: str, resource: str) -> str | None:
    """Return the path at which a public resource is read, None for what nobody can read by itself."""
    for name, view in ADDRESSES:
        found = name.fullmatch(resource)
        if found:
            return reverse(view, kwargs={"code": code, **found.groupdict()})
    return None


SINCE = OpenApiParameter(
    "since",
    {"type": "integer", "format": "int64", "minimum": 0, "maximum": HIGHEST, "default": 0},
    description="The number of the last change you know; 0 for all there ever were.",
)
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    description="How many changes at most.",
)


class Changes(VersionedView):
    """The public changes after a number, in order, without gap and without double.

    A number is given under the lock of the chain's row and with it, so that whoever sees one sees all before it.
    """

    parameters = frozenset({"since", "limit"})

    @classmethod
    def version(cls, kwargs: dict[str, Any]) -> Version | None:
        return one_row(VERSION, [kwargs["code"]])

    @described("changes_list", ChangesShape, "What changed in public since a number", CHANGES, SINCE, LIMIT)
    def get(self, request: Request, code: str) -> HttpResponse:
        return self.answer(request, lambda: self.body(request, code))

    def body(self, request: Request, code: str) -> dict[str, Any]:
        """Return the changes with the head; beyond it there are none."""
        since = whole_number(request, "since", least=0, most=HIGHEST, default=0)
        limit = whole_number(request, "limit", least=1, most=MOST, default=USUAL)
        # The head first: all up to it were committed before or with it.
        chain = Chain.objects.get(meeting_session__code=code)
        last = chain.last_public_number
        entries = JournalEntry.objects.filter(chain=chain, public_number__gt=since, public_number__lte=last)
        rows: list[tuple[Any, ...]] = list(
            entries.order_by("public_number").values_list("public_number", "at", "session_at", "resources")[:limit]
        )
        end: int = rows[-1][0] if rows else since
        following = urlencode({"since": end, **({"limit": limit} if limit != USUAL else {})})
        return {
            "session": code,
            "since": since,
            "last": last,
            "next": request.build_absolute_uri(f"{request.path}?{following}") if end < last else None,
            "results": [
                {
                    "number": number,
                    "at": clock.rfc3339(at),
                    "session_at": clock.rfc3339(session_at),
                    "resources": self.touched(request, code, resources),
                }
                for number, at, session_at, resources in rows
            ],
        }

    @staticmethod
    def touched(request: Request, code: str, resources: list[list[str]]) -> list[dict[str, Any]]:
        """Return the public ones among the resources that an entry touched."""
        names = sorted(name for name, audience in resources if audience == ResourceVersion.PUBLIC)
        paths = {name: address_of(code, name) for name in names}
        return [{"name": name, "url": path and request.build_absolute_uri(path)} for name, path in paths.items()]
