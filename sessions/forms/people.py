"""Forms about who acts for which delegation."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from cnd.models import User
from sessions.forms.csv_file import PreviewedForm
from sessions.forms.roster import plain
from sessions.models import Delegation, Invitation, MeetingSession, Membership, RegionalGroup
from sessions.services.invitations import LONGEST_NAME


class PeopleFilter(forms.Form):
    """Which delegations are shown. Nothing here is ever an error: what is not known filters nothing."""

    class Having:
        NOBODY, INVITED, ACCESS = "nobody", "invited", "access"

    q = forms.CharField(label=_("Search"), required=False, max_length=100, help_text=_("Name or code"))
    group = forms.ChoiceField(label=_("Group"), required=False)
    having = forms.ChoiceField(
        label=_("Focal points"),
        required=False,
        choices=[
            ("", _("All delegations")),
            (Having.NOBODY, _("Nobody has access yet")),
            (Having.INVITED, _("Somebody is invited")),
            (Having.ACCESS, _("Somebody has access")),
        ],
    )

    def __init__(self, *args: Any, session: MeetingSession, groups: list[RegionalGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        named = [(group.code, group.name) for group in groups]
        self.fields["group"] = forms.ChoiceField(
            label=_("Group"), required=False, choices=[("", _("All groups")), *named]
        )

    @property
    def is_filtering(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("q", "group", "having"))

    def applied(self) -> QuerySet[Delegation]:
        """Return the delegations asked for, by code."""
        self.is_valid()
        asked = self.cleaned_data
        found = Delegation.objects.filter(session=self.session).order_by("code")
        has_access = Exists(Membership.objects.filter(delegation=OuterRef("pk"), user__is_active=True))
        is_invited = Exists(
            Invitation.objects.filter(delegation=OuterRef("pk"), accepted_at__isnull=True, revoked_at__isnull=True)
        )
        if asked.get("group"):
            found = found.filter(group__code=asked["group"])
        if asked.get("having") == self.Having.NOBODY:
            found = found.filter(~has_access)
        elif asked.get("having") == self.Having.INVITED:
            found = found.filter(is_invited)
        elif asked.get("having") == self.Having.ACCESS:
            found = found.filter(has_access)
        if asked.get("q"):
            wanted = plain(asked["q"])
            named = [
                each.pk
                for each in found
                if each.code.casefold() == wanted or any(wanted in plain(str(name)) for name in each.names.values())
            ]
            found = found.filter(pk__in=named)
        return found


class InviteForm(forms.Form):
    """A focal point to be invited."""

    delegation = forms.ChoiceField(label=_("Delegation"))
    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    language = forms.ChoiceField(label=_("Language of the mails"), choices=settings.LANGUAGES, initial="en")

    def __init__(self, *args: Any, session: MeetingSession, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delegations = {each.code: each for each in Delegation.objects.filter(session=session)}
        by_name = sorted(self.delegations.values(), key=lambda each: (plain(each.name), each.code))
        self.fields["delegation"] = forms.ChoiceField(
            label=_("Delegation"),
            choices=[("", _("Choose a delegation")), *((each.code, f"{each.name} ({each.code})") for each in by_name)],
        )
        self.order_fields(["delegation", "name", "email", "language"])


class PeopleConfirmForm(PreviewedForm):
    """Confirms that exactly those who were previewed are invited."""

    salt = "sessions.people-import"


class TakeUpForm(forms.Form):
    """The first password of an account, twice."""

    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )
    password2 = forms.CharField(
        label=_("Password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password1(self) -> str:
        """Refuse a password that is too easily guessed."""
        password = str(self.cleaned_data["password1"])
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        """Have both be the same."""
        given = super().clean() or {}
        if given.get("password1") and given.get("password2") != given["password1"]:
            self.add_error("password2", _("The two passwords differ."))
        return given
