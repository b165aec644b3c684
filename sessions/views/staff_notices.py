"""The notices of a session: what is coming, what was told and how far that is, what could not be delivered."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cnd.errors import DomainError
from cnd.journal import SYSTEM
from cnd.models import Cause, Notice, User
from cnd.outbox.delivery import resend
from cnd.outbox.kinds import kind_of, kinds, recipients
from cnd.users import system_chain
from sessions.forms.fields import ReasonForm
from sessions.forms.notices import NoticesFilter
from sessions.models import MeetingSession, Membership
from sessions.services.audiences import AUDIENCES, audiences_for_messages
from sessions.services.rule_titles import title_of
from sessions.services.sending import (
    STUCK,
    cancel_cause,
    reinstate_cause,
    resend_stuck,
)
from sessions.views.staff_base import StaffAction, StaffForm, StaffMixin, StaffPage

PER_PAGE = 25
RECIPIENTS_PER_PAGE = 100
COMING_SHOWN = 10
State = Notice.State


def kind_title(code: str) -> str:
    """Return a kind in words; one that is no longer known by its code."""
    try:
        return str(kind_of(code).title)
    except KeyError:
        return code


@dataclass(frozen=True)
class Words:
    """What is needed to put causes into words. Seven queries."""

    session: MeetingSession
    audiences: Mapping[str, str]
    rules: Mapping[str, str]
    people: Mapping[str, str]

    @classmethod
    def of(cls, session: MeetingSession, causes: Iterable[Cause]) -> "Words":
        named = {audience.name: str(audience.title) for audience in AUDIENCES}
        rules = session.rules.only("session", "scope", "key", "title")
        users = User.objects.filter(pk__in=[each.audience[5:] for each in causes if each.audience.startswith("user:")])
        return cls(
            session,
            named | dict(audiences_for_messages(session)),
            {rule.name: title_of(rule) for rule in rules},
            {f"user:{user.pk}": user.get_full_name() or user.get_username() for user in users},
        )

    def told(self, cause: Cause) -> dict[str, Any]:
        """Return a cause in words: what, about what, to whom, when by the session's clock."""
        # The chain of accounts has no clock of its own.
        is_own = cause.chain_id == self.session.chain_id
        to_session = (lambda at: at) if is_own else self.session.chain.to_session
        return {
            "cause": cause,
            "is_own": is_own,
            "title": kind_title(cause.kind),
            "about": self._about(cause.context),
            "audience": self._audience(cause.audience),
            "at": to_session(cause.due_at),
            "worth_until": to_session(cause.worth_until) if cause.worth_until else None,
        }

    def _about(self, context: Mapping[str, Any]) -> str:
        subject = context.get("subject")
        if isinstance(subject, dict):
            return next(iter(subject.values()), "")
        return self.rules.get(str(context.get("rule")), "")

    def _audience(self, audience: str) -> str:
        name = audience.partition(":")[0]
        if name == "user":
            return self.people.get(audience, "")
        return self.audiences.get(audience) or self.audiences.get(name, "")


def progress_of(causes: Iterable[Cause]) -> dict[int, Counter[str]]:
    """Return for each cause how many notices are in which state. One query."""
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    notices = Notice.objects.filter(cause__in=[each.pk for each in causes]).order_by()
    for cause_id, state, count in notices.values_list("cause_id", "state").annotate(Count("pk")):
        counted[cause_id][state] = count
    return counted


def told_progress(counts: Counter[str]) -> dict[str, Any]:
    """Return the states of a cause's notices as the pages show them."""
    going = sum(count for state, count in counts.items() if state != State.CANCELLED)
    return {
        "total": sum(counts.values()),
        "going": going,
        "stuck": sum(counts[state] for state in STUCK),
        "is_under_way": counts[State.WAITING] > 0,
        **{str(state): counts[state] for state in State.values},
    }


def parked_by_chain(session: MeetingSession) -> tuple[int, int]:
    """Return how many mails of this session, and how many of accounts, could not be delivered. One query."""
    parked = Notice.objects.filter(state=State.PARKED)
    counts = parked.aggregate(
        own=Count("pk", filter=Q(cause__chain=session.chain)),
        of_accounts=Count("pk", filter=Q(cause__chain__code=SYSTEM)),
    )
    return counts["own"], counts["of_accounts"]


class Notices(StaffPage):
    template_name = "sessions/staff/notices.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.htmx:  # type: ignore[attr-defined]
            self.template_name = "sessions/staff/_notices.html"
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session = self.meeting_session
        form = NoticesFilter(
            self.request.GET,
            kinds=sorted(((kind.code, str(kind.title)) for kind in kinds()), key=lambda pair: pair[1]),
            delegations=[(str(each.pk), each.name) for each in session.delegations.order_by("code")],
        )
        chain = system_chain() if form.is_of_accounts else session.chain
        causes = form.applied(Cause.objects.filter(chain=chain))
        coming: list[Cause] = []
        if not form.is_filtering:
            waiting = causes.filter(state=Cause.State.WAITING)
            coming = list(waiting.order_by("due_at", "pk")[:COMING_SHOWN])
            causes = causes.exclude(state=Cause.State.WAITING)
        page = Paginator(causes, PER_PAGE).get_page(self.request.GET.get("page"))
        shown = list(page.object_list)
        words = Words.of(session, [*coming, *shown])
        parked = parked_by_chain(session)
        context = super().get_context_data(
            form=form,
            page_obj=page,
            coming=self._told(coming, words),
            coming_count=Cause.objects.filter(chain=session.chain, state=Cause.State.WAITING).count(),
            rows=self._told(shown, words),
            parked=parked[0],
            parked_of_accounts=parked[1],
            **kwargs,
        )
        context["is_under_way"] = any(row["progress"]["is_under_way"] for row in context["rows"])
        return context

    def _told(self, causes: list[Cause], words: Words) -> list[dict[str, Any]]:
        counts = progress_of(causes)
        now: dict[str, int] = {}
        for cause in causes:
            if cause.state == Cause.State.WAITING and cause.audience not in now:
                now[cause.audience] = len(recipients(self.meeting_session.chain, cause.audience))
        return [
            words.told(cause) | {"progress": told_progress(counts[cause.pk]), "people": now.get(cause.audience)}
            for cause in causes
        ]


