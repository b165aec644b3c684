"""Versions of resources as their readers name them: ETags, and what a change may rest on (RFC 9110 section 13)."""

from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.errors import DomainError
from cnd.models import Chain, ResourceVersion


class Outdated(DomainError):
    """Somebody was faster: what the change rests on is no longer how things stand."""

    status = 412
    title = gettext_lazy("Changed meanwhile")


def version_of(chain: Chain, resource: str, audience: str) -> int:
    """Return the version of a resource for an audience; 0 when it was never touched for it."""
    found = ResourceVersion.objects.filter(chain=chain, resource=resource, audience=audience)
    return found.values_list("version", flat=True).first() or 0


def row_version(*, chain: str, resource: tuple[str, str], audience: tuple[str, str]) -> Coalesce:
    """Return what gives every row of a query its version, 0 when it was never touched, in the statement that reads it.

    A version read after its row could be newer than what it is said to be the version of. `chain` is the path from the
    row to it; a resource and an audience are named by a beginning and the path to what follows.
    """
    found = ResourceVersion.objects.filter(
        chain=OuterRef(chain),
        resource=Concat(Value(resource[0]), Cast(OuterRef(resource[1]), CharField())),
        audience=Concat(Value(audience[0]), OuterRef(audience[1])),
    )
    return Coalesce(Subquery(found.values("version")[:1]), 0)


def require_version(chain: Chain, resource: str, audience: str, expected: int | None) -> None:
    """Raise Outdated unless `expected` is still the version; None expects nothing. Call it inside the lock."""
    if expected is not None and version_of(chain, resource, audience) != expected:
        raise Outdated("outdated", _("This was changed since you read it. Read it again, then decide anew."))
