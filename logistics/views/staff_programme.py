"""The secretariat's programme: a grid of rooms and hours on which accepted events are moved by key, drag or form."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.errors import DomainError
from cnd.models import ResourceVersion
from cnd.versions import version_of
from logistics.forms.placement import MoveForm, PlacementForm, PublicationForm
from logistics.models import Application, Placement, Room
from logistics.services.changelog import changes_of
from logistics.services.draft import Draft, said_of, step_of
from logistics.services.placements import RESOURCE, pin_event, place_event, remove_event, swap_events
from logistics.services.publication import Preview, preview_of, publish_programme
from logistics.services.published import Directory
from sessions.views.staff_base import StaffAction, StaffForm, StaffMixin, StaffPage, carrying

HOUR_STEPS = 12


def moment_text(moment: datetime) -> str:
    """Write a moment as the grid sends it back."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class DraftMixin(StaffMixin):
    """What pages of the draft share: one reading of it, and which day is looked at."""

    @cached_property
    def draft(self) -> Draft:
        return Draft(self.meeting_session)

    @cached_property
    def version(self) -> int:
        """The version of the draft that this page shows: what a move rests on."""
        return version_of(self.meeting_session.chain, RESOURCE, ResourceVersion.STAFF)

    @cached_property
    def day(self) -> date:
        """The day asked for, else the first with something to see."""
        days = self.draft.days
        asked = self.request.GET.get("day") or self.request.POST.get("day") or ""
        found = next((day for day in days if day.isoformat() == asked), None)
        placed = [each.placement.starts_at for each in self.draft.events if each.placement]
        first = min(placed, default=None)
        shown = first.astimezone(self.meeting_session.zone).date() if first else None
        return found or (shown if shown in days else None) or days[0]

    def application(self, reference: str) -> Application:
        """Return the event that an address names. 404 for none."""
        kind, _dash, number = reference.rpartition("-")
        found = Application.objects.select_related("kind__session__chain", "organiser").filter(
            kind__session=self.meeting_session,
            kind__code=kind,
            receipt_number=int(number) if number.isascii() and number.isdigit() and len(number) < 9 else None,
        )
        if (application := found.first()) is None:
            raise Http404("no such event")
        return application

    def page_of(self, day: date) -> str:
        return f"{reverse('logistics:staff-programme', args=[self.meeting_session.code])}?day={day.isoformat()}"

    def board(self) -> dict[str, Any]:
        """Return the grid of the day: a column a room, and one for what is online; steps are five minutes."""
        draft, day = self.draft, self.day
        begins, ends = draft.bounds(day)
        others = draft.others(day)
        columns: dict[int | None, dict[str, Any]] = {
            room.pk: {"room": room, "code": room.code, "events": [], "others": []} for room in draft.rooms
        }
        columns[None] = {"room": None, "code": "", "events": [], "others": []}
        for each in draft.on(day):
            assert each.placement is not None
            start = step_of(each.placement.starts_at, begins)
            columns[each.placement.room_id]["events"].append(
                {
                    "standing": each,
                    "start": start,
                    "span": step_of(each.placement.ends_at, begins) - start,
                    "is_movable": "false" if each.placement.is_pinned else "true",
                    "marks": " ".join(["is-warned"] * bool(each.warnings) + ["is-pinned"] * each.placement.is_pinned),
                }
            )
        for pk, found in others.items():
            for other in found:
                start = max(step_of(other.starts_at, begins), 0)
                end = min(step_of(other.ends_at, begins), step_of(ends, begins))
                columns[pk]["others"].append({"other": other, "start": start, "span": end - start})
        first_hour = -(-begins.minute // 60)
        hours = range(
            step_of(begins.replace(minute=0) + timedelta(hours=first_hour), begins), step_of(ends, begins), HOUR_STEPS
        )
        return {
            "columns": list(columns.values()),
            "steps": step_of(ends, begins),
            "begins": moment_text(begins),
            "hours": [{"start": step, "at": begins + step * timedelta(minutes=5)} for step in hours],
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(draft=self.draft, version=self.version, **kwargs)


class ProgrammePage(DraftMixin, StaffPage):
    """The grid of one day, what is not placed, what is not as it should be."""

    template_name = "logistics/staff/programme.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            day=self.day,
            board=self.board(),
            warned=[each for each in self.draft.events if each.placement and each.warnings],
            **kwargs,
        )


class MoveEvent(ProgrammePage):
    """A move by key or drag: answers with the grid as it is then, and says above it what was done or refused."""

    http_method_names = ["post"]
    template_name = "logistics/staff/_board.html"
    undo: dict[str, Any] | None = None
    """The move that takes this one back."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = MoveForm(request.POST)
        said, refused, status = "", "", 200
        if not form.is_valid():
            refused, status = _("This move cannot be read. Load the page again."), 422
        else:
            try:
                said = self.move(form.cleaned_data)
            except DomainError as fault:
                faults = [each for errors in fault.fields.values() for each in errors]
                refused, status = " ".join([str(fault), *faults]), fault.status
        for name in ("draft", "version"):
            self.__dict__.pop(name, None)
        context = self.get_context_data(said=said, refused=refused, undo=self.undo if said else None)
        return TemplateResponse(request, self.template_name, context, status=409 if status == 412 else status)

    def move(self, given: dict[str, Any]) -> str:
        application = get_object_or_404(
            Application.objects.select_related("kind__session__chain"),
            pk=given["event"],
            kind__session=self.meeting_session,
        )
        room = None
        if given["room"]:
            room = get_object_or_404(Room, session=self.meeting_session, code=given["room"])
        standing = Placement.objects.select_related("room").filter(application=application).first()
        if standing is not None:
            self.undo = {
                "event": application.pk,
                "room": standing.room.code if standing.room else "",
                "starts_at": moment_text(standing.starts_at),
            }
        placement = place_event(
            application=application,
            room=room,
            starts_at=given["starts_at"],
            length=standing.ends_at - standing.starts_at if standing else None,
            actor=self.actor,
            expected_version=given["version"],
        )
        said = _("“%(title)s” now stands: %(where)s.")
        return said % {"title": application.title, "where": said_of(self.meeting_session, placement)}


class PlaceEvent(DraftMixin, StaffForm):
    """The same by a form: where and when one event stands."""

    template_name = "logistics/staff/programme_event.html"
    form_class = PlacementForm

    @cached_property
    def event(self) -> Application:
        return self.application(self.kwargs["event"])

    @cached_property
    def placement(self) -> Placement | None:
        return Placement.objects.select_related("room").filter(application=self.event).first()

    def get_form_kwargs(self) -> dict[str, Any]:
        zone = self.meeting_session.zone
        return super().get_form_kwargs() | {"rooms": self.draft.rooms, "days": self.draft.days, "zone": zone}

    def get_initial(self) -> dict[str, Any]:
        initial: dict[str, Any] = {
            "version": self.version,
            "length": self.event.length_min,
            "day": self.day.isoformat(),
        }
        if self.placement is not None:
            begins = self.placement.starts_at.astimezone(self.meeting_session.zone)
            initial |= {
                "room": self.placement.room.code if self.placement.room else "",
                "day": begins.date().isoformat(),
                "begins": begins.time(),
                "length": int((self.placement.ends_at - self.placement.starts_at) / timedelta(minutes=1)),
                "is_pinned": self.placement.is_pinned,
            }
        return initial

    def perform(self, form: Any) -> str:
        given = form.cleaned_data
        placement = place_event(
            application=self.event,
            room=given["room"],
            starts_at=form.starts_at,
            length=form.chosen_length,
            is_pinned=given["is_pinned"],
            actor=self.actor,
            expected_version=given["version"],
        )
        self.placement = placement
        said = _("“%(title)s” now stands: %(where)s.")
        return said % {"title": self.event.title, "where": said_of(self.meeting_session, placement)}

    def refuse(self, form: Any, fault: DomainError) -> HttpResponse:
        if "starts_at" in fault.fields:
            fault.fields["begins"] = fault.fields.pop("starts_at")
        return super().refuse(form, fault)

    def done(self) -> HttpResponse:
        assert self.placement is not None
        return redirect(self.page_of(self.placement.starts_at.astimezone(self.meeting_session.zone).date()))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        others = [each for each in self.draft.events if each.placement and each.application != self.event]
        return super().get_context_data(
            event=self.event,
            placement=self.placement,
            warnings=self.draft.check(self.event, self.placement) if self.placement else [],
            others=others if self.placement else [],
            back=self.page_of(self.day),
            **kwargs,
        )


class CheckEvent(PlaceEvent):
    """What would not be as it should be where the form, or the grid, would put the event: asked while it is moved."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = PlacementForm(
            request.GET, **{k: v for k, v in self.get_form_kwargs().items() if k in ("rooms", "days", "zone")}
        )
        warnings: list[str] = []
        if form.is_valid():
            trial = Placement(
                application=self.event,
                room=form.cleaned_data["room"],
                starts_at=form.starts_at,
                ends_at=form.starts_at + form.chosen_length,
            )
            warnings = self.draft.check(self.event, trial)
        context = {"warnings": warnings, "is_checked": form.is_valid()}
        return TemplateResponse(request, "logistics/staff/_warnings.html", context)


