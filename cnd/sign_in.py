"""What the sign-in page offers in the demonstration: an app that has such accounts registers where they come from."""

from collections.abc import Callable, Iterable
from typing import Protocol

from django.conf import settings


class DemoSignIn(Protocol):
    """An account that exists only in the demonstration."""

    @property
    def username(self) -> str: ...

    @property
    def password(self) -> str: ...

    @property
    def function(self) -> str:
        """What whoever signs in with it is, such as “Conference officer A”."""


Provider = Callable[[], Iterable[DemoSignIn]]

_providers: list[Provider] = []


def register_demo_sign_ins(provider: Provider) -> None:
    """Have the sign-in page offer what `provider()` returns, in the demonstration alone. Again: changes nothing."""
    if provider not in _providers:
        _providers.append(provider)


def demo_sign_ins() -> list[DemoSignIn]:
    """Return the sign-ins to offer; none unless this is the demonstration."""
    if settings.CND_ENV != "demo":
        return []
    return [sign_in for provider in _providers for sign_in in provider()]
