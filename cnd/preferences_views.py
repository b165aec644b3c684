"""The page of one's preferences, and the language in which the pages come to whoever has just signed in."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from cnd.actors import actor_for
from cnd.errors import Invalid
from cnd.inbox_views import OwnMixin
from cnd.models import User
from cnd.preferences import change_preferences, optional_kinds, time_zones

REGION_NAMES = {
    "Africa": gettext_lazy("Africa"),
    "America": gettext_lazy("Americas"),
    "Antarctica": gettext_lazy("Antarctica"),
    "Arctic": gettext_lazy("Arctic Ocean"),
    "Asia": gettext_lazy("Asia"),
    "Atlantic": gettext_lazy("Atlantic Ocean"),
    "Australia": gettext_lazy("Australia"),
    "Europe": gettext_lazy("Europe"),
    "Indian": gettext_lazy("Indian Ocean"),
    "Pacific": gettext_lazy("Pacific Ocean"),
}


def _zone_choices() -> list[Any]:
    choices: list[Any] = [("", _("That of my device")), ("UTC", "UTC")]
    for region, names in time_zones().items():
        if region:
            places = [(name, name.partition("/")[2].replace("_", " ")) for name in names]
            choices.append((REGION_NAMES[region], places))
    return choices


def _language_choices() -> list[tuple[str, str]]:
    """Return every language under its own name: whoever needs it reads that."""
    return [
        (code, str(translation.get_language_info(code)["name_local"]).capitalize()) for code, _n in settings.LANGUAGES
    ]


class PreferencesForm(forms.Form):
    """Everything that is one's own choice."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=_language_choices,
        help_text=gettext_lazy("Of the mails you get and, after you sign in, of the pages."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Your time zone"),
        choices=_zone_choices,
        required=False,
        help_text=gettext_lazy("Shown beside the meeting’s own time, on the pages and in mails."),
    )
    channels = forms.ChoiceField(
        label=gettext_lazy("Where notices reach you"), choices=User.Channels.choices, widget=forms.RadioSelect
    )
    wanted_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Optional notices by e-mail"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What is not ticked is not mailed; it still stands in your inbox here."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.optional = {kind.code: kind.title for kind in optional_kinds()}
        if self.optional:
            self.fields["wanted_kinds"].choices = list(self.optional.items())  # type: ignore[attr-defined]
        else:
            del self.fields["wanted_kinds"]

    @classmethod
    def of(cls, user: User) -> dict[str, Any]:
        """Return what the form shows at first."""
        return {
            "language": user.language,
            "time_zone": user.time_zone,
            "channels": user.channels,
            "wanted_kinds": [kind.code for kind in optional_kinds() if kind.code not in user.muted_kinds],
        }

    @property
    def muted_kinds(self) -> list[str]:
        return [code for code in self.optional if code not in self.cleaned_data["wanted_kinds"]]


class Preferences(OwnMixin, FormView):
    template_name = "account/preferences.html"
    form_class = PreferencesForm

    def get_initial(self) -> dict[str, Any]:
        return PreferencesForm.of(self.user)

    def form_valid(self, form: PreferencesForm) -> HttpResponse:
        given = form.cleaned_data
        try:
            user = change_preferences(
                user=self.user,
                language=given["language"],
                time_zone=given["time_zone"],
                channels=given["channels"],
                muted_kinds=form.muted_kinds,
                actor=actor_for(self.user),
            )
        except Invalid as fault:
            for name, errors in fault.fields.items():
                form.add_error(name if name in form.fields else None, list(errors))
            return self.form_invalid(form)
        with translation.override(user.language):
            messages.success(self.request, _("Your preferences are saved."))
        response = redirect("preferences")
        set_page_language(response, user.language)
        return response

    def form_invalid(self, form: PreferencesForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


# --- the language of the pages ----------------------------------------------------------------------------------------


def set_page_language(response: HttpResponse, language: str) -> None:
    """Have the pages come in this language from the next one on, as the language menu does."""
    same_site: Any = settings.LANGUAGE_COOKIE_SAMESITE
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=same_site,
    )


def _remember_language(request: HttpRequest | None, user: User, **_more: Any) -> None:
    # A language chosen in the menu of this very browser counts more than the account's.
    if request is not None and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        request.language_of_reader = user.language  # type: ignore[attr-defined]


user_logged_in.connect(_remember_language, dispatch_uid="cnd.language_of_reader")


class LanguageOfReader:
    """Let the pages come in the account's language to whoever has just signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        language = getattr(request, "language_of_reader", "")
        if language:
            set_page_language(response, language)
        return response
