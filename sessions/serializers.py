"""What the API says of sessions, slots, speakers, drawings and rules."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cnd.bodies import StrictSerializer
from cnd.models import Checkpoint
from sessions.models import Drawing, Level, MeetingSession, Rule, RuleCorrection, Slot


class SegmentShape(serializers.Serializer[Any]):
    code = serializers.SlugField()
    title = serializers.CharField()
    opens_on = serializers.DateField()
    closes_on = serializers.DateField()


class SessionSerializer(serializers.ModelSerializer[MeetingSession]):
    title = serializers.CharField(help_text="In the language asked for by Accept-Language.")
    rehearsal = serializers.BooleanField(source="is_rehearsal", help_text="True for ever once its clock was shifted.")
    clock_offset_s = serializers.IntegerField(
        source="chain.clock_offset_s", help_text="Session time is real time plus this many seconds."
    )
    segments = serializers.SerializerMethodField()

    class Meta:
        model = MeetingSession
        fields = ["code", "title", "time_zone", "rehearsal", "clock_offset_s", "segments"]

    @extend_schema_field(SegmentShape(many=True))
    def get_segments(self, session: MeetingSession) -> list[dict[str, Any]]:
        return [
            {"code": each.code, "title": each.name, "opens_on": each.opens_on, "closes_on": each.closes_on}
            for each in session.segments.all()
        ]


class SlotSerializer(serializers.ModelSerializer[Slot]):
    """One speaking slot. `place` is its holder's place on the list of speakers; a slot number never changes."""

    group = serializers.SlugRelatedField[Any](slug_field="code", read_only=True, allow_null=True)
    delegation = serializers.SlugRelatedField[Any](slug_field="code", read_only=True, allow_null=True)
    level = serializers.SerializerMethodField()
    updated = serializers.DateTimeField(source="updated_at", help_text="Real time, UTC.")

    class Meta:
        model = Slot
        fields = ["number", "group", "status", "delegation", "level", "place", "updated"]

    @extend_schema_field(serializers.ChoiceField(choices=Level.choices, allow_null=True))
    def get_level(self, slot: Slot) -> str | None:
        return slot.level or None


class SpeakerShape(serializers.Serializer[Any]):
    """One place. `delegation` is null at a gap, which a vacated slot left."""

    place = serializers.IntegerField(min_value=1)
    statement = serializers.ChoiceField(choices=["group", "national", "other"])
    delegation = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True, help_text="In the language asked for by Accept-Language.")
    group = serializers.CharField(allow_null=True)
    level = serializers.ChoiceField(choices=Level.choices)
    slot = serializers.IntegerField(allow_null=True)
    meeting = serializers.IntegerField(allow_null=True)
    spoken = serializers.BooleanField()


class WaitingShape(serializers.Serializer[Any]):
    group = serializers.CharField()
    delegations = serializers.ListField(child=serializers.CharField(), help_text="In lot order, late ones last.")


class SpeakersShape(serializers.Serializer[Any]):
    """The published list of speakers with every event since the draw, from which anyone can recompute it."""

    session = serializers.SlugField()
    attempt = serializers.IntegerField(allow_null=True, help_text="The drawing it rests on; null before the draw.")
    version = serializers.IntegerField(help_text="0 before the draw.")
    at = serializers.DateTimeField(allow_null=True, help_text="Session time.")
    sha256 = serializers.CharField(allow_null=True, help_text="Over the canonical JSON of the published version.")
    rehearsal = serializers.BooleanField()
    speakers = SpeakerShape(many=True)
    waiting = WaitingShape(many=True)
    events = serializers.ListField(child=serializers.DictField())


class SourceShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["drand", "numbers", "rehearsal_seed"])
    not_before = serializers.DateTimeField(help_text="Real time, UTC.")
    deadline = serializers.DateTimeField(help_text="Real time, UTC.")
    failed_at = serializers.DateTimeField(allow_null=True)
    obtained_at = serializers.DateTimeField(allow_null=True)
    value = serializers.DictField(allow_null=True)


