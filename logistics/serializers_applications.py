"""What the API says and takes of applications for side events, and of their receipts."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cnd.bodies import StrictSerializer
from logistics.models import Application
from logistics.services.content import FIELDS
from sessions.models import Delegation
from sessions.serializers_inscriptions import LONGEST_REASON, ReasonShape

State = Application.State
STATES = [each for each in State.values if each != State.DRAFT]


class IntervalShape(StrictSerializer):
    """A half-open interval; multiples of five minutes."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class ContactShape(StrictSerializer):
    """Seen by the organiser and the secretariat alone."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    email = serializers.CharField(max_length=200, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=200, required=False, allow_blank=True)


class EventSpeakerShape(StrictSerializer):
    """Seen by the organiser and the secretariat, until the event is published."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)


class CoSponsorShape(StrictSerializer):
    """A delegation of the session by its code, or another body by its name and kind."""

    delegation = serializers.CharField(max_length=16, required=False)
    name = serializers.CharField(max_length=200, required=False)
    kind = serializers.ChoiceField(choices=Delegation.Kind.choices, required=False)


class FlyerShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()


class StandingSerializer(serializers.ModelSerializer[Application]):
    """Where an application stands. Its receipt never changes."""

    version = serializers.IntegerField(help_text="In quotes it is the ETag, which If-Match takes.")
    kind = serializers.CharField(source="kind.code", help_text="Code of a kind of side event.")
    reference = serializers.CharField(help_text="Its public name once it is received.")
    organiser = serializers.CharField(source="organiser.code", help_text="Code of the main organiser.")
    receipt = serializers.IntegerField(source="receipt_number", allow_null=True)
    received_at = serializers.DateTimeField(
        source="receipt_at", allow_null=True, help_text="Session time; rises with the receipt."
    )
    received_real_at = serializers.DateTimeField(allow_null=True, help_text="Real time.")
    arrived_at = serializers.DateTimeField(
        allow_null=True, help_text="Session time at which the request reached the server; by it the window is judged."
    )
    sha256 = serializers.SerializerMethodField()
    place = serializers.IntegerField(allow_null=True, help_text="The place that it holds.")
    position = serializers.SerializerMethodField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="Session time by which the organiser answers.")
    correction = serializers.CharField(help_text="What is, or was, to be corrected.")
    decided_at = serializers.DateTimeField(allow_null=True, help_text="Session time.")
    reason = serializers.CharField(help_text="Why it was rejected, withdrawn or merged.")
    merged_into = serializers.IntegerField(source="merged_into_id", allow_null=True)
    carried_from = serializers.IntegerField(source="carried_from_id", allow_null=True)

    class Meta:
        model = Application
        fields = [
            "id",
            "version",
            "kind",
            "reference",
            "organiser",
            "title",
            "state",
            "receipt",
            "received_at",
            "received_real_at",
            "arrived_at",
            "sha256",
            "place",
            "position",
            "due_at",
            "correction",
            "decided_at",
            "reason",
            "merged_into",
            "carried_from",
        ]

    @extend_schema_field(serializers.CharField(allow_null=True, help_text="Of the content as it was received."))
    def get_sha256(self, application: Application) -> str | None:
        return application.content_sha256 or None

    @extend_schema_field(
        serializers.IntegerField(allow_null=True, help_text="On the waiting list: 1 is promoted next.")
    )
    def get_position(self, application: Application) -> int | None:
        return self.context.get("positions", {}).get(application.pk)


class ApplicationSerializer(StandingSerializer):
    """An application with all that it says, for those who may see it. Names that were erased are missing."""

    wished_times = serializers.SerializerMethodField()
    impossible_times = serializers.SerializerMethodField()
    equipment = serializers.ListField(child=serializers.CharField())
    contact = serializers.SerializerMethodField()
    speakers = serializers.SerializerMethodField()
    cosponsors = serializers.SerializerMethodField()
    flyer = serializers.SerializerMethodField()

    class Meta(StandingSerializer.Meta):
        fields = [
            *StandingSerializer.Meta.fields,
            "abstract",
            "theme",
            "form",
            "attendance",
            "length_min",
            "equipment",
            "needs_accessible",
            "technical_needs",
            "wished_times",
            "impossible_times",
            "contact",
            "speakers",
            "cosponsors",
            "flyer",
        ]

    @extend_schema_field(IntervalShape(many=True))
    def get_wished_times(self, application: Application) -> list[dict[str, str]]:
        return [{"starts_at": begins, "ends_at": ends} for begins, ends in application.wished_times]

    @extend_schema_field(IntervalShape(many=True))
    def get_impossible_times(self, application: Application) -> list[dict[str, str]]:
        return [{"starts_at": begins, "ends_at": ends} for begins, ends in application.impossible_times]

    @extend_schema_field(ContactShape(allow_null=True))
    def get_contact(self, application: Application) -> Any:
        return application.contact.value if application.contact else None

    @extend_schema_field(EventSpeakerShape(many=True))
    def get_speakers(self, application: Application) -> Any:
        return ((application.speakers.value if application.speakers else None) or {}).get("speakers", [])

    @extend_schema_field(CoSponsorShape(many=True))
    def get_cosponsors(self, application: Application) -> list[dict[str, str]]:
        return [
            {"delegation": each.delegation.code} if each.delegation else {"name": each.name, "kind": each.kind}
            for each in application.cosponsors.all()
        ]

    @extend_schema_field(FlyerShape(allow_null=True))
    def get_flyer(self, application: Application) -> dict[str, Any] | None:
        return FlyerShape(application.flyer).data if application.flyer else None


