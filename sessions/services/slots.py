"""The slots of a general debate before anything is drawn (RULES 2)."""

from typing import Any

from django.utils.translation import gettext as _

from cnd import clock, journal
from cnd.actors import COMMAND, Actor
from cnd.errors import Invalid, Refused
from sessions.models import Drawing, GeneralDebate, Rule, Slot

MOST_SLOTS = 100_000


def sync_slots(debate: GeneralDebate, count: int, *, actor: Actor = COMMAND) -> None:
    """Make the debate have the undrawn slots 1 to `count`; what is there already stays.

    Locks the debate. Called inside another decision it becomes part of that one, whose actor counts.
    Raises Refused while a drawing is announced or drawn, Invalid for an impossible count.
    """
    if not 1 <= count <= MOST_SLOTS:
        message = _("A general debate has between 1 and %(most)d slots.") % {"most": MOST_SLOTS}
        raise Invalid("slots_not_valid", message, fields={"value": [message]})
    with journal.decision(
        debate.session.chain, action="sync_slots", subject=f"session:{debate.session.code}", actor=actor
    ) as draft:
        debate = GeneralDebate.objects.select_for_update().get(pk=debate.pk)
        standing = list(debate.slots.order_by("number").values_list("number", flat=True))
        if standing == list(range(1, count + 1)):
            return
        refuse_while_drawing(debate)
        now = clock.now()
        debate.slots.filter(number__gt=count).delete()
        Slot.objects.bulk_create(
            [
                Slot(debate=debate, number=number, updated_at=now)
                for number in sorted(set(range(1, count + 1)) - set(standing))
            ],
            batch_size=1_000,
        )
        draft.change("slots", len(standing), count)
        draft.touch("slots")


def refuse_while_drawing(debate: GeneralDebate) -> None:
    """Raise Refused while a drawing of the debate is announced or drawn. The caller holds the debate's lock."""
    drawing = debate.drawings.filter(state__in=[Drawing.State.ANNOUNCED, Drawing.State.DRAWN]).first()
    if drawing is None:
        return
    what = {"attempt": drawing.attempt}
    if drawing.state == Drawing.State.ANNOUNCED:
        message = _("Drawing %(attempt)d is announced with this rule; it cannot change while that drawing is open.")
        raise Refused("drawing_open", message % what)
    message = _("The lots were drawn with this rule (drawing %(attempt)d); it cannot change unless that is annulled.")
    raise Refused("drawing_done", message % what)


def follow_slots_rule(rule: Rule, value: Any) -> None:
    """Let the slots follow a correction of the rule `debate.slots`."""
    debate = GeneralDebate.objects.filter(session_id=rule.session_id).select_related("session__chain").first()
    if debate is not None:
        sync_slots(debate, value)


def keep_announced_rule(rule: Rule, value: Any) -> None:
    """Refuse to change what an announcement froze, under the debate's lock."""
    debate = GeneralDebate.objects.select_for_update().filter(session_id=rule.session_id).first()
    if debate is not None:
        refuse_while_drawing(debate)
