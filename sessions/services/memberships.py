"""Who acts for which delegation: granted and revoked, each time with an entry in the system's chain."""

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor
from cnd.errors import NotPermitted, Refused
from cnd.models import Cause, ResourceVersion, User
from cnd.outbox.telling import cancel_for
from cnd.users import is_superuser, system_chain
from sessions.models import Delegation, Membership


def may_grant(actor: Actor) -> bool:
    """Tell whether the actor may say who acts for a delegation: the secretariat, or a superuser."""
    return actor.is_secretariat or is_superuser(actor)


def grant_membership(*, user: User, delegation: Delegation, actor: Actor, reason: str = "") -> Membership:
    """Let a user act for a delegation. Again: changes nothing.

    Raises NotPermitted; Refused for an account of the secretariat, which acts for all of them already.
    """
    require_may_grant(actor)
    with journal.decision(
        system_chain(), action="grant_membership", subject=f"user:{user.pk}", actor=actor, reason=reason
    ) as draft:
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        return enter_membership(draft, user=user, delegation=delegation)


def enter_membership(draft: journal.Draft, *, user: User, delegation: Delegation) -> Membership:
    """Enter in a decision that a locked user acts for a delegation; who decides answers for being allowed to.

    Raises Refused for an account of the secretariat.
    """
    if not user.has_delegation:
        raise Refused("not_of_a_delegation", _("An account of the secretariat is of no delegation."))
    membership, is_new = Membership.objects.get_or_create(user=user, delegation=delegation)
    if is_new:
        draft.change(_what(delegation), None, f"user:{user.pk}")
        draft.touch("memberships", audience=ResourceVersion.STAFF)
    return membership


def revoke_membership(*, membership: Membership, actor: Actor, reason: str = "") -> None:
    """Let a user act for a delegation no longer. Again: changes nothing. Raises NotPermitted."""
    require_may_grant(actor)
    with journal.decision(
        system_chain(), action="revoke_membership", subject=f"user:{membership.user_id}", actor=actor, reason=reason
    ) as draft:
        User.objects.select_for_update(no_key=True).get(pk=membership.user_id)
        standing = Membership.objects.filter(user=membership.user_id, delegation=membership.delegation_id)
        if standing.delete()[0]:
            _cancel_unsent(membership)
            draft.change(_what(membership.delegation), f"user:{membership.user_id}", None)
            draft.touch("memberships", audience=ResourceVersion.STAFF)


def _cancel_unsent(membership: Membership) -> None:
    """Mail nothing of the delegation any more, and nothing of the session to whom it concerns no more at all."""
    delegation = membership.delegation
    causes = Cause.objects.filter(chain=delegation.session.chain_id)
    if Membership.objects.filter(user=membership.user_id, delegation__session=delegation.session_id).exists():
        causes = causes.filter(audience=f"delegation:{delegation.code}")
    cancel_for(user=membership.user, causes=causes)


def _what(delegation: Delegation) -> str:
    return f"membership:{delegation.session.code}/{delegation.code}"


def require_may_grant(actor: Actor) -> None:
    """Raise NotPermitted unless the actor may say who acts for a delegation."""
    if not may_grant(actor):
        raise NotPermitted("secretariat_only", _("Only staff of the secretariat may do this."))
