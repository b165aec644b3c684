"""The administration of what surrounds the meeting: everything can be read, services alone change it."""

from django.contrib import admin

from cnd.admin import ForSuperusers, ReadOnly
from logistics.models import Application, CoSponsor, EventKind, Revision, SentFile


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
