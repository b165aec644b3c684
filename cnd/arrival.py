"""When a request reached the server: the moment by which open or closed is judged (RULES 1; DESIGN)."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from cnd import clock

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

STAMP = "cnd.arrived_at"
MOST_BACK = timedelta(seconds=60)
"""An older start than this is the fault of a clock or of a client, and is not believed."""
# Seconds since 1970, optionally less the seconds for which the proxy has had the request: nginx knows the moment of
# the first byte as the difference of the two.
START = re.compile(r"(?:t=)?(\d{10}\.\d{1,6})(?:-(\d{1,4}\.\d{1,6}))?")


class Arrivals:
    """The first line of the WSGI stack: write down when the request came, before anything else is done."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[STAMP] = clock.now()
        return self._application(environ, start_response)


def arrival_of(request: HttpRequest) -> datetime:
    """Return the real time at which the request reached the server, or the proxy in front of it.

    `X-Request-Start` counts only if one of TRUSTED_PROXIES sent the request, and only up to a minute back.
    """
    stamped: datetime | None = request.META.get(STAMP)
    at = stamped or clock.now()
    header = request.META.get("HTTP_X_REQUEST_START", "")
    if header and is_trusted_proxy(request.META.get("REMOTE_ADDR", "")):
        started = _start(header)
        if started is not None and timedelta(0) <= at - started <= MOST_BACK:
            return started
    return at


def is_trusted_proxy(address: str) -> bool:
    """Tell whether this is the address of a proxy of ours."""
    return is_within(address, settings.TRUSTED_PROXIES)


def is_within(address: str, networks: Iterable[Any]) -> bool:
    """Tell whether an address, as the server saw it, lies in one of these networks."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


def _start(header: str) -> datetime | None:
    match = START.fullmatch(header.strip())
    if match is None:
        return None
    return datetime.fromtimestamp(float(match[1]), UTC) - timedelta(seconds=float(match[2] or 0))
