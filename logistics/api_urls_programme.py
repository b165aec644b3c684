from django.urls import path

from logistics import api_programme as programme

urlpatterns = [
    path("sessions/<slug:code>/side-events/", programme.SideEventList.as_view(), name="api-side-events"),
    path(
        "sessions/<slug:code>/side-events/<slug:reference>/",
        programme.SideEventDetail.as_view(),
        name="api-side-event",
    ),
    path(
        "sessions/<slug:code>/programme/versions/",
        programme.ProgrammeVersionList.as_view(),
        name="api-programme-versions",
    ),
    path(
        "sessions/<slug:code>/programme/versions/<int:number>/",
        programme.ProgrammeVersionDetail.as_view(),
        name="api-programme-version",
    ),
]
