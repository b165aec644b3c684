"""What a delegation does for itself: inscribe, change level or speaker, withdraw, and take that back."""

from typing import Any, cast

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.errors import DomainError
from sessions.domain.speakers import SpeakersList
from sessions.forms.delegation import OwnInscriptionForm, OwnLevelForm
from sessions.forms.roster import SpeakerForm
from sessions.models import Delegation, Drawing, GeneralDebate, Inscription, Level
from sessions.services.inscriptions import change_level, edit_speaker, inscribe, undo_withdrawal, withdraw
from sessions.services.list_events import current_list
from sessions.views.delegation import OwnPage
from sessions.views.staff_base import tell_refusal
from sessions.views.staff_list_reading import Names, after, place_of, slot_of

State = Drawing.State
Statement = Inscription.Statement

# What an address calls a statement, and what the service does; the own one depends on who one is.
STATEMENTS = {"own": "", "group": Statement.GROUP.value}


class OwnAction(OwnPage):
    """A page with one small form: what it does, and a button. `perform` calls one service and says what was done."""

    template_name = "sessions/delegation/action.html"
    form_class: type[Form] = Form
    is_danger = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=self.form_class(initial=self.initial())))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form_class(request.POST)
        # Asked first, so that an address that is not one's own says nothing about the form either.
        self.prepare()
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        try:
            said = self.perform(form)
        except DomainError as fault:
            tell_refusal(form, fault)
            return self.render_to_response(self.get_context_data(form=form), status=fault.status)
        messages.success(request, said)
        return redirect(self.own_page)

    def prepare(self) -> None:
        """Raise Http404 unless everything that the address names is the user's own."""
        if self.delegation is None:
            raise Http404("no such delegation")

    def initial(self) -> dict[str, Any]:
        return {}

    def perform(self, form: Any) -> str:
        """Call the service and return the sentence that tells what was done."""
        raise NotImplementedError

    def words(self) -> dict[str, Any]:
        """Return title, submit and, where there is something to say, intro and losses."""
        raise NotImplementedError

    @property
    def own_page(self) -> str:
        return reverse("sessions:delegation-of", args=[self.meeting_session.code, self.kwargs["who"]])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.prepare()
        return super().get_context_data(
            delegation=self.delegation, own_page=self.own_page, is_danger=self.is_danger, **self.words(), **kwargs
        )


class Inscribe(OwnAction):
    """The own statement, or that of the group which the delegation chairs."""

    form_class = OwnInscriptionForm

    def prepare(self) -> None:
        super().prepare()
        if self.debate is None or self.kwargs["statement"] not in STATEMENTS:
            raise Http404("no such statement")

    @property
    def statement(self) -> str:
        return STATEMENTS[self.kwargs["statement"]]

    def words(self) -> dict[str, Any]:
        title = (
            _("Inscribe for the statement of your group") if self.statement else _("Inscribe on the list of speakers")
        )
        return {
            "title": title,
            "submit": _("Inscribe"),
            "intro": _("You get a receipt with number and time. Level and speaker can be changed later."),
        }

    def perform(self, form: Any) -> str:
        made = inscribe(
            debate=cast(GeneralDebate, self.debate),
            delegation=cast(Delegation, self.delegation),
            statement=self.statement,
            actor=self.actor,
            **form.cleaned_data,
        )
        return _("You are inscribed, under receipt %(n)d.") % {"n": made.receipt_number}


class InscriptionAction(OwnAction):
    """Something about one inscription, named by its receipt."""

    @cached_property
    def inscription(self) -> Inscription:
        inscription = get_object_or_404(
            Inscription.objects.select_related("group", "speaker"),
            debate=self.debate,
            delegation=self.delegation,
            receipt_number=self.kwargs["receipt"],
        )
        inscription.debate = cast(GeneralDebate, self.debate)
        return inscription

    def prepare(self) -> None:
        super().prepare()
        if self.debate is None or not self.inscription.pk:
            raise Http404("no such inscription")

    @property
    def code(self) -> str:
        return cast(Delegation, self.delegation).code

    @cached_property
    def speakers(self) -> SpeakersList | None:
        """The list of speakers as it stands, once there is one."""
        drawing = self.standing_drawing
        return current_list(drawing) if drawing and drawing.state == State.DRAWN else None

    def outlook(self, **event: Any) -> SpeakersList | None:
        """Return the list as it would be after an event of this inscription; None before the draw."""
        if self.speakers is None:
            return None
        return after(self.speakers, delegation=self.code, statement=self.inscription.statement, **event)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.prepare()
        return super().get_context_data(inscription=self.inscription, **kwargs)


