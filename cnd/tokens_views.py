"""One's own tokens: what there is, a new one, shown once, and the end of one."""

from datetime import datetime
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView, TemplateView

from cnd import clock
from cnd.actors import actor_for
from cnd.errors import DomainError
from cnd.inbox_views import OwnMixin
from cnd.models import ApiToken, User
from cnd.tokens import DAYS, LONGEST_NAME, create_token, known_scopes, revoke_token, scopes_for

SHOWN_AT_ONCE = 100
EXAMPLE = "Authorization: Bearer cnd_…"


class TokenForm(forms.Form):
    """What a new token is for, may do, and how long."""

    name = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=LONGEST_NAME,
        help_text=gettext_lazy("So that you know it again, such as “Door displays”."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("On your behalf, and never more than you may do yourself."),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("How long it is valid"), coerce=int, initial=90, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(scope.code, scope.title) for scope in scopes_for(user)]  # type: ignore[attr-defined]
        self.fields["days"].choices = [  # type: ignore[attr-defined]
            (days, ngettext("%(days)d day", "%(days)d days", days) % {"days": days}) for days in DAYS
        ]


class Tokens(OwnMixin, TemplateView):
    """One's own tokens, those that count first."""

    template_name = "account/tokens.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now, titles = clock.now(), known_scopes()
        tokens = list(ApiToken.objects.filter(user=self.user)[:SHOWN_AT_ONCE])
        rows = [
            {
                "token": token,
                "state": state_of(token, now),
                "scopes": [titles[code].title if code in titles else code for code in token.scopes],
            }
            for token in tokens
        ]
        rows.sort(key=lambda row: row["state"] != "valid")
        return super().get_context_data(rows=rows, tz=self.user.time_zone or "UTC", **kwargs)


def state_of(token: ApiToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "valid" if token.expires_at > now else "expired"


@method_decorator(reauthentication_required(app="account"), name="get")
@method_decorator(reauthentication_required(app="account"), name="post")
class NewToken(OwnMixin, FormView):
    """Make a token, by whoever has just shown who they are; the answer to the form is the only page that shows it."""

    template_name = "account/token_new.html"
    form_class = TokenForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.user}

    def form_valid(self, form: TokenForm) -> HttpResponse:
        given = form.cleaned_data
        try:
            token, text = create_token(
                user=self.user,
                name=given["name"],
                scopes=given["scopes"],
                days=given["days"],
                actor=actor_for(self.user),
            )
        except DomainError as fault:
            for name, errors in (fault.fields or {"": [str(fault)]}).items():
                form.add_error(name if name in form.fields else None, list(errors))
            return self.form_invalid(form)
        context = {"token": token, "text": text, "header": EXAMPLE, "tz": self.user.time_zone or "UTC"}
        return render(self.request, "account/token_made.html", context)

    def form_invalid(self, form: TokenForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class RevokeToken(OwnMixin, TemplateView):
    """Ask once more, then end a token."""

    template_name = "account/token_revoke.html"

    def token(self) -> ApiToken:
        """Return the token that the address names. Anybody else's is as if there were none: 404."""
        found = ApiToken.objects.filter(user=self.user, pk=self.kwargs["token"]).first()
        if found is None:
            raise Http404("no such token, or none of yours")
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs | {"token": self.token()})

    def post(self, request: HttpRequest, token: int) -> HttpResponse:
        revoked = revoke_token(token=self.token(), actor=actor_for(self.user))
        messages.success(request, _("The token %(begins)s… is revoked.") % {"begins": revoked.prefix})
        return redirect("api-tokens")
