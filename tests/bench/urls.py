"""The product's addresses, and answers that need no thought: through the whole stack, and where polls are answered."""

import functools
import os
from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.views import APIView

from cnd import polling
from cnd.urls import handler400, handler403, handler404, handler500
from cnd.urls import urlpatterns as product

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

ETAG = f'"{"0" * 32}"'
POLLED = "/api/v1/bench/polled/"


@functools.cache
def body() -> bytes:
    """Return the bytes of the answer that the constant is compared with."""
    return Path(os.environ["BENCH_BODY"]).read_bytes()


class Constant(APIView):
    def get(self, request: Request) -> HttpResponse:
        return polling.whole(body(), ETAG)


class Empty(APIView):
    def get(self, request: Request) -> HttpResponse:
        return polling.unchanged(ETAG)


class ConstantsWherePollsAreAnswered:
    """A middleware right behind the one that answers polls."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(POLLED):
            is_empty = request.path_info.endswith("/empty/")
            return polling.unchanged(ETAG) if is_empty else polling.whole(body(), ETAG)
        return self.get_response(request)


urlpatterns = [
    path("api/v1/bench/constant/", Constant.as_view()),
    path("api/v1/bench/empty/", Empty.as_view()),
    *product,
]
