"""What every resource of the API shares: bounded pages, known parameters, and versions that make polling cheap."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from cnd import polling
from cnd.errors import NotFound

MOST_PAGES = 1_000_000


def whole_number(request: Request, name: str, *, least: int, most: int, default: int) -> int:
    """Return a parameter of the query that is a whole number. Raises ValidationError naming it and its bounds."""
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 20 and least <= int(given) <= most):
        raise ValidationError(
            {name: [_("A whole number from %(least)d to %(most)d is expected.") % {"least": least, "most": most}]}
        )
    return int(given)


def refuse_unknown(request: Request, known: frozenset[str]) -> None:
    """Refuse parameters that the operation does not have. Raises ValidationError naming each.

    A misspelt filter that is ignored looks like an answer.
    """
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise ValidationError({name: [_("There is no such parameter.")] for name in unknown})


class BoundedPages(PageNumberPagination):
    """Pages of 200, at most 500, in the stable order of the queryset."""

    page_size = 200
    page_size_query_param = "page_size"
    max_page_size = 500

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return whole_number(request, self.page_query_param, least=1, most=MOST_PAGES, default=1)

    def get_page_size(self, request: Request) -> int:
        return whole_number(request, "page_size", least=1, most=self.max_page_size, default=self.page_size)


class VersionedView(APIView):
    """A public resource of one chain whose body is a function of its version.

    `cnd.polling` answers what it can, in the reader's language; here bodies are built. They hold instants, never what
    a clock would change.
    """

    resource = ""
    parameters: frozenset[str] = frozenset()
    """The names that may stand in the query."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view = super().as_view(**initkwargs)
        view.polled = cls  # type: ignore[attr-defined]
        return view

    @classmethod
    def resource_name(cls, kwargs: dict[str, Any]) -> str:
        """Return the resource whose version this is; `resource` unless the path names more."""
        return cls.resource

    @classmethod
    def version(cls, kwargs: dict[str, Any]) -> polling.Version | None:
        """Return the public version, or None when there is no such resource."""
        return polling.version_of(kwargs["code"], cls.resource_name(kwargs))

    def answer(self, request: Request, build: Callable[[], Any]) -> HttpResponse:
        """Return 304, the kept body, or what `build` makes, under one ETag."""
        refuse_unknown(request, self.parameters)
        plain: HttpRequest = request._request
        asked = polling.asked_for(type(self), self.kwargs, plain)
        if asked is None:
            raise NotFound("not_found", _("There is nothing at this address."))

        made = polling.built_once(
            asked.etag, lambda: JSONRenderer().render(build()), lambda: self.version(self.kwargs) == asked.version
        )
        is_known = polling.is_known(plain, asked.etag) or polling.is_any_known(plain)
        return polling.unchanged(asked.etag) if is_known else polling.whole(made, asked.etag)
