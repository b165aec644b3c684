"""What a service refuses, in words its user can act on. Pages and the API both translate these, nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A refusal with a stable code, a sentence for people, and the HTTP status that tells it to machines."""

    status = 409
    title = _("Refused")

    def __init__(
        self,
        code: str,
        message: str,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = {name: list(errors) for name, errors in (fields or {}).items()}
        self.details = dict(details or {})
        """What the sentence rests on, for machines and a reader's own time zone: aware datetimes, numbers, texts."""

    def __str__(self) -> str:
        return str(self.message)


class Refused(DomainError):
    """The state of things does not allow it: too late, already done, full."""


class Invalid(DomainError):
    """What was given is wrong; `fields` names every fault."""

    status = 422
    title = _("Not valid")


class NotPermitted(DomainError):
    """The acting user may not do this to this object."""

    status = 403
    title = _("Not permitted")


class NotFound(DomainError):
    """There is no such thing, or none that the acting user may know of."""

    status = 404
    title = _("Not found")
