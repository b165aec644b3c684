"""What a request rests on: If-Match for changes, If-None-Match for reading (RFC 9110 section 13)."""

import re

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.request import Request

TAG = re.compile(r'(W/)?"([!#-~]*)"')
VERSION = re.compile(r"[0-9]{1,18}")
NOTHING_HAS_THIS = -1


class VersionMissing(APIException):
    status_code = 428
    default_code = "version_missing"
    default_detail = _("A change needs the header If-Match with the ETag of what you read.")


class VersionMalformed(APIException):
    status_code = 400
    default_code = "version_malformed"
    default_detail = _("If-Match holds the ETag of what you read, in its quotes.")


def etag_of(version: int) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def expected_version(request: Request, current: int | None) -> int | None:
    """Return the version on which a change rests; None expects nothing (`*`).

    Of several that a client accepts, the one that is `current`, if it is among them. The service asks again, under its
    lock. Raises VersionMissing, VersionMalformed.
    """
    sent = request.headers.get("If-Match")
    if sent is None:
        raise VersionMissing
    if sent.strip() == "*":
        return None
    tags = [TAG.fullmatch(each.strip()) for each in sent.split(",")]
    if not all(tags):
        raise VersionMalformed
    # A weak tag is none to rest a change on; another resource's is no number of ours.
    versions = [int(tag[2]) if not tag[1] and VERSION.fullmatch(tag[2]) else NOTHING_HAS_THIS for tag in tags if tag]
    return current if current in versions else versions[0]


def is_known(request: HttpRequest | Request, etag: str) -> bool:
    """Tell whether the client has this already; a proxy that compresses makes the tag a weak one, which counts too."""
    sent = request.headers.get("If-None-Match", "")
    return sent.strip() == "*" or etag in {found[0].removeprefix("W/") for found in TAG.finditer(sent)}
