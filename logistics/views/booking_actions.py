"""What staff do with bookings: on behalf, confirm, move, swap, cancel, check in. Beyond a limit with a reason."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.errors import DomainError
from cnd.instants import instant_text
from cnd.versions import Outdated
from logistics.forms.bookings import OnBehalfForm, StaffReasonForm, SwapForm
from logistics.forms.meetings import PlaceForm
from logistics.models import Booking
from logistics.services import booking_moves
from logistics.services.booking_outlook import outlook, warnings_for
from logistics.services.bookings import approve_booking, request_booking
from logistics.services.check_in import check_in
from logistics.services.note_verbale import confirm_note
from logistics.views.bookings import BookingsMixin
from logistics.views.meeting_reading import shown, title_of
from logistics.views.moments import moment_of_stamp, stamp_of
from logistics.views.nearest import nearest_of
from sessions.forms.delegation import SeenForm
from sessions.models import Delegation
from sessions.views.staff_base import StaffAction, StaffForm, carrying

State = Booking.State


class BookingForm(BookingsMixin, StaffForm):
    """A page with a form about bookings; asked for by a script it is the form alone, for a dialog."""

    template_name = "logistics/bookings/action.html"
    form_class: type[Form] = SeenForm
    is_danger = False

    @property
    def is_part(self) -> bool:
        return self.request.method == "GET" and self.request.headers.get("HX-Request") == "true"

    def get_template_names(self) -> list[str]:
        return ["logistics/bookings/_action.html" if self.is_part else self.template_name]

    def words(self) -> dict[str, Any]:
        """Return title, submit and, where there is something to say, losses."""
        raise NotImplementedError

    def refuse(self, form: Any, fault: DomainError) -> HttpResponse:
        near = nearest_of(fault, self.rooms, lambda room, at: f"?room={room.code}&at={stamp_of(at)}")
        self.extra_context = {"nearest": near}
        return super().refuse(form, fault)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**self.words(), **kwargs)
        return {"cancel_url": self.url("bookings"), "is_danger": self.is_danger, "is_part": self.is_part, **context}


class BookOnBehalf(BookingForm):
    """A booking that staff make for a delegation, also beyond its limits, with a reason."""

    made: Booking | None = None

    @cached_property
    def delegations(self) -> list[Delegation]:
        return sorted(self.meeting_session.delegations.all(), key=lambda each: each.name)

    def get_form(self, form_class: Any = None) -> Form:
        return OnBehalfForm(
            **self.get_form_kwargs(),
            delegations=self.delegations,
            grid=self.rules.grid,
            rooms=self.rooms,
            tz=self.meeting_session.time_zone,
            equipment=self.rules.equipment,
        )

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET
        return {"at": moment_of_stamp(asked.get("at", "")), "room": asked.get("room", "")}

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Book on behalf of a delegation"),
            "submit": _("Book"),
            "counterparts": self.delegations,
        }

    def perform(self, form: Any) -> str:
        given = form.cleaned_data
        self.made = request_booking(session=self.meeting_session, starts_at=given.pop("at"), actor=self.actor, **given)
        return _("Booked: %(title)s.") % {"title": title_of(self.made, None)}

    def done(self) -> HttpResponse:
        return self.back("booking", self.made.pk) if self.made else self.back("bookings")


class OneBookingForm(BookingForm):
    """Something about one booking. What was decided about another state of it than the one shown is not done."""

    allowed_when: tuple[str, ...] = (State.REQUESTED, State.AGREED, State.CONFIRMED)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.booking.state not in self.allowed_when:
            messages.info(request, _("There is nothing to do here any more: the meeting stands as you see it."))
            return self.done()
        return super().get(request, *args, **kwargs)

    def done(self) -> HttpResponse:
        return self.back("booking", self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"seen": str(self.version)}

    def facts(self, form: Any) -> dict[str, Any]:
        """Return what every service about a booking is given."""
        seen = form.cleaned_data["seen"]
        version = int(seen) if seen.isdecimal() else None
        return {"booking": self.booking, "actor": self.actor, "expected_version": version}

    def is_done(self, form: Any) -> bool:
        """Tell whether the booking is already as this makes it."""
        return False

    def refuse(self, form: Any, fault: DomainError) -> HttpResponse:
        self.__dict__.pop("booking", None)
        if self.is_done(form):
            messages.info(self.request, _("This was done already."))
            return self.done()
        if isinstance(fault, Outdated):
            carrying(form, seen=str(self.version))
        return super().refuse(form, fault)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(meeting=shown(self.booking, self.reader), **kwargs)
        return {**context, "cancel_url": self.url("booking", self.booking.pk)}


class Move(OneBookingForm):
    def get_form(self, form_class: Any = None) -> Form:
        return PlaceForm(
            **self.get_form_kwargs(),
            grid=self.rules.grid,
            rooms=self.rooms,
            tz=self.meeting_session.time_zone,
            asks_reason=True,
            reason_help=_("The delegations read it. After the cut-off and beyond a limit it is needed."),
        )

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET
        at = moment_of_stamp(asked.get("at", "")) or self.booking.starts_at
        return super().get_initial() | {"at": at, "room": asked.get("room", self.booking.room.code)}

    def words(self) -> dict[str, Any]:
        losses = [
            _("It keeps its state: its delegations are told and not asked."),
            _("The slot it has now is given up, and offered to who waits for it."),
        ]
        return {"title": _("Move the meeting"), "submit": _("Move"), "losses": losses}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(warnings=self._clashes(), **kwargs)

    def _clashes(self) -> list[str]:
        """Return what is known to clash at the place asked for in the address."""
        at = moment_of_stamp(self.request.GET.get("at", ""))
        if at is None:
            return []
        booking = self.booking
        there = Booking(
            session=self.meeting_session,
            room=next((each for each in self.rooms if each.code == self.request.GET.get("room")), booking.room),
            starts_at=at,
            ends_at=at + (booking.ends_at - booking.starts_at),
            requester=booking.requester,
            counterpart=booking.counterpart,
            equipment=booking.equipment,
        )
        return warnings_for(there)

    def is_done(self, form: Any) -> bool:
        given = form.cleaned_data
        return (self.booking.room, self.booking.starts_at) == (given["room"], given["at"])

    def perform(self, form: Any) -> str:
        given = form.cleaned_data
        moved = booking_moves.move_booking(
            **self.facts(form), room=given["room"], starts_at=given["at"], reason=given["reason"]
        )
        when = instant_text(moved.starts_at, self.meeting_session.time_zone)
        return _("Moved: %(title)s, %(when)s, %(room)s.") % {
            "title": title_of(moved, None),
            "when": when,
            "room": moved.room.name,
        }


class Swap(OneBookingForm):
    @cached_property
    def others(self) -> list[Booking]:
        standing = self.bookings().filter(state__in=self.allowed_when, ends_at__gt=self.reader.now)
        return list(standing.exclude(pk=self.booking.pk).in_order())

    def get_form(self, form_class: Any = None) -> Form:
        tz = self.meeting_session.time_zone
        choices = [
            (str(each.pk), f"{title_of(each, None)}, {instant_text(each.starts_at, tz, place=False)}, {each.room.name}")
            for each in self.others
        ]
        return SwapForm(**self.get_form_kwargs(), others=choices)

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"with": self.request.GET.get("with", "")}

    def words(self) -> dict[str, Any]:
        return {"title": _("Swap two meetings"), "submit": _("Swap"), "losses": outlook(self.booking, "swap")}

    def perform(self, form: Any) -> str:
        given = form.cleaned_data
        facts = self.facts(form)
        one, version = facts["booking"], facts["expected_version"]
        other = next(each for each in self.others if str(each.pk) == given["with"])
        booking_moves.swap_bookings(
            one=one, other=other, actor=self.actor, reason=given["reason"], expected_version=version
        )
        return _("The two meetings have changed places.")


class Cancel(OneBookingForm):
    is_danger = True
    allowed_when = (State.REQUESTED, State.AGREED, State.CONFIRMED, State.HELD)
    form_class = StaffReasonForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"reason_help": _("Its delegations read it, and it stands in the journal.")}

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Cancel the meeting"),
            "submit": _("Cancel the meeting"),
            "losses": outlook(self.booking, "cancel"),
        }

    def is_done(self, form: Any) -> bool:
        return self.booking.state == State.CANCELLED

    def perform(self, form: Any) -> str:
        booking_moves.cancel_booking(**self.facts(form), reason=form.cleaned_data["reason"])
        return _("Cancelled: %(title)s.") % {"title": title_of(self.booking, None)}


class Approve(OneBookingForm):
    allowed_when = (State.AGREED,)

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Confirm the room"),
            "submit": _("Confirm"),
            "losses": [_("The meeting is certain, and its delegations are invited by calendar.")],
        }

    def is_done(self, form: Any) -> bool:
        return self.booking.state in (State.CONFIRMED, State.HELD)

    def perform(self, form: Any) -> str:
        approve_booking(**self.facts(form))
        return _("Confirmed: %(title)s.") % {"title": title_of(self.booking, None)}


class CheckIn(OneBookingForm):
    allowed_when = (State.CONFIRMED,)

    def words(self) -> dict[str, Any]:
        return {"title": _("Check in"), "submit": _("They are here")}

    def is_done(self, form: Any) -> bool:
        return self.booking.state == State.HELD

    def perform(self, form: Any) -> str:
        check_in(**self.facts(form))
        return _("Checked in: %(title)s.") % {"title": title_of(self.booking, None)}


class ConfirmNote(BookingsMixin, StaffAction):
    """The button that confirms a delegation's note verbale."""

    success_page = "bookings-notes"

    def act(self) -> str:
        delegation = get_object_or_404(self.meeting_session.delegations, code=self.kwargs["who"])
        confirm_note(delegation=delegation, actor=self.actor)
        return _("The note verbale of %(name)s is confirmed.") % {"name": delegation.name}
