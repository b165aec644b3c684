"""What the API says and takes of bookings, waiting and what is free."""

from datetime import UTC, date, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from logistics.models import Booking, Offer, Proposal, Waiting
from sessions.serializers_inscriptions import ReasonShape

LONGEST_TEXT = 2_000
MOST_EQUIPMENT = 20
YEARS = range(1900, 3000)


class InstantField(serializers.DateTimeField):
    """An instant with its offset; without one nobody knows which is meant."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            found = parse_datetime(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or found.year not in YEARS:
            raise serializers.ValidationError(
                _("An instant with its offset is expected, such as 2024-03-14T08:00:00Z.")
            )
        return found.astimezone(UTC)


class DayField(serializers.DateField):
    """A day in the meeting's zone."""

    def to_internal_value(self, value: Any) -> date:
        found: date = super().to_internal_value(value)
        if found.year not in YEARS:
            raise serializers.ValidationError(_("A day is expected, such as 2024-03-14."))
        return found


# --- what is said -----------------------------------------------------------------------------------------------------


class ProposalShape(serializers.ModelSerializer[Proposal]):
    """Another time that the counterpart proposed. Nothing is held there."""

    room = serializers.CharField(source="room.code")

    class Meta:
        model = Proposal
        fields = ["room", "starts_at", "ends_at", "made_at"]


class BookingSerializer(serializers.ModelSerializer[Booking]):
    """A booking, for its two delegations and the secretariat. All times are session time."""

    version = serializers.IntegerField(help_text="In quotes it is the ETag, which If-Match takes.")
    room = serializers.CharField(source="room.code")
    requester = serializers.CharField(source="requester.code")
    counterpart = serializers.SerializerMethodField()
    purpose = serializers.SerializerMethodField(help_text="Null when none is given, or it was erased.")
    participants = serializers.SerializerMethodField()
    nameplates = serializers.SerializerMethodField()
    equipment = serializers.ListField(child=serializers.CharField())
    proposal = serializers.SerializerMethodField()
    ended_by = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    exception = serializers.SerializerMethodField()

    class Meta:
        model = Booking
        fields = [
            "id",
            "version",
            "room",
            "starts_at",
            "ends_at",
            "requester",
            "counterpart",
            "state",
            "purpose",
            "participants",
            "nameplates",
            "people",
            "equipment",
            "proposal",
            "requested_at",
            "answer_by",
            "agreed_at",
            "confirmed_at",
            "checked_in_at",
            "ended_at",
            "ended_by",
            "reason",
            "exception",
        ]

    @extend_schema_field(serializers.CharField(allow_null=True, help_text="Null for the requester's own use."))
    def get_counterpart(self, booking: Booking) -> str | None:
        return booking.counterpart.code if booking.counterpart else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_purpose(self, booking: Booking) -> str | None:
        return booking.detail("purpose") or None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_participants(self, booking: Booking) -> str | None:
        return booking.detail("participants") or None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_nameplates(self, booking: Booking) -> str | None:
        return booking.detail("nameplates") or None

    @extend_schema_field(ProposalShape(allow_null=True))
    def get_proposal(self, booking: Booking) -> Any:
        # Of what was prefetched: a list of bookings asks for all of them at once.
        found = [each for each in booking.proposals.all() if each.state == Proposal.State.OPEN]
        return ProposalShape(found[0]).data if found else None

    @extend_schema_field(
        serializers.CharField(allow_null=True, help_text="Code of a delegation, `secretariat`, or `service`.")
    )
    def get_ended_by(self, booking: Booking) -> str | None:
        return booking.ended_by or None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_reason(self, booking: Booking) -> str | None:
        return booking.reason or None

    @extend_schema_field(serializers.ChoiceField(choices=Booking.Exceptional.choices, allow_null=True))
    def get_exception(self, booking: Booking) -> str | None:
        return booking.exception or None


class MadeShape(BookingSerializer):
    """A booking as it was made, with what the service knows to clash with it."""

    warnings = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Soft: the booking stands all the same."
    )

    class Meta(BookingSerializer.Meta):
        fields = [*BookingSerializer.Meta.fields, "warnings"]


class OfferShape(serializers.ModelSerializer[Offer]):
    """A freed slot that is held for whoever waits."""

    room = serializers.CharField(source="room.code")

    class Meta:
        model = Offer
        fields = ["room", "starts_at", "ends_at", "expires_at"]


