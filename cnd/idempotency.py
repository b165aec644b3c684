"""Writes that count once however often they are sent (draft-ietf-httpapi-idempotency-key-header-06).

A handler says so with one line:

    @idempotent
    def post(self, request: Request, code: str) -> Response: ...

The key is the first row of the write's own transaction and holds the answer: a process that dies leaves nothing, a
second sender waits for the first and gets the first one's answer. A refusal by a service is an answer and is kept too;
what was refused before it was tried (no permission, a malformed body, too many requests) is not, and neither is a
failure of ours.
"""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from cnd import clock
from cnd.api_auth import caller_of
from cnd.errors import DomainError, NotFound, NotPermitted
from cnd.models import IdempotencyKey, PersonalDatum
from cnd.problems import CONTENT_TYPE, told

HEADER = "Idempotency-Key"
# A structured field's string, as the draft has it, or the bare key that many clients send.
KEY = re.compile(r'"([ !#-\[\]-~]{1,128})"|([!#-+\--:<-\[\]-~]{1,128})')
SWEPT_AT_ONCE = 1000
NO_CONTENT = 204
"""An answer that never had a body: an empty one was not erased."""

Handler = Callable[..., HttpResponseBase]


class KeyMissing(APIException):
    status_code = 400
    default_code = "idempotency_key_missing"
    default_detail = _(
        "This write needs the header Idempotency-Key: a new random value, such as a UUID, for every new write, and the "
        "same one again when it is sent again."
    )


class KeyMalformed(APIException):
    status_code = 400
    default_code = "idempotency_key_malformed"
    default_detail = _("Idempotency-Key is one value of at most 128 letters, digits and signs, such as a UUID.")


class KeyReused(APIException):
    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = _("This Idempotency-Key belongs to another request; take a new one for a new write.")


class AnswerErased(APIException):
    status_code = 410
    default_code = "answer_erased"
    default_detail = _("This write was done. Its answer named a person whose data were erased since; read it anew.")


@dataclass
class Answer:
    """What is sent, and kept to be sent again."""

    status: int
    headers: dict[str, str]
    body: str
    personal: PersonalDatum | None = None

    def response(self) -> HttpResponse:
        response = HttpResponse(self.body, status=self.status, headers=self.headers)
        if self.status == NO_CONTENT:
            del response.headers["Content-Type"]
        return response


def idempotent(handler: Handler) -> Handler:
    """Have a write count once under its Idempotency-Key: required of POST, welcome with anything else.

    Where the answer names a person, the handler puts their PersonalDatum on its response as `personal`.
    """

    @functools.wraps(handler)
    def handled(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = key_of(request)
        if key is None:
            # One transaction too, so that the answer is what this write made of things and nothing newer.
            with transaction.atomic():
                return handler(view, request, *args, **kwargs)
        # Before the key is taken: a body that cannot be read is refused here.
        fingerprint = fingerprint_of(request)
        with transaction.atomic():
            row, is_new = IdempotencyKey.objects.get_or_create(
                owner=caller_of(request).reference,
                key=key,
                defaults={"request_hash": fingerprint, "created_at": clock.now()},
            )
            if not is_new:
                return _again(row, fingerprint)
            answer = _first(lambda: handler(view, request, *args, **kwargs))
            row.status, row.headers, row.body = answer.status, answer.headers, answer.body
            row.personal = answer.personal
            row.save(update_fields=["status", "headers", "body", "personal"])
        return answer.response()

    return handled


def key_of(request: Request) -> str | None:
    """Return the key that was sent, None where none is needed. Raises KeyMissing, KeyMalformed."""
    sent = request.headers.get(HEADER)
    if sent is None:
        if request.method == "POST":
            raise KeyMissing
        return None
    found = KEY.fullmatch(sent.strip())
    if found is None:
        raise KeyMalformed
    return found[1] or found[2]


def fingerprint_of(request: Request) -> str:
    """Return the hash of what makes a request this one: verb, address, what it rests on, and the members sent.

    With the service's own key, since somebody may be named in it: it must not tell a guess that it is right.
    """
    parts = [request.method, request.get_full_path(), request.headers.get("If-Match", ""), request.data]
    text = json.dumps(parts, sort_keys=True, default=_hashed)
    return salted_hmac("cnd.idempotency", text, algorithm="sha256").hexdigest()


def _hashed(content: bytes) -> str:
    """Stand in for a file that was sent, which is no JSON."""
    return hashlib.sha256(content).hexdigest()


def _first(handle: Callable[[], HttpResponseBase]) -> Answer:
    """Return the answer of a handler, or that of the service which refused."""
    try:
        with transaction.atomic():
            response = handle()
    except (NotFound, NotPermitted):
        raise  # nothing was tried, and tomorrow it may be permitted
    except DomainError as fault:
        body, headers = told(fault) or ({}, {})
        return Answer(fault.status, headers | {"Content-Type": CONTENT_TYPE}, _rendered(body))
    data = response.data if isinstance(response, Response) else None
    return Answer(
        response.status_code,
        dict(response.headers) | {"Content-Type": "application/json"},
        _rendered(data),
        getattr(response, "personal", None),
    )


def _rendered(data: Any) -> str:
    body: bytes = JSONRenderer().render(data)
    return body.decode()


def _again(row: IdempotencyKey, fingerprint: str) -> HttpResponse:
    if row.request_hash != fingerprint:
        raise KeyReused
    if not row.body and row.status != NO_CONTENT:
        raise AnswerErased
    response = Answer(row.status, row.headers, row.body).response()
    response.headers["Idempotent-Replayed"] = "true"
    return response


def forget_old_keys() -> None:
    """Remove what nobody will send again, some at a time; and the names that were being written as they were erased."""
    IdempotencyKey.objects.filter(personal__erased_at__isnull=False).exclude(body="").update(body="")
    old = IdempotencyKey.objects.filter(created_at__lt=clock.now() - timedelta(days=settings.IDEMPOTENCY_DAYS))
    some = list(old.order_by("created_at").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    if some:
        IdempotencyKey.objects.filter(pk__in=some).delete()
