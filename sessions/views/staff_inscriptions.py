"""What staff do with one inscription: another level, another speaker, its withdrawal and the undoing of that."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from sessions.domain.speakers import SpeakersList
from sessions.forms.fields import ReasonForm
from sessions.forms.roster import LevelForm, SpeakerForm
from sessions.models import Drawing, Inscription, Level
from sessions.services.inscriptions import change_level, edit_speaker, undo_withdrawal, withdraw
from sessions.services.list_events import current_list, standing_drawing
from sessions.views.staff_base import StaffForm
from sessions.views.staff_list_reading import Names, after, place_of, slot_of

Statement = Inscription.Statement


class InscriptionForm(StaffForm):
    """A page about one inscription, named by its receipt."""

    success_page = "roster"
    is_for_withdrawn = False

    @cached_property
    def inscription(self) -> Inscription:
        inscription = get_object_or_404(
            Inscription.objects.select_related("delegation", "group", "speaker"),
            debate=self.debate,
            receipt_number=self.kwargs["receipt"],
        )
        inscription.debate = self.debate
        return inscription

    @cached_property
    def drawing(self) -> Drawing | None:
        drawing = standing_drawing(self.debate)
        if drawing is not None:
            drawing.debate = self.debate
        return drawing

    @cached_property
    def speakers(self) -> SpeakersList | None:
        """The list of speakers as it stands, once there is one."""
        is_drawn = self.drawing is not None and self.drawing.state == Drawing.State.DRAWN
        return current_list(self.drawing) if self.drawing and is_drawn else None

    @property
    def name(self) -> str:
        name = self.inscription.delegation.name
        if self.inscription.statement == Statement.GROUP and self.inscription.group:
            return _("%(name)s, on behalf of %(group)s") % {"name": name, "group": self.inscription.group.name}
        return name

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_withdrawn = self.inscription.withdrawn_at is not None
        if is_withdrawn != self.is_for_withdrawn:
            said = _("%(name)s was withdrawn.") if is_withdrawn else _("%(name)s is not withdrawn.")
            messages.info(request, said % {"name": self.name})
            return self.done()
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            inscription=self.inscription, name=self.name, drawing=self.drawing, speakers=self.speakers, **kwargs
        )


class ChangeLevel(InscriptionForm):
    template_name = "sessions/staff/inscription_level.html"
    form_class = LevelForm

    def get_initial(self) -> dict[str, Any]:
        return {"level": self.inscription.level}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(outlooks=self._outlooks(), **kwargs)

    def _outlooks(self) -> list[tuple[str, int]]:
        """Return for each other level the place at which the delegation would stand."""
        speakers, code = self.speakers, self.inscription.delegation.code
        if speakers is None or self.inscription.statement != Statement.NATIONAL:
            return []
        outlooks = []
        for level, label in Level.choices:
            changed = after(speakers, kind="level_changed", statement="national", delegation=code, level=level)
            place = place_of(changed, code) if changed and level != self.inscription.level else None
            if place is not None:
                outlooks.append((str(label), place))
        return outlooks

    def perform(self, form: LevelForm) -> str:
        changed = change_level(inscription=self.inscription, actor=self.actor, **form.cleaned_data)
        return _("%(name)s speaks at this level: %(level)s.") % {
            "name": self.name,
            "level": changed.get_level_display(),
        }


class EditSpeaker(InscriptionForm):
    template_name = "sessions/staff/inscription_speaker.html"
    form_class = SpeakerForm

    def get_initial(self) -> dict[str, Any]:
        speaker = self.inscription.speaker
        known = speaker.value if speaker and speaker.value else {}
        return {"speaker_name": known.get("name", ""), "speaker_title": known.get("title", "")}

    def perform(self, form: SpeakerForm) -> str:
        given = form.cleaned_data
        edit_speaker(
            inscription=self.inscription,
            name=given["speaker_name"],
            title=given["speaker_title"],
            actor=self.actor,
        )
        return _("The speaker of %(name)s is recorded.") % {"name": self.name}


class Withdraw(InscriptionForm):
    template_name = "sessions/staff/inscription_withdraw.html"
    form_class = ReasonForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "is_required": False,
            "reason_help": _("Who asked for it, and how. It stands in the journal."),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(losses=self._losses(), **kwargs)

    def _losses(self) -> list[str]:
        """Say what is lost, and who gets it, which the rules decide and not staff."""
        if self.drawing is None:
            return [
                _("%(name)s leaves the roster.") % {"name": self.name},
                _("The receipt %(n)d is kept; this can be taken back as long as no drawing is announced without it.")
                % {"n": self.inscription.receipt_number},
            ]
        if self.speakers is None:
            return [
                _("The announced roster stays as it is: everyone else's lot remains what it would have been."),
                _("The withdrawal is shown as pending at once, also to the public, and applied right after the draw."),
                _("It can be taken back until the lots are drawn."),
            ]
        return [*self._lost_places(self.speakers), _("This cannot be taken back: the lots are drawn.")]

    def _lost_places(self, speakers: SpeakersList) -> list[str]:
        code, statement = self.inscription.delegation.code, self.inscription.statement
        place = place_of(speakers, code, statement)
        slot = slot_of(speakers, code) if statement == Statement.NATIONAL else None
        outlook = after(speakers, kind="withdrawn", statement=statement, delegation=code)
        if outlook is None:
            return []
        if slot is None:
            if place is None:
                return [_("%(name)s leaves the waiting list of its group.") % {"name": self.name}]
            return [_("Place %(place)d of the list is lost; all behind it move up.") % {"place": place}]
        lost = _("Slot %(slot)d and place %(place)d of the list are lost.") % {"slot": slot, "place": place or 0}
        heir = outlook.holders[slot]
        if heir is None:
            return [lost, _("Nobody of the group waits: the slot becomes vacant, and its place a gap.")]
        names = Names.of(self.meeting_session)
        got = _("Slot %(slot)d goes to %(heir)s, first on the group's waiting list, who will stand at place %(place)d.")
        return [lost, got % {"slot": slot, "heir": names.delegation(heir), "place": place_of(outlook, heir) or 0}]

    def perform(self, form: ReasonForm) -> str:
        withdraw(inscription=self.inscription, actor=self.actor, **form.cleaned_data)
        return _("%(name)s is withdrawn.") % {"name": self.name}


class UndoWithdrawal(InscriptionForm):
    template_name = "sessions/staff/inscription_undo.html"
    form_class = ReasonForm
    is_for_withdrawn = True

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "is_required": False,
            "reason_help": _("It stands in the journal."),
        }

    def perform(self, form: ReasonForm) -> str:
        undo_withdrawal(inscription=self.inscription, actor=self.actor, **form.cleaned_data)
        return _("%(name)s is inscribed again, under its old receipt.") % {"name": self.name}
