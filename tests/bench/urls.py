"""The product's addresses, and two answers that need no thought, through the same middleware and view class."""

import functools
import os
from pathlib import Path

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.views import APIView

from cnd.urls import handler400, handler403, handler404, handler500
from cnd.urls import urlpatterns as product

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@functools.cache
def body() -> bytes:
    """Return the bytes of the answer that the constant is compared with."""
    return Path(os.environ["BENCH_BODY"]).read_bytes()


class Constant(APIView):
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(body(), content_type="application/json")


class Empty(APIView):
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(status=304)


urlpatterns = [
    path("api/v1/bench/constant/", Constant.as_view()),
    path("api/v1/bench/empty/", Empty.as_view()),
    *product,
]
