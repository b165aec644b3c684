"""What of the published programme is shown."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cnd.instants import day_text
from logistics.services.published import Published, Wanted

BY_TIME, BY_ROOM = "", "room"


class ProgrammeFilter(forms.Form):
    """Offers what there is to choose from. Nothing here is ever an error: what is not known filters nothing."""

    day = forms.ChoiceField(label=_("Day"), required=False)
    room = forms.ChoiceField(label=_("Room"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    theme = forms.ChoiceField(label=_("Theme"), required=False)
    form = forms.ChoiceField(label=_("Form"), required=False)
    organiser = forms.ChoiceField(label=_("Organiser"), required=False)
    by = forms.ChoiceField(
        label=_("Arranged"), required=False, choices=[(BY_TIME, _("by time")), (BY_ROOM, _("by room"))]
    )

    def __init__(self, *args: Any, events: Sequence[Published], zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By position in the programme; the rest by name.
        days = dict.fromkeys(event.day for event in events)
        self._offer("day", _("All days"), ((day.isoformat(), day_text(day, zone)) for day in sorted(days)))
        self._offer("room", _("All rooms"), _named((each.room.code, each.place) for each in events if each.room))
        self._offer("kind", _("All kinds"), _named((each.row["kind"], each.kind_name) for each in events))
        self._offer("theme", _("All themes"), _named((each.row["theme"], each.row["theme"]) for each in events))
        self._offer("form", _("All forms"), _named((each.row["form"], each.form_label) for each in events))
        organisers = ((each.organiser.code, each.organiser.name) for each in events)
        self._offer("organiser", _("All organisers"), _named(organisers))
        self.is_valid()

    def _offer(self, name: str, all_of_them: Any, choices: Iterable[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", all_of_them), *((value, label) for value, label in choices if value)]

    @property
    def narrowing(self) -> list[forms.BoundField]:
        """The fields that leave something out and offer a choice at all."""
        return [self[name] for name in self.fields if name != "by" and len(self[name].field.choices) > 2]  # type: ignore[attr-defined]

    @property
    def is_filtering(self) -> bool:
        return any(value for name, value in self.cleaned_data.items() if name != "by")

    @property
    def is_by_room(self) -> bool:
        return self.cleaned_data.get("by") == BY_ROOM

    @property
    def wanted(self) -> Wanted:
        """What is asked for."""
        asked = {name: value for name, value in self.cleaned_data.items() if name not in ("by", "day")}
        day = self.cleaned_data.get("day")
        return Wanted(day=date.fromisoformat(day) if day else None, **asked)


def _named(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(dict(pairs).items(), key=lambda each: each[1].casefold())
