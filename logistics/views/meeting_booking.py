"""A slot that a delegation asks for, the line in which it waits, what is offered to it, and its note verbale."""

import hashlib
from functools import cached_property
from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import gettext as _

from cnd.arrival import arrival_of
from cnd.canonical import canonical
from cnd.errors import DomainError, Refused
from cnd.instants import instant_text
from logistics.domain.slots import Slot
from logistics.forms.meetings import BookingForm, NoteForm, WaitForm
from logistics.models import Booking, Offer, Room, Waiting
from logistics.services.booking_calendars import calendar_of_booking
from logistics.services.booking_outlook import warnings_for
from logistics.services.booking_rules import hours_of
from logistics.services.bookings import request_booking
from logistics.services.note_verbale import hand_in_note
from logistics.services.waiting import accept_offer, decline_offer, join_waiting, leave_waiting
from logistics.views.meeting_actions import MeetingsAction
from logistics.views.meeting_feed import calendar_answer
from logistics.views.meeting_reading import limits_left
from logistics.views.meetings import MeetingsMixin
from logistics.views.moments import moment_of_stamp
from sessions.models import Delegation
from sessions.views.staff_base import carrying


class BookSlot(MeetingsAction):
    """The request for one slot of one room. Clashes that are known are shown before it is sent for good."""

    template_name = "logistics/meetings/book.html"
    form_class = BookingForm
    made: Booking | None = None

    @property
    def own_page(self) -> str:
        return self.own_url("meeting", self.made.pk) if self.made else self.own_url("meetings-free")

    @cached_property
    def room(self) -> Room:
        return get_object_or_404(self.meeting_session.rooms.for_bilaterals(), code=self.kwargs["room"])

    @cached_property
    def slot(self) -> Slot:
        grid = self.booking_rules.grid
        slot = grid.slot_at(self.kwargs["at"], hours_of(self.room, grid))
        if slot is None:
            raise Http404("no slot of this room begins then")
        return slot

    def prepare(self) -> None:
        super().prepare()
        if not self.slot:
            raise Http404("no such slot")

    def make_form(self, *args: Any, **kwargs: Any) -> Form:
        rules = self.booking_rules
        return BookingForm(
            *args,
            delegations=self.others,
            equipment=rules.equipment,
            allows_own_use=rules.allows_own_use,
            **kwargs,
        )

    def initial(self) -> dict[str, Any]:
        code = self.request.GET.get("with", "")
        return {"counterpart": next((each for each in self.others if each.code == code), None)}

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Book a room"),
            "submit": _("Ask for this slot"),
            "losses_title": _("What happens then"),
            "losses": [
                _("The room is held for you at once. The counterpart is asked and has to answer in time."),
                _("Until it says yes the counterpart is not held, and may say yes to somebody else."),
            ],
        }

    # --- clashes ------------------------------------------------------------------------------------------------------

    def clashes(self, counterpart: Delegation | None, equipment: Any = ()) -> list[str]:
        wanted = Booking(
            session=self.meeting_session,
            room=self.room,
            starts_at=self.slot.starts_at,
            ends_at=self.slot.ends_at,
            requester=self.own,
            counterpart=counterpart,
            equipment=list(equipment),
        )
        return warnings_for(wanted, self.own)

    def compare(self, form: Any) -> None:
        """Have known clashes read before the request is made."""
        given = form.cleaned_data
        with translation.override("en"):
            clashes = self.clashes(given["counterpart"], given["equipment"])
        seen = hashlib.sha256(canonical(clashes)).hexdigest() if clashes else ""
        if given["seen"] != seen and clashes:
            carrying(form, seen=seen)
            raise Refused("clashes", _("Read what clashes, and send it again to ask for the slot all the same."))

    def perform(self, form: Any) -> str:
        given = form.cleaned_data
        self.made = request_booking(
            session=self.meeting_session,
            room=self.room,
            starts_at=self.slot.starts_at,
            requester=self.own,
            counterpart=given["counterpart"],
            purpose=given["purpose"],
            participants=given["participants"],
            people=given["people"],
            equipment=given["equipment"],
            nameplates=given["nameplates"],
            actor=self.actor,
            arrived_at=arrival_of(self.request),
        )
        if given["counterpart"] is None:
            return _("The room is held for you.")
        return _("The room is held for you, and %(name)s is asked.") % {"name": given["counterpart"].name}

    def repeated(self, form: Any, fault: DomainError) -> str:
        """Take a second click for the first one: the very same was asked for."""
        own = Booking.objects.standing().filter(
            room=self.room,
            starts_at=self.slot.starts_at,
            requester=self.own,
            counterpart=form.cleaned_data["counterpart"],
        )
        self.made = own.first()
        return _("You have asked for this slot already.") if self.made else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.get("form")
        given = getattr(form, "cleaned_data", {}) if form is not None else {}
        counterpart = given.get("counterpart") or (self.initial()["counterpart"] if not form or not form.data else None)
        return super().get_context_data(**kwargs) | {
            "slot": {
                "starts_at": self.slot.starts_at,
                "length": self.slot.ends_at - self.slot.starts_at,
                "room": self.room,
            },
            "limits": limits_left(self.own, self.booking_rules, at=self.slot.starts_at),
            "warnings": self.clashes(counterpart, given.get("equipment") or ()),
            "counterparts": self.others,
            "is_closed": self._closed(),
        }

    def _closed(self) -> str:
        """Say why no delegation can ask for this slot now; empty where it can."""
        rules, now, tz = self.booking_rules, self.reader.now, self.meeting_session.time_zone
        if now < rules.opens_at:
            return _("Booking is not open yet: it opens %(at)s.") % {"at": instant_text(rules.opens_at, tz)}
        last = rules.cut_off_of(self.slot.starts_at)
        if now >= last:
            return _("Changes ended %(at)s; ask the secretariat.") % {"at": instant_text(last, tz, closing=True)}
        return ""


