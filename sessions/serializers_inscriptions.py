"""What the API says and takes of inscriptions."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cnd.bodies import StrictSerializer
from sessions.models import Inscription, Level

LONGEST_NAME = 200
LONGEST_REASON = 500
OWN, GROUP = "own", "group"


class InscriptionSerializer(serializers.ModelSerializer[Inscription]):
    """An inscription, for those who may see it. Its receipt never changes."""

    receipt = serializers.IntegerField(source="receipt_number")
    version = serializers.IntegerField(help_text="In quotes it is the ETag, which If-Match takes.")
    delegation = serializers.CharField(source="delegation.code")
    statement = serializers.SerializerMethodField(help_text="On whose behalf: its own, or its regional group's.")
    group = serializers.SerializerMethodField()
    speaker_name = serializers.SerializerMethodField()
    speaker_title = serializers.SerializerMethodField()
    received_at = serializers.DateTimeField(source="receipt_at", help_text="Session time; rises with the receipt.")
    received_real_at = serializers.DateTimeField(help_text="Real time.")
    withdrawn_at = serializers.DateTimeField(allow_null=True, help_text="Session time.")

    class Meta:
        model = Inscription
        fields = [
            "receipt",
            "version",
            "delegation",
            "statement",
            "group",
            "level",
            "speaker_name",
            "speaker_title",
            "received_at",
            "received_real_at",
            "withdrawn_at",
        ]

    @extend_schema_field(serializers.ChoiceField(choices=[OWN, GROUP]))
    def get_statement(self, inscription: Inscription) -> str:
        return GROUP if inscription.statement == Inscription.Statement.GROUP else OWN

    @extend_schema_field(serializers.CharField(allow_null=True, help_text="Code of a regional group."))
    def get_group(self, inscription: Inscription) -> str | None:
        return inscription.group.code if inscription.group else None

    @extend_schema_field(
        serializers.CharField(allow_null=True, help_text="Null when nobody is named, or the name was erased.")
    )
    def get_speaker_name(self, inscription: Inscription) -> str | None:
        return self._person(inscription, "name")

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_speaker_title(self, inscription: Inscription) -> str | None:
        return self._person(inscription, "title")

    @staticmethod
    def _person(inscription: Inscription, part: str) -> str | None:
        value: dict[str, Any] = (inscription.speaker.value if inscription.speaker else None) or {}
        return value.get(part) or None


def _speaker(part: str) -> serializers.CharField:
    return serializers.CharField(max_length=LONGEST_NAME, required=False, allow_blank=True, help_text=part)


class ReasonShape(StrictSerializer):
    """Why; it stands in the journal."""

    reason = serializers.CharField(max_length=LONGEST_REASON, required=False, allow_blank=True)


class InscribeShape(ReasonShape):
    """A new inscription. Outside the window only the secretariat makes one, with a reason."""

    delegation = serializers.CharField(max_length=16, help_text="Code of the delegation that takes the floor.")
    statement = serializers.ChoiceField(
        choices=[OWN, GROUP], default=OWN, help_text="`group` is for the State that chairs its regional group."
    )
    level = serializers.ChoiceField(choices=Level.choices)
    speaker_name = _speaker("Seen by the own delegation and the secretariat alone.")
    speaker_title = _speaker("Seen by the own delegation and the secretariat alone.")


class ChangeShape(ReasonShape):
    """What is to change; what is not named stays."""

    level = serializers.ChoiceField(choices=Level.choices, required=False)
    speaker_name = _speaker("Empty together with the title: nobody is named.")
    speaker_title = _speaker("")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not set(attrs) - {"reason"}:
            raise serializers.ValidationError({"": [_("Name what is to change: level, speaker_name, speaker_title.")]})
        return attrs