class WaitingSerializer(serializers.ModelSerializer[Waiting]):
    """A place in line: for one slot, or for any within some hours; without a room, in any."""

    delegation = serializers.CharField(source="delegation.code")
    counterpart = serializers.SerializerMethodField()
    room = serializers.SerializerMethodField()
    starts_at = serializers.DateTimeField(help_text="Slots that begin then or later.")
    ends_at = serializers.DateTimeField(help_text="Slots that end by then.")
    equipment = serializers.ListField(child=serializers.CharField())
    offer = serializers.SerializerMethodField()
    booking = serializers.SerializerMethodField()

    class Meta:
        model = Waiting
        fields = [
            "id",
            "delegation",
            "counterpart",
            "room",
            "starts_at",
            "ends_at",
            "people",
            "equipment",
            "state",
            "joined_at",
            "ended_at",
            "offer",
            "booking",
        ]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_counterpart(self, entry: Waiting) -> str | None:
        return entry.counterpart.code if entry.counterpart else None

    @extend_schema_field(serializers.CharField(allow_null=True, help_text="Null: any room."))
    def get_room(self, entry: Waiting) -> str | None:
        return entry.room.code if entry.room else None

    @extend_schema_field(OfferShape(allow_null=True))
    def get_offer(self, entry: Waiting) -> Any:
        found = [each for each in entry.offers.all() if each.state == Offer.State.OPEN]
        return OfferShape(found[0]).data if found else None

    @extend_schema_field(serializers.IntegerField(allow_null=True, help_text="The booking it became."))
    def get_booking(self, entry: Waiting) -> int | None:
        return next((each.booking_id for each in entry.offers.all() if each.booking_id), None)


class SlotShape(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    free = serializers.BooleanField(source="is_free", help_text="Not taken; the cut-off is another matter.")


class RoomSlotsShape(serializers.Serializer[Any]):
    """The slots of a room in order: free or taken, whoever has them."""

    room = serializers.SlugField(source="room.code")
    slots = SlotShape(many=True)


class FreeTimeShape(serializers.Serializer[Any]):
    """A slot in which both delegations are free, with the rooms that are."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    rooms = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.SlugField()))
    def get_rooms(self, time: Any) -> list[str]:
        return [room.code for room in time.rooms]


# --- what is sent -----------------------------------------------------------------------------------------------------


class MoveShape(ReasonShape):
    """Another room and slot."""

    room = serializers.SlugField(max_length=32, help_text="Code of a room.")
    starts_at = InstantField(help_text="When a slot begins.")


class NeedsShape(ReasonShape):
    """What a meeting is for and needs; the texts are seen by its two delegations and the secretariat alone."""

    purpose = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    participants = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    nameplates = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    people = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    equipment = serializers.ListField(
        child=serializers.CharField(max_length=80),
        max_length=MOST_EQUIPMENT,
        required=False,
        help_text="Words of the rule `rooms.equipment`.",
    )


class RequestShape(NeedsShape):
    """A slot of a room, and whom one wants to meet there."""

    room = serializers.SlugField(max_length=32, help_text="Code of a room.")
    starts_at = InstantField(help_text="When a slot begins.")
    requester = serializers.CharField(max_length=16, help_text="Code of the delegation that books.")
    counterpart = serializers.CharField(
        max_length=16, required=False, allow_null=True, help_text="Code of the delegation that is asked; none: own use."
    )


class BookingEditShape(NeedsShape):
    """What is to change; what is not named stays."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not set(attrs) - {"reason"}:
            raise serializers.ValidationError({"": [_("Name what is to change.")]})
        return attrs


class JoinShape(NeedsShape):
    """A slot to wait for, or a day with hours; without a room, any."""

    delegation = serializers.CharField(max_length=16, help_text="Code of the delegation that waits.")
    counterpart = serializers.CharField(max_length=16, required=False, allow_null=True)
    room = serializers.SlugField(max_length=32, required=False, allow_null=True)
    starts_at = InstantField(required=False, allow_null=True, help_text="When the slot begins.")
    day = DayField(required=False, allow_null=True)
    from_time = serializers.TimeField(required=False, allow_null=True, help_text="In the session's zone.")
    until_time = serializers.TimeField(required=False, allow_null=True, help_text="In the session's zone.")
