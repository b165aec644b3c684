"""Forms with which a delegation says at which level it speaks, and who."""

from django import forms

from sessions.forms.fields import LevelField
from sessions.forms.roster import SpeakerForm


class OwnLevelForm(forms.Form):
    """The level of one's own statement."""

    level = LevelField()


class OwnInscriptionForm(SpeakerForm):
    """One's own inscription. Who speaks can still be said later."""

    level = LevelField()
    field_order = ["level", "speaker_name", "speaker_title"]
