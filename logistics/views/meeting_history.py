"""What happened to a bilateral meeting: what, when, by whom and why, whatever the journal calls the entry after.

An entry may tell of many bookings: a swap, another grid, a request before which an older one lapsed. Of each entry the
lines of this booking alone are read. The reason is shown where it was given about this booking too; of who else acted,
and for what, a delegation reads nothing.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from cnd.clock import parse_rfc3339
from cnd.instants import instant_text
from cnd.models import JournalEntry, User
from logistics.models import Booking
from logistics.services.booking_ends import SERVICE
from logistics.services.booking_holds import STAFF
from logistics.views.history import Happening
from sessions.models import Delegation, Membership
from sessions.views.staff_changes import action_label

State = Booking.State
ENDED = (State.DECLINED, State.LAPSED, State.CANCELLED, State.RELEASED)
BY_REQUESTER = ("request_booking", "accept_offer", "edit_booking", "move_booking", "accept_proposal", "refuse_proposal")
BY_COUNTERPART = ("confirm_booking", "decline_booking", "propose_time")
ABOUT_MANY = ("swap_bookings", "change_grid")
"""What is done to several bookings for one reason, which the delegations of all of them read."""


def history_of(booking: Booking, reader: Delegation | None) -> list[Happening]:
    """Return what happened to a meeting, in order, as one of its delegations reads it; for None as the secretariat.

    Without the private words. Four queries at most, however long the journal.
    """
    entries = list(booking.entries.order_by("number"))
    told = _Told(booking, entries, reader)
    return [happening for entry in entries for happening in told.of(entry)]


class _Told:
    """What the entries of one booking say, with the names that they need."""

    def __init__(self, booking: Booking, entries: Collection[JournalEntry], reader: Delegation | None) -> None:
        self.booking, self.is_staff = booking, reader is None
        keys = {key for entry in entries if (key := _key_of_user(entry)) is not None}
        self.users = User.objects.in_bulk(keys) if keys else {}
        members = Membership.objects.filter(user__in=keys, delegation__in=[each.pk for each in booking.parties])
        self.members = set(members.values_list("user_id", "delegation_id")) if keys else set()
        self.rooms = {each.code: each.name for each in booking.session.rooms.all()}

    def of(self, entry: JournalEntry) -> Iterator[Happening]:
        """Yield what an entry tells of the booking: a line each, or that it was about nothing else."""
        own = [line for line in entry.changes if line["what"] == self.booking.holder]
        proposed = [line for line in entry.changes if line["what"].startswith("proposal:")]
        if not own and entry.subject == self.booking.holder:
            yield self._happening(entry, None, None, [self._place(line["after"]) for line in proposed if _is_new(line)])
        for line in own:
            yield self._happening(entry, line["before"], line["after"], [])

    def _happening(
        self, entry: JournalEntry, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, details: list[str]
    ) -> Happening:
        has_ended = after is not None and after["state"] in ENDED
        if before and after and _place_of(before) != _place_of(after):
            details = [_("From %(was)s to %(now)s") % {"was": self._place(before), "now": self._place(after)}]
        if before and after and before["state"] != State.REQUESTED == after["state"]:
            details = [*details, _("The counterpart was asked anew")]
        reason = self.booking.reason_told if has_ended else self._reason(entry, is_first=before is None)
        if reason:
            details = [*details, _("Reason: %(reason)s") % {"reason": reason}]
        by = self._ended_by(entry) if has_ended else self._by(entry)
        return Happening(entry.session_at, self._sentence(entry, before, after), by, details)

    def _sentence(self, entry: JournalEntry, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
        if after is not None and before is None:
            return _("Requested by %(name)s") % {"name": self.booking.requester.name}
        if after is not None and after["state"] in ENDED:
            return str(State(after["state"]).label)
        if entry.action == "change_grid" and before and after:
            if _place_of(before) != _place_of(after):
                return _("Moved, since the slots are others now")
            return _("Kept, though the slots are others now")
        sentences = {
            "edit_booking": _("Edited"),
            "approve_booking": _("The room was confirmed by conference services"),
            "confirm_booking": _("Confirmed by the counterpart"),
            "propose_time": _("Another time was proposed"),
            "accept_proposal": _("The proposed time was taken"),
            "refuse_proposal": _("The proposed time was not taken"),
            "move_booking": _("Moved"),
            "swap_bookings": _("Swapped with another meeting"),
            "check_in": _("Checked in"),
        }
        return sentences.get(entry.action) or action_label(entry.action)

    def _reason(self, entry: JournalEntry, *, is_first: bool) -> str:
        # Whoever acted for another reason, and had this one settled by the way, gave theirs for their own meeting.
        is_about_it = is_first or entry.subject == self.booking.holder or entry.action in ABOUT_MANY
        return entry.reason.strip() if is_about_it else ""

    def _place(self, place: Mapping[str, Any]) -> str:
        when = instant_text(parse_rfc3339(place["starts_at"]), self.booking.session.time_zone, place=False)
        return f"{when}, {self.rooms.get(place['room'], place['room'])}"

    # --- by whom ------------------------------------------------------------------------------------------------------

    def _by(self, entry: JournalEntry) -> str:
        if entry.actor.partition(":")[0] == "worker":
            return _("by rule")
        user = self._user(entry)
        if user is None or user.is_secretariat:
            return self._named(_("the secretariat"), user)
        return self._named(self._party(entry, user).name, user)

    def _party(self, entry: JournalEntry, user: User) -> Delegation:
        """Return for which of the two somebody acted, who may have acted for both, and act for neither any more."""
        requester, counterpart = self.booking.requester, self.booking.counterpart
        if counterpart is None or entry.action in BY_REQUESTER:
            return requester
        is_counterparts = (user.pk, counterpart.pk) in self.members and (user.pk, requester.pk) not in self.members
        return counterpart if entry.action in BY_COUNTERPART or is_counterparts else requester

    def _ended_by(self, entry: JournalEntry) -> str:
        # Not who acted: a request that lapsed may have been found so by anybody who asked for the same room.
        ended_by = self.booking.ended_by
        if ended_by == SERVICE:
            return _("by rule")
        party = next((each for each in self.booking.parties if each.code == ended_by), None)
        body = party.name if party and ended_by != STAFF else _("the secretariat")
        return self._named(body, self._user(entry))

    def _user(self, entry: JournalEntry) -> User | None:
        key = _key_of_user(entry)
        return None if key is None else self.users.get(key)

    def _named(self, body: str, user: User | None) -> str:
        """Return a body; for staff with the account, as the secretariat may know who it was."""
        return f"{body} ({user.get_username()})" if self.is_staff and user is not None else body


def _key_of_user(entry: JournalEntry) -> int | None:
    kind, _colon, key = entry.actor.partition(":")
    return int(key) if kind == "user" else None


def _is_new(line: Mapping[str, Any]) -> bool:
    return line["before"] is None


def _place_of(facts: Mapping[str, Any]) -> tuple[Any, Any]:
    return facts["room"], facts["starts_at"]
