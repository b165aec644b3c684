"""The public register of receipts: first come, first served can be checked by everyone (RULES 5)."""

from typing import Any

from django.http import HttpResponse
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request

from cnd.models import ResourceVersion
from cnd.polling import Version, one_row
from logistics.applications_schema import REGISTER
from logistics.filters import ReceiptFilter
from logistics.models import Application, EventKind
from logistics.serializers_applications import ReceiptSerializer
from logistics.services.positions import positions_in
from logistics.services.windows import terms_of
from sessions.api import PagedView
from sessions.services.rules import rule_book

# What the register shows follows from the rules too: whether names are in it, and who stands before whom.
VERSION = """
SELECT CAST(SUM(version.version) AS BIGINT), COUNT(*), CAST(MAX(version.changed_at) AS TEXT)
FROM cnd_resourceversion version JOIN cnd_chain chain ON chain.id = version.chain_id
WHERE chain.code = %s AND version.resource IN ('receipts', 'rules') AND version.audience = %s
"""


class ReceiptList(PagedView):
    """All receipts of a session, kind by kind, in order of their numbers."""

    serializer_class = ReceiptSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = ReceiptFilter
    parameters = frozenset({"page", "page_size", "kind", "state"})
    queryset = Application.objects.none()

    @classmethod
    def version(cls, kwargs: dict[str, Any]) -> Version | None:
        found = one_row(VERSION, [kwargs["code"], ResourceVersion.PUBLIC])
        return found if found and found[1] else None

    def get_queryset(self) -> Any:
        received = Application.objects.filter(
            kind__session__code=self.kwargs["code"], receipt_number__isnull=False
        ).select_related("kind", "organiser")
        return received.only(
            "kind__code",
            "kind__position",
            "organiser__code",
            "receipt_number",
            "receipt_at",
            "content_sha256",
            "state",
            "decided_at",
        ).order_by("kind__position", "kind__code", "receipt_number")

    def get_serializer_context(self) -> dict[str, Any]:
        kinds = list(EventKind.objects.filter(session__code=self.kwargs["code"]).select_related("session"))
        book = rule_book(kinds[0].session) if kinds else None
        terms = {kind.pk: terms_of(kind, book) for kind in kinds}
        positions: dict[int, int] = {}
        for kind in kinds:
            positions.update(positions_in(kind, terms[kind.pk]))
        return {
            **super().get_serializer_context(),
            "positions": positions,
            "shown_at_receipt": {pk for pk, each in terms.items() if each.shows_organiser_at_receipt},
        }

    @REGISTER
    def get(self, request: Request, code: str) -> HttpResponse:
        return self.answer(request, self.page)
