"""The drawing of lots as staff see it: what has to be there first, the announcement, and the waiting for the values."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from cnd import clock, sweeps
from cnd.canonical import sha256_of
from cnd.errors import DomainError, Refused
from cnd.instants import instant_text
from sessions.forms.draw import AnnounceForm
from sessions.models import Drawing, DrawSource, NumbersEntry
from sessions.services.announcements import announce
from sessions.services.draw import latest_numbers
from sessions.services.inscriptions import inscription_window
from sessions.services.quotas import confirmed_quotas, inscribed_by_group
from sessions.services.rules import rule_book
from sessions.views.staff_base import StaffAction, StaffForm, StaffPage, carrying, tried
from sessions.views.staff_home import window_state
from sessions.views.staff_list_reading import Names, told_events

State = Drawing.State


class DrawPage(StaffPage):
    template_name = "sessions/staff/draw.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.htmx:  # type: ignore[attr-defined]
            # A page that waits for the draw asks whether it is still true, and is loaded anew when it is not.
            is_true = request.GET.get("seen") == self._progress()
            return HttpResponse(status=204) if is_true else HttpResponseClientRefresh()
        return super().get(request, *args, **kwargs)

    def _progress(self) -> str:
        """Return how far the latest drawing is, as two screens can compare it."""
        latest = self.debate.drawings.order_by("-attempt").values_list("pk", "state").first()
        if latest is None:
            return ""
        values = DrawSource.objects.filter(drawing=latest[0]).aggregate(
            obtained=Count("obtained_at"), failed=Count("failed_at")
        )
        people = NumbersEntry.objects.filter(source__drawing=latest[0]).values("by").distinct().count()
        return f"{latest[1]}-{values['obtained']}-{values['failed']}-{people}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        debate, session = self.debate, self.meeting_session
        attempts = list(debate.drawings.select_related("annulment_asked_by").defer("bundle").order_by("-attempt"))
        for each in attempts:
            each.debate = debate
        drawing = attempts[0] if attempts and attempts[0].state in {State.ANNOUNCED, State.DRAWN} else None
        context = super().get_context_data(
            drawing=drawing,
            earlier=[each for each in attempts if each is not drawing],
            real_now=clock.now(),
            **kwargs,
        )
        if drawing is None:
            slots = rule_book(session).integer("debate", "slots")
            quotas = confirmed_quotas(debate)
            inscribed = sum(inscribed_by_group(debate).values())
            window = window_state(session, *inscription_window(debate))
            has_quotas = sum(quotas.values()) == slots
            return context | {
                "window": window,
                "inscribed": inscribed,
                "slots": slots,
                "has_quotas": has_quotas,
                "is_ready": has_quotas and inscribed > 0 and window["state"] == "closed",
            }
        return context | self._of_drawing(drawing)

    def _of_drawing(self, drawing: Drawing) -> dict[str, Any]:
        chain = self.meeting_session.chain
        names = Names.of(self.meeting_session)
        sources = told_sources(drawing)
        events = drawing.events.order_by("number")
        asked_by = drawing.annulment_asked_by
        return {
            "draw_at_session": chain.to_session(drawing.draw_at),
            "seals_at_session": chain.to_session(drawing.seals_at),
            "announced_at_session": chain.to_session(drawing.announced_at),
            "drawn_at_session": chain.to_session(drawing.drawn_at) if drawing.drawn_at else None,
            "is_sealed": clock.now() >= drawing.seals_at,
            "progress": self._progress(),
            "is_awaiting": any(source["state"] != "obtained" for source in sources),
            "sources": sources,
            "numbers": next((source for source in sources if source["kind"] == DrawSource.Kind.NUMBERS), None),
            "events": told_events(drawing, events, names) if drawing.state == State.ANNOUNCED else [],
            "asked_by": asked_by,
            "is_asked_by_me": asked_by is not None and asked_by.pk == self.user.pk,
        }


def told_sources(drawing: Drawing) -> list[dict[str, Any]]:
    """Return what was announced of each source, and how far it is."""
    now = clock.now()
    told = []
    for source in drawing.sources.order_by("position"):
        named = drawing.announcement["sources"][source.position]
        if source.value is not None:
            state = "obtained"
        elif source.failed_at is not None:
            state = "failed"
        else:
            state = "awaited" if now >= source.not_before else "coming"
        told.append(
            {
                "source": source,
                "kind": source.kind,
                "label": source.get_kind_display(),
                "named": named,
                "substitute": named["substitute"],
                "state": state,
                "people": len(latest_numbers(source)) if source.kind == DrawSource.Kind.NUMBERS else 0,
            }
        )
    return told


def frozen_part(announcement: dict[str, Any]) -> str:
    """Return the hash of what an announcement freezes, without its own times and sources.

    Two of these are equal when nothing that matters has changed between preview and announcement.
    """
    own = {"announced_at", "announced_at_session", "draw_at", "draw_at_session", "sources", "rehearsal"}
    return sha256_of({name: value for name, value in announcement.items() if name not in own})


class Announce(StaffForm):
    """The form, then a preview that is a real announcement undone at once, then the announcement."""

    template_name = "sessions/staff/draw_announce.html"
    form_class = AnnounceForm
    success_page = "staff-draw"

    def get_form_kwargs(self) -> dict[str, Any]:
        by_rule = rule_book(self.meeting_session).instant("debate", "draw_at")
        said = _("As the rule book says: %(moment)s") % {
            "moment": instant_text(by_rule, self.meeting_session.time_zone)
        }
        return super().get_form_kwargs() | {
            "session": self.meeting_session,
            "by_rule": by_rule,
            "by_rule_text": said,
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        standing = self.debate.drawings.filter(state__in=[State.ANNOUNCED, State.DRAWN]).first()
        if standing is not None:
            messages.info(
                request, _("Drawing %(n)d is there already; this is how it stands.") % {"n": standing.attempt}
            )
            return self.done()
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: AnnounceForm) -> HttpResponse:
        step = self.request.POST.get("step")
        if step == "change":
            return self.render_to_response(self.get_context_data(form=form))
        try:
            if step == "announce":
                self._announce_as_seen(form)
                messages.success(
                    self.request, _("The drawing is announced. Circulate the notice and read the hash out.")
                )
                return self.done()
            preview = tried(lambda: self._announce(form))
        except DomainError as fault:
            if fault.code in {"already_announced", "already_drawn"}:
                messages.error(self.request, str(fault))
                return self.done()
            if fault.code == "changed_meanwhile":
                messages.warning(self.request, str(fault))
                return self._preview(form, tried(lambda: self._announce(form)), status=fault.status)
            return self.refuse(form, fault)
        return self._preview(form, preview)

    def _announce(self, form: AnnounceForm) -> Drawing:
        return announce(
            debate=self.debate,
            sources=form.sources(),
            actor=self.actor,
            draw_at=form.moment(self.meeting_session.chain.now()),
        )

    def _announce_as_seen(self, form: AnnounceForm) -> None:
        with transaction.atomic():
            drawing = self._announce(form)
            if frozen_part(drawing.announcement) != form.cleaned_data["frozen"]:
                raise Refused(
                    "changed_meanwhile",
                    _("Roster, quotas or rules have changed since the preview. Nothing was announced; look again."),
                )

    def _preview(self, form: AnnounceForm, drawing: Drawing, *, status: int = 200) -> HttpResponse:
        carrying(form, frozen=frozen_part(drawing.announcement))
        chain, announcement = self.meeting_session.chain, drawing.announcement
        names = Names.of(self.meeting_session)
        sources = [
            {
                "kind": named["kind"],
                "label": DrawSource.Kind(named["kind"]).label,
                "named": named,
                "substitute": named["substitute"],
                "source": {
                    "not_before": clock.parse_rfc3339(named["not_before"]),
                    "deadline": clock.parse_rfc3339(named["deadline"]),
                },
            }
            for named in announcement["sources"]
        ]
        context = self.get_context_data(
            form=form,
            announcement=announcement,
            groups=[
                {
                    "code": each["code"],
                    "name": names.group(each["code"]),
                    "quota": each["quota"],
                    "roster": sum(entry["group"] == each["code"] for entry in announcement["roster"]),
                }
                for each in announcement["groups"]
            ],
            draw_at=drawing.draw_at,
            draw_at_session=chain.to_session(drawing.draw_at),
            seals_at_session=chain.to_session(drawing.seals_at),
            sources=sources,
            is_relative=form.is_relative,
        )
        self.template_name = "sessions/staff/draw_announce_preview.html"
        return self.render_to_response(context, status=status)


class LookForDueWork(StaffAction):
    """Have the worker look at once for what is due. Nothing depends on it: the sweep comes by anyway."""

    success_page = "staff-draw"

    def act(self) -> str:
        with transaction.atomic():
            sweeps.hint()
        return _("The worker was asked to look for what is due.")
