"""What a delegation does with a meeting: answer, move, edit, cancel, check in. What is lost is said before."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.forms import Form
from django.http import Http404
from django.utils.translation import gettext as _

from cnd.arrival import arrival_of
from cnd.errors import DomainError
from cnd.versions import Outdated
from logistics.forms.meetings import AnswerForm, DetailsForm, PlaceForm
from logistics.models import Booking
from logistics.services import booking_answers, booking_moves, check_in
from logistics.services.booking_outlook import outlook, warnings_for
from logistics.services.booking_rules import hours_of
from logistics.services.bookings import DETAILS, edit_booking
from logistics.views.meeting_reading import can_check_in, open_proposal, shown
from logistics.views.meetings import MeetingsMixin
from logistics.views.moments import moment_of_stamp, stamp_of
from logistics.views.nearest import Near, nearest_of
from sessions.forms.delegation import SeenForm
from sessions.views.delegation_actions import OwnAction
from sessions.views.staff_base import carrying

State = Booking.State


class MeetingsAction(MeetingsMixin, OwnAction):
    """A page with one form about the meetings of a delegation; afterwards one is where one sees what was done."""

    template_name = "logistics/meetings/action.html"

    @property
    def own_page(self) -> str:
        return self.own_url("meetings")

    def near(self, fault: Any) -> list[Near]:
        """Return the free slots that a refusal names, where they can be booked."""
        if not isinstance(fault, DomainError):
            return []
        return nearest_of(fault, self.rooms, lambda room, at: self.own_url("meetings-book", room.code, at))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(nearest=self.near(kwargs.get("fault")), **kwargs)


class MeetingAction(MeetingsAction):
    """Something about one meeting. What was decided about another state of it than the one shown is not done."""

    form_class: type[Form] = SeenForm

    @property
    def own_page(self) -> str:
        return self.own_url("meeting", self.kwargs["pk"])

    def prepare(self) -> None:
        super().prepare()
        if not self.booking.pk:
            raise Http404("no such meeting")

    def is_done(self, form: Any) -> bool:
        """Tell whether the meeting is already as this makes it."""
        return False

    def allowed(self) -> set[str]:
        """Return the addresses of what can be done with the meeting now."""
        return {each.url for each in shown(self.booking, self.reader).actions}

    def pointless(self) -> str:
        if self.request.path in self.allowed():
            return ""
        return _("There is nothing to do here any more: the meeting stands as you see it.")

    def initial(self) -> dict[str, Any]:
        return {"seen": str(self.version)}

    def repeated(self, form: Any, fault: DomainError) -> str:
        self.__dict__.pop("booking", None)
        if self.is_done(form):
            return _("This was done already.")
        if isinstance(fault, Outdated):
            carrying(form, seen=str(self.version))
        return ""

    def facts(self, form: Any) -> dict[str, Any]:
        """Return what every service about a meeting is given."""
        seen = form.cleaned_data["seen"]
        return {
            "booking": self.booking,
            "actor": self.actor,
            "arrived_at": arrival_of(self.request),
            "expected_version": int(seen) if seen.isdecimal() else None,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        booking = self.booking
        context = super().get_context_data(meeting=shown(booking, self.reader), slot=self.slot(), **kwargs)
        return context | {"warnings": self.warnings()}

    def slot(self) -> dict[str, Any]:
        """Return the time that the page shows above its form."""
        booking = self.booking
        return {
            "starts_at": booking.starts_at,
            "length": booking.ends_at - booking.starts_at,
            "room": booking.room,
            "due_at": booking.answer_by,
        }

    def warnings(self) -> list[str]:
        return []


class Confirm(MeetingAction):
    def words(self) -> dict[str, Any]:
        return {"title": _("Confirm the meeting"), "submit": _("Confirm"), "losses": outlook(self.booking, "confirm")}

    def warnings(self) -> list[str]:
        return warnings_for(self.booking, self.own)

    def is_done(self, form: Any) -> bool:
        return self.booking.holds_counterpart

    def perform(self, form: Any) -> str:
        booking_answers.confirm_booking(**self.facts(form))
        return _("You have confirmed the meeting with %(name)s.") % {"name": self.booking.requester.name}


class Decline(MeetingAction):
    form_class = AnswerForm
    is_danger = True

    def words(self) -> dict[str, Any]:
        return {"title": _("Decline the meeting"), "submit": _("Decline"), "losses": outlook(self.booking, "decline")}

    def is_done(self, form: Any) -> bool:
        return self.booking.state == State.DECLINED

    def perform(self, form: Any) -> str:
        booking_answers.decline_booking(**self.facts(form), reason=form.cleaned_data["reason"])
        return _("You have declined the meeting with %(name)s.") % {"name": self.booking.requester.name}


class _ToAPlace(MeetingAction):
    """A page that asks for another slot."""

    form_class = PlaceForm

    def make_form(self, *args: Any, **kwargs: Any) -> Form:
        return PlaceForm(
            *args,
            grid=self.booking_rules.grid,
            slots=self.slots,
            rooms=self.rooms,
            tz=self.meeting_session.time_zone,
            **kwargs,
        )

    @cached_property
    def slots(self) -> list[Any]:
        """The slots of any room that can still be asked for."""
        rules, now = self.booking_rules, self.reader.now
        found = {slot for room in self.rooms for slot in rules.grid.slots(hours_of(room, rules.grid))}
        return sorted(slot for slot in found if now < rules.cut_off_of(slot.starts_at))

    def initial(self) -> dict[str, Any]:
        asked = self.request.GET
        at = moment_of_stamp(asked.get("at", ""))
        return super().initial() | {"at": at or self.booking.starts_at, "room": asked.get("room", self.booking.room)}

    def near(self, fault: Any) -> list[Near]:
        """Return the free slots that a refusal names, to be chosen in this very form."""
        if not isinstance(fault, DomainError):
            return []

        def url(room: Any, at: datetime) -> str:
            return f"{self.request.path}?room={room.code}&at={stamp_of(at)}"

        return nearest_of(fault, self.rooms, url)


class Propose(_ToAPlace):
    def words(self) -> dict[str, Any]:
        return {
            "title": _("Propose another time"),
            "submit": _("Propose"),
            "losses": outlook(self.booking, "propose"),
        }

    def perform(self, form: Any) -> str:
        given = form.cleaned_data
        booking_answers.propose_time(**self.facts(form), room=given["room"], starts_at=given["at"])
        return _("%(name)s reads your proposal and answers it.") % {"name": self.booking.requester.name}

    def is_done(self, form: Any) -> bool:
        proposal, given = open_proposal(self.booking), form.cleaned_data
        return proposal is not None and (proposal.room, proposal.starts_at) == (given["room"], given["at"])


class Accept(MeetingAction):
    def words(self) -> dict[str, Any]:
        return {
            "title": _("Take the proposed time"),
            "submit": _("Take that time"),
            "losses": [_("The slot it has now is given up."), _("With that the two of you have agreed.")],
        }

    def slot(self) -> dict[str, Any]:
        proposal = open_proposal(self.booking)
        if proposal is None:
            return super().slot()
        return super().slot() | {"starts_at": proposal.starts_at, "room": proposal.room}

    def is_done(self, form: Any) -> bool:
        return self.booking.holds_counterpart

    def perform(self, form: Any) -> str:
        booking_answers.accept_proposal(**self.facts(form))
        return _("The meeting is at the time that was proposed.")


class Refuse(MeetingAction):
    def words(self) -> dict[str, Any]:
        return {
            "title": _("Stay with the first time"),
            "submit": _("Stay with it"),
            "losses": [_("The proposal is gone; the counterpart answers your request as it was.")],
        }

    def perform(self, form: Any) -> str:
        booking_answers.refuse_proposal(**self.facts(form))
        return _("Your request stands as it was.")


class Move(_ToAPlace):
    is_danger = True

    def words(self) -> dict[str, Any]:
        return {"title": _("Move the meeting"), "submit": _("Move"), "losses": outlook(self.booking, "move")}

    def is_done(self, form: Any) -> bool:
        given = form.cleaned_data
        return (self.booking.room, self.booking.starts_at) == (given["room"], given["at"])

    def perform(self, form: Any) -> str:
        given = form.cleaned_data
        booking_moves.move_booking(**self.facts(form), room=given["room"], starts_at=given["at"])
        return _("The meeting is moved.")


class Edit(MeetingAction):
    form_class = DetailsForm

    def make_form(self, *args: Any, **kwargs: Any) -> Form:
        return DetailsForm(*args, equipment=self.booking_rules.equipment, **kwargs)

    def words(self) -> dict[str, Any]:
        return {"title": _("Edit the meeting"), "submit": _("Save")}

    def initial(self) -> dict[str, Any]:
        booking = self.booking
        known = {name: booking.detail(name) for name in DETAILS}
        return super().initial() | known | {"people": booking.people, "equipment": booking.equipment}

    def is_done(self, form: Any) -> bool:
        booking, given = self.booking, form.cleaned_data
        known: dict[str, Any] = {name: booking.detail(name) for name in DETAILS}
        known |= {"people": booking.people, "equipment": booking.equipment}
        return all(given[name] == value for name, value in known.items())

    def perform(self, form: Any) -> str:
        given = {name: form.cleaned_data[name] for name in (*DETAILS, "people", "equipment")}
        # The form says all there is: a number that was taken out is not one that stays.
        edit_booking(**self.facts(form), **given | {"people": given["people"] or 0})
        return _("The meeting is saved.")


class Cancel(MeetingAction):
    form_class = AnswerForm
    is_danger = True

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
        return _("The meeting is cancelled.")


class CheckIn(MeetingAction):
    def words(self) -> dict[str, Any]:
        return {
            "title": _("Check in"),
            "submit": _("We are here"),
            "intro": _("Say that your meeting has come, so that the room is not given to somebody else."),
        }

    def pointless(self) -> str:
        if self.booking.state == State.HELD:
            return _("You are checked in.")
        return "" if can_check_in(self.booking, self.reader) else super().pointless()

    def is_done(self, form: Any) -> bool:
        return self.booking.state == State.HELD

    def perform(self, form: Any) -> str:
        check_in.check_in(**self.facts(form))
        return _("You are checked in: the room is yours until the end of the slot.")
