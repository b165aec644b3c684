"""The administration of the ground: accounts can be made and changed, the journal can be read."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from cnd.actors import Actor, actor_for
from cnd.errors import DomainError
from cnd.models import (
    ApiToken,
    Cause,
    Chain,
    Checkpoint,
    Heartbeat,
    IdempotencyKey,
    JournalEntry,
    MailLane,
    Notice,
    NoticeText,
    PersonalDatum,
    ResourceVersion,
    User,
)
from cnd.users import PERSON, RIGHTS, change_user, create_user, is_superuser, reset_second_factor


def acting(request: HttpRequest) -> Actor:
    """Return who acts in the administration, where everybody is signed in."""
    assert isinstance(request.user, User)
    return actor_for(request.user)


def may_look(request: HttpRequest) -> bool:
    """Tell whether somebody may read here: staff of the secretariat, and superusers."""
    user = request.user
    return isinstance(user, User) and user.is_active and user.is_staff and (user.is_secretariat or user.is_superuser)


class ReadOnly(admin.ModelAdmin):
    """Something that services alone change: it is shown, never edited."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_look(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ThroughServices(ReadOnly):
    """Something of which a part can be done here: what a service refuses is said, and nothing was done."""

    def _saying(self, request: HttpRequest, act: Callable[[], HttpResponse]) -> HttpResponse:
        try:
            return act()
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        view = super().changeform_view
        return self._saying(request, lambda: view(request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        view = super().delete_view
        return self._saying(request, lambda: view(request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        view = super().changelist_view
        return self._saying(request, lambda: view(request, *args, **kwargs))


# --- accounts -------------------------------------------------------------------------------------------------------


class AccountForm(forms.ModelForm):
    """An account with its rights; the password, twice, may be left empty where there is one already."""

    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )
    password2 = forms.CharField(
        label=_("Password again"),
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = User
        fields = [*PERSON, *RIGHTS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        self.fields["password1"].required = self.fields["password2"].required = is_new

    def _post_clean(self) -> None:
        # After the instance has its values: a password may not resemble them.
        super()._post_clean()  # type: ignore[misc]
        password = self.cleaned_data.get("password1", "")
        if password != self.cleaned_data.get("password2", ""):
            self.add_error("password2", _("The two passwords differ."))
        elif password:
            try:
                validate_password(password, self.instance)
            except forms.ValidationError as fault:
                self.add_error("password1", fault)

    def facts(self) -> dict[str, Any]:
        """Return what the service is to set."""
        return {name: self.cleaned_data[name] for name in (*PERSON, *RIGHTS)}


@admin.register(User)
class UserAdmin(ThroughServices):
    """Accounts. None is removed: one that is no longer used is made inactive."""

    form = AccountForm
    list_display = ["username", "function", "role", "is_active", "is_staff", "is_superuser", "last_login"]
    list_filter = ["role", "is_active", "is_staff", "is_superuser"]
    search_fields = ["username", "first_name", "last_name", "email", "function"]
    ordering = ["username"]
    actions = ["take_second_factor"]
    fieldsets = [
        (None, {"fields": ["username", "password1", "password2"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("What the account may do"), {"fields": ["role", "function", "is_active", "is_staff", "is_superuser"]}),
    ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(acting(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(acting(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(acting(request))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        facts, password, actor = form.facts(), form.cleaned_data["password1"], acting(request)
        if change:
            change_user(user=obj, password=password, actor=actor, **facts)
        else:
            made = create_user(password=password, actor=actor, **facts)
            obj.pk = made.pk

    @admin.action(description=_("Take the second factor away, for who lost theirs"), permissions=["change"])
    def take_second_factor(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        for user in chosen:
            reset_second_factor(user=user, actor=acting(request))
        self.message_user(request, _("They set up another one when they sign in next."))


# --- the journal ----------------------------------------------------------------------------------------------------


@admin.register(Chain)
class ChainAdmin(ReadOnly):
    list_display = ["code", "is_rehearsal", "clock_offset_s", "last_number", "last_public_number"]
    list_filter = ["is_rehearsal"]
    search_fields = ["code"]


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnly):
    list_display = ["number", "chain", "at", "actor", "action", "subject", "reason"]
    list_filter = ["chain", "action"]
    list_select_related = ["chain"]
    search_fields = ["=actor", "action", "subject", "reason"]
    ordering = ["chain", "-number"]
    exclude = ["nonce"]


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnly):
    list_display = ["at", "chain", "number", "public_number", "seal"]
    list_filter = ["chain"]
    list_select_related = ["chain"]
    search_fields = ["seal"]


@admin.register(ResourceVersion)
class ResourceVersionAdmin(ReadOnly):
    list_display = ["resource", "chain", "audience", "version", "changed_at"]
    list_filter = ["chain", "audience"]
    list_select_related = ["chain"]
    search_fields = ["resource", "audience"]
    ordering = ["chain", "resource", "audience"]


@admin.register(PersonalDatum)
class PersonalDatumAdmin(ReadOnly):
    """Data of persons: for superusers alone; everybody else sees them where they are needed."""

    list_display = ["key", "chain", "erased_at"]
    list_filter = ["chain", ("erased_at", admin.EmptyFieldListFilter)]
    list_select_related = ["chain"]
    search_fields = ["key", "hash"]
    ordering = ["chain", "key"]
    exclude = ["salt"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(acting(request))


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    list_display = ["part", "seen_at"]


# --- the outbox, tokens and keys ------------------------------------------------------------------------------------


class ForSuperusers(ReadOnly):
    """Something about persons: for superusers alone."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(acting(request))


@admin.register(Cause)
class CauseAdmin(ReadOnly):
    list_display = ["key", "chain", "kind", "audience", "due_at", "state"]
    list_filter = ["chain", "kind", "state"]
    list_select_related = ["chain"]
    search_fields = ["key", "audience"]


@admin.register(Notice)
class NoticeAdmin(ForSuperusers):
    list_display = ["cause", "recipient", "channel", "state", "attempts", "next_attempt_at", "sent_at"]
    list_filter = ["channel", "state", "cause__kind"]
    list_select_related = ["cause", "recipient"]
    search_fields = ["cause__key", "recipient__username", "message_id"]


@admin.register(NoticeText)
class NoticeTextAdmin(ReadOnly):
    list_display = ["kind", "language", "chain", "subject"]
    list_filter = ["chain", "language"]
    list_select_related = ["chain"]
    search_fields = ["kind", "subject"]


@admin.register(MailLane)
class MailLaneAdmin(ReadOnly):
    list_display = ["number", "leased_until", "resting_until", "failures"]


@admin.register(ApiToken)
class ApiTokenAdmin(ForSuperusers):
    list_display = ["prefix", "user", "name", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    search_fields = ["prefix", "user__username", "name"]
    exclude = ["hash"]


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ForSuperusers):
    list_display = ["key", "owner", "status", "created_at"]
    search_fields = ["owner", "key"]
    exclude = ["headers", "body"]


# What belongs to the library of signing in is changed where its owner does it, never here.
for _model in [each for each in admin.site._registry if each._meta.app_config.name.startswith("allauth")]:
    admin.site.unregister(_model)
# Rights follow from role and memberships; groups of permissions would be a second, unused answer to the same question.
admin.site.unregister(Group)
