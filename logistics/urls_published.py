"""The published programme, for everybody."""

from django.urls import include, path

from logistics.views import event, programme, programme_files

of_session = [
    path("programme/", programme.ProgrammePage.as_view(), name="programme"),
    path("programme/programme.ics", programme_files.calendar, name="programme-calendar"),
    path("programme/programme.pdf", programme_files.pdf, name="programme-pdf"),
    path("programme/programme.xlsx", programme_files.xlsx, name="programme-xlsx"),
    path("programme/programme.csv", programme_files.csv, name="programme-csv"),
    path("programme/versions/", programme.ProgrammeVersions.as_view(), name="programme-versions"),
    path("programme/versions.atom", programme_files.feed, name="programme-feed"),
    path("programme/versions/<int:number>/", programme.ProgrammeVersionPage.as_view(), name="programme-version"),
    path(
        "programme/versions/<int:number>.json", programme.ProgrammeVersionFile.as_view(), name="programme-version-file"
    ),
    path("side-events/<slug:reference>/", event.EventPage.as_view(), name="event"),
    path("side-events/<slug:reference>/flyer/", event.Flyer.as_view(), name="event-flyer"),
    path("side-events/<slug:reference>/event.ics", event.event_calendar, name="event-calendar"),
]

urlpatterns = [path("<slug:code>/", include(of_session))]
