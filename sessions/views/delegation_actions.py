"""What a delegation does with an inscription of its own: change level and speaker, withdraw, and take that back."""

import hashlib
from typing import Any, cast

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.canonical import canonical
from cnd.errors import DomainError, Refused
from sessions.domain.speakers import SpeakersList
from sessions.forms.delegation import ChangeForm, SeenForm
from sessions.models import Delegation, Drawing, GeneralDebate, Inscription, Level
from sessions.services.inscriptions import change_inscription, locked, undo_withdrawal, withdraw
from sessions.services.list_events import current_list
from sessions.views.delegation import OwnPage
from sessions.views.staff_base import carrying, tell_refusal
from sessions.views.staff_list_reading import Names, after, place_of, slot_of

State = Drawing.State
Statement = Inscription.Statement


def content_of(inscription: Inscription) -> tuple[str, str, str]:
    """Return level, name and title of the speaker as recorded."""
    speaker = (inscription.speaker.value if inscription.speaker else None) or {}
    return inscription.level, speaker.get("name", ""), speaker.get("title", "")


def asked_by(form: Form) -> tuple[str, str, str]:
    """Return the same as a form wants it."""
    given = form.cleaned_data
    return given["level"], given["speaker_name"], given["speaker_title"]


class OwnAction(OwnPage):
    """A page with one small form: what it does, and a button. `perform` calls one service and says what was done."""

    template_name = "sessions/delegation/action.html"
    form_class: type[Form] = Form
    is_danger = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.prepare()
        if said := self.pointless():
            messages.info(request, said)
            return redirect(self.own_page)
        return self.render_to_response(self.get_context_data(form=self.make_form(initial=self.initial())))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Asked first, so that an address that is not one's own says nothing about the form either.
        self.prepare()
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        try:
            self.compare(form)
            said = self.perform(form)
        except DomainError as fault:
            if said := self.repeated(form, fault):
                messages.info(request, said)
                return redirect(self.own_page)
            tell_refusal(form, fault)
            return self.render_to_response(self.get_context_data(form=form, fault=fault), status=fault.status)
        messages.success(request, said)
        return redirect(self.own_page)

    def prepare(self) -> None:
        """Raise Http404 unless everything that the address names is the user's own."""
        if self.delegation is None:
            raise Http404("no such delegation")

    def pointless(self) -> str:
        """Return why there is nothing to do here any more, as on a page gone back to; empty where there is."""
        return ""

    def repeated(self, form: Any, fault: DomainError) -> str:
        """Return what to say where the refusal only means that this very thing is done already; empty elsewhere."""
        return ""

    def make_form(self, *args: Any, **kwargs: Any) -> Form:
        return self.form_class(*args, **kwargs)

    def initial(self) -> dict[str, Any]:
        return {}

    def compare(self, form: Any) -> None:
        """Raise Refused when the page that was sent showed something that is no longer so."""

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
        return super().get_context_data(
            delegation=self.delegation, own_page=self.own_page, is_danger=self.is_danger, **self.words(), **kwargs
        )


class InscriptionAction(OwnAction):
    """Something about one inscription, named by its receipt."""

    form_class = SeenForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Compare what the page showed with what is true now, under the lock, before anything is done."""
        with transaction.atomic():
            if self.debate is not None:
                locked(self.debate)
            self.prepare()
            if said := self.pointless():
                messages.info(request, said)
                return redirect(self.own_page)
            return super().post(request, *args, **kwargs)

    def compare(self, form: Any) -> None:
        """Raise Refused when the page that was sent showed something that is no longer so."""
        if form.cleaned_data["seen"] not in ("", self.seen):
            carrying(form, seen=self.seen)
            raise Refused("changed_meanwhile", self.changed())

    def changed(self) -> str:
        """Say what is so by now."""
        return _("What this does has changed since you opened the page: read it again.")

    @property
    def seen(self) -> str:
        """What the page shows of the state of things, in short."""
        inscription = self.inscription
        with translation.override("en"):  # the reader may have another language by the time they send it
            shown = [inscription.level, str(inscription.speaker_id), self.words().get("losses", [])]
        return hashlib.sha256(canonical(shown)).hexdigest()

    def initial(self) -> dict[str, Any]:
        return {"seen": self.seen}

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

    @property
    def has_spoken(self) -> bool:
        mine = (self.code, self.inscription.statement)
        lines = self.speakers.lines if self.speakers else []
        return any(line.spoken for line in lines if (line.delegation, line.statement) == mine)

    def outlook(self, **event: Any) -> SpeakersList | None:
        """Return the list as it would be after an event of this inscription; None before the draw."""
        if self.speakers is None:
            return None
        return after(self.speakers, delegation=self.code, statement=self.inscription.statement, **event)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(inscription=self.inscription, **kwargs)


class Receipt(InscriptionAction):
    """The receipt alone, to be printed and kept."""

    template_name = "sessions/delegation/receipt.html"
    http_method_names = ["get", "head", "options"]

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Receipt %(n)d") % {"n": self.inscription.receipt_number},
            "received_at": self.inscription.receipt_at,
            "real_at": self.inscription.received_real_at,
            "address": self.request.build_absolute_uri(),
        }


class ChangeInscription(InscriptionAction):
    """Level and speaker, in one form."""

    form_class = ChangeForm

    def pointless(self) -> str:
        if self.inscription.withdrawn_at:
            return _("This inscription was withdrawn.")
        return _("You have spoken.") if self.has_spoken else ""

    def initial(self) -> dict[str, Any]:
        level, name, title = content_of(self.inscription)
        return super().initial() | {"level": level, "speaker_name": name, "speaker_title": title}

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Change level or speaker"),
            "submit": _("Save"),
            "intro": _("The secretariat sees who speaks; the public does not."),
            "losses": self._effects(),
            "losses_title": _("What another level does"),
        }

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

    def changed(self) -> str:
        level, *speaker = content_of(self.inscription)
        words = {"level": Level(level).label, "speaker": ", ".join(filter(None, speaker)) or "–"}
        said = _("This has changed since you opened the page. Recorded now: level %(level)s, speaker %(speaker)s.")
        return said % words

    def repeated(self, form: Any, fault: DomainError) -> str:
        return self._saved() if content_of(self.inscription) == asked_by(form) else ""

    def perform(self, form: Any) -> str:
        level, name, title = asked_by(form)
        self.inscription = change_inscription(
            inscription=self.inscription, level=level, speaker_name=name, speaker_title=title, actor=self.actor
        )
        return self._saved()

    def _saved(self) -> str:
        level, *speaker = content_of(self.inscription)
        words = {"level": Level(level).label, "speaker": ", ".join(filter(None, speaker)) or "–"}
        return _("Recorded: level %(level)s, speaker %(speaker)s.") % words


class Withdraw(InscriptionAction):
    is_danger = True

    def pointless(self) -> str:
        if self.inscription.withdrawn_at:
            return _("Your inscription is withdrawn.")
        return _("You have spoken.") if self.has_spoken else ""

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
    def pointless(self) -> str:
        if self.inscription.withdrawn_at:
            return ""
        return _("You are inscribed already, under receipt %(n)s.") % {"n": self.inscription.receipt_number}

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Take the withdrawal back"),
            "submit": _("Take it back"),
            "intro": _("Your inscription stands again, under its old receipt."),
        }

    def perform(self, form: Any) -> str:
        undo_withdrawal(inscription=self.inscription, actor=self.actor)
        return _("You are inscribed again, under receipt %(n)d.") % {"n": self.inscription.receipt_number}
