"""The groups' quotas: proposed by rule, confirmed or overridden by staff before the announcement (RULES 2)."""

from collections.abc import Mapping

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid, Refused
from cnd.models import ResourceVersion
from sessions.domain.quotas import propose_quotas
from sessions.models import GeneralDebate, Inscription, Quota, RegionalGroup
from sessions.services.inscriptions import locked
from sessions.services.list_events import standing_drawing
from sessions.services.rules import rule_book


def inscribed_by_group(debate: GeneralDebate) -> dict[str, int]:
    """Return for every group how many of its delegations stand inscribed for a national statement."""
    standing = Q(
        inscriptions__debate=debate,
        inscriptions__statement=Inscription.Statement.NATIONAL,
        inscriptions__withdrawn_at__isnull=True,
    )
    groups = RegionalGroup.objects.filter(session=debate.session_id).order_by("code")
    return dict(groups.annotate(inscribed=Count("inscriptions", filter=standing)).values_list("code", "inscribed"))


def proposed_quotas(debate: GeneralDebate) -> dict[str, int]:
    """Return the quotas proposed for what is inscribed now, by group code."""
    return propose_quotas(rule_book(debate.session).integer("debate", "slots"), inscribed_by_group(debate))


def confirmed_quotas(debate: GeneralDebate) -> dict[str, int]:
    """Return the confirmed quotas by group code; empty as long as staff confirmed none."""
    return dict(debate.quotas.order_by("group__code").values_list("group__code", "slots"))


def confirm_quotas(*, debate: GeneralDebate, quotas: Mapping[str, int], actor: Actor, reason: str = "") -> None:
    """Confirm a quota for every group. Overriding the proposal needs a reason. The same again changes nothing.

    Raises Invalid when a group is missing or unknown, or the sum is not the number of slots; Refused once announced.
    """
    require_secretariat(actor)
    with journal.decision(
        debate.session.chain, action="confirm_quotas", subject="quotas", actor=actor, reason=reason
    ) as draft:
        debate = locked(debate)
        if standing_drawing(debate):
            raise Refused("announced", _("The quotas stand as announced."))
        groups = {group.code: group for group in RegionalGroup.objects.filter(session=debate.session_id)}
        if set(quotas) != set(groups):
            raise Invalid("groups_unfit", _("There must be one quota for each regional group."))
        slots = rule_book(debate.session).integer("debate", "slots")
        if any(quota < 0 for quota in quotas.values()):
            raise Invalid("quota_negative", _("A quota cannot be below zero."))
        if sum(quotas.values()) != slots:
            raise Invalid(
                "quotas_sum",
                _("The quotas sum to %(sum)d; there are %(slots)d slots, so %(fault)s.")
                % {"sum": sum(quotas.values()), "slots": slots, "fault": _fault(slots - sum(quotas.values()))},
            )
        before = confirmed_quotas(debate)
        if dict(quotas) != proposed_quotas(debate) and dict(quotas) != before and not reason.strip():
            raise Invalid(
                "reason_missing",
                _("These differ from the proposal; say why."),
                fields={"reason": [_("These differ from the proposal; say why.")]},
            )
        Quota.objects.bulk_create(
            [Quota(debate=debate, group=groups[code], slots=number) for code, number in sorted(quotas.items())],
            update_conflicts=True,
            unique_fields=["debate", "group"],
            update_fields=["slots"],
        )
        draft.change("quotas", before, dict(sorted(quotas.items())))
        draft.touch("quotas", audience=ResourceVersion.STAFF)


def _fault(missing: int) -> str:
    if missing > 0:
        return _("%(n)d are still to be given") % {"n": missing}
    return _("%(n)d are too many") % {"n": -missing}