class EventAction(DraftMixin, StaffAction):
    """A button on one event of the draft."""

    @cached_property
    def event(self) -> Application:
        return self.application(self.kwargs["event"])

    @property
    def expected(self) -> int | None:
        sent = self.request.POST.get("version", "")
        return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else None

    def back(self, name: str, *args: Any) -> HttpResponse:
        return redirect(self.page_of(self.day))


class RemoveEvent(EventAction):
    def act(self) -> str:
        remove_event(application=self.event, actor=self.actor, expected_version=self.expected)
        return _("“%(title)s” stands nowhere now.") % {"title": self.event.title}


class PinEvent(EventAction):
    def act(self) -> str:
        is_pinned = self.request.POST.get("pinned") == "yes"
        pin_event(application=self.event, is_pinned=is_pinned, actor=self.actor, expected_version=self.expected)
        said = _("“%(title)s” is pinned.") if is_pinned else _("“%(title)s” is no longer pinned.")
        return said % {"title": self.event.title}


class SwapEvents(EventAction):
    def act(self) -> str:
        other = self.application(self.request.POST.get("other", ""))
        swap_events(one=self.event, other=other, actor=self.actor, expected_version=self.expected)
        words = {"one": self.event.title, "other": other.title}
        return _("“%(one)s” and “%(other)s” have changed places.") % words


