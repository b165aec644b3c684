from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sessions.models.session import MeetingSession, Named


class RegionalGroup(Named):
    """One of the regional groups; who chairs it is recorded by staff."""

    session = models.ForeignKey(MeetingSession, on_delete=models.PROTECT, related_name="groups")
    code = models.SlugField(_("code"), max_length=32)
    chair = models.ForeignKey(
        "Delegation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="chairs",
        verbose_name=_("chair"),
    )

    class Meta:
        ordering = ["session", "code"]
        constraints = [models.UniqueConstraint(fields=["session", "code"], name="group_code_once")]

    def __str__(self) -> str:
        return self.code


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def with_code(self, session: MeetingSession, code: str) -> "DelegationQuerySet":
        return self.filter(session=session, code=code)

    def represented_by(self, user_id: int) -> "DelegationQuerySet":
        return self.filter(memberships__user_id=user_id)


class Delegation(Named):
    """A participant of one session: a Member State, an observer, an organisation."""

    class Kind(models.TextChoices):
        MEMBER_STATE = "member_state", _("Member State")
        OBSERVER_STATE = "observer_state", _("Observer State")
        OBSERVER_ORGANIZATION = "observer_organization", _("Observer organisation")
        UN_ENTITY = "un_entity", _("United Nations entity")
        IGO = "igo", _("Intergovernmental organisation")
        NGO = "ngo", _("Non-governmental organisation")

    session = models.ForeignKey(MeetingSession, on_delete=models.PROTECT, related_name="delegations")
    code = models.CharField(_("code"), max_length=16, help_text=_("ISO 3166 alpha-2 for States."))
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    group = models.ForeignKey(
        RegionalGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("group")
    )

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["session", "code"]
        constraints = [
            models.UniqueConstraint(fields=["session", "code"], name="delegation_code_once"),
            models.CheckConstraint(
                condition=Q(kind="member_state", group__isnull=False)
                | (~Q(kind="member_state") & Q(group__isnull=True)),
                name="only_member_states_have_a_group",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Membership(models.Model):
    """A user who acts for a delegation."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    delegation = models.ForeignKey(Delegation, on_delete=models.CASCADE, related_name="memberships")
    visited_at = models.DateTimeField(_("last visit, real time"), null=True, blank=True)
    previous_visit_at = models.DateTimeField(
        _("visit before that, real time"), null=True, blank=True, help_text=_("What is newer is shown as new.")
    )

    class Meta:
        ordering = ["delegation", "user"]
        constraints = [models.UniqueConstraint(fields=["user", "delegation"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.delegation_id}"


class Invitation(models.Model):
    """A link by which a person takes up their account and acts for a delegation; the link itself is not kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="invitations")
    delegation = models.ForeignKey(Delegation, on_delete=models.CASCADE, related_name="invitations")
    nonce = models.CharField(max_length=32, unique=True, help_text=_("Made anew whenever it is sent: older links die."))
    times_sent = models.PositiveSmallIntegerField(_("times sent"), default=1)
    sent_at = models.DateTimeField(_("sent, real time"))
    expires_at = models.DateTimeField(_("valid until, real time"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        ordering = ["delegation", "-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "delegation"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one_open_invitation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.delegation_id}"