# --- waiting ----------------------------------------------------------------------------------------------------------


class Wait(MeetingsAction):
    """Join the line for a slot, or for any within some hours."""

    template_name = "logistics/meetings/book.html"

    def make_form(self, *args: Any, **kwargs: Any) -> Form:
        rules = self.booking_rules
        return WaitForm(
            *args,
            delegations=self.others,
            grid=rules.grid,
            rooms=self.rooms,
            tz=self.meeting_session.time_zone,
            equipment=rules.equipment,
            allows_own_use=rules.allows_own_use,
            **kwargs,
        )

    def initial(self) -> dict[str, Any]:
        zone = self.meeting_session.zone
        begins, ends = (moment_of_stamp(self.request.GET.get(name, "")) for name in ("from", "until"))
        if begins is None or ends is None:
            return {}
        hours = [each.astimezone(zone).strftime("%H:%M") for each in (begins, ends)]
        return {"day": begins.astimezone(zone).date().isoformat(), "from_time": hours[0], "until_time": hours[1]}

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Wait for a room"),
            "submit": _("Join the waiting list"),
            "intro": _("A slot that becomes free is offered to the first in line, and kept for a while."),
        }

    def perform(self, form: Any) -> str:
        join_waiting(
            session=self.meeting_session,
            delegation=self.own,
            actor=self.actor,
            arrived_at=arrival_of(self.request),
            **form.cleaned_data,
        )
        return _("You are on the waiting list.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"counterparts": self.others}


class LeaveLine(MeetingsAction):
    is_danger = True

    @cached_property
    def entry(self) -> Waiting:
        entries = Waiting.objects.select_related("counterpart", "room", "delegation")
        return get_object_or_404(entries, pk=self.kwargs["pk"], delegation=self.own)

    def prepare(self) -> None:
        super().prepare()
        if not self.entry.pk:
            raise Http404("no such entry")

    def pointless(self) -> str:
        is_standing = self.entry.state in (Waiting.State.WAITING, Waiting.State.OFFERED)
        return "" if is_standing else _("You are not in line any more.")

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Leave the waiting list"),
            "submit": _("Leave it"),
            "losses": [
                _("You lose your place in line; who joins again stands at its end."),
                _("What is offered to you goes to the next."),
            ],
        }

    def perform(self, form: Any) -> str:
        leave_waiting(entry=self.entry, actor=self.actor)
        return _("You have left the waiting list.")


class _OfferAction(MeetingsAction):
    @cached_property
    def offer(self) -> Offer:
        offers = Offer.objects.select_related("room", "waiting__delegation", "waiting__counterpart", "booking")
        return get_object_or_404(offers, pk=self.kwargs["pk"], waiting__delegation=self.own)

    def prepare(self) -> None:
        super().prepare()
        if not self.offer.pk:
            raise Http404("no such offer")

    def pointless(self) -> str:
        offer = self.offer
        is_over = offer.state != Offer.State.OPEN or offer.expires_at <= self.reader.now
        return _("This offer is over.") if is_over else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offer = self.offer
        slot = {
            "starts_at": offer.starts_at,
            "length": offer.ends_at - offer.starts_at,
            "room": offer.room,
            "due_at": offer.expires_at,
        }
        return super().get_context_data(**kwargs) | {"slot": slot}


class AcceptOffer(_OfferAction):
    def words(self) -> dict[str, Any]:
        counterpart = self.offer.waiting.counterpart
        asked = [_("%(name)s is asked, and has to answer in time.") % {"name": counterpart.name}] if counterpart else []
        return {
            "title": _("Take the slot that is offered"),
            "submit": _("Take it"),
            "losses": [_("The room is booked for you, and you leave the waiting list."), *asked],
        }

    def perform(self, form: Any) -> str:
        accept_offer(offer=self.offer, actor=self.actor, arrived_at=arrival_of(self.request))
        return _("The slot is yours.")


class DeclineOffer(_OfferAction):
    is_danger = True

    def words(self) -> dict[str, Any]:
        said = (
            _("You stay in line for another one.") if self.offer.waiting.room_id is None else _("You leave the line.")
        )
        return {
            "title": _("Let the slot go"),
            "submit": _("Let it go"),
            "losses": [_("It is offered to the next in line at once."), said],
        }

    def perform(self, form: Any) -> str:
        decline_offer(offer=self.offer, actor=self.actor)
        return _("The slot goes to the next in line.")


# --- note verbale -----------------------------------------------------------------------------------------------------


class SendNote(MeetingsAction):
    template_name = "logistics/meetings/note.html"

    def make_form(self, *args: Any, **kwargs: Any) -> Form:
        return NoteForm(args[0], self.request.FILES) if args else NoteForm(**kwargs)

    def words(self) -> dict[str, Any]:
        return {"title": _("Note verbale"), "submit": _("Send")}

    def perform(self, form: Any) -> str:
        file = form.cleaned_data["file"]
        hand_in_note(delegation=self.own, name=file.name, content=file.read(), actor=self.actor)
        return _("The note verbale is with the secretariat.")


class MeetingCalendar(MeetingsMixin):
    """One meeting as a file for calendar programs."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.booking.is_standing:
            raise Http404("it has ended")
        content = calendar_of_booking(self.booking)
        return calendar_answer(request, content, f"{self.meeting_session.code}-meeting-{self.booking.pk}.ics")
