"""Told to a delegation of its inscription: the receipt, a change, a withdrawal, and that it was taken back."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.actors import Actor
from cnd.clock import parse_rfc3339, rfc3339
from cnd.models import Cause, User
from cnd.outbox.kinds import Kind, register_kind
from cnd.outbox.telling import tell
from sessions.models import Inscription, Level
from sessions.services.notices.values import OWN, own_link, session_of, when

RECEIVED, LATE = "inscription_received", "inscription_late"
CHANGED, WITHDRAWN, RESTORED = "inscription_changed", "inscription_withdrawn", "inscription_restored"
Statement = Inscription.Statement


def tell_received(inscription: Inscription, actor: Actor, *, is_late: bool) -> None:
    """Acknowledge an inscription to its delegation, with its receipt."""
    _tell(LATE if is_late else RECEIVED, inscription, actor, "received")


def tell_level_changed(inscription: Inscription, old: str, actor: Actor) -> None:
    """Tell the delegation that its level is another now."""
    _tell(CHANGED, inscription, actor, _next(inscription, "changed"), old_level=old)


def tell_speaker_changed(inscription: Inscription, actor: Actor) -> None:
    """Tell the delegation that somebody else speaks; not who: a notice may lie about for long."""
    told = Cause.objects.filter(
        chain=inscription.debate.session.chain_id, key__startswith=f"inscription:{inscription.pk}:changed:"
    )
    # Without its entry it is of this very decision, in which the level changed too: one notice says both.
    same = told.filter(entry_number__isnull=True).last()
    if same is not None:
        same.context["speaker"] = True
        same.save(update_fields=["context"])
    else:
        _tell(CHANGED, inscription, actor, _next(inscription, "changed"), speaker=True)


def tell_withdrawn(inscription: Inscription, actor: Actor) -> None:
    """Tell the delegation that its inscription was withdrawn."""
    _tell(WITHDRAWN, inscription, actor, _next(inscription, "withdrawn"))


def tell_restored(inscription: Inscription, actor: Actor) -> None:
    """Tell the delegation that a withdrawal was taken back."""
    _tell(RESTORED, inscription, actor, _next(inscription, "restored"))


def _next(inscription: Inscription, what: str) -> str:
    """Return what tells this time from all earlier ones of the same; the debate's lock keeps others away."""
    earlier = Cause.objects.filter(
        chain=inscription.debate.session.chain_id, key__startswith=f"inscription:{inscription.pk}:{what}:"
    )
    return f"{what}:{earlier.count() + 1}"


def _tell(kind: str, inscription: Inscription, actor: Actor, what: str, **more: Any) -> None:
    code = inscription.delegation.code
    tell(
        chain=inscription.debate.session.chain,
        kind=kind,
        key=f"inscription:{inscription.pk}:{what}",
        audience=f"delegation:{code}",
        context={
            "delegation": code,
            "statement": inscription.statement,
            "level": inscription.level,
            "receipt": inscription.receipt_number,
            "received": rfc3339(inscription.receipt_at),
            "by_staff": actor.is_secretariat,
            **more,
        },
    )


def _fill(cause: Cause, user: User) -> Mapping[str, str]:
    session, said = session_of(cause), cause.context
    return {
        "delegation": session.delegations.get(code=said["delegation"]).name,
        "statement": str(Statement(said["statement"]).label),
        "level": str(Level(said["level"]).label),
        "receipt": str(said["receipt"]),
        "received": when(session, user, parse_rfc3339(said["received"])),
        "by": _("the secretariat") if said["by_staff"] else _("your delegation"),
        "change": _change(said),
        "late": _late(said),
    }


def _change(said: Mapping[str, Any]) -> str:
    lines = []
    if "old_level" in said:
        levels = {"new": Level(said["level"]).label, "old": Level(said["old_level"]).label}
        lines.append(_("Level: %(new)s; before: %(old)s.") % levels)
    if said.get("speaker"):
        lines.append(_("The speaker was changed."))
    return "\n".join(lines)


def _late(said: Mapping[str, Any]) -> str:
    if said["statement"] == Statement.NATIONAL:
        return _("The drawing was announced before: the delegation stands last on the waiting list of its group.")
    return _("The drawing was announced before: this statement stands behind those inscribed earlier.")


_COMMON = {
    "delegation": OWN,
    "statement": gettext_lazy("what kind of statement"),
    "level": gettext_lazy("the level of the speaker"),
    "receipt": gettext_lazy("the number of the receipt"),
    "received": gettext_lazy("when it was received"),
    "by": gettext_lazy("who did it: your delegation or the secretariat"),
}


def register() -> None:
    """Make these kinds known."""
    register_kind(
        Kind(
            code=RECEIVED,
            title=gettext_lazy("Inscription received"),
            subject=gettext_lazy("Inscribed under receipt {receipt}: {delegation}"),
            body=gettext_lazy(
                "{delegation} is inscribed on the list of speakers.\n\n"
                "Receipt {receipt}, {received}\n{statement}\nLevel: {level}\n\n"
                "You can change level and speaker, or withdraw, on the page of your delegation:\n{link}"
            ),
            placeholders=_COMMON,
            fill=_fill,
            link=own_link,
        ),
        Kind(
            code=LATE,
            title=gettext_lazy("Late inscription received"),
            subject=gettext_lazy("Inscribed late under receipt {receipt}: {delegation}"),
            body=gettext_lazy(
                "{delegation} is inscribed late on the list of speakers. {late}\n\n"
                "Receipt {receipt}, {received}\n{statement}\nLevel: {level}\n\n"
                "Where you stand is shown on the page of your delegation:\n{link}"
            ),
            placeholders={**_COMMON, "late": gettext_lazy("what being late means")},
            fill=_fill,
            link=own_link,
        ),
        Kind(
            code=CHANGED,
            title=gettext_lazy("Inscription changed"),
            subject=gettext_lazy("Inscription changed: {delegation}"),
            body=gettext_lazy(
                "The inscription of {delegation} under receipt {receipt} was changed by {by}.\n\n"
                "{statement}\n{change}\n\nIf this is wrong, change it or tell the secretariat:\n{link}"
            ),
            placeholders={**_COMMON, "change": gettext_lazy("what was changed")},
            fill=_fill,
            link=own_link,
        ),
        Kind(
            code=WITHDRAWN,
            title=gettext_lazy("Inscription withdrawn"),
            subject=gettext_lazy("Inscription withdrawn: {delegation}"),
            body=gettext_lazy(
                "The inscription of {delegation} under receipt {receipt} was withdrawn by {by}.\n\n{statement}\n\n"
                "Whether this can still be taken back is shown on the page of your delegation:\n{link}"
            ),
            placeholders=_COMMON,
            fill=_fill,
            link=own_link,
        ),
        Kind(
            code=RESTORED,
            title=gettext_lazy("Withdrawal taken back"),
            subject=gettext_lazy("Inscribed again: {delegation}"),
            body=gettext_lazy(
                "The withdrawal of {delegation} was taken back by {by}. The inscription stands under its old receipt."
                "\n\n"
                "Receipt {receipt}, {received}\n{statement}\nLevel: {level}\n\n{link}"
            ),
            placeholders=_COMMON,
            fill=_fill,
            link=own_link,
        ),
    )
