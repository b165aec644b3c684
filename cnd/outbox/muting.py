"""Which kinds of notices a person does not want by e-mail; only what is optional can be muted."""

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor
from cnd.errors import NotPermitted, Refused
from cnd.models import ResourceVersion, User
from cnd.outbox.kinds import kind_of
from cnd.users import system_chain


def mute_kind(*, user: User, kind: str, actor: Actor) -> None:
    """Mail this person no more notices of this kind; a second time changes nothing. Raises NotPermitted, Refused."""
    if not kind_of(kind).is_optional:
        raise Refused("not_optional", _("These messages belong to your work here and cannot be switched off."))
    _set(user, kind, actor, "mute_kind", is_muted=True)


def unmute_kind(*, user: User, kind: str, actor: Actor) -> None:
    """Mail this person notices of this kind again; a second time changes nothing. Raises NotPermitted."""
    _set(user, kind, actor, "unmute_kind", is_muted=False)


def _set(user: User, kind: str, actor: Actor, action: str, *, is_muted: bool) -> None:
    if actor.user != user:
        raise NotPermitted("not_yours", _("Only the reader may choose this."))
    with journal.decision(system_chain(), action=action, subject=f"user:{user.pk}", actor=actor) as draft:
        now = User.objects.select_for_update().get(pk=user.pk)
        before = sorted(now.muted_kinds)
        after = sorted({*before, kind} if is_muted else {*before} - {kind})
        User.objects.filter(pk=user.pk).update(muted_kinds=after)
        user.muted_kinds = after
        draft.change(f"user:{user.pk}/muted_kinds", before, after)
        draft.touch("accounts", audience=ResourceVersion.STAFF)
