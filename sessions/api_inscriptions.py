"""Inscriptions over the API: a focal point's own delegations, all of them for the secretariat (RULES 2)."""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django_filters import utils
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cnd.api import BoundedPages, refuse_unknown
from cnd.api_private import PrivateView
from cnd.arrival import arrival_of
from cnd.bodies import read
from cnd.errors import NotFound
from cnd.idempotency import idempotent
from cnd.preconditions import etag_of, expected_version
from cnd.versions import row_version
from sessions.filters import InscriptionFilter
from sessions.inscriptions_schema import CHANGED, INSCRIBED, LISTED, RESTORED, RETRIEVED, WITHDRAWN
from sessions.models import Delegation, GeneralDebate, Inscription
from sessions.models.debate import InscriptionQuerySet
from sessions.serializers_inscriptions import GROUP, ChangeShape, InscribeShape, InscriptionSerializer, ReasonShape
from sessions.services.access import audiences_of
from sessions.services.inscriptions import change_inscription, inscribe, undo_withdrawal, withdraw
from sessions.services.scopes import READ_INSCRIPTIONS, WRITE_INSCRIPTIONS

VERSION = row_version(
    chain="debate__session__chain",
    resource=("inscription/", "receipt_number"),
    audience=("delegation:", "delegation__code"),
)


class InscriptionsView(PrivateView):
    """What all addresses of inscriptions have in common."""

    scopes = {"GET": READ_INSCRIPTIONS, "POST": WRITE_INSCRIPTIONS, "PATCH": WRITE_INSCRIPTIONS}

    def debate(self) -> GeneralDebate:
        """Return the general debate of the session. Raises NotFound."""
        found = GeneralDebate.objects.select_related("session__chain").filter(session__code=self.kwargs["code"]).first()
        if found is None:
            raise NotFound("not_found", _("There is nothing at this address."))
        return found

    def visible(self) -> InscriptionQuerySet:
        """Return what the caller may know of, each with its version, in the order of receipt."""
        inscriptions = Inscription.objects.filter(debate__session__code=self.kwargs["code"])
        if not self.actor.is_secretariat:
            inscriptions = inscriptions.filter(delegation__memberships__user=self.actor.user)
        return (
            inscriptions.select_related("debate__session__chain", "delegation", "group", "speaker")
            .annotate(version=VERSION)
            .in_order_of_receipt()
        )

    def inscription(self, receipt: int) -> Any:
        """Return one of them. Raises NotFound, for somebody else's as for none at all."""
        found = self.visible().filter(receipt_number=receipt).first()
        if found is None:
            raise NotFound("no_such_inscription", _("There is no such inscription."))
        return found

    def told(self, receipt: int, *, status: int = 200) -> Response:
        """Return an inscription as it now stands, with its ETag."""
        inscription = self.inscription(receipt)
        response = Response(InscriptionSerializer(inscription).data, status=status)
        response.headers["ETag"] = etag_of(inscription.version)
        response.personal = inscription.speaker  # type: ignore[attr-defined]
        return response


class InscriptionList(InscriptionsView):
    """All that the caller may know of, in the order of receipt; and a new one."""

    pagination_class = BoundedPages

    @LISTED
    def get(self, request: Request, code: str) -> HttpResponseBase:
        refuse_unknown(request, frozenset({"page", "page_size", *InscriptionFilter.base_filters}))
        etag = self._etag()
        unchanged = self.unchanged(request, etag)
        if unchanged is not None:
            return unchanged
        asked = InscriptionFilter(request.query_params, queryset=self.visible(), request=request)
        if not asked.is_valid():
            raise utils.translate_validation(asked.errors)
        pages = self.pagination_class()
        rows: list[Any] | None = pages.paginate_queryset(asked.qs, request, view=self)
        response = pages.get_paginated_response(InscriptionSerializer(rows, many=True).data)
        response.headers["ETag"] = etag
        return response

    def _etag(self) -> str:
        session = self.debate().session
        resource = "roster" if self.actor.is_secretariat else "inscription"
        return self.etag_of_list(session.chain_id, resource, audiences_of(session, self.actor))

    @INSCRIBED
    @idempotent
    def post(self, request: Request, code: str) -> Response:
        debate = self.debate()
        given = read(InscribeShape, request.data)
        delegation = (
            Delegation.objects.with_code(debate.session, given.pop("delegation")).select_related("group").first()
        )
        if delegation is None:
            raise ValidationError({"delegation": [_("There is no such delegation in this session.")]})
        statement = Inscription.Statement.GROUP if given.pop("statement") == GROUP else ""
        made = inscribe(
            debate=debate,
            delegation=delegation,
            statement=statement,
            actor=self.actor,
            arrived_at=arrival_of(request._request),
            **given,
        )
        response = self.told(made.receipt_number, status=201)
        response.headers["Location"] = request.build_absolute_uri(
            reverse("api-inscription", args=[code, made.receipt_number])
        )
        return response


class InscriptionDetail(InscriptionsView):
    """One inscription, named by its receipt."""

    @RETRIEVED
    def get(self, request: Request, code: str, receipt: int) -> HttpResponseBase:
        response = self.told(receipt)
        return self.unchanged(request, response.headers["ETag"]) or response

    @CHANGED
    @idempotent
    def patch(self, request: Request, code: str, receipt: int) -> Response:
        inscription = self.inscription(receipt)
        expected = expected_version(request, inscription.version)
        given = read(ChangeShape, request.data)
        change_inscription(inscription=inscription, actor=self.actor, expected_version=expected, **given)
        return self.told(receipt)


class InscriptionStep(InscriptionsView):
    """Something done to an inscription as a whole."""

    step: Callable[..., Inscription]
    """The service."""

    def take(self, request: Request, receipt: int) -> Response:
        inscription = self.inscription(receipt)
        expected = expected_version(request, inscription.version)
        given = read(ReasonShape, request.data)
        self.step(inscription=inscription, actor=self.actor, expected_version=expected, **given)
        return self.told(receipt)


class InscriptionWithdrawal(InscriptionStep):
    step = staticmethod(withdraw)

    @WITHDRAWN
    @idempotent
    def post(self, request: Request, code: str, receipt: int) -> Response:
        return self.take(request, receipt)


class InscriptionRestoration(InscriptionStep):
    step = staticmethod(undo_withdrawal)

    @RESTORED
    @idempotent
    def post(self, request: Request, code: str, receipt: int) -> Response:
        return self.take(request, receipt)