class ChangeLevel(InscriptionAction):
    form_class = OwnLevelForm

    def initial(self) -> dict[str, Any]:
        self.prepare()
        return {"level": self.inscription.level}

    def words(self) -> dict[str, Any]:
        return {"title": _("Change the level"), "submit": _("Change the level"), "losses": self._effects()}

    def _effects(self) -> list[str]:
        drawing = self.standing_drawing
        if drawing is None:
            return [_("It has no effect on your lot: the level only orders the list after the draw.")]
        if drawing.state == State.ANNOUNCED:
            return [
                _("Your lot does not change. The level is shown as pending at once, and applied right after the draw."),
            ]
        effects = [_("Your slot number never changes; your place on the list does.")]
        for level in Level:
            outlook = self.outlook(kind="level_changed", level=level.value)
            place = place_of(outlook, self.code, self.inscription.statement) if outlook else None
            if place is not None and level.value != self.inscription.level:
                effects.append(
                    _("%(level)s: you would stand at place %(place)d.") % {"level": level.label, "place": place}
                )
        return effects

    def perform(self, form: Any) -> str:
        changed = change_level(inscription=self.inscription, level=form.cleaned_data["level"], actor=self.actor)
        return _("Your level: %(level)s.") % {"level": changed.get_level_display()}


class EditSpeaker(InscriptionAction):
    form_class = SpeakerForm

    def initial(self) -> dict[str, Any]:
        self.prepare()
        speaker = self.inscription.speaker
        known = speaker.value if speaker and speaker.value else {}
        return {"speaker_name": known.get("name", ""), "speaker_title": known.get("title", "")}

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Change the speaker"),
            "submit": _("Save"),
            "intro": _("The secretariat sees who speaks; the public does not."),
        }

    def perform(self, form: Any) -> str:
        name, title = form.cleaned_data["speaker_name"], form.cleaned_data["speaker_title"]
        edit_speaker(inscription=self.inscription, name=name, title=title, actor=self.actor)
        return _("The speaker is recorded.")


class Withdraw(InscriptionAction):
    is_danger = True

    def words(self) -> dict[str, Any]:
        return {"title": _("Withdraw from the list"), "submit": _("Withdraw"), "losses": self._losses()}

    def _losses(self) -> list[str]:
        drawing, receipt = self.standing_drawing, {"n": self.inscription.receipt_number}
        if drawing is None:
            return [
                _("You leave the roster and take no part in the drawing of lots."),
                _("Receipt %(n)d is kept; you can take this back until a drawing is announced.") % receipt,
            ]
        if drawing.state == State.ANNOUNCED:
            return [
                _("The withdrawal is shown as pending at once, also to the public, and applied right after the draw."),
                _("The lots of all others stay what they would have been."),
                _("You can take it back until the lots are drawn."),
            ]
        return [*self._lost_places(), _("This cannot be taken back; a new inscription would be a late one.")]

    def _lost_places(self) -> list[str]:
        outlook = self.outlook(kind="withdrawn")
        if self.speakers is None or outlook is None:
            return []
        place = place_of(self.speakers, self.code, self.inscription.statement)
        slot = slot_of(self.speakers, self.code) if self.inscription.statement == Statement.NATIONAL else None
        if place is None:
            return [_("You leave the waiting list of your group.")]
        if slot is None:
            return [_("You lose place %(place)d of the list.") % {"place": place}]
        lost = _("You lose slot %(slot)d and place %(place)d of the list.") % {"slot": slot, "place": place}
        heir = outlook.holders[slot]
        if heir is None:
            return [lost, _("Nobody of your group waits: the slot becomes vacant.")]
        name = Names.of(self.meeting_session).delegation(heir)
        got = _("Slot %(slot)d goes to %(heir)s, first on the waiting list of your group.")
        return [lost, got % {"slot": slot, "heir": name}]

    def perform(self, form: Any) -> str:
        withdraw(inscription=self.inscription, actor=self.actor)
        return _("Your inscription is withdrawn.")


class UndoWithdrawal(InscriptionAction):
    def words(self) -> dict[str, Any]:
        return {
            "title": _("Take the withdrawal back"),
            "submit": _("Take it back"),
            "intro": _("Your inscription stands again, under its old receipt."),
        }

    def perform(self, form: Any) -> str:
        undo_withdrawal(inscription=self.inscription, actor=self.actor)
        return _("You are inscribed again, under receipt %(n)d.") % {"n": self.inscription.receipt_number}
