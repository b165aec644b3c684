"""What every page of the secretariat shares: who may see it, which session it is of, and how a refusal is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView, View
from django.views.generic.base import ContextMixin

from cnd.actors import Actor, actor_for
from cnd.errors import DomainError
from cnd.models import User
from sessions.models import GeneralDebate, MeetingSession
from sessions.services.inscriptions import locked

Result = TypeVar("Result")


def tried(do: Callable[[], Result]) -> Result:
    """Do something, keep what it returned and undo it: a preview that every rule of the service has a say in.

    Raises whatever the service raises.
    """
    with transaction.atomic():
        result = do()
        transaction.set_rollback(True)
    return result


def tell_refusal(form: BaseForm, fault: DomainError) -> None:
    """Put what a service refused beside the fields it names, and above the form what it names none for."""
    beside = {name: errors for name, errors in fault.fields.items() if name in form.fields and errors}
    for name, errors in beside.items():
        for error in errors:
            form.add_error(name, error)
    if not beside:
        for error in [error for errors in fault.fields.values() for error in errors] or [str(fault)]:
            form.add_error(None, error)


def carrying(form: BaseForm, **values: str) -> None:
    """Have a form that was sent carry other values in its hidden fields when it is shown again."""
    data = cast(QueryDict, form.data).copy()
    for name, value in values.items():
        data[name] = value
    form.data = data


class StaffMixin(ContextMixin, View):
    """A page below a session's code that only staff of the secretariat may open."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Ask who it is before anything else, and show a service's refusal as a page."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not self.actor.is_secretariat:
            raise PermissionDenied
        try:
            response = super().dispatch(request, *args, **kwargs)
        except DomainError as fault:
            # Not what the page itself shows: that may be the very thing that was refused.
            context = StaffMixin.get_context_data(self, fault=fault)
            response = TemplateResponse(request, "sessions/staff/refused.html", context, status=fault.status)
        # Going back must not show a state of things that has passed, nor somebody else's screen.
        add_never_cache_headers(response)
        return response

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    @property
    def actor(self) -> Actor:
        return actor_for(self.user)

    @cached_property
    def meeting_session(self) -> MeetingSession:
        sessions = MeetingSession.objects.select_related("chain", "debate")
        return get_object_or_404(sessions, code=self.kwargs["code"])

    @cached_property
    def debate(self) -> GeneralDebate:
        """The general debate; 404 where the session has none."""
        debate = getattr(self.meeting_session, "debate", None)
        if debate is None:
            raise Http404("no general debate")
        return cast(GeneralDebate, debate)

    @contextmanager
    def lock(self) -> Iterator[GeneralDebate]:
        """Hold the lock of the debate, so that what a stale screen showed is compared with what is true now."""
        with transaction.atomic():
            yield locked(self.debate)

    def back(self, name: str, *args: Any) -> HttpResponse:
        """Redirect to another page of this session."""
        return redirect(f"sessions:{name}", self.kwargs["code"], *args)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session = self.meeting_session
        return super().get_context_data(
            meeting_session=session,
            debate=getattr(session, "debate", None),
            tz=session.time_zone,
            session_now=session.session_now,
            **kwargs,
        )


class StaffPage(StaffMixin, TemplateView):
    """A page that is read."""


class StaffForm(StaffMixin, FormView):
    """A page with a form, whose `perform` calls one service and says what was done."""

    success_page = ""

    def perform(self, form: Any) -> str:
        """Call the service and return the sentence that tells what was done."""
        raise NotImplementedError

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            said = self.perform(form)
        except DomainError as fault:
            return self.refuse(form, fault)
        if said:
            messages.success(self.request, said)
        return self.done()

    def done(self) -> HttpResponse:
        """Go where one sees what was done."""
        return self.back(self.success_page)

    def refuse(self, form: Any, fault: DomainError) -> HttpResponse:
        """Show the form again, as it was filled in, with what the service refused."""
        tell_refusal(form, fault)
        return self.render_to_response(self.get_context_data(form=form), status=fault.status)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class StaffAction(StaffMixin):
    """A button: `act` calls one service; what it did or refused is told on the page one comes back to."""

    http_method_names = ["post"]
    success_page = ""

    def act(self) -> str:
        """Call the service and return the sentence that tells what was done."""
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            messages.success(request, self.act())
        except DomainError as fault:
            messages.error(request, str(fault))
        return self.back(self.success_page)
