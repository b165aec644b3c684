"""The administration of the meeting: everything can be read; who acts for a delegation can be granted and revoked."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cnd.admin import ReadOnly, ThroughServices, acting
from cnd.models import User
from sessions.models import (
    Delegation,
    Drawing,
    DrawSource,
    GeneralDebate,
    Inscription,
    Invitation,
    ListEvent,
    ListVersion,
    Lot,
    Meeting,
    MeetingSession,
    Membership,
    NumbersEntry,
    Quota,
    RegionalGroup,
    Rule,
    RuleCorrection,
    Segment,
    Slot,
)
from sessions.services.draw import latest_numbers
from sessions.services.memberships import grant_membership, may_grant, revoke_membership

# --- who may act for whom -------------------------------------------------------------------------------------------


class DelegationChoice(forms.ModelChoiceField):
    def label_from_instance(self, delegation: Any) -> str:
        return f"{delegation.session.code} {delegation.code} {delegation.name}"


class MembershipForm(forms.ModelForm):
    """Somebody with an account of a delegation, and the delegation."""

    user = forms.ModelChoiceField(
        label=_("User"), queryset=User.objects.filter(role=User.Role.DELEGATION, is_active=True).order_by("username")
    )
    delegation = DelegationChoice(label=_("Delegation"), queryset=Delegation.objects.select_related("session"))

    class Meta:
        model = Membership
        fields = ["user", "delegation"]


@admin.register(Membership)
class MembershipAdmin(ThroughServices):
    """Granted and revoked, never changed: another delegation is another membership."""

    form = MembershipForm
    list_display = ["user", "delegation", "name", "session"]
    list_filter = ["delegation__session"]
    list_select_related = ["user", "delegation__session"]
    search_fields = ["user__username", "delegation__code"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and may_grant(acting(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request) and may_grant(acting(request))

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        obj.pk = grant_membership(user=obj.user, delegation=obj.delegation, actor=acting(request)).pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        revoke_membership(membership=obj, actor=acting(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset.select_related("delegation__session"):
            revoke_membership(membership=membership, actor=acting(request))

    @admin.display(description=_("name"))
    def name(self, membership: Membership) -> str:
        return membership.delegation.name

    @admin.display(description=_("session"))
    def session(self, membership: Membership) -> str:
        return membership.delegation.session.code


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    """Sent and revoked on the secretariat's page of people; here they are read."""

    list_display = ["user", "delegation", "times_sent", "sent_at", "expires_at", "accepted_at", "revoked_at"]
    list_filter = ["delegation__session"]
    list_select_related = ["user", "delegation__session"]
    search_fields = ["user__username", "delegation__code"]
    exclude = ["nonce"]


# --- the session ----------------------------------------------------------------------------------------------------


@admin.register(MeetingSession)
class MeetingSessionAdmin(ReadOnly):
    list_display = ["code", "name", "time_zone", "is_rehearsal"]
    list_select_related = ["chain"]
    search_fields = ["code", "names"]

    @admin.display(description=_("rehearsal"), boolean=True)
    def is_rehearsal(self, session: MeetingSession) -> bool:
        return session.is_rehearsal


@admin.register(Segment)
class SegmentAdmin(ReadOnly):
    list_display = ["code", "name", "session", "opens_on", "closes_on"]
    list_filter = ["session"]
    list_select_related = ["session"]
    search_fields = ["code", "names"]


@admin.register(Meeting)
class MeetingAdmin(ReadOnly):
    list_display = ["number", "segment", "opens_at", "closes_at"]
    list_filter = ["segment__session"]
    list_select_related = ["segment"]
    search_fields = ["segment__code"]


@admin.register(RegionalGroup)
class RegionalGroupAdmin(ReadOnly):
    list_display = ["code", "name", "session", "chair"]
    list_filter = ["session"]
    list_select_related = ["session", "chair"]
    search_fields = ["code", "names"]


@admin.register(Delegation)
class DelegationAdmin(ReadOnly):
    list_display = ["code", "name", "kind", "group", "session"]
    list_filter = ["session", "kind", "group"]
    list_select_related = ["session", "group"]
    search_fields = ["=code", "names"]


