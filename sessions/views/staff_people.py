"""Who acts for which delegation: shown by delegation, invited one by one, revoked."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd import clock
from sessions.forms.fields import ReasonForm
from sessions.forms.people import InviteForm, PeopleFilter
from sessions.models import Delegation, Invitation, Membership, RegionalGroup
from sessions.services.invitations import invite, resend_invitation, revoke_invitation, valid_for
from sessions.services.memberships import revoke_membership
from sessions.views.staff_base import StaffAction, StaffForm, StaffPage

PER_PAGE = 50


class People(StaffPage):
    template_name = "sessions/staff/people.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        groups = list(RegionalGroup.objects.filter(session=self.meeting_session))
        form = PeopleFilter(self.request.GET, session=self.meeting_session, groups=groups)
        page = Paginator(form.applied(), PER_PAGE).get_page(self.request.GET.get("page"))
        opened = Invitation.objects.filter(accepted_at__isnull=True, revoked_at__isnull=True)
        shown = Delegation.objects.filter(pk__in=[each.pk for each in page]).order_by("code")
        delegations = shown.prefetch_related(
            Prefetch("memberships", Membership.objects.select_related("user").order_by("pk")),
            Prefetch("invitations", opened.select_related("user").order_by("pk"), to_attr="open_invitations"),
        )
        of_session = Membership.objects.filter(delegation__session=self.meeting_session, user__is_active=True)
        return super().get_context_data(
            form=form,
            page_obj=page,
            delegations=delegations,
            now=clock.now(),
            count_of_people=of_session.values("user").distinct().count(),
            count_of_invited=opened.filter(delegation__session=self.meeting_session).count(),
            **kwargs,
        )


class Invite(StaffForm):
    template_name = "sessions/staff/people_invite.html"
    form_class = InviteForm
    success_page = "people"

    def get_initial(self) -> dict[str, Any]:
        return {"delegation": self.request.GET.get("delegation", ""), "language": "en"}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"session": self.meeting_session}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(hours=int(valid_for().total_seconds() // 3600), **kwargs)

    def perform(self, form: InviteForm) -> str:
        given = form.cleaned_data
        delegation = form.delegations[given.pop("delegation")]
        invited = invite(delegation=delegation, actor=self.actor, **given)
        said = {"address": invited.user.email, "name": delegation.name}
        if invited.invitation is None and invited.is_new:
            return _("%(address)s has an account, and may now act for %(name)s.") % said
        if invited.invitation is None:
            return _("%(address)s acts for %(name)s already; nothing has changed.") % said
        return _("A link is on its way to %(address)s, to act for %(name)s.") % said


class OfInvitation:
    """What is done to one invitation of this session."""

    kwargs: dict[str, Any]

    @cached_property
    def invitation(self) -> Invitation:
        return get_object_or_404(
            Invitation.objects.select_related("user", "delegation__session"),
            pk=self.kwargs["pk"],
            delegation__session__code=self.kwargs["code"],
        )


class ResendInvitation(OfInvitation, StaffAction):
    success_page = "people"

    def act(self) -> str:
        resend_invitation(invitation=self.invitation, actor=self.actor)
        return _("Another link is on its way to %(address)s; the one before opens nothing any more.") % {
            "address": self.invitation.user.email
        }


class RevokeInvitation(OfInvitation, StaffAction):
    success_page = "people"

    def act(self) -> str:
        revoke_invitation(invitation=self.invitation, actor=self.actor)
        return _("The link of %(address)s opens nothing any more.") % {"address": self.invitation.user.email}


class RevokeMembership(StaffForm):
    template_name = "sessions/staff/people_revoke.html"
    form_class = ReasonForm
    success_page = "people"

    @cached_property
    def membership(self) -> Membership:
        return get_object_or_404(
            Membership.objects.select_related("user", "delegation__session"),
            pk=self.kwargs["pk"],
            delegation__session=self.meeting_session,
        )

    @property
    def who(self) -> str:
        return self.membership.user.get_full_name() or self.membership.user.get_username()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"is_required": False}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        delegation: Delegation = self.membership.delegation
        losses = [
            _("%(who)s acts for %(name)s no longer.") % {"who": self.who, "name": delegation.name},
            _("What was done for the delegation stays. The account stays too, with its other delegations."),
        ]
        return super().get_context_data(who=self.who, delegation=delegation, losses=losses, **kwargs)

    def perform(self, form: ReasonForm) -> str:
        said = {"who": self.who, "name": self.membership.delegation.name}
        revoke_membership(membership=self.membership, actor=self.actor, reason=form.cleaned_data["reason"])
        return _("%(who)s acts for %(name)s no longer.") % said
