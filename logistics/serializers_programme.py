"""What the API says of published events, versions of the programme, and rooms."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from logistics.models import Application, Layout, Room
from logistics.services.published import Published

NAMED = "In the language asked for by Accept-Language."


class PartyShape(serializers.Serializer[Any]):
    """An organiser or a co-sponsor. Another body than a delegation of the session has no code."""

    delegation = serializers.CharField(allow_null=True)
    name = serializers.CharField(help_text=NAMED)


class EventRoomShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField(help_text=NAMED)


class EventShape(serializers.Serializer[Any]):
    """One published event. It names no persons: its speakers stand on its page."""

    event = serializers.CharField(help_text="Its reference, for ever.")
    kind = serializers.SlugField()
    kind_name = serializers.CharField(help_text=NAMED)
    title = serializers.CharField()
    abstract = serializers.CharField()
    theme = serializers.CharField()
    form = serializers.ChoiceField(choices=Application.Form.choices)
    organiser = PartyShape()
    cosponsors = PartyShape(many=True)
    starts_at = serializers.DateTimeField(help_text="UTC.")
    ends_at = serializers.DateTimeField(help_text="UTC; half-open.")
    room = EventRoomShape(allow_null=True, help_text="null: online.")
    version = serializers.IntegerField(
        min_value=1, help_text="The version of the programme in which it became what it is."
    )


def event_body(event: Published) -> dict[str, Any]:
    """Return what the API says of an event."""
    row = event.row
    return {
        "event": event.reference,
        "kind": row["kind"],
        "kind_name": event.kind_name,
        "title": row["title"],
        "abstract": row["abstract"],
        "theme": row["theme"],
        "form": row["form"],
        "organiser": {"delegation": event.organiser.code or None, "name": event.organiser.name},
        "cosponsors": [{"delegation": each.code or None, "name": each.name} for each in event.cosponsors],
        "starts_at": row["starts_at"],
        "ends_at": row["ends_at"],
        "room": {"code": row["room"], "name": event.place} if row["room"] else None,
        "version": row["version"],
    }


class MovedShape(serializers.Serializer[Any]):
    event = serializers.CharField()
    before = serializers.DictField(help_text="starts_at, ends_at, room.")
    after = serializers.DictField(help_text="starts_at, ends_at, room.")


class ChangedShape(serializers.Serializer[Any]):
    event = serializers.CharField()
    fields = serializers.DictField(help_text="Every field that is another, with `before` and `after`.")  # type: ignore[assignment]


class DifferenceShape(serializers.Serializer[Any]):
    """What a version changed."""

    added = serializers.ListField(child=serializers.CharField(), help_text="References.")
    moved = MovedShape(many=True)
    changed = ChangedShape(many=True)
    removed = serializers.ListField(child=serializers.DictField(), help_text="Whole events as they were.")


class VersionShape(serializers.Serializer[Any]):
    """One version of the programme, without its events."""

    number = serializers.IntegerField(min_value=1)
    at = serializers.DateTimeField(help_text="Real time, UTC.")
    session_at = serializers.DateTimeField(help_text="Session time, UTC.")
    note = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the RFC 8785 canonical JSON of the version.")
    events = serializers.IntegerField(help_text="How many there are.")
    difference = DifferenceShape()


class VersionSerializer(serializers.BaseSerializer[Any]):
    def to_representation(self, version: Any) -> dict[str, Any]:
        stamp = serializers.DateTimeField()
        return {
            "number": version.number,
            "at": stamp.to_representation(version.at),
            "session_at": stamp.to_representation(version.session_at),
            "note": version.note,
            "sha256": version.sha256,
            "events": len(version.content["events"]),
            "difference": version.content["difference"],
        }


class BlockedShape(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class RoomSerializer(serializers.ModelSerializer[Room]):
    """A room of the inventory. Who has it when stands in `availability`."""

    name = serializers.CharField(help_text=NAMED)
    layout = serializers.ChoiceField(choices=Layout.choices)
    accessible = serializers.BooleanField(source="is_accessible", help_text="Whether the way there has no steps.")
    for_events = serializers.BooleanField(source="is_for_events")
    for_bilaterals = serializers.BooleanField(source="is_for_bilaterals")
    held_for = serializers.SlugRelatedField[Any](slug_field="code", read_only=True, allow_null=True)
    opens = serializers.SerializerMethodField(
        help_text="Such as 08:30, in the meeting's zone; null: as the rule rooms.day_opens says."
    )
    closes = serializers.SerializerMethodField(
        help_text="Such as 20:00, in the meeting's zone; null: as the rule rooms.day_closes says."
    )
    blocked = serializers.SerializerMethodField(help_text="When nobody can use it; half-open.")
    plan = serializers.SerializerMethodField(help_text="SHA-256 of its picture or plan, if it has one.")

    class Meta:
        model = Room
        fields = [
            "code",
            "name",
            "building",
            "floor",
            "capacity",
            "layout",
            "equipment",
            "accessible",
            "for_events",
            "for_bilaterals",
            "held_for",
            "opens",
            "closes",
            "blocked",
            "plan",
        ]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_opens(self, room: Room) -> str | None:
        return f"{room.opens:%H:%M}" if room.opens else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_closes(self, room: Room) -> str | None:
        return f"{room.closes:%H:%M}" if room.closes else None

    @extend_schema_field(BlockedShape(many=True))
    def get_blocked(self, room: Room) -> list[dict[str, Any]]:
        standing = [each for each in room.blocks.all() if each.lifted_at is None]
        return [dict(BlockedShape(each).data) for each in standing]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_plan(self, room: Room) -> str | None:
        return room.plan.sha256 if room.plan else None
