"""The portal's inbox: every notice of a user, of all sessions, in the page's language. Reading it marks nothing."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from cnd.errors import NotFound
from cnd.inbox import mark_all_read, mark_read, mark_unread, unread_count
from cnd.models import Chain, Notice, User
from cnd.outbox.kinds import kinds, letterhead
from cnd.outbox.texts import Worded, paragraphs_of, word

logger = logging.getLogger(__name__)

PAGE = 15
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Shown:
    """One notice as the reader sees it."""

    notice: Notice
    subject: str
    paragraphs: list[SafeString]
    link: str
    """A path of this service, or empty where there is no page or the text names it already."""
    session: str
    time_zone: str
    at: datetime
    """Session time at which it fell due: that of its telling would move with the clock of a rehearsal."""
    is_rehearsal: bool


def shown(notice: Notice, user: User) -> Shown:
    """Word a notice for its reader, in the language that is active."""
    cause = notice.cause
    worded = _worded(notice, user, get_language() or user.language)
    head = letterhead(cause.chain)
    return Shown(
        notice=notice,
        subject=worded.subject,
        paragraphs=paragraphs_of(worded),
        link="" if worded.link in worded.body else worded.link.removeprefix(settings.SITE_URL),
        session=head.title,
        time_zone=head.time_zone or user.time_zone or "UTC",
        at=cause.due_at,
        is_rehearsal=cause.chain.is_rehearsal,
    )


def _worded(notice: Notice, user: User, language: str) -> Worded:
    cause = notice.cause
    try:
        return word(cause, user, language=language)
    except Exception as fault:
        # Whatever a kind's own code raises: nobody is kept from the other notices, nor from the page they stand on.
        logger.error("notice %s cannot be worded: %s", notice.pk, type(fault).__name__)
        title = next((str(kind.title) for kind in kinds() if kind.code == cause.kind), cause.kind)
        said = _("The text could not be made (%(fault)s).") % {"fault": type(fault).__name__}
        return Worded(title, said, "", language)


def all_shown(notices: Iterable[Notice], user: User, chains: dict[int, Chain] | None = None) -> list[Shown]:
    """Word notices for their reader. Those of one chain share one, and so what the chain knows of its session."""
    chains = chains if chains is not None else {}
    made = []
    for notice in notices:
        notice.cause.chain = chains.setdefault(notice.cause.chain_id, notice.cause.chain)
        made.append(shown(notice, user))
    return made


class OwnMixin(LoginRequiredMixin, View):
    """A page of whoever is signed in, kept by no cache."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    @property
    def user(self) -> User:
        return cast(User, self.request.user)


class Inbox(OwnMixin, TemplateView):
    template_name = "account/inbox.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        notices = Notice.objects.inbox(self.user).select_related("cause__chain")
        page: Page[Notice] = Paginator(notices, PAGE).get_page(self.request.GET.get("page"))
        newest = notices.values_list("pk", flat=True).order_by("-pk").first()
        return super().get_context_data(
            page_obj=page,
            shown=all_shown(page, self.user),
            newest=newest,
            unread=unread_count(self.user),
            **kwargs,
        )


class MarkAll(OwnMixin):
    """Mark as read what the reader's page could show, and nothing that came since."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        given = request.POST.get("up_to", "")
        up_to = int(given) if given.isascii() and given.isdigit() else 0
        count = mark_all_read(user=self.user, up_to=min(up_to, LARGEST_ID))
        messages.success(
            request,
            ngettext("%(num)d notice marked as read.", "%(num)d notices marked as read.", count) % {"num": count},
        )
        return redirect("inbox")


class Mark(OwnMixin):
    """Mark one notice as read or unread. Somebody else's is as if there were none."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, notice: int) -> HttpResponse:
        change = mark_unread if request.POST.get("as") == "unread" else mark_read
        try:
            change(notice_id=min(notice, LARGEST_ID), user=self.user)
        except NotFound as fault:
            raise Http404(str(fault)) from fault
        page = request.POST.get("page", "")
        query = f"?page={page}" if page.isascii() and page.isdigit() else ""
        return redirect(f"{reverse('inbox')}{query}#notice-{notice}")