class PublishProgramme(DraftMixin, StaffForm):
    """A second look at what a publication changes, and the publication."""

    template_name = "logistics/staff/programme_publish.html"
    form_class = PublicationForm

    @cached_property
    def preview(self) -> Preview:
        return preview_of(self.meeting_session)

    def get_initial(self) -> dict[str, Any]:
        return {"seen": self.preview.seen}

    def perform(self, form: Any) -> str:
        given = form.cleaned_data
        version = publish_programme(
            session=self.meeting_session, note=given["note"], seen=given["seen"], actor=self.actor
        )
        return _("Version %(n)d of the programme is published. Organisers whose time changed are told.") % {
            "n": version.number
        }

    def refuse(self, form: Any, fault: DomainError) -> HttpResponse:
        # What is looked at again is what would be published now.
        self.__dict__.pop("preview", None)
        carrying(form, seen=self.preview.seen)
        return super().refuse(form, fault)

    def done(self) -> HttpResponse:
        return redirect("logistics:programme", self.meeting_session.code)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        preview = self.preview
        changes = changes_of(Directory(self.meeting_session), preview.difference, preview.rows)
        warned = [each for each in self.draft.events if each.placement and each.warnings]
        return super().get_context_data(preview=preview, changes=changes, warned=warned, **kwargs)
