"""One room: its blocked times and its picture."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from cnd.instants import instant_text
from logistics.forms.rooms import BlockForm, PlanForm
from logistics.models import Block
from logistics.services.rooms import attach_plan, block_time, lift_block, remove_plan
from logistics.views.staff_rooms import RoomMixin
from sessions.services.rules import rule_book
from sessions.views.staff_base import StaffAction, StaffForm


class RoomBlock(RoomMixin, StaffForm):
    template_name = "logistics/staff/room_confirm.html"
    form_class = BlockForm
    success_page = "staff-rooms"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"zone": self.meeting_session.zone}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            heading=_("Block %(room)s") % {"room": self.room.name},
            submit=_("Block this time"),
            losses=[
                _("Nothing can be placed or booked in the room in this time, in the draft and in public."),
                _("Nothing that stands there is lost: while anything is in the way, this is refused and says what."),
            ],
            **kwargs,
        )

    def perform(self, form: BlockForm) -> str:
        given = form.cleaned_data
        block = block_time(
            room=self.room,
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
            reason=given["reason"],
            actor=self.actor,
        )
        zone = self.meeting_session.time_zone
        moments = {"from": instant_text(block.starts_at, zone), "until": instant_text(block.ends_at, zone)}
        return _("Blocked from %(from)s until %(until)s.") % moments


class BlockLift(RoomMixin, StaffAction):
    success_page = "staff-rooms"

    def act(self) -> str:
        blocks = Block.objects.select_related("room__session__chain")
        lift_block(block=get_object_or_404(blocks, room=self.room, pk=self.kwargs["pk"]), actor=self.actor)
        return _("This time can be used again.")


class RoomPlan(RoomMixin, StaffForm):
    template_name = "logistics/staff/room_plan.html"
    form_class = PlanForm
    success_page = "staff-rooms"

    def perform(self, form: PlanForm) -> str:
        sent = form.cleaned_data["file"]
        # One byte more than is taken is enough to refuse it.
        content = sent.read(rule_book(self.meeting_session).integer("rooms", "plan_bytes_max") + 1)
        attach_plan(room=self.room, name=sent.name, content=content, actor=self.actor)
        return _("The picture is shown with the room.")


class RoomPlanRemove(RoomMixin, StaffAction):
    success_page = "staff-rooms"

    def act(self) -> str:
        remove_plan(room=self.room, actor=self.actor)
        return _("The picture is shown no more.")
