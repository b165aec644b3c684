"""The administration of what surrounds the meeting: everything can be read, services alone change it."""

from django.contrib import admin

from cnd.admin import ForSuperusers, ReadOnly
from logistics.models import (
    Application,
    Block,
    Booking,
    Cell,
    CoSponsor,
    EventKind,
    NoteVerbale,
    Offer,
    Placement,
    Placing,
    Programme,
    ProgrammeVersion,
    Proposal,
    Revision,
    Room,
    SentFile,
    Waiting,
)

# --- side events ------------------------------------------------------------------------------------------------------


@admin.register(EventKind)
class EventKindAdmin(ReadOnly):
    list_display = ["code", "name", "session", "scope", "last_receipt_number", "last_receipt_at"]
    list_filter = ["session"]
    list_select_related = ["session"]
    search_fields = ["code", "names"]


@admin.register(Application)
class ApplicationAdmin(ReadOnly):
    list_display = ["reference", "organiser", "title", "state", "place", "receipt_at", "due_at"]
    list_filter = ["kind__session", "kind", "state"]
    list_select_related = ["kind", "organiser"]
    search_fields = ["=organiser__code", "title", "content_sha256"]
    # Persons are seen where they are needed.
    exclude = ["contact", "speakers"]


@admin.register(CoSponsor)
class CoSponsorAdmin(ReadOnly):
    list_display = ["application", "delegation", "name", "kind"]
    list_filter = ["application__kind", "kind"]
    list_select_related = ["application__kind", "delegation"]
    search_fields = ["=delegation__code", "name"]


@admin.register(Revision)
class RevisionAdmin(ReadOnly):
    list_display = ["application", "number", "session_at", "fields", "content_sha256"]
    list_filter = ["application__kind"]
    list_select_related = ["application__kind"]
    search_fields = ["content_sha256"]


@admin.register(SentFile)
class SentFileAdmin(ForSuperusers):
    list_display = ["name", "media_type", "size", "sha256", "sent_at", "session"]
    list_filter = ["session", "media_type"]
    list_select_related = ["session"]
    search_fields = ["name", "sha256"]
    exclude = ["content"]


# --- rooms and the programme ------------------------------------------------------------------------------------------


@admin.register(Room)
class RoomAdmin(ReadOnly):
    list_display = ["code", "name", "session", "capacity", "is_for_events", "is_for_bilaterals", "retired_at"]
    list_filter = ["session", "is_for_events", "is_for_bilaterals", "is_accessible"]
    list_select_related = ["session"]
    search_fields = ["code", "names"]


@admin.register(Block)
class BlockAdmin(ReadOnly):
    list_display = ["room", "starts_at", "ends_at", "reason", "lifted_at"]
    list_filter = ["room__session"]
    list_select_related = ["room"]
    search_fields = ["room__code", "reason"]


@admin.register(Cell)
class CellAdmin(ReadOnly):
    list_display = ["layer", "resource", "number", "holder", "session"]
    list_filter = ["session", "layer"]
    list_select_related = ["session"]
    search_fields = ["=resource", "=holder"]


@admin.register(Programme)
class ProgrammeAdmin(ReadOnly):
    list_display = ["session", "last_version"]
    list_select_related = ["session"]


@admin.register(Placement)
class PlacementAdmin(ReadOnly):
    list_display = ["application", "room", "starts_at", "ends_at", "is_pinned"]
    list_filter = ["application__kind", "is_pinned"]
    list_select_related = ["application__kind", "room"]
    search_fields = ["application__title", "room__code"]


@admin.register(ProgrammeVersion)
class ProgrammeVersionAdmin(ReadOnly):
    list_display = ["programme", "number", "session_at", "sha256"]
    list_filter = ["programme__session"]
    list_select_related = ["programme"]
    search_fields = ["sha256"]


@admin.register(Placing)
class PlacingAdmin(ReadOnly):
    list_display = ["programme", "state", "asked_by", "asked_at", "ended_at"]
    list_filter = ["programme__session", "state"]
    list_select_related = ["programme", "asked_by"]
    search_fields = ["asked_by__username"]


# --- bilateral meetings -----------------------------------------------------------------------------------------------


@admin.register(Booking)
class BookingAdmin(ReadOnly):
    list_display = ["pk", "room", "starts_at", "requester", "counterpart", "state"]
    list_filter = ["session", "state", "room"]
    list_select_related = ["room", "requester", "counterpart"]
    search_fields = ["requester__code", "counterpart__code", "room__code"]


@admin.register(Proposal)
class ProposalAdmin(ReadOnly):
    list_display = ["booking", "room", "starts_at", "state", "made_at"]
    list_filter = ["state"]
    list_select_related = ["booking", "room"]
    search_fields = ["=booking__pk"]


@admin.register(Waiting)
class WaitingAdmin(ReadOnly):
    list_display = ["delegation", "room", "starts_at", "ends_at", "state", "joined_at"]
    list_filter = ["session", "state"]
    list_select_related = ["delegation", "room"]
    search_fields = ["delegation__code"]


@admin.register(Offer)
class OfferAdmin(ReadOnly):
    list_display = ["waiting", "room", "starts_at", "state", "expires_at"]
    list_filter = ["state"]
    list_select_related = ["waiting", "room"]
    search_fields = ["waiting__delegation__code"]


@admin.register(NoteVerbale)
class NoteVerbaleAdmin(ReadOnly):
    list_display = ["delegation", "handed_in_at", "confirmed_at"]
    list_filter = ["delegation__session"]
    list_select_related = ["delegation"]
    search_fields = ["delegation__code"]