class DrawSummarySerializer(serializers.ModelSerializer[Drawing]):
    """One drawing of lots. All times are real, UTC; it is sealed from `seals_at` on."""

    rehearsal = serializers.BooleanField(source="is_rehearsal")
    reason = serializers.SerializerMethodField()
    proof_sha256 = serializers.SerializerMethodField()

    class Meta:
        model = Drawing
        fields = [
            "attempt",
            "state",
            "rehearsal",
            "announcement_sha256",
            "announced_at",
            "draw_at",
            "seals_at",
            "drawn_at",
            "ended_at",
            "reason",
            "proof_sha256",
        ]

    @extend_schema_field(serializers.CharField(allow_null=True, help_text="Why it was withdrawn or annulled."))
    def get_reason(self, drawing: Drawing) -> str | None:
        return drawing.end_reason or None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_proof_sha256(self, drawing: Drawing) -> str | None:
        return drawing.bundle_sha256 or None


class DrawSerializer(DrawSummarySerializer):
    """One drawing with its announcement, its sources and, once drawn, its result."""

    sources = serializers.SerializerMethodField()
    announcement = serializers.DictField()
    result = serializers.SerializerMethodField()
    statement = serializers.SerializerMethodField()
    unchecked = serializers.SerializerMethodField()

    class Meta(DrawSummarySerializer.Meta):
        fields = [*DrawSummarySerializer.Meta.fields, "sources", "statement", "unchecked", "result", "announcement"]

    @extend_schema_field(SourceShape(many=True))
    def get_sources(self, drawing: Drawing) -> list[dict[str, Any]]:
        names = ("kind", "not_before", "deadline", "failed_at", "obtained_at", "value")
        return [{name: getattr(source, name) for name in names} for source in drawing.sources.all()]

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_result(self, drawing: Drawing) -> Any:
        return drawing.bundle["result"] if drawing.bundle else None

    def get_statement(self, drawing: Drawing) -> str | None:
        return (drawing.bundle["statement"] or None) if drawing.bundle else None

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_unchecked(self, drawing: Drawing) -> Any:
        return drawing.bundle["unchecked"] if drawing.bundle else []


class DrandValueSerializer(StrictSerializer):
    """A round of drand, handed in by anybody: it proves itself."""

    round = serializers.IntegerField(min_value=1, max_value=50_000_000_000, required=False)
    signature = serializers.RegexField(r"^[0-9a-fA-F]{96}$", help_text="96 hexadecimal digits.")


class HandedInShape(serializers.Serializer[Any]):
    stored = serializers.BooleanField(help_text="False when the value was there already.")


class CorrectionSerializer(serializers.ModelSerializer[RuleCorrection]):
    old_value = serializers.JSONField()
    new_value = serializers.JSONField()

    class Meta:
        model = RuleCorrection
        fields = ["number", "old_value", "new_value", "at", "session_at", "reason"]


class RuleSerializer(serializers.ModelSerializer[Rule]):
    """One rule. Instants are RFC 3339 in UTC, durations whole seconds, dates and times of day ISO 8601."""

    unit = serializers.SerializerMethodField()
    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    value = serializers.JSONField()
    corrections = CorrectionSerializer(many=True, read_only=True)

    class Meta:
        model = Rule
        fields = [
            "scope",
            "key",
            "title",
            "type",
            "unit",
            "value",
            "is_default",
            "is_deadline",
            "source",
            "corrections",
        ]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_unit(self, rule: Rule) -> str | None:
        return rule.unit or None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_source(self, rule: Rule) -> str | None:
        return rule.source or None


class HeadSerializer(serializers.ModelSerializer[Checkpoint]):
    """A public checkpoint of the journal: keep it, and nobody can rewrite unnoticed what went before."""

    chain = serializers.CharField(source="chain.code")

    class Meta:
        model = Checkpoint
        fields = ["chain", "public_number", "at", "seal"]


class TouchedShape(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Such as `slots` or `draws/1`.")
    url = serializers.URLField(allow_null=True, help_text="Where it is read.")


class PublicChangeShape(serializers.Serializer[Any]):
    """One public change. Its number is one more than that of the change before it."""

    number = serializers.IntegerField(min_value=1)
    at = serializers.DateTimeField(help_text="Real time, UTC.")
    session_at = serializers.DateTimeField(help_text="Session time, UTC.")
    resources = TouchedShape(many=True, help_text="What has a new version by it.")


class ChangesShape(serializers.Serializer[Any]):
    """Public changes in order. To follow them, ask again with `since` set to the number of the last one you have."""

    session = serializers.SlugField()
    since = serializers.IntegerField(min_value=0)
    last = serializers.IntegerField(
        min_value=0,
        help_text="The number of the last public change there is. Less than `since`: the service was restored from a "
        "backup; read everything again.",
    )
    next = serializers.URLField(allow_null=True, help_text="The changes after these; null when these are the last.")
    results = PublicChangeShape(many=True)
