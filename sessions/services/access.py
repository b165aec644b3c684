"""Who may act on what: staff of the secretariat on everything, a focal point on their own delegation."""

from django.utils.translation import gettext as _

from cnd.actors import Actor
from cnd.errors import NotPermitted
from cnd.models import ResourceVersion
from sessions.models import Delegation, MeetingSession, Membership


def acts_for(actor: Actor, delegation: Delegation) -> bool:
    """Tell whether the actor may act for this very delegation."""
    if actor.is_secretariat:
        return True
    user = actor.user
    return bool(user and user.is_active and Membership.objects.filter(user=user, delegation=delegation).exists())


def require_acts_for(actor: Actor, delegation: Delegation) -> None:
    """Raise NotPermitted unless the actor may act for this very delegation."""
    if not acts_for(actor, delegation):
        raise NotPermitted("not_your_delegation", _("You do not act for this delegation."))


def audiences_of(session: MeetingSession, actor: Actor) -> list[str]:
    """Return as whom an actor reads what is not public: as staff, or as each delegation that it acts for."""
    if actor.is_secretariat:
        return [ResourceVersion.STAFF]
    if actor.user is None:
        return []
    own = Delegation.objects.filter(session=session).represented_by(actor.user.pk)
    return [f"delegation:{code}" for code in own.values_list("code", flat=True)]