@admin.register(Rule)
class RuleAdmin(ReadOnly):
    list_display = ["name", "title", "value", "unit", "is_default", "is_deadline", "session"]
    list_filter = ["session", "scope", "is_default", "is_deadline"]
    list_select_related = ["session"]
    search_fields = ["scope", "key", "title"]


@admin.register(RuleCorrection)
class RuleCorrectionAdmin(ReadOnly):
    list_display = ["rule", "number", "old_value", "new_value", "at", "by", "reason"]
    list_filter = ["rule__session"]
    list_select_related = ["rule", "by"]
    search_fields = ["rule__scope", "rule__key", "reason"]


# --- the general debate ---------------------------------------------------------------------------------------------


@admin.register(GeneralDebate)
class GeneralDebateAdmin(ReadOnly):
    list_display = ["session", "last_receipt_number", "last_receipt_at"]
    list_select_related = ["session"]


@admin.register(Inscription)
class InscriptionAdmin(ReadOnly):
    list_display = ["receipt_number", "delegation", "statement", "group", "level", "receipt_at", "withdrawn_at"]
    list_filter = ["debate__session", "statement", "level", "group", ("withdrawn_at", admin.EmptyFieldListFilter)]
    list_select_related = ["delegation", "group"]
    search_fields = ["=delegation__code", "delegation__names"]


@admin.register(Quota)
class QuotaAdmin(ReadOnly):
    list_display = ["group", "slots", "session"]
    list_filter = ["debate__session"]
    list_select_related = ["group", "debate__session"]
    search_fields = ["group__code"]

    @admin.display(description=_("session"))
    def session(self, quota: Quota) -> str:
        return quota.debate.session.code


@admin.register(Slot)
class SlotAdmin(ReadOnly):
    list_display = ["number", "status", "group", "delegation", "level", "place", "updated_at"]
    list_filter = ["debate__session", "status", "group", "level"]
    list_select_related = ["group", "delegation"]
    search_fields = ["=number", "=delegation__code"]


# --- the drawing of lots --------------------------------------------------------------------------------------------


@admin.register(Drawing)
class DrawingAdmin(ReadOnly):
    list_display = ["attempt", "session", "state", "is_rehearsal", "announced_at", "draw_at", "drawn_at", "ended_at"]
    list_filter = ["debate__session", "state", "is_rehearsal"]
    list_select_related = ["debate__session"]
    search_fields = ["announcement_sha256", "bundle_sha256"]

    @admin.display(description=_("session"))
    def session(self, drawing: Drawing) -> str:
        return drawing.debate.session.code


@admin.register(DrawSource)
class DrawSourceAdmin(ReadOnly):
    list_display = ["drawing", "position", "kind", "not_before", "deadline", "obtained_at", "failed_at"]
    list_filter = ["kind", "drawing__debate__session"]
    list_select_related = ["drawing"]
    search_fields = ["=drawing__attempt"]
    # Before its instant nobody may know a seed; from then on it stands in the value.
    exclude = ["secret"]


@admin.register(NumbersEntry)
class NumbersEntryAdmin(ReadOnly):
    list_display = ["source", "by", "shown_numbers", "at"]
    list_select_related = ["source", "by"]
    search_fields = ["by__username"]
    fields = ["source", "by", "shown_numbers", "at"]

    @admin.display(description=_("numbers"))
    def shown_numbers(self, entry: NumbersEntry) -> Any:
        """Show what was entered only once a second person has entered it too (RULES 3)."""
        return entry.numbers if len(latest_numbers(entry.source)) == 2 else _("not yet shown")


@admin.register(Lot)
class LotAdmin(ReadOnly):
    list_display = ["rank", "delegation", "group", "group_rank", "lot", "drawing"]
    list_filter = ["drawing__debate__session", "group"]
    list_select_related = ["delegation", "group", "drawing"]
    search_fields = ["=delegation__code", "lot"]


@admin.register(ListEvent)
class ListEventAdmin(ReadOnly):
    list_display = ["number", "drawing", "kind", "facts", "session_at", "cancelled_at"]
    list_filter = ["drawing__debate__session", "kind"]
    list_select_related = ["drawing"]
    search_fields = ["kind"]


@admin.register(ListVersion)
class ListVersionAdmin(ReadOnly):
    list_display = ["number", "drawing", "session_at", "sha256"]
    list_filter = ["drawing__debate__session"]
    list_select_related = ["drawing"]
    search_fields = ["sha256"]
