"""The inventory of rooms as the secretariat keeps it: list, add, change, retire, restore, hold, give back."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.canonical import sha256_of
from logistics.forms.rooms import HoldForm, RoomForm
from logistics.models import Room
from logistics.services.holders import told
from logistics.services.rooms import (
    add_room,
    change_room,
    effects_of_change,
    hold_room,
    hours_of,
    release_room,
    restore_room,
    retire_room,
    standing_in,
)
from sessions.forms.fields import ReasonForm
from sessions.services.rules import rule_book
from sessions.views.staff_base import StaffAction, StaffForm, StaffMixin, StaffPage, carrying


class RoomMixin(StaffMixin):
    """What pages of one room share."""

    @cached_property
    def room(self) -> Room:
        rooms = Room.objects.select_related("session__chain", "held_for", "plan")
        return get_object_or_404(rooms, session=self.meeting_session, code=self.kwargs["room"])

    def back(self, name: str, *args: Any) -> HttpResponse:
        return redirect(f"logistics:{name}", self.kwargs["code"], *args)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if "room" in self.kwargs:
            kwargs.setdefault("room", self.room)
        return super().get_context_data(**kwargs)


class StaffRooms(RoomMixin, StaffPage):
    template_name = "logistics/staff/rooms.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        book = rule_book(self.meeting_session)
        rooms = self.meeting_session.rooms.select_related("held_for").prefetch_related("blocks")
        listed: list[dict[str, Any]] = [
            {
                "room": room,
                "hours": hours_of(room, book),
                "blocks": [each for each in room.blocks.all() if each.lifted_at is None],
            }
            for room in rooms
        ]
        return super().get_context_data(
            rooms=[each for each in listed if each["room"].retired_at is None],
            retired=[each["room"] for each in listed if each["room"].retired_at is not None],
            **kwargs,
        )


class RoomAdd(RoomMixin, StaffForm):
    template_name = "logistics/staff/room_form.html"
    form_class = RoomForm
    success_page = "staff-rooms"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"session": self.meeting_session}

    def perform(self, form: RoomForm) -> str:
        code = form.cleaned_data["code"]
        room = add_room(session=self.meeting_session, code=code, facts=form.facts, actor=self.actor)
        return _("%(room)s is in the inventory.") % {"room": room.name}


class RoomChange(RoomMixin, StaffForm):
    """What would no longer fit is shown first; it is changed when the form is sent again."""

    template_name = "logistics/staff/room_form.html"
    form_class = RoomForm
    success_page = "staff-rooms"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"session": self.meeting_session, "room": self.room}

    def form_valid(self, form: RoomForm) -> HttpResponse:
        effects = effects_of_change(self.room, form.facts)
        seen = sha256_of(effects)
        if effects and form.cleaned_data["seen"] != seen:
            carrying(form, seen=seen)
            return self.render_to_response(self.get_context_data(form=form, losses=effects))
        return super().form_valid(form)

    def perform(self, form: RoomForm) -> str:
        room = change_room(room=self.room, facts=form.facts, actor=self.actor)
        return _("%(room)s is changed.") % {"room": room.name}


class RoomRetire(RoomMixin, StaffForm):
    template_name = "logistics/staff/room_confirm.html"
    form_class = ReasonForm
    success_page = "staff-rooms"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        standing = told(self.meeting_session, standing_in(self.room))
        losses = [
            _("Nothing can be placed or booked in it any more; what was held in it stays readable."),
            _("It can be taken back at any time."),
        ]
        return super().get_context_data(
            heading=_("Retire %(room)s") % {"room": self.room.name},
            submit=_("Retire this room"),
            losses=[*(_("In the way: %(what)s") % {"what": each} for each in standing), *losses],
            danger=True,
            **kwargs,
        )

    def perform(self, form: ReasonForm) -> str:
        room = retire_room(room=self.room, actor=self.actor, reason=form.cleaned_data["reason"])
        return _("%(room)s is retired.") % {"room": room.name}


class RoomRestore(RoomMixin, StaffAction):
    success_page = "staff-rooms"

    def act(self) -> str:
        room = restore_room(room=self.room, actor=self.actor)
        return _("%(room)s is back in the inventory.") % {"room": room.name}


class RoomHold(RoomMixin, StaffForm):
    template_name = "logistics/staff/room_confirm.html"
    form_class = HoldForm
    success_page = "staff-rooms"

    def get_form_kwargs(self) -> dict[str, Any]:
        delegations = sorted(self.meeting_session.delegations.all(), key=lambda each: each.name.casefold())
        return super().get_form_kwargs() | {"delegations": delegations}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        losses = [
            _("The delegation is told, and the public list of rooms says so."),
            _("It is no longer for side events or bilateral meetings until it is given back and its use is set again."),
        ]
        return super().get_context_data(
            heading=_("Hold %(room)s for a delegation") % {"room": self.room.name},
            submit=_("Hold this room"),
            losses=losses,
            **kwargs,
        )

    def perform(self, form: HoldForm) -> str:
        delegation = self.meeting_session.delegations.get(code=form.cleaned_data["delegation"])
        room = hold_room(room=self.room, delegation=delegation, actor=self.actor)
        return _("%(room)s is held for %(name)s.") % {"room": room.name, "name": delegation.name}


class RoomGiveBack(RoomMixin, StaffForm):
    template_name = "logistics/staff/room_confirm.html"
    form_class = ReasonForm
    success_page = "staff-rooms"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        name = self.room.held_for.name if self.room.held_for else "–"
        return super().get_context_data(
            heading=_("Give back %(room)s") % {"room": self.room.name},
            submit=_("Give this room back"),
            losses=[
                _("%(name)s loses the room, and is told.") % {"name": name},
                _("It is for nothing until its use is set."),
            ],
            danger=True,
            **kwargs,
        )

    def perform(self, form: ReasonForm) -> str:
        room = release_room(room=self.room, actor=self.actor, reason=form.cleaned_data["reason"])
        return _("%(room)s is held for nobody any more.") % {"room": room.name}