class CauseMixin(StaffMixin):
    """A page of one cause, of this session or of accounts."""

    @cached_property
    def cause(self) -> Cause:
        chains = [self.meeting_session.chain, system_chain()]
        return get_object_or_404(Cause.objects.select_related("chain"), chain__in=chains, pk=self.kwargs["pk"])

    def back_to_cause(self) -> HttpResponse:
        """Go where one sees what became of it."""
        return self.back("notices-of", self.kwargs["pk"])


class CausePage(CauseMixin, StaffPage):
    """One cause with everyone it goes to, and how far it is; while it is under way the page asks for news."""

    template_name = "sessions/staff/notices_of.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.htmx:  # type: ignore[attr-defined]
            if request.GET.get("seen") == self.seen:
                return HttpResponse(status=204)
            self.template_name = "sessions/staff/_notices_of.html"
        return super().get(request, *args, **kwargs)

    @cached_property
    def counts(self) -> Counter[str]:
        return progress_of([self.cause])[self.cause.pk]

    @property
    def seen(self) -> str:
        """What two looks at the progress are compared by."""
        return f"{self.cause.state}-" + "-".join(f"{state}{count}" for state, count in sorted(self.counts.items()))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session, cause = self.meeting_session, self.cause
        notices = Notice.objects.filter(cause=cause).select_related("recipient")
        state = self.request.GET.get("state", "")
        if state in State.values:
            notices = notices.filter(state=state)
        ordered = notices.order_by("recipient__username", "channel")
        page = Paginator(ordered, RECIPIENTS_PER_PAGE).get_page(self.request.GET.get("page"))
        shown = list(page.object_list)
        is_coming = cause.state == Cause.State.WAITING
        progress = told_progress(self.counts)
        return super().get_context_data(
            **Words.of(session, [cause]).told(cause),
            chain=session.chain,
            progress=progress,
            seen=self.seen,
            state=state if state in State.values else "",
            states=[
                {"code": code, "title": label, "count": self.counts[code]}
                for code, label in State.choices
                if self.counts[code]
            ],
            page_obj=page,
            rows=self._rows(shown),
            people=len(recipients(session.chain, cause.audience)) if is_coming else None,
            can_cancel=is_coming or progress["waiting"] or progress["parked"],
            can_reinstate=cause.is_withheld,
            **kwargs,
        )

    def _rows(self, notices: list[Notice]) -> list[dict[str, Any]]:
        acting = Membership.objects.filter(
            user__in=[each.recipient_id for each in notices], delegation__session=self.meeting_session
        ).select_related("delegation")
        to_session = self.meeting_session.chain.to_session
        of_user: dict[int, list[Any]] = defaultdict(list)
        for each in acting.order_by("delegation__code"):
            of_user[each.user_id].append(each.delegation)
        return [
            {
                "notice": each,
                "delegations": of_user[each.recipient_id],
                "is_stuck": each.state in STUCK,
                "sent_at": to_session(each.sent_at) if each.sent_at else None,
                "next_at": to_session(each.next_attempt_at) if each.next_attempt_at else None,
            }
            for each in notices
        ]


class CancelCause(CauseMixin, StaffForm):
    """Cancel what is not sent yet, with a reason."""

    template_name = "sessions/staff/notices_cancel.html"
    form_class = ReasonForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "reason_help": _("It stands in the journal for ever: name nobody here."),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        progress = told_progress(progress_of([self.cause])[self.cause.pk])
        words = Words.of(self.meeting_session, [self.cause])
        return super().get_context_data(**words.told(self.cause), progress=progress, **kwargs)

    def perform(self, form: ReasonForm) -> str:
        is_coming = self.cause.state == Cause.State.WAITING
        count = cancel_cause(cause=self.cause, reason=form.cleaned_data["reason"], actor=self.actor)
        if is_coming:
            return _("Cancelled: nobody will be told.")
        said = ngettext("Cancelled: one notice will not go out.", "Cancelled: %(n)d notices will not go out.", count)
        return said % {"n": count}

    def done(self) -> HttpResponse:
        return self.back_to_cause()


class CauseAction(CauseMixin, StaffAction):
    """A button on the page of a cause."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            messages.success(request, self.act())
        except DomainError as fault:
            messages.error(request, str(fault))
        return self.back_to_cause()


class ReinstateCause(CauseAction):
    """Take a cancellation back."""

    def act(self) -> str:
        reinstate_cause(cause=self.cause, actor=self.actor)
        return _("The cancellation is taken back.")


class ResendStuck(CauseAction):
    """Send everything of a cause again that was not delivered."""

    def act(self) -> str:
        count = resend_stuck(cause=self.cause, actor=self.actor)
        return ngettext("One notice is sent again.", "%(n)d notices are sent again.", count) % {"n": count}


class Resend(CauseAction):
    """Send one notice again."""

    def act(self) -> str:
        notice = get_object_or_404(
            Notice.objects.select_related("cause__chain", "recipient"), cause=self.cause, pk=self.kwargs["notice"]
        )
        resend(notice=notice, actor=self.actor)
        return _("It is sent again to %(who)s.") % {"who": notice.recipient.get_username()}