class ReceiptSerializer(serializers.ModelSerializer[Application]):
    """One line of the public register of receipts, by which first come, first served can be checked."""

    kind = serializers.CharField(source="kind.code")
    receipt = serializers.IntegerField(source="receipt_number")
    received_at = serializers.DateTimeField(source="receipt_at", help_text="Session time; rises with the receipt.")
    sha256 = serializers.CharField(source="content_sha256", help_text="Of the content as it was received.")
    state = serializers.ChoiceField(choices=STATES)
    position = serializers.SerializerMethodField()
    organiser = serializers.SerializerMethodField()

    class Meta:
        model = Application
        fields = ["kind", "receipt", "received_at", "sha256", "state", "position", "organiser"]

    @extend_schema_field(
        serializers.IntegerField(allow_null=True, help_text="On the waiting list: 1 is promoted next.")
    )
    def get_position(self, application: Application) -> int | None:
        return self.context["positions"].get(application.pk)

    @extend_schema_field(
        serializers.CharField(allow_null=True, help_text="Code; null until the rules let the register show it.")
    )
    def get_organiser(self, application: Application) -> str | None:
        is_shown = application.decided_at is not None or application.kind_id in self.context["shown_at_receipt"]
        return application.organiser.code if is_shown else None


# --- what is sent -----------------------------------------------------------------------------------------------------


class ContentShape(ReasonShape):
    """What an application says. A draft may say anything; what is missing is named when it is submitted."""

    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    abstract = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    theme = serializers.CharField(max_length=120, required=False, allow_blank=True)
    form = serializers.ChoiceField(choices=Application.Form.choices, required=False, allow_blank=True)
    attendance = serializers.IntegerField(min_value=1, max_value=100_000, required=False, allow_null=True)
    length_min = serializers.IntegerField(min_value=1, max_value=1440, required=False, allow_null=True)
    equipment = serializers.ListField(
        child=serializers.CharField(max_length=200),
        max_length=40,
        required=False,
        help_text="As the rule book names it.",
    )
    needs_accessible = serializers.BooleanField(required=False)
    technical_needs = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    wished_times = IntervalShape(many=True, required=False, max_length=40)  # type: ignore[call-arg]
    impossible_times = IntervalShape(many=True, required=False, max_length=40)  # type: ignore[call-arg]
    contact = ContactShape(required=False, allow_null=True)
    speakers = EventSpeakerShape(many=True, required=False, max_length=40)  # type: ignore[call-arg]
    cosponsors = CoSponsorShape(many=True, required=False, max_length=40)  # type: ignore[call-arg]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("wished_times", "impossible_times"):
            if name in attrs:
                attrs[name] = [(each["starts_at"], each["ends_at"]) for each in attrs[name]]
        return attrs


class BeginShape(ContentShape):
    """A new draft."""

    kind = serializers.SlugField(max_length=32, help_text="Code of a kind of side event.")
    delegation = serializers.CharField(max_length=16, help_text="Code of the main organiser.")


class ApplicationEditShape(ContentShape):
    """What is to change; what is not named stays. What was received the secretariat edits with a reason."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not set(attrs) - {"reason"}:
            raise serializers.ValidationError({"": [_("Name what is to change.")]})
        return super().validate(attrs)


class NamedFlyerShape(ReasonShape):
    """What is said with a flyer beside its bytes."""

    name = serializers.CharField(max_length=120, required=False, allow_blank=True)


class NothingShape(StrictSerializer):
    """Nothing is said with it."""


class RejectShape(StrictSerializer):
    """Why; the organiser is told."""

    reason = serializers.CharField(max_length=LONGEST_REASON)


class CorrectionShape(StrictSerializer):
    """What is to be corrected; the organiser is told."""

    text = serializers.CharField(max_length=5000)


def content_in(given: dict[str, Any]) -> dict[str, Any]:
    """Return what of a body is content of an application."""
    return {name: given[name] for name in FIELDS if name in given}
