"""The published programme: by day and room, any version of it, and what each version changed."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from cnd.canonical import canonical
from logistics.forms.programme import ProgrammeFilter
from logistics.models import ProgrammeVersion
from logistics.services.changelog import Change, changes_of
from logistics.services.published import Directory, Published, by_day, by_room, events_of
from sessions.views.public import SessionPage

LARGEST_NUMBER = 2**31 - 1
PER_PAGE = 20
"""Versions on a page of the changelog: each is read as a whole."""


@dataclass(frozen=True)
class Step:
    """One version and what it changed."""

    version: ProgrammeVersion
    changes: list[Change]


class VersionPage(SessionPage):
    """A page of one version: the latest, or the one that the address names."""

    @cached_property
    def directory(self) -> Directory:
        return Directory(self.meeting_session)

    @cached_property
    def version(self) -> ProgrammeVersion | None:
        """The version that is shown; None before the first. Raises Http404 for a number that is none."""
        versions = ProgrammeVersion.objects.filter(programme__session=self.meeting_session)
        number = self.kwargs.get("number")
        if number is None:
            return versions.order_by("-number").first()
        found = versions.filter(number=number).first() if number <= LARGEST_NUMBER else None
        if found is None:
            raise Http404("no such version")
        return found

    @cached_property
    def latest_number(self) -> int:
        if self.version is not None and "number" not in self.kwargs:
            return self.version.number
        versions = ProgrammeVersion.objects.filter(programme__session=self.meeting_session)
        return versions.order_by("-number").values_list("number", flat=True).first() or 0

    def changes(self) -> list[Change]:
        """Return what this version changed."""
        if self.version is None:
            return []
        content = self.version.content
        return changes_of(self.directory, content["difference"], content["events"])


class ProgrammePage(VersionPage):
    template_name = "logistics/programme.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session = self.meeting_session
        events = events_of(session, self.version, self.directory)
        form = ProgrammeFilter(self.request.GET, events=events, zone=session.time_zone)
        shown = [each for each in events if form.wanted.shows(each)]
        asked = {name: value for name, value in form.cleaned_data.items() if value and name != "by"}
        return super().get_context_data(
            version=self.version,
            is_latest=self.version is None or self.version.number == self.latest_number,
            form=form,
            days=[(day, self._parts(of_day, form)) for day, of_day in by_day(shown)],
            count=len(shown),
            total=len(events),
            query=urlencode(asked),
            **kwargs,
        )

    @staticmethod
    def _parts(events: list[Published], form: ProgrammeFilter) -> list[tuple[str, list[Published]]]:
        """Return the events of a day, all in one part or a part for each room."""
        if not form.is_by_room:
            return [("", events)]
        return [(place, in_it) for _room, place, in_it in by_room(events)]


class ProgrammeVersionPage(ProgrammePage):
    """A version of its own, with what it changed."""

    template_name = "logistics/programme_version.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(changes=self.changes(), **kwargs)


class ProgrammeVersionFile(VersionPage):
    """A version byte by byte as it was hashed."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        assert self.version is not None
        response = HttpResponse(canonical(self.version.content), content_type="application/json")
        name = f"{self.meeting_session.code}-programme-{self.version.number}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class ProgrammeVersions(SessionPage):
    """The public changelog, the latest version first."""

    template_name = "logistics/programme_versions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        directory = Directory(self.meeting_session)
        versions = ProgrammeVersion.objects.filter(programme__session=self.meeting_session).order_by("-number")
        page = Paginator(versions, PER_PAGE).get_page(self.request.GET.get("page"))
        steps = [Step(each, changes_of(directory, each.content["difference"], each.content["events"])) for each in page]
        return super().get_context_data(steps=steps, page_obj=page, **kwargs)
